"""Forgetting a citizen who left: what says who they are goes, the case stays."""

from __future__ import annotations

from dataclasses import replace

from bot.model.conversation import WaitReason
from bot.model.delivery import DeliveryKind, DeliveryState
from bot.record import Record, Unit
from bot.services import forget
from tests.builders import CITIZEN, NOON, make_complaint, make_delivery, make_line, make_medium


def fill(unit: Unit, name: str) -> None:
    """Give a citizen one of everything."""
    conversation = unit.conversations.open(name, CITIZEN)
    conversation.wait_for_person(WaitReason.ASKED, NOON)
    conversation = replace(
        conversation, snapshot={"slots": 1}, notice_version="2026-11", last_said_at=NOON
    )
    unit.conversations.save(conversation)
    unit.conversations.add_line(make_line(f"{name}-m", name, text="我是王女士"))
    unit.conversations.set_consent(name, "T1", accepted=True)
    complaint = make_complaint(
        f"{name}-k",
        conversation_id=name,
        contact_phone="x",
        contact_name="王女士",
        sealed={"a": "b"},
    )
    unit.complaints.add(complaint)
    for loose in (True, False):
        medium = make_medium(f"{name}-{loose}", conversation_id=name)
        unit.media.add(replace(medium, complaint_id=None if loose else complaint.id))
    for key, kind in (("n", DeliveryKind.NOTICE), ("f", DeliveryKind.FILING)):
        unit.deliveries.add(make_delivery(f"{name}-{key}", kind=kind, conversation_id=name))


def leave(record: Record, name: str) -> None:
    with record.unit() as unit:
        conversation = unit.conversations.get(name)
        assert conversation is not None
        forget.leave(unit, conversation, now=NOON)
        unit.conversations.save(conversation)


def facts(record: Record, name: str) -> dict[str, object]:
    with record.unit() as unit:
        conversation = unit.conversations.get(name)
        complaint = unit.complaints.get(f"{name}-k")
        assert conversation is not None
        assert complaint is not None
        return {
            "open id": conversation.citizen,
            "following": conversation.following,
            "memory": conversation.snapshot,
            "waits": conversation.waiting_since or conversation.waiting_reason,
            "shown": conversation.notice_version,
            "words": [row.text for row in unit.conversations.transcript(name)],
            "consent": unit.conversations.consent(name, "T1"),
            "contact": complaint.contact_phone + complaint.contact_name,
            "sealed": complaint.sealed,
            "case": complaint.description,
            "pictures": [unit.media.get(f"{name}-{x}") is not None for x in (True, False)],
            "notice": unit.deliveries.by_key(f"{name}-n").state,  # type: ignore[union-attr]
            "filing": unit.deliveries.by_key(f"{name}-f").state,  # type: ignore[union-attr]
        }


def test_what_says_who_it_was_goes_and_the_case_stays(record: Record) -> None:
    with record.unit() as unit:
        fill(unit, "c1")
    for _ in range(2):  # the platform tells of leaving more than once
        leave(record, "c1")
        assert facts(record, "c1") == {
            "open id": None,
            "following": False,
            "memory": None,
            "waits": None,
            "shown": "",
            "words": [""],
            "consent": None,
            "contact": "",
            "sealed": {},
            "case": "文二路的路灯不亮",
            "pictures": [False, True],
            "notice": DeliveryState.WITHHELD,
            "filing": DeliveryState.QUEUED,
        }


def test_nobody_else_is_forgotten(record: Record) -> None:
    with record.unit() as unit:
        fill(unit, "c1")
        fill(unit, "c2")
    before = facts(record, "c2")
    leave(record, "c1")
    assert facts(record, "c2") == before
    assert before["words"] == ["我是王女士"]
