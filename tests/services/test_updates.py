"""Updates: stored once, told once, verbatim, and never moving a case back in time."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from app.catalog import Catalog
from app.phrases import DomainPhrases
from bot.model.backend import CitizenAct
from bot.model.complaint import Complaint
from bot.model.delivery import Delivery, DeliveryKind
from bot.model.errors import RetryLater
from bot.record import Record
from bot.services import amending
from bot.services.amending import Word
from bot.services.updates import UpdatePoller, UpdateTaker
from tests.builders import NOON, SetClock, make_complaint, make_update
from tests.services.fakes import RecordingBackend


class Newsroom:
    """A record with one filed complaint, the taker of updates and the poller."""

    def __init__(
        self, record: Record, taker: UpdateTaker, backend: RecordingBackend, clock: SetClock
    ) -> None:
        self.record, self.taker, self.backend, self.clock = record, taker, backend, clock
        self.poller = UpdatePoller(taker, backend, few=0)  # a busy backend
        with record.unit() as unit:
            unit.complaints.add(make_complaint(backend_id="B-1", receipt="HZ-1", stage="filed"))

    def take(self, update_id: str = "u1", **values: Any) -> bool:
        return self.taker.take(make_update(update_id, **values))

    def poll(self, **later: float) -> int:
        self.clock.pass_(**later)
        return self.poller.poll()

    @property
    def complaint(self) -> Complaint:
        with self.record.unit() as unit:
            found = unit.complaints.get("k1")
        assert found is not None
        return found

    def notices(self) -> list[Delivery]:
        with self.record.unit() as unit:
            found = [unit.deliveries.claim(number) for number in unit.deliveries.due()]
        return [delivery for delivery in found if delivery is not None]

    def texts(self) -> list[str]:
        return [str(notice.payload["text"]) for notice in self.notices()]


@pytest.fixture
def room(
    record: Record,
    catalog: Catalog,
    phrases: DomainPhrases,
    clock: SetClock,
    backend: RecordingBackend,
) -> Newsroom:
    taker = UpdateTaker(record, catalog.statuses, catalog.office, phrases, clock)
    return Newsroom(record, taker, backend, clock)


class TestTaking:
    def test_an_update_moves_the_case_and_is_told_verbatim(self, room: Newsroom) -> None:
        text = "已派单！\n预计明天<修复>{不是占位符}"
        assert room.take(description=text)
        found = room.complaint
        assert (found.status, found.stage, found.status_at) == ("in_progress", "in_progress", NOON)
        assert found.status_text == text
        (notice,) = room.notices()
        assert notice.kind is DeliveryKind.NOTICE
        assert (notice.conversation_id, notice.complaint_id) == ("c1", "k1")
        assert text in notice.payload["text"]
        assert "HZ-1" in notice.payload["text"]
        assert "11-23 12:00 办理中" in notice.payload["text"]

    def test_the_short_form_fits_a_notice_template(self, room: Newsroom) -> None:
        room.take()
        short = room.notices()[0].payload["short"]
        assert (short["number"], short["status"]) == ("HZ-1", "办理中")
        assert short["time"].endswith("11-23 12:00")
        assert all(0 < len(value) <= 20 for value in short.values())

    def test_without_words_the_state_alone_is_told(self, room: Newsroom) -> None:
        room.take(description="")
        assert room.texts()[0].splitlines()[-1] == "11-23 12:00 办理中"

    def test_the_same_update_again_changes_and_tells_nothing(self, room: Newsroom) -> None:
        assert room.take()
        assert not room.take(description="改过的字", status="closed")
        assert room.complaint.status == "in_progress"
        assert len(room.notices()) == 1

    def test_an_update_for_a_case_that_is_not_ours_is_passed_over(self, room: Newsroom) -> None:
        assert not room.take(service_request_id="B-2")
        assert not room.take(service_request_id="")
        assert room.notices() == []

    def test_a_late_update_is_told_with_its_own_time_and_moves_nothing(
        self, room: Newsroom
    ) -> None:
        room.take("u2", status="fixed", updated_datetime=NOON)
        earlier = NOON - timedelta(hours=3)
        assert room.take("u1", status="open", description="已收到", updated_datetime=earlier)
        assert (room.complaint.status, room.complaint.stage) == ("fixed", "answered")
        assert "11-23 09:00 已受理" in room.texts()[1]

    def test_an_unknown_word_is_told_and_moves_nothing(
        self, room: Newsroom, catalog: Catalog
    ) -> None:
        room.take("u1", status="open")
        assert room.take("u2", status="teleported", updated_datetime=NOON + timedelta(hours=1))
        assert (room.complaint.status, room.complaint.status_at) == ("open", NOON)
        assert catalog.statuses.meaning("teleported").name in room.texts()[1]

    @pytest.mark.parametrize("word", ["CLOSED", " Closed "])
    def test_words_are_read_in_either_case(self, room: Newsroom, word: str) -> None:
        room.take(status=word)
        assert room.complaint.stage == "answered"

    def test_a_reopened_case_is_open_again(self, room: Newsroom) -> None:
        room.take("u1", status="closed")
        room.take("u2", status="open", updated_datetime=NOON + timedelta(days=1))
        assert room.complaint.stage == "received"


class TestPolling:
    def test_news_comes_in_the_order_it_happened(self, room: Newsroom) -> None:
        room.backend.feed = [
            make_update("u2", status="closed", description="二"),
            make_update("u1", description="一", updated_datetime=NOON - timedelta(hours=1)),
        ]
        assert room.poll() == 2
        assert [text.splitlines()[2] for text in room.texts()] == ["一", "二"]
        assert room.complaint.status == "closed"

    def test_the_first_look_reaches_back_two_days_and_a_little_ahead(self, room: Newsroom) -> None:
        room.poll()
        ((start, end),) = room.backend.asked
        assert NOON - start == timedelta(hours=48)
        assert end > NOON  # a backend's clock may be ahead of ours

    def test_later_looks_overlap_and_take_nothing_twice(self, room: Newsroom) -> None:
        room.poll()
        room.backend.feed = [make_update(updated_datetime=NOON - timedelta(minutes=9))]
        assert [room.poll(minutes=1), room.poll(minutes=1)] == [1, 0]
        assert _starts(room) == [NOON - timedelta(minutes=10), NOON - timedelta(minutes=9)]

    def test_after_an_outage_nothing_of_it_is_missed(self, room: Newsroom) -> None:
        room.poll()
        room.backend.fails = RetryLater("backend", "503", "down")
        for _ in range(3):
            with pytest.raises(RetryLater):
                room.poll(hours=2)
        room.backend.fails = None
        room.backend.feed = [make_update(updated_datetime=NOON + timedelta(hours=1))]
        assert room.poll(hours=2) == 1
        assert _starts(room)[-1] == NOON - timedelta(minutes=10)

    def test_once_a_day_the_last_two_days_are_swept(self, room: Newsroom) -> None:
        room.poll()
        for _ in range(24):
            room.poll(hours=1)
        *hourly, daily = _starts(room)
        assert min(hourly) == NOON + timedelta(minutes=-10)
        assert daily == NOON + timedelta(hours=24) - timedelta(hours=48)
        room.poll(hours=1)
        assert _starts(room)[-1] == NOON + timedelta(hours=24) - timedelta(minutes=10)

    def test_a_backend_with_little_to_tell_is_always_asked_two_days_back(
        self, room: Newsroom
    ) -> None:
        room.poller = UpdatePoller(room.taker, room.backend, few=3)
        room.poll()
        room.poll(hours=1)
        room.backend.feed = [make_update(f"u{n}") for n in range(3)]
        assert room.poll(hours=1) == 3
        room.poll(hours=1)
        wide, also_wide, busy = _starts(room)
        assert wide == NOON + timedelta(hours=1 - 48)
        assert also_wide == NOON + timedelta(hours=2 - 48)
        assert busy == NOON + timedelta(hours=2) - timedelta(minutes=10)

    def test_an_update_that_came_before_our_number_is_found_at_the_next_look(
        self, room: Newsroom
    ) -> None:
        number = room.complaint
        with room.record.unit() as unit:
            unit.complaints.save(replace(number, backend_id=""))
        room.backend.feed = [make_update()]
        assert room.poll() == 0
        with room.record.unit() as unit:
            unit.complaints.save(number)
        assert room.poll(minutes=1) == 1

    def test_numbers_still_owed_are_asked_for_first(self, room: Newsroom) -> None:
        with room.record.unit() as unit:
            unit.complaints.save(replace(room_complaint(unit), backend_id="", backend_token="T"))
        room.backend.tokens["T"] = "B-1"
        room.backend.feed = [make_update()]
        assert room.poll() == 1


def room_complaint(unit: Any) -> Complaint:
    found: Complaint = unit.complaints.get("k1")
    return found


def _starts(room: Newsroom) -> list[datetime]:
    """Return from when on each look but the first asked."""
    return [start for start, _ in room.backend.asked[1:]]


class TestFinerNews:
    def test_the_code_wins_over_the_word_and_names_unit_and_due_date(self, room: Newsroom) -> None:
        due = NOON + timedelta(days=5)
        room.take(code="dispatched", agency_responsible="上城区城管局", expected_datetime=due)
        found = room.complaint
        assert (found.status, found.status_code, found.stage) == (
            "in_progress",
            "dispatched",
            "assigned",
        )
        assert (found.agency, found.due_at) == ("上城区城管局", due)
        assert "已转办" in room.texts()[0]

    def test_what_a_later_update_does_not_say_stays(self, room: Newsroom) -> None:
        due = NOON + timedelta(days=5)
        room.take(code="dispatched", agency_responsible="上城区城管局", expected_datetime=due)
        room.take("u2", code="signed")
        assert (room.complaint.agency, room.complaint.due_at) == ("上城区城管局", due)

    def test_an_unknown_code_leaves_it_to_the_word(self, room: Newsroom) -> None:
        room.take(code="hyperspace")
        assert room.complaint.stage == "in_progress"
        assert "办理中" in room.texts()[0]

    def test_an_unknown_word_with_a_known_code_moves_the_case(self, room: Newsroom) -> None:
        room.take(status="zurueckgestellt", code="signed")
        assert room.complaint.stage == "assigned"

    def test_the_steps_are_kept(self, room: Newsroom) -> None:
        room.take(code="signed", agency_responsible="上城区城管局", description="收到")
        with room.record.unit() as unit:
            (step,) = unit.complaints.steps("k1")
        assert (step.code, step.agency, step.text, step.at) == (
            "signed",
            "上城区城管局",
            "收到",
            NOON,
        )


class TestCallback:
    @pytest.mark.parametrize(
        ("status", "code", "asks"),
        [
            ("closed", "replied", True),
            ("in_progress", "replied", True),
            ("fixed", "", True),
            ("closed", "", True),
            ("no_further_action", "", True),
            ("fixed", "hyperspace", True),
            ("duplicate", "", False),
            ("cancelled", "", False),
            ("not_councils_responsibility", "", False),
            ("closed", "closed", False),
            ("closed", "merged", False),
            ("cancelled", "withdrawn", False),
            ("in_progress", "", False),
        ],
    )
    def test_a_reply_is_asked_about(
        self, room: Newsroom, status: str, code: str, asks: bool
    ) -> None:
        room.take(status=status, code=code)
        assert (room.complaint.callback.get("step") == "contacted") is asks
        assert ("联系过您吗" in room.texts()[0]) is asks

    def test_once_when_several_words_end_it(self, room: Newsroom) -> None:
        room.take(status="fixed")
        room.take("u2", status="closed", updated_datetime=NOON + timedelta(hours=1))
        assert room.complaint.callback["round"] == 1
        assert "联系过您吗" not in room.texts()[1]

    def test_again_after_the_next_reply(self, room: Newsroom) -> None:
        room.take(status="closed", code="replied")
        room.take("u2", code="redo", updated_datetime=NOON + timedelta(hours=1))
        assert not room.complaint.callback.get("step")
        room.take("u3", status="closed", code="replied", updated_datetime=NOON + timedelta(hours=2))
        assert (room.complaint.callback["step"], room.complaint.callback["round"]) == (
            "contacted",
            2,
        )

    def test_a_late_reply_asks_nothing(self, room: Newsroom) -> None:
        room.take(code="redo")
        room.take("u0", code="replied", updated_datetime=NOON - timedelta(hours=1))
        assert not room.complaint.callback.get("step")


def test_a_citizens_own_word_is_no_news(room: Newsroom) -> None:
    with room.record.unit() as unit:
        case = unit.complaints.get("k1")
        assert case is not None
        amending.order(unit, case, Word(CitizenAct.MATERIAL, "w1", "昨晚又来了"), NOON)
    assert not room.take("w1", description="昨晚又来了")
    room.backend.feed = [make_update("w1"), make_update("u1")]
    assert room.poll(minutes=1) == 1
