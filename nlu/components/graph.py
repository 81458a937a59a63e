"""The components as Rasa sees them: thin, all reading is done in the modules they call.

Rasa leaves properties that are None out of its parse data: ask for them with `.get`.
"""

# ruff: noqa: ARG003  (Rasa passes these arguments by name, used or not)

from __future__ import annotations

import re
from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.classifiers.classifier import IntentClassifier
from rasa.nlu.extractors.extractor import EntityExtractorMixin
from rasa.shared.nlu.constants import ENTITIES, INTENT, METADATA, METADATA_INTENT, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.model.emergency import EmergencyMatcher, rules_from
from nlu.components.category import Category, CategoryModel, services_from
from nlu.components.files import digest, load_yaml
from nlu.components.gazetteer import Gazetteer
from nlu.components.intents import Hints, IntentModel
from nlu.components.matters import split_matters
from nlu.components.reading import Reader, Reading
from nlu.components.subject import names_within
from nlu.components.text import fold

_READING = "reading"
_RANKED = 10
_ID_WORD = re.compile(r"身份证(?:件|号码?)?[是为: ]*$")
_Type = DefaultV1Recipe.ComponentType


@DefaultV1Recipe.register([_Type.ENTITY_EXTRACTOR], is_trainable=False)
class CitizenReader(GraphComponent, EntityExtractorMixin):  # type: ignore[misc]
    """Adds the entities, and as message properties `correction` and `divisions`."""

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
            message.set(_READING, reading)
            message.set(ENTITIES, self._entities(message, reading), add_to_output=True)
            message.set("correction", _correction(message, reading), add_to_output=True)
            places = [
                {"code": d.code, "full": d.full, "district": d.district} for d in reading.divisions
            ]
            message.set("divisions", places, add_to_output=True)
        return messages

    def _entities(self, message: Message, reading: Reading) -> list[dict[str, Any]]:
        found = [
            {"entity": item.entity, "start": item.start, "end": item.end, "value": item.value}
            for item in reading.entities
        ]
        return [*message.get(ENTITIES, []), *self.add_extractor_name(found)]


def _correction(message: Message, reading: Reading) -> dict[str, str] | None:
    change = reading.correction
    if change is None:
        return None
    new = message.get(TEXT)[change.start : change.end]
    return {"field": change.field, "old": change.old, "new": new}


@DefaultV1Recipe.register([_Type.MESSAGE_FEATURIZER], is_trainable=True)
class CategoryClassifier(GraphComponent):  # type: ignore[misc]
    """Adds `category` and `matters`; learns from examples whose metadata name a service."""

    def __init__(
        self,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        model: CategoryModel | None,
    ) -> None:
        self._config = config
        self._storage = model_storage
        self._resource = resource
        self._model = model

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """`catalog`: file of the services."""
        return {"catalog": "catalog/services.yml"}

    @classmethod
    def fingerprint_addon(cls, config: dict[str, Any]) -> str | None:
        """Train again when the catalogue changes."""
        return digest(config.get("catalog", cls.get_default_config()["catalog"]))

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> CategoryClassifier:
        """Make an untrained component."""
        return cls(config, model_storage, resource, None)

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> CategoryClassifier:
        """Load the trained model."""
        with model_storage.read_from(resource) as folder:
            return cls(config, model_storage, resource, CategoryModel.load(folder))

    def train(self, training_data: TrainingData) -> Resource:
        """Learn the services and persist the model."""
        examples = [
            (message.get(TEXT), str(code))
            for message in training_data.intent_examples
            if (code := _category_of(message))
        ]
        services = services_from(load_yaml(self._config["catalog"]))
        self._model = CategoryModel.train(examples, services)
        with self._storage.write_to(self._resource) as folder:
            self._model.save(folder)
        return self._resource

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Leave the training data as they are: nothing after this component needs the category."""
        return training_data

    def process(self, messages: list[Message]) -> list[Message]:
        """Add category and matters to each message."""
        for message in messages:
            if self._model is not None:
                self._classify(message, self._model)
        return messages

    def _classify(self, message: Message, model: CategoryModel) -> None:
        folded = fold(message.get(TEXT, ""))
        names = _names(folded, message.get(_READING))

        def of_piece(piece: str) -> Category:
            return model.classify(piece, names_within(piece, folded, names))

        message.set("category", model.classify(folded, names).as_dict(), add_to_output=True)
        message.set("matters", split_matters(folded, of_piece), add_to_output=True)


def _names(text: str, reading: Reading | None) -> list[tuple[int, int]]:
    """The spans that tell who and where, an identity number with the words before it."""
    found = reading.entities if reading else ()
    spans = [(e.start, e.end) for e in found if e.entity in ("place", "district", "phone")]
    for item in found:
        if item.entity == "id_number":
            said = _ID_WORD.search(text, 0, item.start)
            spans.append((said.start() if said else item.start, item.end))
    return spans


def _category_of(message: Message) -> str | None:
    about = (message.get(METADATA) or {}).get(METADATA_INTENT) or {}
    return about.get("category")


@DefaultV1Recipe.register([_Type.INTENT_CLASSIFIER], is_trainable=True)
class CitizenIntentClassifier(GraphComponent, IntentClassifier):  # type: ignore[misc]
    """Sets the intent and its ranking; uses what the reader found."""

    def __init__(
        self, model_storage: ModelStorage, resource: Resource, model: IntentModel | None
    ) -> None:
        self._storage = model_storage
        self._resource = resource
        self._model = model

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> CitizenIntentClassifier:
        """Make an untrained component."""
        return cls(model_storage, resource, None)

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> CitizenIntentClassifier:
        """Load the trained model."""
        with model_storage.read_from(resource) as folder:
            return cls(model_storage, resource, IntentModel.load(folder))

    def train(self, training_data: TrainingData) -> Resource:
        """Learn the intents and persist the model."""
        pairs = [(m.get(TEXT), m.get(INTENT)) for m in training_data.intent_examples]
        self._model = IntentModel.train(pairs)
        with self._storage.write_to(self._resource) as folder:
            self._model.save(folder)
        return self._resource

    def process(self, messages: list[Message]) -> list[Message]:
        """Set intent and ranking of each message."""
        for message in messages:
            if self._model is None:
                continue
            reading: Reading | None = message.get(_READING)
            ranked = self._model.rank(
                fold(message.get(TEXT, "")), _hints(reading, message.get("category"))
            )
            rows = [{"name": name, "confidence": round(p, 4)} for name, p in ranked[:_RANKED]]
            message.set(INTENT, rows[0], add_to_output=True)
            message.set("intent_ranking", rows, add_to_output=True)
        return messages


def _hints(reading: Reading | None, category: dict[str, Any] | None) -> Hints:
    if reading is None:
        return Hints()
    known = category is not None and not category["other"]
    return Hints(
        correction=reading.correction is not None,
        option=reading.has("option"),
        case_number=reading.has("case_number"),
        content=reading.has("place", "phone", "person_name", "id_number") or reading.mostly_time,
        service=category["ranking"][0]["confidence"] if category and known else 0.0,
    )


@DefaultV1Recipe.register([_Type.MESSAGE_FEATURIZER], is_trainable=False)
class EmergencySignal(GraphComponent):  # type: ignore[misc]
    """Adds `emergency`: null, or kind and number, by the matcher that the gateway uses."""

    def __init__(self, matcher: EmergencyMatcher) -> None:
        self._matcher = matcher

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """`rules`: file of the emergencies."""
        return {"rules": "catalog/emergency.yml"}

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> EmergencySignal:
        """Read the rules."""
        return cls(EmergencyMatcher(rules_from(load_yaml(config["rules"]))))

    def process(self, messages: list[Message]) -> list[Message]:
        """Add the emergency to each message."""
        for message in messages:
            found = self._matcher.match(message.get(TEXT, ""))
            value = {"kind": found.kind, "number": found.number} if found else None
            message.set("emergency", value, add_to_output=True)
        return messages

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Leave the training data as they are."""
        return training_data
