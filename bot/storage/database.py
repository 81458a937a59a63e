"""Opening the record: SQLite with the settings that make a commit durable, or PostgreSQL; and its migrations."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from alembic import command
from alembic.config import Config

from bot.ports import Unavailable

_POSTGRESQL: dict[str, Any] = {
    "connect_timeout": 5,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 20_000,
}
"""A server that vanished without a word is noticed within 25 s, not after the kernel's two hours (libpq)."""
_LOCK_S, _LOCK_LOOK_S = 10.0, 0.001
_BEGIN = "BEGIN IMMEDIATE"
_PATIENCE = {"lock_timeout": f"{_LOCK_S:.0f}s", "idle_in_transaction_session_timeout": "20s"}
"""As long as one waits for SQLite's lock; and a worker that was stopped in the middle of a turn keeps its locks from the
others no longer than that."""
MIGRATIONS = Path(__file__).parent / "migrations"
VERSION_TABLE = "minsheng_alembic_version"
_READ_ONLY = "minsheng_reading"
"""Execution option of a connection that only reads."""
_READ_ONE_STATE = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"


def open_engine(url: str, *, lock_s: float = _LOCK_S) -> sa.engine.Engine:
    """Return an engine for the record; of SQLite, one that waits so long for another writer.

    SQLite: WAL, `synchronous=FULL` (a committed complaint survives a power cut) and `BEGIN IMMEDIATE`, so that two
    writers queue at the start of a transaction instead of failing at its end.
    """
    if not url.startswith("sqlite"):
        engine = sa.create_engine(
            url, pool_pre_ping=True, connect_args=_POSTGRESQL, hide_parameters=True
        )
        sa.event.listen(engine, "connect", _on_postgresql_connect)
        return engine
    engine = sa.create_engine(
        url,
        connect_args={"timeout": lock_s, "check_same_thread": False},
        poolclass=sa.pool.QueuePool,  # 1.4 would open the file anew for each transaction
        max_overflow=-1,
        hide_parameters=True,  # they are citizens' words, and an exception's text goes to the log
    )
    sa.event.listen(engine, "connect", _on_sqlite_connect)
    sa.event.listen(engine, "begin", lambda connection: _begin(connection, lock_s))
    return engine


def _on_postgresql_connect(connection: Any, _record: Any) -> None:
    # Said here and not as an option of connecting, which connection poolers in between refuse.
    with connection.cursor() as cursor:
        for name, value in _PATIENCE.items():
            cursor.execute(f"SET {name} = '{value}'")
    connection.commit()


def _on_sqlite_connect(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # we say BEGIN ourselves
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin(connection: sa.engine.Connection, lock_s: float) -> None:
    """Queue behind other writers, unless it only reads: beside WAL's writer, of the last committed state."""
    reads = connection.get_execution_options().get(_READ_ONLY, False)
    if connection.info.get(_READ_ONLY) is not reads:  # connections are used again, pragmas stay
        connection.exec_driver_sql(f"PRAGMA query_only={'ON' if reads else 'OFF'}")
        connection.exec_driver_sql(f"PRAGMA busy_timeout={int(lock_s * 1000) if reads else 0}")
        connection.info[_READ_ONLY] = reads
    if reads:
        connection.exec_driver_sql("BEGIN")
    else:
        _begin_writing(connection.connection, lock_s)


def _begin_writing(raw: Any, lock_s: float) -> None:
    """Wait for the write lock, looking every millisecond.

    SQLite's own wait sleeps longer and longer between two looks, up to a tenth of a second: of a lock that workers
    hold for milliseconds, one after the other, most of the time would pass unused.
    """
    deadline = time.monotonic() + lock_s
    while True:
        try:
            raw.execute(_BEGIN)
            return
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > deadline:
                raise sa.exc.OperationalError(_BEGIN, None, error) from error
        time.sleep(_LOCK_LOOK_S)


def upgrade(url: str) -> None:
    """Bring the record's tables to the newest version."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["engine"] = engine = open_engine(url)
    try:
        command.upgrade(config, "head")
    finally:
        engine.dispose()


@contextmanager
def transaction(engine: sa.engine.Engine) -> Iterator[sa.engine.Connection]:
    """Run one transaction; a store that is locked, full or away raises `Unavailable`."""
    with _classified(), engine.begin() as connection:
        yield connection


@contextmanager
def reading(engine: sa.engine.Engine) -> Iterator[sa.engine.Connection]:
    """Run one transaction that only reads, all of it one state, and is rolled back; a write in it raises."""
    with _classified(), engine.connect() as plain:
        connection = plain.execution_options(**{_READ_ONLY: True})
        with connection.begin() as begun:
            if connection.dialect.name == "postgresql":
                connection.exec_driver_sql(_READ_ONE_STATE)
            yield connection
            begun.rollback()


@contextmanager
def _classified() -> Iterator[None]:
    try:
        yield
    except (sa.exc.OperationalError, sa.exc.InterfaceError) as error:
        raise Unavailable(f"record: {error.__class__.__name__}: {error.orig}") from error
