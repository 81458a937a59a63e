"""What `bot.record.Conversations` promises, on both databases."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa

from bot.model.conversation import Conversation, Holder, WaitReason
from bot.record import Record, Stale
from tests.builders import CITIZEN, NOON, make_line
from tests.storage.racing import Race


class TestOpening:
    def test_a_citizen_gets_one_conversation(self, record: Record) -> None:
        with record.unit() as unit:
            made = unit.conversations.open("c1", CITIZEN)
        with record.unit() as unit:
            found = unit.conversations.open("c1", CITIZEN)
        assert (made.version, found) == (0, Conversation(id="c1", citizen=CITIZEN))

    def test_a_citizen_who_came_back_brings_the_open_id_again(self, record: Record) -> None:
        with record.unit() as unit:
            unit.conversations.save(replace(unit.conversations.open("c1", CITIZEN), citizen=None))
        with record.unit() as unit:
            assert unit.conversations.open("c1", "oNew").citizen == "oNew"

    def test_nobody_knows_an_unknown_one(self, record: Record) -> None:
        with record.unit() as unit:
            assert unit.conversations.get("c1") is None

    def test_two_who_open_the_same_at_once_leave_one(self, record: Record) -> None:
        def turn() -> str:
            try:
                with record.unit() as unit:
                    unit.conversations.save(unit.conversations.open("c1", CITIZEN))
            except Stale:
                return "stale"
            return "saved"

        outcomes = Race(turn, turn, turn).run()
        with record.unit() as unit:
            found = unit.conversations.get("c1")
        assert found is not None
        assert found.version == outcomes.count("saved") >= 1


class TestSaving:
    def test_all_of_it_is_kept(self, record: Record) -> None:
        full = Conversation(
            id="c1",
            citizen=CITIZEN,
            holder=Holder.STAFF,
            following=False,
            waiting_since=NOON,
            waiting_reason=WaitReason.EMERGENCY,
            notice_version="2026-11",
            last_said_at=NOON + timedelta(microseconds=5),
            snapshot={"slots": {"草稿": ["路灯", None, 1.5]}},
        )
        with record.unit() as unit:
            unit.conversations.open("c1", CITIZEN)
            unit.conversations.save(full)
        with record.unit() as unit:
            assert unit.conversations.get("c1") == full
        assert full.version == 1

    def test_a_writer_that_read_an_older_version_is_stopped(self, record: Record) -> None:
        with record.unit() as unit:
            unit.conversations.open("c1", CITIZEN)
        with record.unit() as unit:
            slow = unit.conversations.open("c1", CITIZEN)
        with record.unit() as unit:
            unit.conversations.save(unit.conversations.open("c1", CITIZEN))
        slow.snapshot = {"late": True}

        def late_turn() -> None:
            with record.unit() as unit:
                unit.conversations.add_line(make_line("late"))
                unit.conversations.save(slow)

        with pytest.raises(Stale):
            late_turn()
        with record.unit() as unit:
            assert unit.conversations.get("c1").snapshot is None  # type: ignore[union-attr]
            assert not unit.conversations.has_line("late")

    def test_of_many_writers_at_once_each_counts_once(self, record: Record) -> None:
        with record.unit() as unit:
            unit.conversations.open("c1", CITIZEN)

        def turn() -> bool:
            try:
                with record.unit() as unit:
                    unit.conversations.save(unit.conversations.open("c1", CITIZEN))
            except Stale:
                return False
            return True

        saved = Race(*[turn] * 4).run().count(True)
        with record.unit() as unit:
            assert unit.conversations.get("c1").version == saved >= 1  # type: ignore[union-attr]

    def test_who_waits_longest_stands_first(self, record: Record) -> None:
        with record.unit() as unit:
            for name, minutes in (("young", 5), ("old", 0), ("calm", None)):
                conversation = unit.conversations.open(name, f"o{name}")
                if minutes is not None:
                    conversation.wait_for_person(
                        WaitReason.ASKED, NOON + timedelta(minutes=minutes)
                    )
                unit.conversations.save(conversation)
        with record.unit() as unit:
            assert [c.id for c in unit.conversations.waiting()] == ["old", "young"]


class TestTranscript:
    def test_a_line_stands_once(self, record: Record) -> None:
        with record.unit() as unit:
            unit.conversations.add_line(make_line("m1"))
            assert unit.conversations.has_line("m1")
            assert not unit.conversations.has_line("m2")

        def again() -> None:
            with record.unit() as unit:
                unit.conversations.add_line(make_line("other"))
                unit.conversations.add_line(make_line("m1"))

        with pytest.raises(sa.exc.IntegrityError):
            again()
        with record.unit() as unit:
            assert not unit.conversations.has_line("other")

    def test_the_last_lines_come_oldest_first_and_only_this_citizens(self, record: Record) -> None:
        with record.unit() as unit:
            for number in range(5):
                unit.conversations.add_line(make_line(f"m{number}", text=f"第{number}句"))
            unit.conversations.add_line(make_line("x", "c2"))
            rows = unit.conversations.transcript("c1", limit=3)
        assert [row.text for row in rows] == ["第2句", "第3句", "第4句"]
        assert rows[0].at == NOON

    def test_forgetting_leaves_that_and_when_something_was_said(self, record: Record) -> None:
        with record.unit() as unit:
            unit.conversations.add_line(make_line("m1", data={"point": [30.2, 120.1]}))
            unit.conversations.add_line(make_line("x", "c2"))
            unit.conversations.forget_lines("c1")
            mine = unit.conversations.transcript("c1")
            other = unit.conversations.transcript("c2")
        assert [(row.text, row.data, row.key) for row in mine] == [("", {}, "m1")]
        assert other[0].text == "路灯不亮"


class TestConsent:
    def test_the_last_word_counts(self, record: Record) -> None:
        with record.unit() as unit:
            assert unit.conversations.consent("c1", "T1") is None
            unit.conversations.set_consent("c1", "T1", accepted=True)
            assert unit.conversations.consent("c1", "T1") is True
            unit.conversations.set_consent("c1", "T1", accepted=False)
        with record.unit() as unit:
            assert unit.conversations.consent("c1", "T1") is False
            assert unit.conversations.consent("c1", "T2") is None
            unit.conversations.forget_consents("c1")
            assert unit.conversations.consent("c1", "T1") is None
