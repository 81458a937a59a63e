"""A conversation: who the citizen is to us, who holds it, and what the dialogue remembers.

    BOT ──asks for a person, and one is there──> WAITING ──claim──> STAFF(agent) ──hand to a colleague──> STAFF(other)
     ▲                                             │                  │
     └────────── given back, or nobody came ───────┴──────────────────┘

Whatever changes the holder is a method here and is called by `bot.services.handoff` only. That a person is wanted
(`waiting_since`) is a flag of its own: after an emergency, say, the bot goes on answering until somebody comes.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any


class Holder(str, Enum):
    """Who answers the citizen now; exactly one does. The bot speaks only while it is the holder."""

    BOT = "bot"
    WAITING = "waiting"  # for a member of staff who is on duty
    STAFF = "staff"


class WaitReason(str, Enum):
    """Why a conversation waits for a person."""

    ASKED = "asked"
    EMERGENCY = "emergency"
    MISUNDERSTOOD = "misunderstood"
    ABUSE = "abuse"
    PARKED = "parked"


class AlreadyHeld(Exception):
    """Somebody else holds the conversation; `agent` is their work number."""

    def __init__(self, agent: str) -> None:
        super().__init__(f"held by {agent}")
        self.agent = agent


class NotHeld(Exception):
    """The conversation is not held by who wants to act in it (any more); `agent` holds it, "" for nobody."""

    def __init__(self, agent: str) -> None:
        super().__init__(f"held by {agent or 'nobody'}")
        self.agent = agent


@dataclass
class Conversation:
    """One citizen's conversation.

    Attributes:
        id: keyed hash of the open id; stays when the open id goes.
        citizen: the open id, None after the citizen left (unsubscribed).
        version: the fence: a writer that read an older version cannot commit.
        snapshot: what the dialogue needs for the next turn.
        notice_version: which privacy notice the citizen was shown, "" before the first contact.
        agent: work number of the member of staff who holds it, "" unless the holder is STAFF.
        held_since: since when this agent holds it, or the citizen waits for one with the bot silent; None with the bot.
        unanswered_since: since when the citizen waits for this agent's next word; None once it was said.
        staff_said_at: when a member of staff last wrote to the citizen in this handoff.
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
    agent: str = ""
    held_since: datetime | None = None
    unanswered_since: datetime | None = None
    staff_said_at: datetime | None = None

    def wait_for_person(self, reason: WaitReason, now: datetime) -> None:
        """Mark that a person is wanted; an emergency outranks an earlier reason, the first time counts."""
        if self.waiting_since is None:
            self.waiting_since = now
        if self.waiting_reason is None or reason is WaitReason.EMERGENCY:
            self.waiting_reason = reason

    def stop_waiting(self) -> None:
        """Take it off the list of those who want a person."""
        self.waiting_since = None
        self.waiting_reason = None

    def queue(self, now: datetime) -> None:
        """Let the citizen wait for a person, the bot being silent; a person who holds it loses it."""
        self._held_by("", now)
        self.holder = Holder.WAITING

    def claim(self, agent: str, now: datetime) -> None:
        """Give it to this agent; raises `AlreadyHeld` if another one has it. Claiming it twice changes nothing."""
        if self.holder is Holder.STAFF and self.agent != agent:
            raise AlreadyHeld(self.agent)
        if self.holder is not Holder.STAFF:
            self.take(agent, now)

    def take(self, agent: str, now: datetime) -> None:
        """Give it to this agent, whoever has it: handed over by a colleague, or taken by a supervisor."""
        self._held_by(agent, now)
        self.holder = Holder.STAFF
        self.unanswered_since = now
        self.stop_waiting()

    def give_back(self) -> None:
        """Give it to the bot; a wish for a person that was not met stays."""
        self._held_by("", None)
        self.holder = Holder.BOT

    def heard(self, now: datetime) -> None:
        """Note that the citizen spoke."""
        self.last_said_at = now
        if self.holder is Holder.STAFF and self.unanswered_since is None:
            self.unanswered_since = now

    def answered(self, now: datetime) -> None:
        """Note that the agent wrote to the citizen."""
        self.staff_said_at = now
        self.unanswered_since = None

    def must_be_held_by(self, agent: str) -> None:
        """Raise `NotHeld` unless this agent holds it."""
        if self.holder is not Holder.STAFF or self.agent != agent:
            raise NotHeld(self.agent)

    def _held_by(self, agent: str, now: datetime | None) -> None:
        self.agent = agent
        self.held_since = now
        self.unanswered_since = None
        self.staff_said_at = None


class Direction(str, Enum):
    """Who said a line, and to whom."""

    CITIZEN = "citizen"
    BOT = "bot"
    STAFF = "staff"
    SYSTEM = "system"  # told to the citizen about who answers: a person joined, the bot is back
    NOTE = "note"  # between members of staff; never sent


@dataclass(frozen=True)
class Line:
    """One line of the transcript; texts are stored with personal numbers masked.

    Attributes:
        key: the message's dedupe key for citizens' lines (unique), else the delivery's key.
        kind: as `bot.model.message.Kind`.
        data: what else is known: `point` of a pin, `medium` our id of a picture or voice, `sealed` mask to encrypted
            original, `emergency` its number, `understood` what the dialogue took from it, `agent` the work number of
            who wrote it.
    """

    conversation_id: str
    key: str
    direction: Direction
    kind: str
    text: str
    at: datetime
    data: dict[str, Any]
