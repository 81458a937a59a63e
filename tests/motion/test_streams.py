"""Workers share the streams: order and exclusion per citizen while workers come, go, pause and die."""

from __future__ import annotations

import json
import threading
from pathlib import Path

import redis

from app.embedded_redis import EmbeddedRedis
from bot.model.message import Reply
from bot.storage.motion import keys
from bot.storage.motion.connect import open_sync
from bot.storage.motion.entries import Entry
from bot.storage.motion.ownership import Ownership
from bot.storage.motion.streams import Partitions
from tests.motion.conftest import LEASE_S, MakeWorker, accept, pause, said, until


def drain(worker: Partitions, count: int) -> list[Entry]:
    done = []
    while len(done) < count:
        entry = worker.next(5)
        assert entry is not None
        done.append(entry)
        worker.finish(entry, None)
    return done


def elsewhere(citizen: str) -> str:
    """Return a citizen of another stream."""
    number = keys.partition(citizen)
    return next(f"other-{i}" for i in range(100) if keys.partition(f"other-{i}") != number)


def test_one_worker_gets_everything_in_the_order_of_each_citizen(
    url: str, worker: MakeWorker
) -> None:
    accept(url, *[(f"{citizen}|{i}", citizen) for i in range(5) for citizen in ("a", "b", "c")])
    only = worker("w1")

    done = drain(only, 15)

    for citizen in ("a", "b", "c"):
        own = [entry.message.key for entry in done if entry.message.citizen == citizen]
        assert own == [f"{citizen}|{i}" for i in range(5)]
    assert only.depth() == 0
    assert only.next(0) is None


def test_a_message_that_arrives_while_one_waits_is_handed_out(url: str, worker: MakeWorker) -> None:
    only = worker("w1")
    assert only.next(0) is None
    sender = threading.Timer(0.1, accept, [url, ("m1", "a")])
    sender.start()

    entry = only.next(10)

    assert entry is not None
    assert entry.message.key == "m1"
    sender.join()


def test_a_stream_with_a_long_queue_does_not_keep_others_waiting(
    url: str, worker: MakeWorker
) -> None:
    other = elsewhere("a")
    accept(url, *[(f"a|{i}", "a") for i in range(20)], ("late", other))

    first = drain(worker("w1"), 2)

    assert {entry.message.citizen for entry in first} == {"a", other}


def test_the_second_of_a_stream_waits_for_the_first(url: str, worker: MakeWorker) -> None:
    accept(url, ("m1", "a"), ("m2", "a"))
    only = worker("w1")
    first = only.next(5)
    assert first is not None

    assert only.next(0.05) is None
    only.finish(first, None)

    second = only.next(5)
    assert second is not None
    assert (first.message.key, second.message.key) == ("m1", "m2")


def test_the_end_of_a_turn_offers_its_answer_tells_the_console_and_removes_its_entry(
    url: str, worker: MakeWorker, client: redis.Redis
) -> None:
    accept(url, ("first", "citizen-a"), ("second", "citizen-a"))
    mine = worker("w1")
    browser = client.pubsub(ignore_subscribe_messages=True)
    browser.subscribe(keys.LIVE)
    browser.get_message(timeout=1)
    for key, reply in (("first", Reply("好的")), ("second", None)):
        entry = mine.next(2.0)
        assert entry is not None
        assert entry.message.key == key
        mine.finish(entry, reply, news=[f"news of {key}"] if reply else [])
    heard = [browser.get_message(timeout=0.5) for _ in range(2)]
    assert [h and h["data"] for h in heard] in (["news of first", None], [b"news of first", None])
    assert mine.depth() == 0
    told = json.loads(client.hget(keys.answer("first"), "reply"))
    assert Reply.from_dict(told) == Reply("好的")
    assert client.hget(keys.answer("second"), "reply") in ("none", b"none")
    assert not client.hlen(keys.FAILURES)


def test_an_unacknowledged_entry_comes_again_to_the_next_owner(
    url: str, worker: MakeWorker
) -> None:
    accept(url, ("m1", "a"), ("m2", "a"))
    gone = worker("w1")
    assert gone.next(5) is not None
    gone.release_all()

    assert [entry.message.key for entry in drain(worker("w2"), 2)] == ["m1", "m2"]


def test_workers_share_fairly_and_a_newcomer_gets_its_part(url: str, worker: MakeWorker) -> None:
    workers = [worker("w1")]
    workers[0].next(0)
    assert len(workers[0].owned) == 64
    workers += [worker("w2"), worker("w3")]
    for each in workers:
        each.next(0)

    until(lambda: sorted(len(each.owned) for each in workers) == [21, 21, 22])

    assert frozenset.union(*(each.owned for each in workers)) == frozenset(range(64))


def test_a_newcomer_is_given_a_stream_that_is_not_in_hand(
    url: str, client: redis.Redis, worker: MakeWorker
) -> None:
    client.xadd(keys.stream(0), {"message": said("m1").to_json()})
    busy, other = worker("w1", count=2), worker("w2", count=2)
    entry = busy.next(5)
    assert entry is not None
    assert busy.owned == {0, 1}
    other.next(0)

    until(lambda: busy.owned == {0})
    until(lambda: other.owned == {1})

    assert busy.still_mine(entry)


def test_a_dead_workers_messages_are_taken_over(url: str, worker: MakeWorker) -> None:
    accept(url, ("m1", "a"), ("m2", "a"))
    # A worker that took everything and fell silent: no thread beats for it.
    Ownership(open_sync(url), "dead", count=64, lease_s=LEASE_S).tend()
    heir = worker("w2")

    assert [entry.message.key for entry in drain(heir, 2)] == ["m1", "m2"]


def test_one_that_is_stuck_though_its_heart_beats_loses_its_citizens(
    url: str, worker: MakeWorker
) -> None:
    stuck, other = worker("stuck", stalled_s=0.5), worker("other")
    assert stuck.next(0.1) is None  # and asks for nothing any more
    accept(url, *((f"m{i}", f"citizen {i}") for i in range(8)))
    assert len(drain(other, 8)) == 8
    assert stuck.next(0.1) is None  # awake again, it takes part again
    until(lambda: len(stuck.owned) == len(other.owned) == keys.PARTITIONS // 2)


def test_a_paused_worker_knows_that_its_entry_is_no_longer_its_own(
    url: str, worker: MakeWorker
) -> None:
    accept(url, ("m1", "a"))
    paused = worker("w1")
    entry = paused.next(5)
    assert entry is not None
    assert paused.still_mine(entry)
    pause(paused)
    heir = worker("w2")

    again = heir.next(10)

    assert again is not None
    assert again.message == entry.message
    assert not paused.still_mine(entry)


def test_a_worker_that_wakes_up_hands_out_nothing_that_others_own(
    url: str, worker: MakeWorker
) -> None:
    paused = worker("w1")
    assert paused.next(0) is None
    pause(paused)
    heir = worker("w2")
    heir.next(0)
    until(lambda: len(heir.owned) == 64)
    accept(url, ("m1", "a"))

    assert paused.next(0.1) is None
    assert len(drain(heir, 1)) == 1


def test_failures_are_counted_over_workers_and_go_with_the_entry(
    url: str, client: redis.Redis, worker: MakeWorker
) -> None:
    accept(url, ("m1", "a"))
    first = worker("w1")
    entry = first.next(5)
    assert entry is not None
    assert entry.failures == 0
    assert first.failed(entry) == 1
    again = first.next(5)
    assert again is not None
    assert again.failures == 1
    assert first.failed(again) == 2
    first.release_all()
    second = worker("w2")
    last = second.next(5)
    assert last is not None
    assert last.failures == 2

    second.finish(last, None)

    assert client.hlen(keys.FAILURES) == 0


def test_a_failed_message_rests_and_others_go_on(url: str, worker: MakeWorker) -> None:
    other = elsewhere("a")
    accept(url, ("bad", "a"), ("good", other))
    only = worker("w1")
    seen = []
    for _ in range(2):
        entry = only.next(5)
        assert entry is not None
        seen.append(entry.message.key)
        if entry.message.key == "bad":
            only.failed(entry)
        else:
            only.finish(entry, None)

    assert sorted(seen) == ["bad", "good"]
    again = only.next(5)
    assert again is not None
    assert again.message.key == "bad"


def test_what_is_put_back_comes_again_without_a_failure(url: str, worker: MakeWorker) -> None:
    accept(url, ("m1", "a"))
    only = worker("w1")
    entry = only.next(5)
    assert entry is not None
    only.put_back(entry)

    assert only.next(5) == entry


def test_a_worker_that_ends_with_an_entry_in_hand_leaves_its_mark(
    url: str, worker: MakeWorker
) -> None:
    """Else a message that ends its worker would end one after the other, for ever."""
    accept(url, ("m1", "a"), ("m2", "a"))
    for deaths in range(3):
        dying = worker(f"w{deaths}")
        entry = dying.next(10)
        assert entry is not None
        assert (entry.message.key, entry.failures) == ("m1", deaths)
        pause(dying)  # and is never heard of again

    heir = worker("w3")
    entry = heir.next(10)
    assert entry is not None
    assert entry.failures == 3
    heir.park(entry, "killer")
    [behind] = drain(heir, 1)
    assert (behind.message.key, behind.failures) == ("m2", 0)


def test_what_is_put_back_while_redis_is_away_is_uncounted_later(
    tmp_path: Path,
) -> None:
    server = EmbeddedRedis(tmp_path / "own")
    accept(server.start(), ("m1", "a"))
    only = Partitions(open_sync(server.url), "w1", lease_s=LEASE_S)
    for _ in range(4):
        entry = only.next(10)
        assert entry is not None
        assert entry.failures == 0
        server.stop()
        only.put_back(entry)
        server.start()
    only.release_all()
    server.stop()


def test_a_parked_message_is_kept_aside_and_blocks_nobody(
    url: str, client: redis.Redis, worker: MakeWorker
) -> None:
    accept(url, ("bad", "a"), ("good", "a"))
    only = worker("w1")
    entry = only.next(5)
    assert entry is not None
    only.failed(entry)
    entry = only.next(5)
    assert entry is not None
    only.park(entry, "failed")

    assert [done.message.key for done in drain(only, 1)] == ["good"]
    [(_, parked)] = client.xrange(keys.PARKED)
    assert (parked["reason"], parked["failures"]) == ("failed", "2")
    assert entry.message.to_json() == parked["message"]


def test_an_entry_nobody_can_read_is_parked_and_blocks_nobody(
    url: str, client: redis.Redis, worker: MakeWorker
) -> None:
    client.xadd(keys.stream(keys.partition("a")), {"message": '{"key": 1'})
    accept(url, ("good", "a"))

    assert [done.message.key for done in drain(worker("w1"), 1)] == ["good"]
    [(_, parked)] = client.xrange(keys.PARKED)
    assert parked["reason"] == "unreadable"


def test_next_survives_a_server_that_is_away(tmp_path) -> None:
    lost = Partitions(open_sync(f"unix://{tmp_path}/nothing.sock"), "w1")

    assert lost.next(0.1) is None
    lost.release_all()
