"""How much is taken at once and how long what is done with is kept: read from catalog/limits.yml."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any


@dataclass(frozen=True)
class IntakeLimits:
    """What the inbox takes; further messages are refused with a kind word.

    Attributes:
        messages, seconds: one citizen's messages in this time.
        waiting: messages that wait for a worker in the stream that the citizen's own are in.
    """

    messages: int
    seconds: int
    waiting: int


@dataclass(frozen=True)
class Keep:
    """How long the housekeeping leaves things alone."""

    sessions: timedelta
    parked: timedelta
    told: timedelta
    media: timedelta


@dataclass(frozen=True)
class Limits:
    """All of catalog/limits.yml."""

    intake: IntakeLimits
    connections: int
    keep: Keep

    @classmethod
    def parse(cls, data: Mapping[str, Any]) -> Limits:
        """Check and read the loaded YAML; raises ValueError naming the field."""
        pace, days = data["pace"], data["keep_days"]
        return cls(
            intake=IntakeLimits(
                messages=_whole(pace, "messages", most=10_000),
                seconds=_whole(pace, "seconds", most=3600),
                waiting=_whole(data, "waiting", most=1_000_000),
            ),
            connections=_whole(data, "connections", most=1_000_000),
            keep=Keep(
                sessions=timedelta(days=_whole(days, "sessions", most=3650)),
                parked=timedelta(days=_whole(days, "parked", most=3650)),
                told=timedelta(days=_whole(days, "told", most=3650)),
                media=timedelta(days=_whole(days, "media", most=3650)),
            ),
        )


def _whole(data: Mapping[str, Any], name: str, *, most: int) -> int:
    value = data[name]
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= most:
        raise ValueError(f"{name}: a whole number from 1 to {most}, not {value!r}")
    return value
