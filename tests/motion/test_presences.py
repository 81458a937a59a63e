"""Who of the staff is there, over all machines, judged by Redis' clock."""

from __future__ import annotations

import pytest
import redis

from bot.model.staff import Presence
from bot.ports import Unavailable
from bot.storage.motion import keys
from bot.storage.motion.connect import open_sync
from bot.storage.motion.presences import ALIVE_S, BEAT_S, RedisPresences

READY, AWAY = Presence.READY, Presence.AWAY


@pytest.fixture
def presences(client: redis.Redis) -> RedisPresences:
    return RedisPresences(client)


def milliseconds(client: redis.Redis) -> float:
    seconds, micros = client.time()
    return seconds * 1000 + micros / 1000


def age(client: redis.Redis, number: str, seconds: float) -> None:
    """Let a member's last beat be older."""
    client.zincrby(keys.STAFF_SEEN, -seconds * 1000, number)


def test_a_beat_makes_one_there_and_ready(presences: RedisPresences) -> None:
    assert presences.present() == {}
    presences.beat("301")
    presences.beat("302", READY)
    presences.beat("303", AWAY)
    assert presences.present() == {"301": READY, "302": READY, "303": AWAY}


def test_all_machines_see_the_same(url: str, presences: RedisPresences) -> None:
    other = open_sync(url)
    presences.beat("301", AWAY)
    assert RedisPresences(other).present() == {"301": AWAY}
    other.close()


def test_a_beat_that_says_nothing_changes_no_word(presences: RedisPresences) -> None:
    presences.beat("301", AWAY)
    presences.beat("301")
    assert presences.present() == {"301": AWAY}
    presences.beat("301", READY)
    presences.beat("301")
    assert presences.present() == {"301": READY}


def test_a_beat_counts_for_three_and_a_bit(client: redis.Redis, presences: RedisPresences) -> None:
    before = milliseconds(client)
    presences.beat("301")
    until = client.zscore(keys.STAFF_SEEN, "301")
    assert before + ALIVE_S * 1000 - 1 <= until <= milliseconds(client) + ALIVE_S * 1000
    assert ALIVE_S > 3 * BEAT_S
    age(client, "301", 3 * BEAT_S)
    assert presences.present() == {"301": READY}
    age(client, "301", 1)
    assert presences.present() == {}


def test_who_comes_back_after_having_been_gone_is_ready(
    client: redis.Redis, presences: RedisPresences
) -> None:
    presences.beat("301", AWAY)
    age(client, "301", ALIVE_S + 1)
    presences.beat("301")
    assert presences.present() == {"301": READY}


def test_but_not_if_they_come_back_saying_that_they_are_away(
    client: redis.Redis, presences: RedisPresences
) -> None:
    presences.beat("301", AWAY)
    age(client, "301", ALIVE_S + 1)
    presences.beat("301", AWAY)
    assert presences.present() == {"301": AWAY}


class TestLeaving:
    def test_one_is_gone_after_the_grace(
        self, client: redis.Redis, presences: RedisPresences
    ) -> None:
        presences.beat("301")
        presences.leaving("301", grace_s=7)
        assert presences.present() == {"301": READY}
        age(client, "301", 7)
        assert presences.present() == {}

    def test_without_grace_at_once(self, presences: RedisPresences) -> None:
        presences.beat("301")
        presences.leaving("301", grace_s=0)
        assert presences.present() == {}

    def test_another_window_of_theirs_keeps_them(
        self, client: redis.Redis, presences: RedisPresences
    ) -> None:
        presences.beat("301", AWAY)
        presences.leaving("301", grace_s=7)
        presences.beat("301")
        age(client, "301", 8)
        assert presences.present() == {"301": AWAY}

    def test_it_never_makes_a_stay_longer(
        self, client: redis.Redis, presences: RedisPresences
    ) -> None:
        presences.beat("301")
        age(client, "301", ALIVE_S - 1)
        presences.leaving("301", grace_s=60)
        age(client, "301", 1)
        assert presences.present() == {}

    def test_nor_anybody_appear(self, presences: RedisPresences) -> None:
        presences.leaving("301", grace_s=60)
        assert presences.present() == {}


def test_without_a_server_nobody_knows_who_is_there(tmp_path) -> None:
    nowhere = RedisPresences(open_sync(f"unix://{tmp_path}/nothing.sock"))
    for call in (
        nowhere.present,
        lambda: nowhere.beat("301"),
        lambda: nowhere.leaving("301", grace_s=1),
    ):
        with pytest.raises(Unavailable):
            call()
