"""What a run leaves behind outside the product: the platform's log, the backend's, what was meant, what was killed."""

from __future__ import annotations

import re
import threading
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

_CONTENT = re.compile(r"<Content><!\[CDATA\[(.*?)\]\]></Content>", re.DOTALL)
_SHOWN = ("passive", "custom")
ACCEPTED = ("replied", "accepted")


class Role(str, Enum):
    """What a message was said for, and by that what is owed for it."""

    WORDS = "words"  # must stand in the case
    PROBE = "probe"  # its answer repeats its token, once
    CONFIRM = "confirm"  # files the matter
    FREE = "free"  # some answer
    TO_STAFF = "to staff"  # a person answers, or nobody
    EVENT = "event"  # nothing is said


@dataclass(frozen=True)
class Said:
    """One message as its citizen meant it."""

    push: int
    citizen: str
    role: Role
    token: str = ""
    matter: str = ""


@dataclass
class Push:
    """One message on its way through the platform, with how each attempt ended."""

    id: int
    citizen: str
    title: str
    at: float
    outcome: str = "pending"
    ended_at: float = 0.0
    text: str = ""
    attempts: list[str] = field(default_factory=list)

    @property
    def is_over(self) -> bool:
        """True once the platform is done with it."""
        return self.outcome != "pending"

    @property
    def is_accepted(self) -> bool:
        """True if the product answered for it."""
        return self.outcome in ACCEPTED


@dataclass(frozen=True)
class Line:
    """One line that a citizen was shown by the account."""

    id: int
    citizen: str
    text: str
    via: str
    at: float


@dataclass(frozen=True)
class Send:
    """One call of the platform's API."""

    id: int
    citizen: str
    path: str
    body: str
    at: float
    ended_at: float
    outcome: str


@dataclass(frozen=True)
class Case:
    """One request as the backend stored it."""

    id: str
    description: str
    address: str


@dataclass(frozen=True)
class Told:
    """Something that somebody else gave to be told: a backend's update, or a person's answer."""

    token: str
    at: float
    case: str = ""  # the backend's number of the case
    citizen: str = ""  # known for a person's answer


@dataclass(frozen=True)
class Kill:
    """One process that was ended with SIGKILL."""

    kind: str
    pid: int
    at: float


@dataclass
class Evidence:
    """Everything the verdict may look at."""

    pushes: dict[int, Push] = field(default_factory=dict)
    lines: list[Line] = field(default_factory=list)
    sends: list[Send] = field(default_factory=list)
    said: list[Said] = field(default_factory=list)
    cases: list[Case] = field(default_factory=list)
    updates: list[Told] = field(default_factory=list)
    answers: list[Told] = field(default_factory=list)
    kills: list[Kill] = field(default_factory=list)
    troubles: list[tuple[float, str]] = field(default_factory=list)


class Hearing:
    """Builds the evidence from the platform's journal and wakes the citizens that something happened to."""

    def __init__(self, evidence: Evidence) -> None:
        self._evidence = evidence
        self._lock = threading.Lock()
        self._moved: dict[str, threading.Condition] = {}
        self._own: dict[str, list[Line]] = {}

    def hear(self, change: dict[str, Any]) -> None:
        """Take one change; called from one thread, in order."""
        payload = change["payload"]
        if change["kind"] == "line":
            self._line(payload)
        elif change["kind"] == "exchange" and payload["kind"] == "push":
            self._push(payload, float(change["at"]))
        elif change["kind"] == "exchange" and payload["kind"] == "api":
            self._evidence.sends.append(_send(payload, float(change["at"])))
            return
        citizen = str(payload.get("openid", ""))
        moved = self.moved(citizen)
        with moved:
            moved.notify_all()

    def moved(self, citizen: str) -> threading.Condition:
        """Return what is notified whenever something happened to this citizen."""
        with self._lock:
            return self._moved.setdefault(citizen, threading.Condition())

    def lines(self, citizen: str) -> list[Line]:
        """Return what this citizen was shown, oldest first."""
        return self._own.get(citizen, [])

    def push(self, number: int) -> Push | None:
        """Return a push once the platform began with it."""
        return self._evidence.pushes.get(number)

    def _line(self, payload: dict[str, Any]) -> None:
        if payload["direction"] != "out" or payload["via"] not in _SHOWN:
            return
        line = Line(
            payload["id"], payload["openid"], payload["text"], payload["via"], payload["at"]
        )
        self._evidence.lines.append(line)
        self._own.setdefault(line.citizen, []).append(line)

    def _push(self, payload: dict[str, Any], at: float) -> None:
        push = self._evidence.pushes.get(payload["id"])
        if push is None:
            push = Push(payload["id"], payload["openid"], payload["title"], payload["at"])
            self._evidence.pushes[push.id] = push
        attempts = payload["attempts"]
        push.attempts = [str(attempt.get("result", "")) for attempt in attempts]
        if attempts and not push.text:
            found = _CONTENT.search(attempts[0].get("request_plain", ""))
            push.text = found.group(1) if found else ""
        push.outcome = payload["outcome"]
        push.ended_at = at if push.is_over else 0.0


def _send(payload: dict[str, Any], at: float) -> Send:
    request = payload["request"]
    return Send(
        id=payload["id"],
        citizen=payload["openid"],
        path=payload["title"],
        body=str(request.get("body", "")),
        at=payload["at"],
        ended_at=at,
        outcome=f"{payload['outcome']} {payload['reason']}".strip(),
    )
