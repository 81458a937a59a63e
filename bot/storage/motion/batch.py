"""Sends what many callbacks ask at the same time in one go.

A burst then costs a few round trips and a few writes to disk (with `appendfsync always` one for each batch)
instead of thousands, and needs one connection instead of a pool. An idle gateway sends at once.
"""

from __future__ import annotations

import asyncio
from typing import Any

import redis.asyncio

from bot.storage.motion.errors import REDIS_ERRORS

BATCH_MAX = 256
"""Commands in one batch: enough to share its cost, few enough that the first need not wait for the last."""

Command = tuple[Any, ...]


class Batch:
    """Commands to one Redis, in the order they were asked for; each caller awaits its own result."""

    def __init__(self, client: redis.asyncio.Redis) -> None:
        self._redis = client
        self._asked: list[tuple[Command, asyncio.Future[Any]]] = []
        self._sending: asyncio.Task[None] | None = None

    def ask(self, *command: Any) -> asyncio.Future[Any]:
        """Let the command go with the next batch; those asked for at once go together, in this order."""
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._asked.append((command, future))
        if self._sending is None or self._sending.done():
            self._sending = asyncio.create_task(self._send())
        return future

    async def run(self, *command: Any) -> Any:
        """Return the command's result, or raise the Redis error that it or its whole batch met."""
        return await self.ask(*command)

    async def script(self, body: str, keys: list[str], args: list[Any]) -> Any:
        """Run a Lua script; sent in full, so that a server that was restarted knows it."""
        return await self.run("EVAL", body, len(keys), *keys, *args)

    async def _send(self) -> None:
        while self._asked:
            batch, self._asked = self._asked[:BATCH_MAX], self._asked[BATCH_MAX:]
            try:
                results = await self._execute([command for command, _ in batch])
            except asyncio.CancelledError:
                for _, future in batch + self._asked:
                    future.cancel()
                raise
            except REDIS_ERRORS as error:
                results = [error] * len(batch)
            for (_, future), result in zip(batch, results, strict=True):
                if future.done():  # its caller has gone
                    continue
                if isinstance(result, Exception):
                    future.set_exception(result)
                else:
                    future.set_result(result)

    async def _execute(self, commands: list[Command]) -> list[Any]:
        async with self._redis.pipeline(transaction=False) as pipe:
            for command in commands:
                pipe.execute_command(*command)
            return await pipe.execute(raise_on_error=False)
