"""What became of answers offered to callbacks, found out for many at a time."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.model.delivery import Delivery, DeliveryKind, DeliveryState
from bot.model.message import Reply
from bot.ports import Settled, Unavailable
from bot.record import Record
from bot.services.settling import Settler, first_look
from bot.storage.motion.answers import QUIET_S
from tests.builders import NOON, SetClock, make_delivery
from tests.services.fakes import FixedAnswers, KeptEvents

PASSIVE, WAIT, OPEN = Settled.PASSIVE, Settled.WAIT, Settled.OPEN


class Counter:
    """A record with answers on offer, due two seconds after they were given."""

    def __init__(self, record: Record, clock: SetClock) -> None:
        self.record, self.clock, self.live = record, clock, KeptEvents()

    def offer(self, *keys: str) -> None:
        with self.record.unit() as unit:
            for key in keys:
                unit.deliveries.add(
                    make_delivery(
                        f"reply:{key}",
                        kind=DeliveryKind.REPLY,
                        state=DeliveryState.OFFERED,
                        due_at=NOON + timedelta(seconds=2),
                        payload={"reply": Reply("在哪里？").to_dict(), "answers": key},
                    )
                )

    def look(self, *verdicts: Settled) -> int:
        return Settler(self.record, FixedAnswers(*verdicts), self.clock, self.live).run_once()

    def find(self, key: str) -> Delivery:
        with self.record.unit() as unit:
            found = unit.deliveries.by_key(f"reply:{key}")
        assert found is not None
        return found


@pytest.fixture
def counter(record: Record, clock: SetClock) -> Counter:
    return Counter(record, clock)


def test_nothing_is_looked_at_before_its_time(counter: Counter) -> None:
    counter.offer("m1")
    assert counter.look(PASSIVE) == 0
    assert counter.find("m1").state is DeliveryState.OFFERED


def test_each_of_many_gets_what_became_of_it(counter: Counter) -> None:
    counter.offer("m1", "m2", "m3")
    counter.clock.pass_(seconds=2)
    assert counter.look(PASSIVE, OPEN, WAIT) == 2
    told, untaken, waits = (counter.find(key) for key in ("m1", "m2", "m3"))
    assert (told.state, told.rung) == (DeliveryState.SENT, "passive")
    assert untaken.state is DeliveryState.QUEUED
    assert waits.state is DeliveryState.OFFERED
    assert counter.live.changes() == ["c1"]


def test_while_a_callback_may_still_come_it_is_looked_at_when_that_can_be_known(
    counter: Counter,
) -> None:
    counter.offer("m1")
    counter.clock.pass_(seconds=2)
    counter.look(WAIT)
    assert counter.find("m1").due_at == NOON + timedelta(seconds=6.5)
    counter.clock.pass_(seconds=4.5)
    counter.look(WAIT)  # and then soon again
    assert counter.find("m1").due_at == counter.clock.now() + timedelta(seconds=1)
    assert counter.find("m1").attempts == 0


def test_without_redis_all_stay_on_offer(counter: Counter) -> None:
    class Away(FixedAnswers):
        def settle_many(self, keys: object) -> list[Settled]:
            raise Unavailable("redis")

    counter.offer("m1")
    counter.clock.pass_(seconds=2)
    with pytest.raises(Unavailable):
        Settler(counter.record, Away(), counter.clock).run_once()
    assert counter.find("m1").state is DeliveryState.OFFERED


def test_an_answer_to_fresh_words_is_first_looked_at_when_it_counts_as_told() -> None:
    now = NOON + timedelta(seconds=1)
    assert first_look(NOON, now) - now > timedelta(seconds=QUIET_S)


def test_an_answer_that_no_callback_may_wait_for_any_more_is_looked_at_soon() -> None:
    now = NOON + timedelta(minutes=1)
    assert first_look(NOON, now) - now == timedelta(seconds=2)
