"""What `bot.record.Handoffs` promises, on both databases."""

from __future__ import annotations

from datetime import timedelta

from bot.model.staff import Handoff
from bot.record import Record
from tests.builders import NOON

MINUTE = timedelta(minutes=1)


def add(record: Record, *wanted: Handoff) -> list[int]:
    with record.unit() as unit:
        for handoff in wanted:
            unit.handoffs.add(handoff)
    return [handoff.id for handoff in wanted]


def asked(conversation_id: str = "c1", minutes: int = 0, **values: object) -> Handoff:
    return Handoff(conversation_id, "asked", NOON + minutes * MINUTE, **values)  # type: ignore[arg-type]


def test_all_of_it_is_kept(record: Record) -> None:
    full = Handoff(
        "c1",
        "emergency",
        NOON,
        claimed_at=NOON + MINUTE,
        agent="1007",
        first_answer_at=NOON + 2 * MINUTE,
        ended_at=NOON + 9 * MINUTE,
        ending="returned",
    )
    add(record, full)
    with record.unit() as unit:
        assert unit.handoffs.of_conversation("c1") == [full]
    assert full.id > 0


def test_each_gets_an_id_of_its_own(record: Record) -> None:
    first, second = add(record, asked(), asked("c2"))
    assert first != second


def test_the_one_that_has_not_ended_is_open(record: Record) -> None:
    add(record, asked(ended_at=NOON, ending="lapsed"), asked("c2"))
    with record.unit() as unit:
        assert unit.handoffs.open_of("c1") is None
        assert unit.handoffs.open_of("nobody") is None
        found = unit.handoffs.open_of("c2")
        assert found is not None
        found.claimed_at, found.agent = NOON + MINUTE, "1007"
        unit.handoffs.save(found)
    with record.unit() as unit:
        assert unit.handoffs.open_of("c2") == found
        found.ended_at, found.ending = NOON + 2 * MINUTE, "returned"
        unit.handoffs.save(found)
    with record.unit() as unit:
        assert unit.handoffs.open_of("c2") is None
        assert [h.ending for h in unit.handoffs.of_conversation("c1")] == ["lapsed"]


def test_a_conversations_come_newest_first(record: Record) -> None:
    ids = add(record, *(asked(minutes=n, ended_at=NOON) for n in range(3)), asked("c2"))
    with record.unit() as unit:
        assert [h.id for h in unit.handoffs.of_conversation("c1")] == ids[2::-1]
        assert [h.id for h in unit.handoffs.of_conversation("c1", limit=1)] == [ids[2]]


def test_a_time_begins_with_its_start_and_stops_before_its_end(record: Record) -> None:
    late, early, before, end = add(
        record,
        asked("late", 5),
        asked("early", 0),
        asked("before", -1),
        asked("end", 10),
    )
    with record.unit() as unit:
        found = unit.handoffs.between(NOON, NOON + 10 * MINUTE)
        assert [h.id for h in found] == [early, late]
        rest = unit.handoffs.between(NOON - 10 * MINUTE, NOON)
        assert [h.id for h in rest] == [before]
        assert unit.handoffs.between(NOON + 11 * MINUTE, NOON + 20 * MINUTE) == []
    assert end not in (early, late)


def test_waits_are_learned_from_those_claimed_lately(record: Record) -> None:
    add(
        record,
        asked("unclaimed"),
        asked("old", claimed_at=NOON - MINUTE),
        asked("first", claimed_at=NOON),
        asked("last", claimed_at=NOON + MINUTE),
    )
    with record.unit() as unit:
        found = unit.handoffs.lately_claimed(NOON)
        assert [h.conversation_id for h in found] == ["last", "first"]
        assert len(unit.handoffs.lately_claimed(NOON, limit=1)) == 1
