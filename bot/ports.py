"""What the services need from outside: each contract in its docstring, each form proven by one contract test.

Ports are named by noun; their forms by technology (`RedisInbox`, `SqlRecord`, `WeChatMessenger`).
"""

from __future__ import annotations

from datetime import datetime
from enum import Enum
from typing import Protocol

from bot.model.message import Accepted, Inbound, Reply


class Unavailable(Exception):
    """A store we depend on cannot be used now; nothing was done. The caller refuses and is asked again."""


class Clock(Protocol):
    """The time, as an argument, so that nothing below reads a wall clock by itself."""

    def now(self) -> datetime:
        """Return the current time, aware, in UTC."""


class Inbox(Protocol):
    """Where messages are made durable before anything is answered."""

    async def accept(self, message: Inbound) -> Accepted:
        """Append the message once, count this attempt, and say which of the two it was.

        Must be durable when it returns (append-only file written). Must keep the order of one citizen's
        messages. Must not start a second turn for a key accepted within the last ten minutes.
        Raises `Unavailable` if that cannot be promised.
        """

    async def is_held(self, citizen: str) -> bool:
        """True while a person holds this citizen's conversation: the bot is silent then."""


class Settled(str, Enum):
    """What became of an answer offered to the waiting callback."""

    PASSIVE = "passive"  # written to the wire, and the platform did not ask again for six seconds
    WAIT = "wait"  # an attempt is under way or may still come
    OPEN = "open"  # nobody waits any more: it goes out as a delivery; no callback will take it now


class Waiting(Protocol):
    """The gateway's side of an answer: wait for it, take it, or leave it to be sent later."""

    async def wait(self, key: str, timeout_s: float) -> bool:
        """Wait until the answer to `key` is there (also an answer that says nothing); False on time-out."""

    async def take(self, key: str) -> Reply | None:
        """Take the answer for writing it to this attempt's connection; None if there is none to write.

        Every attempt of one message gets the same answer. Once `Answers.settle` said OPEN, always None.
        """

    async def leave(self, key: str) -> None:
        """Say that no later attempt will come: the answer, if there will be one, becomes a delivery at once."""


class Answers(Protocol):
    """The worker's side of an answer (synchronous)."""

    def offer(self, key: str, reply: Reply | None) -> None:
        """Give the answer of one message to whoever waits; None means that nothing is to be said."""

    def settle(self, key: str) -> Settled:
        """Decide what became of the answer; OPEN is final and closes it to callbacks (atomic)."""


class Lease(Protocol):
    """One owner at a time for a named duty (polling, housekeeping), over all machines."""

    def hold(self, name: str, *, ttl_s: float) -> bool:
        """Take or prolong the lease; True while it is ours."""


class LiveEvents(Protocol):
    """News for open browsers; nobody listening means nothing is lost, the record has it all."""

    def publish(self, topic: str, data: dict[str, object]) -> None:
        """Tell listeners that something changed."""
