"""Deliveries in SQL: stored before they are sent, claimed by one sender at a time."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import fields
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from bot.model.delivery import DUE_STATES, OPEN_STATES, Delivery, DeliveryKind, DeliveryState
from bot.ports import Clock
from bot.storage.chunks import chunks
from bot.storage.inserting import insert_numbered
from bot.storage.tables import deliveries

_FIELDS = [f.name for f in fields(Delivery)]
_CLAIM_FOR = timedelta(seconds=60)
_CLAIM_FILING_FOR = timedelta(seconds=30)
"""Longer than the backend's time-outs; what is filed by a sender that died is looked up before it is filed again,
and a confirmed case shall be at the backend within a minute."""
_SENDING_TAKES = timedelta(seconds=10)
_TOLD = (DeliveryKind.NOTICE.value, DeliveryKind.REPLY.value, DeliveryKind.ANSWER.value)
_KIND = deliveries.c.kind
_IS_OFFERED = deliveries.c.state == DeliveryState.OFFERED.value
_TOLD_IN = (
    sa.select(deliveries)
    .where(
        deliveries.c.conversation_id == sa.bindparam("id"),
        deliveries.c.state.in_(sa.bindparam("states", expanding=True)),
        deliveries.c.kind.in_(_TOLD),
    )
    .order_by(deliveries.c.id)
)
_OF_ID = sa.select(deliveries).where(deliveries.c.id == sa.bindparam("id"))
_CLAIM = (
    deliveries.update()
    .where(
        deliveries.c.id == sa.bindparam("of"),
        deliveries.c.state == sa.bindparam("was"),
        deliveries.c.attempts == sa.bindparam("tried"),
    )
    .values(
        state=DeliveryState.IN_FLIGHT.value,
        lease_until=sa.bindparam("until"),
        attempts=deliveries.c.attempts + 1,
    )
)
_GIVE_BACK = (
    deliveries.update()
    .where(
        deliveries.c.id == sa.bindparam("of"),
        deliveries.c.state == DeliveryState.IN_FLIGHT.value,
    )
    .values({name: sa.bindparam(name) for name in _FIELDS if name not in ("id", "created_at")})
)
"""What is done for each delivery is built once: building a statement costs more than running it."""
_REFUSED = "custom: 4"
"""How the trail of a delivery tells that the platform refused it for good (48001 and the like), not for want of
allowance."""


class Deliveries:
    """Reads, writes and claims deliveries inside one transaction."""

    def __init__(self, connection: sa.engine.Connection, clock: Clock) -> None:
        self._c = connection
        self._clock = clock

    def add(self, delivery: Delivery) -> bool:
        """Store it; False (and nothing done) if its key is there already."""
        values = {**_values(delivery), "created_at": self._clock.now()}
        number = insert_numbered(self._c, deliveries, values)
        if number is None:
            return False
        delivery.id = number
        return True

    def by_key(self, key: str) -> Delivery | None:
        """Return the delivery with this idempotency key."""
        return self._one(deliveries.c.key == key)

    def by_remote_id(self, remote_id: str) -> Delivery | None:
        """Return the delivery the platform answered with this message id."""
        return self._one(deliveries.c.remote_id == remote_id) if remote_id else None

    def latest_by_rung(self, conversation_id: str, rung: str) -> Delivery | None:
        """Return the newest delivery to this citizen that took this rung (receipts without an id)."""
        row = self._c.execute(
            sa.select(deliveries)
            .where(deliveries.c.conversation_id == conversation_id, deliveries.c.rung == rung)
            .order_by(deliveries.c.id.desc())
        ).first()
        return None if row is None else _delivery(row)

    def is_telling(self, conversation_id: str) -> bool:
        """Return True while a notice to this citizen is in a sender's hands; not for one that must have died."""
        taken_lately = self._clock.now() + _CLAIM_FOR - _SENDING_TAKES
        found = self._c.execute(
            sa.select(deliveries.c.id).where(
                deliveries.c.conversation_id == conversation_id,
                deliveries.c.kind == DeliveryKind.NOTICE.value,
                deliveries.c.state == DeliveryState.IN_FLIGHT.value,
                deliveries.c.lease_until > taken_lately,
            )
        ).first()
        return found is not None

    def due(self, *, kinds: Collection[str] | None = None, limit: int = 50) -> list[int]:
        """Return ids of deliveries that are due, and of those whose sender died, oldest due first."""
        wanted = sa.true() if kinds is None else deliveries.c.kind.in_(tuple(kinds))
        rows = self._c.execute(
            sa.select(deliveries.c.id)
            .where(self._is_due(), wanted)
            .order_by(deliveries.c.due_at, deliveries.c.id)
            .limit(limit)
        )
        return [row.id for row in rows]

    def kinds_due(self) -> set[str]:
        """Return the kinds of which something is due."""
        return {
            row.kind for row in self._c.execute(sa.select(_KIND).where(self._is_due()).distinct())
        }

    def offered(self, *, limit: int) -> list[Delivery]:
        """Return answers offered to callbacks at which it is time to look, oldest first."""
        rows = self._c.execute(
            sa.select(deliveries)
            .where(_IS_OFFERED, deliveries.c.due_at <= self._clock.now())
            .order_by(deliveries.c.due_at)
            .limit(limit)
        )
        return [_delivery(row) for row in rows]

    def settle(
        self,
        *,
        told: Collection[int],
        untaken: Collection[int],
        later: Mapping[int, datetime],
    ) -> None:
        """Write down what became of offered answers: a callback told them, none will, or it is not known till then.

        One that is no longer on offer (told with another answer meanwhile) stays as it is.
        """
        sent = {"state": DeliveryState.SENT.value, "rung": "passive", "attempts": 1}
        queued = {"state": DeliveryState.QUEUED.value, "due_at": self._clock.now()}
        for ids, values in ((told, sent), (untaken, queued)):
            for some in chunks(ids):
                self._c.execute(
                    deliveries.update()
                    .where(deliveries.c.id.in_(some), _IS_OFFERED)
                    .values(**values)
                )
        if later:
            which, when = sa.bindparam("which"), sa.bindparam("when")
            self._c.execute(
                deliveries.update()
                .where(deliveries.c.id == which, _IS_OFFERED)
                .values(due_at=when),
                [{"which": number, "when": due_at} for number, due_at in later.items()],
            )

    def claim(self, delivery_id: int) -> Delivery | None:
        """Take one for sending, None if another sender has it; `trail` gains "orphaned" if its sender died."""
        row = self._c.execute(_OF_ID, {"id": delivery_id}).first()
        if row is None:
            return None
        delivery = _delivery(row)
        now = self._clock.now()
        if delivery.state is DeliveryState.IN_FLIGHT:
            if delivery.lease_until is None or delivery.lease_until >= now:
                return None
            delivery.trail = [*delivery.trail, "orphaned"]
        elif delivery.state not in OPEN_STATES:
            return None
        lease = _CLAIM_FILING_FOR if delivery.kind is DeliveryKind.FILING else _CLAIM_FOR
        read = {"of": delivery_id, "was": delivery.state.value, "tried": delivery.attempts}
        if self._c.execute(_CLAIM, {**read, "until": now + lease}).rowcount != 1:
            return None
        delivery.attempts += 1
        return delivery

    def end_claims(self) -> None:
        """End all claims: their senders are known to be dead."""
        self._c.execute(
            deliveries.update()
            .where(deliveries.c.state == DeliveryState.IN_FLIGHT.value)
            .values(lease_until=self._clock.now() - timedelta(seconds=1))
        )

    def save(self, delivery: Delivery) -> None:
        """Write a delivery back."""
        values = _values(delivery)
        if delivery.created_at is None:
            values.pop("created_at")
        self._c.execute(deliveries.update().where(deliveries.c.id == delivery.id).values(**values))

    def give_back(self, delivery: Delivery) -> bool:
        """Write back one that was claimed; False (and nothing done) if its citizen left while it was sent."""
        values = _values(delivery)
        values.pop("created_at")
        return bool(self._c.execute(_GIVE_BACK, {**values, "of": delivery.id}).rowcount == 1)

    def held(self, conversation_id: str) -> list[Delivery]:
        """Return what waits for the citizen's next message, oldest first."""
        return self._told_in(conversation_id, (DeliveryState.HELD,))

    def untold(self, conversation_id: str) -> list[Delivery]:
        """Return everything that the citizen is still to be told and nobody is telling now, oldest first."""
        return self._told_in(conversation_id, (DeliveryState.HELD, *OPEN_STATES))

    def requeue_held(self, conversation_id: str, kind: str) -> int:
        """Let what is held, or waits for a later try, be tried again now, in its order; returns how many.

        All are due at the same moment, where `due` goes by id. What the platform refused stays held: it would again.
        Their time to give up begins anew.
        """
        waiting = (DeliveryState.HELD, DeliveryState.RETRY)
        ids = [
            delivery.id
            for delivery in self._told_in(conversation_id, waiting)
            if delivery.kind.value == kind
            and not any(entry.startswith(_REFUSED) for entry in delivery.trail)
        ]
        now = self._clock.now()
        values = {
            "state": DeliveryState.QUEUED.value,
            "due_at": now,
            "attempts": 0,
            "created_at": now,
        }
        for some in chunks(ids):
            self._c.execute(
                deliveries.update()
                .where(
                    deliveries.c.id.in_(some),
                    deliveries.c.state.in_([state.value for state in waiting]),
                )
                .values(**values)
            )
        return len(ids)

    def latest_of_kind(self, conversation_id: str, kind: str) -> Delivery | None:
        """Return the newest delivery of this kind to this citizen."""
        row = self._c.execute(
            sa.select(deliveries)
            .where(deliveries.c.conversation_id == conversation_id, deliveries.c.kind == kind)
            .order_by(deliveries.c.id.desc())
            .limit(1)
        ).first()
        return None if row is None else _delivery(row)

    def of_complaint(self, complaint_id: str, kind: str) -> list[Delivery]:
        """Return the deliveries of this kind that belong to a case, in the order they were stored."""
        rows = self._c.execute(
            sa.select(deliveries)
            .where(deliveries.c.complaint_id == complaint_id, deliveries.c.kind == kind)
            .order_by(deliveries.c.id)
        )
        return [_delivery(row) for row in rows]

    def states(self, keys: Collection[str]) -> Mapping[str, Delivery]:
        """Return key → delivery for those of these keys that are deliveries."""
        return {
            row.key: _delivery(row)
            for some in chunks(keys)
            for row in self._c.execute(sa.select(deliveries).where(deliveries.c.key.in_(some)))
        }

    def withhold(self, conversation_id: str) -> None:
        """Stop what is still to be told to a citizen who left, and forget what was said to them."""
        done = (DeliveryState.SENT.value, DeliveryState.FAILED.value)
        self._c.execute(
            deliveries.update()
            .where(
                deliveries.c.conversation_id == conversation_id,
                deliveries.c.kind.in_(_TOLD),
                deliveries.c.state.notin_(done),
            )
            .values(state=DeliveryState.WITHHELD.value)
        )
        self._c.execute(
            deliveries.update()
            .where(deliveries.c.conversation_id == conversation_id, deliveries.c.kind.in_(_TOLD))
            .values(payload={})
        )

    def forget_told(self, before: datetime, *, limit: int) -> int:
        """Remove the words of what went out before then, that and when it did stays; returns of how many."""
        old = (
            sa.select(deliveries.c.id)
            .where(
                deliveries.c.state == DeliveryState.SENT.value,
                deliveries.c.due_at < before,
                deliveries.c.kind.in_(_TOLD),
                sa.cast(deliveries.c.payload, sa.Text) != "{}",
            )
            .limit(limit)
        )
        ids = [row.id for row in self._c.execute(old)]
        for some in chunks(ids):
            self._c.execute(deliveries.update().where(deliveries.c.id.in_(some)).values(payload={}))
        return len(ids)

    def count_by_state(self) -> dict[str, int]:
        """Return how many deliveries are in each state."""
        rows = self._c.execute(
            sa.select(deliveries.c.state, sa.func.count()).group_by(deliveries.c.state)
        )
        return {row[0]: int(row[1]) for row in rows}

    def _is_due(self) -> Any:
        now = self._clock.now()
        waiting = sa.and_(
            deliveries.c.state.in_([s.value for s in DUE_STATES]), deliveries.c.due_at <= now
        )
        orphaned = sa.and_(
            deliveries.c.state == DeliveryState.IN_FLIGHT.value, deliveries.c.lease_until < now
        )
        return sa.or_(waiting, orphaned)

    def _told_in(self, conversation_id: str, states: Collection[DeliveryState]) -> list[Delivery]:
        wanted = {"id": conversation_id, "states": [state.value for state in states]}
        return [_delivery(row) for row in self._c.execute(_TOLD_IN, wanted)]

    def _one(self, condition: Any) -> Delivery | None:
        row = self._c.execute(sa.select(deliveries).where(condition)).first()
        return None if row is None else _delivery(row)


def _values(delivery: Delivery) -> dict[str, Any]:
    values = dict(vars(delivery))
    values.pop("id")
    values["kind"] = delivery.kind.value
    values["state"] = delivery.state.value
    return values


def _delivery(row: Any) -> Delivery:
    values = {name: getattr(row, name) for name in _FIELDS}
    values["kind"] = DeliveryKind(values["kind"])
    values["state"] = DeliveryState(values["state"])
    return Delivery(**values)
