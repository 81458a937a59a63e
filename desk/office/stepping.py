"""What a step needs besides its state and its actor, and what it carries with it; one small method a step."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime, tzinfo
from typing import Any

from desk.model.case import AT_A_UNIT, Case, Outcome, State, Verdict
from desk.model.clocks import ANSWER, SIGN, Clock, ClockRule
from desk.model.steps import Actor, Who
from desk.office.rules import URGENCIES, Rules
from desk.records import StoredRequest


class Refused(ValueError):
    """The step is not allowed now; the message says why, in words for whoever wanted it."""


@dataclass(frozen=True)
class Wanted:
    """What a step is to carry.

    Attributes:
        day: the new day of an answer (extend).
        into: number of the case that this one is the same as (merge).
        key: the sender's own, so that it may send twice; "" = none.
    """

    note: str = ""
    unit: str = ""
    outcome: Outcome | None = None
    verdict: Verdict | None = None
    day: date | None = None
    into: str = ""
    service: str = ""
    urgency: str = ""
    topic: str | None = None
    media_urls: tuple[str, ...] = ()
    key: str = ""


NOTHING = Wanted()


class Stepping:
    """The rules of single steps.

    Args:
        find: number → the request on file.
    """

    def __init__(
        self,
        rules: Rules,
        find: Callable[[str], StoredRequest | None],
        *,
        now: Callable[[], datetime],
        zone: tzinfo,
    ) -> None:
        self._rules = rules
        self._find = find
        self._now = now
        self._zone = zone

    def check(self, name: str, case: Case, actor: Actor, wanted: Wanted) -> None:
        """Raise `Refused` if a step may not be taken for a reason of its own."""
        if name in _CHECKS:
            _CHECKS[name](self, case, actor, wanted)

    def data(self, name: str, case: Case, wanted: Wanted) -> dict[str, Any]:
        """Return what a step carries (`desk.model.case.apply`)."""
        return _DATA[name](self, case, wanted) if name in _DATA else {}

    # What each step carries besides its words.

    def _sent(self, case: Case, wanted: Wanted) -> dict[str, Any]:
        clocks = self._clocks(case, wanted)
        return {"path": [wanted.unit], "clocks": clocks, "ruled": False}

    def _ruled(self, case: Case, wanted: Wanted) -> dict[str, Any]:
        return {**self._sent(case, wanted), "ruled": True}

    def _sent_down(self, case: Case, wanted: Wanted) -> dict[str, Any]:
        clocks = self._clocks(case, wanted)
        kept = {ANSWER: case.clocks[ANSWER].as_dict()} if ANSWER in case.clocks else {}
        return {"path": [*case.path, wanted.unit], "clocks": {**clocks, **kept}}

    def _returned(self, case: Case, _wanted: Wanted) -> dict[str, Any]:
        path = list(case.path[:-1])
        state = State.SIGNED if path else State.RETURNED
        return {"path": path, "state": state.value}

    def _graded(self, case: Case, wanted: Wanted) -> dict[str, Any]:
        data: dict[str, Any] = {}
        if wanted.service:
            data["service"] = wanted.service
        if wanted.urgency:
            data["urgency"] = wanted.urgency
        if wanted.topic is not None:
            data["topic"] = wanted.topic
        if case.state in AT_A_UNIT:
            data["clocks"] = self._clocks(case, wanted)
        return data

    def _material(self, case: Case, _wanted: Wanted) -> dict[str, Any]:
        return self._resumed(case, _wanted) if case.state is State.WAITING else {}

    def _resumed(self, case: Case, _wanted: Wanted) -> dict[str, Any]:
        rule, now = self._clock_rule(case, NOTHING), self._now()
        assert case.paused_at is not None
        clocks = {
            name: self._rules.clocks.moved(clock, case.paused_at, now, rule).as_dict()
            for name, clock in case.clocks.items()
        }
        return {"state": State.IN_PROGRESS.value, "clocks": clocks}

    def _extended(self, case: Case, wanted: Wanted) -> dict[str, Any]:
        assert wanted.day is not None
        clock = self._rules.clocks.until(wanted.day, self._clock_rule(case, NOTHING))
        kept = {name: clock.as_dict() for name, clock in case.clocks.items()}
        return {"clocks": {**kept, ANSWER: clock.as_dict()}}

    def _answered(self, _case: Case, wanted: Wanted) -> dict[str, Any]:
        assert wanted.outcome is not None
        return {"outcome": wanted.outcome.as_dict()}

    def _judged(self, case: Case, wanted: Wanted) -> dict[str, Any]:
        """Keep the verdict; one that comes when the case is closed opens nothing."""
        assert wanted.verdict is not None
        kept = {"state": case.state.value} if case.state is State.CLOSED else {}
        return {**kept, "verdict": asdict(wanted.verdict)}

    def _again(self, case: Case, _wanted: Wanted) -> dict[str, Any]:
        rule = self._clock_rule(case, NOTHING)
        clock: Clock = self._rules.clocks.start(rule.answer, rule, self._now())
        return {"clocks": {ANSWER: clock.as_dict()}}

    def _merged(self, _case: Case, wanted: Wanted) -> dict[str, Any]:
        return {"into": wanted.into}

    def _clocks(self, case: Case, wanted: Wanted) -> dict[str, Any]:
        rule, now = self._clock_rule(case, wanted), self._now()
        clocks = self._rules.clocks
        return {
            SIGN: clocks.start(rule.sign, rule, now).as_dict(),
            ANSWER: clocks.start(rule.answer, rule, now).as_dict(),
        }

    def _clock_rule(self, case: Case, wanted: Wanted) -> ClockRule:
        return self._rules.clock_rule(
            service=wanted.service or case.service,
            urgency=wanted.urgency or case.urgency,
            topic=case.topic if wanted.topic is None else wanted.topic,
        )

    # What must hold besides state and post.

    def _may_send(self, _case: Case, _actor: Actor, wanted: Wanted) -> None:
        if wanted.unit not in self._rules.units or wanted.unit == self._rules.units.root.code:
            raise Refused("没有这个单位。")

    def _may_send_down(self, case: Case, _actor: Actor, wanted: Wanted) -> None:
        if wanted.unit not in [unit.code for unit in self._rules.units.children(case.unit)]:
            raise Refused("只能下派给直属的下一级单位。")

    def _may_return(self, case: Case, _actor: Actor, _wanted: Wanted) -> None:
        if case.ruled and len(case.path) == 1:
            raise Refused("已经裁定由您单位办理，不能再退回。")

    def _may_grade(self, _case: Case, _actor: Actor, wanted: Wanted) -> None:
        if not (wanted.service or wanted.urgency or wanted.topic is not None):
            raise Refused("请选择要改的类别或紧急程度。")
        if wanted.service and wanted.service not in self._rules.services:
            raise Refused("没有这个类别。")
        if wanted.urgency and wanted.urgency not in URGENCIES:
            raise Refused("没有这个紧急程度。")

    def _may_urge(self, case: Case, _actor: Actor, _wanted: Wanted) -> None:
        today = self._now().astimezone(self._zone).date()
        if any(moment.astimezone(self._zone).date() == today for moment in case.urged):
            raise Refused("今天已经催办过了，请明天再催。")

    def _may_extend(self, case: Case, _actor: Actor, wanted: Wanted) -> None:
        clock = case.clocks.get(ANSWER)
        assert wanted.day is not None
        if clock is not None and wanted.day <= clock.due.astimezone(self._zone).date():
            raise Refused("新的期限要晚于现在的期限。")

    def _may_answer(self, _case: Case, _actor: Actor, wanted: Wanted) -> None:
        assert wanted.outcome is not None
        kind = self._rules.outcomes.get(wanted.outcome.kind)
        if kind is None or not kind.template:
            raise Refused("请选择办理结果。")
        faults = kind.faults(wanted.outcome, today=self._now().astimezone(self._zone).date())
        if faults:
            raise Refused("".join(faults))

    def _may_judge(self, _case: Case, _actor: Actor, wanted: Wanted) -> None:
        assert wanted.verdict is not None
        if replace(wanted.verdict, reason="") == Verdict():
            raise Refused("请填写评价。")

    def _may_redo(self, case: Case, actor: Actor, _wanted: Wanted) -> None:
        if actor.who is Who.CITIZEN and case.redone:
            raise Refused("这件事已经按您的意见重新办理过一次。")
        if not case.path:
            raise Refused("这件事没有转办过，不能重办。")

    def _may_merge(self, case: Case, _actor: Actor, wanted: Wanted) -> None:
        other = self._find(wanted.into)
        if other is None or other.id == case.id:
            raise Refused("没有这个编号，或者就是这件事本身。")
        if other.stage in (State.MERGED.value, State.WITHDRAWN.value):
            raise Refused("那件事已经并案或撤回，请换一个编号。")


_DATA: dict[str, Callable[[Stepping, Case, Wanted], dict[str, Any]]] = {
    "dispatch": Stepping._sent,
    "rule": Stepping._ruled,
    "send_down": Stepping._sent_down,
    "return_up": Stepping._returned,
    "grade": Stepping._graded,
    "add_material": Stepping._material,
    "resume": Stepping._resumed,
    "extend": Stepping._extended,
    "reply": Stepping._answered,
    "follow_up": Stepping._judged,
    "redo": Stepping._again,
    "merge": Stepping._merged,
}
_CHECKS: dict[str, Callable[[Stepping, Case, Actor, Wanted], None]] = {
    "dispatch": Stepping._may_send,
    "rule": Stepping._may_send,
    "send_down": Stepping._may_send_down,
    "return_up": Stepping._may_return,
    "grade": Stepping._may_grade,
    "urge": Stepping._may_urge,
    "extend": Stepping._may_extend,
    "reply": Stepping._may_answer,
    "follow_up": Stepping._may_judge,
    "redo": Stepping._may_redo,
    "merge": Stepping._may_merge,
}
