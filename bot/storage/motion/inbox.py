"""Makes messages durable in Redis before anything is answered, and knows who is held by a person."""

from __future__ import annotations

import redis.asyncio

from bot.model.message import Accepted, Inbound
from bot.storage.motion import keys
from bot.storage.motion.batch import Batch
from bot.storage.motion.errors import unavailable_on_error

REMEMBERED_S = 600
"""How long a message is known by its key; the platform repeats within 15 s (wechat-contract section 2)."""

# The entry is appended before anything else is written: if that fails, nothing has happened.
# A record that must be kept longer (an answer given, not yet settled) is not shortened.
_ACCEPT = """
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
if redis.call('EXISTS', KEYS[1]) == 0 then
  redis.call('XADD', KEYS[2], '*', 'message', ARGV[1])
end
local attempt = redis.call('HINCRBY', KEYS[1], 'attempts', 1)
redis.call('HSET', KEYS[1], 'last_attempt_at', now)
if redis.call('PTTL', KEYS[1]) < tonumber(ARGV[2]) then
  redis.call('PEXPIRE', KEYS[1], ARGV[2])
end
return attempt
"""


class RedisInbox:
    """`Inbox` on 64 streams; one script dedupes, appends and counts the attempt in one step.

    Durable when Redis runs with an append-only file and `appendfsync always`: the server writes the file
    before it answers. All gateways share the count of attempts.
    """

    def __init__(self, client: redis.asyncio.Redis, *, partitions: int = keys.PARTITIONS) -> None:
        self._batch = Batch(client)
        self._partitions = partitions

    async def accept(self, message: Inbound) -> Accepted:
        """Append the message once, count this attempt, and say which of the two it was.

        Raises:
            Unavailable: on any Redis error. After a time-out the message may be accepted all the same; the
                platform's repeat then finds it.
        """
        stream = keys.stream(keys.partition(message.citizen, self._partitions))
        with unavailable_on_error():
            attempt = int(
                await self._batch.script(
                    _ACCEPT,
                    [keys.answer(message.key), stream],
                    [message.to_json(), REMEMBERED_S * 1000],
                )
            )
        return Accepted(is_new=attempt == 1, attempt=attempt)

    async def is_held(self, citizen: str) -> bool:
        """True while a person holds this citizen's conversation: the bot is silent then."""
        with unavailable_on_error():
            return bool(await self._batch.run("SISMEMBER", keys.HELD, keys.digest(citizen)))
