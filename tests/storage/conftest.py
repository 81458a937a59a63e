"""The two databases of the record: a SQLite file, and a PostgreSQL server started for the session."""

from __future__ import annotations

import itertools
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg2
import pytest
import sqlalchemy as sa

from bot.storage.database import open_engine, upgrade
from bot.storage.record import SqlRecord
from tests.builders import SetClock

_NAMES = itertools.count(1)


def _binaries() -> Path:
    """Return the folder of the newest PostgreSQL server on this machine; fail, never skip, without one."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/pg_ctl"), key=lambda p: int(p.parts[4]))
    if found:
        return found[-1].parent
    on_path = shutil.which("pg_ctl")
    if on_path:
        return Path(on_path).resolve().parent
    pytest.fail(
        "no PostgreSQL server on this machine: apt-get install -y postgresql", pytrace=False
    )


def _as_owner() -> list[str]:
    """Return what goes before a server command: PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return []
    return ["runuser", "-u", _owner(), "--"]


def _owner() -> str:
    names = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"


def _create(connection: Any, statement: str, tries: int = 3) -> None:
    """Run it; a template whose last user is still leaving (a busy machine) is waited for."""
    for left in reversed(range(tries)):
        try:
            connection.cursor().execute(statement)
        except psycopg2.errors.ObjectInUse:
            if not left:
                raise
        else:
            return


class PostgreSQL:
    """A server on a unix socket only, without fsync; `stop` removes its data.

    Its folder stands outside pytest's own: those are closed to other users again whenever a session starts.
    """

    def __init__(self) -> None:
        self._bin = _binaries()
        self._folder = Path(tempfile.mkdtemp(prefix="minsheng-pg-"))
        self._data, self._socket = self._folder / "data", self._folder / "socket"
        for path in (self._data, self._socket):
            path.mkdir()
        if os.geteuid() == 0:
            for path in (self._folder, self._data, self._socket):
                shutil.chown(path, _owner())

    @property
    def folder(self) -> Path:
        """Where the server keeps its files."""
        return self._data

    def start(self) -> None:
        self._run("initdb", "--auth=trust", "--username=minsheng", "--no-sync", "--encoding=UTF8")
        options = f"-c listen_addresses= -c fsync=off -c unix_socket_directories={self._socket}"
        log = self._data / "log"
        self._run("pg_ctl", "start", "--wait", "--silent", f"--log={log}", f"--options={options}")

    def stop(self) -> None:
        self._run("pg_ctl", "stop", "--mode=immediate", "--silent")
        shutil.rmtree(self._folder)

    def url(self, name: str) -> str:
        return f"postgresql://minsheng@/{name}?host={self._socket}"

    def make(self, template: str = "template1") -> str:
        """Make a database like the template (as shipped: empty) and return its address."""
        name = f"test_{next(_NAMES)}"
        connection = psycopg2.connect(self.url("postgres"))
        connection.autocommit = True
        try:
            _create(connection, f"CREATE DATABASE {name} TEMPLATE {template}")
        finally:
            connection.close()
        return self.url(name)

    def _run(self, program: str, *arguments: str) -> None:
        subprocess.run(
            [*_as_owner(), str(self._bin / program), f"--pgdata={self._data}", *arguments],
            check=True,
            stdout=subprocess.DEVNULL,
            cwd="/",
            env={**os.environ, "LC_ALL": "C.UTF-8"},
        )


@pytest.fixture(scope="session")
def postgresql() -> Iterator[PostgreSQL]:
    server = PostgreSQL()
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a SQLite file with the tables, for copying: migrating anew for each test is slow."""
    path = tmp_path_factory.mktemp("sqlite") / "migrated.db"
    upgrade(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def migrated_name(postgresql: PostgreSQL) -> str:
    """Return the name of a PostgreSQL database with the tables, for copying."""
    url = postgresql.make()
    upgrade(url)
    return url.partition("@/")[2].partition("?")[0]


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> str:
    """Return which database; each test that asks runs once for each."""
    return str(request.param)


@pytest.fixture
def new_url(database: str, request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], str]:
    """Return a maker of empty databases."""
    if database == "sqlite":
        return lambda: f"sqlite:///{tmp_path / f'record-{next(_NAMES)}.db'}"
    server: PostgreSQL = request.getfixturevalue("postgresql")
    return server.make


@pytest.fixture
def engine(
    database: str, request: pytest.FixtureRequest, tmp_path: Path
) -> Iterator[sa.engine.Engine]:
    if database == "sqlite":
        path = shutil.copy(request.getfixturevalue("migrated_file"), tmp_path / "record.db")
        url = f"sqlite:///{path}"
    else:
        server: PostgreSQL = request.getfixturevalue("postgresql")
        url = server.make(request.getfixturevalue("migrated_name"))
    opened = open_engine(url)
    yield opened
    opened.dispose()


@pytest.fixture
def clock() -> SetClock:
    return SetClock()


@pytest.fixture
def record(engine: sa.engine.Engine, clock: SetClock) -> SqlRecord:
    return SqlRecord(engine, clock)
