"""What a backend or a citizen may send is stored on either database, however long or odd."""

from __future__ import annotations

import pytest

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
