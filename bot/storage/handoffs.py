"""The times a person was wanted, in SQL."""

from __future__ import annotations

from dataclasses import fields
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from bot.model.staff import Handoff
from bot.storage.inserting import add_numbered
from bot.storage.tables import handoffs

_FIELDS = [f.name for f in fields(Handoff)]


class Handoffs:
    """Reads and writes handoffs inside one transaction."""

    def __init__(self, connection: sa.engine.Connection) -> None:
        self._c = connection

    def add(self, handoff: Handoff) -> None:
        """Store it and set its id."""
        handoff.id = add_numbered(self._c, handoffs, _values(handoff))

    def save(self, handoff: Handoff) -> None:
        """Write it back."""
        self._c.execute(
            handoffs.update().where(handoffs.c.id == handoff.id).values(**_values(handoff))
        )

    def open_of(self, conversation_id: str) -> Handoff | None:
        """Return the one that has not ended; the newest, should there ever be two."""
        row = self._c.execute(
            sa.select(handoffs)
            .where(handoffs.c.conversation_id == conversation_id, handoffs.c.ended_at.is_(None))
            .order_by(handoffs.c.id.desc())
            .limit(1)
        ).first()
        return None if row is None else _handoff(row)

    def of_conversation(self, conversation_id: str, *, limit: int = 20) -> list[Handoff]:
        """Return a conversation's, newest first."""
        rows = self._c.execute(
            sa.select(handoffs)
            .where(handoffs.c.conversation_id == conversation_id)
            .order_by(handoffs.c.id.desc())
            .limit(limit)
        )
        return [_handoff(row) for row in rows]

    def between(self, start: datetime, end: datetime) -> list[Handoff]:
        """Return those asked for from `start` on and before `end`, oldest first."""
        rows = self._c.execute(
            sa.select(handoffs)
            .where(handoffs.c.asked_at >= start, handoffs.c.asked_at < end)
            .order_by(handoffs.c.asked_at, handoffs.c.id)
        )
        return [_handoff(row) for row in rows]

    def lately_claimed(self, since: datetime, *, limit: int = 20) -> list[Handoff]:
        """Return those claimed since then, newest first."""
        rows = self._c.execute(
            sa.select(handoffs)
            .where(handoffs.c.claimed_at >= since)
            .order_by(handoffs.c.claimed_at.desc(), handoffs.c.id.desc())
            .limit(limit)
        )
        return [_handoff(row) for row in rows]


def _values(handoff: Handoff) -> dict[str, Any]:
    values = dict(vars(handoff))
    values.pop("id")
    return values


def _handoff(row: Any) -> Handoff:
    return Handoff(**{name: getattr(row, name) for name in _FIELDS})
