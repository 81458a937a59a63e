"""Times that begin and end something, and that an office can be open to the end of the day, or all of it."""

from __future__ import annotations

from datetime import datetime, time, timezone

import pytest

from bot.model.hours import (
    MIDNIGHT,
    is_span,
    is_within,
    overlap,
    read_begin,
    read_end,
    span_name,
)
from bot.model.office import Office
from bot.model.staff import DutyHours
from tests.model import test_values as values


@pytest.mark.parametrize(
    ("words", "read"),
    [("8:30", time(8, 30)), (" 08:05 ", time(8, 5)), ("18：00", time(18)), ("0:00", MIDNIGHT)],
)
def test_a_time_is_read_as_people_type_it(words: str, read: time) -> None:
    assert read_begin(words) == read
    assert read_end(words) == read


@pytest.mark.parametrize(
    "words", ["", "8", "8.30", "8:3", "25:00", "24:01", "8:60", "上午", "８:30"]
)
def test_what_is_no_time_is_refused(words: str) -> None:
    for read in (read_begin, read_end):
        with pytest.raises(ValueError):  # noqa: PT011
            read(words)


def test_only_an_end_may_be_24() -> None:
    assert read_end("24:00") == MIDNIGHT
    with pytest.raises(ValueError, match="hour"):
        read_begin("24:00")


@pytest.mark.parametrize(
    ("begins", "ends", "is_one", "name"),
    [
        (time(8, 30), time(18), True, "8:30–18:00"),
        (time(18), MIDNIGHT, True, "18:00–24:00"),
        (MIDNIGHT, MIDNIGHT, True, "24 小时"),
        (MIDNIGHT, time(8), True, "0:00–8:00"),
        (time(18), time(8), False, "18:00–8:00"),
        (time(9), time(9), False, "9:00–9:00"),
    ],
)
def test_a_span_lies_in_one_day(begins: time, ends: time, is_one: bool, name: str) -> None:
    assert is_span(begins, ends) is is_one
    assert span_name(begins, ends) == name


@pytest.mark.parametrize(
    ("moment", "within"),
    [(time(17, 59), False), (time(18), True), (time(23, 59, 59, 999999), True), (time(0), False)],
)
def test_an_end_at_midnight_is_the_end_of_the_day(moment: time, within: bool) -> None:
    assert is_within(moment, time(18), MIDNIGHT) is within


@pytest.mark.parametrize(
    ("first", "second", "shared"),
    [
        ((time(8), time(12)), (time(12), time(18)), False),
        ((time(8), time(12, 1)), (time(12), time(18)), True),
        ((time(8), MIDNIGHT), (time(23), MIDNIGHT), True),
        ((MIDNIGHT, MIDNIGHT), (time(3), time(4)), True),
        ((MIDNIGHT, time(8)), (time(8), MIDNIGHT), False),
    ],
)
def test_two_spans_share_a_moment_or_not(
    first: tuple[time, time], second: tuple[time, time], shared: bool
) -> None:
    assert overlap(first, second) is shared
    assert overlap(second, first) is shared


class TestOffice:
    def office(self, opens: str, closes: str, days: tuple[int, ...] = (1, 2, 3, 4, 5)) -> Office:
        duty = {"opens": opens, "closes": closes, "days": list(days)}
        return values.office(duty=duty)

    def test_it_is_open_all_day_every_day(self) -> None:
        office = self.office("00:00", "24:00", tuple(range(1, 8)))
        assert office.hours() == "每天 24 小时"
        for hour in range(24):
            assert office.is_open(datetime(2026, 11, 22, hour, 0, tzinfo=timezone.utc))
            assert office.is_open(datetime(2026, 11, 22, hour, 59, 59, tzinfo=timezone.utc))

    @pytest.mark.parametrize("closes", ["24:00", "00:00"])
    def test_it_is_open_to_the_end_of_the_day_and_not_a_moment_of_the_next(
        self, closes: str
    ) -> None:
        office = self.office("8:30", closes, (1,))
        assert office.hours() == "周一 8:30–24:00"
        monday_night = datetime(2026, 11, 23, 15, 59, 59, tzinfo=timezone.utc)
        assert office.is_open(monday_night)
        assert not office.is_open(datetime(2026, 11, 23, 16, 0, tzinfo=timezone.utc))

    def test_hours_that_end_before_they_begin_are_refused(self) -> None:
        with pytest.raises(ValueError, match="closes must be later"):
            self.office("18:00", "8:00")


def test_hours_to_the_end_of_the_day_are_kept() -> None:
    hours = DutyHours(time(0), MIDNIGHT, frozenset({1}))
    assert DutyHours.from_dict(hours.to_dict()) == hours
