"""Inserts that several writers may make at the same moment.

On SQLite writers queue at the start of a transaction; on PostgreSQL two may both find nothing and both insert. The
database decides then, without an error that would end the whole unit.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

_INSERTS = {"postgresql": postgresql.insert, "sqlite": sqlite.insert}


def insert_new(connection: sa.engine.Connection, table: sa.Table, values: dict[str, Any]) -> bool:
    """Insert the row; False (and nothing done) if its key is there already."""
    statement = _insert_new(connection.dialect, table, tuple(values))
    return int(connection.execute(statement, values).rowcount) == 1


@lru_cache(maxsize=100)
def _insert_new(dialect: Any, table: sa.Table, columns: tuple[str, ...]) -> Any:
    """Return the statement as compiled: SQLAlchemy 1.4 does so anew for each execution of a dialect's own insert."""
    statement = _INSERTS[dialect.name](table).inline().on_conflict_do_nothing()
    return statement.compile(dialect=dialect, column_keys=list(columns))


def insert_numbered(
    connection: sa.engine.Connection, table: sa.Table, values: dict[str, Any]
) -> int | None:
    """Insert a row whose id the database gives; return that id, None (and nothing done) if its key is there already."""
    statement = _insert_new(connection.dialect, table, tuple(values))
    result = connection.execute(statement, values)
    if result.rowcount != 1:
        return None
    if connection.dialect.name == "sqlite":
        return int(result.lastrowid)
    return int(connection.execute(_newest(table), {"key": values["key"]}).scalar_one())


@lru_cache(maxsize=10)
def _newest(table: sa.Table) -> Any:
    return sa.select(table.c.id).where(table.c.key == sa.bindparam("key"))


def add_numbered(connection: sa.engine.Connection, table: sa.Table, values: dict[str, Any]) -> int:
    """Insert a row whose id the database gives; return that id."""
    (number,) = connection.execute(table.insert().values(**values)).inserted_primary_key
    return int(number)


def put(connection: sa.engine.Connection, table: sa.Table, values: dict[str, Any]) -> None:
    """Insert the row, or replace the one with the same primary key."""
    keys = [column.name for column in table.primary_key]
    rest = {name: value for name, value in values.items() if name not in keys}
    statement = _insert(connection, table).values(**values)
    connection.execute(statement.on_conflict_do_update(index_elements=keys, set_=rest))


def _insert(connection: sa.engine.Connection, table: sa.Table) -> Any:
    # inline: no RETURNING, which has no row to return when nothing was inserted
    return _INSERTS[connection.dialect.name](table).inline()
