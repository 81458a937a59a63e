"""The engine: what each kind of failure leads to, when it is tried again, and when not any more."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import timedelta
from typing import Any

import pytest

from bot.model.delivery import SCHEDULES, Delivery, DeliveryKind, DeliveryState
from bot.model.errors import Duplicate, Permanent, RetryLater, WindowClosed
from bot.ports import Unavailable
from bot.record import Record
from bot.services.deliver import Deliverer, Postponed
from tests.builders import NOON, SetClock, make_delivery
from tests.services.fakes import ScriptedHandler

BUSY = RetryLater("wechat", "-1", "busy")
LOST = RetryLater("wechat", "timeout", "no answer", outcome_unknown=True)


class Desk:
    """A record, an engine with one handler, and the one delivery it is about."""

    def __init__(self, record: Record, clock: SetClock, handler: ScriptedHandler) -> None:
        self.record, self.clock, self.handler = record, clock, handler
        self.engine = Deliverer(record, {kind.value: handler for kind in DeliveryKind}, clock)

    def run(self, delivery: Delivery | None = None) -> Delivery:
        if delivery is not None:
            with self.record.unit() as unit:
                unit.deliveries.add(delivery)
        self.engine.run_once()
        return self.now()

    def run_later(self, **span: float) -> Delivery:
        self.clock.pass_(**span)
        return self.run()

    def now(self, key: str = "d1") -> Delivery:
        with self.record.unit() as unit:
            found = unit.deliveries.by_key(key)
        assert found is not None
        return found

    def die_sending(self, delivery: Delivery) -> None:
        """Claim it like a sender that ends before it can write anything down."""
        with self.record.unit() as unit:
            unit.deliveries.add(delivery)
            unit.deliveries.claim(delivery.id)
        self.clock.pass_(seconds=61)


@pytest.fixture
def desk(record: Record, clock: SetClock) -> Desk:
    return Desk(record, clock, ScriptedHandler())


def desk_with(desk: Desk, *outcomes: object, is_told: bool = True) -> Desk:
    return Desk(desk.record, desk.clock, ScriptedHandler(*outcomes, is_told=is_told))


class TestOutcomes:
    def test_what_went_out_is_sent_once(self, desk: Desk) -> None:
        assert desk.run(make_delivery()).state is DeliveryState.SENT
        assert desk.run_later(days=1).attempts == 1
        assert desk.handler.carried == ["d1"]

    def test_a_state_set_by_the_handler_stays(self, desk: Desk) -> None:
        desk = desk_with(desk, DeliveryState.HELD)
        assert desk.run(make_delivery()).state is DeliveryState.HELD

    @pytest.mark.parametrize(
        ("error", "state"),
        [
            (Duplicate("backend", "409", "there"), DeliveryState.SENT),
            (WindowClosed("wechat", "45015", "48 h"), DeliveryState.HELD),
            (Permanent("wechat", "40003", "no such user"), DeliveryState.FAILED),
            (BUSY, DeliveryState.RETRY),
        ],
    )
    def test_each_kind_of_error_has_its_end(
        self, desk: Desk, error: Exception, state: DeliveryState
    ) -> None:
        found = desk_with(desk, error).run(make_delivery())
        assert found.state is state
        assert found.error == f"{error.remote} {error.code}"  # type: ignore[attr-defined]
        assert found.lease_until is None

    def test_an_error_is_gone_once_it_went_out(self, desk: Desk) -> None:
        desk = desk_with(desk, BUSY)
        desk.run(make_delivery())
        found = desk.run_later(seconds=5)
        assert (found.state, found.error, found.attempts) == (DeliveryState.SENT, "", 2)

    @pytest.mark.parametrize("reason", [Postponed(7), Unavailable("redis")])
    def test_what_was_not_tried_counts_no_attempt(self, desk: Desk, reason: Exception) -> None:
        found = desk_with(desk, reason).run(make_delivery())
        wait = 7 if isinstance(reason, Postponed) else 1
        assert (found.state, found.attempts) == (DeliveryState.RETRY, 0)
        assert found.due_at == NOON + timedelta(seconds=wait)

    def test_one_that_fails_stops_none_behind_it(self, desk: Desk) -> None:
        desk = desk_with(desk, Permanent("wechat", "1", "x"), BUSY)
        with desk.record.unit() as unit:
            for key in ("d1", "d2", "d3"):
                unit.deliveries.add(make_delivery(key))
        assert desk.engine.run_once() == 3
        assert desk.now("d3").state is DeliveryState.SENT


class TestDeadSenders:
    def test_what_ends_its_senders_is_set_aside_for_a_person(self, desk: Desk) -> None:
        desk = desk_with(desk, is_told=False)
        desk.run(make_delivery(trail=["orphaned"] * 9))
        assert desk.now().state is DeliveryState.SENT
        desk.run(make_delivery("d2", trail=["orphaned"] * 10))
        found = desk.now("d2")
        assert (found.state, found.error) == (DeliveryState.FAILED, "its senders died")
        assert desk.handler.carried == ["d1"]

    def test_who_leaves_while_it_is_sent_gets_no_words_back(self, desk: Desk) -> None:
        class Leaving:
            is_told = True

            def carry_out(self, delivery: Delivery) -> None:
                with desk.record.unit() as unit:
                    unit.deliveries.withhold("c1")

        left = Deliverer(desk.record, {"notice": Leaving()}, desk.clock)
        with desk.record.unit() as unit:
            unit.deliveries.add(make_delivery(payload={"text": "路灯修好了"}))
        assert left.run_once() == 1
        assert (desk.now().state, desk.now().payload) == (DeliveryState.WITHHELD, {})


class TestSchedules:
    @pytest.mark.parametrize("kind", list(DeliveryKind))
    def test_steps_grow_and_the_last_one_repeats(self, desk: Desk, kind: DeliveryKind) -> None:
        desk = desk_with(desk, *[BUSY] * 20, is_told=kind in ("reply", "notice"))
        found = desk.run(make_delivery(kind=kind))
        steps = SCHEDULES[kind].steps_s
        for expected in [*steps, steps[-1]]:
            assert found.state is DeliveryState.RETRY
            assert (found.due_at - desk.clock.now()).total_seconds() == expected
            found = desk.run_later(seconds=expected)
        assert list(steps) == sorted(steps)

    def test_the_remote_may_ask_for_more_time(self, desk: Desk) -> None:
        error = RetryLater("backend", "429", "slow down", retry_after_s=90)
        assert desk_with(desk, error).run(make_delivery()).due_at == NOON + timedelta(seconds=90)

    @pytest.mark.parametrize(
        ("kind", "is_told", "state"),
        [
            (DeliveryKind.NOTICE, True, DeliveryState.HELD),
            (DeliveryKind.REPLY, True, DeliveryState.HELD),
            (DeliveryKind.FILING, False, DeliveryState.FAILED),
            (DeliveryKind.MEDIA, False, DeliveryState.FAILED),
        ],
    )
    def test_giving_up_holds_what_can_still_be_told_and_fails_the_rest(
        self, desk: Desk, kind: DeliveryKind, is_told: bool, state: DeliveryState
    ) -> None:
        desk = desk_with(desk, BUSY, BUSY, is_told=is_told)
        desk.run(make_delivery(kind=kind))
        assert desk.run_later(days=7, seconds=1).state is state

    def test_a_filing_is_still_tried_on_the_sixth_day(self, desk: Desk) -> None:
        desk = desk_with(desk, BUSY, BUSY, is_told=False)
        desk.run(make_delivery(kind=DeliveryKind.FILING))
        assert desk.run_later(days=6).state is DeliveryState.RETRY


class TestUnknownOutcome:
    def test_what_a_citizen_reads_is_repeated_at_most_once(self, desk: Desk) -> None:
        desk = desk_with(desk, LOST, LOST)
        assert desk.run(make_delivery()).state is DeliveryState.RETRY
        found = desk.run_later(seconds=5)
        assert (found.state, found.repeats) == (DeliveryState.FAILED, 1)
        assert found.error == "outcome unknown twice"
        assert desk.run_later(days=1).attempts == 2

    def test_a_repeat_that_arrives_is_marked(self, desk: Desk) -> None:
        desk = desk_with(desk, LOST)
        desk.run(make_delivery())
        found = desk.run_later(seconds=5)
        assert (found.state, found.repeats, found.trail) == (DeliveryState.SENT, 1, ["unknown"])

    def test_what_no_citizen_reads_is_repeated_with_the_handlers_knowledge(
        self, desk: Desk
    ) -> None:
        desk = desk_with(desk, LOST, LOST, LOST, is_told=False)
        desk.run(make_delivery(kind=DeliveryKind.FILING))
        for _ in range(2):
            found = desk.run_later(minutes=1)
        assert found.state is DeliveryState.RETRY
        assert found.trail == ["unknown"] * 3
        assert desk.run_later(minutes=1).state is DeliveryState.SENT

    def test_a_dead_senders_message_is_repeated_once(self, desk: Desk) -> None:
        desk.die_sending(make_delivery())
        found = desk.run()
        assert (found.state, found.repeats) == (DeliveryState.SENT, 1)
        assert found.trail[0] == "orphaned"

    def test_the_repeat_of_a_dead_senders_message_may_be_put_off(self, desk: Desk) -> None:
        """Being busy or too early is no unknown outcome: the message must not be thrown away for it."""
        desk = desk_with(desk, Postponed(1), BUSY)
        desk.die_sending(make_delivery())
        assert desk.run().state is DeliveryState.RETRY
        assert desk.run_later(seconds=1).state is DeliveryState.RETRY
        found = desk.run_later(seconds=3)
        assert (found.state, found.repeats) == (DeliveryState.SENT, 1)

    def test_two_dead_senders_end_it(self, desk: Desk) -> None:
        desk.die_sending(make_delivery())
        with desk.record.unit() as unit:
            first = unit.deliveries.claim(1)
            assert first is not None
            first.repeats = 1  # its sender wrote so, and died while repeating
            first.state = DeliveryState.IN_FLIGHT
            first.lease_until = desk.clock.now()
            unit.deliveries.save(first)
        found = desk.run_later(seconds=61)
        assert (found.state, found.error) == (DeliveryState.FAILED, "outcome unknown twice")
        assert desk.handler.carried == []


class AwayFor:
    """A record that is away whenever something is saved, so many times."""

    def __init__(self, record: Record, times: int) -> None:
        self._record = record
        self._saves = 0
        self._times = times

    @contextmanager
    def unit(self) -> Iterator[Any]:
        with self._record.unit() as unit:
            before = unit.deliveries.by_key("d1")
            yield unit
            after = unit.deliveries.by_key("d1")
            is_save = before is not None and before.state is DeliveryState.IN_FLIGHT
            if is_save and after is not None and after.lease_until is None:
                self._saves += 1
                if self._saves <= self._times:
                    raise Unavailable("record: gone")

    def reading(self) -> AbstractContextManager[Any]:
        return self._record.reading()


class TestARecordThatIsAwayAfterTheSend:
    def run(self, desk: Desk, clock: SetClock, times: int) -> None:
        away: Any = AwayFor(desk.record, times)
        engine = Deliverer(
            away, {"notice": desk.handler}, clock, pause=lambda s: clock.pass_(seconds=s)
        )
        with desk.record.unit() as unit:
            unit.deliveries.add(make_delivery())
        engine.run_once()

    def test_what_is_known_is_written_down_later(self, desk: Desk, clock: SetClock) -> None:
        self.run(desk, clock, 5)
        assert desk.now().state is DeliveryState.SENT
        assert desk.run_later(minutes=5).repeats == 0
        assert desk.handler.carried == ["d1"]

    def test_but_not_after_the_claim_may_have_ended(self, desk: Desk, clock: SetClock) -> None:
        with pytest.raises(Unavailable):
            self.run(desk, clock, 1000)
        assert desk.now().state is DeliveryState.IN_FLIGHT
        assert clock.now() - NOON < timedelta(seconds=60)
