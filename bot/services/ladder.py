"""Telling a citizen: an answer that no callback took, or news about a case.

News climbs a ladder: customer-service message while the window and its allowance last, else a subscription notice
with consent, else a template message, else it is held and told with the next answer (wechat-contract 7.4).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from bot.model.conversation import Conversation
from bot.model.delivery import UNFINISHED_STATES, Delivery, DeliveryKind, DeliveryState
from bot.model.errors import Permanent, WindowClosed
from bot.model.message import Reply
from bot.ports import Clock, Messenger
from bot.record import Record
from bot.services.deliver import Postponed

_LOOK_AGAIN_S = 1.0


@dataclass(frozen=True)
class NoticeTemplates:
    """The rungs two and three; an empty id means that the rung is absent.

    The fields map a template's own names to number, status, time and remark.
    """

    subscription_id: str = ""
    template_id: str = ""
    subscription_fields: Mapping[str, str] = field(default_factory=dict)
    template_fields: Mapping[str, str] = field(default_factory=dict)


class ReplyHandler:
    """Sends an answer that no callback took (bot.services.settling finds that out)."""

    is_told = True

    def __init__(self, record: Record, messenger: Messenger) -> None:
        self._record = record
        self._messenger = messenger

    def carry_out(self, delivery: Delivery) -> None:
        """Send it, after what came before it; a closed window holds it."""
        if is_held_back(self._record, delivery):
            delivery.state = DeliveryState.HELD
            delivery.payload = {**delivery.payload, "text": _text(delivery)}
            return
        citizen = citizen_of(self._record, delivery)
        if citizen is None:
            return
        reply = Reply.from_dict(delivery.payload["reply"])
        kept: dict[str, Any] = {
            name: delivery.payload[name] for name in ("reply", "since") if name in delivery.payload
        }
        delivery.payload = {**kept, "text": reply.text}
        try:
            self._messenger.send(citizen, reply)
        except Permanent as error:
            # No right to send (48001) or the like: what was to be said can still be said with the next answer.
            delivery.trail = [*delivery.trail, f"custom: {error.code}"]
            delivery.state, delivery.error = DeliveryState.HELD, f"{error.remote} {error.code}"
            return
        delivery.rung = "custom"


class NoticeHandler:
    """Tells news about a case, on the first rung that bears."""

    is_told = True

    def __init__(
        self, record: Record, messenger: Messenger, templates: NoticeTemplates, clock: Clock
    ) -> None:
        self._record = record
        self._messenger = messenger
        self._templates = templates
        self._clock = clock

    def carry_out(self, delivery: Delivery) -> None:
        """Try the rungs in order, after what came before it; below the last one the notice is held."""
        is_held_back(self._record, delivery)  # an earlier notice that is held had its own rungs
        citizen = citizen_of(self._record, delivery)
        if citizen is None:
            return
        rungs: list[tuple[str, Callable[[str, Delivery], None]]] = [("custom", self._custom)]
        if self._templates.subscription_id and self._consents(delivery):
            rungs.append(("bizsend", self._subscription))
        if self._templates.template_id:
            rungs.append(("template", self._template))
        for name, send in rungs:
            try:
                send(citizen, delivery)
            except (WindowClosed, Permanent) as error:
                delivery.trail = [*delivery.trail, f"{name}: {error.code}"]
                continue
            delivery.rung = name
            if name != "custom":
                self._hold_full_text(delivery)
            return
        delivery.state = DeliveryState.HELD

    def _consents(self, delivery: Delivery) -> bool:
        """True unless the citizen refused; whether there is consent at all only WeChat knows (43101)."""
        with self._record.unit() as unit:
            word = unit.conversations.consent(
                delivery.conversation_id or "", self._templates.subscription_id
            )
        return word is not False

    def _custom(self, citizen: str, delivery: Delivery) -> None:
        self._messenger.send(citizen, Reply(str(delivery.payload["text"])))

    def _subscription(self, citizen: str, delivery: Delivery) -> None:
        self._messenger.notify_subscription(
            citizen,
            self._templates.subscription_id,
            _filled(self._templates.subscription_fields, delivery),
        )

    def _template(self, citizen: str, delivery: Delivery) -> None:
        delivery.remote_id = self._messenger.notify_template(
            citizen,
            self._templates.template_id,
            _filled(self._templates.template_fields, delivery),
            client_msg_id=f"minsheng-{delivery.id}",
        )

    def _hold_full_text(self, delivery: Delivery) -> None:
        """Twenty characters a value carry the state only; the whole text comes with the next answer."""
        with self._record.unit() as unit:
            unit.deliveries.add(
                Delivery(
                    key=f"full:{delivery.key}",
                    kind=DeliveryKind.NOTICE,
                    due_at=self._clock.now(),
                    payload=delivery.payload,
                    conversation_id=delivery.conversation_id,
                    complaint_id=delivery.complaint_id,
                    state=DeliveryState.HELD,
                )
            )


def _text(delivery: Delivery) -> str:
    return Reply.from_dict(delivery.payload["reply"]).text


def _filled(fields: Mapping[str, str], delivery: Delivery) -> dict[str, str]:
    """Return a template's values from what a notice carries."""
    short: Mapping[str, str] = delivery.payload["short"]
    return {name: short[what] for name, what in fields.items()}


def is_held_back(record: Record, delivery: Delivery) -> bool:
    """Say whether something has to be held because what is to be told before it is held.

    Raises:
        Postponed: what comes before it is still on its way.
    """
    before = delivery.payload.get("after")
    if not before:
        return False
    with record.unit() as unit:
        earlier = unit.deliveries.by_key(str(before))
        while earlier is not None and earlier.payload.get(
            "with"
        ):  # told with an answer: as far as that is
            earlier = unit.deliveries.by_key(str(earlier.payload["with"]))
    if earlier is not None and earlier.state in UNFINISHED_STATES:
        raise Postponed(_LOOK_AGAIN_S)
    return earlier is not None and earlier.state is DeliveryState.HELD


def citizen_of(record: Record, delivery: Delivery) -> str | None:
    """Return the open id to send to; a citizen who left gets nothing, and the delivery says so."""
    with record.unit() as unit:
        conversation: Conversation | None = unit.conversations.get(delivery.conversation_id or "")
    if conversation is None or conversation.citizen is None or not conversation.following:
        delivery.state = DeliveryState.WITHHELD
        return None
    return conversation.citizen
