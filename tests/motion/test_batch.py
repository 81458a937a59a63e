"""Commands that share a batch share nothing else: not an error, not a cancellation."""

from __future__ import annotations

import asyncio

import pytest
import redis

from bot.storage.motion.batch import BATCH_MAX, Batch
from bot.storage.motion.connect import open_async


def test_an_error_reaches_only_its_own_caller(url: str) -> None:
    async def story() -> list[object]:
        client = open_async(url)
        batch = Batch(client)
        results = await asyncio.gather(
            batch.run("SET", "a", "1"),
            batch.run("LPUSH", "a", "1"),
            batch.run("GET", "a"),
            return_exceptions=True,
        )
        await client.connection_pool.disconnect()
        return results

    stored, refused, read = asyncio.run(story())

    assert (stored, read) == (True, "1")
    assert isinstance(refused, redis.ResponseError)


def test_a_caller_that_goes_away_leaves_the_others_theirs(url: str) -> None:
    async def story() -> object:
        client = open_async(url)
        batch = Batch(client)
        gone = asyncio.create_task(batch.run("INCR", "n"))
        stays = asyncio.create_task(batch.run("INCR", "n"))
        await asyncio.sleep(0)
        gone.cancel()
        result = await stays
        await client.connection_pool.disconnect()
        return result

    assert asyncio.run(story()) == 2


def test_more_than_one_batch_keeps_the_order(url: str) -> None:
    async def story() -> list[int]:
        client = open_async(url)
        batch = Batch(client)
        results = await asyncio.gather(*(batch.run("INCR", "n") for _ in range(2 * BATCH_MAX + 1)))
        await client.connection_pool.disconnect()
        return results

    assert asyncio.run(story()) == list(range(1, 2 * BATCH_MAX + 2))


def test_without_a_server_everybody_is_told(tmp_path) -> None:
    async def story() -> None:
        batch = Batch(open_async(f"unix://{tmp_path}/nothing.sock"))
        results = await asyncio.gather(batch.run("PING"), batch.run("PING"), return_exceptions=True)
        assert all(isinstance(result, redis.ConnectionError) for result in results)
        with pytest.raises(redis.ConnectionError):
            await batch.run("PING")

    asyncio.run(story())
