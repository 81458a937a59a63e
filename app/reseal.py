"""`minsheng reseal`: every sealed value of record and desk with the newest key, and what still stands in clear sealed.

It runs beside everything else, in small transactions, may be ended at any moment and run again. A process that read a
value before and writes it back after may leave one under an older key: older keys stay in the keyring, so that nothing
is lost by that, and the next run takes it.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from app import secrets
from app.bootstrap import SystemClock
from app.keyring import KeyringStore
from app.sealing import KeySealer, Renewed
from app.settings import Settings
from app.snapshots import NotDone
from bot.storage.database import open_engine
from bot.storage.record import SqlRecord
from bot.storage.sealing import each_text
from bot.storage.tables import metadata as record_tables
from desk.storage.tables import metadata as desk_tables

_AT_ONCE = 200
_PAUSE_S = 0.005
"""Between two transactions: SQLite has one writer at a time, and citizens are to be it."""

_BUSY = "the database is away or locked; what was done stays done: run it again"
_TRIES, _AGAIN_S = 10, 0.5
"""Of one transaction: citizens come first, but not for ever."""
_NEXT = (
    "[minsheng] the new secret key is enough now. Restart every process that still has the old one, take"
    " MINSHENG_SECRET_KEY_PREVIOUS away if it is set, then run `minsheng reseal --drop-previous`"
)


@dataclass
class Report:
    """What a run did.

    Attributes:
        rows: how many rows hold something that was sealed anew; values: how many pieces.
    """

    rows: int = 0
    values: Renewed = field(default_factory=Renewed)


def run(settings: Settings, arguments: argparse.Namespace) -> int:
    """Carry out the command; returns the exit code, 1 if something could not be opened."""
    if arguments.new_key:
        new_secret(settings)
        print("[minsheng] there is a new secret key in the data folder")
    report = reseal(settings, said=lambda words: print(f"[minsheng]   {words}", flush=True))
    done = report.values
    print(
        f"[minsheng] {done.anew} values are sealed with the newest key now, {done.first} that stood in"
        f" clear are sealed, {done.lost} could not be opened"
    )
    if arguments.drop_previous:
        dropped = drop_previous(settings)
        print(f"[minsheng] the record is closed to {dropped} earlier secret keys")
    elif secrets.secrets_of(settings).previous:
        print(_NEXT)
    return 1 if done.lost else 0


def new_secret(settings: Settings) -> None:
    """Put a new secret key into the data folder; the old one stays beside it until it is dropped.

    Raises:
        NotDone: the secret is the environment's, or the last change was not brought to its end.
    """
    if settings.secret_key:
        raise NotDone(
            "MINSHENG_SECRET_KEY is set: give it a new value, put the old one into"
            " MINSHENG_SECRET_KEY_PREVIOUS, and run `minsheng reseal` without --new-key"
        )
    try:
        secrets.renew_kept(settings.data_dir)
    except FileExistsError:
        raise NotDone(
            f"{settings.data_dir / secrets.PREVIOUS} is there: restart everything, then"
            " `minsheng reseal --drop-previous` ends the change before"
        ) from None


def reseal(settings: Settings, *, said: Callable[[str], None]) -> Report:
    """Seal everything with the newest key of the keyring; `said` hears of each table that is done.

    Raises:
        app.keyring.KeyringLocked: no secret of ours opens the keyring.
    """
    report = Report()
    with _opened(settings.record_url) as engine:
        store = KeyringStore(SqlRecord(engine, SystemClock()), secrets.secrets_of(settings))
        store.keep()
        sealer = KeySealer(store.load)
        every_table(engine, record_tables, sealer, report, said)
    if settings.uses_desk:
        with _opened(settings.desk_url) as engine:
            every_table(engine, desk_tables, sealer, report, said)
    return report


def drop_previous(settings: Settings) -> int:
    """Close the keyring to all secrets but the current one, and forget the folder's old one; returns how many."""
    with _opened(settings.record_url) as engine:
        store = KeyringStore(SqlRecord(engine, SystemClock()), secrets.secrets_of(settings))
        dropped = store.drop_others()
    secrets.forget_previous(settings.data_dir)
    return dropped


@contextmanager
def _opened(url: str) -> Iterator[sa.engine.Engine]:
    """Open a database without sealing: values pass as they are kept, and nothing that was clear stays behind in files.

    Of PostgreSQL old versions of rows go with the next vacuum.
    """
    engine = open_engine(url)
    is_sqlite = engine.dialect.name == "sqlite"
    if is_sqlite:
        sa.event.listen(engine, "connect", _overwriting)
    try:
        yield engine
        if is_sqlite:
            with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                connection.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    finally:
        engine.dispose()


def _overwriting(connection: Any, _record: Any) -> None:
    connection.execute("PRAGMA secure_delete=ON")


def every_table(
    engine: sa.engine.Engine,
    tables: sa.MetaData,
    sealer: KeySealer,
    report: Report,
    said: Callable[[str], None],
) -> None:
    """Seal every sealed column of one database anew."""
    for table, columns in sealed_columns(tables):
        rows = _Table(engine, table, columns, sealer).renew(report.values)
        report.rows += rows
        said(f"{table.name}: {rows} rows sealed anew")


def sealed_columns(tables: sa.MetaData) -> list[tuple[sa.Table, list[sa.Column[Any]]]]:
    """Return the tables that have sealed columns, with those."""
    found = [
        (table, [c for c in table.columns if getattr(c.type, "is_sealed", False)])
        for table in tables.sorted_tables
    ]
    return [(table, columns) for table, columns in found if columns]


class _Table:
    """One table's sealed columns."""

    def __init__(
        self,
        engine: sa.engine.Engine,
        table: sa.Table,
        columns: list[sa.Column[Any]],
        sealer: KeySealer,
    ) -> None:
        (self._key,) = table.primary_key
        self._engine, self._table, self._columns, self._sealer = engine, table, columns, sealer

    def renew(self, done: Renewed) -> int:
        """Seal all rows anew; returns how many changed."""
        last, total, left = None, 0, _TRIES
        while True:
            counted = Renewed()
            try:
                with self._engine.begin() as connection:
                    rows = connection.execute(self._some(last)).all()
                    changed = sum(self._renew_row(connection, row, counted) for row in rows)
            except sa.exc.OperationalError as error:  # locked too long, or a deadlock that we lost
                left -= 1
                if not left:
                    raise NotDone(_BUSY) from error
                time.sleep(_AGAIN_S)
                continue
            done.add(counted)
            total, left = total + changed, _TRIES
            if len(rows) < _AT_ONCE:
                return total
            last = rows[-1][0]
            time.sleep(_PAUSE_S)

    def _some(self, last: Any) -> Any:
        wanted = sa.select(self._key, *self._columns).order_by(self._key).limit(_AT_ONCE)
        wanted = wanted if last is None else wanted.where(self._key > last)
        return wanted.with_for_update()

    def _renew_row(self, connection: sa.engine.Connection, row: Any, done: Renewed) -> bool:
        changed = {}
        for column in self._columns:
            before = row._mapping[column]
            after = self._renewed(column.type, before, done)
            if after != before:
                changed[column.name] = after
        if changed:
            this = self._table.update().where(self._key == row[0])
            connection.execute(this.values(**changed))
        return bool(changed)

    def _renewed(self, kind: Any, value: Any, done: Renewed) -> Any:
        if value is None:
            return None
        if kind.whole:
            text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
            return self._one(text, self._sealer.enclose, done)
        return each_text(value, lambda text: self._one(text, self._sealer.conceal, done))

    def _one(self, text: str, seal: Callable[[str], str], done: Renewed) -> str:
        renewed = self._sealer.renew(text, done)
        sealed = seal(renewed)
        done.first += sealed != renewed
        return sealed
