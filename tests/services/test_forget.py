"""Forgetting a citizen who left: what says who they are goes, the case stays."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from bot.model.conversation import Holder, WaitReason
from bot.model.delivery import DeliveryKind, DeliveryState
from bot.model.staff import Handoff
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
    for key, kind in (
        ("n", DeliveryKind.NOTICE),
        ("a", DeliveryKind.ANSWER),
        ("f", DeliveryKind.FILING),
    ):
        unit.deliveries.add(make_delivery(f"{name}-{key}", kind=kind, conversation_id=name))


def leave(record: Record, name: str, now: datetime = NOON) -> None:
    with record.unit() as unit:
        conversation = unit.conversations.get(name)
        assert conversation is not None
        forget.leave(unit, conversation, now=now)
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
            "answer": unit.deliveries.by_key(f"{name}-a").payload,  # type: ignore[union-attr]
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
            "answer": {},
            "filing": DeliveryState.QUEUED,
        }


@pytest.mark.parametrize("claimed", [False, True])
def test_who_leaves_is_held_by_nobody_and_waits_for_nobody(record: Record, claimed: bool) -> None:
    later = NOON + timedelta(minutes=5)
    with record.unit() as unit:
        for name in ("c1", "c2"):
            conversation = unit.conversations.open(name, CITIZEN)
            conversation.wait_for_person(WaitReason.ASKED, NOON)
            conversation.queue(NOON)
            if claimed:
                conversation.claim("1007", NOON)
            unit.conversations.save(conversation)
            unit.handoffs.add(Handoff(name, "asked", NOON))
    for now in (later, later + timedelta(hours=1)):  # told of it twice: the first time counts
        leave(record, "c1", now)
    with record.unit() as unit:
        left, stays = unit.conversations.get("c1"), unit.conversations.get("c2")
        assert left is not None
        assert (left.holder, left.agent, left.held_since) == (Holder.BOT, "", None)
        assert (left.waiting_since, left.waiting_reason) == (None, None)
        (handoff,) = unit.handoffs.of_conversation("c1")
        assert (handoff.ended_at, handoff.ending) == (later, "left")
        assert stays is not None
        assert stays.holder is (Holder.STAFF if claimed else Holder.WAITING)
        assert unit.handoffs.open_of("c2") is not None


def test_nobody_else_is_forgotten(record: Record) -> None:
    with record.unit() as unit:
        fill(unit, "c1")
        fill(unit, "c2")
    before = facts(record, "c2")
    leave(record, "c1")
    assert facts(record, "c2") == before
    assert before["words"] == ["我是王女士"]
