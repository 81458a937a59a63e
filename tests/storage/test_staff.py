"""What `bot.record.Staff` promises, on both databases."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.model.staff import Role, StaffMember, StaffSession
from bot.record import Record
from tests.builders import NOON
from tests.storage.racing import Race

SECOND = timedelta(seconds=1)


def member(number: str = "1007", name: str = "王敏", **values: object) -> StaffMember:
    defaults: dict[str, object] = {"role": Role.AGENT, "created_at": NOON, "changed_at": NOON}
    return StaffMember(number, name, **defaults | values)  # type: ignore[arg-type]


def session(digest: str = "d1", number: str = "1007", **values: object) -> StaffSession:
    defaults: dict[str, object] = {"nonce": "n", "started_at": NOON, "seen_at": NOON}
    return StaffSession(digest, number, **defaults | values)  # type: ignore[arg-type]


def open_sessions(record: Record, *sessions: StaffSession) -> None:
    with record.unit() as unit:
        for one in sessions:
            unit.staff.open_session(one)


def left_of(record: Record, *digests: str) -> list[str]:
    with record.unit() as unit:
        return [digest for digest in digests if unit.staff.session(digest) is not None]


class TestAccounts:
    def test_all_of_it_is_kept(self, record: Record) -> None:
        full = member(
            role=Role.ADMINISTRATOR,
            password_hash="$argon2id$v=19$m=1,t=1,p=1$c2FsdA$aGFzaA",
            active=False,
            wrong_tries=4,
            locked_until=NOON + SECOND,
            changed_at=NOON + 2 * SECOND,
        )
        with record.unit() as unit:
            assert unit.staff.add(full) is True
        with record.unit() as unit:
            assert unit.staff.get("1007") == full
            assert unit.staff.by_name("王敏") == full
            assert unit.staff.get("王敏") is None
            assert unit.staff.by_name("1007") is None

    @pytest.mark.parametrize(("number", "name"), [("1007", "李强"), ("1008", "王敏")])
    def test_number_and_name_are_taken_once(self, record: Record, number: str, name: str) -> None:
        with record.unit() as unit:
            unit.staff.add(member())
        with record.unit() as unit:
            assert unit.staff.add(member(number, name)) is False
            assert unit.staff.add(member("1009", "赵云")) is True
        with record.unit() as unit:
            assert [m.name for m in unit.staff.all()] == ["王敏", "赵云"]

    def test_of_two_who_add_the_same_at_once_one_adds(self, record: Record) -> None:
        def adder(name: str) -> bool:
            with record.unit() as unit:
                return unit.staff.add(member(name=name))

        assert sorted(Race(lambda: adder("甲"), lambda: adder("乙")).run()) == [False, True]

    def test_of_many_who_count_at_once_nobody_is_lost(self, record: Record) -> None:
        with record.unit() as unit:
            unit.staff.add(member())

        def count() -> None:
            with record.unit() as unit:
                found = unit.staff.get("1007", lock=True)
                assert found is not None
                found.wrong_tries += 1
                unit.staff.save(found)

        Race(*[count] * 8).run()
        with record.reading() as unit:
            kept = unit.staff.get("1007")
        assert kept is not None
        assert kept.wrong_tries == 8

    def test_everybody_stands_in_order_of_numbers_and_who_left_too(self, record: Record) -> None:
        with record.unit() as unit:
            for number, active in (("1009", True), ("1001", False), ("1005", True)):
                unit.staff.add(member(number, f"n{number}", active=active))
            assert [m.number for m in unit.staff.all()] == ["1001", "1005", "1009"]

    def test_a_change_is_kept_and_changes_nobody_else(self, record: Record) -> None:
        with record.unit() as unit:
            unit.staff.add(member())
            unit.staff.add(member("1008", "李强"))
            changed = member(role=Role.SUPERVISOR, wrong_tries=2)
            unit.staff.save(changed)
        with record.unit() as unit:
            assert unit.staff.get("1007") == changed
            assert unit.staff.get("1008") == member("1008", "李强")

    def test_a_password_hash_is_not_shown(self) -> None:
        assert "secret" not in repr(member(password_hash="secret"))


class TestSessions:
    def test_all_of_it_is_kept(self, record: Record) -> None:
        full = session("f" * 64, nonce="a" * 32, seen_at=NOON + SECOND, address="10.0.0.8")
        open_sessions(record, full)
        with record.unit() as unit:
            assert unit.staff.session("f" * 64) == full
            assert unit.staff.session("other") is None

    @pytest.mark.parametrize(("after", "noted"), [(0, 0), (30, 0), (31, 31)])
    def test_being_seen_is_noted_to_the_half_minute(
        self, record: Record, after: int, noted: int
    ) -> None:
        open_sessions(record, session("d1"), session("d2"))
        with record.unit() as unit:
            unit.staff.touch_session("d1", NOON + after * SECOND)
            unit.staff.touch_session("nobody", NOON)
        with record.unit() as unit:
            assert unit.staff.session("d1") == session(seen_at=NOON + noted * SECOND)
            assert unit.staff.session("d2") == session("d2")

    def test_all_that_are_kept_are_listed_seen_last_first(self, record: Record) -> None:
        open_sessions(record, session("d1"), session("d2", "1008", seen_at=NOON + SECOND))
        with record.reading() as unit:
            assert [one.digest for one in unit.staff.sessions()] == ["d2", "d1"]

    def test_one_is_closed(self, record: Record) -> None:
        open_sessions(record, session("d1"), session("d2"))
        with record.unit() as unit:
            unit.staff.close_session("d1")
            unit.staff.close_session("nobody")
        assert left_of(record, "d1", "d2") == ["d2"]

    def test_all_of_an_account_are_closed(self, record: Record) -> None:
        open_sessions(record, session("d1"), session("d2"), session("d3", "1008"))
        with record.unit() as unit:
            unit.staff.close_sessions_of("1007")
        assert left_of(record, "d1", "d2", "d3") == ["d3"]

    def test_old_ones_are_removed_however_lately_they_were_seen(self, record: Record) -> None:
        open_sessions(
            record,
            session("old", started_at=NOON - SECOND, seen_at=NOON + SECOND),
            session("young"),
        )
        with record.unit() as unit:
            unit.staff.forget_sessions(NOON)
        assert left_of(record, "old", "young") == ["young"]
