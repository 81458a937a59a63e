"""Accounts of the console and their signed-in browsers in SQL."""

from __future__ import annotations

from dataclasses import fields
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from bot.model.staff import Role, StaffMember, StaffSession
from bot.storage.inserting import insert_new
from bot.storage.tables import staff, staff_sessions

_FIELDS = [f.name for f in fields(StaffMember)]
_SESSION_FIELDS = [f.name for f in fields(StaffSession)]
_TOUCH_AFTER = timedelta(seconds=30)
"""A browser asks many times a minute; when it was seen is told to the half minute, to spare the record the writes."""


class Staff:
    """Reads and writes accounts and sessions inside one transaction."""

    def __init__(self, connection: sa.engine.Connection) -> None:
        self._c = connection

    def get(self, number: str, *, lock: bool = False) -> StaffMember | None:
        """Return the account with this work number; with `lock` nobody else changes it until the unit ends."""
        return self._one(staff.c.number, number, lock=lock)

    def by_name(self, name: str) -> StaffMember | None:
        """Return the account with this name."""
        return self._one(staff.c.name, name)

    def all(self, *, lock: bool = False) -> list[StaffMember]:
        """Return every account, by work number; those who left too; `lock` as above."""
        query = sa.select(staff).order_by(staff.c.number)
        rows = self._c.execute(query.with_for_update() if lock else query)
        return [_member(row) for row in rows]

    def add(self, member: StaffMember) -> bool:
        """Store it; False (and nothing done) if number or name are taken."""
        return insert_new(self._c, staff, _values(member))

    def save(self, member: StaffMember) -> None:
        """Write it back."""
        self._c.execute(
            staff.update().where(staff.c.number == member.number).values(**_values(member))
        )

    def open_session(self, session: StaffSession) -> None:
        """Store a session."""
        self._c.execute(staff_sessions.insert().values(**vars(session)))

    def session(self, digest: str) -> StaffSession | None:
        """Return the session with this digest."""
        row = self._c.execute(
            sa.select(staff_sessions).where(staff_sessions.c.digest == digest)
        ).first()
        return None if row is None else _session(row)

    def sessions(self) -> list[StaffSession]:
        """Return every session that is kept, those that are over too; seen last first."""
        rows = self._c.execute(sa.select(staff_sessions).order_by(staff_sessions.c.seen_at.desc()))
        return [_session(row) for row in rows]

    def touch_session(self, digest: str, at: datetime) -> None:
        """Note that its browser was seen; written only if it was not noted within the last half minute."""
        self._c.execute(
            staff_sessions.update()
            .where(staff_sessions.c.digest == digest, staff_sessions.c.seen_at < at - _TOUCH_AFTER)
            .values(seen_at=at)
        )

    def close_session(self, digest: str) -> None:
        """End one session."""
        self._c.execute(staff_sessions.delete().where(staff_sessions.c.digest == digest))

    def close_sessions_of(self, number: str) -> None:
        """End every session of an account."""
        self._c.execute(staff_sessions.delete().where(staff_sessions.c.number == number))

    def forget_sessions(self, before: datetime) -> None:
        """Remove sessions that began before then."""
        self._c.execute(staff_sessions.delete().where(staff_sessions.c.started_at < before))

    def _one(self, column: sa.Column[str], value: str, *, lock: bool = False) -> StaffMember | None:
        if "\0" in value:  # anybody may type into the sign-in form, and PostgreSQL takes no NUL
            return None
        query = sa.select(staff).where(column == value)
        row = self._c.execute(query.with_for_update() if lock else query).first()
        return None if row is None else _member(row)


def _values(member: StaffMember) -> dict[str, Any]:
    return {**vars(member), "role": member.role.value}


def _member(row: Any) -> StaffMember:
    values = {name: getattr(row, name) for name in _FIELDS}
    return StaffMember(**{**values, "role": Role(values["role"])})


def _session(row: Any) -> StaffSession:
    return StaffSession(**{name: getattr(row, name) for name in _SESSION_FIELDS})
