"""Values keep what they are through serialising, and the office's times are the citizen's."""

from __future__ import annotations

import dataclasses
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from app.settings import ROOT
from bot.model.delivery import SCHEDULES, DeliveryKind, Schedule
from bot.model.draft import Draft
from bot.model.message import (
    Consent,
    Datum,
    Inbound,
    Kind,
    MediaRef,
    Option,
    Point,
    Receipt,
    Reply,
)
from bot.model.office import Office
from tests.builders import NOON, make_message

_OFFICE = yaml.safe_load((ROOT / "catalog" / "office.yml").read_text(encoding="utf-8"))


def office(**values: Any) -> Office:
    return Office.parse(_OFFICE | values)


class TestMessages:
    @pytest.mark.parametrize(
        "message",
        [
            make_message("两行\n“引号”😀"),
            make_message("", kind=Kind.LOCATION, point=Point(30.2, 120.1, Datum.WGS84, "西湖")),
            make_message("", kind=Kind.IMAGE, media=MediaRef("id", "image", "jpg", "http://x")),
            make_message("", kind=Kind.RECEIPT, receipts=(Receipt("7", "T", False, "refused"),)),
            make_message("", kind=Kind.CONSENT, consents=(Consent("T", True),)),
            make_message("1", option="0712", menu="m", scene="lamp", allowance="message"),
        ],
    )
    def test_a_message_survives_the_stream(self, message: Inbound) -> None:
        assert Inbound.from_json(message.to_json()) == message
        assert Inbound.from_json(message.to_json().encode()) == message

    @given(st.text(max_size=50))
    def test_any_text_survives_the_stream(self, text: str) -> None:
        message = make_message(text.encode("utf-8", "ignore").decode())
        assert Inbound.from_json(message.to_json()) == message

    def test_a_reply_survives_a_json_column(self) -> None:
        reply = Reply("哪一类？", (Option("0712", "路灯"), Option("0713", "道路")))
        assert Reply.from_dict(reply.to_dict()) == reply
        assert Reply.from_dict({"text": "x"}) == Reply("x")

    def test_only_what_is_said_expects_an_answer(self) -> None:
        silent = {kind for kind in Kind if not kind.is_said}
        assert silent == {Kind.UNFOLLOW, Kind.CONSENT, Kind.RECEIPT, Kind.IGNORED}


class TestDraft:
    def test_a_draft_survives_its_slot_without_what_is_unset(self) -> None:
        draft = Draft(said=["路灯不亮"], place="文二路", misunderstood=2)
        assert draft.to_dict() == {"said": ["路灯不亮"], "place": "文二路", "misunderstood": 2}
        assert Draft.from_dict(draft.to_dict()) == draft
        assert Draft.from_dict(None) == Draft()

    def test_a_draft_of_another_version_is_read(self) -> None:
        assert Draft.from_dict({"place": "文二路", "gone": 1}) == Draft(place="文二路")

    def test_two_drafts_share_nothing(self) -> None:
        Draft().said.append("x")
        assert Draft().said == []

    def test_the_summary_stands_on_one_line(self) -> None:
        assert Draft(details=["路灯不亮。", " ", "三天了，"]).summary() == "路灯不亮；三天了"


class TestSchedules:
    def test_every_kind_has_one(self) -> None:
        assert set(SCHEDULES) == set(DeliveryKind)

    def test_steps_then_the_last_step_then_the_end(self) -> None:
        schedule = Schedule((1, 5), timedelta(minutes=1))
        due = [schedule.next_due(n, NOON, NOON) for n in (0, 1, 2, 3, 99)]
        assert [(d - NOON).seconds for d in due if d] == [1, 1, 5, 5, 5]
        late = NOON + timedelta(minutes=1)
        assert schedule.next_due(1, late, NOON) is None
        assert schedule.next_due(1, late - timedelta(seconds=1), NOON) is not None


class TestOffice:
    @pytest.mark.parametrize(
        ("days", "hours"),
        [
            ([1, 2, 3, 4, 5], "工作日 8:30–18:00"),
            (range(1, 8), "每天 8:30–18:00"),
            ([6, 7], "周六、日 8:30–18:00"),
        ],
    )
    def test_hours_as_a_citizen_reads_them(self, days: Any, hours: str) -> None:
        assert office(duty=_OFFICE["duty"] | {"days": list(days)}).hours() == hours

    @pytest.mark.parametrize(
        ("utc", "open_"),
        [
            ((2026, 11, 23, 0, 30), True),  # Monday 8:30
            ((2026, 11, 23, 0, 29), False),
            ((2026, 11, 23, 9, 59), True),
            ((2026, 11, 23, 10, 0), False),
            ((2026, 11, 22, 23, 0), False),  # Monday 7:00, still Sunday in UTC
            ((2026, 11, 21, 4, 0), False),  # Saturday noon
        ],
    )
    def test_duty_is_in_the_offices_own_time(self, utc: tuple[int, ...], open_: bool) -> None:
        assert office().is_open(datetime(*utc, tzinfo=timezone.utc)) is open_  # type: ignore[misc, arg-type]

    def test_days_and_stamps_are_the_citizens(self) -> None:
        late = datetime(2026, 11, 22, 16, 5, tzinfo=timezone.utc)
        assert (office().day(late), office().stamp(late)[-11:]) == ("261123", "11-23 00:05")

    @pytest.mark.parametrize("prefix", ["hz", "HANGZ", "", "杭州", "H2"])
    def test_a_bad_receipt_prefix_is_refused(self, prefix: str) -> None:
        with pytest.raises(ValueError, match="receipt_prefix"):
            office(receipt_prefix=prefix)

    @pytest.mark.parametrize("field", sorted(_OFFICE))
    def test_a_missing_field_is_named(self, field: str) -> None:
        with pytest.raises(ValueError, match=f"{field} is missing"):
            Office.parse({k: v for k, v in _OFFICE.items() if k != field})


def test_values_cannot_be_changed() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        make_message().text = "x"  # type: ignore[misc]
