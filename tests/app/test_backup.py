"""Backup and restore of both forms of the record, and what each of the two refuses in a plain sentence."""

from __future__ import annotations

import io
import json
import sqlite3
import stat
import tarfile
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
import redis

from app import snapshots
from app.archive import MANIFEST
from app.backup import back_up
from app.embedded_redis import EmbeddedRedis
from app.restore import restore
from app.secrets import kept_secret
from app.serve import migrate
from app.settings import Settings, read
from app.snapshots import NotDone
from bot.model.delivery import DeliveryKind, DeliveryState
from bot.storage.database import open_engine
from bot.storage.motion import keys
from bot.storage.record import SqlRecord, Unit
from tests.builders import SetClock, make_complaint, make_delivery
from tests.storage.conftest import PostgreSQL, postgresql  # noqa: F401


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return read({"MINSHENG_SIMULATOR": "1", "MINSHENG_DATA_DIR": str(tmp_path / "data")})


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "saved.tgz"


@contextmanager
def unit_of(settings: Settings) -> Iterator[Unit]:
    engine = open_engine(settings.record_url)
    with SqlRecord(engine, SetClock()).unit() as unit:
        yield unit
    engine.dispose()


def fill(settings: Settings) -> None:
    """Make an installation with a case that is filed, one that is about to be, and a secret."""
    migrate(settings)
    kept_secret(settings.data_dir, "secret.key")
    with unit_of(settings) as unit:
        unit.conversations.open("c1", "oA")
        for key, state in (("k1", DeliveryState.SENT), ("k2", DeliveryState.QUEUED)):
            unit.complaints.add(make_complaint(key))
            filing = make_delivery(
                f"filing:{key}", kind=DeliveryKind.FILING, complaint_id=key, state=state
            )
            unit.deliveries.add(filing)


def put_back(settings: Settings, file: Path, *, force: bool = False) -> int:
    return restore(settings, file, force=force, migrate=lambda: migrate(settings))


def elsewhere(settings: Settings) -> Settings:
    return replace(settings, data_dir=settings.data_dir.with_name("other"))


class TestEmbedded:
    def test_all_of_it_comes_back(self, settings: Settings, file: Path) -> None:
        fill(settings)
        other = elsewhere(settings)

        manifest = back_up(settings, file)
        assert put_back(other, file) == 0

        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert manifest.revisions["record"]
        assert manifest.revisions["desk"]
        with unit_of(other) as unit:
            assert unit.conversations.get("c1") is not None
            assert [c.id for c in unit.complaints.recent()] == ["k1", "k2"]
        secret = other.data_dir / "secret.key"
        assert secret.read_text() == (settings.data_dir / "secret.key").read_text()
        assert stat.S_IMODE(secret.stat().st_mode) == 0o600
        with closing(sqlite3.connect(other.data_dir / "desk.db")) as desk:
            assert desk.execute("SELECT count(*) FROM desk_alembic_version").fetchone() == (1,)

    def test_what_was_about_to_be_filed_is_looked_up_first(
        self, settings: Settings, file: Path
    ) -> None:
        """It may have been filed after the backup was made."""
        fill(settings)
        back_up(settings, file)
        other = elsewhere(settings)
        put_back(other, file)
        with unit_of(other) as unit:
            trails = [unit.deliveries.by_key(f"filing:{key}").trail for key in ("k1", "k2")]  # type: ignore[union-attr]
        assert trails == [[], ["orphaned"]]

    def test_redis_comes_back_with_what_still_counts(self, settings: Settings, file: Path) -> None:
        fill(settings)
        with snapshots.opened_redis(settings) as client:
            client.xadd(keys.stream(7), {"message": "m"})
            client.hset(keys.answer("m1"), mapping={"attempts": 2})
            client.pexpire(keys.answer("m1"), 600_000)
            client.set("wechat:wx1:token", "t")
            client.set("somebody:elses", "x")
            client.psetex("minsheng:short", 1, "x")
        back_up(settings, file)
        other = elsewhere(settings)

        assert put_back(other, file) == 1

        with snapshots.opened_redis(other) as client:
            assert client.xrange(keys.stream(7))[0][1] == {b"message": b"m"}
            assert client.hgetall(keys.answer("m1")) == {b"attempts": b"2"}
            assert 0 < client.pttl(keys.answer("m1")) <= 600_000
            assert client.get("wechat:wx1:token") == b"t"
            assert client.exists("somebody:elses", "minsheng:short") == 0

    def test_a_running_server_is_asked_for_its_redis(self, settings: Settings, file: Path) -> None:
        fill(settings)
        server = EmbeddedRedis(settings.data_dir / "redis")
        with redis.Redis.from_url(server.start()) as client:
            client.xadd(keys.stream(7), {"message": "m"})
            # Of the same process, whose locks do not exclude each other: so it is asked by its address.
            back_up(replace(settings, redis_url=server.url), file)
            assert client.ping()
        server.stop()
        assert put_back(elsewhere(settings), file) == 1


class TestOneMoment:
    def test_two_files_are_copied_as_they_were_at_the_same_moment(self, tmp_path: Path) -> None:
        """A writer keeps both equal, in one after the other, while copies are made."""
        paths = [tmp_path / "a.db", tmp_path / "b.db"]
        for path in paths:
            with closing(sqlite3.connect(path)) as made:
                made.execute("PRAGMA journal_mode=WAL")
                made.execute("CREATE TABLE t (n INTEGER)")
        stop, written = threading.Event(), threading.Event()

        def write() -> None:
            one, two = (sqlite3.connect(p, isolation_level=None, timeout=30) for p in paths)
            with closing(one), closing(two):
                while not stop.wait(0.001):
                    one.execute("BEGIN IMMEDIATE")  # the record decides, the desk follows
                    two.execute("INSERT INTO t VALUES (1)")
                    one.execute("INSERT INTO t VALUES (1)")
                    one.execute("COMMIT")
                    written.set()

        writer = threading.Thread(target=write)
        writer.start()
        written.wait(30)
        try:
            for turn in range(20):
                targets = [tmp_path / f"a{turn}", tmp_path / f"b{turn}"]
                snapshots.copy_sqlite(dict(zip(paths, targets, strict=True)))
                counts = []
                for target in targets:
                    with closing(sqlite3.connect(target)) as copy:
                        counts.append(copy.execute("SELECT count(*) FROM t").fetchone()[0])
                assert counts[0] == counts[1] > 0
        finally:
            stop.set()
            writer.join()

    def test_a_writer_is_not_kept_waiting_while_it_is_copied(self, tmp_path: Path) -> None:
        path = tmp_path / "a.db"
        with closing(sqlite3.connect(path, isolation_level=None)) as other:
            other.execute("PRAGMA journal_mode=WAL")
            other.execute("CREATE TABLE t (n INTEGER)")
            snapshots.copy_sqlite({path: tmp_path / "copy"})
            other.execute("INSERT INTO t VALUES (1)")

    def test_a_database_that_is_none_is_said(self, tmp_path: Path) -> None:
        (tmp_path / "a.db").write_bytes(b"no database at all" * 100)
        with pytest.raises(NotDone, match="cannot be copied"):
            snapshots.copy_sqlite({tmp_path / "a.db": tmp_path / "copy"})


class TestRefusing:
    @pytest.fixture(autouse=True)
    def made(self, settings: Settings, file: Path, request: pytest.FixtureRequest) -> None:
        fill(settings)
        back_up(settings, file)

    def test_a_file_that_is_there_is_not_written_over(self, settings: Settings, file: Path) -> None:
        before = file.read_bytes()
        with pytest.raises(NotDone, match="is there already"):
            back_up(settings, file)
        assert file.read_bytes() == before

    def test_of_nothing_there_is_no_backup(self, settings: Settings, tmp_path: Path) -> None:
        with pytest.raises(NotDone, match="nothing to back up"):
            back_up(elsewhere(settings), tmp_path / "none.tgz")
        assert not list(tmp_path.glob("*none*"))

    def test_a_folder_in_use_is_left_alone_unless_forced(
        self, settings: Settings, file: Path
    ) -> None:
        with unit_of(settings) as unit:
            unit.documents.put("later", 1)
        with pytest.raises(NotDone, match="is not empty"):
            put_back(settings, file)
        with unit_of(settings) as unit:
            assert unit.documents.get("later") == 1

        put_back(settings, file, force=True)

        with unit_of(settings) as unit:
            assert unit.documents.get("later") is None
        [aside] = settings.data_dir.glob("before-restore-*")
        with closing(sqlite3.connect(aside / "minsheng.db")) as old:
            assert old.execute("SELECT name FROM document WHERE name <> 'keyring'").fetchall() == [
                ("later",)
            ]

    def test_a_file_that_is_no_backup(self, settings: Settings, tmp_path: Path) -> None:
        path = tmp_path / "odd"
        path.write_bytes(b"odd" * 1000)
        with pytest.raises(NotDone, match="cannot be read as a backup"):
            put_back(elsewhere(settings), path)
        with pytest.raises(NotDone, match="cannot be read as a backup"):
            put_back(elsewhere(settings), tmp_path / "not-there")

    @pytest.mark.parametrize("name", ["../evil", "/etc/evil", "evil"])
    def test_a_file_with_other_things_in_it(
        self, settings: Settings, tmp_path: Path, name: str
    ) -> None:
        path = tmp_path / "odd.tgz"
        with tarfile.open(path, "w:gz") as archive:
            add(archive, name, b"x")
        with pytest.raises(NotDone, match="no backup of Minsheng"):
            put_back(elsewhere(settings), path)

    def test_half_a_backup(self, settings: Settings, file: Path) -> None:
        file.write_bytes(file.read_bytes()[:-2000])
        with pytest.raises(NotDone, match="cannot be read as a backup"):
            put_back(elsewhere(settings), file)

    @pytest.mark.parametrize(
        ("name", "change", "fault"),
        [
            ("redis.jsonl", lambda _: b"{}", "damaged: redis.jsonl"),
            ("desk.db", None, "damaged: desk.db"),
            (MANIFEST, {"format": 99}, "later version"),
            (MANIFEST, {"revisions": {"record": "0999", "desk": ""}}, "later version"),
            (MANIFEST, {"store": "postgresql"}, "is of a postgresql record"),
            (MANIFEST, {"secret": "0" * 16}, "MINSHENG_SECRET_KEY"),
        ],
    )
    def test_what_does_not_fit_is_said_and_changes_nothing(
        self, settings: Settings, file: Path, name: str, change: object, fault: str
    ) -> None:
        rewrite(file, name, change)
        other = elsewhere(settings)
        with pytest.raises(NotDone, match=fault):
            put_back(other, file)
        assert not other.data_dir.exists()

    def test_another_secret_in_the_environment(self, settings: Settings, file: Path) -> None:
        other = replace(elsewhere(settings), secret_key="another-secret")
        with pytest.raises(NotDone, match="secret key is not the one"):
            put_back(other, file)

    def test_a_redis_in_use(self, settings: Settings, file: Path, redis_url: str) -> None:
        other = replace(elsewhere(settings), redis_url=redis_url)
        with redis.Redis.from_url(redis_url) as client:
            client.set("minsheng:x", 1)
            with pytest.raises(NotDone, match="Redis is in use"):
                put_back(other, file)
            seconds, _ = client.time()
            client.zadd(keys.WORKERS, {"w1": seconds * 1000 + 500})
            with pytest.raises(NotDone, match="a worker is running"):
                put_back(other, file, force=True)


class TestPostgreSQL:
    @pytest.fixture
    def distributed(
        self,
        settings: Settings,
        postgresql: PostgreSQL,  # noqa: F811
        redis_url: str,
    ) -> Settings:
        made = replace(settings, database_url=postgresql.make(), redis_url=redis_url)
        fill(made)
        return made

    @pytest.fixture
    def empty(
        self,
        distributed: Settings,
        postgresql: PostgreSQL,  # noqa: F811
        tmp_path: Path,
    ) -> Iterator[Settings]:
        server = EmbeddedRedis(tmp_path / "redis-2")
        url = server.start()
        yield replace(elsewhere(distributed), database_url=postgresql.make(), redis_url=url)
        server.stop()

    def test_all_of_it_comes_back(self, distributed: Settings, empty: Settings, file: Path) -> None:
        with redis.Redis.from_url(distributed.redis_url) as client:
            client.xadd(keys.stream(7), {"message": "m"})

        manifest = back_up(distributed, file)
        assert put_back(empty, file) == 1

        assert manifest.store == "postgresql"
        assert manifest.revisions["desk"]
        with unit_of(empty) as unit:
            assert [c.id for c in unit.complaints.recent()] == ["k1", "k2"]
            assert unit.deliveries.by_key("filing:k2").trail == ["orphaned"]  # type: ignore[union-attr]
        secret = (distributed.data_dir / "secret.key").read_text()
        assert (empty.data_dir / "secret.key").read_text() == secret

    def test_a_database_in_use_is_left_alone_unless_forced(
        self, distributed: Settings, empty: Settings, file: Path
    ) -> None:
        back_up(distributed, file)
        target = replace(empty, database_url=distributed.database_url)
        engine = open_engine(target.database_url)
        with SqlRecord(engine, SetClock()).unit() as unit:
            unit.documents.put("later", 1)
            with pytest.raises(NotDone, match="somebody uses the database"):
                put_back(target, file, force=True)
        with engine.begin() as connection:  # as a later version would leave it
            connection.exec_driver_sql("CREATE TABLE desk_later (n INTEGER)")
        engine.dispose()
        with pytest.raises(NotDone, match="database is not empty"):
            put_back(target, file)

        put_back(target, file, force=True)

        with unit_of(target) as unit:
            assert unit.documents.get("later") is None
            assert len(unit.complaints.recent()) == 2
        with engine.connect() as connection:
            found = connection.exec_driver_sql("SELECT to_regclass('desk_later')").scalar()
        engine.dispose()
        assert found is None

    def test_without_the_tool_it_is_said_what_to_install(
        self, monkeypatch: pytest.MonkeyPatch, distributed: Settings, file: Path
    ) -> None:
        monkeypatch.setattr(snapshots, "TOOLS", file.parent / "nowhere")
        monkeypatch.setenv("PATH", str(file.parent))
        with pytest.raises(NotDone, match="apt-get install -y postgresql-client"):
            back_up(distributed, file)
        assert not file.exists()


def add(archive: tarfile.TarFile, name: str, content: bytes) -> None:
    info = tarfile.TarInfo(name)
    info.size = len(content)
    archive.addfile(info, io.BytesIO(content))


def rewrite(file: Path, name: str, change: object) -> None:
    """Change one member of an archive: a function of its bytes, values of its JSON, None to leave it out."""
    with tarfile.open(file) as archive:
        content = {m.name: archive.extractfile(m).read() for m in archive}  # type: ignore[union-attr]
    if callable(change):
        content[name] = change(content[name])
    elif isinstance(change, dict):
        content[name] = json.dumps({**json.loads(content[name]), **change}).encode()
    else:
        del content[name]
    with tarfile.open(file, "w:gz") as archive:
        for key, value in content.items():
            add(archive, key, value)
