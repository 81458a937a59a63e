"""Opening the record: SQLite with the settings that make a commit durable, or PostgreSQL; and its migrations."""

from __future__ import annotations

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
_PATIENCE = {"lock_timeout": "10s", "idle_in_transaction_session_timeout": "20s"}
"""As long as SQLite's `busy_timeout`; and a worker that was stopped in the middle of a turn keeps its locks from the
others no longer than that."""
MIGRATIONS = Path(__file__).parent / "migrations"
_READ_ONLY = "minsheng_reading"
"""Execution option of a connection that only reads."""
_READ_ONE_STATE = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"


def open_engine(url: str) -> sa.engine.Engine:
    """Return an engine for the record.

    SQLite: WAL, `synchronous=FULL` (a committed complaint survives a power cut) and `BEGIN IMMEDIATE`, so that two
    writers queue at the start of a transaction instead of failing at its end.
    """
    if not url.startswith("sqlite"):
        engine = sa.create_engine(url, pool_pre_ping=True, connect_args=_POSTGRESQL)
        sa.event.listen(engine, "connect", _on_postgresql_connect)
        return engine
    engine = sa.create_engine(url, connect_args={"timeout": 10, "check_same_thread": False})
    sa.event.listen(engine, "connect", _on_sqlite_connect)
    sa.event.listen(engine, "begin", _begin)
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
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "busy_timeout=10000", "foreign_keys=ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin(connection: sa.engine.Connection) -> None:
    """Queue behind other writers, unless it only reads: beside WAL's writer, of the last committed state."""
    reads = connection.get_execution_options().get(_READ_ONLY, False)
    # Said each time: connections are used again, and the pragma outlives the transaction.
    connection.exec_driver_sql(f"PRAGMA query_only={'ON' if reads else 'OFF'}")
    connection.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")


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
