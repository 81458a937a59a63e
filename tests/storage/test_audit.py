"""What `bot.record.Audit` promises, on both databases: entries stay as they were written."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa

from bot.model.staff import AuditEntry
from bot.record import Record
from tests.builders import NOON

ENTRY = AuditEntry(
    at=NOON,
    number="1007",
    action="phone revealed",
    subject="conversation 3fe1",
    detail="…",
    address="10.0.0.8",
)
CHANGES = {
    "update": "UPDATE audit_entry SET number = 'x'",
    "update of nothing": "UPDATE audit_entry SET detail = detail WHERE id = 1",
    "delete": "DELETE FROM audit_entry",
    "delete one": "DELETE FROM audit_entry WHERE id = 1",
}
ROW = "INTO audit_entry (id, at, number, action, subject, detail, address) VALUES (1, '2026-11-23', 'x', '', '', '', '')"
OWN_CHANGES = {
    "sqlite": [f"INSERT OR REPLACE {ROW}", f"REPLACE {ROW}"],
    "postgresql": [
        "TRUNCATE audit_entry",
        "TRUNCATE audit_entry RESTART IDENTITY CASCADE",
        f"INSERT {ROW} ON CONFLICT (id) DO UPDATE SET number = 'x'",
    ],
}


def write(record: Record, *entries: AuditEntry) -> None:
    with record.unit() as unit:
        for entry in entries:
            unit.audit.add(entry)


def read(record: Record, **wanted: object) -> list[AuditEntry]:
    with record.unit() as unit:
        return unit.audit.entries(**wanted)  # type: ignore[arg-type]


def refused(engine: sa.engine.Engine, statement: str) -> bool:
    try:
        with engine.begin() as connection:
            connection.exec_driver_sql(statement)
    except sa.exc.DBAPIError as error:
        return "only ever added" in str(error)
    return False


def test_all_of_it_is_kept_and_the_id_is_the_records(record: Record) -> None:
    write(record, replace(ENTRY, id=99))
    assert read(record) == [replace(ENTRY, id=1)]


class TestRefusing:
    @pytest.mark.parametrize("change", CHANGES)
    def test_no_statement_changes_or_removes_an_entry(
        self, record: Record, engine: sa.engine.Engine, change: str
    ) -> None:
        write(record, ENTRY)
        assert refused(engine, CHANGES[change])
        assert read(record) == [replace(ENTRY, id=1)]

    def test_nor_do_those_that_only_one_database_knows(
        self, record: Record, engine: sa.engine.Engine, database: str
    ) -> None:
        write(record, ENTRY)
        tried = [refused(engine, statement) for statement in OWN_CHANGES[database]]
        assert tried == [True] * len(OWN_CHANGES[database])
        assert read(record) == [replace(ENTRY, id=1)]

    def test_after_a_refusal_entries_are_written_on(
        self, record: Record, engine: sa.engine.Engine
    ) -> None:
        write(record, ENTRY)
        assert refused(engine, CHANGES["delete"])
        write(record, replace(ENTRY, action="signed in"))
        assert [entry.action for entry in read(record)] == ["signed in", "phone revealed"]


class TestReading:
    def test_a_time_begins_with_its_start_and_ends_before_its_end(self, record: Record) -> None:
        day = timedelta(days=1)
        write(record, *(replace(ENTRY, at=ENTRY.at + n * day, subject=f"s{n}") for n in range(4)))
        start, end = ENTRY.at + day, ENTRY.at + 3 * day
        assert [e.subject for e in read(record, start=start, end=end)] == ["s2", "s1"]

    @pytest.fixture
    def ids(self, record: Record) -> list[int]:
        write(
            record,
            ENTRY,
            replace(ENTRY, number="1008"),
            replace(ENTRY, action="signed in", subject=""),
            replace(ENTRY, subject="complaint k1"),
        )
        ids = [entry.id for entry in read(record)]
        assert ids == sorted(ids, reverse=True)
        assert len(set(ids)) == 4
        return ids

    def test_the_newest_stands_first(self, record: Record, ids: list[int]) -> None:
        assert [e.subject for e in read(record, limit=2)] == ["complaint k1", ""]

    @pytest.mark.parametrize(
        ("wanted", "places"),
        [
            ({"number": "1008"}, [2]),
            ({"action": "signed in"}, [1]),
            ({"subject": "conversation 3fe1"}, [2, 3]),
            ({"subject": "conversation"}, []),
            ({"number": "1007", "action": "phone revealed"}, [0, 3]),
            ({"number": "' OR 1=1 --"}, []),
        ],
    )
    def test_every_word_given_must_fit(
        self, record: Record, ids: list[int], wanted: dict[str, str], places: list[int]
    ) -> None:
        assert [entry.id for entry in read(record, **wanted)] == [ids[n] for n in places]

    def test_pages_follow_each_other(self, record: Record, ids: list[int]) -> None:
        first = [entry.id for entry in read(record, limit=3)]
        second = [entry.id for entry in read(record, limit=3, before_id=first[-1])]
        assert first + second == ids


def test_what_a_browser_sent_does_not_keep_an_entry_from_being_written(record: Record) -> None:
    long = "长" * 400
    write(record, AuditEntry(NOON, long, long, long, "de\0tail" + long, "10.0\0.0.8" + long))
    (entry,) = read(record)
    assert entry.number == "长" * 32
    assert entry.subject == "长" * 120
    assert entry.detail == "detail" + long
    assert entry.address.startswith("10.0.0.8长")
