"""What members of staff looked at and changed, in SQL; the table's triggers refuse to change or remove a row."""

from __future__ import annotations

from dataclasses import fields
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from bot.model.staff import AuditEntry
from bot.storage.tables import audit_entries

_FIELDS = [f.name for f in fields(AuditEntry)]
_WIDTHS = {c.name: c.type.length for c in audit_entries.c if isinstance(c.type, sa.String)}


class Audit:
    """Writes entries down and reads them inside one transaction."""

    def __init__(self, connection: sa.engine.Connection) -> None:
        self._c = connection

    def add(self, entry: AuditEntry) -> None:
        """Write an entry down; its id is the record's to give.

        Whatever a browser sent must not keep an entry from being written: what is too long is cut.
        """
        values = dict(vars(entry))
        values.pop("id")
        for name, width in _WIDTHS.items():
            values[name] = values[name].replace("\0", "")[:width]
        self._c.execute(audit_entries.insert().values(**values))

    def entries(
        self,
        *,
        number: str = "",
        action: str = "",
        subject: str = "",
        start: datetime | None = None,
        end: datetime | None = None,
        before_id: int = 0,
        limit: int = 100,
    ) -> list[AuditEntry]:
        """Return entries that fit every word given, newest first; `before_id` for the next page."""
        c = audit_entries.c
        wanted = [
            column == word
            for column, word in ((c.number, number), (c.action, action), (c.subject, subject))
            if word
        ]
        wanted += [] if start is None else [c.at >= start]
        wanted += [] if end is None else [c.at < end]
        if before_id:
            wanted.append(c.id < before_id)
        rows = self._c.execute(
            sa.select(audit_entries).where(*wanted).order_by(c.id.desc()).limit(limit)
        )
        return [_entry(row) for row in rows]


def _entry(row: Any) -> AuditEntry:
    return AuditEntry(**{name: getattr(row, name) for name in _FIELDS})
