"""What the record says of itself to whoever watches: right, and along indexes however large it is."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from bot.model.conversation import WaitReason
from bot.model.delivery import DeliveryKind, DeliveryState
from bot.ports import Unavailable
from bot.storage import backlog
from bot.storage.backlog import COUNTED_STATES, DeliveryTally, HandoffTally
from bot.storage.database import open_engine
from bot.storage.record import SqlRecord
from tests.builders import NOON, SetClock, make_delivery

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)


def test_an_empty_record_has_nothing_waiting(engine: sa.engine.Engine) -> None:
    found = backlog.read(engine)
    assert (found.deliveries, found.handoffs) == ((), ())
    assert (found.polled_at, found.pulled_at) == (None, None)


def test_deliveries_are_counted_by_kind_and_state_with_their_oldest(
    engine: sa.engine.Engine, record: SqlRecord, clock: SetClock
) -> None:
    filing = {"kind": DeliveryKind.FILING, "state": DeliveryState.RETRY}
    with record.unit() as unit:
        unit.deliveries.add(make_delivery("f1", due_at=NOON + HOUR, **filing))
        unit.deliveries.add(make_delivery("sent", state=DeliveryState.SENT))
    clock.pass_(minutes=1)
    with record.unit() as unit:
        unit.deliveries.add(make_delivery("f2", due_at=NOON - MINUTE, **filing))
        unit.deliveries.add(make_delivery("n1", state=DeliveryState.HELD))
    assert set(backlog.read(engine).deliveries) == {
        DeliveryTally("filing", "retry", 2, NOON, NOON - MINUTE),
        DeliveryTally("notice", "held", 1, NOON + MINUTE, NOON),
    }


def test_a_huge_backlog_is_counted_so_far_and_no_further(
    engine: sa.engine.Engine, record: SqlRecord, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backlog, "MOST_COUNTED", 3)
    with record.unit() as unit:
        for n in range(5):
            unit.deliveries.add(make_delivery(f"n{n}", due_at=NOON - n * MINUTE))
    (tally,) = backlog.read(engine).deliveries
    assert (tally.count, tally.due) == (3, NOON - 4 * MINUTE)


def test_who_waits_for_a_person_is_counted_by_reason(
    engine: sa.engine.Engine, record: SqlRecord
) -> None:
    with record.unit() as unit:
        for name, reason, since in (
            ("a", WaitReason.ASKED, NOON),
            ("b", WaitReason.ASKED, NOON - MINUTE),
            ("c", WaitReason.EMERGENCY, NOON - HOUR),
            ("d", None, None),
        ):
            conversation = unit.conversations.open(name, f"open-id-{name}")
            conversation.waiting_reason, conversation.waiting_since = reason, since
            unit.conversations.save(conversation)
    assert set(backlog.read(engine).handoffs) == {
        HandoffTally("asked", 2, NOON - MINUTE),
        HandoffTally("emergency", 1, NOON - HOUR),
    }


def test_when_the_backend_last_answered_is_known(
    engine: sa.engine.Engine, record: SqlRecord, clock: SetClock
) -> None:
    with record.unit() as unit:
        unit.documents.put("updates.cursor", {"polled": (NOON - MINUTE).isoformat()})
        unit.documents.put("backend.services", {"services": []})
    found = backlog.read(engine)
    assert (found.polled_at, found.pulled_at) == (NOON - MINUTE, NOON)


def test_a_record_that_is_away_says_so() -> None:
    lost = open_engine("sqlite:////nowhere/record.db")
    with pytest.raises(Unavailable):
        backlog.read(lost)


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_no_statement_reads_a_whole_table(engine: sa.engine.Engine) -> None:
    """SQLite plans by rule, so that an empty table shows what a full one would do."""
    statements = [*map(backlog.of_state, COUNTED_STATES), backlog.waiting()]
    for statement in statements:
        text = statement.compile(engine, compile_kwargs={"literal_binds": False})
        with engine.connect() as connection:
            rows = connection.exec_driver_sql(
                f"EXPLAIN QUERY PLAN {text}", tuple(text.params.values())
            )
            plan = [row.detail for row in rows]
        touched = [step for step in plan if step.startswith(("SCAN", "SEARCH"))]
        assert touched, plan
        assert all("USING INDEX" in step or "SCAN anon" in step for step in touched), plan
