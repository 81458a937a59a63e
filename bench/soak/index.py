"""The evidence, looked up: who was told what and when, and in which case something stands."""

from __future__ import annotations

import re
from collections import defaultdict

from bench.soak.evidence import Case, Evidence, Line, Push, Role, Said, Send

RECEIPT = re.compile(r"[A-Z]{1,4}-\d{6}-\d{4,}")
FILED = re.compile(r"已提交，受理编号 ?([A-Z]{1,4}-\d{6}-\d{4,})")
_TOKEN = re.compile(r"Q\d{6}|\d{5}号")
_TOLD = re.compile(r"[NS]\d{6}")
_LAST_LINE = re.compile(r"([A-Z]{1,4}-\d{6}-\d{4,})\s*$")
_RECALLED = "最近答复："
_JOINED = "已接入"
_HELD_S = 75.0
"""Longer than a clerk keeps anybody, and than it takes to tell the citizen that one has come."""
_LEAVING = "取消关注"
_BACK_S = 1.0
"""What was on its way when the citizen came back may have been withheld a moment before."""

_SENDING = ("message/custom/send",)
_LONG_S = 7.0
"""A call that took longer was given up by its caller, who cannot know what became of it."""
_BEFORE_S, _AFTER_S = 0.3, 2.5
"""A sender that dies so shortly after its call may have died before it wrote down that it had been made."""


class Index:
    """Built once for a verdict."""

    def __init__(self, evidence: Evidence) -> None:
        self.evidence = evidence
        self.lines: dict[str, list[Line]] = defaultdict(list)
        for line in evidence.lines:
            self.lines[line.citizen].append(line)
        self._sends: dict[str, list[Send]] = defaultdict(list)
        for send in evidence.sends:
            if send.path in _SENDING:
                self._sends[send.citizen].append(send)
        self.cases: dict[str, list[Case]] = defaultdict(list)
        for case in evidence.cases:
            self.cases[receipt_of(case)].append(case)
        self.by_id = {case.id: case for case in evidence.cases}
        self.said: dict[str, list[Said]] = defaultdict(list)
        for said in evidence.said:
            self.said[said.citizen].append(said)
        self._absences = self._find_absences()
        self.holders: dict[str, list[str]] = defaultdict(list)
        """Token of a citizen's words → the cases that hold it."""
        for case in evidence.cases:
            for token in set(_TOKEN.findall(case.description + case.address)):
                self.holders[token].append(case.id)
        self._shown: dict[str, set[str]] = defaultdict(set)
        for line in evidence.lines:
            for token in _TOLD.findall(line.text):
                self._shown[token].add(line.citizen)
        self.owners = self._owners()

    def push(self, said: Said) -> Push:
        """Return the push of a message."""
        return self.evidence.pushes[said.push]

    def told(self, citizen: str, token: str) -> list[Line]:
        """Return a line for each time the token was told as something new."""
        found = []
        for line in self.lines[citizen]:
            again = line.text.count(f"{_RECALLED}{token}")
            found += [line] * (line.text.count(token) - again)
        return found

    def shown_to(self, token: str) -> set[str]:
        """Return everybody whose phone showed this update or this person's answer."""
        return self._shown[token]

    def left_after(self, citizen: str, moment: float) -> bool:
        """True if the citizen unfollowed after this, or was away then: what was not told must not be told any more."""
        return any(until >= moment for until in self._absences[citizen])

    def with_a_person(self, push: Push) -> bool:
        """True for a message that was taken in silence about when a person joined: the bot is silent then."""
        joined = [line.at for line in self.lines[push.citizen] if _JOINED in line.text]
        return push.outcome == "accepted" and any(abs(at - push.at) < _HELD_S for at in joined)

    def _find_absences(self) -> dict[str, list[float]]:
        """Return when each absence ended for the product: with the first message that it accepted again."""
        ends: dict[str, list[float]] = defaultdict(list)
        away: set[str] = set()
        for push in sorted(self.evidence.pushes.values(), key=lambda push: push.id):
            if push.title == _LEAVING:
                away.add(push.citizen)
                ends[push.citizen].append(push.at)
            elif push.citizen in away:
                ends[push.citizen].append(push.ended_at + _BACK_S)
                if push.is_accepted:
                    away.discard(push.citizen)
        return ends

    def is_ambiguous(self, line: Line, token: str) -> bool:
        """True if whoever sent this line cannot know that it arrived: repeating it once is right."""
        sends = [
            send
            for send in self._sends[line.citizen]
            if token in send.body and send.at - 0.1 <= line.at <= send.ended_at + 0.1
        ]
        return any(
            send.outcome.startswith("lost")
            or send.ended_at - send.at > _LONG_S
            or self._killed_between(send.at - _BEFORE_S, send.ended_at + _AFTER_S)
            for send in sends
        )

    def was_quiet(self, start: float, end: float) -> bool:
        """True if nothing was killed in between."""
        return not self._killed_between(start, end)

    def _killed_between(self, start: float, end: float) -> bool:
        return any(start <= kill.at <= end for kill in self.evidence.kills)

    def _owners(self) -> dict[str, str]:
        """Return whose each receipt is: whoever said the words of its case, or was told it."""
        owners: dict[str, str] = {}
        for said in self.evidence.said:
            for case_id in self.holders[said.token] if said.role is Role.WORDS else ():
                owners.setdefault(receipt_of(self.by_id[case_id]), said.citizen)
        return owners


def receipt_of(case: Case) -> str:
    """Return our number, the last line of the description."""
    found = _LAST_LINE.search(case.description)
    return found.group(1) if found else ""


def is_first_try(push: Push) -> bool:
    """True if the first attempt reached the product: answered, or cut while it was held."""
    return bool(push.attempts) and push.attempts[0] in ("replied", "accepted", "timeout")
