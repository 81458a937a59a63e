"""What `bot.record.Deliveries` promises, on both databases."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.model.delivery import Delivery, DeliveryKind, DeliveryState
from bot.record import Record
from tests.builders import NOON, SetClock, make_delivery
from tests.storage.racing import Race


def add(record: Record, *wanted: Delivery) -> list[int]:
    with record.unit() as unit:
        assert all(unit.deliveries.add(delivery) for delivery in wanted)
    return [delivery.id for delivery in wanted]


def due(record: Record) -> list[int]:
    with record.unit() as unit:
        return unit.deliveries.due()


def claim(record: Record, delivery_id: int) -> Delivery | None:
    with record.unit() as unit:
        return unit.deliveries.claim(delivery_id)


class TestAdding:
    def test_a_key_is_taken_once(self, record: Record) -> None:
        add(record, make_delivery("d1", payload={"text": "先"}))
        with record.unit() as unit:
            assert unit.deliveries.add(make_delivery("d1", payload={"text": "后"})) is False
            assert unit.deliveries.add(make_delivery("d2")) is True
            assert unit.deliveries.by_key("d1").payload == {"text": "先"}  # type: ignore[union-attr]
            assert unit.deliveries.by_key("d3") is None

    def test_of_several_adders_at_once_one_adds(self, record: Record) -> None:
        def adder() -> bool:
            with record.unit() as unit:
                return unit.deliveries.add(make_delivery("d1"))

        assert sorted(Race(adder, adder, adder).run()) == [False, False, True]

    def test_all_of_it_is_kept(self, record: Record) -> None:
        full = make_delivery(
            complaint_id="k1",
            state=DeliveryState.RETRY,
            attempts=2,
            repeats=1,
            rung="custom",
            error="wechat -1",
            remote_id="777",
            trail=["unknown"],
        )
        add(record, full)
        with record.unit() as unit:
            found = unit.deliveries.by_key("d1")
        full.created_at = NOON
        assert found == full

    def test_what_came_back_finds_its_delivery(self, record: Record) -> None:
        add(
            record,
            make_delivery("old", rung="bizsend", remote_id="1"),
            make_delivery("new", rung="bizsend", remote_id="2"),
            make_delivery("other", rung="bizsend", conversation_id="c2"),
        )
        with record.unit() as unit:
            assert unit.deliveries.by_remote_id("1").key == "old"  # type: ignore[union-attr]
            assert unit.deliveries.by_remote_id("") is None
            assert unit.deliveries.by_remote_id("3") is None
            assert unit.deliveries.latest_by_rung("c1", "bizsend").key == "new"  # type: ignore[union-attr]
            assert unit.deliveries.latest_by_rung("c1", "template") is None


class TestDue:
    def test_oldest_first_and_only_what_is_due(self, record: Record) -> None:
        later, first, second, _ = add(
            record,
            make_delivery("later", due_at=NOON + timedelta(seconds=1)),
            make_delivery("first", due_at=NOON - timedelta(minutes=2), state=DeliveryState.RETRY),
            make_delivery("second", due_at=NOON),
            make_delivery("offered", due_at=NOON, state=DeliveryState.OFFERED),
        )
        assert due(record) == [first, second]
        with record.unit() as unit:
            assert unit.deliveries.due(limit=1) == [first]
            assert unit.deliveries.count_by_state() == {
                "queued": 2,
                "retry": 1,
                "offered": 1,
            }
        assert later not in due(record)

    def test_nothing_waits_in_an_empty_record(self, record: Record) -> None:
        with record.unit() as unit:
            assert unit.deliveries.due() == []

    def test_the_kinds_of_which_something_is_due(self, record: Record) -> None:
        add(
            record,
            make_delivery("d1", kind=DeliveryKind.NOTICE),
            make_delivery("d2", kind=DeliveryKind.NOTICE),
            make_delivery("d3", kind=DeliveryKind.FILING),
            make_delivery("d4", kind=DeliveryKind.MEDIA, due_at=NOON + timedelta(hours=1)),
            make_delivery("d5", kind=DeliveryKind.REPLY, state=DeliveryState.OFFERED),
        )
        with record.reading() as unit:
            assert unit.deliveries.kinds_due() == {"notice", "filing"}


class TestSettling:
    def offer(self, record: Record, *keys: str) -> list[int]:
        made = [
            make_delivery(k, kind=DeliveryKind.REPLY, state=DeliveryState.OFFERED) for k in keys
        ]
        return add(record, *made)

    def test_each_gets_what_became_of_it(self, record: Record) -> None:
        told, untaken, waits = self.offer(record, "d1", "d2", "d3")
        with record.unit() as unit:
            assert [d.id for d in unit.deliveries.offered(limit=2)] == [told, untaken]
            soon = NOON + timedelta(seconds=1)
            unit.deliveries.settle(told=[told], untaken=[untaken], later={waits: soon})
        with record.unit() as unit:
            found = unit.deliveries.states(["d1", "d2", "d3"])
            assert (found["d1"].state, found["d1"].rung) == (DeliveryState.SENT, "passive")
            assert found["d2"].state is DeliveryState.QUEUED
            assert (found["d3"].state, found["d3"].due_at) == (DeliveryState.OFFERED, soon)
            assert unit.deliveries.due() == [untaken]
            assert unit.deliveries.offered(limit=9) == []

    def test_one_that_was_told_otherwise_meanwhile_stays_so(self, record: Record) -> None:
        ids = self.offer(record, "d1", "d2", "d3")
        with record.unit() as unit:
            for delivery_id in ids:
                taken = unit.deliveries.claim(delivery_id)
                taken.state, taken.rung = DeliveryState.SENT, "reply"  # type: ignore[union-attr]
                unit.deliveries.save(taken)  # type: ignore[arg-type]
        with record.unit() as unit:
            unit.deliveries.settle(told=ids[:1], untaken=ids[1:2], later={ids[2]: NOON})
        with record.unit() as unit:
            assert unit.deliveries.due() == unit.deliveries.offered(limit=9) == []
            assert {d.rung for d in unit.deliveries.states(["d1", "d2", "d3"]).values()} == {
                "reply"
            }


class TestClaiming:
    def test_one_of_two_senders_gets_it(self, record: Record) -> None:
        for number in range(5):
            (delivery_id,) = add(record, make_delivery(f"d{number}"))

            def sender(wanted: int = delivery_id) -> bool:
                return claim(record, wanted) is not None

            assert sorted(Race(sender, sender).run()) == [False, True]

    def test_a_claim_counts_the_attempt_and_hides_the_delivery(self, record: Record) -> None:
        (delivery_id,) = add(record, make_delivery())
        claimed = claim(record, delivery_id)
        assert claimed is not None
        assert (claimed.attempts, claimed.trail) == (1, [])
        assert due(record) == []
        assert claim(record, delivery_id) is None
        assert claim(record, 4711) is None

    def test_a_dead_senders_claim_ends_and_the_next_is_told(
        self, record: Record, clock: SetClock
    ) -> None:
        (delivery_id,) = add(record, make_delivery())
        claim(record, delivery_id)
        clock.pass_(seconds=59)
        assert (due(record), claim(record, delivery_id)) == ([], None)
        clock.pass_(seconds=2)
        assert due(record) == [delivery_id]
        again = claim(record, delivery_id)
        assert again is not None
        assert (again.attempts, again.trail) == (2, ["orphaned"])
        assert claim(record, delivery_id) is None

    def test_one_of_two_heirs_gets_what_a_dead_sender_left(
        self, record: Record, clock: SetClock
    ) -> None:
        (delivery_id,) = add(record, make_delivery())
        claim(record, delivery_id)
        clock.pass_(minutes=2)

        def heir() -> bool:
            return claim(record, delivery_id) is not None

        assert sorted(Race(heir, heir).run()) == [False, True]

    @pytest.mark.parametrize(
        "state",
        [DeliveryState.SENT, DeliveryState.HELD, DeliveryState.FAILED, DeliveryState.WITHHELD],
    )
    def test_what_is_done_or_held_is_not_claimed(
        self, record: Record, state: DeliveryState
    ) -> None:
        (delivery_id,) = add(record, make_delivery(state=state))
        assert claim(record, delivery_id) is None


class TestHolding:
    def test_held_news_comes_oldest_first_for_this_citizen(self, record: Record) -> None:
        held = DeliveryState.HELD
        add(
            record,
            make_delivery("a", state=held, due_at=NOON + timedelta(days=1)),
            make_delivery("b", state=held),
            make_delivery("c", state=held, conversation_id="c2"),
            make_delivery("d"),
        )
        with record.unit() as unit:
            assert [d.key for d in unit.deliveries.held("c1")] == ["a", "b"]

    def test_untold_is_what_is_held_or_waits_and_is_in_nobodys_hands(self, record: Record) -> None:
        states = {s.value: s for s in DeliveryState}
        rows = [make_delivery(name, state=state) for name, state in states.items()]
        rows.append(make_delivery("filing", kind=DeliveryKind.FILING))
        rows.append(make_delivery("another's", conversation_id="c2"))
        with record.unit() as unit:
            for row in rows:
                unit.deliveries.add(row)
            untold = {d.key for d in unit.deliveries.untold("c1")}
        assert untold == {"offered", "queued", "retry", "held"}

    def test_a_citizen_who_left_is_told_nothing_more_but_cases_are_filed(
        self, record: Record
    ) -> None:
        filing = DeliveryKind.FILING
        add(
            record,
            make_delivery("notice"),
            make_delivery("held", state=DeliveryState.HELD),
            make_delivery("reply", kind=DeliveryKind.REPLY, state=DeliveryState.OFFERED),
            make_delivery("sent", state=DeliveryState.SENT),
            make_delivery("answer", kind=DeliveryKind.ANSWER),
            make_delivery("answered", kind=DeliveryKind.ANSWER, state=DeliveryState.SENT),
            make_delivery("filing", kind=filing),
            make_delivery("other", conversation_id="c2"),
        )
        wanted = {
            "notice": "withheld",
            "held": "withheld",
            "reply": "withheld",
            "sent": "sent",
            "answer": "withheld",
            "answered": "sent",
            "filing": "queued",
            "other": "queued",
        }
        with record.unit() as unit:
            unit.deliveries.withhold("c1")
            found = unit.deliveries.states(wanted)
        assert {key: delivery.state.value for key, delivery in found.items()} == wanted
        told = [key for key, delivery in found.items() if delivery.payload]
        assert sorted(told) == ["filing", "other"]


class TestHeldAnswers:
    HELD = DeliveryState.HELD
    ANSWER = DeliveryKind.ANSWER

    def test_they_are_tried_again_in_their_order(self, record: Record, clock: SetClock) -> None:
        later = NOON + timedelta(days=1)
        first, second, third = add(
            record,
            make_delivery("a", kind=self.ANSWER, state=self.HELD, due_at=later, attempts=4),
            make_delivery("b", kind=self.ANSWER, state=DeliveryState.RETRY, due_at=later),
            make_delivery(
                "c", kind=self.ANSWER, state=self.HELD, trail=["unknown", "no custom: 4"]
            ),
        )
        clock.pass_(minutes=5)
        with record.unit() as unit:
            assert unit.deliveries.requeue_held("c1", "answer") == 3
            found = [unit.deliveries.by_key(key) for key in "abc"]
        facts = {(d.state, d.due_at, d.attempts) for d in found if d is not None}
        assert facts == {(DeliveryState.QUEUED, clock.now(), 0)}
        assert due(record) == [first, second, third]
        with record.unit() as unit:
            assert unit.deliveries.requeue_held("c1", "answer") == 0

    def test_what_would_be_refused_again_and_what_is_another_matter_stays(
        self, record: Record
    ) -> None:
        kept = {
            "refused": make_delivery(
                "refused", kind=self.ANSWER, state=self.HELD, trail=["unknown", "custom: 48001"]
            ),
            "notice": make_delivery("notice", state=self.HELD),
            "others": make_delivery(
                "others", kind=self.ANSWER, state=self.HELD, conversation_id="c2"
            ),
            "failed": make_delivery("failed", kind=self.ANSWER, state=DeliveryState.FAILED),
        }
        add(record, *kept.values())
        before = {key: delivery.state for key, delivery in kept.items()}
        with record.unit() as unit:
            assert unit.deliveries.requeue_held("c1", "answer") == 0
            found = unit.deliveries.states(kept)
        assert {key: delivery.state for key, delivery in found.items()} == before

    def test_the_newest_of_a_kind_is_this_citizens(self, record: Record) -> None:
        add(
            record,
            make_delivery("old", kind=self.ANSWER),
            make_delivery("new", kind=self.ANSWER, due_at=NOON - timedelta(days=1)),
            make_delivery("notice"),
            make_delivery("others", kind=self.ANSWER, conversation_id="c2"),
        )
        with record.unit() as unit:
            found = unit.deliveries.latest_of_kind("c1", "answer")
            assert found is not None
            assert found.key == "new"
            assert unit.deliveries.latest_of_kind("c1", "reply") is None

    def test_states_of_many_keys_are_found_at_once(self, record: Record) -> None:
        add(record, *(make_delivery(f"d{number}") for number in range(501)))
        with record.unit() as unit:
            found = unit.deliveries.states([f"d{number}" for number in range(-700, 501)])
            assert unit.deliveries.states([]) == {}
        assert set(found) == {f"d{number}" for number in range(501)}
        assert all(key == delivery.key for key, delivery in found.items())


def test_a_cases_deliveries_of_a_kind_come_in_the_order_they_were_stored(record: Record) -> None:
    with record.unit() as unit:
        for key, case, kind in (
            ("b", "k1", DeliveryKind.AMENDMENT),
            ("a", "k1", DeliveryKind.AMENDMENT),
            ("c", "k1", DeliveryKind.FILING),
            ("d", "k2", DeliveryKind.AMENDMENT),
        ):
            unit.deliveries.add(make_delivery(key, kind=kind, complaint_id=case))
    with record.unit() as unit:
        found = unit.deliveries.of_complaint("k1", DeliveryKind.AMENDMENT.value)
    assert [delivery.key for delivery in found] == ["b", "a"]
