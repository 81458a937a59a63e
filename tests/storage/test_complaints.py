"""What `bot.record.Complaints`, `MediaStore` and `Documents` promise, on both databases."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from bot.model.complaint import Complaint
from bot.record import Record
from tests.builders import NOON, make_complaint, make_medium, make_update
from tests.storage.racing import Race


class TestNumbers:
    def test_each_day_starts_at_one(self, record: Record) -> None:
        with record.unit() as unit:
            given = [unit.complaints.next_number(day) for day in ("a", "a", "b", "a")]
        assert given == [1, 2, 1, 3]

    def test_no_number_is_given_twice(self, record: Record) -> None:
        def taker() -> list[int]:
            found = []
            for _ in range(10):
                with record.unit() as unit:
                    found.append(unit.complaints.next_number("receipt:261123"))
            return found

        given = [number for taken in Race(*[taker] * 4).run() for number in taken]
        assert sorted(given) == list(range(1, 41))

    def test_a_turn_thrown_away_gives_its_number_back(self, record: Record) -> None:
        def failing() -> None:
            with record.unit() as unit:
                unit.complaints.next_number("day")
                raise LookupError

        with pytest.raises(LookupError):
            failing()
        with record.unit() as unit:
            assert unit.complaints.next_number("day") == 1


class TestComplaints:
    def test_all_of_it_is_kept(self, record: Record) -> None:
        full = make_complaint(
            latitude=30.276512,
            longitude=120.12,
            datum="gcj02",
            answers={"scope": ["home", "楼"]},
            contact_phone="sealed-phone",
            contact_name="王女士",
            visibility="confidential",
            consent="2026-11",
            backend_id="B-1",
            backend_token="t",
            status="open",
            stage="received",
            status_at=NOON,
            status_text="已受理",
            sealed={"138****5678": "sealed"},
            description="😀\n第二行",
            status_code="dispatched",
            agency="上城区城管局",
            due_at=NOON + timedelta(days=5),
            callback={"step": "solved", "contacted": True},
        )
        with record.unit() as unit:
            unit.complaints.add(full)
        with record.unit() as unit:
            assert unit.complaints.get("k1") == full
            assert unit.complaints.by_receipt(full.receipt) == full
            assert unit.complaints.by_backend_id("B-1") == full
            full.stage = "answered"
            unit.complaints.save(full)
        with record.unit() as unit:
            assert unit.complaints.get("k1") == full

    def test_what_is_not_there_is_none(self, record: Record) -> None:
        with record.unit() as unit:
            unit.complaints.add(make_complaint())
            assert unit.complaints.get("k2") is None
            assert unit.complaints.by_receipt("HZ-0") is None
            assert unit.complaints.by_backend_id("B-1") is None
            assert unit.complaints.by_backend_id("") is None

    def test_a_receipt_number_is_given_once(self, record: Record) -> None:
        with record.unit() as unit:
            unit.complaints.add(make_complaint("k1", receipt="HZ-1"))
        with pytest.raises(sa.exc.IntegrityError), record.unit() as unit:
            unit.complaints.add(make_complaint("k2", receipt="HZ-1"))

    def test_lists_are_newest_first(self, record: Record) -> None:
        with record.unit() as unit:
            for number, owner in enumerate(("c1", "c2", "c1")):
                at = NOON + timedelta(minutes=number)
                unit.complaints.add(
                    make_complaint(f"k{number}", conversation_id=owner, confirmed_at=at)
                )
            assert _ids(unit.complaints.of_conversation("c1")) == ["k2", "k0"]
            assert _ids(unit.complaints.of_conversation("c1", limit=1)) == ["k2"]

    def test_those_that_wait_for_the_citizen_are_found_alone(self, record: Record) -> None:
        with record.unit() as unit:
            for number, (asked, code) in enumerate((("", ""), ("solved", ""), ("", "waiting"))):
                later = NOON + timedelta(hours=number)
                case = make_complaint(id=f"k{number}", receipt=f"r{number}", confirmed_at=later)
                case.callback = {"step": asked} if asked else {}
                case.status_code = code
                unit.complaints.add(case)
        with record.unit() as unit:
            assert _ids(unit.complaints.in_callback("c1")) == ["k1"]
            assert _ids(unit.complaints.standing_at("c1", "waiting")) == ["k2"]
            assert unit.complaints.in_callback("c2") == []
            assert unit.complaints.standing_at("c2", "waiting") == []
            assert _ids(unit.complaints.recent()) == ["k2", "k1", "k0"]

    def test_who_owes_a_number_is_found(self, record: Record) -> None:
        with record.unit() as unit:
            unit.complaints.add(make_complaint("k1", backend_token="t"))
            unit.complaints.add(make_complaint("k2", backend_token="t2", backend_id="B-2"))
            unit.complaints.add(make_complaint("k3"))
            assert _ids(unit.complaints.owing_number()) == ["k1"]

    def test_forgetting_the_contact_leaves_the_case(self, record: Record) -> None:
        with record.unit() as unit:
            unit.complaints.add(
                make_complaint(contact_phone="x", contact_name="y", sealed={"a": "b"})
            )
            unit.complaints.forget_contact("c1")
            assert unit.complaints.get("k1") == make_complaint()


class TestUpdates:
    def test_an_update_is_taken_once_for_each_complaint(self, record: Record) -> None:
        with record.unit() as unit:
            unit.complaints.add_update("k1", make_update("u1"), NOON)
            unit.complaints.add_update("k2", make_update("u1"), NOON)
            assert unit.complaints.has_update("k1", "u1")
            assert not unit.complaints.has_update("k1", "u2")
        with pytest.raises(sa.exc.IntegrityError), record.unit() as unit:
            unit.complaints.add_update("k1", make_update("u1"), NOON)

    def test_the_steps_of_a_case_come_in_the_order_they_happened(self, record: Record) -> None:
        hour = timedelta(hours=1)
        with record.unit() as unit:
            for name, at in (("u3", NOON + hour), ("u1", NOON), ("u2", NOON)):
                update = make_update(
                    name,
                    updated_datetime=at,
                    description=name,
                    code="signed",
                    agency_responsible="上城区城管局",
                    expected_datetime=NOON,
                )
                unit.complaints.add_update("k1", update, NOON)
            unit.complaints.add_update("k2", make_update("u9"), NOON)
        with record.unit() as unit:
            steps = unit.complaints.steps("k1")
            plain = unit.complaints.steps("k2")
        assert [step.text for step in steps] == ["u1", "u2", "u3"]
        assert (steps[2].at, steps[2].code, steps[2].agency) == (
            NOON + hour,
            "signed",
            "上城区城管局",
        )
        assert [(step.code, step.agency) for step in plain] == [("", "")]


class TestMedia:
    def test_first_a_reference_then_bytes_once(self, record: Record) -> None:
        with record.unit() as unit:
            unit.media.add(make_medium())
            assert unit.media.get("p1") == make_medium()
            assert unit.media.bytes_of("p1") is None
            unit.media.store_bytes("p1", b"\x00\xff picture", "image/jpeg")
            unit.media.store_bytes("p1", b"another", "image/png")
            unit.media.store_bytes("nobody", b"x", "image/png")
        with record.unit() as unit:
            assert unit.media.bytes_of("p1") == b"\x00\xff picture"
            assert unit.media.get("p1") == make_medium(content_type="image/jpeg", stored=True)
            assert unit.media.bytes_of("nobody") is None
            assert unit.media.get("nobody") is None

    def test_a_complaints_media_stand_in_the_order_they_came(self, record: Record) -> None:
        with record.unit() as unit:
            for number, name in enumerate(("z", "a", "loose")):
                unit.media.add(make_medium(name, received_at=NOON + timedelta(seconds=number)))
            unit.media.attach(["a", "z"], "k1")
            unit.media.attach([], "k1")
            assert [m.id for m in unit.media.of_complaint("k1")] == ["z", "a"]

    def test_several_are_found_at_once(self, record: Record) -> None:
        with record.unit() as unit:
            for number in range(3):
                unit.media.add(make_medium(f"p{number}"))
            found = unit.media.several(["p0", *(f"none{n}" for n in range(1200)), "p2"])
            assert found == {"p0": make_medium("p0"), "p2": make_medium("p2")}
            assert unit.media.several([]) == {}

    def test_forgetting_takes_only_what_belongs_to_no_complaint(self, record: Record) -> None:
        with record.unit() as unit:
            for name, owner in (("kept", "c1"), ("loose", "c1"), ("other", "c2")):
                unit.media.add(make_medium(name, conversation_id=owner))
                unit.media.store_bytes(name, b"x", "image/png")
            unit.media.attach(["kept"], "k1")
            unit.media.forget_loose("c1")
            left = [name for name in ("kept", "loose", "other") if unit.media.bytes_of(name)]
            known = [name for name in ("kept", "loose", "other") if unit.media.get(name)]
        assert left == known == ["kept", "other"]


class TestDocuments:
    def test_a_document_is_put_replaced_and_read(self, record: Record) -> None:
        with record.unit() as unit:
            assert unit.documents.get("a") is None
            unit.documents.put("a", {"版本": 1})
            unit.documents.put("b", [])
            unit.documents.put("a", {"版本": 2})
        with record.unit() as unit:
            assert unit.documents.get("a") == {"版本": 2}
            assert unit.documents.get("b") == []

    def test_two_who_put_at_once_leave_one(self, record: Record) -> None:
        def put(number: int) -> None:
            with record.unit() as unit:
                unit.documents.put("a", number)

        Race(*[lambda n=n: put(n) for n in range(4)]).run()
        with record.unit() as unit:
            assert unit.documents.get("a") in range(4)


def _ids(found: list[Complaint]) -> list[str]:
    return [complaint.id for complaint in found]
