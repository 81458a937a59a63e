"""One turn: a citizen's message becomes transcript, answer and everything that follows, in one transaction."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Protocol

from bot.model.conversation import Conversation, Direction, Holder, Line, WaitReason
from bot.model.delivery import Delivery, DeliveryKind, DeliveryState
from bot.model.emergency import Emergency, EmergencyMatcher
from bot.model.message import Inbound, Kind, Reply
from bot.model.office import Office
from bot.model.status import StatusTable
from bot.ports import Clock, Phrases, Sealer
from bot.record import Record, Unit
from bot.services import forget, receipts
from bot.services.counter import Counter, Sign
from bot.services.directory import Directory
from bot.services.masking import mask, phones_among

SILENCE = timedelta(minutes=30)
_SETTLE_AFTER = timedelta(seconds=2)


@dataclass(frozen=True)
class Heard:
    """A citizen's message as the dialogue gets it: personal numbers masked, with what the turn knows besides.

    Attributes:
        sealed: mask → encrypted original.
        phones: those masks that stand for phone numbers.
        first_contact: nothing was ever said to this citizen.
        after_silence: the last message is half an hour old or older.
    """

    message: Inbound
    sealed: dict[str, str]
    phones: tuple[str, ...]
    first_contact: bool
    after_silence: bool


@dataclass(frozen=True)
class Spoken:
    """What the dialogue answers, and what it must remember for the next turn."""

    reply: Reply | None
    snapshot: dict[str, Any]


class Dialogue(Protocol):
    """Turns a message into an answer."""

    def respond(self, heard: Heard, snapshot: dict[str, Any] | None, counter: Counter) -> Spoken:
        """Answer one message.

        Must do nothing outside the counter. Must raise if any action failed, so that the turn is thrown away.
        """

    def keep(
        self, heard: Heard, snapshot: dict[str, Any] | None, directory: Directory
    ) -> dict[str, Any]:
        """Remember what was said as part of a complaint, without answering; returns the next turn's snapshot."""


class TurnTaker:
    """Takes one message through one turn; safe to repeat with the same message."""

    def __init__(
        self,
        record: Record,
        dialogue: Dialogue,
        *,
        emergencies: EmergencyMatcher,
        directory: Callable[[], Directory],
        office: Office,
        clock: Clock,
        sealer: Sealer,
        statuses: StatusTable,
        phrases: Phrases,
        divide: Callable[[Reply], list[Reply]],
        signs: tuple[Sign, ...] = (),
    ) -> None:
        self._record = record
        self._dialogue = dialogue
        self._emergencies = emergencies
        self._directory = directory
        self._office = office
        self._clock = clock
        self._sealer = sealer
        self._statuses = statuses
        self._phrases = phrases
        self._divide = divide
        self._signs = signs

    def take(self, message: Inbound) -> Reply | None:
        """Process the message once and return what the waiting callback may say.

        Raises:
            bot.ports.Unavailable: the record cannot be used now; take it again later.
            bot.record.Stale: another worker was faster; take it again.
        """
        directory = self._directory()  # may read the record: not inside the turn's own unit
        with self._record.unit() as unit:
            conversation = unit.conversations.open(
                self._sealer.pseudonym(message.citizen), message.citizen
            )
            if unit.conversations.has_line(message.key):
                return _answer_of(unit, message)
            reply = self._respond(unit, conversation, message, directory)
            unit.conversations.save(conversation)
            return reply

    def _respond(
        self, unit: Unit, conversation: Conversation, message: Inbound, directory: Directory
    ) -> Reply | None:
        text, originals = mask(message.text)
        sealed = {short: self._sealer.seal(full) for short, full in originals.items()}
        masked = replace(message, text=text)
        emergency = self._emergencies.match(message.text) if message.text else None
        unit.conversations.add_line(_line(conversation, masked, sealed, emergency))
        if not message.kind.is_said:
            self._note(unit, conversation, message)
            return None
        conversation.following = True
        heard = Heard(
            message=masked,
            sealed=sealed,
            phones=phones_among(originals),
            first_contact=not conversation.notice_version,
            after_silence=self._after_silence(conversation),
        )
        conversation.last_said_at = self._clock.now()
        if emergency is not None:
            # The gateway has answered already, with this very text; the words are kept for the complaint after it.
            conversation.snapshot = self._dialogue.keep(heard, conversation.snapshot, directory)
            conversation.wait_for_person(WaitReason.EMERGENCY, self._clock.now())
            self._say_line(
                unit, conversation, message, emergency.text(self._office.is_open(self._clock.now()))
            )
            return None
        if conversation.holder is Holder.STAFF:
            return None
        return self._dialogue_turn(unit, conversation, heard, directory)

    def _dialogue_turn(
        self, unit: Unit, conversation: Conversation, heard: Heard, directory: Directory
    ) -> Reply | None:
        counter = Counter(
            unit=unit,
            conversation=conversation,
            directory=directory,
            office=self._office,
            clock=self._clock,
            sealer=self._sealer,
            statuses=self._statuses,
            phrases=self._phrases,
            signs=self._signs,
        )
        spoken = self._dialogue.respond(heard, conversation.snapshot, counter)
        conversation.snapshot = spoken.snapshot
        if spoken.reply is None:
            return None
        conversation.notice_version = conversation.notice_version or self._office.notice_version
        reply = _with_held(unit, conversation, spoken.reply)
        self._say_line(unit, conversation, heard.message, _read_aloud(reply))
        return self.order(unit, conversation, heard.message, reply)

    def order(
        self, unit: Unit, conversation: Conversation, message: Inbound, reply: Reply
    ) -> Reply:
        """Store the answer: its first part for the waiting callback, what is too long for it to follow."""
        first, *rest = self._divide(reply)
        key = before = f"reply:{message.key}"
        now = self._clock.now()
        offered = Delivery(
            key=key,
            kind=DeliveryKind.REPLY,
            due_at=now + _SETTLE_AFTER,
            payload={"reply": first.to_dict(), "answers": message.key},
            conversation_id=conversation.id,
            state=DeliveryState.OFFERED,
        )
        unit.deliveries.add(offered)
        for number, part in enumerate(rest, start=2):
            follower = Delivery(
                key=f"{key}:{number}",
                kind=DeliveryKind.REPLY,
                due_at=now + _SETTLE_AFTER,
                payload={"reply": part.to_dict(), "after": before},
                conversation_id=conversation.id,
            )
            unit.deliveries.add(follower)
            before = follower.key
        return first

    def give_up(self, message: Inbound) -> Reply | None:
        """Answer a message whose turn failed for good: say so, and call a person.

        An event that nobody said (a receipt, a word on notices, leaving) gets no answer; None then.
        """
        with self._record.unit() as unit:
            conversation = unit.conversations.open(
                self._sealer.pseudonym(message.citizen), message.citizen
            )
            reply = Reply(self._phrases.say("utter_unwell"))
            if unit.conversations.has_line(message.key):
                return _answer_of(unit, message) or (reply if message.kind.is_said else None)
            text, _ = mask(message.text)
            unit.conversations.add_line(_line(conversation, replace(message, text=text), {}))
            if not message.kind.is_said:
                return None
            self._say_line(unit, conversation, message, reply.text)
            conversation.wait_for_person(WaitReason.PARKED, self._clock.now())
            first = self.order(unit, conversation, message, reply)
            unit.conversations.save(conversation)
            return first

    def _note(self, unit: Unit, conversation: Conversation, message: Inbound) -> None:
        """Take what is no utterance: leaving, receipts, words on notices."""
        if message.kind is Kind.UNFOLLOW:
            forget.leave(unit, conversation, now=self._clock.now())
        for receipt in message.receipts:
            receipts.take(unit, conversation, receipt, now=self._clock.now())
        for consent in message.consents:
            unit.conversations.set_consent(
                conversation.id, consent.template_id, accepted=consent.accepted
            )

    def _after_silence(self, conversation: Conversation) -> bool:
        last = conversation.last_said_at
        return last is not None and self._clock.now() - last >= SILENCE

    def _say_line(
        self, unit: Unit, conversation: Conversation, message: Inbound, text: str
    ) -> None:
        unit.conversations.add_line(
            Line(
                conversation_id=conversation.id,
                key=f"reply:{message.key}",
                direction=Direction.BOT,
                kind=Kind.TEXT.value,
                text=text,
                at=self._clock.now(),
                data={},
            )
        )


def _read_aloud(reply: Reply) -> str:
    """Return an answer as the transcript shows it, its numbered choices included."""
    choices = [f"{n}. {option.label}" for n, option in enumerate(reply.options, start=1)]
    return "\n".join([reply.text, *choices])


def _line(
    conversation: Conversation,
    message: Inbound,
    sealed: dict[str, str],
    emergency: Emergency | None = None,
) -> Line:
    data: dict[str, Any] = {"emergency": emergency.number} if emergency else {}
    if message.point is not None:
        point = message.point
        data["point"] = [point.latitude, point.longitude, point.datum.value, point.label]
    if message.media is not None:
        data["platform_id"] = message.media.media_id
    if sealed:
        data["sealed"] = sealed
    return Line(
        conversation_id=conversation.id,
        key=message.key,
        direction=Direction.CITIZEN,
        kind=message.kind.value,
        text=message.text,
        at=message.sent_at,
        data=data,
    )


def _answer_of(unit: Unit, message: Inbound) -> Reply | None:
    """Return the answer a message got in an earlier turn (its worker died before telling the gateway)."""
    delivery = unit.deliveries.by_key(f"reply:{message.key}")
    if delivery is None or "reply" not in delivery.payload:
        return None
    return Reply.from_dict(delivery.payload["reply"])


def _with_held(unit: Unit, conversation: Conversation, reply: Reply) -> Reply:
    """Put news that could not be told before in front of the answer, each once."""
    held = unit.deliveries.held(conversation.id)
    if not held:
        return reply
    texts = []
    for delivery in held:
        texts.append(str(delivery.payload["text"]))
        delivery.state = DeliveryState.SENT
        delivery.rung = "reply"
        unit.deliveries.save(delivery)
    return replace(reply, text="\n\n".join([*texts, reply.text]))
