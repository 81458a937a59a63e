"""Carrying a case one step on: allowed or refused, written into its log, and told to the citizen or said why not.

Everything is decided on the case as its log makes it, read inside the transaction that writes the step.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, tzinfo
from typing import Any

from desk.model.case import Case, State, apply
from desk.model.clocks import ANSWER
from desk.model.flow import BACK, SAME, StepRule, posts
from desk.model.steps import CITIZEN, SYSTEM, Actor, Step, Who
from desk.office.rules import NORMAL, Rules
from desk.office.stepping import NOTHING, Refused, Stepping, Wanted
from desk.records import NewRequest, Update
from desk.statuses import OPEN
from desk.storage.casebook import Casebook
from desk.storage.store import DeskStore

MOST_CHARACTERS = 2000
_SATISFIED_FROM = 2.0
"""A mean mark above this, of a matter that is solved, closes the case at once (LYB-LIST: 2 and less is 不满意)."""


class UnknownCase(LookupError):
    """There is no case with that number."""


class Repeated(ValueError):
    """The sender's key was taken before; nothing was changed."""


class Casework:
    """Files cases and carries them on.

    Args:
        now: the current time, aware.
    """

    def __init__(
        self, store: DeskStore, rules: Rules, *, now: Callable[[], datetime], zone: tzinfo
    ) -> None:
        self._store = store
        self._rules = rules
        self._now = now
        self._zone = zone
        self._stepping = Stepping(rules, store.request, now=now, zone=zone)

    def file(self, new: NewRequest) -> tuple[str, str]:
        """Keep a new case; returns its number, and a token if its service gives the number later.

        A case whose unit receives directly (直派) is accepted and sent there at once.
        """
        now = self._now()
        service = self._rules.services[new.service_code]
        token = "" if service.type == "realtime" else secrets.token_hex(16)
        number = self._store.next_number(now, self._zone)
        kind = {"service": new.service_code, "division": new.division_code, "urgency": NORMAL}
        suggested = self._rules.suggest(service=new.service_code, division=new.division_code)
        with self._store.writing() as book:
            book.enter(number, new, now=now, token=token, word=OPEN)
            rule = self._rules.flow.steps["file"]
            data = {"state": State.RECEIVED.value, **kind}
            step = Step(1, "file", now, CITIZEN, data=data, untold=rule.silent)
            case = apply(number, None, step)
            book.append(case, step)
            if suggested and suggested[0].direct:
                case = self._take(book, case, "accept", SYSTEM, NOTHING)
                self._take(book, case, "dispatch", SYSTEM, Wanted(unit=suggested[0].code))
        return number, token

    def act(
        self, case_id: str, name: str, actor: Actor, wanted: Wanted = NOTHING, *, seen: int = 0
    ) -> Case:
        """Take one step; returns the case after it.

        `seen` is the version that the actor looked at, 0 if that does not matter.

        Raises:
            UnknownCase: no such case.
            Repeated: a step with this key was taken before.
            Refused: it is not allowed; nothing was changed.
        """
        with self._store.writing() as book:
            case = book.case(case_id)
            if case is None:
                raise UnknownCase(case_id)
            if wanted.key and book.has(case_id, wanted.key):
                raise Repeated(wanted.key)
            if seen and seen != case.version:
                raise Refused("这件事刚刚有了新的进展，请看过再操作。")
            case = self._take(book, case, name, actor, wanted)
            if name == "reply":
                self._tell_merged(book, case)
            if name == "follow_up" and case.state is State.FOLLOWED_UP and _is_satisfied(case):
                case = self._take(book, case, "close", SYSTEM, NOTHING)
            return case

    def hear(self, update: Update) -> None:
        """Take another system's update: told as it stands; a late one moves nothing.

        Raises:
            UnknownCase: no such case.
            Repeated: this update is on file.
        """
        with self._store.writing() as book:
            case = book.case(update.request_id)
            if case is None:
                raise UnknownCase(update.request_id)
            if book.is_told(update):
                raise Repeated(update.update_id)
            from_ = book.state_from(case.id)
            late = from_ is not None and update.counts_from < from_
            state = case.state if late else self._rules.flow.after_word(case, update.state)
            data: dict[str, Any] = {"state": state.value, "word": update.state}
            if late:
                data["late"] = True
            actor = Actor(Who.OUTSIDE)
            step = Step(
                case.version + 1, "update", self._now(), actor, data=data, told=update.description
            )
            book.append(apply(case.id, case, step), step)
            book.tell(update, late=late)

    def tick(self, book: Casebook, case_id: str) -> bool:
        """Give the alert of a case that is due now; False if there is none any more."""
        case = book.case(case_id)
        now = self._now()
        if case is None or case.next_alert is None or case.next_alert > now:
            return False
        name, clock = min(
            (
                (name, clock)
                for name, clock in case.running.items()
                if clock.next_alert is not None and clock.next_alert <= now
            ),
            key=lambda pair: pair[1].alerts[pair[1].given],
        )
        climbed = [case.unit, *self._rules.units.above(case.unit)]
        unit = climbed[min(max(clock.given - 1, 0), len(climbed) - 1)]
        alert = {"clock": name, "unit": unit, "is_over": clock.given > 0}
        self._append(book, case, self._rules.flow.steps["alert"], SYSTEM, NOTHING, {"alert": alert})
        return True

    def by_itself(self, book: Casebook, case_id: str, name: str) -> bool:
        """Take a step of the desk's own; False if the case no longer stands where it may be taken."""
        case = book.case(case_id)
        if case is None or case.state not in self._rules.flow.steps[name].states:
            return False
        self._take(book, case, name, SYSTEM, NOTHING)
        return True

    def _tell_merged(self, book: Casebook, case: Case) -> None:
        """Give the answer of a case to those who had said the same."""
        assert case.outcome is not None
        for other in book.merged_into(case.id):
            merged = book.case(other)
            if merged is not None and merged.state is State.MERGED:
                wanted = Wanted(note=f"{self._rules.units.name(case.unit)}：{case.outcome.text}")
                self._take(book, merged, "told_with", SYSTEM, wanted)

    def _take(self, book: Casebook, case: Case, name: str, actor: Actor, wanted: Wanted) -> Case:
        rule = self._rules.flow.steps.get(name)
        if rule is None:
            raise Refused("没有这个操作。")
        self._check(rule, case, actor, wanted)
        data = self._stepping.data(name, case, wanted)
        if wanted.service and wanted.service != case.service:
            book.reclassify(case.id, wanted.service)
        return self._append(book, case, rule, actor, wanted, data)

    def _check(self, rule: StepRule, case: Case, actor: Actor, wanted: Wanted) -> None:
        if case.state not in rule.states:
            raise Refused(f"现在是“{self._rules.flow.names[case.state]}”，不能{rule.name}。")
        if not rule.by & posts(actor, case, self._rules.units):
            raise Refused(f"您的单位不能对这件事{rule.name}。")
        if len(wanted.note) > MOST_CHARACTERS:
            raise Refused(f"说明最多 {MOST_CHARACTERS} 个字。")
        for need in rule.needs:
            if not getattr(wanted, need):
                raise Refused(_MISSING[need])
        self._stepping.check(rule.code, case, actor, wanted)

    def _append(
        self,
        book: Casebook,
        case: Case,
        rule: StepRule,
        actor: Actor,
        wanted: Wanted,
        data: dict[str, Any],
    ) -> Case:
        now = self._now()
        data = {"state": self._state(rule, case, data).value, **data}
        if wanted.media_urls:
            data["media_urls"] = list(wanted.media_urls)
        step = Step(case.version + 1, rule.code, now, actor, wanted.note, data)
        after = apply(case.id, case, step)
        told = self._words(rule, after, wanted)
        step = replace(step, told=told, untold="" if told else rule.silent)
        book.append(after, step, key=wanted.key)
        if told:
            book.tell(self._update(step, after, told))
        return after

    def _state(self, rule: StepRule, case: Case, data: Mapping[str, Any]) -> State:
        if "state" in data:
            return State(data["state"])
        return case.state if rule.to in (SAME, BACK) else State(rule.to)

    def _words(self, rule: StepRule, case: Case, wanted: Wanted) -> str:
        outcome = wanted.outcome
        clock = case.clocks.get(ANSWER)
        units = self._rules.units
        return rule.tell.format(
            unit=units.name(case.unit),
            lead=units.name(case.lead),
            due=self.day(clock.due) if clock else "",
            note=wanted.note.strip().rstrip("。"),
            words=wanted.note.strip(),
            into=wanted.into,
            text=outcome.text.strip() if outcome else "",
            outcome=self._rules.outcomes[outcome.kind].name if outcome else "",
        )

    def _update(self, step: Step, case: Case, told: str) -> Update:
        flow = self._rules.flow
        word = flow.words[case.state]
        if step.name == "reply" and case.outcome:
            word = self._rules.outcomes[case.outcome.kind].word
        clock = case.running.get(ANSWER)
        return Update(
            update_id=f"{case.id}-{step.number}",
            request_id=case.id,
            state=word,
            description=told,
            updated_at=step.at,
            received_at=step.at,
            code=flow.says(step),
            agency=self._rules.units.name(case.unit) if case.unit else "",
            expected_at=clock.due if clock else None,
        )

    def day(self, moment: datetime) -> str:
        """Return a day as citizens read it."""
        local = moment.astimezone(self._zone)
        return f"{local.month}月{local.day}日"


_MISSING = {
    "note": "请写明原因或内容。",
    "unit": "请选择单位。",
    "outcome": "请填写办理结果和答复。",
    "verdict": "请填写评价。",
    "day": "请填写新的期限。",
    "into": "请填写要并入的编号。",
}


def _is_satisfied(case: Case) -> bool:
    verdict = case.verdict
    if verdict is None or verdict.solved != "yes":
        return False
    return verdict.total is None or verdict.total > _SATISFIED_FROM
