"""Pictures and voices in SQL, bytes included, so that any machine can serve them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from bot.model.complaint import Medium
from bot.storage.chunks import chunks
from bot.storage.tables import media, media_bytes


class MediaStore:
    """Reads and writes media inside one transaction."""

    def __init__(self, connection: sa.engine.Connection) -> None:
        self._c = connection

    def add(self, medium: Medium) -> None:
        """Store the reference; the bytes follow by a job."""
        self._c.execute(media.insert().values(**vars(medium)))

    def get(self, medium_id: str) -> Medium | None:
        """Return one medium."""
        row = self._c.execute(sa.select(media).where(media.c.id == medium_id)).first()
        return None if row is None else _medium(row)

    def several(self, medium_ids: Collection[str]) -> Mapping[str, Medium]:
        """Return id → medium for those that exist."""
        return {
            row.id: _medium(row)
            for some in chunks(medium_ids)
            for row in self._c.execute(sa.select(media).where(media.c.id.in_(some)))
        }

    def of_complaint(self, complaint_id: str) -> list[Medium]:
        """Return a complaint's media in the order they came."""
        rows = self._c.execute(
            sa.select(media)
            .where(media.c.complaint_id == complaint_id)
            .order_by(media.c.received_at, media.c.id)
        )
        return [_medium(row) for row in rows]

    def attach(self, medium_ids: list[str], complaint_id: str) -> None:
        """Say that these media belong to this complaint."""
        if not medium_ids:
            return
        self._c.execute(
            media.update().where(media.c.id.in_(medium_ids)).values(complaint_id=complaint_id)
        )

    def store_bytes(self, medium_id: str, content: bytes, content_type: str) -> None:
        """Keep the bytes; a second time is ignored."""
        found = self.get(medium_id)
        if found is None or found.stored:
            return
        self._c.execute(media_bytes.insert().values(medium_id=medium_id, content=content))
        self._c.execute(
            media.update()
            .where(media.c.id == medium_id)
            .values(stored=True, content_type=content_type)
        )

    def bytes_of(self, medium_id: str) -> bytes | None:
        """Return the bytes, None while they are not here yet."""
        row = self._c.execute(
            sa.select(media_bytes.c.content).where(media_bytes.c.medium_id == medium_id)
        ).first()
        return None if row is None else bytes(row.content)

    def forget_loose(self, conversation_id: str) -> None:
        """Remove a citizen's media that belong to no complaint."""
        loose = sa.select(media.c.id).where(
            media.c.conversation_id == conversation_id, media.c.complaint_id.is_(None)
        )
        ids = [row.id for row in self._c.execute(loose)]
        self._c.execute(media_bytes.delete().where(media_bytes.c.medium_id.in_(ids)))
        self._c.execute(media.delete().where(media.c.id.in_(ids)))

    def forget_old_loose(self, before: datetime, *, limit: int) -> int:
        """Remove the bytes of media that came before then and belong to no complaint; returns of how many."""
        old = sa.select(media.c.id).where(
            media.c.complaint_id.is_(None), media.c.received_at < before, media.c.stored
        )
        ids = [row.id for row in self._c.execute(old.limit(limit))]
        for some in chunks(ids):
            self._c.execute(media_bytes.delete().where(media_bytes.c.medium_id.in_(some)))
            self._c.execute(media.update().where(media.c.id.in_(some)).values(stored=False))
        return len(ids)


def _medium(row: Any) -> Medium:
    return Medium(
        id=row.id,
        conversation_id=row.conversation_id,
        kind=row.kind,
        platform_id=row.platform_id,
        received_at=row.received_at,
        complaint_id=row.complaint_id,
        content_type=row.content_type,
        stored=row.stored,
    )
