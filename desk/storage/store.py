"""Requests and updates in SQL: each call is one transaction."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import asdict
from datetime import datetime, tzinfo
from typing import Any

from sqlalchemy import and_, or_, select, text
from sqlalchemy.engine import Connection, Engine, Row

from desk.records import NewRequest, Page, Person, Place, RequestQuery, StoredRequest, Update
from desk.statuses import OPEN
from desk.storage.tables import requests, updates


class UnknownRequest(LookupError):
    """There is no request with that id."""


class RepeatedUpdate(ValueError):
    """The request already has an update with that id; it was not applied again."""


class DeskStore:
    """The desk's record. Calls block; they belong into a thread."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def close(self) -> None:
        """Give the connections back."""
        self._engine.dispose()

    def add(self, new: NewRequest, *, now: datetime, zone: tzinfo) -> str:
        """Keep a request and return its number: the office's day and a count within that day."""
        with self._write() as connection:
            number = _next_number(connection, now.astimezone(zone).strftime("%Y%m%d"))
            connection.execute(
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
                    state=OPEN,
                    status_notes="",
                    state_from=None,
                    requested_at=now,
                    updated_at=now,
                )
            )
        return number

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

    def add_update(self, update: Update) -> None:
        """Keep an update; it moves the request's state unless a later one already did.

        Raises:
            UnknownRequest: no such request.
            RepeatedUpdate: this update is already on file; nothing was changed.
        """
        with self._write() as connection:
            row = connection.execute(
                select(requests.c.state_from, requests.c.requested_at)
                .where(requests.c.id == update.request_id)
                .with_for_update()
            ).first()
            if row is None:
                raise UnknownRequest(update.request_id)
            if _is_known(connection, update):
                raise RepeatedUpdate(update.update_id)
            connection.execute(updates.insert().values(**_update_row(update)))
            if row.state_from is None or update.counts_from >= row.state_from:
                _move(connection, update, row.requested_at)

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


def _is_known(connection: Connection, update: Update) -> bool:
    c = updates.c
    same = and_(c.request_id == update.request_id, c.update_id == update.update_id)
    return connection.execute(select(c.id).where(same)).first() is not None


def _update_row(update: Update) -> dict[str, Any]:
    return asdict(update) | {"media_urls": list(update.media_urls)}


def _move(connection: Connection, update: Update, requested_at: datetime) -> None:
    connection.execute(
        requests.update()
        .where(requests.c.id == update.request_id)
        .values(
            state=update.state,
            status_notes=update.description,
            state_from=update.counts_from,
            updated_at=max(update.counts_from, requested_at),
        )
    )


def _stored(row: Row) -> StoredRequest:
    return StoredRequest(
        id=row.id,
        service_code=row.service_code,
        description=row.description,
        place=Place(row.address, row.address_id, row.lat, row.long),
        person=Person(**row.person),
        attributes=row.attributes,
        media_urls=tuple(row.media_urls),
        state=row.state,
        status_notes=row.status_notes,
        requested_at=row.requested_at,
        updated_at=row.updated_at,
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
    )
