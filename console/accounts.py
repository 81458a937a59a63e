"""Accounts: what may be done to them, and that it ends the sessions it must end. Pages and command line share it.

Everything here works inside the caller's unit; passwords arrive hashed, since hashing takes long.
"""

from __future__ import annotations

import logging
import re
from dataclasses import replace
from enum import Enum

from bot.model.staff import Role, StaffMember
from bot.ports import Clock
from bot.record import Record, Unit
from console import passwords
from console.audit import COMMAND_LINE, Trail
from console.lockout import unlock

log = logging.getLogger(__name__)

FIRST_NUMBER = "0001"
FIRST_NAME = "管理员"
_NUMBER = re.compile(r"[A-Za-z]{0,4}[0-9]{1,10}")
_MOST_NAME = 20


class Problem(str, Enum):
    """Why something cannot be done to an account; the words are the page's and the command line's."""

    BAD_NUMBER = "bad_number"
    BAD_NAME = "bad_name"
    TAKEN = "taken"
    UNKNOWN = "unknown"
    LAST_ADMINISTRATOR = "last_administrator"
    OWN_ACCOUNT = "own_account"


class Refused(Exception):
    """It was not done, and nothing was changed."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.value)
        self.problem = problem


class Accounts:
    """Changes accounts in the name of somebody, and writes each change down beside it."""

    def __init__(
        self, unit: Unit, trail: Trail, *, actor: StaffMember | str, address: str = ""
    ) -> None:
        self._unit = unit
        self._trail = trail
        self._actor = actor
        self._address = address
        self._now = trail.clock.now()

    def get(self, number: str) -> StaffMember:
        """Return an account, for nobody else to change until the unit ends; refused if there is none."""
        member = self._unit.staff.get(number, lock=True)
        if member is None:
            raise Refused(Problem.UNKNOWN)
        return member

    def add(
        self, number: str, name: str, role: Role, password_hash: str, *, unit: str = ""
    ) -> StaffMember:
        """Make an account. Its number is never given to another, so nothing is ever removed."""
        if not _NUMBER.fullmatch(number):
            raise Refused(Problem.BAD_NUMBER)
        _check_name(name)
        member = StaffMember(number, name, role, self._now, self._now, password_hash, unit=unit)
        if not self._unit.staff.add(member):
            raise Refused(Problem.TAKEN)
        self._note("account added", member, role.value)
        return member

    def rename(self, number: str, name: str) -> None:
        """Give an account another name."""
        member = self.get(number)
        if member.name == name:
            return
        _check_name(name)
        if self._unit.staff.by_name(name) is not None:
            raise Refused(Problem.TAKEN)
        member.name = name
        self._unit.staff.save(member)
        self._note("account renamed", member)

    def set_role(self, number: str, role: Role) -> None:
        """Give an account another role; its sessions end."""
        member = self.get(number)
        if member.role is role:
            return
        self._keep_an_administrator(member)
        before, member.role = member.role, role
        self._changed(member)
        self._note("role changed", member, f"{before.value} > {role.value}")

    def set_unit(self, number: str, unit: str) -> None:
        """Let an account handle cases for another unit, "" being the hotline; its sessions end.

        Members of a unit see its cases and nothing else: who would be the last administrator stays at the hotline.
        """
        member = self.get(number)
        if member.unit == unit:
            return
        if unit:
            self._keep_an_administrator(member)
        before, member.unit = member.unit, unit
        self._changed(member)
        self._note("unit changed", member, f"{before or '-'} > {unit or '-'}")

    def set_active(self, number: str, *, active: bool) -> None:
        """Turn an account off or on; its sessions end."""
        member = self.get(number)
        if member.active is active:
            return
        if not active:
            self._keep_an_administrator(member)
        member.active = active
        self._changed(member)
        self._note("account turned on" if active else "account turned off", member)

    def set_password(self, number: str, password_hash: str) -> None:
        """Give an account another password and end its lock; its sessions end."""
        member = self.get(number)
        member.password_hash = password_hash
        unlock(member)
        self._changed(member)
        own = isinstance(self._actor, StaffMember) and self._actor.number == number
        self._note("password changed" if own else "password reset", member)

    def unlock(self, number: str) -> None:
        """Let an account try passwords again at once."""
        member = self.get(number)
        unlock(member)
        self._unit.staff.save(member)
        self._note("account unlocked", member)

    def end_sessions(self, number: str) -> None:
        """Sign an account out everywhere."""
        member = self.get(number)
        self._unit.staff.close_sessions_of(number)
        self._note("sessions ended", member)

    def _changed(self, member: StaffMember) -> None:
        member.changed_at = self._now
        self._unit.staff.save(member)
        self._unit.staff.close_sessions_of(member.number)

    def _keep_an_administrator(self, member: StaffMember) -> None:
        """Refuse what would leave nobody to manage accounts, and what would shut the actor out."""
        if isinstance(self._actor, StaffMember) and self._actor.number == member.number:
            raise Refused(Problem.OWN_ACCOUNT)
        if member.role is not Role.ADMINISTRATOR or not member.active:
            return
        others = [m for m in self._unit.staff.all(lock=True) if m.number != member.number]
        if not any(m.active and m.role is Role.ADMINISTRATOR and not m.unit for m in others):
            raise Refused(Problem.LAST_ADMINISTRATOR)

    def _note(self, action: str, member: StaffMember, detail: str = "") -> None:
        self._trail.note(
            self._unit,
            self._actor,
            action,
            subject=subject_of(member),
            detail=detail,
            address=self._address,
        )


def subject_of(member: StaffMember) -> str:
    """Return how the audit log names an account."""
    return f"account {member.number}"


def find(unit: Unit, account: str) -> StaffMember | None:
    """Return the account that signs in with this number or name."""
    wanted = account.strip()
    if not wanted or len(wanted) > _MOST_NAME or not wanted.isprintable():
        return None
    return unit.staff.get(wanted) or unit.staff.by_name(wanted)


def _check_name(name: str) -> None:
    """Refuse a name that cannot be shown in one line, or that could be somebody's number."""
    if not name.strip() or name != name.strip() or len(name) > _MOST_NAME:
        raise Refused(Problem.BAD_NAME)
    if not name.isprintable() or _NUMBER.fullmatch(name):
        raise Refused(Problem.BAD_NAME)


def ensure_first(record: Record, password: str, clock: Clock) -> None:
    """Make the first account, or give it this password again and end its lock; "" does nothing.

    Whoever sets the server's environment gets in. An account that was turned off stays so
    (`minsheng staff on 0001`), and its role stays as it is.
    """
    if not password:
        return
    with record.reading() as unit:
        first = unit.staff.get(FIRST_NUMBER)
    same = first is not None and passwords.is_right(first.password_hash, password)
    if first is not None and same and first.locked_until is None and not first.wrong_tries:
        return
    now = clock.now()
    kept = first.password_hash if first is not None and same else passwords.hashed(password)
    if first is None:
        _add(
            record, clock, StaffMember(FIRST_NUMBER, FIRST_NAME, Role.ADMINISTRATOR, now, now, kept)
        )
        return
    with record.unit() as unit:
        accounts = Accounts(unit, Trail(record, clock), actor=COMMAND_LINE)
        if same:
            accounts.unlock(FIRST_NUMBER)
        else:
            accounts.set_password(FIRST_NUMBER, kept)


def ensure(record: Record, clock: Clock, member: StaffMember, password: str) -> None:
    """Make an account unless its number or name is there already, whatever became of it."""
    with record.reading() as unit:
        taken = unit.staff.get(member.number) or unit.staff.by_name(member.name)
    if taken is None:
        _add(record, clock, replace(member, password_hash=passwords.hashed(password)))


def _add(record: Record, clock: Clock, member: StaffMember) -> None:
    """Add an account at start; another process may be doing the same, and a name taken must not keep us from serving."""
    try:
        with record.unit() as unit:
            accounts = Accounts(unit, Trail(record, clock), actor=COMMAND_LINE)
            accounts.add(
                member.number, member.name, member.role, member.password_hash, unit=member.unit
            )
    except Refused as refused:
        log.warning("account %s was not made: %s", member.number, refused.problem.value)
