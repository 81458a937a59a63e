"""Slowing down who guesses passwords: five wrong tries in five minutes shut an address out for five minutes.

Kept in memory: every process counts for itself, and a restart forgets. That is enough for one account on one
machine; accounts of their own bring a count in the record.
"""

from __future__ import annotations

import math
from datetime import datetime, timedelta

from bot.ports import Clock

MOST_TRIES = 5
WINDOW = timedelta(minutes=5)
_MOST_ADDRESSES = 10_000


class Tries:
    """Wrong tries by address."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._wrong: dict[str, list[datetime]] = {}

    def shut_for_s(self, address: str) -> int:
        """Return for how many seconds this address must wait, 0 if it may try."""
        times = self._wrong.get(address, [])
        if len(times) < MOST_TRIES:
            return 0
        left = times[-1] + WINDOW - self._clock.now()
        return max(0, math.ceil(left.total_seconds()))

    def note_wrong(self, address: str) -> None:
        """Count a wrong try."""
        now = self._clock.now()
        if len(self._wrong) >= _MOST_ADDRESSES:
            self._prune(now)
        recent = [t for t in self._wrong.get(address, []) if now - t < WINDOW]
        self._wrong[address] = [*recent, now]

    def forgive(self, address: str) -> None:
        """Forget the wrong tries after a right one."""
        self._wrong.pop(address, None)

    def _prune(self, now: datetime) -> None:
        self._wrong = {a: t for a, t in self._wrong.items() if now - t[-1] < WINDOW}
