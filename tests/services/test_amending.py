"""What citizens say of a filed case reaches the backend once, in order, and never before the case itself."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from bot.model.backend import Amendment, CitizenAct
from bot.model.delivery import DeliveryKind, DeliveryState
from bot.model.errors import Permanent, RetryLater
from bot.record import Record
from bot.services import amending
from bot.services.amending import AmendmentHandler, Word
from bot.services.deliver import Deliverer
from tests.builders import NOON, SetClock, make_complaint, make_medium
from tests.services.fakes import PlainSealer, RecordingBackend

LOST = RetryLater("backend", "timeout", "no answer", outcome_unknown=True)


class Desk:
    """A record with one case, the backend, and the engine that carries citizens' words to it."""

    def __init__(self, record: Record, backend: RecordingBackend, clock: SetClock) -> None:
        self.record, self.backend, self.clock = record, backend, clock
        handler = AmendmentHandler(
            record,
            backend,
            clock=clock,
            sealer=PlainSealer(),
            media_url=lambda medium_id: f"https://example.org/media/{medium_id}",
        )
        self._deliverer = Deliverer(record, {"amendment": handler}, clock)

    def open(self, **values: Any) -> None:
        with self.record.unit() as unit:
            unit.complaints.add(make_complaint(**{"backend_id": "B-1", "stage": "filed"} | values))

    def order(self, update_id: str = "w1", **values: Any) -> None:
        wait = values.pop("wait", timedelta(0))
        word = Word(
            **{"act": CitizenAct.MATERIAL, "text": "昨晚又来了"} | values, update_id=update_id
        )
        with self.record.unit() as unit:
            case = unit.complaints.get("k1")
            assert case is not None
            amending.order(unit, case, word, self.clock.now(), wait=wait)

    def run(self, **later: float) -> list[Amendment]:
        self.clock.pass_(**later)
        self._deliverer.run_once()
        return self.backend.amendments

    def change(self, **values: Any) -> None:
        with self.record.unit() as unit:
            case = unit.complaints.get("k1", lock=True)
            assert case is not None
            for name, value in values.items():
                setattr(case, name, value)
            unit.complaints.save(case)

    def state(self, update_id: str = "w1") -> DeliveryState:
        with self.record.unit() as unit:
            found = amending.ordered(unit, update_id)
        assert found is not None
        return found.state


@pytest.fixture
def desk(record: Record, backend: RecordingBackend, clock: SetClock) -> Desk:
    return Desk(record, backend, clock)


class TestWhatIsSent:
    def test_the_words_with_their_numbers_opened(self, desk: Desk) -> None:
        sealed = {"136****0123": PlainSealer().seal("13655550123")}
        desk.open(sealed=sealed)
        desk.order(text="电话136****0123")
        assert desk.run() == [Amendment("w1", "B-1", CitizenAct.MATERIAL, NOON, "电话13655550123")]
        assert desk.state() is DeliveryState.SENT

    def test_what_the_citizen_left_behind_stays_masked(self, desk: Desk) -> None:
        desk.open()
        desk.order(text="电话136****0123")
        assert desk.run()[0].description == "电话136****0123"

    def test_pictures_are_links_once_their_bytes_are_here(self, desk: Desk) -> None:
        desk.open()
        with desk.record.unit() as unit:
            unit.media.add(make_medium("p1"))
        desk.order(media=("p1",))
        assert desk.run() == []
        with desk.record.unit() as unit:
            unit.media.store_bytes("p1", b"x", "image/jpeg")
        assert desk.run(seconds=2)[0].media_urls == ("https://example.org/media/p1",)

    def test_pictures_are_not_waited_for_long(self, desk: Desk) -> None:
        desk.open()
        with desk.record.unit() as unit:
            unit.media.add(make_medium("p1"))
        desk.order(media=("p1",))
        assert len(desk.run(seconds=16)[0].media_urls) == 1

    def test_long_words_fit_the_backend(self, desk: Desk) -> None:
        desk.open()
        desk.order(text="长" * 5000)
        assert len(desk.run()[0].description) == 4000


class TestWhen:
    def test_never_before_the_case(self, desk: Desk) -> None:
        desk.open(backend_id="", stage="confirmed")
        desk.order()
        assert desk.run() == []
        assert desk.run(minutes=10) == []
        desk.change(backend_id="B-9", stage="filed")
        assert [a.service_request_id for a in desk.run(minutes=2)] == ["B-9"]

    def test_a_case_that_owes_its_number_is_waited_for(self, desk: Desk) -> None:
        desk.open(backend_id="", backend_token="t")
        desk.order()
        assert desk.run() == []
        assert desk.state() is DeliveryState.RETRY

    @pytest.mark.parametrize(
        ("values", "days"), [({"stage": "filed"}, 0), ({"stage": "confirmed"}, 8)]
    )
    def test_a_case_that_never_gets_one_is_a_persons_business(
        self, desk: Desk, values: dict[str, Any], days: float
    ) -> None:
        desk.open(backend_id="", **values)
        desk.order()
        assert desk.run(days=days) == []
        assert desk.state() is DeliveryState.FAILED

    def test_in_the_order_they_were_said(self, desk: Desk) -> None:
        desk.open()
        desk.order("w1")
        desk.order("w2")
        desk.backend.fails = RetryLater("backend", "503", "later")
        assert desk.run() == []
        desk.backend.fails = None
        desk.run(seconds=1)  # the second is due, the first not yet
        assert desk.backend.amendments == []
        desk.run(seconds=60)
        desk.run(seconds=2)
        assert [a.update_id for a in desk.backend.amendments] == ["w1", "w2"]

    def test_what_was_refused_holds_nothing_up(self, desk: Desk) -> None:
        desk.open()
        desk.order("w1")
        desk.backend.fails = Permanent("backend", "400", "没有这个编号")
        desk.run()
        desk.backend.fails = None
        desk.order("w2")
        assert [a.update_id for a in desk.run(seconds=2)] == ["w2"]
        assert desk.state("w1") is DeliveryState.FAILED


class TestOnce:
    def test_an_unknown_outcome_is_repeated_with_the_same_key(self, desk: Desk) -> None:
        desk.open()
        desk.order()
        desk.backend.fails = LOST
        desk.run()
        desk.backend.fails = None
        assert [a.update_id for a in desk.run(seconds=5)] == ["w1"]

    def test_the_same_key_is_ordered_once(self, desk: Desk) -> None:
        desk.open()
        desk.order("w1")
        desk.order("w1", text="again")
        assert [a.description for a in desk.run()] == ["昨晚又来了"]


class TestWaiting:
    def test_a_word_may_be_changed_while_it_waits(self, desk: Desk) -> None:
        desk.open()
        desk.order(
            "v", act=CitizenAct.VERDICT, wait=timedelta(minutes=30), verdict={"solved": "yes"}
        )
        assert desk.run(minutes=5) == []
        with desk.record.unit() as unit:
            found = amending.ordered(unit, "v")
            assert found is not None
            assert amending.change(
                unit, found, due_at=desk.clock.now(), verdict={"solved": "yes", "degree": "5"}
            )
        assert desk.run()[0].verdict == {"solved": "yes", "degree": "5"}
        with desk.record.unit() as unit:
            sent = amending.ordered(unit, "v")
            assert sent is not None
            assert not amending.change(unit, sent, due_at=NOON, verdict={})

    def test_it_goes_by_itself_when_nothing_more_is_said(self, desk: Desk) -> None:
        desk.open()
        desk.order(
            "v", act=CitizenAct.VERDICT, wait=timedelta(minutes=30), verdict={"solved": "no"}
        )
        assert [a.verdict for a in desk.run(minutes=31)] == [{"solved": "no"}]

    def test_a_later_word_sends_it_off(self, desk: Desk) -> None:
        desk.open()
        desk.order(
            "v", act=CitizenAct.VERDICT, wait=timedelta(minutes=30), verdict={"solved": "no"}
        )
        desk.order("r", act=CitizenAct.REDO)
        desk.run()
        assert [a.update_id for a in desk.run(seconds=2)] == ["v", "r"]


def test_the_kind_is_its_own(desk: Desk) -> None:
    desk.open()
    desk.order()
    with desk.record.unit() as unit:
        (delivery,) = unit.deliveries.of_complaint("k1", DeliveryKind.AMENDMENT.value)
    assert (delivery.key, delivery.conversation_id) == ("amend:w1", "c1")
