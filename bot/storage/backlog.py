"""What the record has waiting, for whoever watches the installation: cheap to ask of a record with a million rows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timezone

import sqlalchemy as sa

from bot.model.delivery import UNFINISHED_STATES, DeliveryState
from bot.storage.database import reading
from bot.storage.tables import conversations, deliveries, documents

MOST_COUNTED = 10_000
"""Of each state the first so many by due time are looked at: beyond that a count says no more, and costs."""
COUNTED_STATES = (*UNFINISHED_STATES, DeliveryState.HELD, DeliveryState.FAILED)
_EVER = datetime(1970, 1, 2, tzinfo=timezone.utc)


@dataclass(frozen=True)
class DeliveryTally:
    """Deliveries of one kind and state: how many, when the oldest was stored, and when the first is or was due."""

    kind: str
    state: str
    count: int
    stored: datetime
    due: datetime


@dataclass(frozen=True)
class HandoffTally:
    """Citizens who wait for a person for one reason: how many, and since when the first."""

    reason: str
    count: int
    since: datetime


@dataclass(frozen=True)
class RecordBacklog:
    """What waits at one moment.

    Attributes:
        polled_at: when the backend was last asked for updates and answered, None if never.
        pulled_at: when its services were last pulled, None if never.
    """

    deliveries: tuple[DeliveryTally, ...]
    handoffs: tuple[HandoffTally, ...]
    polled_at: datetime | None
    pulled_at: datetime | None


def read(engine: sa.engine.Engine) -> RecordBacklog:
    """Look at the record; raises `bot.ports.Unavailable` when it is away."""
    with reading(engine) as connection:
        cursor = _document(connection, "updates.cursor")
        services = _document(connection, "backend.services")
        polled = cursor.body.get("polled") if cursor else None
        return RecordBacklog(
            deliveries=tuple(
                DeliveryTally(row.kind, state.value, row.number, row.stored, row.due)
                for state in COUNTED_STATES
                for row in connection.execute(of_state(state))
            ),
            handoffs=tuple(
                HandoffTally(row.waiting_reason or "", row.number, row.since)
                for row in connection.execute(waiting())
            ),
            polled_at=datetime.fromisoformat(polled) if polled else None,
            pulled_at=services.at if services else None,
        )


def of_state(state: DeliveryState) -> sa.sql.Select:
    """Return the statement that counts one state by kind: along `ix_delivery_due`, no further than `MOST_COUNTED`."""
    first = (
        sa.select(deliveries.c.kind, deliveries.c.created_at, deliveries.c.due_at)
        .where(deliveries.c.state == state.value)
        .order_by(deliveries.c.due_at)
        .limit(MOST_COUNTED)
        .subquery()
    )
    return sa.select(
        first.c.kind,
        sa.func.count().label("number"),
        sa.func.min(first.c.created_at).label("stored"),
        sa.func.min(first.c.due_at).label("due"),
    ).group_by(first.c.kind)


def waiting() -> sa.sql.Select:
    """Return the statement that counts who waits; a comparison, since SQLite uses no index for IS NOT NULL."""
    return (
        sa.select(
            conversations.c.waiting_reason,
            sa.func.count().label("number"),
            sa.func.min(conversations.c.waiting_since).label("since"),
        )
        .where(conversations.c.waiting_since > _EVER)
        .group_by(conversations.c.waiting_reason)
    )


def _document(connection: sa.engine.Connection, name: str) -> sa.engine.Row | None:
    """Return a document's time, and its body where that is small."""
    body = documents.c.body if name == "updates.cursor" else sa.null().label("body")
    return connection.execute(
        sa.select(documents.c.at, body).where(documents.c.name == name)
    ).first()
