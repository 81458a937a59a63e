"""What the citizens of a measurement say: complaints of four messages, each told by a citizen of its own."""

from __future__ import annotations

from dataclasses import dataclass

STEPS = 4


@dataclass(frozen=True)
class Said:
    """One message: who says it, the how-manieth of the talk it is (from 0), and the words."""

    citizen: int
    step: int
    words: str


def said(citizen: int, step: int) -> Said:
    """Return a citizen's message; no two citizens name the same house, so that none is taken for another's repeat."""
    words = (
        f"楼下第{citizen}号烧烤店天天半夜还在吵，油烟往家里灌",
        f"滨江区江南大道{citizen % 9000 + 100}号",
        f"电话138{citizen % 10**8:08d}",
        "确认",
    )
    return Said(citizen, step, words[step % STEPS])
