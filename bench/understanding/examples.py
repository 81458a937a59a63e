"""The training text of the project, as the baselines get it: exactly what our own model learns from."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from rasa.shared.importers.utils import training_data_from_paths
from rasa.shared.nlu.constants import INTENT, METADATA, METADATA_INTENT, TEXT

from nlu.components.files import load_yaml, path_of

NATURES = {
    "inquiry": "咨询",
    "help": "投诉",
    "complaint": "投诉",
    "tip_off": "投诉",
    "suggestion": "建议",
    "praise": "建议",
}
"""The six natures as the three that the data tell apart (a ticket of thanks is not among them)."""

REFUSED = ("out_of_scope", "chitchat", "greet", "thanks", "bye", "abuse")
"""Intents that are answered kindly and file nothing."""


@dataclass(frozen=True)
class Example:
    """A message with what it was written as; service and nature empty where not said."""

    text: str
    intent: str
    service: str
    nature: str


def examples() -> list[Example]:
    """All examples of nlu/data, and the names and words of the catalogue's services."""
    paths = [str(path) for path in sorted(Path(path_of("nlu/data")).rglob("*.yml"))]
    found = []
    for message in training_data_from_paths(paths, language="zh").intent_examples:
        about = (message.get(METADATA) or {}).get(METADATA_INTENT) or {}
        found.append(
            Example(
                message.get(TEXT),
                message.get(INTENT),
                str(about.get("category", "")),
                str(about.get("nature", "")),
            )
        )
    for row in load_yaml("catalog/services.yml")["services"]:
        for text in (row["name"], row["description"], *row["words"]):
            found.append(Example(text, "report", str(row["code"]), ""))
    return found
