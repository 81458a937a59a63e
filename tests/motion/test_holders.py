"""The callbacks' copy of who is held by a person: quick, without open ids, and made right from the record."""

from __future__ import annotations

import asyncio
import uuid

import pytest
import redis

from bot.ports import Unavailable
from bot.storage.motion import keys
from bot.storage.motion.connect import as_text, open_async, open_sync
from bot.storage.motion.holders import RedisHolders
from bot.storage.motion.inbox import RedisInbox
from tests.motion.conftest import LIMITS, said


@pytest.fixture
def holders(client: redis.Redis) -> RedisHolders:
    return RedisHolders(client)


def asked_by_a_callback(url: str, citizen: str) -> bool:
    async def ask() -> bool:
        store = open_async(url)
        try:
            message = said(uuid.uuid4().hex, citizen)
            return (await RedisInbox(store, LIMITS).accept(message)).is_held
        finally:
            await store.connection_pool.disconnect()

    return asyncio.run(ask())


def test_callbacks_learn_who_is_held_and_who_no_longer(url: str, holders: RedisHolders) -> None:
    assert not asked_by_a_callback(url, "oA")
    for _ in range(2):
        holders.hold("oA", True)
    assert asked_by_a_callback(url, "oA")
    assert not asked_by_a_callback(url, "oB")
    holders.hold("oA", False)
    assert not asked_by_a_callback(url, "oA")
    holders.hold("oA", False)


def test_the_copy_is_made_equal_to_the_record(holders: RedisHolders) -> None:
    holders.hold("oGiven-back", True)
    holders.keep_only(["oA", "oB"])
    assert [holders.is_held(c) for c in ("oA", "oB", "oGiven-back")] == [True, True, False]
    holders.keep_only([])
    assert not holders.is_held("oA")


def test_no_open_id_stands_in_redis(client: redis.Redis, holders: RedisHolders) -> None:
    holders.hold("oA", True)
    holders.keep_only(["oA", "oB"])
    members = client.smembers(keys.HELD)
    assert len(members) == 2
    assert not [member for member in members if "oA" in as_text(member)]


def test_without_a_server_it_is_said(tmp_path) -> None:
    nowhere = RedisHolders(open_sync(f"unix://{tmp_path}/nothing.sock"))
    for call in (
        lambda: nowhere.hold("oA", True),
        lambda: nowhere.keep_only(["oA"]),
        lambda: nowhere.is_held("oA"),
    ):
        with pytest.raises(Unavailable):
            call()
