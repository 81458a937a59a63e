"""Who answers a citizen: the bot, a person who is awaited, or a member of staff. Every change of that is made here.

`want` and `end` are the steps inside somebody else's transaction (a turn, the watch); `Handoffs` is what staff do, each
act one transaction under the conversation's fence, told to the citizen and to every open console.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TypeVar

from bot.model.conversation import Conversation, Direction, Holder, Line, WaitReason
from bot.model.delivery import DeliveryState
from bot.model.message import Kind
from bot.model.staff import Handoff, StaffMember
from bot.ports import CHANGED, Clock, Holders, LiveEvents, Phrases, Presences, Unavailable
from bot.record import Record, Stale, Unit
from bot.services import duty, open_form, speaking
from bot.services.masking import mask
from bot.services.speaking import Words

log = logging.getLogger(__name__)

_TRIES = 5
_AGAIN = (DeliveryState.HELD, DeliveryState.FAILED)
_T = TypeVar("_T")


class Unknown(Exception):
    """There is no such conversation."""


class CitizenWaits(Exception):
    """The citizen waits for a person and hears nobody: come, or leave them to the bot."""


class NotThere(Exception):
    """The colleague does not take citizens now."""


class Spoke(Exception):
    """The citizen spoke since the page was read: look again."""


def want(unit: Unit, conversation: Conversation, reason: WaitReason, clock: Clock) -> None:
    """Note that a person is wanted; nothing while one has the conversation already."""
    if conversation.holder is Holder.STAFF:
        return
    now = clock.now()
    conversation.wait_for_person(reason, now)
    stands = conversation.waiting_reason or reason
    handoff = unit.handoffs.open_of(conversation.id)
    if handoff is None:
        unit.handoffs.add(Handoff(conversation.id, stands.value, asked_at=now))
    elif handoff.reason != stands.value:
        handoff.reason = stands.value
        unit.handoffs.save(handoff)


def end(unit: Unit, conversation: Conversation, ending: str, clock: Clock) -> None:
    """Close the handoff that is open, if one is."""
    handoff = unit.handoffs.open_of(conversation.id)
    if handoff is not None:
        handoff.ended_at, handoff.ending = clock.now(), ending
        unit.handoffs.save(handoff)


def mark(conversation: Conversation) -> str:
    """Return what changes when the citizen speaks or waits for another reason."""
    since, last = conversation.waiting_since, conversation.last_said_at
    reason = conversation.waiting_reason
    parts = (since and since.isoformat(), reason and reason.value, last and last.isoformat())
    return "|".join(part or "" for part in parts)


class Handoffs:
    """What members of staff do with conversations.

    Each method raises `Unknown` for a conversation that is not there, `NotHeld` where only who holds it may act,
    `Unavailable` when the record is away, `Stale` when others were faster several times in a row.
    """

    def __init__(
        self,
        record: Record,
        *,
        phrases: Phrases,
        clock: Clock,
        live: LiveEvents,
        holders: Holders,
        presences: Presences,
    ) -> None:
        self._record = record
        self._phrases = phrases
        self._clock = clock
        self._live = live
        self._holders = holders
        self._presences = presences

    def claim(self, conversation_id: str, by: StaffMember) -> None:
        """Take a conversation that nobody has; raises `AlreadyHeld` with the number of who was faster."""

        def act(unit: Unit, conversation: Conversation) -> None:
            if conversation.holder is Holder.STAFF and conversation.agent == by.number:
                return
            conversation.claim(by.number, self._clock.now())
            handoff = self._claimed(unit, conversation, by)
            self._tell(unit, conversation, f"joined:{handoff.id}", "utter_person_joined", by.number)

        self._change(conversation_id, act)

    def take_over(self, conversation_id: str, by: StaffMember) -> str:
        """Take a conversation from whoever has it (supervisors); returns who had it."""

        def act(unit: Unit, conversation: Conversation) -> str:
            before = conversation.agent
            if before == by.number:
                return before
            conversation.take(by.number, self._clock.now())
            self._claimed(unit, conversation, by)
            moved = {"agent": by.number, "from": before, "to": by.number}
            self._changed_hands(unit, conversation, moved)
            return before

        return self._change(conversation_id, act)

    def hand_to(
        self, conversation_id: str, by: StaffMember, to: StaffMember, words: str = ""
    ) -> None:
        """Hand a conversation to a colleague, with a word to them; raises `NotThere` unless they take citizens."""
        if not to.active or to.number not in duty.ready(self._presences):
            raise NotThere

        def act(unit: Unit, conversation: Conversation) -> None:
            conversation.must_be_held_by(by.number)
            if to.number == by.number:
                return
            conversation.take(to.number, self._clock.now())
            self._claimed(unit, conversation, to)
            moved = {"agent": by.number, "from": by.number, "to": to.number}
            self._changed_hands(unit, conversation, moved, words)

        self._change(conversation_id, act)

    def give_back(self, conversation_id: str, by: StaffMember, *, keep_form: bool) -> None:
        """Give a conversation to the bot; with `keep_form` a form left open is offered, else it is dropped."""

        def act(unit: Unit, conversation: Conversation) -> None:
            conversation.must_be_held_by(by.number)
            end(unit, conversation, "returned", self._clock)
            conversation.give_back()
            self._back_to_bot(unit, conversation, by.number, keep_form=keep_form)

        self._change(conversation_id, act)

    def requeue(self, conversation_id: str, by: StaffMember) -> None:
        """Put a conversation back among those that wait, for somebody else."""

        def act(unit: Unit, conversation: Conversation) -> None:
            conversation.must_be_held_by(by.number)
            lose(unit, conversation, self._clock)
            key = f"lost:{conversation.id}:{conversation.version}"
            others = duty.ready(self._presences) - {by.number}
            if not others:
                conversation.give_back()
            name = "utter_person_lost" if others else "utter_person_lost_nobody"
            self._tell(unit, conversation, key, name, by.number)

        self._change(conversation_id, act)

    def clear(self, conversation_id: str, seen: str) -> None:
        """Take a conversation off the waiting list without joining it.

        Raises:
            Spoke: `seen` (see `mark`) is not how the conversation stands any more.
            CitizenWaits: the citizen was told that somebody is coming.
        """

        def act(unit: Unit, conversation: Conversation) -> None:
            if conversation.waiting_since is None:
                return
            if conversation.holder is Holder.WAITING:
                raise CitizenWaits
            if mark(conversation) != seen:
                raise Spoke
            conversation.stop_waiting()
            end(unit, conversation, "cleared", self._clock)

        self._change(conversation_id, act)

    def answer(
        self, conversation_id: str, by: StaffMember, text: str, *, key: str, picture: str = ""
    ) -> None:
        """Say something to the citizen; the same key again is the same answer."""

        def act(unit: Unit, conversation: Conversation) -> None:
            conversation.must_be_held_by(by.number)
            words = Words(
                key=f"staff:{key}",
                text=text,
                agent=by.number,
                when_held=self._phrases.say("utter_person_message", number=by.number, text=text),
                picture=picture,
            )
            if not speaking.say(unit, conversation, words, self._clock):
                return
            now = self._clock.now()
            conversation.answered(now)
            handoff = unit.handoffs.open_of(conversation.id)
            if handoff is not None and handoff.first_answer_at is None:
                handoff.first_answer_at = now
                unit.handoffs.save(handoff)

        self._change(conversation_id, act)

    def note(self, conversation_id: str, by: StaffMember, text: str, *, key: str) -> None:
        """Write a note that only staff see; whoever may serve may write one."""
        masked, _ = mask(text)

        def act(unit: Unit, conversation: Conversation) -> None:
            self._note(unit, conversation, f"note:{key}", masked, {"agent": by.number})

        self._change(conversation_id, act)

    def send_again(self, conversation_id: str, by: StaffMember, key: str) -> bool:
        """Try an answer again that failed or is held; False if there is nothing to try."""
        with self._record.unit() as unit:
            delivery = unit.deliveries.by_key(key)
            if delivery is None or delivery.conversation_id != conversation_id:
                return False
            if delivery.state not in _AGAIN:
                return False
            delivery.state, delivery.due_at = DeliveryState.QUEUED, self._clock.now()
            delivery.attempts, delivery.repeats, delivery.error = 0, 0, ""
            delivery.created_at = self._clock.now()
            delivery.trail = [*delivery.trail, f"again by {by.number}"]
            unit.deliveries.save(delivery)
        self._live.publish(CHANGED, {"conversation": conversation_id})
        return True

    def _claimed(self, unit: Unit, conversation: Conversation, by: StaffMember) -> Handoff:
        now = self._clock.now()
        handoff = unit.handoffs.open_of(conversation.id)
        if handoff is None:
            handoff = Handoff(conversation.id, "", asked_at=now)
            unit.handoffs.add(handoff)
        handoff.claimed_at = handoff.claimed_at or now
        handoff.agent = by.number
        unit.handoffs.save(handoff)
        return handoff

    def _changed_hands(
        self, unit: Unit, conversation: Conversation, moved: dict[str, str], words: str = ""
    ) -> None:
        """Write down and tell who has it now; `moved`: `agent` who did it, `from` whom ("" for nobody), `to` whom."""
        moment = f"{conversation.id}:{conversation.version}"
        masked, _ = mask(words)
        self._note(unit, conversation, f"moved:{moment}", masked, moved)
        name = "utter_person_changed" if moved["from"] else "utter_person_joined"
        self._tell(unit, conversation, f"joined:{moment}", name, moved["to"])

    def _back_to_bot(
        self, unit: Unit, conversation: Conversation, number: str, *, keep_form: bool
    ) -> None:
        key = f"back:{conversation.id}:{conversation.version}"
        draft = None
        if keep_form:
            conversation.snapshot, draft = open_form.offered(conversation.snapshot)
        else:
            conversation.snapshot = open_form.closed(conversation.snapshot)
        if draft is None:
            self._tell(unit, conversation, key, "utter_person_ended", number)
            return
        text = self._phrases.say(
            "utter_person_ended_form", number=number, summary=draft.summary() or draft.place
        )
        speaking.say(unit, conversation, Words(key, text), self._clock)

    def _tell(
        self, unit: Unit, conversation: Conversation, key: str, name: str, number: str
    ) -> None:
        text = self._phrases.say(name, number=number)
        speaking.say(unit, conversation, Words(key, text), self._clock)

    def _note(
        self, unit: Unit, conversation: Conversation, key: str, text: str, data: dict[str, str]
    ) -> None:
        if unit.conversations.has_line(key):
            return
        unit.conversations.add_line(
            Line(
                conversation_id=conversation.id,
                key=key,
                direction=Direction.NOTE,
                kind=Kind.TEXT.value,
                text=text,
                at=self._clock.now(),
                data=dict(data),
            )
        )

    def _change(self, conversation_id: str, act: Callable[[Unit, Conversation], _T]) -> _T:
        """Do one act under the fence, again if a turn of the citizen was faster; then tell the consoles."""
        for left in reversed(range(_TRIES)):
            try:
                with self._record.unit() as unit:
                    conversation = unit.conversations.get(conversation_id)
                    if conversation is None:
                        raise Unknown
                    result = act(unit, conversation)
                    unit.conversations.save(conversation)
            except Stale:
                if not left:
                    raise
            else:
                self.announce(conversation)
                return result
        raise AssertionError

    def announce(self, conversation: Conversation) -> None:
        """Tell callbacks and consoles how a conversation stands after a commit."""
        announce(conversation, self._holders, self._live)


def announce(conversation: Conversation, holders: Holders, live: LiveEvents) -> None:
    """Tell callbacks and consoles how a conversation stands; the record is right even when this fails."""
    if conversation.citizen is not None:
        try:
            holders.hold(conversation.citizen, conversation.holder is Holder.STAFF)
        except Unavailable:
            log.warning("who holds a conversation was not told to the callbacks: redis is away")
    live.publish(CHANGED, {"conversation": conversation.id})


def lose(unit: Unit, conversation: Conversation, clock: Clock) -> None:
    """Take a conversation from the agent who has it and let the citizen wait for another one."""
    end(unit, conversation, "lapsed", clock)
    conversation.queue(clock.now())
    want(unit, conversation, WaitReason.ASKED, clock)
