"""Shares the streams out among the workers that are alive: each owns its part, nobody owns the same one.

A worker shows that it is alive by one heartbeat; its streams are its own while that is fresh. Who comes is given
a fair share by those who have too much; whoever falls silent loses all to the others. The clock is Redis' own.
"""

from __future__ import annotations

from collections.abc import Iterable

import redis

from bot.storage.motion import keys

_NOW = """
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
"""

# Heartbeat, share and exchange in one step. The shares of all workers sum up to the number of streams exactly:
# the first (count mod workers) names in the alphabet own one more.
_TEND = (
    _NOW
    + """
local me, lease, count = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', now - lease)
redis.call('ZADD', KEYS[2], now, me)
local workers = redis.call('ZRANGE', KEYS[2], 0, -1)
table.sort(workers)
local alive, share = {}, 0
for rank, worker in ipairs(workers) do
  alive[worker] = true
  if worker == me then
    share = math.floor(count / #workers) + (rank <= count % #workers and 1 or 0)
  end
end
local busy = {}
for i = 4, #ARGV do busy[ARGV[i]] = true end
local owners, listed = {}, redis.call('HGETALL', KEYS[1])
for i = 1, #listed, 2 do owners[listed[i]] = listed[i + 1] end
local mine, free = {}, {}
for n = 0, count - 1 do
  local number = tostring(n)
  if owners[number] == me then
    table.insert(mine, number)
  elseif not alive[owners[number] or ''] then
    table.insert(free, number)
  end
end
local kept, surplus = {}, #mine - share
for _, number in ipairs(mine) do
  if surplus > 0 and not busy[number] then
    redis.call('HDEL', KEYS[1], number)
    surplus = surplus - 1
  else
    table.insert(kept, number)
  end
end
for _, number in ipairs(free) do
  if #kept >= share then break end
  redis.call('HSET', KEYS[1], number, me)
  table.insert(kept, number)
end
return kept
"""
)

_HOLDS = (
    _NOW
    + """
local beat = redis.call('ZSCORE', KEYS[2], ARGV[1])
if not beat or now - tonumber(beat) > tonumber(ARGV[2]) then return 0 end
return redis.call('HGET', KEYS[1], ARGV[3]) == ARGV[1] and 1 or 0
"""
)

_RELEASE = """
for i = 2, #ARGV do
  if redis.call('HGET', KEYS[1], ARGV[i]) == ARGV[1] then redis.call('HDEL', KEYS[1], ARGV[i]) end
end
return redis.call('ZREM', KEYS[2], ARGV[1])
"""

# An entry is given only to the stream's owner, and only if it is the first of its stream still. That it is tried is
# counted before it is: a message that ends the whole process leaves its mark all the same.
_HAND_OUT = (
    _NOW
    + """
local beat = redis.call('ZSCORE', KEYS[2], ARGV[1])
if not beat or now - tonumber(beat) > tonumber(ARGV[2]) then return -1 end
if redis.call('HGET', KEYS[1], ARGV[3]) ~= ARGV[1] then return -1 end
local first = redis.call('XRANGE', KEYS[3], '-', '+', 'COUNT', 1)
if not first[1] or first[1][1] ~= ARGV[4] then return -2 end
return redis.call('HINCRBY', KEYS[4], ARGV[3] .. ':' .. ARGV[4], 1) - 1
"""
)


NOT_OURS, NOT_FIRST = -1, -2


class Ownership:
    """One worker's part of the streams, as Redis sees it. Every method may raise a Redis error."""

    def __init__(self, client: redis.Redis, worker_id: str, *, count: int, lease_s: float) -> None:
        self._me = worker_id
        self._lease_ms = int(lease_s * 1000)
        self._count = count
        self._keys = [keys.OWNERS, keys.WORKERS]
        self._tend = client.register_script(_TEND)
        self._holds = client.register_script(_HOLDS)
        self._release = client.register_script(_RELEASE)
        self._hand_out = client.register_script(_HAND_OUT)

    def tend(self, busy: Iterable[int] = ()) -> frozenset[int]:
        """Beat, give up what is too much (never a busy one), take what is free; return what is owned now."""
        args = [self._me, self._lease_ms, self._count, *busy]
        return frozenset(int(number) for number in self._tend(keys=self._keys, args=args))

    def holds(self, number: int) -> bool:
        """True while the stream is this worker's and its heartbeat is fresh."""
        return bool(self._holds(keys=self._keys, args=[self._me, self._lease_ms, number]))

    def hand_out(self, number: int, entry_id: str) -> int:
        """Count one more try of the entry and return how many there were before.

        `NOT_OURS` or `NOT_FIRST`, and nothing counted, if it is not to be worked on.
        """
        return int(
            self._hand_out(
                keys=[*self._keys, keys.stream(number), keys.FAILURES],
                args=[self._me, self._lease_ms, number, entry_id],
            )
        )

    def release(self) -> None:
        """Give up everything and leave the list of workers."""
        self._release(keys=self._keys, args=[self._me, *range(self._count)])
