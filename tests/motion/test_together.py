"""While more wait, messages are handed out and turns ended together: nothing is lost, blamed or kept waiting by it."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
import redis

from app.embedded_redis import EmbeddedRedis
from bot.model.message import Reply
from bot.storage.motion import keys
from bot.storage.motion.connect import open_sync
from bot.storage.motion.endings import HOLD_S
from bot.storage.motion.entries import Entry
from bot.storage.motion.streams import TOGETHER, Partitions
from tests.motion.conftest import LEASE_S, MakeWorker, accept, pause, until


def strangers(count: int) -> list[str]:
    """Return citizens of as many streams."""
    by_stream = {keys.partition(f"citizen-{i}"): f"citizen-{i}" for i in range(1000)}
    return list(by_stream.values())[:count]


def wait_for(url: str, count: int) -> None:
    accept(url, *((f"m{i}", citizen) for i, citizen in enumerate(strangers(count))))


def given(worker: Partitions) -> Entry:
    entry = worker.next(10)
    assert entry is not None
    return entry


def answered(worker: Partitions) -> Entry:
    entry = given(worker)
    worker.finish(entry, Reply("好的"))
    return entry


def is_told(client: redis.Redis, entry: Entry) -> bool:
    return bool(client.hexists(keys.answer(entry.message.key), "reply"))


def tries(client: redis.Redis) -> list[int]:
    return [int(count) for count in client.hvals(keys.FAILURES)]


def test_several_are_handed_out_in_one_exchange_and_each_is_counted(
    url: str, client: redis.Redis, worker: MakeWorker
) -> None:
    wait_for(url, TOGETHER + 2)
    only = worker("w1")

    given(only)

    assert tries(client) == [1] * TOGETHER


def test_turns_that_end_while_others_are_in_hand_end_with_the_last_of_them(
    url: str, client: redis.Redis, worker: MakeWorker
) -> None:
    wait_for(url, TOGETHER + 1)
    only = worker("w1")
    *others, last = [given(only) for _ in range(TOGETHER)]
    for entry in others:
        only.finish(entry, Reply("好的"))

    only.finish(last, Reply("好的"))

    assert all(is_told(client, entry) for entry in [*others, last])
    assert only.depth() == 1
    assert not tries(client)
    only.finish(given(only), None)
    assert only.depth() == 0


def test_what_ended_is_told_also_if_the_last_of_them_fails(
    url: str, client: redis.Redis, worker: MakeWorker
) -> None:
    wait_for(url, 2)
    only = worker("w1")
    good = answered(only)
    bad = given(only)
    only.failed(bad)

    assert given(only).message == bad.message
    assert is_told(client, good)


def test_an_answer_is_held_back_for_moments_only(
    url: str, client: redis.Redis, worker: MakeWorker
) -> None:
    wait_for(url, 3)
    only = worker("w1")
    first = answered(only)
    second = given(only)
    time.sleep(HOLD_S * 1.5)

    only.finish(second, Reply("好的"))

    assert is_told(client, first)
    assert is_told(client, second)


def test_an_answer_does_not_wait_for_a_turn_that_takes_long(
    url: str, client: redis.Redis, worker: MakeWorker
) -> None:
    wait_for(url, 2)
    only = worker("w1")
    first = answered(only)
    given(only)  # and its turn goes on and on

    until(lambda: is_told(client, first), within_s=LEASE_S)


def test_a_message_that_ends_its_worker_takes_no_other_with_it(
    url: str, client: redis.Redis, worker: MakeWorker
) -> None:
    """Those handed out with it bear the mark of one death, are tried alone from then on, and get their answers."""
    wait_for(url, TOGETHER)
    dying, deaths, done = worker("w0"), 0, dict[str, int]()
    killer = given(dying).message.key
    while len(done) < TOGETHER:
        pause(dying)
        deaths += 1
        heir = worker(f"w{deaths}")
        while (entry := heir.next(10)) is not None:
            if entry.message.key == killer and entry.failures < 3:
                break
            done[entry.message.key] = entry.failures
            heir.finish(entry, None)
            if len(done) == TOGETHER:
                break
        dying = heir

    assert done.pop(killer) == 3
    assert list(done.values()) == [1] * (TOGETHER - 1)
    assert not tries(client)


def test_one_tried_before_is_handed_out_alone(
    url: str, client: redis.Redis, worker: MakeWorker
) -> None:
    wait_for(url, 3)
    first = worker("w1")
    given(first)
    pause(first)  # and dies: three are marked

    given(worker("w2"))

    assert sorted(tries(client)) == [1, 1, 2]


def test_a_worker_that_is_told_to_stop_tells_what_ended_and_blames_nothing(
    url: str, client: redis.Redis, worker: MakeWorker
) -> None:
    wait_for(url, 3)
    only = worker("w1")
    first = answered(only)

    only.release_all()

    assert is_told(client, first)
    assert not tries(client)
    heir = worker("w2")
    assert sorted(given(heir).failures for _ in range(2)) == [0, 0]


def test_turns_whose_end_redis_did_not_hear_come_again_without_blame(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    server = EmbeddedRedis(tmp_path / "own")
    wait_for(server.start(), 2)
    only = Partitions(open_sync(server.url), "w1", lease_s=LEASE_S)
    try:
        first = given(only)
        server.stop()
        only.finish(first, Reply("好的"))
        only.finish(given(only), Reply("好的"))
        server.start()

        again = [given(only), given(only)]

        assert {entry.message.key for entry in again} == {"m0", "m1"}
        assert [entry.failures for entry in again] == [0, 0]
        assert "come again" in caplog.text
    finally:
        only.release_all()
        server.stop()
