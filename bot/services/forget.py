"""Forgetting a citizen who left: WeChat and PIPL article 47 want it, the case itself stays.

What remains is the case under a keyed hash of the open id, so that the same person finds it after following again.
"""

from __future__ import annotations

from datetime import datetime

from bot.model.conversation import Conversation
from bot.record import Unit


def leave(unit: Unit, conversation: Conversation, *, now: datetime) -> None:
    """Remove the citizen's personal data and stop what was still to be told; may be repeated.

    Nobody can be answered any more: who held the conversation loses it, and what they were wanted for has ended.
    """
    conversation.give_back()
    _end_handoff(unit, conversation.id, now)
    conversation.citizen = None
    conversation.following = False
    conversation.snapshot = None
    conversation.waiting_since = None
    conversation.waiting_reason = None
    conversation.notice_version = ""
    conversation.last_said_at = None
    unit.conversations.forget_lines(conversation.id)
    unit.conversations.forget_consents(conversation.id)
    unit.complaints.forget_contact(conversation.id)
    unit.media.forget_loose(conversation.id)
    unit.deliveries.withhold(conversation.id)


def _end_handoff(unit: Unit, conversation_id: str, now: datetime) -> None:
    handoff = unit.handoffs.open_of(conversation_id)
    if handoff is None:
        return
    handoff.ended_at = now
    handoff.ending = "left"
    unit.handoffs.save(handoff)
