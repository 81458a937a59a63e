"""Requests and updates in SQL: each call is one transaction."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime, tzinfo
from typing import Any

from sqlalchemy import or_, select, text
from sqlalchemy.engine import Connection, Engine, Row

from desk.model.steps import Step
from desk.records import Page, Person, Place, RequestQuery, StoredRequest, Update
from desk.storage.casebook import Casebook, read_steps
from desk.storage.tables import requests, updates


class DeskStore:
    """The desk's record. Calls block; they belong into a thread."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def close(self) -> None:
        """Give the connections back."""
        self._engine.dispose()

    @contextmanager
    def writing(self) -> Iterator[Casebook]:
        """Open the casebook: one transaction in which cases are carried on."""
        with self._write() as connection:
            yield Casebook(connection)

    @contextmanager
    def reading(self) -> Iterator[Casebook]:
        """Open the casebook for looking only: it keeps no writer waiting."""
        with self._read() as connection:
            yield Casebook(connection)

    def next_number(self, now: datetime, zone: tzinfo) -> str:
        """Return a number for a new request: the office's day and a count within that day; never the same twice."""
        with self._write() as connection:
            return _next_number(connection, now.astimezone(zone).strftime("%Y%m%d"))

    def steps(self, request_id: str) -> list[Step]:
        """Return a case's log, empty if there is no such case."""
        with self._read() as connection:
            return read_steps(connection, request_id)

    def by_token(self, token: str) -> StoredRequest | None:
        """Return the request that a token was given for."""
        with self._read() as connection:
            row = connection.execute(select(requests).where(requests.c.token == token)).first()
        return _stored(row) if row else None

    def request(self, request_id: str) -> StoredRequest | None:
        """Return one request."""
        with self._read() as connection:
            row = connection.execute(select(requests).where(requests.c.id == request_id)).first()
        return _stored(row) if row else None

    def find(self, query: RequestQuery, page: Page) -> list[StoredRequest]:
        """Return requests, newest first."""
        statement = (
            select(requests)
            .where(*_conditions(query))
            .order_by(requests.c.requested_at.desc(), requests.c.id.desc())
            .limit(page.limit)
            .offset(page.offset)
        )
        with self._read() as connection:
            return [_stored(row) for row in connection.execute(statement)]

    def updates(self, start: datetime, end: datetime, page: Page) -> list[Update]:
        """Return updates that happened or arrived within the window, in the order they arrived.

        An update that is told late would never be seen by a poller that only moves forward if its own
        time alone decided.
        """
        c = updates.c
        statement = (
            select(updates)
            .where(or_(c.updated_at.between(start, end), c.received_at.between(start, end)))
            .order_by(c.id)
            .limit(page.limit)
            .offset(page.offset)
        )
        with self._read() as connection:
            return [_update(row) for row in connection.execute(statement)]

    def _read(self) -> AbstractContextManager[Connection]:
        begun: AbstractContextManager[Connection] = self._engine.begin()
        return begun

    def _write(self) -> AbstractContextManager[Connection]:
        writer = self._engine.execution_options(writes=True)
        begun: AbstractContextManager[Connection] = writer.begin()
        return begun


def _next_number(connection: Connection, day: str) -> str:
    connection.execute(
        text(
            "INSERT INTO desk_counter (day, value) VALUES (:day, 1)"
            " ON CONFLICT (day) DO UPDATE SET value = desk_counter.value + 1"
        ),
        {"day": day},
    )
    value = connection.execute(
        text("SELECT value FROM desk_counter WHERE day = :day"), {"day": day}
    ).scalar_one()
    return f"{day}-{value:04d}"


def _conditions(query: RequestQuery) -> list[Any]:
    if query.ids:
        return [requests.c.id.in_(query.ids)]
    conditions: list[Any] = [
        column.in_(wanted)
        for column, wanted in (
            (requests.c.service_code, query.service_codes),
            (requests.c.state, query.states),
            (requests.c.nature, query.natures),
        )
        if wanted
    ]
    if query.division_code:
        conditions.append(requests.c.division_code.startswith(query.division_code, autoescape=True))
    if query.start is not None:
        conditions.append(requests.c.requested_at >= query.start)
    if query.end is not None:
        conditions.append(requests.c.requested_at <= query.end)
    return conditions


def _stored(row: Row) -> StoredRequest:
    return StoredRequest(
        id=row.id,
        service_code=row.service_code,
        description=row.description,
        place=Place(row.address, row.address_id, row.lat, row.long),
        person=Person(**(row.person or {})),
        attributes=row.attributes,
        media_urls=tuple(row.media_urls),
        state=row.state,
        status_notes=row.status_notes,
        requested_at=row.requested_at,
        updated_at=row.updated_at,
        unit=row.unit,
        lead=row.lead,
        stage=row.stage,
        answer_due=row.answer_due,
        token=row.token or "",
    )


def _update(row: Row) -> Update:
    return Update(
        update_id=row.update_id,
        request_id=row.request_id,
        state=row.state,
        description=row.description,
        updated_at=row.updated_at,
        received_at=row.received_at,
        media_urls=tuple(row.media_urls),
        code=row.code,
        agency=row.agency,
        expected_at=row.expected_at,
    )
