"""Finding cases for staff's pages: by who has them, where they stand, what is due, and by words."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Text, case, cast, func, or_, select
from sqlalchemy.engine import Engine

from desk.model.case import OPEN
from desk.sealing import Sealing
from desk.storage.tables import requests

DUE, CHANGED, NEWEST = "due", "changed", "newest"
_LONGEST_SEARCH = 100
_OPEN = [state.value for state in OPEN]


@dataclass(frozen=True)
class CaseQuery:
    """Which cases are wanted; what is None or empty asks for nothing.

    Attributes:
        units: those who have the case now; the dispatch desk's own lie at no unit ("").
        leads: those who stay answerable for it.
        sees: units of which one has it or stays answerable: what a unit may see.
        stages: states; open: those on which somebody still works.
        due_before, due_from: its answer (or its signature, whichever is sooner) is due before then, not before then.
        words: a case's number, a phone number, or words of the text or the place.
    """

    units: Collection[str] | None = None
    leads: Collection[str] | None = None
    sees: Collection[str] | None = None
    stages: Collection[str] = ()
    open: bool = False
    due_before: datetime | None = None
    due_from: datetime | None = None
    words: str = ""
    service: str = ""
    urgency: str = ""
    nature: str = ""
    order: str = CHANGED
    limit: int = 50
    offset: int = 0


@dataclass(frozen=True)
class CaseRow:
    """A case as a list shows it; no name, no phone number."""

    id: str
    service: str
    nature: str
    description: str
    address: str
    stage: str
    unit: str
    lead: str
    urgency: str
    outcome: str
    redone: int
    filed_at: datetime
    changed_at: datetime | None
    sign_due: datetime | None
    answer_due: datetime | None


class CaseLists:
    """Reads; calls block and belong into a thread."""

    def __init__(self, engine: Engine, sealing: Sealing | None = None) -> None:
        self._engine = engine
        self._sealing = sealing

    def rows(self, query: CaseQuery) -> list[CaseRow]:
        """Return one page of the cases asked for."""
        c = requests.c
        order = {
            DUE: (_SOONEST.nulls_last(), c.id),
            CHANGED: (c.changed_at.desc(), c.id.desc()),
            NEWEST: (c.requested_at.desc(), c.id.desc()),
        }[query.order]
        wanted = (
            select(*_SHOWN)
            .where(*self._conditions(query))
            .order_by(*order)
            .limit(query.limit)
            .offset(query.offset)
        )
        with self._engine.begin() as connection:
            return [_row(row) for row in connection.execute(wanted)]

    def count(self, query: CaseQuery) -> int:
        """Return how many there are."""
        wanted = select(func.count()).select_from(requests).where(*self._conditions(query))
        with self._engine.begin() as connection:
            return int(connection.execute(wanted).scalar_one())

    def by_unit(self, now: datetime) -> Mapping[str, Mapping[str, int]]:
        """Return unit → how many open cases it has (`open`), and how many of them are overdue (`overdue`)."""
        c = requests.c
        overdue = func.sum(func.coalesce(_late(now).cast(_INTEGER), 0))
        wanted = (
            select(c.unit, func.count().label("open"), overdue.label("overdue"))
            .where(c.stage.in_(_OPEN))
            .group_by(c.unit)
        )
        with self._engine.begin() as connection:
            rows = connection.execute(wanted).all()
        return {row.unit: {"open": int(row.open), "overdue": int(row.overdue or 0)} for row in rows}

    def _conditions(self, query: CaseQuery) -> list[Any]:
        words = query.words.replace("\x00", "").strip()[:_LONGEST_SEARCH]
        trace = self._sealing.trace(words) if self._sealing and words else ""
        return [*_conditions(query), *([_holding(words, trace)] if words else [])]


_INTEGER = requests.c.redone.type
_SHOWN = [
    requests.c[name]
    for name in (
        "id",
        "service_code",
        "nature",
        "description",
        "address",
        "stage",
        "unit",
        "lead",
        "urgency",
        "outcome",
        "redone",
        "requested_at",
        "changed_at",
        "sign_due",
        "answer_due",
    )
]


_SOONEST = case(
    (requests.c.sign_due.is_(None), requests.c.answer_due),
    (requests.c.answer_due.is_(None), requests.c.sign_due),
    (requests.c.sign_due < requests.c.answer_due, requests.c.sign_due),
    else_=requests.c.answer_due,
)
"""When something of a case is due first; null where no clock runs."""


def _late(moment: datetime) -> Any:
    return or_(requests.c.answer_due < moment, requests.c.sign_due < moment)


def _conditions(query: CaseQuery) -> list[Any]:
    c = requests.c
    found: list[Any] = []
    if query.units is not None:
        found.append(c.unit.in_(list(query.units)))
    if query.leads is not None:
        found.append(c.lead.in_(list(query.leads)))
    if query.sees is not None:
        seen = list(query.sees)
        found.append(or_(c.unit.in_(seen), c.lead.in_(seen)))
    stages = list(query.stages) or (_OPEN if query.open else [])
    if stages:
        found.append(c.stage.in_(stages))
    if query.due_before is not None:
        found.append(_late(query.due_before))
    if query.due_from is not None:
        found.append(query.due_from <= _SOONEST)
    for column, value in (
        (c.service_code, query.service),
        (c.urgency, query.urgency),
        (c.nature, query.nature),
    ):
        if value:
            found.append(column == value)
    return found


def _holding(words: str, trace: str) -> Any:
    """Cases of this number, or with these words in them; of a number that is sealed, those that hold its trace."""
    c = requests.c
    found = [
        c.id == words,
        c.description.contains(words, autoescape=True),
        c.address.contains(words, autoescape=True),
    ]
    if trace:
        sealed = (c.description, c.address, cast(c.person, Text))
        found += [column.contains(trace, autoescape=True) for column in sealed]
    return or_(*found)


def _row(row: Any) -> CaseRow:
    return CaseRow(
        id=row.id,
        service=row.service_code,
        nature=row.nature,
        description=row.description,
        address=row.address,
        stage=row.stage,
        unit=row.unit,
        lead=row.lead,
        urgency=row.urgency,
        outcome=row.outcome,
        redone=row.redone,
        filed_at=row.requested_at,
        changed_at=row.changed_at,
        sign_due=row.sign_due,
        answer_due=row.answer_due,
    )
