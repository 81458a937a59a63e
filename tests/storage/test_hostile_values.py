"""What a backend or a citizen may send is stored on either database, however long or odd."""

from __future__ import annotations

import pytest

from bot.model.conversation import Direction
from bot.model.staff import AuditEntry, CannedAnswer, Role, StaffMember
from bot.record import Record
from tests.builders import CITIZEN, NOON, make_complaint, make_line, make_update

LONG = "长" * 400


@pytest.mark.parametrize("odd", [LONG, "'; DROP TABLE complaint; --", "😀‮"])
class TestOddTexts:
    def test_in_an_update(self, record: Record, odd: str) -> None:
        with record.unit() as unit:
            unit.complaints.add_update("k1", make_update(odd, status=odd, description=odd), NOON)
            assert unit.complaints.has_update("k1", odd)

    def test_in_a_complaint(self, record: Record, odd: str) -> None:
        with record.unit() as unit:
            unit.complaints.add(
                make_complaint(
                    description=odd,
                    place=odd,
                    service_code=odd,
                    service_name=odd,
                    service_group=odd,
                    backend_id=odd,
                    backend_token=odd,
                    status=odd,
                )
            )
            assert unit.complaints.by_backend_id(odd) is not None

    def test_in_a_message(self, record: Record, odd: str) -> None:
        with record.unit() as unit:
            conversation = unit.conversations.open("c1", CITIZEN)
            conversation.snapshot = {"text": odd}
            unit.conversations.save(conversation)
            unit.conversations.add_line(make_line(text=odd, data={"label": odd}))
            assert unit.conversations.has_line("m1")

    def test_in_what_staff_write(self, record: Record, odd: str) -> None:
        with record.unit() as unit:
            answer = CannedAnswer("a", "t", odd)
            assert unit.canned.put(answer)
            assert unit.canned.get(answer.id) == answer
            unit.audit.add(AuditEntry(NOON, odd, odd, odd, odd, odd))
            (entry,) = unit.audit.entries()
            assert entry.detail == odd
            unit.conversations.add_line(make_line(direction=Direction.NOTE, text=odd))
            assert unit.conversations.transcript("c1")[0].text == odd

    def test_in_what_staff_look_for(self, record: Record, odd: str) -> None:
        with record.unit() as unit:
            unit.conversations.add_line(make_line(text=f"路灯{odd}不亮"))
            assert unit.conversations.holding(odd) == ["c1"]
            assert unit.audit.entries(number=odd, action=odd, subject=odd) == []
            assert unit.conversations.several([odd]) == []
            assert unit.conversations.last_lines([odd]) == {}
            assert unit.deliveries.states([odd]) == {}
            assert unit.canned.of(odd) == []


@pytest.mark.parametrize("odd", [LONG, "'; DROP TABLE staff; --", "10\x0007", ""])
def test_whoever_types_anything_into_the_sign_in_form_is_nobody(record: Record, odd: str) -> None:
    with record.unit() as unit:
        unit.staff.add(StaffMember("1007", "王敏", Role.AGENT, NOON, NOON))
        assert unit.staff.get(odd) is None
        assert unit.staff.by_name(odd) is None
        assert len(unit.staff.all()) == 1
