"""Copies of the stores while they are in use: each is one moment's state, and the copies fit together.

The order matters: Redis first, then the record. A message that is worked on in between is then in both copies, and the
record knows it; the other way round it might be in neither. Record and desk are of the same moment: a case must not be
filed twice because one of them knows of it and the other does not.
"""

from __future__ import annotations

import base64
import contextlib
import json
import os
import shutil
import sqlite3
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from itertools import islice
from pathlib import Path
from typing import IO

import redis
import sqlalchemy as sa

from app.embedded_redis import EmbeddedRedis, RedisNotStarted
from app.settings import Settings
from bot.storage.motion import keys

TOOLS = Path("/usr/lib/postgresql")
"""Where Debian keeps a folder of tools for each version; the newest reads what all of them wrote."""
_BUSY_S = 30.0
_AT_ONCE = 500
_PATTERNS = ("minsheng:*", "wechat:*")


class NotDone(Exception):
    """It could not be done; the text says why, in words for the operator."""


def sqlite_path(url: str) -> Path | None:
    """Return the file of a SQLite address, None for another database."""
    parsed = sa.engine.make_url(url)
    return Path(str(parsed.database)) if parsed.get_backend_name() == "sqlite" else None


def copy_sqlite(sources: Mapping[Path, Path]) -> None:
    """Copy databases (source → target) as they all are at one moment; writers wait for milliseconds only.

    All are locked, a reading transaction is begun on each, the locks are given up, and the copies are made of what
    those transactions see.
    """
    try:
        with contextlib.ExitStack() as opened:
            writers = [opened.enter_context(_connection(path)) for path in sources]
            readers = [opened.enter_context(_connection(path)) for path in sources]
            for writer in writers:
                writer.execute("BEGIN IMMEDIATE")
            for reader in readers:
                reader.execute("BEGIN")
                reader.execute("SELECT count(*) FROM sqlite_master").fetchone()
            for writer in writers:
                writer.execute("ROLLBACK")
            for reader, target in zip(readers, sources.values(), strict=True):
                with closing(sqlite3.connect(target)) as copy:
                    reader.backup(copy)
    except sqlite3.Error as error:
        raise NotDone(f"the database cannot be copied: {error}") from error


@contextmanager
def _connection(path: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(path, isolation_level=None, timeout=_BUSY_S)) as connection:
        yield connection


def dump_postgresql(url: str, target: Path) -> None:
    """Write the whole database to a file in PostgreSQL's own form."""
    _run_tool("pg_dump", url, ["--format=custom", "--no-owner", f"--file={target}"])


def load_postgresql(url: str, source: Path) -> None:
    """Read such a file back, all of it or nothing."""
    options = ["--single-transaction", "--no-owner", "--clean", "--if-exists", "--exit-on-error"]
    _run_tool("pg_restore", url, [*options, str(source)])


def tables_in(dump: Path) -> set[str]:
    """Return the names of the tables in such a file."""
    listed = _run([_tool("pg_restore"), "--list", str(dump)], dict(os.environ))
    words = [
        line.split() for line in listed.splitlines()
    ]  # 215; 1259 16386 TABLE public line owner
    return {row[5] for row in words if row[3:4] == ["TABLE"] and row[4] != "DATA"}


def _run_tool(name: str, url: str, arguments: list[str]) -> None:
    parsed = sa.engine.make_url(url)
    address = parsed.set(drivername="postgresql", password=None)
    environ = {**os.environ, **({"PGPASSWORD": str(parsed.password)} if parsed.password else {})}
    # A password on the command line could be read by everybody on the machine.
    _run([_tool(name), f"--dbname={address.render_as_string()}", *arguments], environ)


def _tool(name: str) -> str:
    newest = sorted(TOOLS.glob(f"*/bin/{name}"), key=lambda path: int(path.parts[-3]))
    found = str(newest[-1]) if newest else shutil.which(name)
    if found is None:
        raise NotDone(f"{name} is not on this machine: apt-get install -y postgresql-client")
    return found


def _run(command: list[str], environ: dict[str, str]) -> str:
    done = subprocess.run(command, env=environ, capture_output=True, text=True, check=False)
    if done.returncode:
        words = done.stderr.strip() or f"it ended with {done.returncode}"
        raise NotDone(f"{Path(command[0]).name}: {words}")
    return done.stdout


@contextmanager
def opened_redis(settings: Settings) -> Iterator[redis.Redis]:
    """Open the installation's Redis, the embedded one started for as long as this lasts if no server runs."""
    own = EmbeddedRedis(settings.data_dir / "redis", lock_wait_s=0.2)
    is_ours = False
    if not settings.redis_url:
        try:
            own.start()
            is_ours = True
        except RedisNotStarted:  # a server runs on the folder: its Redis is ours to ask
            pass
    client = redis.Redis.from_url(settings.redis_url or own.url, socket_timeout=60)
    try:
        yield client
    except redis.RedisError as error:
        raise NotDone(f"redis cannot be used: {error}") from error
    finally:
        client.close()
        if is_ours:
            own.stop()


def dump_redis(client: redis.Redis, target: Path) -> None:
    """Write every key of ours down with its end; what is accepted and unanswered, first and all at once."""
    first = [keys.stream(n).encode() for n in range(keys.PARTITIONS)]
    first += [keys.PARKED.encode(), keys.FAILURES.encode()]
    with target.open("w", encoding="ascii") as file:
        _dump_some(client, first, file)
        rest: list[bytes] = []
        for pattern in _PATTERNS:
            for name in client.scan_iter(match=pattern, count=1000):
                if name not in first:
                    rest.append(name)
                if len(rest) >= _AT_ONCE:
                    _dump_some(client, rest, file)
                    rest.clear()
        _dump_some(client, rest, file)


def _dump_some(client: redis.Redis, names: list[bytes], file: IO[str]) -> None:
    with client.pipeline(transaction=True) as batch:
        for name in names:
            batch.dump(name)
            batch.pttl(name)
        found = batch.execute()
    now = int(time.time() * 1000)
    for name, value, left in zip(names, found[::2], found[1::2], strict=True):
        if value is not None:
            row = [_text(name), _text(value), now + left if left > 0 else 0]
            print(json.dumps(row), file=file)


def load_redis(client: redis.Redis, source: Path) -> int:
    """Put the keys back, but those whose time is over; returns how many messages wait for an answer."""
    now = int(time.time() * 1000)
    with source.open(encoding="ascii") as file:
        rows = map(json.loads, file)
        while some := list(islice(rows, _AT_ONCE)):
            with client.pipeline(transaction=False) as batch:
                for name, value, ends in some:
                    if not ends or ends > now:
                        options = {"replace": True, "absttl": bool(ends)}
                        batch.restore(_bytes(name), ends, _bytes(value), **options)
                batch.execute()
    return sum(int(client.xlen(keys.stream(n))) for n in range(keys.PARTITIONS))


def _text(value: bytes) -> str:
    return base64.b64encode(value).decode("ascii")


def _bytes(value: str) -> bytes:
    return base64.b64decode(value)
