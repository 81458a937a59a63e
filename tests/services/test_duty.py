"""When staff are there: the office's hours until others are set, for all machines, and who takes citizens."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, time, timedelta

import pytest
import sqlalchemy as sa

from app.catalog import Catalog
from bot.model.staff import Presence
from bot.record import Record
from bot.services import duty
from bot.services.duty import DutyTimes
from tests.builders import NOON, SetClock
from tests.services.fakes import SetPresences

MONDAY, SATURDAY = date(2026, 11, 23), date(2026, 11, 28)


def set_hours(record: Record, catalog: Catalog, **values: object) -> None:
    hours = replace(duty.hours_of(catalog.office), **values)  # type: ignore[arg-type]
    with record.unit() as unit:
        duty.set_hours(unit, hours)


class TestHours:
    def test_without_others_the_shipped_ones_hold(self, record: Record, catalog: Catalog) -> None:
        with record.reading() as unit:
            assert duty.office_now(unit, catalog.office) == catalog.office

    def test_set_ones_change_when_staff_are_there_and_nothing_else(
        self, record: Record, catalog: Catalog
    ) -> None:
        set_hours(record, catalog, opens=time(13), closes=time(20, 30), days=frozenset({1, 6}))
        with record.reading() as unit:
            office = duty.office_now(unit, catalog.office)
        assert office.hours() == "周一、六 13:00–20:30"
        assert not office.is_open(NOON)
        assert office.is_open(NOON + timedelta(hours=1))
        shipped = duty.hours_of(catalog.office)
        same = replace(office, opens=shipped.opens, closes=shipped.closes, days=shipped.days)
        assert same == catalog.office

    @pytest.mark.parametrize(
        ("values", "day", "is_open"),
        [
            ({}, 0, True),
            ({"closed": frozenset({MONDAY})}, 0, False),
            ({"closed": frozenset({MONDAY})}, 7, True),
            ({}, 5, False),
            ({"opened": frozenset({SATURDAY})}, 5, True),
            ({"opened": frozenset({SATURDAY})}, 12, False),
            ({"closed": frozenset({SATURDAY}), "opened": frozenset({SATURDAY})}, 5, True),
        ],
    )
    def test_single_days_come_before_the_week(
        self,
        record: Record,
        catalog: Catalog,
        values: dict[str, object],
        day: int,
        is_open: bool,
    ) -> None:
        set_hours(record, catalog, **values)
        with record.reading() as unit:
            office = duty.office_now(unit, catalog.office)
        assert office.is_open(NOON + timedelta(days=day)) is is_open

    def test_hours_set_are_the_hours_read(self, record: Record, catalog: Catalog) -> None:
        set_hours(record, catalog, closed=frozenset({MONDAY, SATURDAY}))
        with record.reading() as unit:
            read = duty.hours_of(duty.office_now(unit, catalog.office))
        assert read == replace(duty.hours_of(catalog.office), closed={MONDAY, SATURDAY})


class TestDutyTimes:
    def test_others_are_followed_after_some_seconds(
        self, record: Record, catalog: Catalog, clock: SetClock
    ) -> None:
        times = DutyTimes(record, catalog.office, clock)
        assert times.is_open()
        set_hours(record, catalog, closed=frozenset({MONDAY}))
        clock.pass_(seconds=9)
        assert times.is_open()  # the record is not asked for each emergency
        clock.pass_(seconds=1)
        assert not times.is_open()

    def test_the_clock_goes_on_without_the_record(
        self, record: Record, catalog: Catalog, clock: SetClock
    ) -> None:
        times = DutyTimes(record, catalog.office, clock)
        clock.time = NOON.replace(hour=9, minute=59, second=59)
        assert times.is_open()
        clock.pass_(seconds=1)
        assert not times.is_open()

    def test_the_last_hours_known_hold_while_the_record_is_away(
        self, record: Record, engine: sa.engine.Engine, catalog: Catalog, clock: SetClock
    ) -> None:
        set_hours(record, catalog, closed=frozenset({MONDAY}))
        times = DutyTimes(record, catalog.office, clock)
        assert not times.is_open()
        with engine.begin() as connection:
            connection.execute(sa.text("ALTER TABLE document RENAME TO gone"))
        clock.pass_(minutes=1)
        assert not times.is_open()


class TestReady:
    def test_only_who_takes_citizens_counts(self) -> None:
        presences = SetPresences()
        presences.come("301", "302")
        presences.come("303", presence=Presence.AWAY)
        assert duty.ready(presences) == {"301", "302"}

    def test_nobody_does_while_it_cannot_be_known(self) -> None:
        presences = SetPresences()
        presences.come("301")
        presences.is_down = True
        assert duty.ready(presences) == set()
