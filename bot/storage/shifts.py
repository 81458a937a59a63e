"""Who is to be there when, in SQL."""

from __future__ import annotations

from dataclasses import fields
from datetime import date
from typing import Any

import sqlalchemy as sa

from bot.model.staff import Shift
from bot.storage.inserting import add_numbered
from bot.storage.tables import shifts

_FIELDS = [f.name for f in fields(Shift)]


class Shifts:
    """Reads and writes shifts inside one transaction."""

    def __init__(self, connection: sa.engine.Connection) -> None:
        self._c = connection

    def between(self, first: date, last: date) -> list[Shift]:
        """Return the shifts of these days, both included, by day and beginning."""
        rows = self._c.execute(
            sa.select(shifts)
            .where(shifts.c.day >= first, shifts.c.day <= last)
            .order_by(shifts.c.day, shifts.c.begins, shifts.c.id)
        )
        return [_shift(row) for row in rows]

    def add(self, shift: Shift) -> None:
        """Store it and set its id."""
        values = dict(vars(shift))
        values.pop("id")
        shift.id = add_numbered(self._c, shifts, values)

    def remove(self, shift_id: int) -> None:
        """Remove it."""
        self._c.execute(shifts.delete().where(shifts.c.id == shift_id))


def _shift(row: Any) -> Shift:
    return Shift(**{name: getattr(row, name) for name in _FIELDS})
