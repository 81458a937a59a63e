"""A case's log as staff read it: when, who of which unit, what, why, and what the citizen was told or why nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from console.pages.case_parts import Part
from console.pages.office.case_parts import OfficeParts
from console.pages.office.wording import CLOCKS, SOLVED, masked
from desk.model.case import Outcome, Verdict
from desk.model.steps import Step, Who
from desk.office.rules import URGENCIES, Rules

_WHO = {Who.CITIZEN: "市民", Who.SYSTEM: "系统", Who.OUTSIDE: "外部系统"}


@dataclass(frozen=True)
class Entry:
    """One step in words; `kind` is its look: citizen, staff, system or outside."""

    number: int
    at: str
    name: str
    who: str
    kind: str
    note: Part | None
    facts: tuple[str, ...]
    told: Part | None
    untold: str
    is_alert: bool


class History:
    """Puts steps into words.

    Args:
        parts: text as the viewer may see it.
    """

    def __init__(self, rules: Rules, parts: OfficeParts) -> None:
        self._rules = rules
        self._parts = parts
        self._moment = parts.moment

    def entries(self, steps: Iterable[Step]) -> list[Entry]:
        """Return the log, the newest first."""
        return [self._entry(step) for step in steps][::-1]

    def _entry(self, step: Step) -> Entry:
        rule = self._rules.flow.steps.get(step.name)
        # A step that tells the citizen its note word for word need not show both.
        has_note = bool(step.note) and step.note.strip().rstrip("。") not in step.told
        return Entry(
            number=step.number,
            at=self._moment(step.at),
            name=rule.name if rule else step.name,
            who=self._who(step),
            kind=step.actor.who.value,
            note=self._parts.history_note(step) if has_note else None,
            facts=tuple(masked(fact) for fact in self._facts(step.data)),
            told=self._parts.history_told(step) if step.told else None,
            untold=step.untold,
            is_alert="alert" in step.data,
        )

    def _who(self, step: Step) -> str:
        if step.actor.who is not Who.STAFF:
            return " ".join(filter(None, (_WHO[step.actor.who], step.actor.name)))
        return f"{self._rules.units.name(step.actor.unit)} {step.actor.name}".strip()

    def _facts(self, data: Mapping[str, Any]) -> Iterable[str]:
        for name, words in _FACTS.items():
            if name in data and (found := words(self, data[name])):
                yield found

    def _path(self, path: list[str]) -> str:
        names = [self._rules.units.name(code) for code in path]
        return "单位：" + " → ".join(names) if names else "回到受理中心"

    def _clocks(self, clocks: Mapping[str, Mapping[str, Any]]) -> str:
        return "，".join(
            f"{CLOCKS.get(name, name)} {self._moment(datetime.fromisoformat(clock['due']))}"
            for name, clock in clocks.items()
        )

    def _outcome(self, data: Mapping[str, Any]) -> str:
        return "，".join(outcome_words(Outcome.from_dict(data), self._rules))

    def _verdict(self, data: Mapping[str, Any]) -> str:
        return "，".join(verdict_words(Verdict(**data)))

    def _alert(self, alert: Mapping[str, Any]) -> str:
        clock = CLOCKS.get(alert["clock"], alert["clock"])
        state = "已超期" if alert["is_over"] else "快到了"
        return f"提醒{self._rules.units.name(alert['unit'])}：{clock}{state}"

    def _service(self, code: str) -> str:
        service = self._rules.services.get(code)
        return f"类别：{service.group} · {service.name}" if service else f"类别：{code}"


_FACTS: dict[str, Callable[[History, Any], str]] = {
    "path": History._path,
    "clocks": History._clocks,
    "alert": History._alert,
    "outcome": History._outcome,
    "verdict": History._verdict,
    "into": lambda _, number: f"并入 {number}",
    "service": History._service,
    "urgency": lambda _, code: f"紧急程度：{URGENCIES.get(code, code)}",
    "topic": lambda _, name: f"专题：{name}" if name else "",
    "media_urls": lambda _, urls: f"附件 {len(urls)} 个" if urls else "",
}
"""What a step carries → how it reads."""


def outcome_words(outcome: Outcome, rules: Rules) -> list[str]:
    """Return an answer's kind and what belongs to it, without its text."""
    kind = rules.outcomes.get(outcome.kind)
    return [
        kind.name if kind else outcome.kind,
        *([f"原因：{outcome.cause}"] if outcome.cause else []),
        *([f"计划 {outcome.until.isoformat()} 前完成"] if outcome.until else []),
        *([f"负责单位：{outcome.body}"] if outcome.body else []),
    ]


def verdict_words(verdict: Verdict) -> list[str]:
    """Return what the citizen said of the answer; what they did not say is not there."""
    scores = {"解决程度": verdict.degree, "办理态度": verdict.attitude, "办理速度": verdict.speed}
    contacted = {True: "单位联系过", False: "单位没有联系过"}
    return [
        *([contacted[verdict.contacted]] if verdict.contacted is not None else []),
        *([SOLVED.get(verdict.solved, verdict.solved)] if verdict.solved else []),
        *(f"{name} {score} 分" for name, score in scores.items() if score is not None),
        *([f"平均 {verdict.total:.1f} 分"] if verdict.total is not None else []),
        *([f"理由：{verdict.reason}"] if verdict.reason else []),
    ]
