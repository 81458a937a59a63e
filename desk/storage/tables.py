"""The desk's tables. All names begin with `desk_`, so that they may share a database with the bot's."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

from sqlalchemy import (
    JSON,
    Column,
    DateTime,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)
from sqlalchemy.types import TypeDecorator

from desk.storage.sealing import Sealed, SealedJson


class UtcDateTime(TypeDecorator):  # type: ignore[misc]  # SQLAlchemy 1.4 is untyped
    """Aware times in, aware UTC times out, also where the database keeps no zone (SQLite)."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Any) -> datetime | None:
        """Store UTC; a naive time is a mistake of ours."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("naive datetime")
        utc = value.astimezone(timezone.utc)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: datetime | None, _dialect: Any) -> datetime | None:
        """Give the zone back."""
        if value is None:
            return None
        if value.tzinfo is None:
            return value.replace(tzinfo=timezone.utc)
        return value.astimezone(timezone.utc)


metadata = MetaData()

requests = Table(
    "desk_request",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("service_code", String(40), nullable=False),
    Column("description", Sealed, nullable=False),
    Column("address", Sealed, nullable=False),
    Column("address_id", Text, nullable=False),
    Column("lat", Float),
    Column("long", Float),
    Column("person", SealedJson(whole=True), nullable=False),
    Column("attributes", SealedJson, nullable=False),
    Column("media_urls", JSON, nullable=False),
    Column("nature", String(40), nullable=False),
    Column("division_code", String(40), nullable=False),
    Column("state", String(40), nullable=False),
    Column("status_notes", Sealed, nullable=False),
    Column("state_from", UtcDateTime),
    Column("requested_at", UtcDateTime, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
    # What the steps made of it, copied for finding it (desk.model.case.replay is the truth).
    Column("stage", String(40), nullable=False),
    Column("unit", String(40), nullable=False),
    Column("lead", String(40), nullable=False),
    Column("urgency", String(40), nullable=False),
    Column("topic", String(40), nullable=False),
    Column("outcome", String(40), nullable=False),
    Column("merged_into", String(40), nullable=False),
    Column("redone", Integer, nullable=False),
    Column("version", Integer, nullable=False),
    Column("sign_due", UtcDateTime),
    Column("answer_due", UtcDateTime),
    Column("next_alert", UtcDateTime),
    Column("changed_at", UtcDateTime),
    Column("token", String(40)),
    Index("ix_desk_request_unit", "unit", "stage", "changed_at"),
    Index("ix_desk_request_stage", "stage", "changed_at"),
    Index("ix_desk_request_answer_due", "answer_due"),
    Index("ix_desk_request_next_alert", "next_alert"),
    Index("ix_desk_request_merged_into", "merged_into"),
    Index("ix_desk_request_token", "token", unique=True),
    Index("ix_desk_request_requested_at", "requested_at"),
    Index("ix_desk_request_nature", "nature"),
    Index("ix_desk_request_division_code", "division_code"),
)

updates = Table(
    "desk_update",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("update_id", Text, nullable=False),
    Column("request_id", String(40), ForeignKey("desk_request.id"), nullable=False),
    Column("state", String(40), nullable=False),
    Column("description", Sealed, nullable=False),
    Column("media_urls", JSON, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
    Column("received_at", UtcDateTime, nullable=False),
    Column("code", String(40), nullable=False),
    Column("agency", Text, nullable=False),
    Column("expected_at", UtcDateTime),
    UniqueConstraint("request_id", "update_id", name="uq_desk_update_request_update"),
    Index("ix_desk_update_updated_at", "updated_at"),
    Index("ix_desk_update_received_at", "received_at"),
)

steps = Table(
    "desk_step",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("request_id", String(40), ForeignKey("desk_request.id"), nullable=False),
    Column("number", Integer, nullable=False),
    Column("name", String(40), nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("who", String(40), nullable=False),
    Column("actor", Text, nullable=False),
    Column("actor_unit", String(40), nullable=False),
    Column("note", Sealed, nullable=False),
    Column("data", SealedJson, nullable=False),
    Column("told", Sealed, nullable=False),
    Column("untold", Text, nullable=False),
    Column("key", Text),
    UniqueConstraint("request_id", "number", name="uq_desk_step_request_number"),
    UniqueConstraint("request_id", "key", name="uq_desk_step_request_key"),
)

counters = Table(
    "desk_counter",
    metadata,
    Column("day", String(8), primary_key=True),
    Column("value", Integer, nullable=False),
)
