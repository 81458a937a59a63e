"""Requests, updates, and the day's counter.

Revision ID: desk0001
Revises:
"""

from alembic import op
from sqlalchemy import (
    JSON,
    Column,
    DateTime,
    Float,
    ForeignKey,
    Integer,
    String,
    Text,
    UniqueConstraint,
)

revision = "desk0001"
down_revision = None
branch_labels = ("desk",)
depends_on = None


def upgrade() -> None:
    op.create_table(
        "desk_request",
        Column("id", String(40), primary_key=True),
        Column("service_code", String(40), nullable=False),
        Column("description", Text, nullable=False),
        Column("address", Text, nullable=False),
        Column("address_id", Text, nullable=False),
        Column("lat", Float),
        Column("long", Float),
        Column("person", JSON, nullable=False),
        Column("attributes", JSON, nullable=False),
        Column("media_urls", JSON, nullable=False),
        Column("nature", String(40), nullable=False),
        Column("division_code", String(40), nullable=False),
        Column("state", String(40), nullable=False),
        Column("status_notes", Text, nullable=False),
        Column("state_from", DateTime(timezone=True)),
        Column("requested_at", DateTime(timezone=True), nullable=False),
        Column("updated_at", DateTime(timezone=True), nullable=False),
    )
    op.create_index("ix_desk_request_requested_at", "desk_request", ["requested_at"])
    op.create_index("ix_desk_request_nature", "desk_request", ["nature"])
    op.create_index("ix_desk_request_division_code", "desk_request", ["division_code"])
    op.create_table(
        "desk_update",
        Column("id", Integer, primary_key=True),
        Column("update_id", Text, nullable=False),
        Column("request_id", String(40), ForeignKey("desk_request.id"), nullable=False),
        Column("state", String(40), nullable=False),
        Column("description", Text, nullable=False),
        Column("media_urls", JSON, nullable=False),
        Column("updated_at", DateTime(timezone=True), nullable=False),
        Column("received_at", DateTime(timezone=True), nullable=False),
        UniqueConstraint("request_id", "update_id", name="uq_desk_update_request_update"),
    )
    op.create_index("ix_desk_update_updated_at", "desk_update", ["updated_at"])
    op.create_index("ix_desk_update_received_at", "desk_update", ["received_at"])
    op.create_table(
        "desk_counter",
        Column("day", String(8), primary_key=True),
        Column("value", Integer, nullable=False),
    )


def downgrade() -> None:
    op.drop_table("desk_counter")
    op.drop_table("desk_update")
    op.drop_table("desk_request")
