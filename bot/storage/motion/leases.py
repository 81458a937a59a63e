"""One owner at a time for a named duty, over all machines."""

from __future__ import annotations

import logging

import redis

from bot.storage.motion import keys
from bot.storage.motion.errors import REDIS_ERRORS

logger = logging.getLogger(__name__)

_HOLD = """
local owner = redis.call('GET', KEYS[1])
if owner and owner ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1
"""

_RELEASE = """
if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end
return 0
"""


class RedisLease:
    """`Lease` on Redis.

    Args:
        client: a synchronous client.
        owner: unique among all processes that may want the duty.
    """

    def __init__(self, client: redis.Redis, owner: str) -> None:
        self._owner = owner
        self._hold = client.register_script(_HOLD)
        self._release = client.register_script(_RELEASE)

    def hold(self, name: str, *, ttl_s: float) -> bool:
        """Take or prolong the lease; True while it is ours. A Redis that is away means no."""
        try:
            return bool(
                self._hold(keys=[keys.lease(name)], args=[self._owner, max(int(ttl_s * 1000), 1)])
            )
        except REDIS_ERRORS as error:
            logger.warning("lease %s: redis is away (%s)", name, type(error).__name__)
            return False

    def release(self, name: str) -> None:
        """Give the duty free at once, at shutdown; an expired or foreign lease is left alone."""
        try:
            self._release(keys=[keys.lease(name)], args=[self._owner])
        except REDIS_ERRORS as error:
            logger.warning("lease %s: not released (%s)", name, type(error).__name__)
