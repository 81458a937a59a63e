"""Checks of the database: reachable, of a version we know, migrated, and durable by its settings."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import sqlalchemy as sa
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.engine import Connection

from app.bootstrap import SystemClock
from app.doctor.findings import Finding, found
from app.doctor.installation import Installation
from app.keyring import KeyringLocked, KeyringStore
from app.secrets import secrets_in
from app.settings import Settings
from bot.ports import Unavailable
from bot.storage.database import MIGRATIONS, VERSION_TABLE, open_engine, reading
from bot.storage.record import SqlRecord
from bot.storage.tables import documents, staff
from desk.storage.migrate import MIGRATIONS as DESK_MIGRATIONS
from desk.storage.migrate import VERSION_TABLE as DESK_VERSION_TABLE

_OLDEST = 130000
#: Connections that a gateway and a worker may hold each: SQLAlchemy's pool of 5 and 10 beyond it.
_CONNECTIONS = 40
_SHORTEST_STATEMENT_MS = 10_000


def check(installation: Installation) -> Iterator[Finding]:
    """Look at the record and, with the embedded desk, at the desk's own tables."""
    own = installation.settings
    yield from _database(own, own.record_url, MIGRATIONS, VERSION_TABLE)
    if own.uses_desk:
        yield from _database(own, own.desk_url, DESK_MIGRATIONS, DESK_VERSION_TABLE)


def _database(own: Settings, url: str, migrations: Path, table: str) -> Iterator[Finding]:
    is_record = table == VERSION_TABLE
    if url.startswith("sqlite:///") and not Path(url.removeprefix("sqlite:///")).exists():
        return  # made at the first start; to open it would make it
    engine = open_engine(url)
    try:
        with reading(engine) as connection:
            if is_record:
                yield from _engine(connection)
            yield from _version(connection, migrations, table)
            if is_record and not own.admin_password:
                yield from _staff(connection)
            there = is_record and sa.inspect(connection).has_table(documents.name)
        if there:
            KeyringStore(SqlRecord(engine, SystemClock()), secrets_in(own.data_dir, own)).load()
    except KeyringLocked:
        yield found("record.locked")
    except (Unavailable, sa.exc.SQLAlchemyError) as error:
        yield found("record.unreachable", error=_first_line(error))
    finally:
        engine.dispose()


def _engine(connection: Connection) -> Iterator[Finding]:
    if connection.dialect.name == "postgresql":
        yield from _postgresql(connection)
        return
    mode = str(connection.exec_driver_sql("PRAGMA journal_mode").scalar())
    if mode.lower() != "wal":
        yield found("record.no_wal", mode=mode)
    if int(connection.exec_driver_sql("PRAGMA synchronous").scalar() or 0) < 2:
        yield found("record.not_synchronous")


def _postgresql(connection: Connection) -> Iterator[Finding]:
    def ask(question: str) -> str:
        return str(connection.exec_driver_sql(question).scalar())

    if int(ask("SHOW server_version_num")) < _OLDEST:
        yield found("record.old", version=ask("SHOW server_version"))
    if ask("SHOW server_encoding") != "UTF8":
        yield found("record.encoding", encoding=ask("SHOW server_encoding"))
    if ask("SELECT pg_is_in_recovery()") == "True":
        yield found("record.replica")
    if ask("SELECT has_schema_privilege(current_schema(), 'CREATE')") != "True":
        yield found("record.no_create")
    yield from _durability(ask)
    yield from _limits(ask)


def _durability(ask: Callable[[str], str]) -> Iterator[Finding]:
    if ask("SHOW synchronous_commit") == "off":
        yield found("record.not_synchronous")
    for name in ("fsync", "full_page_writes"):
        if ask(f"SHOW {name}") == "off":
            yield found("record.unsafe", name=name)


def _limits(ask: Callable[[str], str]) -> Iterator[Finding]:
    connections = ask("SHOW max_connections")
    if int(connections) < _CONNECTIONS:
        yield found("record.few_connections", have=connections, wanted=_CONNECTIONS)
    timeout = ask("SELECT setting FROM pg_settings WHERE name = 'statement_timeout'")
    if 0 < int(timeout) < _SHORTEST_STATEMENT_MS:
        yield found("record.statement_timeout", milliseconds=timeout)


def _version(connection: Connection, migrations: Path, table: str) -> Iterator[Finding]:
    config = Config()
    config.set_main_option("script_location", str(migrations).replace("%", "%%"))
    script = ScriptDirectory.from_config(config)
    known = {revision.revision for revision in script.walk_revisions()}
    there = MigrationContext.configure(
        connection, opts={"version_table": table}
    ).get_current_revision()
    if there is None or there == script.get_current_head():
        return
    code = "record.behind" if there in known else "record.ahead"
    yield found(code, there=there, wanted=script.get_current_head())


def _staff(connection: Connection) -> Iterator[Finding]:
    counted = sa.select(sa.func.count()).select_from(staff)
    is_there = sa.inspect(connection).has_table(staff.name)
    if not is_there or not connection.execute(counted).scalar():
        yield found("record.no_staff")


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [""])[0][:200]
