"""What staff say to a citizen: a line and a delivery in one transaction, sent in the order it was said.

Nothing is lost when WeChat lets nothing through: it is held, staff see that it is, and it goes out by itself when the
citizen writes again (design: "The way out").
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from bot.model.conversation import Conversation, Direction, Line
from bot.model.delivery import Delivery, DeliveryKind, DeliveryState
from bot.model.errors import Permanent
from bot.model.message import Kind, Reply
from bot.ports import Clock, Messenger
from bot.record import Record, Unit
from bot.services.ladder import citizen_of, is_held_back

_NO_RIGHT = "48"
"""Codes that begin so (48001, 48002) say that this account, or to this citizen, nothing may be sent at all."""
_REFUSED = f"custom: {_NO_RIGHT}"
_FINAL = (DeliveryState.SENT, DeliveryState.FAILED, DeliveryState.WITHHELD)


@dataclass(frozen=True)
class Words:
    """Something to be said to a citizen from outside the dialogue.

    Attributes:
        key: said once, however often it is asked for: the line's and the delivery's key.
        agent: work number of who says it; "" for a word of the house (SYSTEM).
        when_held: how a text is put when it can only be told with a later answer of the bot.
        picture: our id of a picture to send instead of the text.
        complaint_id: the complaint it is about, if it is about one.
    """

    key: str
    text: str
    agent: str = ""
    when_held: str = ""
    picture: str = ""
    complaint_id: str | None = None
    data: dict[str, Any] = field(default_factory=dict)


def say(unit: Unit, conversation: Conversation, words: Words, clock: Clock) -> bool:
    """Write the words into the transcript and order their sending; False if they were said before."""
    if unit.conversations.has_line(words.key):
        return False
    now = clock.now()
    data = dict(words.data)
    if words.agent:
        data["agent"] = words.agent
    if words.picture:
        data["medium"] = words.picture
    line = Line(
        conversation_id=conversation.id,
        key=words.key,
        direction=Direction.STAFF if words.agent else Direction.SYSTEM,
        kind=Kind.IMAGE.value if words.picture else Kind.TEXT.value,
        text=words.text,
        at=now,
        data=data,
    )
    unit.conversations.add_line(line)
    payload: dict[str, Any] = {"text": words.when_held or words.text, "said": words.text}
    if words.picture:
        payload["picture"] = words.picture
    before = unit.deliveries.latest_of_kind(conversation.id, DeliveryKind.ANSWER.value)
    if before is not None and before.state not in _FINAL:
        payload["after"] = before.key
    delivery = Delivery(
        key=words.key,
        kind=DeliveryKind.ANSWER,
        due_at=now,
        payload=payload,
        conversation_id=conversation.id,
        complaint_id=words.complaint_id,
    )
    return unit.deliveries.add(delivery)


def can_wait_for_an_answer(delivery: Delivery) -> bool:
    """True for a held text that only the bot's next answer can carry, because sending it is forbidden for good."""
    refused = any(entry.startswith(_REFUSED) for entry in delivery.trail)
    return refused and "picture" not in delivery.payload


class AnswerHandler:
    """Sends what staff said as customer-service messages."""

    is_told = True

    def __init__(self, record: Record, messenger: Messenger) -> None:
        self._record = record
        self._messenger = messenger

    def carry_out(self, delivery: Delivery) -> None:
        """Send it; held when the window is closed, no right to send exists, or what was said before it is held."""
        if is_held_back(self._record, delivery):
            delivery.state = DeliveryState.HELD
            delivery.trail = [*delivery.trail, *self._refusal_before(delivery)]
            return
        citizen = citizen_of(self._record, delivery)
        if citizen is None:
            return
        try:
            self._send(citizen, delivery)
        except Permanent as error:
            if not error.code.startswith(_NO_RIGHT):
                raise
            delivery.trail = [*delivery.trail, f"custom: {error.code}"]
            delivery.state, delivery.error = DeliveryState.HELD, f"{error.remote} {error.code}"
            return
        delivery.rung = "custom"

    def _refusal_before(self, delivery: Delivery) -> list[str]:
        """Return why what comes before it is forbidden, if it is: this would be, too, and goes the same way."""
        with self._record.reading() as unit:
            before = unit.deliveries.by_key(str(delivery.payload["after"]))
        trail = before.trail if before is not None else []
        return [entry for entry in trail if entry.startswith(_REFUSED)][-1:]

    def _send(self, citizen: str, delivery: Delivery) -> None:
        picture = delivery.payload.get("picture")
        if not picture:
            self._messenger.send(citizen, Reply(str(delivery.payload["said"])))
            return
        with self._record.reading() as unit:
            medium = unit.media.get(str(picture))
            content = unit.media.bytes_of(str(picture))
        if medium is None or content is None:
            raise Permanent("minsheng", "picture", "the picture is gone")
        self._messenger.send_picture(citizen, content, medium.content_type)
