"""What `bot.record.CannedAnswers` and `bot.record.Shifts` promise, on both databases."""

from __future__ import annotations

from datetime import date, time

from bot.model.staff import CannedAnswer, Shift
from bot.record import Record
from tests.builders import CITIZEN
from tests.storage.racing import Race

MONDAY, TUESDAY, FRIDAY = date(2026, 11, 23), date(2026, 11, 24), date(2026, 11, 27)


def put(record: Record, *answers: CannedAnswer) -> list[int]:
    with record.unit() as unit:
        assert all(unit.canned.put(answer) for answer in answers)
    return [answer.id for answer in answers]


class TestCannedAnswers:
    def test_all_of_it_is_kept(self, record: Record) -> None:
        full = CannedAnswer("hours", "办公时间", "您好，{{工号}}为您服务", owner="1007")
        (answer_id,) = put(record, full)
        with record.unit() as unit:
            assert unit.canned.get(answer_id) == full
            assert unit.canned.get(answer_id + 1) is None
        assert answer_id > 0

    def test_one_sees_everybodys_and_ones_own_the_own_one_first(self, record: Record) -> None:
        put(
            record,
            CannedAnswer("thanks", "t", "大家的谢谢"),
            CannedAnswer("hours", "t", "我的", owner="1007"),
            CannedAnswer("thanks", "t", "我的谢谢", owner="1007"),
            CannedAnswer("thanks", "t", "别人的", owner="1008"),
        )
        with record.unit() as unit:
            mine = [answer.text for answer in unit.canned.of("1007")]
            everybodys = [answer.text for answer in unit.canned.of("")]
        assert mine == ["我的", "我的谢谢", "大家的谢谢"]
        assert everybodys == ["大家的谢谢"]

    def test_an_owner_has_a_code_once_and_the_unit_goes_on(self, record: Record) -> None:
        first, other = put(record, CannedAnswer("a", "t", "先"), CannedAnswer("b", "t", "b"))
        with record.unit() as unit:
            unit.conversations.open("c1", CITIZEN)
            assert unit.canned.put(CannedAnswer("a", "t", "后")) is False
            assert unit.canned.put(CannedAnswer("a", "t", "后", id=other)) is False
            assert unit.canned.put(CannedAnswer("c", "t", "c")) is True
        with record.unit() as unit:
            assert [(a.code, a.text) for a in unit.canned.of("")] == [
                ("a", "先"),
                ("b", "b"),
                ("c", "c"),
            ]
            assert unit.conversations.get("c1") is not None
        assert first != other

    def test_of_two_who_want_a_code_at_once_one_gets_it(self, record: Record) -> None:
        def putter() -> bool:
            with record.unit() as unit:
                return unit.canned.put(CannedAnswer("a", "t", "x"))

        assert sorted(Race(putter, putter).run()) == [False, True]

    def test_one_is_changed_and_one_removed(self, record: Record) -> None:
        kept, gone = put(record, CannedAnswer("a", "t", "旧"), CannedAnswer("b", "t", "b"))
        with record.unit() as unit:
            assert unit.canned.put(CannedAnswer("z", "新题", "新", id=kept)) is True
            unit.canned.remove(gone)
            unit.canned.remove(4711)
        with record.unit() as unit:
            assert unit.canned.of("") == [CannedAnswer("z", "新题", "新", id=kept)]


def test_shifts_of_days_come_by_day_and_beginning(record: Record) -> None:
    wanted = [
        Shift("1008", TUESDAY, time(9), time(13)),
        Shift("1007", MONDAY, time(13, 30), time(17, 45)),
        Shift("1009", MONDAY, time(8, 30), time(12)),
        Shift("1007", FRIDAY, time(9), time(17)),
    ]
    with record.unit() as unit:
        for shift in wanted:
            unit.shifts.add(shift)
    tuesday, afternoon, morning, _ = wanted
    with record.unit() as unit:
        assert unit.shifts.between(MONDAY, TUESDAY) == [morning, afternoon, tuesday]
        unit.shifts.remove(afternoon.id)
        unit.shifts.remove(4711)
    with record.unit() as unit:
        assert unit.shifts.between(MONDAY, MONDAY) == [morning]
        assert unit.shifts.between(FRIDAY, MONDAY) == []
    assert len({shift.id for shift in wanted}) == 4
