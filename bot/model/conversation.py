"""A conversation: who the citizen is to us, who holds it, and what the dialogue remembers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any


class Holder(str, Enum):
    """Who answers the citizen now; exactly one does."""

    BOT = "bot"
    STAFF = "staff"


class WaitReason(str, Enum):
    """Why a conversation waits for a person."""

    ASKED = "asked"
    EMERGENCY = "emergency"
    MISUNDERSTOOD = "misunderstood"
    PARKED = "parked"


@dataclass
class Conversation:
    """One citizen's conversation.

    Attributes:
        id: keyed hash of the open id; stays when the open id goes.
        citizen: the open id, None after the citizen left (unsubscribed).
        version: the fence: a writer that read an older version cannot commit.
        snapshot: what the dialogue needs for the next turn.
        notice_version: which privacy notice the citizen was shown, "" before the first contact.
    """

    id: str
    citizen: str | None
    version: int = 0
    holder: Holder = Holder.BOT
    following: bool = True
    waiting_since: datetime | None = None
    waiting_reason: WaitReason | None = None
    notice_version: str = ""
    last_said_at: datetime | None = None
    snapshot: dict[str, Any] | None = None

    def wait_for_person(self, reason: WaitReason, now: datetime) -> None:
        """Mark that a person is wanted; an emergency outranks an earlier reason, the first time counts."""
        if self.waiting_since is None:
            self.waiting_since = now
        if self.waiting_reason is None or reason is WaitReason.EMERGENCY:
            self.waiting_reason = reason


class Direction(str, Enum):
    """Who said a line."""

    CITIZEN = "citizen"
    BOT = "bot"
    STAFF = "staff"


@dataclass(frozen=True)
class Line:
    """One line of the transcript; texts are stored with personal numbers masked.

    Attributes:
        key: the message's dedupe key for citizens' lines (unique), else the delivery's key.
        kind: as `bot.model.message.Kind`.
        data: what else is known (place of a pin, id of a medium).
    """

    conversation_id: str
    key: str
    direction: Direction
    kind: str
    text: str
    at: datetime
    data: dict[str, Any]
