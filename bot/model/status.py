"""What a backend's status words mean to us and to a citizen: read from catalog/statuses.yml."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

#: The code of a case that waits for the citizen's answer to a question of the office.
WAITING = "waiting"


@dataclass(frozen=True)
class StatusMeaning:
    """One status word's meaning.

    Attributes:
        stage: received, assigned, in_progress, planned, answered (the table explains them).
        name: what a citizen reads, e.g. 办理中.
        kind: how it ended, only with stage answered (the table explains them).
        is_closed: nothing more is expected after it.
        is_known: False for the entry that stands for every unknown word.
    """

    stage: str
    name: str
    is_closed: bool = False
    is_known: bool = True
    kind: str = ""


class StatusTable:
    """The table of words and of the finer codes beside them; an unknown word is told as said and moves no state."""

    def __init__(
        self,
        words: Mapping[str, StatusMeaning],
        unknown: StatusMeaning,
        codes: Mapping[str, StatusMeaning] | None = None,
    ) -> None:
        self._words = dict(words)
        self._unknown = unknown
        self._codes = dict(codes or {})

    @classmethod
    def parse(cls, data: Mapping[str, Any]) -> StatusTable:
        """Read the loaded YAML; raises KeyError naming what is missing."""
        unknown = data["unknown"]
        return cls(
            _meanings(data["statuses"]),
            StatusMeaning(str(unknown["stage"]), str(unknown["name"]), is_known=False),
            _meanings(data.get("codes", {})),
        )

    def meaning(self, word: str, code: str = "") -> StatusMeaning:
        """Return what a word means, or its finer code if that is known; for neither the table's defined answer.

        A code that leaves open how it ended leaves that to the word.
        """
        plain = self._words.get(word.strip().lower(), self._unknown)
        finer = self._codes.get(code.strip().lower())
        if finer is None:
            return plain
        return replace(finer, kind=plain.kind) if finer.is_closed and not finer.kind else finer

    def knows_code(self, code: str) -> bool:
        """True if the backend speaks in codes of the table."""
        return code.strip().lower() in self._codes

    def name_of_stage(self, stage: str) -> str:
        """Return a citizen's name for a stage of ours."""
        return next((m.name for m in self._words.values() if m.stage == stage), self._unknown.name)


def _meanings(entries: Mapping[str, Any]) -> dict[str, StatusMeaning]:
    return {
        word.lower(): StatusMeaning(
            stage=str(entry["stage"]),
            name=str(entry["name"]),
            is_closed=str(entry["stage"]) == "answered",
            kind=str(entry.get("kind", "")),
        )
        for word, entry in entries.items()
    }
