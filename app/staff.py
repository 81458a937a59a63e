"""`minsheng staff ...`: the console's accounts from the server's command line."""

from __future__ import annotations

import argparse
import getpass
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import yaml

from app.bootstrap import CATALOG, SystemClock
from app.settings import Settings
from bot.model.staff import Role, StaffMember
from bot.ports import Unavailable
from bot.storage.database import open_engine, upgrade
from bot.storage.record import SqlRecord
from console import passwords
from console.accounts import Accounts, Problem, Refused
from console.audit import COMMAND_LINE, Trail
from console.lockout import is_locked
from desk.model.units import parse_units

PROBLEMS = {
    Problem.BAD_NUMBER: "a work number is up to 4 letters and 1 to 10 digits, such as 1024 or A1024",
    Problem.BAD_NAME: "a name has 1 to 20 characters and does not look like a work number",
    Problem.TAKEN: "this number or name is taken; numbers are never given to another",
    Problem.UNKNOWN: "there is no account with this number",
    Problem.LAST_ADMINISTRATOR: "this is the last active administrator",
    Problem.OWN_ACCOUNT: "nobody does this to their own account",
}

FLAWS = {
    passwords.Flaw.SHORT: f"a password has at least {passwords.LEAST_LENGTH} characters.",
    passwords.Flaw.LONG: f"a password has at most {passwords.MOST_LENGTH} characters.",
    passwords.Flaw.SPACE: "a password neither begins nor ends with a space.",
    passwords.Flaw.OWN: "a password is not made of the number or the name.",
    passwords.Flaw.COMMON: "this password is too common.",
}


class UnknownUnit(Exception):
    """There is no such unit in catalog/units.yml."""


class BadPassword(Exception):
    """The password that was given cannot be taken; the text says why."""


def run(settings: Settings, arguments: argparse.Namespace) -> int:
    """Do what the command line says; returns the exit code: 1 if it cannot be done, 2 for a bad password.

    Log lines go to standard error, so that a script can read the password from standard output.
    """
    try:
        with _opened(settings) as record:
            ACTS[arguments.act](record, arguments)
    except Refused as refused:
        print(f"Not done: {PROBLEMS[refused.problem]}.", file=sys.stderr)
        return 1
    except UnknownUnit as error:
        print(f"Not done: catalog/units.yml has no unit {error}.", file=sys.stderr)
        return 1
    except BadPassword as error:
        print(f"Not done: {error}", file=sys.stderr)
        return 2
    except Unavailable:
        print("Not done: the record cannot be used now.", file=sys.stderr)
        return 1
    return 0


@contextmanager
def _opened(settings: Settings) -> Iterator[SqlRecord]:
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    upgrade(settings.record_url)
    engine = open_engine(settings.record_url)
    try:
        yield SqlRecord(engine, SystemClock())
    finally:
        engine.dispose()


@contextmanager
def _accounts(record: SqlRecord) -> Iterator[Accounts]:
    with record.unit() as unit:
        yield Accounts(unit, Trail(record, SystemClock()), actor=COMMAND_LINE)


def _list(record: SqlRecord, arguments: argparse.Namespace) -> None:
    with record.reading() as unit:
        members = unit.staff.all()
    for member in members:
        of = f"\t{member.unit}" if member.unit else ""
        print(f"{member.number}\t{member.role.value}\t{_state(member)}\t{member.name}{of}")
    if not members:
        print("There is no account yet: `minsheng staff add`.", file=sys.stderr)


def _state(member: StaffMember) -> str:
    if not member.active:
        return "off"
    return "locked" if is_locked(member, SystemClock().now()) else "on"


def _add(record: SqlRecord, arguments: argparse.Namespace) -> None:
    number, name, unit = arguments.number, arguments.name, _unit(arguments.unit)
    made, kept = _new_password(arguments, number, name)
    with _accounts(record) as accounts:
        accounts.add(number, name, Role(arguments.role), kept)
        if unit:
            accounts.set_unit(number, unit)
    _show(made)


def _password(record: SqlRecord, arguments: argparse.Namespace) -> None:
    with _accounts(record) as accounts:
        name = accounts.get(arguments.number).name
    made, kept = _new_password(arguments, arguments.number, name)
    with _accounts(record) as accounts:
        accounts.set_password(arguments.number, kept)
    _show(made)


def _role(record: SqlRecord, arguments: argparse.Namespace) -> None:
    with _accounts(record) as accounts:
        accounts.set_role(arguments.number, Role(arguments.role))


def _move(record: SqlRecord, arguments: argparse.Namespace) -> None:
    unit = _unit(arguments.unit)
    with _accounts(record) as accounts:
        accounts.set_unit(arguments.number, unit)


def _unit(code: str) -> str:
    """Return the unit's code as accounts keep it, "" being the hotline; raises `UnknownUnit`."""
    if not code:
        return ""
    units = parse_units(yaml.safe_load((CATALOG / "units.yml").read_text(encoding="utf-8")))
    if code not in units:
        raise UnknownUnit(code)
    return "" if code == units.root.code else code


def _off(record: SqlRecord, arguments: argparse.Namespace) -> None:
    with _accounts(record) as accounts:
        accounts.set_active(arguments.number, active=False)


def _on(record: SqlRecord, arguments: argparse.Namespace) -> None:
    with _accounts(record) as accounts:
        accounts.set_active(arguments.number, active=True)


def _new_password(arguments: argparse.Namespace, number: str, name: str) -> tuple[str, str]:
    """Return the password if it was made here, and the hash to keep; it is asked for or read otherwise."""
    if arguments.generate:
        password = passwords.random_password()
        return password, passwords.hashed_once(password)
    password = _read()
    flaw = passwords.flaw_in(password, number=number, name=name)
    if flaw is not None:
        raise BadPassword(FLAWS[flaw])
    return "", passwords.hashed(password)


def _show(made: str) -> None:
    """Print a password that was made here, once it is good: the one line on standard output."""
    if made:
        print(made)


def _read() -> str:
    """Ask at a terminal, twice and without showing it; elsewhere take the first line that comes in."""
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    password = getpass.getpass("password: ")
    if getpass.getpass("again: ") != password:
        raise BadPassword("the two are not the same.")
    return password


#: Word of the command line → what it does.
ACTS: dict[str, Callable[[SqlRecord, argparse.Namespace], None]] = {
    "list": _list,
    "add": _add,
    "role": _role,
    "unit": _move,
    "password": _password,
    "off": _off,
    "on": _on,
}
