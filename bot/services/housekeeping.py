"""What is done with and need not be kept: removed after the days that catalog/limits.yml says.

Personal data shall not lie about for longer than they are of use, and the stores shall not grow for ever. Run now and
then under one lease; in small parts, so that no writer waits long. Twice does no harm.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

from bot.model.limits import Keep
from bot.ports import Clock, Parked
from bot.record import Record, Unit

log = logging.getLogger(__name__)

_TOLD_AT_ONCE = 500
_MEDIA_AT_ONCE = 50


class Housekeeping:
    """Removes what is old: sessions, parked messages, words that were told, pictures of nobody's complaint."""

    def __init__(self, record: Record, keep: Keep, clock: Clock, parked: Parked) -> None:
        self._record = record
        self._keep = keep
        self._clock = clock
        self._parked = parked

    def run_once(self) -> int:
        """Remove what is old now; returns how much that was, sessions not counted.

        Raises:
            Unavailable: a store is away; what was removed so far stays removed.
        """
        now, keep = self._clock.now(), self._keep
        with self._record.unit() as unit:
            unit.staff.forget_sessions(now - keep.sessions)
        told = self._in_parts(
            _TOLD_AT_ONCE, lambda u, n: u.deliveries.forget_told(now - keep.told, limit=n)
        )
        media = self._in_parts(
            _MEDIA_AT_ONCE, lambda u, n: u.media.forget_old_loose(now - keep.media, limit=n)
        )
        parked = self._parked.forget(now - keep.parked)
        if told or media or parked:
            log.info(
                "housekeeping: %d told words, %d media, %d parked messages removed",
                told,
                media,
                parked,
            )
        return told + media + parked

    def _in_parts(self, at_once: int, remove: Callable[[Unit, int], int]) -> int:
        total = 0
        while True:
            with self._record.unit() as unit:
                removed = remove(unit, at_once)
            total += removed
            if removed < at_once:
                return total
