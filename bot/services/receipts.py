"""Taking the platform's receipts for notices: what was accepted may still not have arrived."""

from __future__ import annotations

from datetime import datetime

from bot.model.conversation import Conversation
from bot.model.delivery import DeliveryState
from bot.model.message import Receipt
from bot.record import Stale, Unit


def take(unit: Unit, conversation: Conversation, receipt: Receipt, *, now: datetime) -> None:
    """Note a receipt; a notice that failed after all is held for the citizen's next message.

    Raises:
        bot.record.Stale: a notice to this citizen is on its way and its id not written down yet: the receipt
            may be for it and comes again.
    """
    delivery = unit.deliveries.by_remote_id(receipt.message_id)
    if delivery is None and unit.deliveries.is_telling(conversation.id):
        raise Stale
    if delivery is None and receipt.template_id:
        # bizsend answers without an id: the receipt is matched by citizen and template (contract 7.2).
        delivery = unit.deliveries.latest_by_rung(conversation.id, "bizsend")
    if delivery is None or delivery.conversation_id != conversation.id:
        return
    word = "delivered" if receipt.delivered else f"not delivered: {receipt.reason}"
    delivery.trail = [*delivery.trail, f"{now.isoformat(timespec='seconds')} receipt {word}"]
    if not receipt.delivered and delivery.state is DeliveryState.SENT:
        delivery.error = receipt.reason
        # The full text is already held beside a short notice; only the mark changes.
        delivery.rung = f"{delivery.rung}-failed"
    unit.deliveries.save(delivery)
