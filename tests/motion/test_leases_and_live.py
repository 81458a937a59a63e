"""Named duties have one owner; browsers hear news and learn when they may have missed some."""

from __future__ import annotations

import asyncio
import time

import redis

from bot.ports import CHANGED, RESYNC, LiveEvent
from bot.storage.motion import keys
from bot.storage.motion.connect import open_async, open_sync
from bot.storage.motion.leases import RedisLease
from bot.storage.motion.live import RedisLiveEvents, RedisLiveFeed, listen


def test_one_owner_at_a_time_who_may_prolong(client: redis.Redis) -> None:
    one, other = RedisLease(client, "one"), RedisLease(client, "other")

    assert one.hold("polling", ttl_s=30)
    assert not other.hold("polling", ttl_s=30)
    assert one.hold("polling", ttl_s=60)
    assert client.ttl(keys.lease("polling")) > 30
    assert other.hold("housekeeping", ttl_s=30)


def test_a_lease_that_ran_out_is_free(client: redis.Redis) -> None:
    assert RedisLease(client, "one").hold("polling", ttl_s=0.02)
    time.sleep(0.05)

    assert RedisLease(client, "other").hold("polling", ttl_s=30)


def test_only_the_owner_can_release(client: redis.Redis) -> None:
    one, other = RedisLease(client, "one"), RedisLease(client, "other")
    one.hold("polling", ttl_s=30)
    other.release("polling")
    assert not other.hold("polling", ttl_s=30)
    one.release("polling")
    assert other.hold("polling", ttl_s=30)


def test_without_a_server_nobody_has_the_lease_and_news_are_dropped(tmp_path) -> None:
    nowhere = open_sync(f"unix://{tmp_path}/nothing.sock")
    lease = RedisLease(nowhere, "one")

    assert not lease.hold("polling", ttl_s=30)
    lease.release("polling")
    RedisLiveEvents(nowhere).publish("case", {})


def test_listeners_hear_news_and_a_resync_after_a_break(url: str, client: redis.Redis) -> None:
    publisher = RedisLiveEvents(client)

    async def story() -> None:
        browser = open_async(url)
        events = listen(browser, quiet_s=5, retry_s=0.01)
        assert await anext(events) == LiveEvent(RESYNC)
        publisher.publish("case", {"number": "MS-1", "地点": "人民路"})
        assert await anext(events) == LiveEvent("case", {"number": "MS-1", "地点": "人民路"})
        client.client_kill_filter(_type="pubsub")
        assert await anext(events) is None
        assert await anext(events) == LiveEvent(RESYNC)
        publisher.publish("case", {"number": "MS-2"})
        assert await anext(events) == LiveEvent("case", {"number": "MS-2"})
        await events.aclose()
        await browser.connection_pool.disconnect()

    asyncio.run(story())


def test_quiet_times_are_told_so_that_a_page_can_be_kept_alive(url: str) -> None:
    async def story() -> None:
        browser = open_async(url)
        events = listen(browser, quiet_s=0.02)
        assert [await anext(events) for _ in range(3)] == [LiveEvent(RESYNC), None, None]
        await events.aclose()
        await browser.connection_pool.disconnect()

    asyncio.run(story())


async def listeners(client: redis.Redis, count: int) -> None:
    """Wait until the server has so many: it notices a closed connection a moment later."""

    async def agree() -> None:
        while client.pubsub_numsub(keys.LIVE)[0][1] != count:
            await asyncio.sleep(0.01)

    await asyncio.wait_for(agree(), 5)


def test_every_listener_of_a_feed_hears_all_and_its_connection_ends_with_it(
    url: str, client: redis.Redis
) -> None:
    feed, publisher = RedisLiveFeed(url, quiet_s=5), RedisLiveEvents(client)

    async def story() -> None:
        one, other = feed(), feed()
        assert await anext(one) == await anext(other) == LiveEvent(RESYNC)
        publisher.publish(CHANGED, {"conversation": "c1"})
        heard = LiveEvent(CHANGED, {"conversation": "c1"})
        assert await anext(one) == await anext(other) == heard
        await listeners(client, 2)
        await one.aclose()
        publisher.publish(CHANGED, {"conversation": "c2"})
        assert (await anext(other)).data == {"conversation": "c2"}
        await listeners(client, 1)
        await other.aclose()
        await listeners(client, 0)

    asyncio.run(story())


def test_a_feed_without_a_server_says_nothing_and_ends_when_told_to(tmp_path) -> None:
    async def story() -> None:
        events = RedisLiveFeed(f"unix://{tmp_path}/nothing.sock")()
        assert await anext(events) is None
        await events.aclose()

    asyncio.run(story())
