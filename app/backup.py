"""`minsheng backup FILE`: everything an installation cannot do without, in one file.

In it: the record and the desk (the two SQLite files, or the PostgreSQL database), what Redis holds (messages accepted
and not yet answered, answers under way, allowances), and the keys of the data folder. A backup is made while the
server runs. The file is as confidential as the data folder: keep it where only the office can read it.
"""

from __future__ import annotations

import shutil
from datetime import datetime, timezone
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory

import sqlalchemy as sa

from app import archive, snapshots
from app.archive import Manifest
from app.secrets import PREVIOUS, SECRET, fingerprint, secrets_in
from app.settings import Settings
from app.snapshots import NotDone
from bot.storage.database import open_engine
from desk.storage.migrate import VERSION_TABLE as DESK_VERSION_TABLE

KEYS = (SECRET, PREVIOUS, "desk.key", "admin.password")
VERSION_TABLE = "minsheng_alembic_version"


def back_up(settings: Settings, target: Path) -> Manifest:
    """Write the installation to the file.

    Raises:
        NotDone: in plain words what is in the way; there is no file then.
    """
    if target.exists():
        raise NotDone(f"{target} is there already: name another file, or remove it first")
    if not target.absolute().parent.is_dir():
        raise NotDone(f"the folder of {target} is not there")
    record = snapshots.sqlite_path(settings.record_url)
    if record is not None and not record.exists():
        raise NotDone(f"there is nothing to back up: {record} is not there")
    with TemporaryDirectory(prefix=".minsheng-", dir=target.absolute().parent) as name:
        folder = Path(name)
        with snapshots.opened_redis(settings) as client:
            snapshots.dump_redis(client, folder / "redis.jsonl")
        revisions = _copy_database(settings, record, folder)
        for key in KEYS:
            if (settings.data_dir / key).exists():
                shutil.copy2(settings.data_dir / key, folder / key)
        return archive.pack(
            folder,
            target,
            {
                "version": version("minsheng"),
                "made_at": datetime.now(timezone.utc).isoformat(timespec="seconds"),
                "store": "sqlite" if record else "postgresql",
                "revisions": revisions,
                "secret": fingerprint(secrets_in(settings.data_dir, settings).current),
            },
        )


def _copy_database(settings: Settings, record: Path | None, folder: Path) -> dict[str, str]:
    if record is None:
        snapshots.dump_postgresql(settings.record_url, folder / "database.dump")
        return _revisions(settings.record_url, settings.record_url)
    copies = {record: folder / "minsheng.db"}
    desk = snapshots.sqlite_path(settings.desk_url)
    if desk is not None and desk.exists():
        copies.setdefault(desk, folder / "desk.db")
    snapshots.copy_sqlite(copies)
    found = [f"sqlite:///{path}" for path in copies.values()]
    return _revisions(found[0], found[-1])


def _revisions(record_url: str, desk_url: str) -> dict[str, str]:
    return {
        "record": _revision(record_url, VERSION_TABLE),
        "desk": _revision(desk_url, DESK_VERSION_TABLE),
    }


def _revision(url: str, table: str) -> str:
    engine = open_engine(url)
    try:
        with engine.connect() as connection:
            if table not in sa.inspect(connection).get_table_names():
                return ""
            return str(connection.exec_driver_sql(f"SELECT version_num FROM {table}").scalar())
    finally:
        engine.dispose()
