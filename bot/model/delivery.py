"""A delivery: anything that must leave the house, stored before it is sent.

QUEUED ──claim──> IN_FLIGHT ──> SENT | RETRY (back to due) | HELD | FAILED
OFFERED: an answer that a waiting callback may still take; settled to SENT or QUEUED
HELD: the citizen cannot be reached now; given with the next answer
WITHHELD: must not go out any more (the citizen left)
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum
from typing import Any


class DeliveryKind(str, Enum):
    """What is delivered, and by that to whom and by which service."""

    REPLY = "reply"
    NOTICE = "notice"
    ANSWER = "answer"  # what a member of staff wrote, and that one joined or left
    FILING = "filing"
    AMENDMENT = "amendment"  # what a citizen says about a case that is filed
    MEDIA = "media"


class DeliveryState(str, Enum):
    """Where a delivery stands; see the module's picture."""

    OFFERED = "offered"
    QUEUED = "queued"
    IN_FLIGHT = "in_flight"
    RETRY = "retry"
    HELD = "held"
    SENT = "sent"
    FAILED = "failed"
    WITHHELD = "withheld"


DUE_STATES = (DeliveryState.QUEUED, DeliveryState.RETRY)
"""What a sender may take once its time has come."""
OPEN_STATES = (*DUE_STATES, DeliveryState.OFFERED)
"""What is still to happen and is in nobody's hands."""
UNFINISHED_STATES = (*OPEN_STATES, DeliveryState.IN_FLIGHT)
"""What is still to happen, in somebody's hands or not."""


@dataclass
class Delivery:
    """One thing to be sent once.

    Attributes:
        key: idempotency key; a second delivery with the same key is refused by the record.
        payload: what is sent; its shape belongs to the kind.
        attempts: how often it was tried.
        rung: how it went: passive, custom, bizsend, template.
        repeats: sends that were repeated after an unknown outcome (at most one).
        created_at: when it was stored, or began anew: its schedule gives up by this.
        lease_until: while IN_FLIGHT, when another worker may claim it again (its sender died).
    """

    key: str
    kind: DeliveryKind
    due_at: datetime
    payload: dict[str, Any]
    conversation_id: str | None = None
    complaint_id: str | None = None
    state: DeliveryState = DeliveryState.QUEUED
    attempts: int = 0
    repeats: int = 0
    rung: str = ""
    error: str = ""
    remote_id: str = ""
    id: int = 0
    created_at: datetime | None = None
    lease_until: datetime | None = None
    trail: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Allowance:
    """What WeChat still lets us send to a citizen who has not written again.

    Attributes:
        left: customer-service messages.
        until: when the window closes, None when it is closed.
    """

    left: int
    until: datetime | None = None


@dataclass(frozen=True)
class Schedule:
    """When a failed attempt is tried again: the steps in seconds, the last one repeated until `give_up`."""

    steps_s: tuple[float, ...]
    give_up: timedelta

    def next_due(self, attempts: int, now: datetime, created: datetime) -> datetime | None:
        """Return the next time, or None when it is time to give up. `attempts` counts those made."""
        if now - created >= self.give_up:
            return None
        step = self.steps_s[min(max(attempts - 1, 0), len(self.steps_s) - 1)]
        return now + timedelta(seconds=step)


_A_WEEK = Schedule((2, 5, 10, 20, 30, 60, 120, 300), timedelta(days=7))
#: Kinds of delivery → schedule. Filing never stops trying for a week: a confirmed complaint is a promise.
SCHEDULES = {
    DeliveryKind.FILING: _A_WEEK,
    DeliveryKind.AMENDMENT: _A_WEEK,
    DeliveryKind.NOTICE: Schedule((1, 3, 5, 10, 30, 60, 300), timedelta(hours=24)),
    DeliveryKind.REPLY: Schedule((1, 3, 5, 10, 30, 60), timedelta(minutes=15)),
    DeliveryKind.ANSWER: Schedule((1, 3, 5, 10, 30, 60), timedelta(minutes=15)),
    DeliveryKind.MEDIA: Schedule((2, 5, 30, 120, 600), timedelta(days=2)),
}
