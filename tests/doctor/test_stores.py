"""Redis and database: there, durable, of our version; each in the real."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psycopg2
import pytest

from app.bootstrap import keep_keyring
from app.embedded_redis import EmbeddedRedis
from app.settings import ROOT, read
from bot.storage.database import upgrade
from bot.storage.motion import keys
from bot.storage.motion.connect import open_sync
from desk.storage import upgrade as upgrade_desk
from tests.doctor.conftest import Patient
from tests.storage.conftest import PostgreSQL


class TestRedis:
    @pytest.fixture
    def own(self, tmp_path: Path) -> Iterator[EmbeddedRedis]:
        server = EmbeddedRedis(tmp_path / "own")
        server.start()
        yield server
        server.stop()

    @pytest.mark.parametrize(
        ("settings", "code", "remedy"),
        [
            ({"appendonly": "no"}, "redis.no_aof", "appendonly yes"),
            ({"appendfsync": "everysec"}, "redis.fsync", "appendfsync always"),
            ({"maxmemory-policy": "allkeys-lru"}, "redis.evicts", "noeviction"),
            ({"maxmemory": "3mb"}, "redis.nearly_full", "maxmemory"),
        ],
    )
    def test_what_loses_messages_is_named_with_the_line_to_write(
        self,
        patient: Patient,
        own: EmbeddedRedis,
        settings: dict[str, str],
        code: str,
        remedy: str,
    ) -> None:
        client = open_sync(own.url)
        client.set("ballast", "x" * 2_000_000)
        for name, value in settings.items():
            client.config_set(name, value)
        assert remedy in patient.examine(MINSHENG_REDIS_URL=own.url).finding(code)["remedy"]

    def test_a_replica_is_named(self, patient: Patient, own: EmbeddedRedis) -> None:
        open_sync(own.url).replicaof("127.0.0.1", "9")
        report = patient.examine(MINSHENG_REDIS_URL=own.url)
        assert "主库" in report.finding("redis.replica")["remedy"]

    def test_a_wrong_password_is_told_apart_from_a_server_that_is_down(
        self, patient: Patient, own: EmbeddedRedis
    ) -> None:
        client = open_sync(own.url)
        client.config_set("requirepass", "right")
        report = patient.examine(MINSHENG_REDIS_URL=own.url)
        assert {"redis.password", "redis.forbidden"} & report.codes
        client.config_set("requirepass", "")
        down = patient.examine(MINSHENG_REDIS_URL="redis://127.0.0.1:9/0")
        assert "防火墙" in down.finding("redis.unreachable")["remedy"]

    def test_messages_set_aside_are_counted(self, patient: Patient, own: EmbeddedRedis) -> None:
        open_sync(own.url).xadd(keys.PARKED, {"reason": "test"})
        report = patient.examine(MINSHENG_REDIS_URL=own.url)
        assert report.finding("redis.parked")["values"]["count"] == "1"

    def test_the_embedded_one_is_not_started(self, patient: Patient) -> None:
        report = patient.examine(MINSHENG_REDIS_URL="")
        assert report.state("redis") == "ok"
        assert not (Path(patient.environ["MINSHENG_DATA_DIR"]) / "redis" / "redis.pid").exists()

    def test_the_embedded_one_is_looked_at_while_it_runs(self, patient: Patient) -> None:
        server = EmbeddedRedis(Path(patient.environ["MINSHENG_DATA_DIR"]) / "redis")
        open_sync(server.start()).config_set("maxmemory-policy", "allkeys-lru")
        pid = server.pid
        try:
            # A process of its own, as an operator starts it: a process does not see its own file locks.
            done = subprocess.run(
                [sys.executable, "-m", "app.cli", "doctor", "--json"],
                cwd=ROOT,
                env={**os.environ, **patient.environ, "MINSHENG_REDIS_URL": ""},
                capture_output=True,
                text=True,
                check=False,
            )
            assert '"redis.evicts"' in done.stdout
            assert done.returncode == 1
            assert server.pid == pid
        finally:
            server.stop()


class TestSqlite:
    def file(self, patient: Patient) -> Path:
        return Path(patient.environ["MINSHENG_DATA_DIR"]) / "minsheng.db"

    def version(self, patient: Patient, value: str) -> None:
        with closing(sqlite3.connect(self.file(patient))) as connection:
            connection.execute("UPDATE minsheng_alembic_version SET version_num = ?", (value,))
            connection.commit()

    def test_one_that_is_not_there_yet_is_not_made(self, patient: Patient) -> None:
        self.file(patient).unlink()
        assert patient.examine().state("record") == "ok"
        assert not self.file(patient).exists()

    def test_an_old_one_is_to_be_backed_up_first(self, patient: Patient) -> None:
        self.version(patient, "0001")
        assert "minsheng backup" in patient.examine().finding("record.behind")["remedy"]

    def test_one_of_a_newer_programme_will_not_work(self, patient: Patient) -> None:
        self.version(patient, "9999")
        report = patient.examine()
        assert report.finding("record.ahead")["level"] == "fail"
        assert "minsheng restore" in report.finding("record.ahead")["remedy"]

    def test_no_database_at_all_is_told_without_a_traceback(self, patient: Patient) -> None:
        self.file(patient).write_bytes(b"this is no database" * 100)
        report = patient.examine()
        assert report.state("record") == "fail"
        assert "doctor.broken" not in report.codes

    def test_nobody_who_could_sign_in_is_noticed(self, patient: Patient) -> None:
        report = patient.examine(MINSHENG_ADMIN_PASSWORD="")
        assert "minsheng staff add" in report.finding("record.no_staff")["remedy"]


class TestSecretKey:
    """The record is sealed with a secret key: with another one the server would not start."""

    @pytest.fixture
    def sealed(self, patient: Patient) -> Patient:
        keep_keyring(read(patient.environ))
        return patient

    def test_the_right_one_is_no_finding(self, sealed: Patient) -> None:
        assert sealed.examine().state("record") == "ok"

    def test_another_one_is_told_before_the_start(self, sealed: Patient) -> None:
        report = sealed.examine(MINSHENG_SECRET_KEY="6" * 64)
        assert "MINSHENG_SECRET_KEY" in report.finding("record.locked")["remedy"]

    def test_one_in_rotation_opens_and_is_to_be_finished(self, sealed: Patient) -> None:
        old = sealed.environ["MINSHENG_SECRET_KEY"]
        report = sealed.examine(MINSHENG_SECRET_KEY="6" * 64, MINSHENG_SECRET_KEY_PREVIOUS=old)
        assert report.state("record") == "ok"
        assert "minsheng reseal" in report.finding("secrets.previous")["remedy"]

    def test_a_lost_one_is_told_and_none_is_made(self, sealed: Patient) -> None:
        report = sealed.examine(MINSHENG_SECRET_KEY="")
        assert "record.locked" in report.codes
        assert not (Path(sealed.environ["MINSHENG_DATA_DIR"]) / "secret.key").exists()


class TestPostgreSQL:
    """The test's server runs without fsync, which the doctor must see."""

    def test_a_server_that_does_not_wait_for_its_disk_is_unsafe(
        self, patient: Patient, postgresql: PostgreSQL
    ) -> None:
        url = postgresql.make()
        upgrade(url)
        finding = patient.examine(MINSHENG_DATABASE_URL=url).finding("record.unsafe")
        assert "fsync = on" in finding["remedy"]

    def test_what_was_set_for_the_user_is_seen(
        self, patient: Patient, postgresql: PostgreSQL
    ) -> None:
        url = postgresql.make()
        name = url.partition("@/")[2].partition("?")[0]
        with closing(psycopg2.connect(url)) as connection:
            connection.autocommit = True
            cursor = connection.cursor()
            cursor.execute(f"ALTER DATABASE {name} SET synchronous_commit = off")
            cursor.execute(f"ALTER DATABASE {name} SET statement_timeout = '2s'")
        report = patient.examine(MINSHENG_DATABASE_URL=url)
        assert "synchronous_commit" in report.finding("record.not_synchronous")["remedy"]
        assert "2000" in report.finding("record.statement_timeout")["says"]

    def test_another_encoding_is_named(self, patient: Patient, postgresql: PostgreSQL) -> None:
        with closing(psycopg2.connect(postgresql.url("postgres"))) as connection:
            connection.autocommit = True
            options = "ENCODING 'SQL_ASCII' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0"
            connection.cursor().execute(f"CREATE DATABASE doctor_ascii {options}")
        url = postgresql.url("doctor_ascii")
        assert (
            "UTF8"
            in patient.examine(MINSHENG_DATABASE_URL=url).finding("record.encoding")["remedy"]
        )

    def test_the_desks_tables_are_looked_at_too(
        self, patient: Patient, postgresql: PostgreSQL
    ) -> None:
        url = postgresql.make()
        upgrade(url)
        upgrade_desk(url)
        with closing(psycopg2.connect(url)) as connection:
            connection.autocommit = True
            connection.cursor().execute("UPDATE desk_alembic_version SET version_num = '9999'")
        report = patient.examine(MINSHENG_DATABASE_URL=url, MINSHENG_BACKEND_URL="")
        assert report.finding("record.ahead")["values"]["there"] == "9999"

    def test_a_server_that_is_down_or_a_wrong_name_is_told(
        self, patient: Patient, postgresql: PostgreSQL
    ) -> None:
        for url in ("postgresql://x:y@127.0.0.1:9/z", postgresql.url("nowhere")):
            report = patient.examine(MINSHENG_DATABASE_URL=url)
            finding = report.finding("record.unreachable")
            assert "MINSHENG_DATABASE_URL" in finding["remedy"]
            assert ":y@" not in str(report.document)  # the password
