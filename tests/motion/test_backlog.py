"""What Redis says of the work in motion to whoever watches."""

from __future__ import annotations

import time

import pytest
import redis

from bot.ports import Unavailable
from bot.storage.motion import backlog, keys
from bot.storage.motion.connect import open_sync
from bot.storage.motion.leases import RedisLease
from bot.storage.motion.ownership import Ownership

DUTIES = ("polling", "watching")


def test_nothing_waits_and_nobody_works_at_first(client: redis.Redis) -> None:
    found = backlog.read(client, DUTIES)
    assert (found.accepted, found.begun, found.oldest_s, found.parked) == (0, 0, 0, 0)
    assert (found.streams, found.leaders) == ({}, {})
    assert found.unowned == keys.PARTITIONS


def test_what_waits_is_counted_and_its_oldest_has_an_age(client: redis.Redis) -> None:
    long_ago = int(time.time() * 1000) - 90_000
    client.xadd(keys.stream(3), {"message": "{}"}, id=f"{long_ago}-0")
    client.xadd(keys.stream(3), {"message": "{}"})
    client.xadd(keys.stream(40), {"message": "{}"})
    client.hset(keys.FAILURES, f"3:{long_ago}-0", 1)
    client.xadd(keys.PARKED, {"message": "{}"})
    found = backlog.read(client, DUTIES)
    assert (found.accepted, found.begun, found.parked) == (3, 1, 1)
    assert 89 < found.oldest_s < 100


def test_streams_belong_to_workers_that_are_alive(client: redis.Redis) -> None:
    first = Ownership(client, "w1", count=keys.PARTITIONS, lease_s=3)
    second = Ownership(client, "w2", count=keys.PARTITIONS, lease_s=3)
    for _ in range(2):
        first.tend()
        second.tend()
    assert backlog.read(client, DUTIES).streams == {"w1": 32, "w2": 32}
    client.zadd(keys.WORKERS, {"w1": (time.time() - 60) * 1000})
    found = backlog.read(client, DUTIES)
    assert found.streams == {"w2": 32}
    assert found.unowned == 32


def test_who_leads_in_a_duty_is_named(client: redis.Redis) -> None:
    RedisLease(client, "w2").hold("watching", ttl_s=4)
    assert backlog.read(client, DUTIES).leaders == {"watching": "w2"}


def test_a_redis_that_is_away_says_so() -> None:
    with pytest.raises(Unavailable):
        backlog.read(open_sync("redis://127.0.0.1:1"), DUTIES)
