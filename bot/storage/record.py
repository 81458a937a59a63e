"""The SQL form of the record: one unit is one transaction, and its parts are the tables' keepers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa

from bot.ports import Clock
from bot.storage.audit import Audit
from bot.storage.canned import CannedAnswers
from bot.storage.complaints import Complaints
from bot.storage.conversations import Conversations
from bot.storage.database import reading, transaction
from bot.storage.deliveries import Deliveries
from bot.storage.documents import Documents
from bot.storage.handoffs import Handoffs
from bot.storage.media import MediaStore
from bot.storage.shifts import Shifts
from bot.storage.staff import Staff


class Unit:
    """The record inside one transaction: all of it is written, or nothing."""

    def __init__(self, connection: sa.engine.Connection, clock: Clock) -> None:
        self.conversations = Conversations(connection, clock)
        self.complaints = Complaints(connection)
        self.deliveries = Deliveries(connection, clock)
        self.media = MediaStore(connection)
        self.documents = Documents(connection, clock)
        self.handoffs = Handoffs(connection)
        self.staff = Staff(connection)
        self.audit = Audit(connection)
        self.canned = CannedAnswers(connection)
        self.shifts = Shifts(connection)


class SqlRecord:
    """Opens units on one database."""

    def __init__(self, engine: sa.engine.Engine, clock: Clock) -> None:
        self._engine = engine
        self._clock = clock

    @contextmanager
    def unit(self) -> Iterator[Unit]:
        """Open a unit; it commits on leaving, rolls back on any error, and raises `Unavailable` if it cannot."""
        with transaction(self._engine) as connection:
            yield Unit(connection, self._clock)

    @contextmanager
    def reading(self) -> Iterator[Unit]:
        """Open a unit for reading only: it waits for no writer and keeps none waiting; a write in it raises."""
        with reading(self._engine) as connection:
            yield Unit(connection, self._clock)
