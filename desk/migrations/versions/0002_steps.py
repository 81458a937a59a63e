"""The log of steps, and what it makes of a case: a request so far begins its log with having been filed.

Revision ID: desk0002
Revises: desk0001
"""

from __future__ import annotations

import json

import sqlalchemy as sa
from alembic import op

revision = "desk0002"
down_revision = "desk0001"
branch_labels = None
depends_on = None

_TEXTS = ("stage", "unit", "lead", "urgency", "topic", "outcome", "merged_into")
_TIMES = ("sign_due", "answer_due", "next_alert", "changed_at")
_CLOSED = (
    "no_further_action",
    "not_councils_responsibility",
    "duplicate",
    "internal_referral",
    "cancelled",
    "fixed",
    "closed",
)
_WORKED_ON = ("investigating", "in_progress", "planned", "action_scheduled")


def upgrade() -> None:
    texts = [sa.Column(n, sa.String(40), nullable=False, server_default="") for n in _TEXTS]
    counts = [
        sa.Column(n, sa.Integer, nullable=False, server_default="0") for n in ("redone", "version")
    ]
    times = [sa.Column(n, sa.DateTime(timezone=True)) for n in _TIMES]
    for column in (*texts, *counts, *times, sa.Column("token", sa.String(40))):
        op.add_column("desk_request", column)
    op.create_index("ix_desk_request_unit", "desk_request", ["unit", "stage", "changed_at"])
    op.create_index("ix_desk_request_stage", "desk_request", ["stage", "changed_at"])
    op.create_index("ix_desk_request_answer_due", "desk_request", ["answer_due"])
    op.create_index("ix_desk_request_next_alert", "desk_request", ["next_alert"])
    op.create_index("ix_desk_request_merged_into", "desk_request", ["merged_into"])
    op.create_index("ix_desk_request_token", "desk_request", ["token"], unique=True)
    for column in (
        sa.Column("code", sa.String(40), nullable=False, server_default=""),
        sa.Column("agency", sa.Text, nullable=False, server_default=""),
        sa.Column("expected_at", sa.DateTime(timezone=True)),
    ):
        op.add_column("desk_update", column)
    op.create_table(
        "desk_step",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("request_id", sa.String(40), sa.ForeignKey("desk_request.id"), nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("name", sa.String(40), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("who", sa.String(40), nullable=False),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("actor_unit", sa.String(40), nullable=False),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("data", sa.JSON, nullable=False),
        sa.Column("told", sa.Text, nullable=False),
        sa.Column("untold", sa.Text, nullable=False),
        sa.Column("key", sa.Text),
        sa.UniqueConstraint("request_id", "number", name="uq_desk_step_request_number"),
        sa.UniqueConstraint("request_id", "key", name="uq_desk_step_request_key"),
    )
    _begin_logs()


def downgrade() -> None:
    op.drop_table("desk_step")
    for name in ("code", "agency", "expected_at"):
        op.drop_column("desk_update", name)
    for name in ("unit", "stage", "answer_due", "next_alert", "merged_into", "token"):
        op.drop_index(f"ix_desk_request_{name}", "desk_request")
    for name in (*_TEXTS, "redone", "version", *_TIMES, "token"):
        op.drop_column("desk_request", name)


def _begin_logs() -> None:
    """Let every request so far begin with being filed, and stand where its last word said."""
    connection = op.get_bind()
    rows = connection.execute(
        sa.text("SELECT id, service_code, division_code, state, requested_at, updated_at FROM desk_request")
    ).fetchall()
    insert = sa.text(
        "INSERT INTO desk_step (request_id, number, name, at, who, actor, actor_unit, note, data, told, untold)"
        " VALUES (:request_id, :number, :name, :at, :who, '', '', '', :data, '', '')"
    )
    move = sa.text(
        "UPDATE desk_request SET stage = :stage, version = :version, changed_at = updated_at WHERE id = :id"
    )
    for row in rows:
        kind = {"service": row.service_code, "division": row.division_code}
        steps = [("file", "citizen", row.requested_at, {**kind, "state": "received"})]
        stage = _stage(row.state)
        if stage != "received":
            data = {"state": stage, "word": row.state}
            steps.append(("update", "outside", row.updated_at, data))
        for number, (name, who, at, data) in enumerate(steps, start=1):
            values = {"name": name, "who": who, "at": at, "data": json.dumps(data)}
            connection.execute(insert, {"request_id": row.id, "number": number, **values})
        connection.execute(move, {"stage": stage, "version": len(steps), "id": row.id})


def _stage(word: str) -> str:
    if word in _CLOSED:
        return "closed"
    return "accepted" if word in _WORKED_ON else "received"
