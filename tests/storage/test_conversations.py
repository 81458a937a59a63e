"""What `bot.record.Conversations` promises, on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from bot.model.conversation import Conversation, Direction, Holder, WaitReason
from bot.model.message import Kind
from bot.record import Record, Stale
from tests.builders import CITIZEN, NOON, make_line
from tests.storage.racing import Race


def keep(record: Record, **wanted: Conversation) -> None:
    """Store conversations under their names, as they are given."""
    with record.unit() as unit:
        for name, conversation in wanted.items():
            unit.conversations.open(name, f"o{name}")
            unit.conversations.save(replace(conversation, id=name, citizen=f"o{name}"))


def ids(found: list[Conversation]) -> list[str]:
    return [conversation.id for conversation in found]


@contextmanager
def counted(engine: sa.engine.Engine) -> Iterator[list[str]]:
    """Collect the SELECTs that are run meanwhile."""
    seen: list[str] = []

    def note(_c: object, _cursor: object, statement: str, *_rest: object) -> None:
        if statement.startswith("SELECT"):
            seen.append(statement)

    sa.event.listen(engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        sa.event.remove(engine, "before_cursor_execute", note)


PLAIN = Conversation(id="", citizen=None)
HOUR = timedelta(hours=1)


class TestLists:
    @pytest.fixture
    def kept(self, record: Record) -> Record:
        keep(
            record,
            silent=PLAIN,
            old=replace(PLAIN, last_said_at=NOON - HOUR),
            older=replace(PLAIN, last_said_at=NOON - 2 * HOUR),
            now=replace(PLAIN, last_said_at=NOON),
            later=replace(PLAIN, last_said_at=NOON + HOUR),
            wanting=replace(PLAIN, waiting_since=NOON - HOUR, waiting_reason=WaitReason.EMERGENCY),
            queued=replace(
                PLAIN,
                holder=Holder.WAITING,
                waiting_since=NOON,
                waiting_reason=WaitReason.ASKED,
                last_said_at=NOON - HOUR,
            ),
            held=replace(PLAIN, holder=Holder.STAFF, agent="1007", held_since=NOON),
            held_longer=replace(
                PLAIN,
                holder=Holder.STAFF,
                agent="1008",
                held_since=NOON - HOUR,
                last_said_at=NOON + timedelta(minutes=1),
            ),
        )
        return record

    def test_what_the_bot_does_not_hold_comes_by_how_long_it_is_held(self, kept: Record) -> None:
        with kept.unit() as unit:
            found = unit.conversations.staffed()
        assert ids(found) == ["held_longer", "held", "queued"]
        assert [c.agent for c in found] == ["1008", "1007", ""]

    def test_what_lives_comes_by_who_spoke_last(self, kept: Record) -> None:
        wanted = ["later", "held_longer", "now", "queued", "held", "wanting"]
        with kept.unit() as unit:
            assert ids(unit.conversations.live(NOON)) == wanted
            assert ids(unit.conversations.live(NOON, limit=2)) == wanted[:2]

    def test_those_who_live_are_counted_without_being_read(self, kept: Record) -> None:
        with kept.unit() as unit:
            counted = unit.conversations.tally(NOON, "1008")
            assert counted == {"waiting": 2, "urgent": 1, "mine": 1, "all": 6}
            nobody = unit.conversations.tally(NOON + 9 * HOUR, "1009")
            assert nobody == {"waiting": 2, "urgent": 1, "mine": 0, "all": 4}

    def test_nobody_there_counts_as_nothing(self, record: Record) -> None:
        with record.unit() as unit:
            counted = unit.conversations.tally(NOON, "1008")
        assert counted == {"waiting": 0, "urgent": 0, "mine": 0, "all": 0}

    def test_what_is_quiet_is_everything_else(self, kept: Record) -> None:
        with kept.unit() as unit:
            assert ids(unit.conversations.quiet(NOON)) == ["old", "older", "silent"]
            assert ids(unit.conversations.quiet(NOON, limit=1)) == ["old"]
            assert ids(unit.conversations.quiet(NOON - HOUR)) == ["older", "silent"]

    def test_several_are_found_at_once(self, kept: Record) -> None:
        with kept.unit() as unit:
            found = unit.conversations.several(["now", "nobody", "held", "now"])
            assert sorted(ids(found)) == ["held", "now"]
            assert unit.conversations.several([]) == []

    def test_more_than_a_statement_takes_are_found_too(self, record: Record) -> None:
        with record.unit() as unit:
            for number in range(1203):
                unit.conversations.open(f"c{number}", f"o{number}")
            found = unit.conversations.several([f"c{number}" for number in range(40_000)])
        assert len({conversation.id for conversation in found}) == len(found) == 1203


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
            agent="1007",
            held_since=NOON + timedelta(seconds=1),
            unanswered_since=NOON + timedelta(seconds=2),
            staff_said_at=NOON + timedelta(seconds=3),
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

        with pytest.raises(Stale):
            again()
        with record.unit() as unit:
            assert not unit.conversations.has_line("other")

    def test_the_last_lines_come_oldest_first_and_only_this_citizens(self, record: Record) -> None:
        with record.unit() as unit:
            for number in range(5):
                unit.conversations.add_line(make_line(f"m{number}", text=f"第{number}句"))
            unit.conversations.add_line(make_line("x", "c2"))
            last = unit.conversations.last_line("c1", by=(Direction.BOT, Direction.STAFF))
            assert last is None
            last = unit.conversations.last_line("c1", by=(Direction.CITIZEN,))
            assert last.id == unit.conversations.transcript("c1")[-1].id
            rows = unit.conversations.transcript("c1", limit=3)
        assert [row.text for row in rows] == ["第2句", "第3句", "第4句"]
        assert rows[0].at == NOON

    def test_lines_after_and_before_one_join_without_a_gap(self, record: Record) -> None:
        with record.unit() as unit:
            for number in range(6):
                unit.conversations.add_line(make_line(f"m{number}"))
                unit.conversations.add_line(make_line(f"x{number}", "c2"))
            rows = unit.conversations.transcript("c1")
            middle = rows[2].id

            def keys(found: list[Any]) -> list[str]:
                return [row.key for row in found]

            assert keys(unit.conversations.lines_after("c1", middle)) == ["m3", "m4", "m5"]
            assert keys(unit.conversations.lines_after("c1", middle, limit=2)) == ["m3", "m4"]
            assert keys(unit.conversations.lines_before("c1", middle)) == ["m0", "m1"]
            assert keys(unit.conversations.lines_before("c1", middle, limit=1)) == ["m1"]
            assert unit.conversations.lines_after("c1", rows[-1].id) == []
            assert unit.conversations.lines_before("c1", rows[0].id) == []
            assert unit.conversations.line(middle) == rows[2]
            assert unit.conversations.line(4711) is None

    def test_the_last_line_is_the_newest_that_was_said(
        self, record: Record, engine: sa.engine.Engine
    ) -> None:
        said = [Direction.CITIZEN, Direction.BOT, Direction.STAFF, Direction.SYSTEM]
        events = [
            Kind.FOLLOW,
            Kind.UNFOLLOW,
            Kind.SCAN,
            Kind.CONSENT,
            Kind.RECEIPT,
            Kind.IGNORED,
        ]
        with record.unit() as unit:
            add = unit.conversations.add_line
            for direction in said:
                name = direction.value
                add(make_line(f"{name}-0", name, text="先"))
                add(make_line(f"{name}-1", name, direction=direction, text="后"))
                add(make_line(f"{name}-2", name, direction=Direction.NOTE))
                for kind in events:
                    add(make_line(f"{name}-{kind.value}", name, kind=kind.value))
            add(make_line("p", "picture", kind=Kind.IMAGE.value, text=""))
            add(make_line("f", "follower", kind=Kind.FOLLOW.value))
            wanted = [direction.value for direction in said]
            asked = [*wanted, "picture", "follower", *(f"nobody{n}" for n in range(494))]
            assert len(asked) == 500
            with counted(engine) as statements:
                found = unit.conversations.last_lines(asked)
            assert unit.conversations.last_lines([]) == {}
        assert {name: row.key for name, row in found.items()} == {
            **{name: f"{name}-1" for name in wanted},
            "picture": "p",
        }
        assert found["staff"].text == "后"
        assert len(statements) == 1

    def test_forgetting_leaves_that_and_when_something_was_said(self, record: Record) -> None:
        with record.unit() as unit:
            unit.conversations.add_line(make_line("m1", data={"point": [30.2, 120.1]}))
            unit.conversations.add_line(make_line("x", "c2"))
            unit.conversations.forget_lines("c1")
            mine = unit.conversations.transcript("c1")
            other = unit.conversations.transcript("c2")
        assert [(row.text, row.data, row.key) for row in mine] == [("", {}, "m1")]
        assert other[0].text == "路灯不亮"


class TestSearching:
    @pytest.fixture
    def said(self, record: Record) -> Record:
        with record.unit() as unit:
            add = unit.conversations.add_line
            add(make_line("1", "both", text="电费多收了 5%_了"))
            add(make_line("2", "bot", text="您说的是电费吗", direction=Direction.BOT))
            add(make_line("3", "staff", text="电费由供电所查", direction=Direction.STAFF))
            add(make_line("4", "note", text="电费老户", direction=Direction.NOTE))
            add(make_line("5", "told", text="电费", direction=Direction.SYSTEM))
            add(make_line("6", "both", text="还是电费"))
            add(make_line("7", "lamp", text=r"路灯 WiFi\灯"))
        return record

    @pytest.mark.parametrize(
        ("words", "found"),
        [
            ("电费", ["both", "staff", "bot"]),
            ("供电所", ["staff"]),
            ("%", ["both"]),
            ("5%_了", ["both"]),
            ("_", ["both"]),
            ("灯_灯", []),
            ("\\", ["lamp"]),
            ("/", []),
            ("wifi", ["lamp"]),
            ("", []),
            ("'; DROP TABLE line; --", []),
            ("电\0费", []),
            ("费" * 60_000, []),
        ],
    )
    def test_words_stand_for_themselves(self, said: Record, words: str, found: list[str]) -> None:
        with said.unit() as unit:
            assert unit.conversations.holding(words) == found

    def test_no_more_than_wanted_are_found(self, said: Record) -> None:
        with said.unit() as unit:
            assert unit.conversations.holding("电费", limit=1) == ["both"]


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
