"""The worker's side of an answer: offer it to the waiting callback and learn what became of it.

The record of a message is one hash: `attempts` and `last_attempt_at` (written by the inbox), `reply` (JSON, or
"none" when nothing is to be said), `given_at` (a callback took it), `left` (no further attempt will come),
`closed` (it goes out as a delivery). All times are Redis' own, so that machines need not agree on a clock.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import redis

from bot.model.message import Reply
from bot.ports import Settled
from bot.storage.motion import keys
from bot.storage.motion.connect import as_text
from bot.storage.motion.errors import unavailable_on_error
from bot.storage.motion.inbox import REMEMBERED_S

NOTHING = "none"
"""Stands in the record for an answer that says nothing."""

ATTEMPTS = 3
QUIET_S = 6.0
"""No further attempt for this long means that the platform took the answer (it asks again after 5 s)."""

LAST_ATTEMPT_S = 5.0
"""The platform cuts the last attempt after this long (wechat-contract section 2)."""

# The first answer stays: every attempt must get the same one, also when a turn is done again.
OFFER = """
if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
redis.call('HSETNX', KEYS[1], 'reply', ARGV[1])
redis.call('PUBLISH', ARGV[2], KEYS[1])
return 1
"""

# The rules, in this order, are those of docs/architecture.md, "The way in".
_SETTLE = """
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000) + tonumber(ARGV[1])
local attempts_max, quiet = tonumber(ARGV[2]), tonumber(ARGV[3])
local last_attempt, remembered = tonumber(ARGV[4]), tonumber(ARGV[5])
local field = redis.call('HMGET', KEYS[1], 'attempts', 'last_attempt_at', 'given_at', 'left', 'closed', 'reply')
local attempts, asked = tonumber(field[1]), tonumber(field[2])
if not attempts or field[5] then return 'open' end
if field[6] == ARGV[6] then return 'passive' end
local given = tonumber(field[3])
if given and given >= asked then
  if now - given < quiet then return 'wait' end
  redis.call('PEXPIRE', KEYS[1], remembered)
  return 'passive'
end
if not field[4] then
  if attempts < attempts_max and now - asked < quiet then return 'wait' end
  if attempts >= attempts_max and now - asked < last_attempt then return 'wait' end
end
redis.call('HSET', KEYS[1], 'closed', 1)
return 'open'
"""


def worded(reply: Reply | None) -> str:
    """Return an answer as it stands in the record."""
    return NOTHING if reply is None else json.dumps(reply.to_dict(), ensure_ascii=False)


class RedisAnswers:
    """`Answers` on Redis.

    Args:
        client: a synchronous client.
        attempts: how often the platform asks in all; 3 was observed (wechat-contract section 2).
    """

    def __init__(self, client: redis.Redis, *, attempts: int = ATTEMPTS) -> None:
        self._redis = client
        self._attempts = attempts
        self._offer = client.register_script(OFFER)
        self._settle = client.register_script(_SETTLE)

    def offer(self, key: str, reply: Reply | None) -> None:
        """Give the answer of one message to whoever waits; None means that nothing is to be said.

        A second offer for the same key changes nothing. An offer for a message that nobody remembers
        is dropped: `settle` says OPEN then.
        """
        with unavailable_on_error():
            self._offer(keys=[keys.answer(key)], args=[worded(reply), keys.ANSWERS])

    def settle(self, key: str, *, offset_s: float = 0.0) -> Settled:
        """Decide what became of the answer; OPEN is final and closes it to callbacks (atomic).

        Args:
            key: the message's key.
            offset_s: judge as if this much later (for tests).
        """
        with unavailable_on_error():
            verdict = self._settle(keys=[keys.answer(key)], args=self._rules(offset_s))
        return Settled(as_text(verdict))

    def settle_many(self, message_keys: Sequence[str]) -> list[Settled]:
        """Decide each of several answers as `settle` does, in one exchange with Redis."""
        with unavailable_on_error():
            pipe = self._redis.pipeline(transaction=False)
            for key in message_keys:
                self._settle(keys=[keys.answer(key)], args=self._rules(0.0), client=pipe)
            return [Settled(as_text(verdict)) for verdict in pipe.execute()]

    def _rules(self, offset_s: float) -> list[Any]:
        return [
            int(offset_s * 1000),
            self._attempts,
            int(QUIET_S * 1000),
            int(LAST_ATTEMPT_S * 1000),
            REMEMBERED_S * 1000,
            NOTHING,
        ]
