"""The components that learn from nlu/data, as Rasa sees them: thin, each model is a module of its own."""

# ruff: noqa: ARG003  (Rasa passes these arguments by name, used or not)

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any, Generic, TypeVar

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.classifiers.classifier import IntentClassifier
from rasa.shared.nlu.constants import INTENT, METADATA, METADATA_INTENT, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from nlu.components.category import Category, CategoryModel, services_from
from nlu.components.crosswalk import CROSSWALK, Crosswalk
from nlu.components.files import digest, load_yaml, path_of
from nlu.components.graph import READING
from nlu.components.history import History
from nlu.components.intents import Hints, IntentModel
from nlu.components.matters import split_matters, unlist
from nlu.components.nature import NatureModel
from nlu.components.reading import Reading
from nlu.components.subject import names_within
from nlu.components.text import fold

_RANKED = 10
# Who writes: a message with one of these answers a question of the bot.
_TOLD = ("phone", "person_name", "id_number")
_ID_WORD = re.compile(r"身份证(?:件|号码?)?[是为: ]*$")
_Type = DefaultV1Recipe.ComponentType
Model = TypeVar("Model")


class Learned(GraphComponent, ABC, Generic[Model]):  # type: ignore[misc]
    """A component around one model: it learns, keeps what it learned, and adds to each message."""

    def __init__(
        self,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        model: Model | None = None,
    ) -> None:
        self._config = config
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
    ) -> Learned[Model]:
        """Make an untrained component."""
        return cls(config, model_storage, resource)

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> Learned[Model]:
        """Load the trained model."""
        with model_storage.read_from(resource) as folder:
            return cls(config, model_storage, resource, cls.read_model(folder))

    def train(self, training_data: TrainingData) -> Resource:
        """Learn from the training data and persist the model."""
        self._model = self.learn(training_data)
        with self._storage.write_to(self._resource) as folder:
            self._model.save(folder)  # type: ignore[attr-defined]
        return self._resource

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Leave the training data as they are: no later component reads what this one adds."""
        return training_data

    def process(self, messages: list[Message]) -> list[Message]:
        """Add what the model says to each message; nothing while it is untrained."""
        for message in messages:
            if self._model is not None:
                self.add(message, self._model)
        return messages

    @staticmethod
    @abstractmethod
    def read_model(folder: Path) -> Model:
        """Read the model that `train` saved."""

    @abstractmethod
    def learn(self, training_data: TrainingData) -> Model:
        """Make the model from the training data."""

    @abstractmethod
    def add(self, message: Message, model: Model) -> None:
        """Add what the model says to one message."""


@DefaultV1Recipe.register([_Type.MESSAGE_FEATURIZER], is_trainable=True)
class CategoryClassifier(Learned[CategoryModel]):
    """Adds `category` and `matters`; learns from examples whose metadata name a service.

    With `history`, a CSV file of a city's labelled tickets, it also learns from those
    (nlu/components/history.py).
    """

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """`catalog`: file of the services; `history`: a city's tickets, none by default."""
        return {"catalog": "catalog/services.yml", "history": ""}

    @classmethod
    def fingerprint_addon(cls, config: dict[str, Any]) -> str | None:
        """Train again when the catalogue, the crosswalk or the history changes."""
        config = {**cls.get_default_config(), **config}
        return digest(config["catalog"], CROSSWALK, config["history"])

    @staticmethod
    def read_model(folder: Path) -> CategoryModel:
        """Read the model that `train` saved."""
        return CategoryModel.load(folder)

    def learn(self, training_data: TrainingData) -> CategoryModel:
        """Learn the services from our examples, and from the city's history if there is one."""
        services = services_from(load_yaml(self._config["catalog"]))
        examples = _labelled(training_data, "category")
        model = CategoryModel.train(examples, services)
        if self._config["history"]:
            crosswalk = Crosswalk.load(self._config["catalog"])
            history = History.read(path_of(self._config["history"]), crosswalk)
            model.learn_history(history, examples)
        return model

    def add(self, message: Message, model: CategoryModel) -> None:
        """Add category and matters to one message."""
        folded = fold(message.get(TEXT, ""))
        names = _names(folded, message.get(READING))

        def of_piece(piece: str) -> Category:
            return model.classify(piece, names_within(piece, folded, names))

        message.set("category", model.classify(folded, names).as_dict(), add_to_output=True)
        listed = fold(unlist(message.get(TEXT, "")))
        message.set("matters", split_matters(listed, of_piece), add_to_output=True)


@DefaultV1Recipe.register([_Type.MESSAGE_FEATURIZER], is_trainable=True)
class NatureClassifier(Learned[NatureModel]):
    """Adds `nature`; learns from examples whose metadata name one of catalog/natures.yml."""

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """`natures`: file of the natures."""
        return {"natures": "catalog/natures.yml"}

    @staticmethod
    def read_model(folder: Path) -> NatureModel:
        """Read the model that `train` saved."""
        return NatureModel.load(folder)

    def learn(self, training_data: TrainingData) -> NatureModel:
        """Learn the natures."""
        rows = load_yaml(self._config["natures"])["natures"]
        families = {str(row["code"]): str(row["family"]) for row in rows}
        return NatureModel.train(_labelled(training_data, "nature"), families)

    def add(self, message: Message, model: NatureModel) -> None:
        """Add the nature to one message."""
        message.set("nature", model.classify(message.get(TEXT, "")).as_dict(), add_to_output=True)


@DefaultV1Recipe.register([_Type.INTENT_CLASSIFIER], is_trainable=True)
class CitizenIntentClassifier(Learned[IntentModel], IntentClassifier):  # type: ignore[misc]
    """Sets the intent and its ranking; uses what the reader and the category found."""

    @staticmethod
    def read_model(folder: Path) -> IntentModel:
        """Read the model that `train` saved."""
        return IntentModel.load(folder)

    def learn(self, training_data: TrainingData) -> IntentModel:
        """Learn the intents."""
        return IntentModel.train(
            [(m.get(TEXT), m.get(INTENT)) for m in training_data.intent_examples]
        )

    def add(self, message: Message, model: IntentModel) -> None:
        """Set intent and ranking of one message."""
        hints = _hints(message.get(READING), message.get("category"))
        ranked = model.rank(fold(message.get(TEXT, "")), hints)
        rows = [{"name": name, "confidence": round(p, 4)} for name, p in ranked[:_RANKED]]
        message.set(INTENT, rows[0], add_to_output=True)
        message.set("intent_ranking", rows, add_to_output=True)


def _names(text: str, reading: Reading | None) -> list[tuple[int, int]]:
    """The spans that tell who and where, an identity number with the words before it."""
    found = reading.entities if reading else ()
    spans = [(e.start, e.end) for e in found if e.entity in ("place", "district", "phone")]
    for item in found:
        if item.entity == "id_number":
            said = _ID_WORD.search(text, 0, item.start)
            spans.append((said.start() if said else item.start, item.end))
    return spans


def _labelled(training_data: TrainingData, axis: str) -> list[tuple[str, str]]:
    """The examples whose metadata say something on this axis, with what they say."""
    found = []
    for message in training_data.intent_examples:
        about = (message.get(METADATA) or {}).get(METADATA_INTENT) or {}
        if about.get(axis):
            found.append((message.get(TEXT), str(about[axis])))
    return found


def _hints(reading: Reading | None, category: dict[str, Any] | None) -> Hints:
    if reading is None:
        return Hints()
    known = category is not None and not category["other"]
    return Hints(
        correction=reading.correction is not None,
        option=reading.has("option"),
        case_number=reading.has("case_number"),
        content=reading.has("place", *_TOLD) or reading.mostly_time,
        answer=reading.has(*_TOLD) or reading.mostly_time or reading.mostly_place,
        again=reading.has("wish", "repeated"),
        service=category["ranking"][0]["confidence"] if category and known else 0.0,
    )
