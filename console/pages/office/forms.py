"""What staff fill in to take a step: which fields it has, what was typed, and what the desk is to be told."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from console.pages.office.wording import plain
from console.sessions import new_nonce
from console.site import text
from desk.model.case import Case, Outcome, Verdict
from desk.office.rules import Rules
from desk.office.stepping import Wanted

FIELDS = (
    "note", "unit", "day", "into", "kind", "text", "cause", "until", "body", "contacted", "solved", "degree",
    "attitude", "speed", "reason", "service", "urgency", "topic",
)  # fmt: skip
SCORES = (("degree", "解决程度"), ("attitude", "办理态度"), ("speed", "办理速度"))
_LONGEST = 4000
_KEY = re.compile(r"[0-9a-f]{32}")
_TRUTH = {"yes": True, "no": False}


@dataclass(frozen=True)
class StepForm:
    """One step's form as it stands on the page.

    Attributes:
        seen: the case's version that the page showed, 0 if that does not matter.
        key: made with the page; with what was typed it makes a second press the same step.
        problem: why it was refused, in words.
    """

    step: str = ""
    seen: int = 0
    key: str = ""
    typed: Mapping[str, str] = field(default_factory=dict)
    problem: str = ""

    @classmethod
    def of(cls, step: str, posted: Mapping[str, Any]) -> StepForm:
        """Read what was posted."""
        key, seen = text(posted, "key"), text(posted, "seen")
        return cls(
            step,
            int(seen) if seen.isascii() and seen.isdigit() and len(seen) < 10 else 0,
            key if _KEY.fullmatch(key) else "",
            {name: plain(text(posted, name))[:_LONGEST] for name in FIELDS},
        )

    def value(self, name: str) -> str:
        """Return what was typed into a field."""
        return self.typed.get(name, "")

    def refused(self, problem: str) -> StepForm:
        """Return it with the reason why not, to be shown again."""
        return replace(self, problem=problem)

    def filled(self, name: str, value: str) -> StepForm:
        """Return it with another value in a field."""
        return replace(self, typed={**self.typed, name: value})

    def wanted(self, case: Case, rules: Rules) -> Wanted:
        """Return what the desk is to be told."""
        needs = rules.flow.steps[self.step].needs
        is_grade = self.step == "grade"
        return Wanted(
            note=self.value("note"),
            unit=self.value("unit"),
            outcome=self._outcome(case, rules) if "outcome" in needs else None,
            verdict=self._verdict() if "verdict" in needs else None,
            day=day_of(self.value("day")),
            into=self.value("into"),
            service=_changed(self.value("service"), case.service) if is_grade else "",
            urgency=_changed(self.value("urgency"), case.urgency) if is_grade else "",
            topic=_changed(self.value("topic"), case.topic, None) if is_grade else None,
            key=self._key(),
        )

    def _key(self) -> str:
        """Return what the desk knows this step by: the same words from the same page are the same step."""
        if not self.key:
            return ""
        content = "\n".join((self.key, self.step, *self.typed.values()))
        return "console-" + hashlib.sha256(content.encode()).hexdigest()[:32]

    def _outcome(self, case: Case, rules: Rules) -> Outcome | None:
        """Return the answer; of what its kind does not need, nothing is taken along."""
        kind = rules.outcomes.get(self.value("kind"))
        if kind is None:
            return None
        return Outcome(
            kind.code,
            self.value("text"),
            rules.units.name(case.unit),
            self.value("cause") if "cause" in kind.needs else "",
            day_of(self.value("until")) if "until" in kind.needs else None,
            self.value("body") if "body" in kind.needs else "",
        )

    def _verdict(self) -> Verdict | None:
        """Return what the citizen said on the phone, None if nothing was filled in."""
        verdict = Verdict(
            contacted=_TRUTH.get(self.value("contacted")),
            solved=self.value("solved") if self.value("solved") in ("yes", "partly", "no") else "",
            reason=self.value("reason"),
            **{name: _score(self.value(name)) for name, _ in SCORES},
        )
        return None if verdict == Verdict() else verdict


def new_form() -> StepForm:
    """Return an empty one with a key of its own."""
    return StepForm(key=new_nonce())


def day_of(words: str) -> date | None:
    """Return a day as a date field sends it, None of anything else."""
    try:
        return date.fromisoformat(words)
    except ValueError:
        return None


def _score(words: str) -> int | None:
    return int(words) if words in ("1", "2", "3", "4", "5") else None


def _changed(value: str, before: str, same: Any = "") -> Any:
    return same if value == before else value
