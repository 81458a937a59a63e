"""Phone numbers and names lie encrypted in record and desk, and the secret key changes without anybody being lost."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from starlette.applications import Starlette
from starlette.routing import Mount

from app import reseal, secrets
from app.backup import back_up
from app.bootstrap import Parts, SystemClock, backend_key, build
from app.cli import main
from app.desk import desk_office
from app.keyring import KeyringLocked, KeyringStore
from app.rasa_dialogue import RasaDialogue
from app.restore import restore
from app.sealing import KeySealer
from app.secrets import secrets_of
from app.serve import migrate, with_demo_account
from app.settings import Settings, read
from app.snapshots import NotDone
from bot.services.catalogue import Catalogue
from bot.services.filing import FilingHandler
from bot.storage.database import open_engine
from bot.storage.record import SqlRecord
from connectors.open311 import Open311Client
from desk.app import create_app as create_desk
from desk.office.lists import CaseQuery
from desk.office.office import DeskOffice
from desk.records import StoredRequest
from tests.app.conftest import redis_server, redis_url  # noqa: F401
from tests.builders import make_message
from tests.desk.office import serve
from tests.storage.conftest import PostgreSQL, postgresql  # noqa: F401

FIRST, SECOND = "the-first-secret-key", "the-second-secret-key"
CITIZEN = "oRotation-A"
NAME = "欧阳婉清"


def talk(phone: str) -> tuple[str, ...]:
    """Return what a citizen says until the read-back, a number in their words and one to be called at."""
    return (
        f"楼下烧烤店天天半夜还在吵，油烟往家里灌，打{phone}没人管",
        "滨江区江南大道康恩贝大厦南门",
        f"我的电话是{phone}",
    )


class Installation:
    """The product's parts in this process, as each of its processes builds them."""

    def __init__(self, settings: Settings, redis: str, dialogue: RasaDialogue) -> None:
        migrate(settings)
        self.settings = settings
        self.parts: Parts = build(settings, redis_url=redis)
        self._turns = self.parts.turn_taker(dialogue)
        desk = desk_office(settings, self.parts.sealer)
        assert desk is not None
        self.desk: DeskOffice = desk

    def say(self, *texts: str) -> str:
        """Let the citizen say these; returns the last answer."""
        said = ""
        for text in texts:
            reply = self._turns.take(make_message(text, f"k{random.random()}", citizen=CITIZEN))
            said = reply.text if reply else ""
        return said

    def file_due(self) -> None:
        """File what is due with the desk, over HTTP."""
        parts = self.parts
        app = Starlette(routes=[Mount("/open311/v2", app=create_desk(self.desk))])
        with serve(app) as url:
            backend = Open311Client(f"{url}/open311/v2", api_key=backend_key(self.settings))
            catalogue = Catalogue(parts.record, backend)
            catalogue.pull()
            handler = FilingHandler(
                parts.record,
                backend,
                clock=parts.clock,
                sealer=parts.sealer,
                directory=catalogue.pulled,
                media_url=parts.links.url,
            )
            with parts.record.unit() as unit:
                due = [unit.deliveries.claim(n) for n in unit.deliveries.due(kinds=("filing",))]
            for delivery in due:
                assert delivery is not None
                handler.carry_out(delivery)

    def case(self) -> StoredRequest:
        """Return the citizen's case as the office has it."""
        (row,) = self.desk.lists.rows(CaseQuery())
        found = self.desk.store.request(row.id)
        assert found is not None
        return found

    def close(self) -> None:
        self.parts.close()
        self.desk.close()


@pytest.fixture
def phone() -> str:
    """Return a number that nobody else has: the databases' files are searched for it."""
    return f"139{random.randint(10_000_000, 99_999_999)}"


@pytest.fixture(params=["sqlite", "postgresql"])
def settings(request: pytest.FixtureRequest, tmp_path: Path) -> Settings:
    environ = {
        "MINSHENG_SIMULATOR": "1",
        "MINSHENG_DATA_DIR": str(tmp_path / "data"),
        "MINSHENG_SECRET_KEY": FIRST,
    }
    if request.param == "postgresql":
        environ["MINSHENG_DATABASE_URL"] = request.getfixturevalue("postgresql").make()
    return with_demo_account(read(environ))


Start = Callable[[Settings], Installation]


@pytest.fixture
def start(redis_url: str, dialogue: RasaDialogue) -> Iterator[Start]:  # noqa: F811
    started: list[Installation] = []

    def made(settings: Settings) -> Installation:
        started.append(Installation(settings, redis_url, dialogue))
        return started[-1]

    yield made
    for installation in started:
        installation.close()


def in_files(settings: Settings, words: str, request: pytest.FixtureRequest) -> list[str]:
    """Return the database files, write-ahead logs included, in which these words stand."""
    if settings.database_url:
        server: PostgreSQL = request.getfixturevalue("postgresql")
        engine = sa.create_engine(settings.database_url, isolation_level="AUTOCOMMIT")
        engine.execute("CHECKPOINT")
        engine.dispose()
        paths = [p for p in server.folder.rglob("*") if p.is_file()]
    else:
        paths = list(settings.data_dir.glob("*.db*"))
    looks = {words.encode(), words.encode("unicode_escape")}  # JSON may hold it as escapes
    contents = {path.name: path.read_bytes() for path in paths}
    assert any("烧烤店".encode() in content for content in contents.values())  # these are the files
    return [name for name, content in contents.items() if any(look in content for look in looks)]


def resealed(settings: Settings) -> reseal.Report:
    return reseal.reseal(settings, said=lambda _: None)


class TestRotating:
    def test_no_number_in_any_file_and_nobody_lost_by_a_new_key(
        self, settings: Settings, start: Start, phone: str, request: pytest.FixtureRequest
    ) -> None:
        old = start(settings)
        old.say(*talk(phone), f"称呼改成{NAME}")
        assert in_files(settings, phone, request) == []
        receipt = old.say("确认")
        assert "HZ-" in receipt
        old.file_due()
        assert old.case().person.phone == phone
        assert phone in old.case().description  # the office reads the words as they were said
        with old.parts.record.reading() as unit:
            (conversation,) = unit.conversations.several([old.parts.sealer.pseudonym(CITIZEN)])
            (complaint,) = unit.complaints.recent()
        assert in_files(settings, phone, request) == []
        link = old.parts.links.url("m1").rpartition("/")[2]

        new_settings = replace(settings, secret_key=SECOND, secret_key_previous=FIRST)
        new = start(new_settings)
        report = resealed(new_settings)
        assert (report.values.lost, report.values.anew > 5) == (0, True)
        assert resealed(new_settings).values.changed == 0
        assert "HZ-" in old.say("查进度")  # who has not been started anew goes on
        assert old.case().person.phone == phone
        new.say("我再补充一下，昨晚一点还在吵")
        assert reseal.drop_previous(new_settings) == 1

        only_new = start(replace(settings, secret_key=SECOND))
        assert complaint.receipt in only_new.say("查进度")
        with only_new.parts.record.reading() as unit:
            (again,) = unit.complaints.of_conversation(conversation.id)
        assert only_new.parts.sealer.unseal(again.contact_phone) == phone
        assert only_new.case().person.phone == phone
        assert phone in only_new.case().description
        assert only_new.parts.links.medium_id(link) == "m1"
        assert in_files(settings, phone, request) == []
        with pytest.raises(KeyringLocked, match="MINSHENG_SECRET_KEY_PREVIOUS"):
            start(settings)

    def test_the_name_given_is_kept_sealed(
        self, settings: Settings, start: Start, phone: str
    ) -> None:
        """What the form knows as a name; in the citizen's own words it stands as said."""
        city = start(settings)
        city.say(*talk(phone), f"我叫{NAME}", "确认")
        city.file_due()
        with city.parts.record.reading() as unit:
            (complaint,) = unit.complaints.recent()
        assert complaint.contact_name == NAME == city.case().person.first_name
        plain = open_engine(settings.record_url)
        kept = plain.execute("SELECT contact_name FROM complaint").scalar()
        plain.dispose()
        assert NAME not in kept
        assert "⟦" in kept

    def test_the_office_finds_a_case_by_the_phone_number(
        self, settings: Settings, start: Start, phone: str
    ) -> None:
        city = start(settings)
        city.say(*talk(phone), "确认")
        city.file_due()
        case = city.case().id
        for words in (phone, f"{phone[:3]} {phone[3:7]} {phone[7:]}", "烧烤店", case):
            assert [row.id for row in city.desk.lists.rows(CaseQuery(words=words))] == [case]
            assert city.desk.lists.count(CaseQuery(words=words)) == 1
        for words in ("13800000000", phone[:-1]):
            assert city.desk.lists.rows(CaseQuery(words=words)) == []


class TestOlderInstallations:
    def test_what_stood_in_clear_is_sealed_and_gone_from_the_files(
        self, settings: Settings, start: Start, phone: str, request: pytest.FixtureRequest
    ) -> None:
        city = start(settings)
        city.say(*talk(phone), "确认")
        city.file_due()
        before, number = city.case(), city.parts.sealer.pseudonym(CITIZEN)
        _forget_sealing(settings, city.parts.sealer)
        city.close()
        if not settings.database_url:
            assert in_files(settings, phone, request)

        later = start(settings)
        assert later.case() == before  # readable before the command has run
        report = resealed(settings)
        assert (report.values.first >= 2, report.values.lost) == (True, 0)
        assert later.case() == before
        assert later.parts.sealer.pseudonym(CITIZEN) == number
        assert "HZ-" in later.say("查进度")
        if not settings.database_url:  # PostgreSQL keeps old rows until its vacuum
            assert in_files(settings, phone, request) == []

    def test_ended_in_the_middle_it_is_finished_by_the_next_run(
        self, settings: Settings, start: Start, phone: str
    ) -> None:
        city = start(settings)
        city.say(*talk(phone), "确认")
        city.file_due()
        rotated = replace(settings, secret_key=SECOND, secret_key_previous=FIRST)

        def end(words: str) -> None:
            if words.startswith("complaint:"):
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            reseal.reseal(rotated, said=end)
        assert city.case().person.phone == phone
        assert resealed(rotated).values.anew > 0
        assert resealed(rotated).values.changed == 0
        assert city.case().person.phone == phone


def _forget_sealing(settings: Settings, sealer: KeySealer) -> None:
    """Make the desk what it was before it was sealed, and the record one without a keyring."""
    engine = open_engine(settings.desk_url)
    with engine.begin() as connection:
        for table, columns in reseal.sealed_columns(reseal.desk_tables):
            for row in connection.execute(sa.select(table)).all():
                values = {c.name: _clear(c, row._mapping[c], sealer) for c in columns}
                connection.execute(table.update().where(table.c.id == row.id).values(**values))
    engine.dispose()
    record = open_engine(settings.record_url)
    record.execute("DELETE FROM document WHERE name = 'keyring'")
    record.dispose()


def _clear(column: Any, value: Any, sealer: KeySealer) -> Any:
    column_type = column.type
    dialect = type("Dialect", (), {"minsheng_sealing": sealer})()
    return column_type.process_result_value(value, dialect)


class TestOfTheFolder:
    @pytest.fixture
    def settings(self, tmp_path: Path) -> Settings:
        environ = {"MINSHENG_SIMULATOR": "1", "MINSHENG_DATA_DIR": str(tmp_path / "data")}
        return with_demo_account(read(environ))

    def test_a_new_key_is_made_and_the_old_one_dropped_in_the_end(
        self, settings: Settings, start: Start, phone: str, tmp_path: Path
    ) -> None:
        folder = settings.data_dir
        city = start(settings)
        city.say(*talk(phone), "确认")
        city.file_due()
        old_backup, new_backup = tmp_path / "old.tgz", tmp_path / "new.tgz"
        back_up(settings, old_backup)
        before = (folder / "secret.key").read_text()

        reseal.new_secret(settings)
        assert resealed(settings).values.anew > 0
        files = [folder / "secret.key", folder / "secret.key.previous"]
        assert [path.stat().st_mode & 0o777 for path in files] == [0o600, 0o600]
        assert files[1].read_text() == before != files[0].read_text()
        with pytest.raises(NotDone, match="--drop-previous"):
            reseal.new_secret(settings)
        assert city.case().person.phone == phone
        back_up(settings, new_backup)
        reseal.drop_previous(settings)
        assert not files[1].exists()
        assert start(settings).case().person.phone == phone

        for number, backup in enumerate((old_backup, new_backup)):
            other = replace(settings, data_dir=tmp_path / f"other{number}")
            restore(other, backup, force=False, migrate=lambda other=other: migrate(other))
            restored = start(other)
            assert restored.case().person.phone == phone
            assert "HZ-" in restored.say("查进度")

    def test_the_command_says_what_was_done_and_what_comes_next(
        self,
        settings: Settings,
        start: Start,
        phone: str,
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        city = start(settings)
        city.say(*talk(phone), "确认")
        city.file_due()
        monkeypatch.setenv("MINSHENG_DATA_DIR", str(settings.data_dir))
        monkeypatch.setenv("MINSHENG_SIMULATOR", "1")
        assert main(["reseal", "--new-key"]) == 0
        said = capsys.readouterr().out
        assert "new secret key" in said
        assert "0 could not be opened" in said
        assert "--drop-previous" in said
        assert main(["reseal", "--new-key"]) == 1
        assert "restart everything" in capsys.readouterr().err
        assert main(["reseal", "--drop-previous"]) == 0
        assert "closed to 1 earlier" in capsys.readouterr().out
        assert start(settings).case().person.phone == phone

    def test_the_environments_key_is_not_ours_to_change(self, settings: Settings) -> None:
        with pytest.raises(NotDone, match="MINSHENG_SECRET_KEY_PREVIOUS"):
            reseal.new_secret(replace(settings, secret_key=FIRST))
        assert not (settings.data_dir / secrets.SECRET).exists()

    def test_a_backup_from_before_the_change_is_restored_with_both_keys(
        self, settings: Settings, start: Start, phone: str, tmp_path: Path
    ) -> None:
        city = start(replace(settings, secret_key=FIRST))
        city.say(*talk(phone), "确认")
        city.file_due()
        back_up(city.settings, tmp_path / "b.tgz")
        other = replace(settings, data_dir=tmp_path / "other", secret_key=SECOND)
        with pytest.raises(NotDone, match="PREVIOUS"):
            restore(other, tmp_path / "b.tgz", force=False, migrate=lambda: migrate(other))
        both = replace(other, secret_key_previous=FIRST)
        restore(both, tmp_path / "b.tgz", force=False, migrate=lambda: migrate(both))
        assert start(other).case().person.phone == phone


class TestWhileItRuns:
    def test_a_writer_that_holds_a_row_too_long_is_waited_for(
        self, settings: Settings, start: Start, phone: str
    ) -> None:
        """The database gives up waiting for a lock; the command does not."""
        city = start(settings)
        city.say(*talk(phone), "确认")
        rotated = replace(settings, secret_key=SECOND, secret_key_previous=FIRST)
        start(rotated)  # the keyring knows the new key
        holding = city.parts.engine.connect()
        begun = holding.begin()
        holding.execute(sa.text("UPDATE complaint SET wish = wish"))
        timer = threading.Timer(1.0, begun.rollback)
        timer.start()
        quick = open_engine(settings.record_url, lock_s=0.2)
        if quick.dialect.name == "postgresql":
            sa.event.listen(quick, "begin", lambda c: c.exec_driver_sql("SET lock_timeout='0.2s'"))
        sealer = KeySealer(KeyringStore(SqlRecord(quick, SystemClock()), secrets_of(rotated)).load)
        report = reseal.Report()
        try:
            reseal.every_table(quick, reseal.record_tables, sealer, report, lambda _: None)
        finally:
            timer.join()
            holding.close()
            quick.dispose()
        assert report.values.anew > 3
        assert report.values.lost == 0
        assert resealed(rotated).rows == 0
