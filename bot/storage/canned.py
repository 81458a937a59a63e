"""Answers that are often given, in SQL."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import sqlalchemy as sa

from bot.model.staff import CannedAnswer
from bot.storage.inserting import insert_new
from bot.storage.tables import canned_answers

_FIELDS = [f.name for f in fields(CannedAnswer)]


class CannedAnswers:
    """Reads and writes canned answers inside one transaction."""

    def __init__(self, connection: sa.engine.Connection) -> None:
        self._c = connection

    def of(self, number: str) -> list[CannedAnswer]:
        """Return everybody's and this member's own, by code; an own one comes before everybody's."""
        c = canned_answers.c
        rows = self._c.execute(
            sa.select(canned_answers)
            .where(c.owner.in_(("", number)))
            .order_by(c.code, c.owner.desc())  # "" is everybody's, and sorts before any number
        )
        return [_answer(row) for row in rows]

    def get(self, answer_id: int) -> CannedAnswer | None:
        """Return one."""
        row = self._c.execute(
            sa.select(canned_answers).where(canned_answers.c.id == answer_id)
        ).first()
        return None if row is None else _answer(row)

    def put(self, answer: CannedAnswer) -> bool:
        """Store it, or write it back if it has an id; False (and nothing done) if its owner has that code already."""
        values = dict(vars(answer))
        values.pop("id")
        if answer.id:
            return self._replace(answer.id, values)
        if not insert_new(self._c, canned_answers, values):
            return False
        answer.id = self._c.execute(
            sa.select(canned_answers.c.id).where(
                canned_answers.c.owner == answer.owner, canned_answers.c.code == answer.code
            )
        ).scalar_one()
        return True

    def remove(self, answer_id: int) -> None:
        """Remove it."""
        self._c.execute(canned_answers.delete().where(canned_answers.c.id == answer_id))

    def _replace(self, answer_id: int, values: dict[str, Any]) -> bool:
        statement = canned_answers.update().where(canned_answers.c.id == answer_id)
        try:
            with self._c.begin_nested():  # a code that is taken must not end the whole unit
                self._c.execute(statement.values(**values))
        except sa.exc.IntegrityError:
            return False
        return True


def _answer(row: Any) -> CannedAnswer:
    return CannedAnswer(**{name: getattr(row, name) for name in _FIELDS})
