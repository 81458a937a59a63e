"""What is done with is removed after its days, in parts, on both databases; what is still of use stays."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import redis

from app.embedded_redis import EmbeddedRedis
from bot.model.delivery import DeliveryKind, DeliveryState
from bot.model.limits import Keep
from bot.model.staff import StaffSession
from bot.ports import Unavailable
from bot.record import Record
from bot.services import housekeeping
from bot.services.housekeeping import Housekeeping
from bot.storage.motion import keys
from bot.storage.motion.connect import open_sync
from bot.storage.motion.parked import RedisParked
from tests.builders import NOON, SetClock, make_delivery, make_medium

KEEP = Keep(
    sessions=timedelta(days=2),
    parked=timedelta(days=30),
    told=timedelta(days=30),
    media=timedelta(days=30),
)
LONG_AGO, LATELY = NOON - timedelta(days=31), NOON - timedelta(days=29)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedRedis]:
    running = EmbeddedRedis(tmp_path_factory.mktemp("redis"))
    running.start()
    yield running
    running.stop()


@pytest.fixture
def client(server: EmbeddedRedis) -> Iterator[redis.Redis]:
    opened = open_sync(server.url)
    opened.flushall()
    yield opened
    opened.close()


@pytest.fixture
def house(record: Record, clock: SetClock, client: redis.Redis) -> Housekeeping:
    return Housekeeping(record, KEEP, clock, RedisParked(client))


def test_nothing_to_do_is_nothing_done(house: Housekeeping) -> None:
    assert house.run_once() == 0


def test_words_that_were_told_long_ago_go_and_the_rest_of_the_row_stays(
    record: Record, house: Housekeeping
) -> None:
    told = (DeliveryKind.NOTICE, DeliveryKind.REPLY, DeliveryKind.ANSWER)
    with record.unit() as unit:
        for kind, state, at in itertools.product(
            DeliveryKind, DeliveryState, (("old", LONG_AGO), ("new", LATELY))
        ):
            key = f"{kind.value} {state.value} {at[0]}"
            unit.deliveries.add(make_delivery(key, kind=kind, state=state, due_at=at[1], rung="x"))

    assert house.run_once() == len(told)
    assert house.run_once() == 0

    with record.unit() as unit:
        for kind, state, age in itertools.product(DeliveryKind, DeliveryState, ("old", "new")):
            found = unit.deliveries.by_key(f"{kind.value} {state.value} {age}")
            assert found is not None
            is_gone = kind in told and state is DeliveryState.SENT and age == "old"
            assert (found.payload == {}, found.rung, found.state) == (is_gone, "x", state)


def test_pictures_of_nobodys_complaint_go_after_their_days(
    record: Record, house: Housekeeping, clock: SetClock
) -> None:
    with record.unit() as unit:
        for name, at, complaint in (
            ("loose", LONG_AGO, None),
            ("fresh", LATELY, None),
            ("filed", LONG_AGO, "k1"),
        ):
            unit.media.add(make_medium(name, received_at=at, complaint_id=complaint))
            unit.media.store_bytes(name, b"bytes", "image/jpeg")
        unit.media.add(make_medium("never fetched", received_at=LONG_AGO))

    assert house.run_once() == 1
    assert kept(record) == ["fresh", "filed"]
    clock.pass_(days=2)
    assert house.run_once() == 1
    assert kept(record) == ["filed"]
    with record.unit() as unit:
        medium = unit.media.get("loose")
    assert medium is not None
    assert not medium.stored


def kept(record: Record) -> list[str]:
    with record.unit() as unit:
        return [n for n in ("loose", "fresh", "filed") if unit.media.bytes_of(n) == b"bytes"]


def test_much_is_removed_in_parts(
    record: Record, house: Housekeeping, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(housekeeping, "_TOLD_AT_ONCE", 3)
    with record.unit() as unit:
        for n in range(7):
            old = make_delivery(f"d{n}", state=DeliveryState.SENT, due_at=LONG_AGO)
            unit.deliveries.add(old)
    assert house.run_once() == 7


def test_sessions_go_after_their_days(record: Record, house: Housekeeping) -> None:
    with record.unit() as unit:
        for name, age in (("old", 3), ("new", 1)):
            begun = NOON - timedelta(days=age)
            unit.staff.open_session(StaffSession(name, "1024", "n", begun, begun))
    house.run_once()
    with record.unit() as unit:
        assert [session.digest for session in unit.staff.sessions()] == ["new"]


def test_parked_messages_go_after_their_days(house: Housekeeping, client: redis.Redis) -> None:
    for moment in (*[LONG_AGO + timedelta(seconds=n) for n in range(250)], LATELY):
        client.xadd(keys.PARKED, {"message": "m"}, id=f"{int(moment.timestamp() * 1000)}-0")
    assert house.run_once() == 250
    assert client.xlen(keys.PARKED) == 1


def test_redis_that_is_away_is_said_and_the_record_is_tidied_all_the_same(
    record: Record, clock: SetClock, tmp_path: Path
) -> None:
    lost = RedisParked(open_sync(f"unix://{tmp_path}/nothing.sock"))
    with record.unit() as unit:
        unit.deliveries.add(make_delivery(state=DeliveryState.SENT, due_at=LONG_AGO))
    with pytest.raises(Unavailable):
        Housekeeping(record, KEEP, clock, lost).run_once()
    with record.unit() as unit:
        assert unit.deliveries.by_key("d1").payload == {}  # type: ignore[union-attr]
