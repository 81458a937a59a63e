"""Fakes of the ports: they record what they were asked and answer what a test told them to."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from bot.model.backend import Amendment, Attribute, Filed, Filing, Request, Service, Update
from bot.model.delivery import Allowance, Delivery
from bot.model.message import Inbound, Reply
from bot.model.staff import Presence
from bot.ports import CHANGED, Settled, Unavailable
from bot.services.counter import Counter
from bot.services.dialogue import Heard, Spoken
from bot.services.directory import Directory


@dataclass
class Sent:
    """One call that reached the citizen."""

    way: str  # custom | bizsend | template | picture | typing
    citizen: str
    text: str = ""
    values: dict[str, str] = field(default_factory=dict)
    content: bytes = b""
    content_type: str = ""


class RecordingMessenger:
    """Keeps what was sent; `fails[way]` is raised instead, once for each error in the list."""

    def __init__(self) -> None:
        self.sent: list[Sent] = []
        self.tried: list[str] = []
        self.fails: dict[str, list[Exception]] = {}
        self.stored: dict[str, tuple[bytes, str]] = {}
        self.allowed = Allowance(5, None)

    def send(self, citizen: str, reply: Reply) -> None:
        self._go("custom")
        self.sent.append(Sent("custom", citizen, reply.text))

    def notify_subscription(self, citizen: str, template_id: str, values: dict[str, str]) -> None:
        self._go("bizsend")
        self.sent.append(Sent("bizsend", citizen, values=values))

    def notify_template(
        self, citizen: str, template_id: str, values: dict[str, str], *, client_msg_id: str
    ) -> str:
        self._go("template")
        self.sent.append(Sent("template", citizen, values=values))
        return f"id-of-{client_msg_id}"

    def send_picture(self, citizen: str, content: bytes, content_type: str) -> None:
        self._go("picture")
        sent = Sent("picture", citizen, content=content, content_type=content_type)
        self.sent.append(sent)

    def typing(self, citizen: str) -> None:
        self._go("typing")
        self.sent.append(Sent("typing", citizen))

    def allowance(self, citizen: str) -> Allowance:
        return self.allowed

    def media(self, media_id: str) -> tuple[bytes, str]:
        self._go("media")
        return self.stored[media_id]

    def _go(self, way: str) -> None:
        self.tried.append(way)
        if self.fails.get(way):
            raise self.fails[way].pop(0)

    @property
    def texts(self) -> list[str]:
        return [sent.text for sent in self.sent]


class RecordingBackend:
    """A backend in memory: `answers` is what the next filings get (a value or an error)."""

    def __init__(self) -> None:
        self.filings: list[Filing] = []
        self.answers: list[Filed | Exception] = []
        self.known: list[Request] = []
        self.lookups: list[tuple[str, datetime, datetime]] = []
        self.tokens: dict[str, str | Exception] = {}
        self.feed: list[Update] = []
        self.asked: list[tuple[datetime, datetime]] = []
        self.published: list[Service] = []
        self.questions: dict[str, list[Attribute]] = {}
        self.fails: Exception | None = None
        self.amendments: list[Amendment] = []

    def services(self) -> list[Service]:
        self._go()
        return self.published

    def definition(self, code: str) -> list[Attribute]:
        return self.questions[code]

    def file(self, filing: Filing) -> Filed:
        self.filings.append(filing)
        answer = self.answers.pop(0) if self.answers else Filed(f"B-{len(self.filings)}")
        if isinstance(answer, Exception):
            raise answer
        return answer

    def resolve_token(self, token: str) -> str | None:
        found = self.tokens.get(token)
        if isinstance(found, Exception):
            raise found
        return found

    def find(self, *, service_code: str, start: datetime, end: datetime) -> Sequence[Request]:
        self._go()
        self.lookups.append((service_code, start, end))
        return [r for r in self.known if r.service_code == service_code]

    def updates(self, start: datetime, end: datetime) -> Sequence[Update]:
        self._go()
        self.asked.append((start, end))
        return [u for u in self.feed if start <= u.updated_datetime <= end]

    def add_update(self, amendment: Amendment) -> None:
        self._go()
        self.amendments.append(amendment)

    def _go(self) -> None:
        if self.fails is not None:
            raise self.fails


class FixedAnswers:
    """The waiting callbacks' side: says what a test decided, OPEN if nothing."""

    def __init__(self, *settled: Settled) -> None:
        self._settled = list(settled)
        self.offered: dict[str, Reply | None] = {}

    def offer(self, key: str, reply: Reply | None) -> None:
        self.offered[key] = reply

    def settle(self, key: str) -> Settled:
        return self._settled.pop(0) if self._settled else Settled.OPEN

    def settle_many(self, keys: Sequence[str]) -> list[Settled]:
        return [self.settle(key) for key in keys]


class SetPresences:
    """Who is there is what a test says; `is_down` makes it unknown."""

    def __init__(self) -> None:
        self.there: dict[str, Presence] = {}
        self.is_down = False

    def come(self, *numbers: str, presence: Presence = Presence.READY) -> None:
        self.there |= dict.fromkeys(numbers, presence)

    def go(self, *numbers: str) -> None:
        for number in numbers:
            self.there.pop(number, None)

    def beat(self, number: str, presence: Presence | None = None) -> None:
        self.come(number, presence=presence or Presence.READY)

    def leaving(self, number: str, *, grace_s: float) -> None:
        self.go(number)

    def present(self) -> dict[str, Presence]:
        if self.is_down:
            raise Unavailable("redis")
        return dict(self.there)


class KeptHolders:
    """The callbacks' copy of who is held."""

    def __init__(self) -> None:
        self.held: set[str] = set()
        self.is_down = False

    def hold(self, citizen: str, held: bool) -> None:
        if self.is_down:
            raise Unavailable("redis")
        (self.held.add if held else self.held.discard)(citizen)

    def keep_only(self, citizens: Iterable[str]) -> None:
        if self.is_down:
            raise Unavailable("redis")
        self.held = set(citizens)


class KeptEvents:
    """What open consoles were told."""

    def __init__(self) -> None:
        self.told: list[tuple[str, dict[str, object]]] = []

    def publish(self, topic: str, *data: dict[str, object]) -> None:
        self.told += [(topic, each) for each in data]

    def changes(self) -> list[object]:
        return [data["conversation"] for topic, data in self.told if topic == CHANGED]


class PlainSealer:
    """Seals by reversing, so that a test can tell what is sealed and what is not."""

    def seal(self, text: str) -> str:
        return f"<{text[::-1]}>"

    def unseal(self, sealed: str) -> str:
        return sealed[1:-1][::-1] if sealed.startswith("<") else ""

    def pseudonym(self, citizen: str) -> str:
        return f"p-{citizen}"


class ScriptedDialogue:
    """A dialogue that answers from a list (the last one for ever) and remembers what it heard."""

    def __init__(self, *answers: Any, understood: dict[str, Any] | None = None) -> None:
        self._answers = list(answers) or ["好的"]
        self._understood = understood or {}
        self.heard: list[Heard] = []
        self.remembered: list[dict[str, Any] | None] = []

    def listen(self, message: Inbound) -> list[Any]:
        return [message.text]

    def keep(
        self, heard: Heard, snapshot: dict[str, Any] | None, directory: Directory
    ) -> dict[str, Any]:
        return {**(snapshot or {}), "kept": heard.message.text}

    def respond(self, heard: Heard, snapshot: dict[str, Any] | None, counter: Counter) -> Spoken:
        self.heard.append(heard)
        self.remembered.append(snapshot)
        answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        if callable(answer):
            answer = answer(counter)
        if isinstance(answer, Exception):
            raise answer
        reply = Reply(answer) if isinstance(answer, str) else answer
        turns = (snapshot or {}).get("turns", 0) + 1
        return Spoken(reply, {**(snapshot or {}), "turns": turns}, self._understood)


class ScriptedHandler:
    """Carries deliveries out as told: None sends, an exception is raised, a state is set."""

    def __init__(self, *outcomes: Any, is_told: bool = True) -> None:
        self.is_told = is_told
        self._outcomes = list(outcomes)
        self.carried: list[str] = []

    def carry_out(self, delivery: Delivery) -> None:
        self.carried.append(delivery.key)
        outcome = self._outcomes.pop(0) if self._outcomes else None
        if isinstance(outcome, Exception):
            raise outcome
        if outcome is not None:
            delivery.state = outcome
