"""Danger to life in a message, as Rasa sees it: what the gateway's expressions find, and what was learned beside them."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.model.emergency import EmergencyMatcher, rules_from
from nlu.components.danger import ORDINARY, SHORT_TALK, DangerModel, files, written_examples
from nlu.components.files import digest, load_yaml
from nlu.components.learned import Learned


@DefaultV1Recipe.register([DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER], is_trainable=True)
class EmergencySignal(Learned[DangerModel]):
    """Adds `emergency` (kind, number) by the gateway's matcher; where it is silent, `danger` by what was learned.

    `danger` has kind, number and confidence; it is less sure than an emergency. Each is null where there is none.
    """

    def __init__(
        self,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        model: DangerModel | None = None,
    ) -> None:
        super().__init__(config, model_storage, resource, model)
        rules = rules_from(load_yaml(config["rules"]))
        self._matcher = EmergencyMatcher(rules)
        self._numbers = {rule.kind: rule.number for rule in rules}
        self._unless = {rule.kind: rule.unless for rule in rules}

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """`rules`: file of the emergencies."""
        return {"rules": "catalog/emergency.yml"}

    @classmethod
    def fingerprint_addon(cls, config: dict[str, Any]) -> str | None:
        """Train again when the rules or the written examples change."""
        return digest({**cls.get_default_config(), **config}["rules"], *files())

    @staticmethod
    def read_model(folder: Path) -> DangerModel:
        """Read the model that `train` saved."""
        return DangerModel.load(folder)

    def learn(self, training_data: TrainingData) -> DangerModel:
        """Learn the dangers, and from the short examples of nlu/data and a sample of the others what is none."""
        texts = sorted(message.get(TEXT) for message in training_data.intent_examples)
        random.Random(7).shuffle(texts)  # noqa: S311
        short = [text for text in texts[ORDINARY:] if len(text) <= SHORT_TALK]
        learned = [*texts[:ORDINARY], *short]
        ordinary = [text for text in learned if self._matcher.match(text) is None]
        return DangerModel.train(written_examples(), ordinary, self._numbers)

    def add(self, message: Message, model: DangerModel) -> None:
        """Add emergency and danger to one message."""
        text = message.get(TEXT, "")
        told = self._matcher.match(text)
        value = {"kind": told.kind, "number": told.number} if told else None
        message.set("emergency", value, add_to_output=True)
        found = model.find(text) if text and told is None else None
        unless = self._unless[found.kind] if found else None
        if unless is not None and unless.search(text):
            found = (
                None  # a fear, a memory, a price: what never is an emergency is no danger either
            )
        danger = found and {
            "kind": found.kind,
            "number": self._numbers[found.kind],
            "confidence": found.confidence,
        }
        message.set("danger", danger, add_to_output=True)
