"""What a backend's status words mean to us and to a citizen: read from catalog/statuses.yml."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class StatusMeaning:
    """One status word's meaning.

    Attributes:
        stage: received, assigned, in_progress, planned, answered (the table explains them).
        name: what a citizen reads, e.g. 办理中.
        is_closed: nothing more is expected after it.
        is_known: False for the entry that stands for every unknown word.
    """

    stage: str
    name: str
    is_closed: bool = False
    is_known: bool = True


class StatusTable:
    """The table of words; an unknown word is told as said and moves no state."""

    def __init__(self, words: Mapping[str, StatusMeaning], unknown: StatusMeaning) -> None:
        self._words = dict(words)
        self._unknown = unknown

    @classmethod
    def parse(cls, data: Mapping[str, Any]) -> StatusTable:
        """Read the loaded YAML; raises KeyError naming what is missing."""
        words = {
            word.lower(): StatusMeaning(
                stage=str(entry["stage"]),
                name=str(entry["name"]),
                is_closed=str(entry["stage"]) == "answered",
            )
            for word, entry in data["statuses"].items()
        }
        unknown = data["unknown"]
        return cls(
            words, StatusMeaning(str(unknown["stage"]), str(unknown["name"]), is_known=False)
        )

    def meaning(self, word: str) -> StatusMeaning:
        """Return what the word means; for an unknown one the table's defined answer."""
        return self._words.get(word.strip().lower(), self._unknown)

    def name_of_stage(self, stage: str) -> str:
        """Return a citizen's name for a stage of ours."""
        return next((m.name for m in self._words.values() if m.stage == stage), self._unknown.name)
