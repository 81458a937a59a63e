"""What taking in one message did."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from bot.model.draft import Draft


@dataclass
class Taken:
    """What one message did.

    Attributes:
        counts: False when the message was no content for the form (an interruption).
        notes: responses to say before the next question: (response name, its values).
        confirmed: the citizen agreed to the read-back.
        unclear: an answer that does not answer ("我们小区" to the question where).
    """

    draft: Draft
    counts: bool = True
    confirmed: bool = False
    unclear: bool = False
    notes: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
