"""One turn: a citizen's message becomes transcript, answer and everything that follows, in one transaction."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from bot.model.complaint import Medium
from bot.model.conversation import Conversation, Direction, Holder, Line, WaitReason
from bot.model.delivery import Delivery, DeliveryKind, DeliveryState
from bot.model.emergency import Emergency, EmergencyMatcher
from bot.model.message import Inbound, Kind, Reply
from bot.model.office import Office
from bot.model.status import StatusTable
from bot.ports import (
    CHANGED,
    NOBODY_LISTENS,
    NOBODY_THERE,
    Answers,
    Clock,
    LiveEvents,
    Phrases,
    Presences,
    Sealer,
)
from bot.record import Record, Unit
from bot.services import duty, forget, handoff, open_form, phrasing, receipts, settling, untold
from bot.services.arrival import Arrival
from bot.services.counter import Counter, Sign
from bot.services.dialogue import Dialogue, Heard
from bot.services.directory import Directory
from bot.services.intake import RESUME

log = logging.getLogger(__name__)

SILENCE = timedelta(minutes=30)
_FOLLOWS_AFTER = timedelta(seconds=2)
_NOTED_AGAIN = timedelta(minutes=2)
_TO_CITIZEN = (Direction.BOT, Direction.STAFF, Direction.SYSTEM)


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
        presences: Presences = NOBODY_THERE,
        live: LiveEvents = NOBODY_LISTENS,
        answers: Answers | None = None,
        on_told: Callable[[Delivery], None] = lambda _: None,
    ) -> None:
        """`on_told` is called with each delivery that is told with an answer, once that is committed."""
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
        self._presences = presences
        self._live = live
        self._answers = answers
        self._on_told = on_told
        self._told: list[Delivery] = []  # in the turn at hand

    def take(self, message: Inbound) -> Reply | None:
        """Process the message once and return what the waiting callback may say.

        Raises:
            bot.ports.Unavailable: the record cannot be used now; take it again later.
            bot.record.Stale: another worker was faster; take it again.
        """
        self._told.clear()
        directory = self._directory()  # may read the record: not inside the turn's own unit
        arrival = Arrival.of(message, self._sealer, self._emergencies, self._dialogue)
        with self._record.unit() as unit:
            conversation = unit.conversations.open(
                self._sealer.pseudonym(message.citizen), message.citizen
            )
            if unit.conversations.has_line(message.key):
                reply = _answer_of(unit, message)
            else:
                reply = self._respond(unit, conversation, arrival, directory)
                unit.conversations.save(conversation)
        self._report_told()
        self._live.publish(CHANGED, {"conversation": conversation.id})
        return reply

    def _report_told(self) -> None:
        for delivery in self._told:
            about = {"delivery": delivery.key, "kind": delivery.kind.value, "rung": delivery.rung}
            log.info("delivery sent", extra={**about, "complaint": delivery.complaint_id})
            self._on_told(delivery)

    def _respond(
        self, unit: Unit, conversation: Conversation, arrival: Arrival, directory: Directory
    ) -> Reply | None:
        message, emergency = arrival.message, arrival.emergency
        line = arrival.line(conversation)
        if not message.kind.is_said:
            unit.conversations.add_line(line)
            self._note(unit, conversation, message)
            return None
        medium_id = self._keep_medium(unit, conversation, message)
        if medium_id:
            line.data["medium"] = medium_id
        conversation.following = True
        heard = Heard(
            message=message,
            sealed=arrival.sealed,
            phones=arrival.phones,
            first_contact=not conversation.notice_version,
            after_silence=self._after_silence(conversation) or _after_person(unit, conversation),
            parsed=arrival.parsed,
        )
        conversation.heard(self._clock.now())
        if message.allowance:
            unit.deliveries.requeue_held(conversation.id, DeliveryKind.ANSWER.value)
        if emergency is not None:
            unit.conversations.add_line(line)
            self._alarmed(unit, conversation, heard, emergency, directory)
            return None
        if conversation.holder is Holder.STAFF:
            unit.conversations.add_line(line)
            return None
        if conversation.holder is Holder.WAITING:
            unit.conversations.add_line(line)
            return self._while_waiting(unit, conversation, heard)
        return self._dialogue_turn(unit, conversation, heard, directory, line)

    def _alarmed(
        self,
        unit: Unit,
        conversation: Conversation,
        heard: Heard,
        emergency: Emergency,
        directory: Directory,
    ) -> None:
        """Keep the words for the complaint that may follow; the gateway has answered already, with this very text."""
        now = self._clock.now()
        conversation.snapshot = self._dialogue.keep(heard, conversation.snapshot, directory)
        handoff.want(unit, conversation, WaitReason.EMERGENCY, self._clock)
        is_open = duty.office_now(unit, self._office).is_open(now)
        self._say_line(unit, conversation, heard.message, emergency.text(is_open))

    def _while_waiting(self, unit: Unit, conversation: Conversation, heard: Heard) -> Reply | None:
        """Keep what a citizen says who waits for a person: noted once in a while, and they may stop waiting."""
        if phrasing.no_longer_waits(heard.message.text):
            conversation.give_back()
            if (
                conversation.waiting_reason is not WaitReason.EMERGENCY
            ):  # that, a person sees in any case
                conversation.stop_waiting()
                handoff.end(unit, conversation, "withdrawn", self._clock)
            conversation.snapshot, draft = open_form.offered(conversation.snapshot)
            name = "utter_person_not_waiting_form" if draft else "utter_person_not_waiting"
            summary = (draft.summary() or draft.place) if draft else ""
            return self._house_word(unit, conversation, heard, name, summary=summary)
        if self._noted_lately(unit, conversation):
            return None
        return self._house_word(unit, conversation, heard, "utter_person_noted")

    def _noted_lately(self, unit: Unit, conversation: Conversation) -> bool:
        """True if the last that the citizen was told is that their words are noted, a moment ago."""
        told = _last_told(unit, conversation)
        if told is None or told.text != self._phrases.say("utter_person_noted"):
            return False
        return bool(self._clock.now() - told.at < _NOTED_AGAIN)

    def _house_word(
        self, unit: Unit, conversation: Conversation, heard: Heard, name: str, **values: Any
    ) -> Reply:
        reply = Reply(self._phrases.say(name, **values))
        self._say_line(unit, conversation, heard.message, reply.text)
        return self.order(unit, conversation, heard.message, reply)

    def _dialogue_turn(
        self,
        unit: Unit,
        conversation: Conversation,
        heard: Heard,
        directory: Directory,
        line: Line,
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
            presences=self._presences,
            medium_id=str(line.data.get("medium", "")),
            message_key=heard.message.key,
        )
        spoken = self._dialogue.respond(heard, conversation.snapshot, counter)
        if spoken.understood:
            line.data["understood"] = spoken.understood
        unit.conversations.add_line(line)
        conversation.snapshot = spoken.snapshot
        if spoken.reply is None:
            return None
        conversation.notice_version = conversation.notice_version or self._office.notice_version
        key = f"reply:{heard.message.key}"
        reply = untold.told_first(
            unit, conversation, spoken.reply, self._answers, key=key, on_told=self._told.append
        )
        self._say_line(unit, conversation, heard.message, _read_aloud(reply))
        since = min((untold.place_of(told)[0] for told in self._told), default=0)
        return self.order(unit, conversation, heard.message, reply, since=since)

    def order(
        self,
        unit: Unit,
        conversation: Conversation,
        message: Inbound,
        reply: Reply,
        *,
        since: int = 0,
    ) -> Reply:
        """Store the answer: its first part for the waiting callback, what is too long for it to follow.

        `since`: the place of the oldest delivery that is told in front of it, 0 for none.
        """
        place = {"since": since} if since else {}
        first, *rest = self._divide(reply)
        key = before = f"reply:{message.key}"
        now = self._clock.now()
        offered = Delivery(
            key=key,
            kind=DeliveryKind.REPLY,
            due_at=settling.first_look(message.sent_at, now),
            payload={"reply": first.to_dict(), "answers": message.key, **place},
            conversation_id=conversation.id,
            state=DeliveryState.OFFERED,
        )
        unit.deliveries.add(offered)
        for number, part in enumerate(rest, start=2):
            follower = Delivery(
                key=f"{key}:{number}",
                kind=DeliveryKind.REPLY,
                due_at=now + _FOLLOWS_AFTER,
                payload={"reply": part.to_dict(), "after": before, **place},
                conversation_id=conversation.id,
            )
            unit.deliveries.add(follower)
            before = follower.key
        return first

    def give_up(self, message: Inbound) -> Reply | None:
        """Answer a message whose turn failed for good: say so, and call a person.

        An event that nobody said (a receipt, a word on notices, leaving) gets no answer, nor does a citizen whose
        conversation a person holds; None then.
        """
        with self._record.unit() as unit:
            conversation = unit.conversations.open(
                self._sealer.pseudonym(message.citizen), message.citizen
            )
            # Whoever holds the conversation reads the message: the bot stays silent.
            speaks = message.kind.is_said and conversation.holder is not Holder.STAFF
            reply = Reply(self._phrases.say("utter_unwell")) if speaks else None
            if unit.conversations.has_line(message.key):
                return _answer_of(unit, message) or reply
            unit.conversations.add_line(Arrival.unread(message).line(conversation))
            if message.kind.is_said:
                conversation.heard(self._clock.now())
            if reply is not None:
                self._say_line(unit, conversation, message, reply.text)
                handoff.want(unit, conversation, WaitReason.PARKED, self._clock)
                reply = self.order(unit, conversation, message, reply)
            unit.conversations.save(conversation)
        self._live.publish(CHANGED, {"conversation": conversation.id})
        return reply

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

    def _keep_medium(self, unit: Unit, conversation: Conversation, message: Inbound) -> str:
        """Remember a picture or voice and order its download; returns our id for it, "" if the message is none."""
        if message.media is None:
            return ""
        now = self._clock.now()
        medium = Medium(
            id=uuid.uuid4().hex,
            conversation_id=conversation.id,
            kind=message.media.kind,
            platform_id=message.media.media_id,
            received_at=now,
        )
        unit.media.add(medium)
        unit.deliveries.add(
            Delivery(
                key=f"media:{medium.id}",
                kind=DeliveryKind.MEDIA,
                due_at=now,
                payload={"medium_id": medium.id, "message": message.key},
                conversation_id=conversation.id,
            )
        )
        return medium.id

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


def _last_told(unit: Unit, conversation: Conversation) -> Any:
    """Return the last line that was said to the citizen, None if none was."""
    return unit.conversations.last_line(conversation.id, by=_TO_CITIZEN)


def _after_person(unit: Unit, conversation: Conversation) -> bool:
    """True for the first words after a person left: a form left open is asked after before they are added to it.

    Not if none is open, or if that was asked when the person left.
    """
    draft = open_form.draft_of(conversation.snapshot)
    if draft.is_empty or draft.asking == RESUME:
        return False  # and most turns need not look at the transcript
    told = _last_told(unit, conversation)
    return told is not None and told.direction != Direction.BOT.value


def _read_aloud(reply: Reply) -> str:
    """Return an answer as the transcript shows it, its numbered choices included."""
    choices = [f"{n}. {option.label}" for n, option in enumerate(reply.options, start=1)]
    return "\n".join([reply.text, *choices])


def _answer_of(unit: Unit, message: Inbound) -> Reply | None:
    """Return the answer a message got in an earlier turn (its worker died before telling the gateway)."""
    delivery = unit.deliveries.by_key(f"reply:{message.key}")
    if delivery is None or "reply" not in delivery.payload:
        return None
    return Reply.from_dict(delivery.payload["reply"])
