"""The record's tables. Migrations in `migrations/` must lead to exactly these (a test compares)."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

import sqlalchemy as sa

from bot.storage.sealing import Sealed, SealedJson


class UtcDateTime(sa.types.TypeDecorator):
    """Aware times in, aware UTC times out, on SQLite too (which keeps no zone)."""

    impl = sa.DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Any) -> datetime | None:  # noqa: ARG002
        """Store as UTC; a naive time is a programming error."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("naive time")
        return value.astimezone(timezone.utc).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Any) -> datetime | None:  # noqa: ARG002
        """Give back an aware UTC time."""
        return None if value is None else value.replace(tzinfo=timezone.utc)


metadata = sa.MetaData()

conversations = sa.Table(
    "conversation",
    metadata,
    sa.Column("id", sa.String(64), primary_key=True),
    sa.Column("citizen", sa.String(64), nullable=True, index=True),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("holder", sa.String(16), nullable=False),
    sa.Column("following", sa.Boolean, nullable=False),
    sa.Column("waiting_since", UtcDateTime, nullable=True, index=True),
    sa.Column("waiting_reason", sa.String(32), nullable=True),
    sa.Column("notice_version", sa.String(32), nullable=False),
    sa.Column("last_said_at", UtcDateTime, nullable=True),
    sa.Column("snapshot", SealedJson(whole=True), nullable=True),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("agent", sa.String(32), nullable=False, server_default="", index=True),
    sa.Column("held_since", UtcDateTime, nullable=True),
    sa.Column("unanswered_since", UtcDateTime, nullable=True),
    sa.Column("staff_said_at", UtcDateTime, nullable=True),
    sa.Index("ix_conversation_holder", "holder"),
    sa.Index("ix_conversation_last_said_at", "last_said_at"),
)

lines = sa.Table(
    "line",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("conversation_id", sa.String(64), nullable=False, index=True),
    sa.Column("key", sa.String(200), nullable=False, unique=True),
    sa.Column("direction", sa.String(16), nullable=False),
    sa.Column("kind", sa.String(16), nullable=False),
    sa.Column("text", Sealed, nullable=False),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Column("data", SealedJson, nullable=False),
    sa.Index("ix_line_of_conversation", "conversation_id", "id"),
)

# What a backend chooses is Text: its codes, names and numbers have no length of ours.
complaints = sa.Table(
    "complaint",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("receipt", sa.String(32), nullable=False, unique=True),
    sa.Column("conversation_id", sa.String(64), nullable=False),
    sa.Column("service_code", sa.Text, nullable=False),
    sa.Column("service_name", sa.Text, nullable=False),
    sa.Column("service_group", sa.Text, nullable=False),
    sa.Column("description", Sealed, nullable=False),
    sa.Column("summary", Sealed, nullable=False),
    sa.Column("place", Sealed, nullable=False),
    sa.Column("latitude", sa.Float, nullable=True),
    sa.Column("longitude", sa.Float, nullable=True),
    sa.Column("datum", sa.String(8), nullable=False),
    sa.Column("answers", SealedJson, nullable=False),
    sa.Column("contact_phone", Sealed, nullable=False),
    sa.Column("contact_name", Sealed(whole=True), nullable=False),
    sa.Column("visibility", sa.String(16), nullable=False),
    sa.Column("consent", sa.String(32), nullable=False),
    sa.Column("confirmed_at", UtcDateTime, nullable=False),
    sa.Column("backend_id", sa.Text, nullable=False, index=True),
    sa.Column("backend_token", sa.Text, nullable=False),
    sa.Column("status", sa.Text, nullable=False),
    sa.Column("stage", sa.String(32), nullable=False),
    sa.Column("status_at", UtcDateTime, nullable=True),
    sa.Column("status_text", Sealed, nullable=False),
    sa.Column("sealed", SealedJson, nullable=False),
    sa.Column("nature", sa.String(32), nullable=False),
    sa.Column("division", sa.Text, nullable=False),
    sa.Column("division_code", sa.String(12), nullable=False),
    sa.Column("wish", Sealed, nullable=False),
    sa.Column("repeated", sa.Boolean, nullable=False),
    sa.Column("filed_by", sa.String(32), nullable=False, server_default=""),
    sa.Column("status_code", sa.Text, nullable=False, server_default=""),
    sa.Column("agency", sa.Text, nullable=False, server_default=""),
    sa.Column("due_at", UtcDateTime, nullable=True),
    sa.Column("callback", SealedJson, nullable=False, server_default="{}"),
    sa.Index("ix_complaint_newest", "conversation_id", "confirmed_at"),
)

updates = sa.Table(
    "complaint_update",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("complaint_id", sa.String(32), nullable=False, index=True),
    sa.Column("update_id", sa.Text, nullable=False),
    sa.Column("status", sa.Text, nullable=False),
    sa.Column("text", Sealed, nullable=False),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Column("received_at", UtcDateTime, nullable=False),
    sa.Column("code", sa.Text, nullable=False, server_default=""),
    sa.Column("agency", sa.Text, nullable=False, server_default=""),
    sa.Column("due_at", UtcDateTime, nullable=True),
    sa.UniqueConstraint("complaint_id", "update_id", name="uq_update_once"),
)

deliveries = sa.Table(
    "delivery",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("key", sa.String(200), nullable=False, unique=True),
    sa.Column("kind", sa.String(16), nullable=False),
    sa.Column("conversation_id", sa.String(64), nullable=True),
    sa.Column("complaint_id", sa.String(32), nullable=True, index=True),
    sa.Column("payload", SealedJson, nullable=False),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("due_at", UtcDateTime, nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("repeats", sa.Integer, nullable=False),
    sa.Column("rung", sa.String(16), nullable=False),
    sa.Column("error", Sealed, nullable=False),
    sa.Column("remote_id", sa.String(100), nullable=False, index=True),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("lease_until", UtcDateTime, nullable=True),
    sa.Column("trail", sa.JSON, nullable=False),
    sa.Index("ix_delivery_due", "state", "due_at"),
    sa.Index("ix_delivery_untold", "conversation_id", "state"),
)

media = sa.Table(
    "medium",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("conversation_id", sa.String(64), nullable=False, index=True),
    sa.Column("complaint_id", sa.String(32), nullable=True, index=True),
    sa.Column("kind", sa.String(16), nullable=False),
    sa.Column("platform_id", sa.String(300), nullable=False),
    sa.Column("received_at", UtcDateTime, nullable=False),
    sa.Column("content_type", sa.Text, nullable=False),
    sa.Column("stored", sa.Boolean, nullable=False),
)

media_bytes = sa.Table(
    "medium_bytes",
    metadata,
    sa.Column("medium_id", sa.String(32), primary_key=True),
    sa.Column("content", sa.LargeBinary, nullable=False),
)

consents = sa.Table(
    "notice_consent",
    metadata,
    sa.Column("conversation_id", sa.String(64), primary_key=True),
    sa.Column("template_id", sa.String(100), primary_key=True),
    sa.Column("accepted", sa.Boolean, nullable=False),
    sa.Column("at", UtcDateTime, nullable=False),
)

documents = sa.Table(
    "document",
    metadata,
    sa.Column("name", sa.String(100), primary_key=True),
    sa.Column("body", sa.JSON, nullable=False),
    sa.Column("at", UtcDateTime, nullable=False),
)

counters = sa.Table(
    "counter",
    metadata,
    sa.Column("name", sa.String(64), primary_key=True),
    sa.Column("value", sa.Integer, nullable=False),
)

handoffs = sa.Table(
    "handoff",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("conversation_id", sa.String(64), nullable=False, index=True),
    sa.Column("reason", sa.String(32), nullable=False),
    sa.Column("asked_at", UtcDateTime, nullable=False, index=True),
    sa.Column("claimed_at", UtcDateTime, nullable=True),
    sa.Column("agent", sa.String(32), nullable=False),
    sa.Column("first_answer_at", UtcDateTime, nullable=True),
    sa.Column("ended_at", UtcDateTime, nullable=True, index=True),
    sa.Column("ending", sa.String(16), nullable=False),
)

staff = sa.Table(
    "staff",
    metadata,
    sa.Column("number", sa.String(32), primary_key=True),
    sa.Column("name", sa.String(64), nullable=False, unique=True),
    sa.Column("role", sa.String(16), nullable=False),
    sa.Column("password_hash", sa.Text, nullable=False),
    sa.Column("active", sa.Boolean, nullable=False),
    sa.Column("wrong_tries", sa.Integer, nullable=False),
    sa.Column("locked_until", UtcDateTime, nullable=True),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("changed_at", UtcDateTime, nullable=False),
    sa.Column("unit", sa.String(40), nullable=False, server_default=""),
)

staff_sessions = sa.Table(
    "staff_session",
    metadata,
    sa.Column("digest", sa.String(64), primary_key=True),
    sa.Column("number", sa.String(32), nullable=False, index=True),
    sa.Column("nonce", sa.String(32), nullable=False),
    sa.Column("started_at", UtcDateTime, nullable=False),
    sa.Column("seen_at", UtcDateTime, nullable=False),
    sa.Column("address", sa.String(64), nullable=False),
)

# Rows are only ever added: triggers of the first migration that has this table refuse anything else.
audit_entries = sa.Table(
    "audit_entry",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("at", UtcDateTime, nullable=False, index=True),
    sa.Column("number", sa.String(32), nullable=False, index=True),
    sa.Column("action", sa.String(64), nullable=False),
    sa.Column("subject", sa.String(120), nullable=False, index=True),
    sa.Column("detail", sa.Text, nullable=False),
    sa.Column("address", sa.String(64), nullable=False),
)

canned_answers = sa.Table(
    "canned_answer",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("owner", sa.String(32), nullable=False),
    sa.Column("code", sa.String(32), nullable=False),
    sa.Column("title", sa.String(64), nullable=False),
    sa.Column("text", sa.Text, nullable=False),
    sa.UniqueConstraint("owner", "code", name="uq_canned_answer_code"),
)

shifts = sa.Table(
    "shift",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("number", sa.String(32), nullable=False),
    sa.Column("day", sa.Date, nullable=False, index=True),
    sa.Column("begins", sa.Time, nullable=False),
    sa.Column("ends", sa.Time, nullable=False),
)
