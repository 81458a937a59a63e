"""Many who work on the same rows at once: each effect once, nobody waits for ever, and what gives way says so."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
import sqlalchemy as sa

from app.bootstrap import CATALOG, RESPONSES
from app.catalog import Catalog
from app.phrases import DomainPhrases
from bot.model.delivery import DeliveryState
from bot.ports import Unavailable
from bot.record import Record, Stale
from bot.services.deliver import Deliverer
from bot.services.updates import UpdateTaker
from bot.storage.database import open_engine
from bot.storage.record import SqlRecord
from tests.builders import NOON, SetClock, make_complaint, make_delivery, make_line, make_update
from tests.services.fakes import ScriptedHandler
from tests.storage.conftest import PostgreSQL
from tests.storage.racing import Race

TRIES = 200
CITIZENS = [f"c{n}" for n in range(4)]


def until_done(work: Callable[[], None]) -> int:
    """Do it again while it gives way to others, as workers and consoles do; returns how often it had to."""
    for given_way in range(TRIES):
        try:
            work()
        except (Stale, Unavailable):
            continue
        return given_way
    raise AssertionError(f"gave way {TRIES} times")


class Office:
    """Turns, deliveries and consoles on one record."""

    def __init__(self, record: Record) -> None:
        self.record = record
        self.carried = ScriptedHandler()
        with record.unit() as unit:
            for name in CITIZENS:
                unit.conversations.open(name, f"o{name}")

    def turn(self, citizen: str, number: int) -> None:
        """File a complaint as a turn does: line, number, complaint, delivery, and the fence last."""
        with self.record.unit() as unit:
            conversation = unit.conversations.open(citizen, f"o{citizen}")
            key = f"{citizen}-{number}"
            if unit.conversations.has_line(key):
                return
            unit.conversations.add_line(make_line(key, citizen))
            count = unit.complaints.next_number("261123")
            complaint = make_complaint(
                key, conversation_id=citizen, receipt=f"HZ-261123-{count:04d}"
            )
            unit.complaints.add(complaint)
            unit.deliveries.add(make_delivery(f"notice:{key}", conversation_id=citizen))
            unit.conversations.save(conversation)

    def console(self, citizen: str, number: int) -> None:
        """Write first to the conversation and then take a number: the other way round than a turn."""
        with self.record.unit() as unit:
            conversation = unit.conversations.get(citizen)
            assert conversation is not None
            unit.conversations.save(conversation)
            count = unit.complaints.next_number("261123")
            key = f"by-staff-{citizen}-{number}"
            unit.complaints.add(
                make_complaint(key, conversation_id=citizen, receipt=f"HZ-261123-{count:04d}")
            )

    def deliver(self) -> None:
        Deliverer(self.record, {"notice": self.carried}, SetClock()).run_once()


def test_turns_consoles_and_deliverers_on_the_same_citizens(
    record: Record, engine: sa.engine.Engine
) -> None:
    office, rounds = Office(record), 5

    def worker(own: list[str]) -> Callable[[], None]:
        def work() -> None:
            for citizen, n in itertools.product(own, range(rounds)):
                until_done(partial(office.turn, citizen, n))

        return work

    def staff() -> None:
        for n, citizen in itertools.product(range(rounds), CITIZENS):
            until_done(partial(office.console, citizen, n))

    def sender() -> None:
        for _ in range(rounds * 2):
            until_done(office.deliver)

    # The second worker has the first one's citizens too, as after a pause: the fence decides.
    Race(worker(CITIZENS), worker(CITIZENS[::-1]), staff, sender, sender).run()
    until_done(office.deliver)

    with record.unit() as unit:
        filed = [
            c.receipt for name in CITIZENS for c in unit.complaints.of_conversation(name, limit=999)
        ]
        versions = [unit.conversations.get(name).version for name in CITIZENS]  # type: ignore[union-attr]
        states = unit.deliveries.count_by_state()
    each = rounds * len(CITIZENS)
    assert sorted(filed) == [f"HZ-261123-{n:04d}" for n in range(1, 2 * each + 1)]
    assert versions == [2 * rounds] * len(CITIZENS)
    assert states == {"sent": each}
    assert set(Counter(office.carried.carried).values()) == {1}


def test_numbers_under_load_have_neither_gaps_nor_doubles(record: Record) -> None:
    def take() -> list[int]:
        got = []
        for _ in range(25):
            with record.unit() as unit:
                got.append(unit.complaints.next_number("261123"))
        return got

    found = Race(*[take] * 8).run()
    assert sorted(number for numbers in found for number in numbers) == list(range(1, 201))
    assert all(numbers == sorted(numbers) for numbers in found)


def test_of_two_engines_each_delivery_is_carried_out_by_one(record: Record) -> None:
    with record.unit() as unit:
        for n in range(40):
            unit.deliveries.add(make_delivery(f"d{n}"))
    handlers = [ScriptedHandler() for _ in range(4)]
    engines = [Deliverer(record, {"notice": handler}, SetClock()) for handler in handlers]

    counts = Race(*[engine.run_once for engine in engines]).run()

    carried = [key for handler in handlers for key in handler.carried]
    assert sorted(carried) == sorted(f"d{n}" for n in range(40))
    assert sum(counts) == 40


def test_of_heirs_of_a_dead_sender_one_repeats(record: Record) -> None:
    with record.unit() as unit:
        delivery = make_delivery()
        unit.deliveries.add(delivery)
        unit.deliveries.claim(delivery.id)
    late = SetClock(NOON + timedelta(minutes=2))
    engine = record._engine  # type: ignore[attr-defined]
    heirs = [ScriptedHandler() for _ in range(4)]
    engines = [Deliverer(SqlRecord(engine, late), {"notice": h}, late) for h in heirs]

    Race(*[engine.run_once for engine in engines]).run()

    assert [key for heir in heirs for key in heir.carried] == ["d1"]
    with record.unit() as unit:
        found = unit.deliveries.by_key("d1")
    assert found is not None
    assert (found.state, found.repeats) == (DeliveryState.SENT, 1)


class TestOneComplaint:
    """Filing, updates and a citizen who leaves all write to the same row."""

    @pytest.fixture
    def filed(self, record: Record) -> Record:
        with record.unit() as unit:
            unit.complaints.add(make_complaint(backend_id="B-1", contact_phone="sealed"))
        return record

    def taker(self, record: Record) -> UpdateTaker:
        catalog = Catalog.load(CATALOG)
        phrases = DomainPhrases.load(RESPONSES)
        return UpdateTaker(record, catalog.statuses, catalog.office, phrases, SetClock())

    def test_an_update_that_comes_by_two_ways_is_taken_once(self, filed: Record) -> None:
        taker = self.taker(filed)
        updates = [make_update(f"u{n}") for n in range(10)]

        def take() -> list[bool]:
            return [taker.take(update) for update in updates]

        taken = Race(*[take] * 4).run()

        assert [sum(column) for column in zip(*taken, strict=True)] == [1] * 10
        with filed.unit() as unit:
            assert unit.deliveries.count_by_state() == {"queued": 10}

    def test_updates_at_once_leave_the_newest_state_and_undo_nothing(self, filed: Record) -> None:
        taker = self.taker(filed)

        def take(first: int) -> Callable[[], None]:
            def work() -> None:
                for n in range(first, 20, 2):
                    at = NOON + timedelta(minutes=n)
                    text = f"step {n}"
                    taker.take(make_update(f"u{n}", updated_datetime=at, description=text))

            return work

        def leave() -> None:
            with filed.unit() as unit:
                unit.complaints.forget_contact("c1")

        Race(take(0), take(1), leave).run()

        with filed.unit() as unit:
            complaint = unit.complaints.get("k1")
        assert complaint is not None
        assert (complaint.status_text, complaint.contact_phone) == ("step 19", "")

    def test_who_locks_keeps_others_waiting_until_the_unit_ends(self, filed: Record) -> None:
        def add(word: str) -> Callable[[], None]:
            def work() -> None:
                for _ in range(20):
                    with filed.unit() as unit:
                        complaint = unit.complaints.get("k1", lock=True)
                        assert complaint is not None
                        complaint.status_text += word
                        unit.complaints.save(complaint)

            return work

        Race(add("a"), add("b"), add("c")).run()
        with filed.unit() as unit:
            found = unit.complaints.by_backend_id("B-1", lock=True)
        assert found is not None
        assert Counter(found.status_text) == {"a": 20, "b": 20, "c": 20}


class TestGivingWay:
    """PostgreSQL's ways of saying that somebody else is in the way; on SQLite writers queue from the start."""

    @pytest.fixture
    def engine(self, postgresql: PostgreSQL, migrated_name: str) -> Any:
        opened = open_engine(postgresql.make(migrated_name))
        yield opened
        opened.dispose()

    def impatient(self, engine: sa.engine.Engine, **settings: str) -> Record:
        def shorten(connection: Any, _: object) -> None:
            with connection.cursor() as cursor:
                for name, value in settings.items():
                    cursor.execute(f"SET {name} = '{value}'")
            connection.commit()

        quick = open_engine(str(engine.url))
        sa.event.listen(quick, "connect", shorten)
        return SqlRecord(quick, SetClock())

    def test_each_connection_has_a_bound_to_its_patience(self, engine: sa.engine.Engine) -> None:
        with engine.connect() as connection:
            shown = [
                connection.exec_driver_sql(f"SHOW {name}").scalar()
                for name in (
                    "lock_timeout",
                    "idle_in_transaction_session_timeout",
                    "transaction_isolation",
                )
            ]
        assert shown == ["10s", "20s", "read committed"]

    def test_a_row_that_stays_locked_is_unavailable(self, engine: sa.engine.Engine) -> None:
        quick = self.impatient(engine, lock_timeout="50ms")
        with SqlRecord(engine, SetClock()).unit() as holding:
            holding.complaints.next_number("261123")
            with pytest.raises(Unavailable, match="lock"), quick.unit() as unit:
                unit.complaints.next_number("261123")
        with quick.unit() as unit:
            assert unit.complaints.next_number("261123") == 2

    def test_a_stopped_worker_keeps_its_locks_from_nobody(self, engine: sa.engine.Engine) -> None:
        """Its transaction is ended by the server; when it goes on it learns so and nothing of it is written."""
        stopped = self.impatient(engine, idle_in_transaction_session_timeout="50ms")
        other = SqlRecord(engine, SetClock())

        def turn() -> None:
            with stopped.unit() as unit:
                unit.complaints.next_number("261123")
                with other.unit() as faster:  # waits until the server ended the one above
                    assert faster.complaints.next_number("261123") == 1
                unit.complaints.next_number("261123")

        with pytest.raises(Unavailable):
            turn()
        with stopped.unit() as unit:  # on a new connection
            assert unit.complaints.next_number("261123") == 2

    def test_of_two_in_a_deadlock_one_gives_way(self, engine: sa.engine.Engine) -> None:
        record = SqlRecord(engine, SetClock())
        with record.unit() as unit:
            for name in ("c1", "c2"):
                unit.conversations.open(name, name)

        def both(first: str, second: str) -> Callable[[], None]:
            def work() -> None:
                with record.unit() as unit:
                    for name in (first, second):
                        found = unit.conversations.get(name)
                        assert found is not None
                        unit.conversations.save(replace(found, citizen=name))

            return lambda: [until_done(work) for _ in range(4)]  # type: ignore[return-value]

        Race(both("c1", "c2"), both("c2", "c1")).run()
        with record.unit() as unit:
            assert [c.version for c in unit.conversations.several(["c1", "c2"])] == [8, 8]
