"""What a citizen was to be told and was not: it goes in front of the next answer, so that no answer overtakes it.

News that could not be sent; answers whose callbacks have gone and that would go out as messages of their own, later
than the answer to what the citizen has said since. Told so it costs nothing of the allowance.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from bot.model.conversation import Conversation
from bot.model.delivery import Delivery, DeliveryKind, DeliveryState
from bot.model.message import Reply
from bot.ports import Answers, Settled
from bot.record import Unit
from bot.services import speaking


def told_first(
    unit: Unit,
    conversation: Conversation,
    reply: Reply,
    answers: Answers | None,
    *,
    key: str,
    on_told: Callable[[Delivery], None] = lambda _: None,
) -> Reply:
    """Return the answer with everything untold in front of it, each once; it counts as told with it.

    `key` is that of the answer's own delivery: what goes with it is as far as that is. `answers` knows whether a
    callback may still take an earlier answer; without it none is touched. `on_told` is called with each delivery that
    went in front; whether the unit commits is not known then.
    """
    texts = []
    may_overtake = answers is None
    is_news_on_its_way = False
    for delivery in sorted(unit.deliveries.untold(conversation.id), key=place_of):
        if delivery.kind is DeliveryKind.REPLY and delivery.state is not DeliveryState.HELD:
            settled = Settled.WAIT if may_overtake else _settled(delivery, answers)
            may_overtake = settled is Settled.WAIT
            if settled is not Settled.OPEN or unit.deliveries.claim(delivery.id) is None:
                is_told = settled is Settled.PASSIVE
                is_news_on_its_way |= "since" in delivery.payload and not is_told
                continue
        elif is_news_on_its_way and delivery.kind is DeliveryKind.NOTICE:
            continue  # it must not overtake what went in front of an answer that is not told yet
        elif not _goes_with_answer(unit, delivery):
            continue
        texts.append(_text(delivery))
        delivery.state, delivery.rung = DeliveryState.SENT, "reply"
        delivery.payload = {**delivery.payload, "with": key}
        unit.deliveries.save(delivery)
        on_told(delivery)
    return replace(reply, text="\n\n".join([*texts, reply.text])) if texts else reply


def place_of(delivery: Delivery) -> tuple[int, int]:
    """Return where it stands among what is untold: an answer with news in front of it, where the oldest of them stood."""
    return int(delivery.payload.get("since", delivery.id)), delivery.id


def _settled(delivery: Delivery, answers: Answers | None) -> Settled:
    """Return what became of an answer: OPEN if no callback can take it, so that only a delivery can tell it."""
    key = delivery.payload.get("answers")
    if not key:
        return Settled.OPEN
    return answers.settle(key) if answers is not None else Settled.WAIT


def _goes_with_answer(unit: Unit, delivery: Delivery) -> bool:
    """True for held news, and for news whose sending failed and waits for its next try.

    What staff said goes out by itself, unless that is forbidden for good.
    """
    if delivery.kind is DeliveryKind.ANSWER:
        return delivery.state is DeliveryState.HELD and speaking.can_wait_for_an_answer(delivery)
    if delivery.state is DeliveryState.HELD:
        return True
    return delivery.state is DeliveryState.RETRY and unit.deliveries.claim(delivery.id) is not None


def _text(delivery: Delivery) -> str:
    """Return its words; an answer that was not held yet has them as a reply only."""
    if "text" in delivery.payload:
        return str(delivery.payload["text"])
    return Reply.from_dict(delivery.payload["reply"]).text
