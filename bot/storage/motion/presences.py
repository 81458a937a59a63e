"""Who of the staff has the console open, over all machines: each browser beats, and who stops is gone."""

from __future__ import annotations

from collections.abc import Mapping

import redis

from bot.model.staff import Presence
from bot.storage.motion import keys
from bot.storage.motion.connect import as_text
from bot.storage.motion.errors import unavailable_on_error

BEAT_S = 5.0
"""How often an open browser is asked whether it lives."""
ALIVE_S = 16.0
"""How long a beat counts: three in a row may be lost."""

# KEYS: seen, away. ARGV: number, presence ("" says nothing), milliseconds a beat counts.
_BEAT = """
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local seen = tonumber(redis.call('ZSCORE', KEYS[1], ARGV[1]) or '0')
if ARGV[2] == 'ready' or (ARGV[2] == '' and seen < now) then
  redis.call('SREM', KEYS[2], ARGV[1])
elseif ARGV[2] == 'away' then
  redis.call('SADD', KEYS[2], ARGV[1])
end
redis.call('ZADD', KEYS[1], now + tonumber(ARGV[3]), ARGV[1])
return 1
"""
_LEAVING = """
local time = redis.call('TIME')
local ends = time[1] * 1000 + math.floor(time[2] / 1000) + tonumber(ARGV[2])
local seen = redis.call('ZSCORE', KEYS[1], ARGV[1])
if seen and tonumber(seen) > ends then redis.call('ZADD', KEYS[1], ends, ARGV[1]) end
return 1
"""
_PRESENT = """
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local there = redis.call('ZRANGEBYSCORE', KEYS[1], '(' .. now, '+inf')
return {there, redis.call('SMEMBERS', KEYS[2])}
"""


class RedisPresences:
    """`Presences` on Redis, judged by its clock alone."""

    def __init__(self, client: redis.Redis) -> None:
        self._beat = client.register_script(_BEAT)
        self._leaving = client.register_script(_LEAVING)
        self._present = client.register_script(_PRESENT)

    def beat(self, number: str, presence: Presence | None = None) -> None:
        """Note that this member's browser lives, and what it says of them if it says anything."""
        word = presence.value if presence else ""
        self._run(self._beat, [number, word, int(ALIVE_S * 1000)])

    def leaving(self, number: str, *, grace_s: float) -> None:
        """A browser of theirs went: they count as gone after the grace unless another beat comes."""
        self._run(self._leaving, [number, int(grace_s * 1000)])

    def present(self) -> Mapping[str, Presence]:
        """Return work number → presence of all who are there; raises `Unavailable` when that cannot be known."""
        there, away = self._run(self._present, [])
        not_ready = {as_text(number) for number in away}
        return {
            number: Presence.AWAY if number in not_ready else Presence.READY
            for number in map(as_text, there)
        }

    @staticmethod
    def _run(script: redis.commands.core.Script, args: list[object]) -> list[list[object]]:
        with unavailable_on_error():
            return script(keys=[keys.STAFF_SEEN, keys.STAFF_AWAY], args=args)  # type: ignore[no-any-return]
