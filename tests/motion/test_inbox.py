"""The inbox appends once, in order, counts attempts, and refuses when it cannot promise."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

import pytest
import redis

from app.embedded_redis import EmbeddedRedis
from bot.model.message import Accepted, Inbound
from bot.ports import Unavailable
from bot.storage.motion import keys
from bot.storage.motion.connect import open_async, open_sync
from bot.storage.motion.holders import RedisHolders
from bot.storage.motion.inbox import REMEMBERED_S, RedisInbox
from tests.motion.conftest import LIMITS, said

T = TypeVar("T")


def with_inbox(url: str, use: Callable[[RedisInbox], Awaitable[T]]) -> T:
    async def run() -> T:
        client = open_async(url)
        try:
            return await use(RedisInbox(client, LIMITS))
        finally:
            await client.close()
            await client.connection_pool.disconnect()

    return asyncio.run(run())


def accept_all(url: str, *messages: Inbound) -> list[Accepted]:
    async def use(inbox: RedisInbox) -> list[Accepted]:
        return [await inbox.accept(message) for message in messages]

    return with_inbox(url, use)


def waiting_in(client: redis.Redis, citizen: str) -> list[Inbound]:
    rows = client.xrange(keys.stream(keys.partition(citizen)))
    return [Inbound.from_json(fields["message"]) for _, fields in rows]


def test_a_repeat_is_counted_and_not_appended(url: str, client: redis.Redis) -> None:
    answers = accept_all(url, said("m1"), said("m1"), said("m1"))

    assert answers == [Accepted(True, 1), Accepted(False, 2), Accepted(False, 3)]
    assert waiting_in(client, "citizen-a") == [said("m1")]


def test_attempts_at_the_same_time_are_appended_once(url: str, client: redis.Redis) -> None:
    async def use(inbox: RedisInbox) -> list[Accepted]:
        return await asyncio.gather(*(inbox.accept(said("m1")) for _ in range(20)))

    answers = with_inbox(url, use)

    assert sorted(answer.attempt for answer in answers) == list(range(1, 21))
    assert [answer.is_new for answer in answers].count(True) == 1
    assert len(waiting_in(client, "citizen-a")) == 1


def test_the_same_number_from_two_citizens_is_two_messages(url: str, client: redis.Redis) -> None:
    answers = accept_all(url, said("citizen-a|77", "citizen-a"), said("citizen-b|77", "citizen-b"))

    assert [answer.is_new for answer in answers] == [True, True]
    total = sum(client.xlen(keys.stream(number)) for number in range(keys.PARTITIONS))
    assert total == 2


def test_one_citizens_messages_stay_in_order(url: str, client: redis.Redis) -> None:
    messages = [said(f"m{i}") for i in range(30)]

    accept_all(url, *messages)

    assert waiting_in(client, "citizen-a") == messages


def test_the_record_outlives_the_platforms_repeats_and_then_goes(
    url: str, client: redis.Redis
) -> None:
    accept_all(url, said("m1"))

    assert REMEMBERED_S - 5 < client.ttl(keys.answer("m1")) <= REMEMBERED_S


def test_no_key_carries_an_open_id(url: str, client: redis.Redis) -> None:
    accept_all(url, said("citizen-a|1"))
    RedisHolders(client).hold("citizen-a", held=True)

    assert not [key for key in client.scan_iter() if "citizen-a" in key]
    assert "citizen-a" not in client.smembers(keys.HELD)


def test_partitions_are_used_evenly_and_stay_as_they_are() -> None:
    numbers = [keys.partition(f"open-id-{i}") for i in range(6400)]

    assert set(numbers) == set(range(keys.PARTITIONS))
    assert max(numbers.count(number) for number in set(numbers)) < 160
    # A changed hash would split a citizen's messages over two streams at an upgrade.
    assert [keys.partition(name) for name in ("a", "b", "c")] == [47, 53, 27]


def test_staff_hold_and_give_back(url: str, client: redis.Redis) -> None:
    def held(key: str) -> bool:
        return accept_all(url, said(key))[0].is_held

    assert not held("m1")
    RedisHolders(client).hold("citizen-a", held=True)
    assert held("m2")
    assert held("m1")  # the platform asks again
    assert not RedisHolders(client).is_held("citizen-b")
    RedisHolders(client).hold("citizen-a", held=False)
    assert not held("m3")


def test_what_goes_along_is_done_for_every_attempt_and_fails_with_it(
    url: str, client: redis.Redis
) -> None:
    async def use() -> list[int]:
        store = open_async(url)
        counted = RedisInbox(store, LIMITS, along=lambda m: ("INCR", f"along:{m.citizen}"))
        broken = RedisInbox(store, LIMITS, along=lambda _: ("NO-SUCH-COMMAND",))
        try:
            attempts = [(await counted.accept(said("m1"))).attempt for _ in range(2)]
            with pytest.raises(Unavailable):
                await broken.accept(said("m2"))
        finally:
            await store.connection_pool.disconnect()
        return attempts

    assert asyncio.run(use()) == [1, 2]
    assert int(client.get("along:citizen-a") or 0) == 2


def test_a_server_that_is_not_there_is_unavailable(data_dir) -> None:
    with pytest.raises(Unavailable):
        accept_all(f"unix://{data_dir}/nothing.sock", said("m1"))


def test_a_full_memory_is_unavailable_and_leaves_nothing(url: str, client: redis.Redis) -> None:
    client.config_set("maxmemory", 1)
    try:
        with pytest.raises(Unavailable):
            accept_all(url, said("m1"))
    finally:
        client.config_set("maxmemory", 0)

    assert accept_all(url, said("m1")) == [Accepted(True, 1)]


def test_a_redis_that_cannot_save_is_unavailable_and_leaves_nothing(data_dir: Path) -> None:
    """MISCONF: as Redis is shipped, it takes no writes after a snapshot failed."""
    server = EmbeddedRedis(data_dir)
    with open_sync(server.start()) as client:
        (data_dir / "dump.rdb").mkdir()
        client.config_set("save", "3600 1")
        client.bgsave()
        while client.info("persistence")["rdb_last_bgsave_status"] == "ok":
            time.sleep(0.01)
        with pytest.raises(Unavailable):
            accept_all(server.url, said("m1"))
        client.config_set("save", "")
        assert accept_all(server.url, said("m1")) == [Accepted(True, 1)]
    server.stop()


def test_a_stream_that_cannot_be_written_leaves_no_record(url: str, client: redis.Redis) -> None:
    stream = keys.stream(keys.partition("citizen-a"))
    client.set(stream, "not a stream")
    with pytest.raises(Unavailable):
        accept_all(url, said("m1"))
    client.delete(stream)

    assert accept_all(url, said("m1")) == [Accepted(True, 1)]
