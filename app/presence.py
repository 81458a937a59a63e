"""Which workers are alive, as the streams' heartbeats say, and the duties that one of them leads in."""

from __future__ import annotations

import redis

from bot.storage.motion import keys
from bot.storage.motion.streams import LEASE_S

POLLING = "backend-poll"
WATCHING = "handoff-watch"
HOUSEKEEPING = "housekeeping"
CLOCKS = "desk-clocks"
QUOTAS = "wechat-quotas"
DUTIES = (POLLING, WATCHING, HOUSEKEEPING, CLOCKS, QUOTAS)


def live_workers(client: redis.Redis) -> list[str]:
    """Return the ids of workers whose heartbeat is fresh; a worker beats only once its model is loaded."""
    seconds, micros = client.time()
    oldest = seconds * 1000 + micros // 1000 - int(LEASE_S * 1000)
    found = client.zrangebyscore(keys.WORKERS, oldest, "+inf")
    return [w.decode() if isinstance(w, bytes) else str(w) for w in found]
