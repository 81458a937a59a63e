"""Shares the streams out among the workers that are alive: each owns its part, nobody owns the same one.

A worker shows that it is alive by one heartbeat; its streams are its own while that is fresh. Who comes is given
a fair share by those who have too much; whoever falls silent loses all to the others. The clock is Redis' own.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

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
# counted before it is: a message that ends the whole process leaves its mark all the same. One that was tried before is
# given alone, so that a mark is not left on what it was given with more than once.
_HAND_OUT = (
    _NOW
    + """
local beat = redis.call('ZSCORE', KEYS[2], ARGV[1])
local is_alive = beat and now - tonumber(beat) <= tonumber(ARGV[2])
local tries, is_full, is_empty = {}, false, true
for i = 4, #KEYS do
  local number, id = ARGV[2 * i - 5], ARGV[2 * i - 4]
  local name = number .. ':' .. id
  local first = redis.call('XRANGE', KEYS[i], '-', '+', 'COUNT', 1)
  local before = tonumber(redis.call('HGET', KEYS[3], name) or '0')
  if not is_alive or redis.call('HGET', KEYS[1], number) ~= ARGV[1] then
    table.insert(tries, -1)
  elseif not first[1] or first[1][1] ~= id then
    table.insert(tries, -2)
  elseif is_full or before > 0 and not is_empty then
    table.insert(tries, -3)
  else
    redis.call('HINCRBY', KEYS[3], name, 1)
    is_full, is_empty = before > 0, false
    table.insert(tries, before)
  end
end
return tries
"""
)


NOT_OURS, NOT_FIRST, NOT_NOW = -1, -2, -3


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

    def hand_out(self, entries: Sequence[tuple[int, str]]) -> list[int]:
        """Count one more try of each entry (stream, id) and return how many there were before.

        `NOT_OURS`, `NOT_FIRST` or `NOT_NOW`, and nothing counted, for one that is not to be worked on; not now
        because it, or one before it, was tried before: such is handed out alone.
        """
        names = [keys.stream(number) for number, _ in entries]
        args = [part for entry in entries for part in entry]
        tries = self._hand_out(
            keys=[*self._keys, keys.FAILURES, *names], args=[self._me, self._lease_ms, *args]
        )
        return [int(each) for each in tries]

    def release(self) -> None:
        """Give up everything and leave the list of workers."""
        self._release(keys=self._keys, args=[self._me, *range(self._count)])
