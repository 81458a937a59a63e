"""`minsheng staff`: accounts from the command line, on a record of the test's own."""

from __future__ import annotations

import io
import os
import pty
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from app.bootstrap import SystemClock, build
from app.cli import main
from app.serve import furnish, migrate
from app.settings import Settings
from app.staff import FLAWS, PROBLEMS
from bot.model.staff import AuditEntry, Role, StaffMember, StaffSession
from bot.storage.database import open_engine, upgrade
from bot.storage.record import SqlRecord
from console import passwords
from console.accounts import Problem

GOOD = "一句记得住的话 and more"
Run = Callable[..., int]


@pytest.fixture
def record(tmp_path: Path) -> Iterator[SqlRecord]:
    url = f"sqlite:///{tmp_path}/minsheng.db"
    upgrade(url)
    engine = open_engine(url)
    yield SqlRecord(engine, SystemClock())
    engine.dispose()


@pytest.fixture
def staff(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run one command with this on standard input; returns its exit code."""
    for name in [name for name in os.environ if name.startswith("MINSHENG_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("MINSHENG_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("MINSHENG_DATABASE_URL", f"sqlite:///{tmp_path}/minsheng.db")
    monkeypatch.setenv("MINSHENG_WECHAT_APP_ID", "wx0123456789abcdef")
    monkeypatch.setenv("MINSHENG_WECHAT_APP_SECRET", "appsecret-9f3a")
    monkeypatch.setenv("MINSHENG_WECHAT_TOKEN", "tokenWord77")

    def run(*words: str, given: str = "") -> int:
        monkeypatch.setattr(sys, "stdin", io.StringIO(given))
        return main(["staff", *words])

    return run


def get(record: SqlRecord, number: str) -> StaffMember:
    with record.reading() as unit:
        member = unit.staff.get(number)
    assert member is not None
    return member


def written(record: SqlRecord) -> list[AuditEntry]:
    with record.reading() as unit:
        return unit.audit.entries()


def test_an_account_is_made_with_a_password_from_standard_input(
    staff: Run, record: SqlRecord
) -> None:
    assert staff("add", "1024", "王芳", "--role", "agent", given=GOOD + "\n") == 0
    member = get(record, "1024")
    assert (member.name, member.role, member.active) == ("王芳", Role.AGENT, True)
    assert passwords.is_right(member.password_hash, GOOD)
    assert not passwords.must_change(member.password_hash)
    (entry,) = written(record)
    assert (entry.number, entry.action, entry.subject) == ("cli", "account added", "account 1024")
    assert GOOD not in str(entry)


def test_a_random_password_is_printed_once_and_must_be_changed(
    staff: Run, record: SqlRecord, capsys: pytest.CaptureFixture[str]
) -> None:
    assert staff("add", "1024", "王芳", "--role", "agent", "--generate") == 0
    (first,) = capsys.readouterr().out.splitlines()
    assert passwords.is_right(get(record, "1024").password_hash, first)
    assert passwords.must_change(get(record, "1024").password_hash)
    assert staff("password", "1024", "--generate") == 0
    (second,) = capsys.readouterr().out.splitlines()
    assert first != second
    assert passwords.is_right(get(record, "1024").password_hash, second)
    assert staff("add", "1024", "王芳", "--role", "agent", "--generate") == 1
    assert capsys.readouterr().out == "", "what was not done shows no password"


def test_accounts_are_listed(
    staff: Run, record: SqlRecord, capsys: pytest.CaptureFixture[str]
) -> None:
    assert staff("list") == 0
    assert "no account yet" in capsys.readouterr().err
    staff("add", "1024", "王芳", "--role", "agent", given=GOOD)
    staff("add", "2001", "赵敏", "--role", "supervisor", given=GOOD)
    staff("off", "1024")
    capsys.readouterr()
    assert staff("list") == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines == ["1024\tagent\toff\t王芳", "2001\tsupervisor\ton\t赵敏"]


@pytest.mark.parametrize(
    "words", [["role", "1024", "supervisor"], ["off", "1024"], ["password", "1024"]]
)
def test_a_change_ends_the_sessions_and_is_written_down(
    staff: Run, record: SqlRecord, words: list[str]
) -> None:
    staff("add", "1024", "王芳", "--role", "agent", given=GOOD)
    now = SystemClock().now()
    with record.unit() as unit:
        unit.staff.open_session(StaffSession("d", "1024", "n", now, now))
    assert staff(*words, given="another good one 7") == 0
    with record.reading() as unit:
        assert unit.staff.session("d") is None
    assert [entry.number for entry in written(record)] == ["cli", "cli"]


def test_who_was_turned_off_is_turned_on_again(staff: Run, record: SqlRecord) -> None:
    staff("add", "1024", "王芳", "--role", "agent", given=GOOD)
    assert staff("off", "1024") == 0
    assert not get(record, "1024").active
    assert staff("on", "1024") == 0
    assert get(record, "1024").active


@pytest.mark.parametrize(
    ("words", "given", "code", "said"),
    [
        (["add", "1024", "另一个", "--role", "agent"], GOOD, 1, PROBLEMS[Problem.TAKEN]),
        (["add", "5", "王芳", "--role", "agent"], GOOD, 1, PROBLEMS[Problem.TAKEN]),
        (["add", "x y", "李", "--role", "agent"], GOOD, 1, PROBLEMS[Problem.BAD_NUMBER]),
        (["add", "5", "A100", "--role", "agent"], GOOD, 1, PROBLEMS[Problem.BAD_NAME]),
        (["add", "5", "李", "--role", "agent"], "short", 2, FLAWS[passwords.Flaw.SHORT]),
        (["add", "5", "李", "--role", "agent"], "", 2, FLAWS[passwords.Flaw.SHORT]),
        (["password", "1024"], "password1234", 2, FLAWS[passwords.Flaw.COMMON]),
        (["password", "9"], GOOD, 1, PROBLEMS[Problem.UNKNOWN]),
        (["role", "9", "agent"], "", 1, PROBLEMS[Problem.UNKNOWN]),
        (["off", "9"], "", 1, PROBLEMS[Problem.UNKNOWN]),
        (["off", "0001"], "", 1, PROBLEMS[Problem.LAST_ADMINISTRATOR]),
        (["role", "0001", "agent"], "", 1, PROBLEMS[Problem.LAST_ADMINISTRATOR]),
    ],
)
def test_what_cannot_be_done_is_said_and_changes_nothing(
    staff: Run,
    record: SqlRecord,
    capsys: pytest.CaptureFixture[str],
    words: list[str],
    given: str,
    code: int,
    said: str,
) -> None:
    staff("add", "0001", "管理员", "--role", "administrator", given=GOOD)
    staff("add", "1024", "王芳", "--role", "agent", given=GOOD)
    before = [get(record, number) for number in ("0001", "1024")]
    assert staff(*words, given=given) == code
    assert said in capsys.readouterr().err
    assert [get(record, number) for number in ("0001", "1024")] == before
    assert len(written(record)) == 2


@pytest.mark.parametrize("words", [[], ["add", "1"], ["role", "1", "king"], ["sing"]])
def test_a_command_that_makes_no_sense_exits_with_two(staff: Run, words: list[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        staff(*words)
    assert ended.value.code == 2


@pytest.mark.parametrize(("again", "code"), [(GOOD, 0), ("something else", 2)])
def test_at_a_terminal_the_password_is_asked_for_twice_and_not_shown(
    staff: Run, record: SqlRecord, again: str, code: int
) -> None:
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "app.cli", "staff", "add", "1024", "王芳", "--role", "agent"],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
        env=dict(os.environ),
    )
    os.close(theirs)
    shown = b""
    for prompt, answer in ((b"password: ", GOOD), (b"again: ", again)):
        while not shown.endswith(prompt):
            shown += os.read(ours, 1024)
        os.write(ours, answer.encode() + b"\n")
    try:
        while part := os.read(ours, 1024):
            shown += part
    except OSError:  # Linux says so when the other side is closed
        pass
    assert process.wait(60) == code
    os.close(ours)
    assert GOOD.encode() not in shown
    with record.reading() as unit:
        assert (unit.staff.get("1024") is not None) == (code == 0)


def test_every_problem_and_flaw_has_its_words() -> None:
    assert set(PROBLEMS) == set(Problem)
    assert set(FLAWS) == set(passwords.Flaw)


@pytest.mark.parametrize(("simulator", "numbers"), [(True, 7), (False, 1)])
def test_the_server_makes_the_first_account_and_the_demos_only_with_the_simulator(
    settings: Settings, simulator: bool, numbers: int
) -> None:
    settings = replace(settings, simulator=simulator)
    migrate(settings)
    parts = build(settings, redis_url="redis://127.0.0.1:1")
    for _ in range(2):
        furnish(parts)
    with parts.record.reading() as unit:
        found = unit.staff.all()
    parts.close()
    assert (found[0].number, found[0].name, len(found)) == ("0001", "管理员", numbers)
    assert all(passwords.is_right(m.password_hash, settings.admin_password) for m in found)
    if simulator:
        expected = [Role.AGENT, Role.AGENT, Role.SUPERVISOR, Role.OBSERVER, *[Role.AGENT] * 2]
        assert [m.role for m in found[1:]] == expected
        assert [m.unit for m in found] == ["", "", "", "", "", "330106", "chengguan"]
