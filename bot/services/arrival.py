"""A message as it came in: what it says by itself, found out before the record is opened.

A turn keeps other writers out of the record; what needs no record is done before it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from bot.model.conversation import Conversation, Direction, Line
from bot.model.emergency import Emergency, EmergencyMatcher
from bot.model.message import Inbound
from bot.ports import Sealer
from bot.services.dialogue import Dialogue
from bot.services.masking import mask, phones_among


@dataclass(frozen=True)
class Arrival:
    """One message with its personal numbers masked.

    Attributes:
        sealed: mask → encrypted original.
        phones: those masks that stand for phone numbers.
        parsed: what the dialogue made of the words (`Dialogue.listen`); nothing of what nobody said.
    """

    message: Inbound
    sealed: dict[str, str] = field(default_factory=dict)
    phones: tuple[str, ...] = ()
    emergency: Emergency | None = None
    parsed: Sequence[Any] = ()

    @classmethod
    def of(
        cls, message: Inbound, sealer: Sealer, emergencies: EmergencyMatcher, dialogue: Dialogue
    ) -> Arrival:
        """Find out all there is to find."""
        text, originals = mask(message.text)
        masked = replace(message, text=text)
        return cls(
            message=masked,
            sealed={short: sealer.seal(full) for short, full in originals.items()},
            phones=phones_among(originals),
            emergency=emergencies.match(message.text) if message.text else None,
            parsed=dialogue.listen(masked) if message.kind.is_said else (),
        )

    @classmethod
    def unread(cls, message: Inbound) -> Arrival:
        """Mask the numbers and look no further: of a message that cannot be worked on."""
        return cls(replace(message, text=mask(message.text)[0]))

    def line(self, conversation: Conversation) -> Line:
        """Return it as a line of the transcript."""
        message = self.message
        data: dict[str, Any] = {"emergency": self.emergency.number} if self.emergency else {}
        if message.point is not None:
            point = message.point
            data["point"] = [point.latitude, point.longitude, point.datum.value, point.label]
        if message.media is not None:
            data["platform_id"] = message.media.media_id
        if self.sealed:
            data["sealed"] = self.sealed
        return Line(
            conversation_id=conversation.id,
            key=message.key,
            direction=Direction.CITIZEN,
            kind=message.kind.value,
            text=message.text,
            at=message.sent_at,
            data=data,
        )
