"""The components that read without learning, as Rasa sees them: thin, all reading is done elsewhere.

Rasa leaves properties that are None out of its parse data: ask for them with `.get`.
"""

# ruff: noqa: ARG003  (Rasa passes these arguments by name, used or not)

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.extractors.extractor import EntityExtractorMixin
from rasa.shared.nlu.constants import ENTITIES, TEXT
from rasa.shared.nlu.training_data.message import Message

from nlu.components.files import load_yaml
from nlu.components.gazetteer import Division, Gazetteer
from nlu.components.reading import Reader, Reading

READING = "reading"
_Type = DefaultV1Recipe.ComponentType


@DefaultV1Recipe.register([_Type.ENTITY_EXTRACTOR], is_trainable=False)
class CitizenReader(GraphComponent, EntityExtractorMixin):  # type: ignore[misc]
    """Adds the entities, and as message properties `correction`, `divisions`, `division_choices`, `district_open`.

    `division_choices` are divisions of the home city to ask between; `district_open` is true where the home city has
    districts and the message names neither one nor another city.
    """

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """`office`: file that names the home city; `home_city` overrides it."""
        return {"office": "catalog/office.yml", "home_city": ""}

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> CitizenReader:
        """Read the gazetteer, narrowed to the home city."""
        office = load_yaml(config["office"]) or {}
        home = config["home_city"] or office.get("home_city", "")
        return cls(Reader(Gazetteer.load(home)))

    def process(self, messages: list[Message]) -> list[Message]:
        """Add what was read to each message."""
        for message in messages:
            reading = self._reader.read(message.get(TEXT, ""))
            message.set(READING, reading)
            message.set(ENTITIES, self._entities(message, reading), add_to_output=True)
            message.set("correction", _correction(message, reading), add_to_output=True)
            message.set("divisions", _rows(reading.divisions), add_to_output=True)
            choices = self._reader.choices_at_home(reading)
            message.set("division_choices", _rows(choices), add_to_output=True)
            is_open = self._reader.leaves_district_open(message.get(TEXT, ""), reading)
            message.set("district_open", is_open, add_to_output=True)
        return messages

    def _entities(self, message: Message, reading: Reading) -> list[dict[str, Any]]:
        found = [
            {"entity": item.entity, "start": item.start, "end": item.end, "value": item.value}
            for item in reading.entities
        ]
        return [*message.get(ENTITIES, []), *self.add_extractor_name(found)]


def _rows(divisions: Iterable[Division]) -> list[dict[str, str]]:
    return [{"code": d.code, "full": d.full, "district": d.district} for d in divisions]


def _correction(message: Message, reading: Reading) -> dict[str, str] | None:
    change = reading.correction
    if change is None:
        return None
    new = message.get(TEXT)[change.start : change.end]
    return {"field": change.field, "old": change.old, "new": new}
