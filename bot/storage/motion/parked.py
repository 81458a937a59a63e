"""Messages that were set aside because no turn survived them: kept for whoever looks for the fault, then removed."""

from __future__ import annotations

from datetime import datetime

import redis

from bot.storage.motion import keys
from bot.storage.motion.errors import unavailable_on_error

_AT_ONCE = 100


class RedisParked:
    """`Parked` on Redis."""

    def __init__(self, client: redis.Redis) -> None:
        self._redis = client

    def forget(self, before: datetime) -> int:
        """Remove those set aside before then; returns how many."""
        last = f"({int(before.timestamp() * 1000)}"
        removed = 0
        with unavailable_on_error():
            while found := self._redis.xrange(keys.PARKED, "-", last, count=_AT_ONCE):
                removed += int(self._redis.xdel(keys.PARKED, *(entry_id for entry_id, _ in found)))
        return removed
