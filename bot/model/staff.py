"""Members of staff: who they are, what they may do, when they are on duty, and what is written down of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from enum import Enum
from typing import Any


class Role(str, Enum):
    """What somebody is at the console, from least to most; what each may do stands in `console.access`."""

    OBSERVER = "observer"
    AGENT = "agent"
    SUPERVISOR = "supervisor"
    ADMINISTRATOR = "administrator"


@dataclass
class StaffMember:
    """One account of the console.

    Attributes:
        number: the work number (工号), which citizens are told.
        password_hash: argon2id in its own encoded form.
        active: False for who left; their number is never given to another.
        wrong_tries: wrong passwords in a row; `locked_until` ends the lock that follows.
        changed_at: when password, role, unit or activity last changed: sessions begun earlier are over.
        unit: code of the unit they handle cases for (catalog/units.yml), "" = the hotline itself.
    """

    number: str
    name: str
    role: Role
    created_at: datetime
    changed_at: datetime
    password_hash: str = field(default="", repr=False)
    active: bool = True
    wrong_tries: int = 0
    locked_until: datetime | None = None
    unit: str = ""


@dataclass
class StaffSession:
    """One signed-in browser.

    Attributes:
        digest: hash of the random token in the browser's cookie; the token itself is not kept.
        nonce: random; the form token is made of it.
    """

    digest: str
    number: str
    nonce: str
    started_at: datetime
    seen_at: datetime
    address: str = ""


class Presence(str, Enum):
    """Whether a member of staff who has the console open takes citizens."""

    READY = "ready"
    AWAY = "away"


@dataclass(frozen=True)
class AuditEntry:
    """Who looked at or changed what, for good: the record refuses to change or remove one.

    Attributes:
        action: a word of `console.audit`, e.g. "phone revealed".
        subject: kind and id of what it was done to, e.g. "conversation 3fe1"; never a citizen's own data.
    """

    at: datetime
    number: str
    action: str
    subject: str = ""
    detail: str = ""
    address: str = ""
    id: int = 0


@dataclass
class CannedAnswer:
    """An answer that is often given.

    Attributes:
        code: what is typed after "/" to get it.
        owner: work number of whose own it is, "" when it is everybody's.
    """

    code: str
    title: str
    text: str
    owner: str = ""
    id: int = 0


@dataclass
class Shift:
    """Who is to be there on one day, local time; an end at midnight is the end of the day."""

    number: str
    day: date
    begins: time
    ends: time
    id: int = 0


@dataclass
class Handoff:
    """One time that a person was wanted or came by themselves: from the wish to the end.

    Attributes:
        reason: value of `WaitReason`; "" when an agent took over unasked.
        claimed_at, agent: who came first and when; `agent` changes when it is handed on.
        first_answer_at: when the citizen first read a word of a person.
        ending: returned | lapsed | cleared | withdrawn (by the citizen) | left; "" while it lasts.
    """

    conversation_id: str
    reason: str
    asked_at: datetime
    claimed_at: datetime | None = None
    agent: str = ""
    first_answer_at: datetime | None = None
    ended_at: datetime | None = None
    ending: str = ""
    id: int = 0

    @property
    def waited(self) -> timedelta | None:
        """How long the citizen waited for somebody to come, None while nobody did."""
        return None if self.claimed_at is None else self.claimed_at - self.asked_at

    @property
    def waited_for_answer(self) -> timedelta | None:
        """How long the citizen waited for the first word of a person."""
        return None if self.first_answer_at is None else self.first_answer_at - self.asked_at


@dataclass(frozen=True)
class DutyHours:
    """When staff are there, as set at the console; `None` parts are as in catalog/office.yml.

    Attributes:
        closes: midnight is the end of the day.
        days: duty days, 1 = Monday.
        closed: days on which nobody is there all the same (holidays).
        opened: days on which staff are there all the same (a weekend that is worked).
    """

    opens: time
    closes: time
    days: frozenset[int]
    closed: frozenset[date] = frozenset()
    opened: frozenset[date] = frozenset()

    def to_dict(self) -> dict[str, Any]:
        """Return plain data for a JSON column."""
        return {
            "opens": self.opens.isoformat("minutes"),
            "closes": self.closes.isoformat("minutes"),
            "days": sorted(self.days),
            "closed": sorted(d.isoformat() for d in self.closed),
            "opened": sorted(d.isoformat() for d in self.opened),
        }

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> DutyHours:
        """Read back what `to_dict` wrote."""
        return cls(
            opens=time.fromisoformat(data["opens"]),
            closes=time.fromisoformat(data["closes"]),
            days=frozenset(data["days"]),
            closed=frozenset(date.fromisoformat(d) for d in data["closed"]),
            opened=frozenset(date.fromisoformat(d) for d in data["opened"]),
        )
