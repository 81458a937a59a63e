"""The dialogue as the turn sees it: what it hears, what it says, and the one who turns one into the other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from bot.model.message import Inbound, Reply
from bot.services.counter import Counter
from bot.services.directory import Directory


@dataclass(frozen=True)
class Heard:
    """A citizen's message as the dialogue gets it: personal numbers masked, with what the turn knows besides.

    Attributes:
        sealed: mask → encrypted original.
        phones: those masks that stand for phone numbers.
        first_contact: nothing was ever said to this citizen.
        after_silence: the last message is half an hour old or older, or a person spoke with the citizen since.
        parsed: what `Dialogue.listen` made of the message; if empty, the dialogue listens now.
    """

    message: Inbound
    sealed: dict[str, str]
    phones: tuple[str, ...]
    first_contact: bool
    after_silence: bool
    parsed: Sequence[Any] = ()


@dataclass(frozen=True)
class Spoken:
    """What the dialogue answers, and what it must remember for the next turn.

    Attributes:
        understood: what it took from the message, for staff: intent, confidence and the likeliest services.
    """

    reply: Reply | None
    snapshot: dict[str, Any]
    understood: dict[str, Any] = field(default_factory=dict)


class Dialogue(Protocol):
    """Turns a message into an answer."""

    def listen(self, message: Inbound) -> Sequence[Any]:
        """Understand the words by themselves, before the record is opened: a turn keeps other writers out of it.

        The message is masked as in `Heard`; the result is for `Heard.parsed`.
        """

    def respond(self, heard: Heard, snapshot: dict[str, Any] | None, counter: Counter) -> Spoken:
        """Answer one message.

        Must do nothing outside the counter. Must raise if any action failed, so that the turn is thrown away.
        """

    def keep(
        self, heard: Heard, snapshot: dict[str, Any] | None, directory: Directory
    ) -> dict[str, Any]:
        """Remember what was said as part of a complaint, without answering; returns the next turn's snapshot."""
