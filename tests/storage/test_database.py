"""Migrations lead to the tables, a unit is one transaction, and a store that cannot be used says so."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable
from contextlib import closing
from datetime import datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from bot.ports import Unavailable
from bot.record import Record
from bot.storage.database import open_engine, upgrade
from bot.storage.record import SqlRecord
from bot.storage.tables import metadata
from tests.builders import CITIZEN, SetClock, make_complaint, make_line
from tests.storage.conftest import PostgreSQL


def test_migrations_lead_exactly_to_the_tables(engine: sa.engine.Engine) -> None:
    with engine.connect() as connection:
        context = MigrationContext.configure(
            connection,
            opts={"compare_type": True, "version_table": "minsheng_alembic_version"},
        )
        assert compare_metadata(context, metadata) == []
        names = set(sa.inspect(connection).get_table_names())
    assert names == {*metadata.tables, "minsheng_alembic_version"}


def test_upgrading_twice_changes_nothing(new_url: Callable[[], str]) -> None:
    url = new_url()
    upgrade(url)
    engine = open_engine(url)
    with SqlRecord(engine, SetClock()).unit() as unit:
        unit.documents.put("kept", 1)
    upgrade(url)
    with SqlRecord(engine, SetClock()).unit() as unit:
        assert unit.documents.get("kept") == 1
    engine.dispose()


class TestReading:
    def test_an_open_writer_is_not_waited_for_and_not_seen(self, record: Record) -> None:
        with record.unit() as unit:
            unit.documents.put("a", 1)
        with record.unit() as writer:
            writer.documents.put("a", 2)
            with record.reading() as reader:
                assert reader.documents.get("a") == 1
        with record.reading() as reader:
            assert reader.documents.get("a") == 2

    def test_a_reader_keeps_no_writer_waiting_and_sees_one_state(self, record: Record) -> None:
        with record.unit() as unit:
            unit.documents.put("a", 1)
        with record.reading() as reader:
            assert reader.documents.get("a") == 1
            with record.unit() as writer:
                writer.documents.put("a", 2)
                writer.documents.put("b", 2)
            assert reader.documents.get("a") == 1
            assert reader.documents.get("b") is None

    def test_a_write_in_it_fails_and_the_next_unit_writes(self, record: Record) -> None:
        def write() -> None:
            with record.reading() as reader:
                reader.documents.put("a", 1)

        for _ in range(3):  # on connections that are used again
            with pytest.raises((Unavailable, sa.exc.DBAPIError), match=r"(?i)read.?only"):
                write()
            with record.unit() as unit:
                assert unit.documents.get("a") is None
                unit.documents.put("b", 1)

    def test_an_error_in_it_leaves_the_connection_fit_for_writing(self, record: Record) -> None:
        def failing() -> None:
            with record.reading() as reader:
                reader.documents.get("a")
                raise LookupError

        with pytest.raises(LookupError):
            failing()
        with record.unit() as unit:
            unit.documents.put("a", 1)
        with record.reading() as reader:
            assert reader.documents.get("a") == 1

    def test_a_record_that_cannot_be_opened_is_unavailable(self, tmp_path: Path) -> None:
        engine = open_engine(f"sqlite:///{tmp_path / 'no' / 'such.db'}")
        with pytest.raises(Unavailable), SqlRecord(engine, SetClock()).reading():
            pass
        engine.dispose()


def test_a_unit_is_written_together_or_not_at_all(record: Record) -> None:
    def failing() -> None:
        with record.unit() as unit:
            unit.conversations.open("c1", CITIZEN)
            unit.complaints.add(make_complaint())
            unit.documents.put("a", 1)
            raise LookupError

    with pytest.raises(LookupError):
        failing()
    with record.unit() as unit:
        assert unit.conversations.get("c1") is None
        assert unit.complaints.get("k1") is None
        assert unit.documents.get("a") is None


def test_a_naive_time_is_refused(record: Record) -> None:
    naive = datetime(2026, 11, 23, 12, 0)  # noqa: DTZ001
    with pytest.raises(sa.exc.StatementError, match="naive time"), record.unit() as unit:
        unit.conversations.add_line(make_line(at=naive))


class TestUnavailable:
    def test_tables_that_are_not_there(self, tmp_path: Path) -> None:
        engine = open_engine(f"sqlite:///{tmp_path / 'empty.db'}")
        with pytest.raises(Unavailable), SqlRecord(engine, SetClock()).unit() as unit:
            unit.conversations.get("c1")
        engine.dispose()

    def test_a_folder_that_is_not_there(self, tmp_path: Path) -> None:
        engine = open_engine(f"sqlite:///{tmp_path / 'no' / 'such.db'}")
        with pytest.raises(Unavailable), SqlRecord(engine, SetClock()).unit():
            pass

    def test_a_database_that_another_holds_locked(self, tmp_path: Path) -> None:
        path = tmp_path / "record.db"
        url = f"sqlite:///{path}"
        upgrade(url)
        engine = open_engine(url, lock_s=0.05)
        with closing(sqlite3.connect(path, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            with pytest.raises(Unavailable), SqlRecord(engine, SetClock()).unit():
                pass
            other.execute("ROLLBACK")
        with SqlRecord(engine, SetClock()).unit() as unit:
            unit.documents.put("a", 1)
        engine.dispose()

    def test_a_lock_that_is_let_go_is_had_at_once(self, tmp_path: Path) -> None:
        path = tmp_path / "record.db"
        upgrade(f"sqlite:///{path}")
        engine = open_engine(f"sqlite:///{path}", lock_s=20)
        record = SqlRecord(engine, SetClock())
        with closing(sqlite3.connect(path, isolation_level=None, check_same_thread=False)) as other:
            other.execute("BEGIN IMMEDIATE")
            release = threading.Timer(0.3, other.execute, ["ROLLBACK"])
            release.start()
            with record.unit() as unit:
                unit.documents.put("a", 1)
            release.join()
        with record.reading() as unit:
            assert unit.documents.get("a") == 1
        with record.unit() as unit:  # the connection that just read writes again
            unit.documents.put("a", 2)
        engine.dispose()

    def test_a_full_database_takes_nothing_and_keeps_what_it_has(self, tmp_path: Path) -> None:
        url = f"sqlite:///{tmp_path / 'record.db'}"
        upgrade(url)
        engine = open_engine(url)
        record = SqlRecord(engine, SetClock())
        with record.unit() as unit:
            unit.documents.put("kept", 1)
        sa.event.listen(engine, "connect", _be_full)
        engine.dispose()  # connections made from now on are full
        with pytest.raises(Unavailable), record.unit() as unit:
            unit.documents.put("big", "x" * 1_000_000)
        with record.unit() as unit:
            assert unit.documents.get("kept") == 1
            assert unit.documents.get("big") is None
        engine.dispose()

    def test_a_server_that_ended(self) -> None:
        server = PostgreSQL()
        server.start()
        url = server.make()
        upgrade(url)
        engine = open_engine(url)
        record = SqlRecord(engine, SetClock())
        with record.unit() as unit:
            unit.documents.put("a", 1)
        server.stop()
        with pytest.raises(Unavailable), record.unit():
            pass
        engine.dispose()


def test_sqlite_commits_survive_a_power_cut(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path / 'record.db'}")
    with engine.connect() as connection:
        values = [
            connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous")
        ]
    engine.dispose()
    assert values == ["wal", 2]


def _be_full(connection: sqlite3.Connection, _: object) -> None:
    (pages,) = connection.execute("PRAGMA page_count").fetchone()
    connection.execute(f"PRAGMA max_page_count={pages + 2}")
