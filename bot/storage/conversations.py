"""Conversations and their transcript in SQL."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import fields
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from bot.model.conversation import Conversation, Direction, Holder, Line, WaitReason
from bot.model.message import Kind
from bot.ports import Clock
from bot.record import Stale
from bot.storage.chunks import chunks
from bot.storage.inserting import insert_new, put
from bot.storage.tables import consents, conversations, lines

_FIELDS = [f.name for f in fields(Conversation)]
_SAID_BY = [d.value for d in Direction if d is not Direction.NOTE]
_WORDS_BY = [d.value for d in (Direction.CITIZEN, Direction.BOT, Direction.STAFF)]
_EVENTS = [
    kind.value
    for kind in (
        Kind.FOLLOW,
        Kind.UNFOLLOW,
        Kind.SCAN,
        Kind.CONSENT,
        Kind.RECEIPT,
        Kind.IGNORED,
    )
]
"""Kinds of line that nobody said; the others are words, pictures, places and taps on the menu."""
_LONGEST_SEARCH = 1000
"""Characters; SQLite refuses patterns of 50,000 bytes, and PostgreSQL keeps no NUL: nobody said such."""
_OF_ID = sa.select(conversations).where(conversations.c.id == sa.bindparam("id"))
_WITH_KEY = sa.select(lines.c.id).where(lines.c.key == sa.bindparam("key"))
_LAST_LINES = (
    sa.select(lines)
    .where(lines.c.conversation_id == sa.bindparam("id"))
    .order_by(lines.c.id.desc())
    .limit(sa.bindparam("limit"))
)
_LAST_LINE = (
    sa.select(lines)
    .where(
        lines.c.conversation_id == sa.bindparam("id"),
        lines.c.direction.in_(sa.bindparam("by", expanding=True)),
    )
    .order_by(lines.c.id.desc())
    .limit(1)
)
_SAVE = (
    conversations.update()
    .where(
        conversations.c.id == sa.bindparam("of"), conversations.c.version == sa.bindparam("read")
    )
    .values({name: sa.bindparam(name) for name in _FIELDS})
)
"""Statements of every turn are built once: building one costs more than running it."""
_SPOKE_LAST = [conversations.c.last_said_at.desc().nulls_last(), conversations.c.id]


class Conversations:
    """Reads and writes conversations inside one transaction."""

    def __init__(self, connection: sa.engine.Connection, clock: Clock) -> None:
        self._c = connection
        self._clock = clock

    def get(self, conversation_id: str) -> Conversation | None:
        """Return the conversation with this id."""
        row = self._c.execute(_OF_ID, {"id": conversation_id}).first()
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
        values = {**_values(conversation), "of": conversation.id, "read": read}
        result = self._c.execute(_SAVE, values)
        if result.rowcount != 1:
            raise Stale(conversation.id)

    def waiting(self) -> list[Conversation]:
        """Return conversations that wait for a person, longest wait first."""
        return self._several(
            conversations.c.waiting_since.isnot(None), order=[conversations.c.waiting_since]
        )

    def staffed(self) -> list[Conversation]:
        """Return conversations whose holder is not the bot, those held longest first; who waits for one comes last."""
        return self._several(
            conversations.c.holder != Holder.BOT.value,
            order=[conversations.c.held_since.asc().nulls_last(), conversations.c.waiting_since],
        )

    def live(self, since: datetime, *, limit: int = 1000) -> list[Conversation]:
        """Return conversations that spoke since then, wait or are held; who spoke last first."""
        return self._several(_lives(since), order=_SPOKE_LAST, limit=limit)

    def tally(self, since: datetime, agent: str) -> Mapping[str, int]:
        """Return how many wait, wait in danger, are held by this agent, and live; one query that reads no words."""
        c = conversations.c
        waits = c.waiting_since.isnot(None)
        held = sa.and_(c.holder == Holder.STAFF.value, c.agent == agent)
        urgent = sa.and_(waits, c.waiting_reason == WaitReason.EMERGENCY.value)
        counted = {"waiting": waits, "urgent": urgent, "mine": held, "all": sa.true()}
        sums = [
            sa.func.coalesce(sa.func.sum(sa.case((what, 1), else_=0)), 0).label(name)
            for name, what in counted.items()
        ]
        row = self._c.execute(sa.select(sums).where(_lives(since))).one()
        return {name: int(row[name]) for name in counted}

    def quiet(self, before: datetime, *, limit: int = 100) -> list[Conversation]:
        """Return conversations that neither spoke since then nor wait nor are held; who spoke last first."""
        c = conversations.c
        silent = sa.or_(c.last_said_at < before, c.last_said_at.is_(None))
        ended = sa.and_(silent, c.waiting_since.is_(None), c.holder == Holder.BOT.value)
        return self._several(ended, order=_SPOKE_LAST, limit=limit)

    def several(self, conversation_ids: Collection[str]) -> list[Conversation]:
        """Return those of these conversations that exist, in no order."""
        return [
            found
            for some in chunks(conversation_ids)
            for found in self._several(conversations.c.id.in_(some))
        ]

    def last_lines(
        self, conversation_ids: Collection[str], *, by: Direction | None = None
    ) -> Mapping[str, Any]:
        """Return conversation → its newest line that is something said; one query for 500 conversations."""
        directions = _SAID_BY if by is None else [by.value]
        return {
            row.conversation_id: row
            for some in chunks(conversation_ids)
            for row in self._c.execute(
                sa.select(lines).where(
                    lines.c.id.in_(
                        sa.select(sa.func.max(lines.c.id))
                        .where(
                            lines.c.conversation_id.in_(some),
                            lines.c.direction.in_(directions),
                            lines.c.kind.notin_(_EVENTS),
                        )
                        .group_by(lines.c.conversation_id)
                    )
                )
            )
        }

    def lines_after(self, conversation_id: str, line_id: int, *, limit: int = 200) -> list[Any]:
        """Return the lines with a greater id, oldest first."""
        statement = sa.select(lines).where(
            lines.c.conversation_id == conversation_id, lines.c.id > line_id
        )
        return list(self._c.execute(statement.order_by(lines.c.id).limit(limit)).all())

    def lines_before(self, conversation_id: str, line_id: int, *, limit: int = 100) -> list[Any]:
        """Return the last lines with a smaller id, oldest first."""
        statement = sa.select(lines).where(
            lines.c.conversation_id == conversation_id, lines.c.id < line_id
        )
        rows = self._c.execute(statement.order_by(lines.c.id.desc()).limit(limit)).all()
        return list(reversed(rows))

    def line(self, line_id: int) -> Any:
        """Return one line, None if there is none."""
        return self._c.execute(sa.select(lines).where(lines.c.id == line_id)).first()

    def holding(self, words: str, *, limit: int = 50) -> list[str]:
        """Return ids of conversations in which these words were said, newest first.

        Words stand for themselves, "%" and "_" too; Latin letters are found in either case. A full scan of the
        transcript: for a search by hand.
        """
        if not words or len(words) > _LONGEST_SEARCH or "\0" in words:
            return []
        newest = sa.func.max(lines.c.id)
        found = sa.func.lower(lines.c.text).like(sa.func.lower(_anywhere(words)), escape="/")
        rows = self._c.execute(
            sa.select(lines.c.conversation_id)
            .where(found, lines.c.direction.in_(_WORDS_BY))
            .group_by(lines.c.conversation_id)
            .order_by(newest.desc())
            .limit(limit)
        )
        return [row.conversation_id for row in rows]

    def has_line(self, key: str) -> bool:
        """True if a message or answer with this key is in the transcript."""
        return self._c.execute(_WITH_KEY, {"key": key}).first() is not None

    def add_line(self, line: Line) -> None:
        """Append to the transcript; raises `Stale` for a key that is there already."""
        values = {**vars(line), "direction": line.direction.value}
        if not insert_new(self._c, lines, values):
            raise Stale(line.key)  # another worker took the same message since we looked

    def transcript(self, conversation_id: str, *, limit: int = 200) -> list[Any]:
        """Return the last lines, oldest first."""
        rows = self._c.execute(_LAST_LINES, {"id": conversation_id, "limit": limit}).all()
        return list(reversed(rows))

    def last_line(self, conversation_id: str, *, by: Collection[Direction]) -> Any:
        """Return the newest line of one of these directions, None if there is none."""
        wanted = {"id": conversation_id, "by": [direction.value for direction in by]}
        return self._c.execute(_LAST_LINE, wanted).first()

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

    def _several(
        self, condition: Any, *, order: Collection[Any] = (), limit: int | None = None
    ) -> list[Conversation]:
        rows = self._c.execute(
            sa.select(conversations).where(condition).order_by(*order).limit(limit)
        )
        return [_conversation(row) for row in rows]


def _lives(since: datetime) -> Any:
    c = conversations.c
    return sa.or_(
        c.last_said_at >= since, c.waiting_since.isnot(None), c.holder != Holder.BOT.value
    )


def _anywhere(words: str) -> str:
    for sign in "/%_":
        words = words.replace(sign, f"/{sign}")
    return f"%{words}%"


def _values(conversation: Conversation) -> dict[str, Any]:
    values = dict(vars(conversation))
    values["holder"] = conversation.holder.value
    reason = conversation.waiting_reason
    values["waiting_reason"] = None if reason is None else reason.value
    return values


def _conversation(row: Any) -> Conversation:
    values = {name: getattr(row, name) for name in _FIELDS}
    values["holder"] = Holder(row.holder)
    values["waiting_reason"] = WaitReason(row.waiting_reason) if row.waiting_reason else None
    return Conversation(**values)
