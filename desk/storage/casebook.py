"""One transaction in which a case is read whole, carried one step on, and written down."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.engine import Connection, Row

from desk.model.case import Case, replay
from desk.model.clocks import ANSWER, SIGN
from desk.model.steps import Actor, Step, Who
from desk.records import NewRequest, Update
from desk.storage.tables import requests, steps, updates


class Casebook:
    """What may be done inside one writing transaction; nothing is kept if it fails."""

    def __init__(self, connection: Connection) -> None:
        self._c = connection

    def enter(self, number: str, new: NewRequest, *, now: datetime, token: str, word: str) -> None:
        """Keep a new request, whose log is still empty."""
        self._c.execute(
            requests.insert().values(
                id=number,
                service_code=new.service_code,
                description=new.description,
                address=new.place.address,
                address_id=new.place.address_id,
                lat=new.place.lat,
                long=new.place.long,
                person=asdict(new.person),
                attributes=dict(new.attributes),
                media_urls=list(new.media_urls),
                nature=new.nature,
                division_code=new.division_code,
                state=word,
                status_notes="",
                state_from=None,
                requested_at=now,
                updated_at=now,
                token=token or None,
                **_blank(),
            )
        )

    def case(self, case_id: str) -> Case | None:
        """Return a case and keep others from carrying it on until the transaction ends."""
        held = select(requests.c.id).where(requests.c.id == case_id).with_for_update()
        if self._c.execute(held).first() is None:
            return None
        return replay(case_id, read_steps(self._c, case_id))

    def has(self, case_id: str, key: str) -> bool:
        """True if a step with this key of its sender was taken before."""
        same = select(steps.c.id).where(steps.c.request_id == case_id, steps.c.key == key)
        return self._c.execute(same).first() is not None

    def append(self, case: Case, step: Step, *, key: str = "") -> None:
        """Add the step that made the case what it is now, and copy what cases are found by."""
        self._c.execute(
            steps.insert().values(
                request_id=case.id,
                number=step.number,
                name=step.name,
                at=step.at,
                who=step.actor.who.value,
                actor=step.actor.name,
                actor_unit=step.actor.unit,
                note=step.note,
                data=dict(step.data),
                told=step.told,
                untold=step.untold,
                key=key or None,
            )
        )
        self._c.execute(requests.update().where(requests.c.id == case.id).values(**found_by(case)))

    def tell(self, update: Update, *, late: bool = False) -> None:
        """Put something into the feed of updates; unless it is late, the request stands as it says."""
        self._c.execute(
            updates.insert().values(**asdict(update) | {"media_urls": list(update.media_urls)})
        )
        if late:
            return
        filed = select(requests.c.requested_at).where(requests.c.id == update.request_id)
        filed_at = self._c.execute(filed).scalar_one()
        self._c.execute(
            requests.update()
            .where(requests.c.id == update.request_id)
            .values(
                state=update.state,
                status_notes=update.description,
                state_from=update.counts_from,
                updated_at=max(update.counts_from, filed_at),
            )
        )

    def is_told(self, update: Update) -> bool:
        """True if this update is on file."""
        c = updates.c
        same = select(c.id).where(
            c.request_id == update.request_id, c.update_id == update.update_id
        )
        return self._c.execute(same).first() is not None

    def state_from(self, case_id: str) -> datetime | None:
        """Return from when the request's word counts."""
        wanted = select(requests.c.state_from).where(requests.c.id == case_id)
        moment: datetime | None = self._c.execute(wanted).scalar()
        return moment

    def reclassify(self, case_id: str, service: str) -> None:
        """Let the request stand under another service."""
        self._c.execute(
            requests.update().where(requests.c.id == case_id).values(service_code=service)
        )

    def alarms(self, now: datetime, limit: int) -> list[str]:
        """Return cases of whose deadline somebody must hear now, the longest due first."""
        wanted = (
            select(requests.c.id)
            .where(requests.c.next_alert <= now)
            .order_by(requests.c.next_alert)
            .limit(limit)
        )
        return [row.id for row in self._c.execute(wanted)]

    def resting(self, stage: str, before: datetime, limit: int) -> list[str]:
        """Return cases that have stood in a state since before then, the longest first."""
        wanted = (
            select(requests.c.id)
            .where(requests.c.stage == stage, requests.c.changed_at < before)
            .order_by(requests.c.changed_at)
            .limit(limit)
        )
        return [row.id for row in self._c.execute(wanted)]

    def merged_into(self, case_id: str) -> list[str]:
        """Return the cases that were merged into this one."""
        wanted = select(requests.c.id).where(requests.c.merged_into == case_id)
        return [row.id for row in self._c.execute(wanted)]


def read_steps(connection: Connection, case_id: str) -> list[Step]:
    """Return a case's log."""
    wanted = select(steps).where(steps.c.request_id == case_id).order_by(steps.c.number)
    return [_step(row) for row in connection.execute(wanted)]


def found_by(case: Case) -> dict[str, Any]:
    """Return the columns that copy what the steps made of a case."""
    clocks = case.running
    return {
        "stage": case.state.value,
        "unit": case.unit,
        "lead": case.lead,
        "urgency": case.urgency,
        "topic": case.topic,
        "outcome": case.outcome.kind if case.outcome else "",
        "merged_into": case.merged_into,
        "redone": case.redone,
        "version": case.version,
        "sign_due": clocks[SIGN].due if SIGN in clocks else None,
        "answer_due": clocks[ANSWER].due if ANSWER in clocks else None,
        "next_alert": case.next_alert,
        "changed_at": case.changed_at,
    }


def _blank() -> dict[str, Any]:
    texts = ("stage", "unit", "lead", "urgency", "topic", "outcome", "merged_into")
    return {**dict.fromkeys(texts, ""), "redone": 0, "version": 0}


def _step(row: Row) -> Step:
    return Step(
        number=row.number,
        name=row.name,
        at=row.at,
        actor=Actor(Who(row.who), row.actor, row.actor_unit),
        note=row.note,
        data=row.data,
        told=row.told,
        untold=row.untold,
    )
