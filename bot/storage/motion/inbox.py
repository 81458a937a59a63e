"""Makes messages durable in Redis before anything is answered, within limits, and knows who is held by a person."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import redis.asyncio

from bot.model.limits import IntakeLimits
from bot.model.message import Accepted, Inbound, Refusal
from bot.storage.motion import keys
from bot.storage.motion.batch import Batch, Command
from bot.storage.motion.connect import as_text
from bot.storage.motion.errors import unavailable_on_error

REMEMBERED_S = 600
"""How long a message is known by its key; the platform repeats within 15 s (wechat-contract section 2)."""

REFUSED_REMEMBERED_S = 60
"""How long a refused one is: shorter, since many may come."""

# The entry is appended before anything else is written: if that fails, nothing has happened.
# A record that must be kept longer (an answer given, not yet settled) is not shortened.
# KEYS: the message's record, the citizen's stream, the citizen's pace, who is held.
# ARGV: body, milliseconds it is remembered, limited or not, messages in the time, milliseconds of the time, messages
#       that may wait, milliseconds a refusal is remembered, the citizen as those who are held are named.
_ACCEPT = """
local function step()
  local count = redis.call('INCR', KEYS[3])
  if count == 1 then redis.call('PEXPIRE', KEYS[3], ARGV[5]) end
  return count
end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
if redis.call('EXISTS', KEYS[1]) == 0 then
  if ARGV[3] == '1' then
    local refusal, most = false, tonumber(ARGV[4])
    if tonumber(redis.call('GET', KEYS[3]) or '0') >= most then
      refusal = step() == most + 1 and 'too_fast' or 'too_fast_again'
    elseif redis.call('XLEN', KEYS[2]) >= tonumber(ARGV[6]) then
      refusal = 'too_many'
    end
    if refusal then
      redis.call('HSET', KEYS[1], 'refused', refusal)
      redis.call('PEXPIRE', KEYS[1], ARGV[7])
      return {0, refusal, 0}
    end
  end
  redis.call('XADD', KEYS[2], '*', 'message', ARGV[1])
  if ARGV[3] == '1' then step() end
else
  local refused = redis.call('HGET', KEYS[1], 'refused')
  if refused then return {0, refused, 0} end
end
local attempt = redis.call('HINCRBY', KEYS[1], 'attempts', 1)
redis.call('HSET', KEYS[1], 'last_attempt_at', now)
if redis.call('PTTL', KEYS[1]) < tonumber(ARGV[2]) then
  redis.call('PEXPIRE', KEYS[1], ARGV[2])
end
return {attempt, '', redis.call('SISMEMBER', KEYS[4], ARGV[8])}
"""


class RedisInbox:
    """`Inbox` on 64 streams; one script dedupes, refuses or appends, and counts the attempt in one step.

    Durable when Redis runs with an append-only file and `appendfsync always`: the server writes the file
    before it answers. All gateways share the count of attempts, and the counts that the limits go by.

    Args:
        client: an asynchronous client.
        limits: how fast and how much is taken.
        partitions: number of streams.
        along: message → a further command to be done in the same exchange, before it, for each attempt; None for none.
    """

    def __init__(
        self,
        client: redis.asyncio.Redis,
        limits: IntakeLimits,
        *,
        partitions: int = keys.PARTITIONS,
        along: Callable[[Inbound], Command | None] = lambda _: None,
    ) -> None:
        self._batch = Batch(client)
        self._limits = limits
        self._partitions = partitions
        self._along = along

    async def accept(self, message: Inbound, *, urgent: bool = False) -> Accepted:
        """Append the message once, count this attempt, and say which of the two it was, or why neither.

        Raises:
            Unavailable: on any Redis error. After a time-out the message may be accepted all the same; the
                platform's repeat then finds it.
        """
        number = keys.partition(message.citizen, self._partitions)
        names = [keys.answer(message.key), keys.stream(number), keys.pace(message.citizen)]
        names.append(keys.HELD)
        arguments = self._arguments(message, urgent=urgent)
        commands = [self._along(message), ("EVAL", _ACCEPT, len(names), *names, *arguments)]
        asked = [self._batch.ask(*command) for command in commands if command is not None]
        with unavailable_on_error():
            *_, (attempt, refused, held) = await asyncio.gather(*asked)
        refusal = Refusal(as_text(refused)) if refused else None
        return Accepted(int(attempt) == 1, int(attempt), refusal, is_held=bool(held))

    def _arguments(self, message: Inbound, *, urgent: bool) -> list[str | int]:
        limits = self._limits
        is_limited = message.kind.is_said and not urgent
        return [
            message.to_json(),
            REMEMBERED_S * 1000,
            int(is_limited),
            limits.messages,
            limits.seconds * 1000,
            limits.waiting,
            REFUSED_REMEMBERED_S * 1000,
            keys.digest(message.citizen),
        ]
