"""Conversations and their transcript in SQL."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from bot.model.conversation import Conversation, Holder, Line, WaitReason
from bot.ports import Clock
from bot.record import Stale
from bot.storage.inserting import insert_new, put
from bot.storage.tables import consents, conversations, lines


class Conversations:
    """Reads and writes conversations inside one transaction."""

    def __init__(self, connection: sa.engine.Connection, clock: Clock) -> None:
        self._c = connection
        self._clock = clock

    def get(self, conversation_id: str) -> Conversation | None:
        """Return the conversation with this id."""
        row = self._c.execute(
            sa.select(conversations).where(conversations.c.id == conversation_id)
        ).first()
        return None if row is None else _conversation(row)

    def open(self, conversation_id: str, citizen: str) -> Conversation:
        """Return the citizen's conversation, made if there is none, with the open id they have now."""
        found = self.get(conversation_id)
        if found is not None:
            found.citizen = citizen
            return found
        fresh = Conversation(id=conversation_id, citizen=citizen)
        values = {**_values(fresh), "created_at": self._clock.now()}
        if not insert_new(self._c, conversations, values):
            raise Stale(conversation_id)  # another worker made it since we looked
        return fresh

    def save(self, conversation: Conversation) -> None:
        """Write it back if nobody else did since; raises `Stale` otherwise (the fence)."""
        read = conversation.version
        conversation.version = read + 1
        result = self._c.execute(
            conversations.update()
            .where(conversations.c.id == conversation.id, conversations.c.version == read)
            .values(**_values(conversation))
        )
        if result.rowcount != 1:
            raise Stale(conversation.id)

    def waiting(self) -> list[Conversation]:
        """Return conversations that wait for a person, longest wait first."""
        rows = self._c.execute(
            sa.select(conversations)
            .where(conversations.c.waiting_since.isnot(None))
            .order_by(conversations.c.waiting_since)
        )
        return [_conversation(row) for row in rows]

    def has_line(self, key: str) -> bool:
        """True if a message or answer with this key is in the transcript."""
        found = self._c.execute(sa.select(lines.c.id).where(lines.c.key == key)).first()
        return found is not None

    def add_line(self, line: Line) -> None:
        """Append to the transcript; a key that is there already is an error of the caller."""
        values = asdict(line)
        values["direction"] = line.direction.value
        self._c.execute(lines.insert().values(**values))

    def transcript(self, conversation_id: str, *, limit: int = 200) -> list[Any]:
        """Return the last lines, oldest first."""
        rows = self._c.execute(
            sa.select(lines)
            .where(lines.c.conversation_id == conversation_id)
            .order_by(lines.c.id.desc())
            .limit(limit)
        ).all()
        return list(reversed(rows))

    def forget_lines(self, conversation_id: str) -> None:
        """Remove what was said from the transcript, keeping that and when something was."""
        self._c.execute(
            lines.update()
            .where(lines.c.conversation_id == conversation_id)
            .values(text="", data={})
        )

    def set_consent(self, conversation_id: str, template_id: str, *, accepted: bool) -> None:
        """Remember whether the citizen allows notices with this template."""
        values = {
            "conversation_id": conversation_id,
            "template_id": template_id,
            "accepted": accepted,
            "at": self._clock.now(),
        }
        put(self._c, consents, values)

    def consent(self, conversation_id: str, template_id: str) -> bool | None:
        """Return the citizen's last word on notices with this template, None if there was none."""
        row = self._c.execute(
            sa.select(consents.c.accepted).where(
                consents.c.conversation_id == conversation_id, consents.c.template_id == template_id
            )
        ).first()
        return None if row is None else bool(row.accepted)

    def forget_consents(self, conversation_id: str) -> None:
        """Remove the citizen's words on notices."""
        self._c.execute(consents.delete().where(consents.c.conversation_id == conversation_id))


def _values(conversation: Conversation) -> dict[str, Any]:
    values = dict(vars(conversation))
    values["holder"] = conversation.holder.value
    reason = conversation.waiting_reason
    values["waiting_reason"] = None if reason is None else reason.value
    return values


def _conversation(row: Any) -> Conversation:
    since: datetime | None = row.waiting_since
    return Conversation(
        id=row.id,
        citizen=row.citizen,
        version=row.version,
        holder=Holder(row.holder),
        following=row.following,
        waiting_since=since,
        waiting_reason=WaitReason(row.waiting_reason) if row.waiting_reason else None,
        notice_version=row.notice_version,
        last_said_at=row.last_said_at,
        snapshot=row.snapshot,
    )
