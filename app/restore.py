"""`minsheng restore FILE`: a backup put in place, on an empty folder and database unless told otherwise.

Everything that can be in the way is looked for before anything is changed, and said in one plain sentence.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import datetime, timezone
from pathlib import Path

import sqlalchemy as sa
from alembic.script import ScriptDirectory

from app import archive, snapshots
from app.archive import Manifest
from app.backup import DESK_VERSION_TABLE, KEYS, VERSION_TABLE
from app.embedded_redis import is_in_use
from app.presence import live_workers
from app.secrets import fingerprint, secrets_in
from app.settings import Settings
from app.snapshots import NotDone
from bot.model.delivery import UNFINISHED_STATES, DeliveryKind
from bot.storage.database import MIGRATIONS, open_engine
from bot.storage.tables import deliveries, metadata
from desk.storage.migrate import MIGRATIONS as DESK_MIGRATIONS


def restore(settings: Settings, source: Path, *, force: bool, migrate: Callable[[], None]) -> int:
    """Put a backup in place and bring it to this version's tables; returns how many messages wait for an answer.

    With `force` what stands in the way is moved into a folder of the data folder (files), or replaced (PostgreSQL).

    Raises:
        NotDone: in plain words what is in the way.
    """
    with archive.unpacked(source) as (folder, manifest):
        _check_fits(settings, folder, manifest)
        _check_free(settings, force=force)
        if force:
            _make_room(settings.data_dir)
        settings.data_dir.mkdir(parents=True, exist_ok=True)
        for key in KEYS:
            if (folder / key).exists():
                shutil.copy2(folder / key, settings.data_dir / key)
        _put_database(settings, folder)
        migrate()
        _doubt_filings(settings)
        with snapshots.opened_redis(settings) as client:
            return snapshots.load_redis(client, folder / "redis.jsonl")


def _check_fits(settings: Settings, folder: Path, manifest: Manifest) -> None:
    known = {"record": _known(MIGRATIONS), "desk": _known(DESK_MIGRATIONS)}
    for name, revision in manifest.revisions.items():
        if revision and revision not in known[name]:
            raise NotDone(
                f"the backup was made by a later version ({manifest.version}): its {name} has revision {revision},"
                " which this version does not know. Install that version first"
            )
    store = "sqlite" if snapshots.sqlite_path(settings.record_url) else "postgresql"
    if store != manifest.store:
        raise NotDone(
            f"the backup is of a {manifest.store} record, and MINSHENG_DATABASE_URL says {store}"
        )
    if manifest.secret not in map(fingerprint, secrets_in(folder, settings).all):
        raise NotDone(
            "the secret key is not the one the backup was made with: set MINSHENG_SECRET_KEY to that one, or"
            " MINSHENG_SECRET_KEY_PREVIOUS if it was changed since, or nobody can find their conversation again"
        )


def _check_free(settings: Settings, *, force: bool) -> None:
    folder = settings.data_dir
    if not settings.redis_url and is_in_use(folder / "redis"):
        raise NotDone(f"a server is running on {folder}: stop it first")
    if settings.redis_url:
        with snapshots.opened_redis(settings) as client:
            if live_workers(client):
                raise NotDone("a worker is running on this Redis: stop gateways and workers first")
            if not force and next(client.scan_iter(match="minsheng:*"), None):
                raise NotDone("this Redis is in use already: --force to add the backup to it")
    if not force and folder.exists() and any(folder.iterdir()):
        raise NotDone(f"{folder} is not empty: --force moves what is in it aside")
    path = snapshots.sqlite_path(settings.record_url)
    if path is not None and path.exists() and not force:
        raise NotDone(f"{path} is there already: --force replaces it")
    if path is None:
        _check_database_free(settings.record_url, force=force)


def _check_database_free(url: str, *, force: bool) -> None:
    others = (
        "SELECT count(*) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    engine = open_engine(url)
    try:
        with engine.connect() as connection:
            if connection.exec_driver_sql(others).scalar():
                raise NotDone("somebody uses the database: stop gateways and workers first")
            if not force and sa.inspect(connection).get_table_names():
                raise NotDone("the database is not empty: --force replaces what is in it")
    except sa.exc.OperationalError as error:
        raise NotDone(f"the database cannot be opened: {error.orig}") from error
    finally:
        engine.dispose()


def _make_room(folder: Path) -> None:
    """Move what is in the data folder into one folder of it: a mounted volume can be emptied, not renamed."""
    there = list(folder.iterdir()) if folder.exists() else []
    if there:
        stamp = datetime.now(timezone.utc).strftime("%Y%m%d-%H%M%S")
        aside = folder / f"before-restore-{stamp}"
        aside.mkdir(mode=0o700)
        for path in there:
            path.rename(aside / path.name)


def _put_database(settings: Settings, folder: Path) -> None:
    record = snapshots.sqlite_path(settings.record_url)
    if record is None:
        snapshots.load_postgresql(settings.record_url, folder / "database.dump")
        _drop_unknown(settings.record_url, snapshots.tables_in(folder / "database.dump"))
        return
    desk = snapshots.sqlite_path(settings.desk_url)
    for path, name in ((record, "minsheng.db"), (desk, "desk.db")):
        if path is not None and (folder / name).exists():
            for ending in ("", "-wal", "-shm"):  # an old journal must not be played into a new file
                path.with_name(path.name + ending).unlink(missing_ok=True)
            shutil.copyfile(folder / name, path)


def _drop_unknown(url: str, known: set[str]) -> None:
    """Remove tables of a later version: the backup does not know them, and would be migrated into them."""
    engine = open_engine(url)
    with engine.begin() as connection:
        ours = {*metadata.tables, VERSION_TABLE, DESK_VERSION_TABLE}
        for name in sa.inspect(connection).get_table_names():
            if name not in known and (name in ours or name.startswith("desk_")):
                connection.exec_driver_sql(f'DROP TABLE "{name}" CASCADE')
    engine.dispose()


def _doubt_filings(settings: Settings) -> None:
    """Have every case that was still to be filed looked up first: it may have been filed since the backup."""
    engine = open_engine(settings.record_url)
    open_states = [state.value for state in UNFINISHED_STATES]
    with engine.begin() as connection:
        rows = connection.execute(
            sa.select(deliveries.c.id, deliveries.c.trail).where(
                deliveries.c.kind == DeliveryKind.FILING.value, deliveries.c.state.in_(open_states)
            )
        ).all()
        for row in rows:
            connection.execute(
                deliveries.update()
                .where(deliveries.c.id == row.id)
                .values(trail=[*row.trail, "orphaned"])
            )
    engine.dispose()


def _known(migrations: Path) -> set[str]:
    return {str(script.revision) for script in ScriptDirectory(str(migrations)).walk_revisions()}
