"""Small named documents in SQL: the backend's services as last pulled, how far updates were read."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from bot.ports import Clock
from bot.storage.inserting import insert_new, put
from bot.storage.tables import documents

_BODY = sa.select(documents.c.body).where(documents.c.name == sa.bindparam("name"))


class Documents:
    """Reads and writes named JSON documents inside one transaction."""

    def __init__(self, connection: sa.engine.Connection, clock: Clock) -> None:
        self._c = connection
        self._clock = clock

    def get(self, name: str, *, lock: bool = False) -> Any:
        """Return the document's body, None if there is none; with `lock` nobody else changes it until the unit ends."""
        row = self._c.execute(_BODY.with_for_update() if lock else _BODY, {"name": name}).first()
        return None if row is None else row.body

    def put_new(self, name: str, body: Any) -> bool:
        """Store the document unless there is one of that name; returns whether it did."""
        values = {"name": name, "body": body, "at": self._clock.now()}
        return insert_new(self._c, documents, values)

    def put(self, name: str, body: Any) -> None:
        """Store or replace the document."""
        put(self._c, documents, {"name": name, "body": body, "at": self._clock.now()})
