"""What the times with a person say of a day: how many, how long citizens waited, how it ended."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from bot.model.staff import Handoff


@dataclass(frozen=True)
class Figures:
    """Figures of some handoffs; a time is None where there was none to measure.

    Attributes:
        asked: times that a person was wanted; `unasked` are those that an agent joined by themselves.
        claimed: those of the asked to which somebody came.
        half_wait, longest_wait: until somebody came.
        half_answer, most_answer: until the first word of a person: of half, and of nine in ten.
        endings: word of `Handoff.ending` → how many; "" for those that last.
    """

    asked: int
    unasked: int
    claimed: int
    half_wait: timedelta | None
    longest_wait: timedelta | None
    half_answer: timedelta | None
    most_answer: timedelta | None
    endings: dict[str, int]


def figures(handoffs: Iterable[Handoff]) -> Figures:
    """Return the figures; who was not asked for was not waited for either."""
    every = list(handoffs)
    asked = [handoff for handoff in every if handoff.reason]
    waits = sorted(h.waited for h in asked if h.waited is not None)
    answers = sorted(h.waited_for_answer for h in asked if h.waited_for_answer is not None)
    return Figures(
        asked=len(asked),
        unasked=len(every) - len(asked),
        claimed=len(waits),
        half_wait=_of(waits, 0.5),
        longest_wait=waits[-1] if waits else None,
        half_answer=_of(answers, 0.5),
        most_answer=_of(answers, 0.9),
        endings=dict(Counter(handoff.ending for handoff in every)),
    )


def _of(spans: Sequence[timedelta], part: float) -> timedelta | None:
    """Return the span that this part of them does not exceed (nearest rank)."""
    return spans[math.ceil(part * len(spans)) - 1] if spans else None


def span_words(span: timedelta | None) -> str:
    """Return a span as staff read it, to the second below an hour: 4 分 20 秒; a dash for none."""
    if span is None:
        return "—"
    seconds = max(0, round(span.total_seconds()))
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} 小时 {minutes} 分" if minutes else f"{hours} 小时"
    if minutes:
        return f"{minutes} 分 {seconds} 秒" if seconds else f"{minutes} 分"
    return f"{seconds} 秒"
