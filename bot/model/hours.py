"""Times of day that begin and end something: an office's hours, a shift. An end at midnight is the end of the day."""

from __future__ import annotations

import re
from datetime import time

MIDNIGHT = time()
_CLOCK = re.compile(r"([0-9]{1,2}):([0-9]{2})")
_END_OF_DAY = "24:00"


def read_begin(words: str) -> time:
    """Return a beginning such as 8:30; raises ValueError for what is none."""
    found = _CLOCK.fullmatch(_plain(words))
    if found is None:
        raise ValueError(f"isoformat: no time of day: {words!r}")
    return time(int(found[1]), int(found[2]))


def read_end(words: str) -> time:
    """Return an end such as 18:00; 24:00 and 0:00 both are `MIDNIGHT`, the end of the day."""
    return MIDNIGHT if _plain(words) == _END_OF_DAY else read_begin(words)


def is_span(begins: time, ends: time) -> bool:
    """True if something can begin and end so on one day."""
    return ends == MIDNIGHT or begins < ends


def is_within(moment: time, begins: time, ends: time) -> bool:
    """True from the beginning on and before the end."""
    return begins <= moment and (ends == MIDNIGHT or moment < ends)


def overlap(first: tuple[time, time], second: tuple[time, time]) -> bool:
    """True if two spans of one day share a moment."""
    (begins, ends), (others_begin, others_end) = first, second
    return (others_end == MIDNIGHT or begins < others_end) and (
        ends == MIDNIGHT or others_begin < ends
    )


def span_name(begins: time, ends: time) -> str:
    """Return a span as people read it, e.g. 8:30–18:00."""
    if begins == ends == MIDNIGHT:
        return "24 小时"
    return f"{clock_name(begins)}–{end_name(ends)}"


def clock_name(value: time) -> str:
    """Return a time of day, e.g. 8:30."""
    return f"{value.hour}:{value.minute:02d}"


def end_name(value: time) -> str:
    """Return the time of day at which something ends, e.g. 18:00 or 24:00."""
    return _END_OF_DAY if value == MIDNIGHT else clock_name(value)


def _plain(words: str) -> str:
    return words.strip().replace("：", ":")
