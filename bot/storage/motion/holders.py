"""The fast copy of who is held by a person, which callbacks ask before they wait for the bot."""

from __future__ import annotations

from collections.abc import Iterable

import redis

from bot.storage.motion import keys
from bot.storage.motion.errors import unavailable_on_error


class RedisHolders:
    """`Holders` on Redis, the staff side of `RedisInbox.is_held`; the record stays the truth."""

    def __init__(self, client: redis.Redis) -> None:
        self._redis = client

    def hold(self, citizen: str, held: bool) -> None:
        """Note that a person took the conversation, or gave it back to the bot."""
        member = keys.digest(citizen)
        with unavailable_on_error():
            if held:
                self._redis.sadd(keys.HELD, member)
            else:
                self._redis.srem(keys.HELD, member)

    def keep_only(self, citizens: Iterable[str]) -> None:
        """Make the copy equal to the record: what a crash between commit and copy left is mended."""
        wanted = {keys.digest(citizen) for citizen in citizens}
        with unavailable_on_error(), self._redis.pipeline(transaction=True) as batch:
            batch.delete(keys.HELD)
            if wanted:
                batch.sadd(keys.HELD, *wanted)
            batch.execute()

    def is_held(self, citizen: str) -> bool:
        """True while a person holds this citizen's conversation."""
        with unavailable_on_error():
            return bool(self._redis.sismember(keys.HELD, keys.digest(citizen)))
