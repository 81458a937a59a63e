"""Complaints and their updates in SQL."""

from __future__ import annotations

from dataclasses import fields
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from bot.model.backend import Update
from bot.model.complaint import Complaint, Step
from bot.storage.inserting import insert_new
from bot.storage.tables import complaints, counters, updates

_FIELDS = [f.name for f in fields(Complaint)]
NEWEST = 20
"""Of so many of a citizen's complaints is asked what goes on with them."""
_COUNT_ON = (
    counters.update()
    .where(counters.c.name == sa.bindparam("day"))
    .values(value=counters.c.value + 1)
)
_COUNTED = sa.select(counters.c.value).where(counters.c.name == sa.bindparam("day"))
_ADD = complaints.insert()
_SAVE = (
    complaints.update()
    .where(complaints.c.id == sa.bindparam("of"))
    .values({name: sa.bindparam(name) for name in _FIELDS})
)
_OF_CONVERSATION = (
    sa.select(complaints)
    .where(complaints.c.conversation_id == sa.bindparam("id"))
    .order_by(complaints.c.confirmed_at.desc())
    .limit(sa.bindparam("limit"))
)
_NEWEST = complaints.c.id.in_(
    sa.select(complaints.c.id)
    .where(complaints.c.conversation_id == sa.bindparam("id"))
    .order_by(complaints.c.confirmed_at.desc())
    .limit(NEWEST)
)
_STANDING_AT = (
    sa.select(complaints)
    .where(_NEWEST, complaints.c.status_code == sa.bindparam("code"))
    .order_by(complaints.c.confirmed_at.desc())
)
_IN_CALLBACK = sa.select(complaints).where(_NEWEST, sa.cast(complaints.c.callback, sa.Text) != "{}")
"""Statements of most turns are built once."""


class Complaints:
    """Reads and writes complaints inside one transaction."""

    def __init__(self, connection: sa.engine.Connection) -> None:
        self._c = connection

    def next_number(self, day: str) -> int:
        """Return the day's next number, starting at 1; others who want one wait for this unit to end."""
        insert_new(self._c, counters, {"name": day, "value": 0})
        self._c.execute(_COUNT_ON, {"day": day})
        return int(self._c.execute(_COUNTED, {"day": day}).scalar_one())

    def add(self, complaint: Complaint) -> None:
        """Store a confirmed complaint."""
        self._c.execute(_ADD, vars(complaint))

    def save(self, complaint: Complaint) -> None:
        """Write a complaint back."""
        self._c.execute(_SAVE, {**vars(complaint), "of": complaint.id})

    def get(self, complaint_id: str, *, lock: bool = False) -> Complaint | None:
        """Return the complaint with our own id; with `lock` nobody else changes it until the unit ends."""
        return self._one(complaints.c.id == complaint_id, lock=lock)

    def by_receipt(self, receipt: str) -> Complaint | None:
        """Return the complaint with this receipt number."""
        return self._one(complaints.c.receipt == receipt)

    def by_backend_id(self, backend_id: str, *, lock: bool = False) -> Complaint | None:
        """Return the complaint with this number of the backend; `lock` as above."""
        return self._one(complaints.c.backend_id == backend_id, lock=lock) if backend_id else None

    def owing_number(self) -> list[Complaint]:
        """Return complaints for which the backend gave a token and still owes the number."""
        rows = self._c.execute(
            sa.select(complaints).where(
                complaints.c.backend_token != "", complaints.c.backend_id == ""
            )
        )
        return [_complaint(row) for row in rows]

    def of_conversation(self, conversation_id: str, *, limit: int = NEWEST) -> list[Complaint]:
        """Return a citizen's own complaints, newest first."""
        rows = self._c.execute(_OF_CONVERSATION, {"id": conversation_id, "limit": limit})
        return [_complaint(row) for row in rows]

    def standing_at(self, conversation_id: str, status_code: str) -> list[Complaint]:
        """Return those of a citizen's newest whose last status of the backend was this one, newest first."""
        wanted = {"id": conversation_id, "code": status_code}
        return [_complaint(row) for row in self._c.execute(_STANDING_AT, wanted)]

    def in_callback(self, conversation_id: str) -> list[Complaint]:
        """Return those of a citizen's newest about whose answer something was asked, in no order."""
        rows = self._c.execute(_IN_CALLBACK, {"id": conversation_id})
        return [_complaint(row) for row in rows]

    def recent(self, *, limit: int = 100) -> list[Complaint]:
        """Return the newest complaints of all citizens."""
        rows = self._c.execute(
            sa.select(complaints).order_by(complaints.c.confirmed_at.desc()).limit(limit)
        )
        return [_complaint(row) for row in rows]

    def has_update(self, complaint_id: str, update_id: str) -> bool:
        """True if this update was taken before."""
        found = self._c.execute(
            sa.select(updates.c.id).where(
                updates.c.complaint_id == complaint_id, updates.c.update_id == update_id
            )
        ).first()
        return found is not None

    def add_update(self, complaint_id: str, update: Update, received_at: datetime) -> None:
        """Store an update; one that is there already violates the unique constraint."""
        self._c.execute(
            updates.insert().values(
                complaint_id=complaint_id,
                update_id=update.update_id,
                status=update.status,
                text=update.description,
                at=update.updated_datetime,
                received_at=received_at,
                code=update.code,
                agency=update.agency_responsible,
                due_at=update.expected_datetime,
            )
        )

    def steps(self, complaint_id: str) -> list[Step]:
        """Return what the office did and said about a case, oldest first."""
        rows = self._c.execute(
            sa.select(updates)
            .where(updates.c.complaint_id == complaint_id)
            .order_by(updates.c.at, updates.c.id)
        )
        return [Step(row.status, row.code, row.text, row.agency, row.at) for row in rows]

    def forget_contact(self, conversation_id: str) -> None:
        """Remove phone and name from a citizen's complaints; the cases themselves stay."""
        self._c.execute(
            complaints.update()
            .where(complaints.c.conversation_id == conversation_id)
            .values(contact_phone="", contact_name="", sealed={})
        )

    def _one(self, condition: Any, *, lock: bool = False) -> Complaint | None:
        statement = sa.select(complaints).where(condition)
        if lock:  # SQLite has no such word and needs none: its writers queue from the start
            statement = statement.with_for_update()
        row = self._c.execute(statement).first()
        return None if row is None else _complaint(row)


def _complaint(row: Any) -> Complaint:
    return Complaint(**{name: getattr(row, name) for name in _FIELDS})
