"""What the services need from outside: each contract in its docstring, each form proven by one contract test.

Ports are named by noun; their forms by technology (`RedisInbox`, `SqlRecord`, `WeChatMessenger`).
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import Any, Protocol

from bot.model.backend import Amendment, Attribute, Filed, Filing, Request, Service, Update
from bot.model.delivery import Allowance
from bot.model.message import Accepted, Inbound, Reply
from bot.model.staff import Presence


class Unavailable(Exception):
    """A store we depend on cannot be used now; nothing was done. The caller refuses and is asked again."""


class Clock(Protocol):
    """The time, as an argument, so that nothing below reads a wall clock by itself."""

    def now(self) -> datetime:
        """Return the current time, aware, in UTC."""


class Inbox(Protocol):
    """Where messages are made durable before anything is answered."""

    async def accept(self, message: Inbound, *, urgent: bool = False) -> Accepted:
        """Append the message once, count this attempt, and say which of the two it was.

        Must be durable when it returns (append-only file written). Must keep the order of one citizen's
        messages. Must not start a second turn for a key accepted within the last ten minutes.
        May refuse a new message beyond the limits, and then all its attempts; must not refuse an urgent one, nor
        one that nobody says, nor one that was accepted before.
        Raises `Unavailable` if that cannot be promised.
        """


class Settled(str, Enum):
    """What became of an answer offered to the waiting callback."""

    PASSIVE = "passive"  # written to the wire, and the platform did not ask again for six seconds
    WAIT = "wait"  # an attempt is under way or may still come
    OPEN = "open"  # nobody waits any more: it goes out as a delivery; no callback will take it now


class Arrival(Protocol):
    """The coming of one answer."""

    async def wait(self, timeout_s: float, *, look: bool) -> bool:
        """Wait until the answer is there (also one that says nothing); False on time-out.

        `look`: it may have come before it was expected.
        """


class Waiting(Protocol):
    """The gateway's side of an answer: wait for it, take it, or leave it to be sent later."""

    def expecting(self, key: str) -> AbstractContextManager[Arrival]:
        """Notice the answer to `key` from here on, also while the message is still being accepted."""

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

    def settle_many(self, keys: Sequence[str]) -> list[Settled]:
        """Decide each of several answers as `settle` does, in their order."""


class Lease(Protocol):
    """One owner at a time for a named duty (polling, housekeeping), over all machines."""

    def hold(self, name: str, *, ttl_s: float) -> bool:
        """Take or prolong the lease; True while it is ours."""


class Parked(Protocol):
    """Messages that were set aside because no turn survived them."""

    def forget(self, before: datetime) -> int:
        """Remove those set aside before then; returns how many."""


@dataclass(frozen=True)
class LiveEvent:
    """Something changed; `data` says what, without open ids or a citizen's words."""

    topic: str
    data: dict[str, Any] = field(default_factory=dict)


RESYNC = "resync"
"""Topic of an event that says: news may have been missed, read the record again."""
CHANGED = "changed"
"""Topic: something of the conversation `data["conversation"]` changed; what, the record says."""
TYPING = "typing"
"""Topic: the member of staff `data["number"]` is writing in `data["conversation"]`."""
PRESENCE = "presence"
"""Topic: who is there changed."""


class LiveEvents(Protocol):
    """News for open browsers; nobody listening means nothing is lost, the record has it all."""

    def publish(self, topic: str, *data: dict[str, object]) -> None:
        """Tell listeners that something changed, or several things."""


class LiveFeed(Protocol):
    """The listening side of `LiveEvents`."""

    def __call__(self) -> AsyncIterator[LiveEvent | None]:
        """Yield events without end; None after each quiet time. `RESYNC` first and after each lost connection."""


class Presences(Protocol):
    """Which members of staff have the console open, over all machines; kept in motion, not in the record."""

    def beat(self, number: str, presence: Presence | None = None) -> None:
        """Note that this member's browser lives, and what it says of them if it says anything.

        Who comes back after having been away counts as READY again.
        """

    def leaving(self, number: str, *, grace_s: float) -> None:
        """A browser of theirs went: they count as gone after the grace unless another beat comes."""

    def present(self) -> Mapping[str, Presence]:
        """Return work number → presence of all who are there; raises `Unavailable` when that cannot be known."""


class NobodyThere:
    """`Presences` of an installation without a console."""

    def beat(self, number: str, presence: Presence | None = None) -> None:
        """Forget it."""

    def leaving(self, number: str, *, grace_s: float) -> None:
        """Forget it."""

    def present(self) -> Mapping[str, Presence]:
        """Return nobody."""
        return {}


NOBODY_THERE = NobodyThere()


class NobodyListens:
    """`LiveEvents` without a console."""

    def publish(self, topic: str, *data: dict[str, object]) -> None:
        """Tell nobody."""


NOBODY_LISTENS = NobodyListens()


class Holders(Protocol):
    """The fast copy of who is held by a person, for the callback; the record is the truth."""

    def hold(self, citizen: str, held: bool) -> None:
        """Note that a person took the conversation, or gave it back."""

    def keep_only(self, citizens: Iterable[str]) -> None:
        """Make the copy equal to the record."""


class Messenger(Protocol):
    """The platform's ways to reach a citizen outside the waiting callback.

    Each call returns only once the platform has answered; raises one of `bot.model.errors` otherwise. Must not retry
    by itself, except once for an expired credential.
    """

    def send(self, citizen: str, reply: Reply) -> None:
        """Send as a customer-service message; raises `WindowClosed` when the allowance does not let it."""

    def notify_subscription(self, citizen: str, template_id: str, values: dict[str, str]) -> None:
        """Send a subscription notice; raises `WindowClosed` without consent."""

    def notify_template(
        self, citizen: str, template_id: str, values: dict[str, str], *, client_msg_id: str
    ) -> str:
        """Send a template message; returns the platform's message id."""

    def send_picture(self, citizen: str, content: bytes, content_type: str) -> None:
        """Send a picture as a customer-service message; it counts and fails like `send`."""

    def typing(self, citizen: str) -> None:
        """Let the citizen see that somebody is writing; costs nothing, and what forbids it is no failure."""

    def allowance(self, citizen: str) -> Allowance:
        """Return how many customer-service messages may still be sent, and until when."""

    def media(self, media_id: str) -> tuple[bytes, str]:
        """Return a medium's bytes and content type; raises `Permanent` when it is gone."""


class Cleaner(Protocol):
    """Makes what somebody sent fit to be kept."""

    def __call__(self, content: bytes) -> tuple[bytes, str]:
        """Return it without metadata, and its type as its bytes say.

        Must not take more time or memory than its size allows for. Raises `Permanent` for what is not taken.
        """


class Backend(Protocol):
    """The complaint office's system (Open311). Raises one of `bot.model.errors`."""

    def services(self) -> list[Service]:
        """Return the services it takes."""

    def definition(self, code: str) -> list[Attribute]:
        """Return a service's questions."""

    def file(self, filing: Filing) -> Filed:
        """File a complaint; `RetryLater.outcome_unknown` if it may have been stored."""

    def resolve_token(self, token: str) -> str | None:
        """Return the number for a token, None while there is none."""

    def find(self, *, service_code: str, start: datetime, end: datetime) -> Sequence[Request]:
        """Return requests of a service within a time, for looking an earlier filing up."""

    def updates(self, start: datetime, end: datetime) -> Sequence[Update]:
        """Return updates within a time."""

    def add_update(self, amendment: Amendment) -> None:
        """Add a citizen's word to a case; safe to repeat, one that is there already counts as done."""


class Phrases(Protocol):
    """The citizen-facing sentences of `nlu/domain`, for what is said outside a dialogue turn."""

    def say(self, name: str, /, **values: Any) -> str:
        """Return one response's text with its values filled in; `KeyError` for an unknown name."""


class Sealing(Protocol):
    """Encrypts what the record's tables mark as sealed, on its way into the database and out of it."""

    def enclose(self, text: str) -> str:
        """Return the whole text as one sealed piece; what is one already, and "", stays."""

    def conceal(self, text: str) -> str:
        """Return the text with each personal number in it as a sealed piece."""

    def reveal(self, text: str) -> str:
        """Return the text with its sealed pieces opened; clear text stays as it is."""


class Sealer(Protocol):
    """Encrypts personal data at rest."""

    def seal(self, text: str) -> str:
        """Return the encrypted form."""

    def unseal(self, sealed: str) -> str:
        """Return the original; "" if the key is gone."""

    def pseudonym(self, citizen: str) -> str:
        """Return the keyed hash under which a citizen's conversation is kept."""
