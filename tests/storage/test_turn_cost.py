"""What a turn asks of the record costs the same however much lies behind the citizen."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from bot.model.conversation import Direction
from bot.model.delivery import Delivery, DeliveryKind, DeliveryState
from bot.record import Record
from tests.builders import NOON, make_complaint, make_line

BEHIND = 60


@contextmanager
def statements(engine: sa.engine.Engine) -> Iterator[list[tuple[str, Any]]]:
    seen: list[tuple[str, Any]] = []

    def note(_c: Any, _cursor: Any, text: str, values: Any, *_: Any) -> None:
        seen.append((text, values))

    sa.event.listen(engine, "before_cursor_execute", note)
    yield seen
    sa.event.remove(engine, "before_cursor_execute", note)


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_each_look_goes_by_an_index_that_ends_where_the_answer_is(
    engine: sa.engine.Engine, record: Record
) -> None:
    with statements(engine) as seen, record.unit() as unit:
        unit.conversations.has_line("m1")
        unit.conversations.last_line("c1", by=(Direction.BOT,))
        unit.deliveries.untold("c1")
        unit.complaints.in_callback("c1")
        unit.complaints.standing_at("c1", "waiting")
    looked = [(text, values) for text, values in seen if text.startswith("SELECT")]
    assert len(looked) == 5
    steps = []
    with engine.connect() as connection:
        for text, values in looked:
            rows = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}", values)
            steps += [row.detail for row in rows if row.detail.startswith(("SCAN", "SEARCH"))]
    assert not [step for step in steps if step.startswith("SCAN")]
    assert any("ix_delivery_untold (conversation_id=? AND state=?)" in step for step in steps)
    assert sum("ix_complaint_newest" in step for step in steps) == 2


def test_what_is_told_and_done_is_not_read_again(record: Record) -> None:
    with record.unit() as unit:
        for number in range(BEHIND):
            unit.conversations.add_line(make_line(f"m{number}"))
            unit.deliveries.add(
                Delivery(
                    key=f"reply:m{number}",
                    kind=DeliveryKind.REPLY,
                    due_at=NOON,
                    payload={},
                    conversation_id="c1",
                    state=DeliveryState.SENT,
                )
            )
            later = NOON + timedelta(hours=number)
            unit.complaints.add(make_complaint(f"k{number}", confirmed_at=later))
    with record.unit() as unit:
        assert unit.deliveries.untold("c1") == []
        assert unit.complaints.in_callback("c1") == []
        assert len(unit.complaints.of_conversation("c1")) == 20
