"""受理 → 转办 → 签收 → 办理 → 回复 → 回访 → 办结 → 归档, and what turns it aside: what is allowed, refused, told."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from desk.model.case import State, Verdict
from desk.model.clocks import ANSWER, SIGN
from desk.model.steps import CITIZEN, SYSTEM, Actor, Who
from desk.office.casework import Repeated, UnknownCase
from desk.office.rules import Rules
from desk.office.stepping import Refused, Wanted
from tests.casework.bench import (
    ANGRY,
    BUREAU,
    DISTRICT,
    HAPPY,
    HOTLINE,
    SOLVED,
    STREET,
    Bench,
)

STATES = [state.value for state in State]
#: Everything that a step may need at once.
ALL: dict[str, Any] = {
    "note": "因为",
    "unit": DISTRICT,
    "outcome": SOLVED,
    "verdict": ANGRY,
    "day": date(2027, 3, 1),
    "urgency": "urgent",
}


class TestTheStraightWay:
    def test_every_step_has_its_actor_time_and_word_to_the_citizen(self, bench: Bench) -> None:
        number = bench.to("archived")
        steps = bench.steps(number)
        assert [step.name for step in steps] == [
            *("file", "accept", "dispatch", "sign", "start"),
            *("reply", "follow_up", "close", "archive"),
        ]
        assert [step.number for step in steps] == list(range(1, 10))
        assert all(step.at == bench.clock.now() for step in steps)
        assert all(bool(step.told) != bool(step.untold) for step in steps)
        assert steps[2].told == "您反映的问题已转给西湖区人民政府办理，预计11月30日前答复您。"
        assert {step.actor.unit for step in steps if step.actor.who is Who.STAFF} == {
            HOTLINE,
            DISTRICT,
        }

    def test_what_was_told_is_in_the_feed_with_its_fine_state(self, bench: Bench) -> None:
        number = bench.to("replied")
        told = bench.told(number)
        assert [update.code for update in told] == [
            *("accepted", "dispatched", "signed", "in_progress", "replied"),
        ]
        assert [update.state for update in told] == [
            *("open", "investigating", "investigating", "in_progress", "fixed"),
        ]
        assert told[-1].agency == "西湖区人民政府"
        assert SOLVED.text in told[-1].description
        assert told[1].expected_at is not None
        assert [u.description for u in told] == [s.told for s in bench.steps(number) if s.told]

    def test_a_contented_citizen_closes_it_at_once(self, bench: Bench) -> None:
        number = bench.to("replied")
        bench.say(number, "follow_up", verdict=HAPPY)
        assert bench.case(number).state is State.CLOSED
        assert bench.names(number)[-2:] == ["follow_up", "close"]
        verdict = bench.case(number).verdict
        assert verdict is not None
        assert round(verdict.total or 0, 2) == 4.67


class TestJumps:
    @pytest.mark.parametrize("state", ["received", "accepted", "dispatched", "signed"])
    def test_what_is_not_allowed_there_is_refused_and_changes_nothing(
        self, bench: Bench, rules: Rules, state: str
    ) -> None:
        number = bench.to(state)
        before = bench.steps(number)
        actors = [CITIZEN, SYSTEM, *(bench.staff(unit) for unit in (HOTLINE, DISTRICT, BUREAU))]
        refused = 0
        for rule in rules.flow.steps.values():
            if State(state) in rule.states:
                continue
            for actor in actors:
                with pytest.raises(Refused, match="不能"):
                    bench.office.casework.act(number, rule.code, actor, Wanted(**ALL))
                refused += 1
        assert refused > 50
        assert bench.steps(number) == before

    @pytest.mark.parametrize("name", ["sign", "start", "reply", "return_up", "ask_material"])
    def test_another_unit_may_not_do_the_holders_work(self, bench: Bench, name: str) -> None:
        state = {"sign": "dispatched", "start": "signed", "return_up": "dispatched"}
        number = bench.to(state.get(name, "in_progress"))
        for other in (HOTLINE, BUREAU, STREET):
            with pytest.raises(Refused, match="您的单位不能"):
                bench.act(number, name, other, **ALL)

    def test_nor_may_a_unit_do_the_dispatchers(self, bench: Bench) -> None:
        for state, name in (("received", "accept"), ("accepted", "dispatch")):
            with pytest.raises(Refused, match="您的单位不能"):
                bench.act(bench.to(state), name, DISTRICT, unit=DISTRICT)

    def test_a_step_nobody_knows(self, bench: Bench) -> None:
        with pytest.raises(Refused, match="没有这个操作"):
            bench.act(bench.to("received"), "teleport")

    def test_a_case_nobody_knows(self, bench: Bench) -> None:
        with pytest.raises(UnknownCase):
            bench.act("20261123-9999", "accept")

    def test_who_looked_at_an_older_state_is_told_so(self, bench: Bench) -> None:
        number = bench.to("accepted")
        with pytest.raises(Refused, match="新的进展"):
            bench.office.casework.act(
                number, "dispatch", bench.staff(), Wanted(unit=DISTRICT), seen=1
            )

    @pytest.mark.parametrize(
        ("state", "name", "by"),
        [
            ("accepted", "dispatch", HOTLINE),
            ("dispatched", "return_up", DISTRICT),
            ("in_progress", "ask_material", DISTRICT),
            ("in_progress", "extend", DISTRICT),
            ("in_progress", "reply", DISTRICT),
            ("in_progress", "merge", HOTLINE),
            ("replied", "follow_up", HOTLINE),
            ("replied", "redo", HOTLINE),
        ],
    )
    def test_what_a_step_needs_must_be_given(
        self, bench: Bench, state: str, name: str, by: str
    ) -> None:
        with pytest.raises(Refused, match="请"):
            bench.act(bench.to(state), name, by)


class TestReturning:
    def test_the_first_receiver_returns_to_the_dispatch_desk(self, bench: Bench) -> None:
        number = bench.to("dispatched", BUREAU)
        case = bench.act(number, "return_up", BUREAU, note="社会噪声归属地管")
        assert (case.state, case.unit, case.lead) == (State.RETURNED, "", "")
        assert bench.steps(number)[-1].untold
        assert bench.told(number)[-1].code == "dispatched"

    def test_after_a_ruling_it_may_not(self, bench: Bench) -> None:
        number = bench.to("dispatched", BUREAU)
        bench.act(number, "return_up", BUREAU, note="归属地管")
        case = bench.act(number, "rule", unit=DISTRICT, note="按属地")
        assert (case.state, case.unit, case.ruled) == (State.DISPATCHED, DISTRICT, True)
        with pytest.raises(Refused, match="裁定"):
            bench.act(number, "return_up", DISTRICT, note="还是不归我管")
        assert bench.steps(number)[-1].told.startswith("您反映的问题已确定由西湖区人民政府办理")

    def test_what_was_sent_down_goes_back_to_who_sent_it(self, bench: Bench) -> None:
        number = bench.to("signed")
        bench.act(number, "send_down", DISTRICT, unit=STREET)
        assert bench.case(number).path == (DISTRICT, STREET)
        assert bench.case(number).lead == DISTRICT
        case = bench.act(number, "return_up", STREET, note="超出权责清单")
        assert (case.state, case.unit) == (State.SIGNED, DISTRICT)

    def test_a_ruled_case_may_still_come_back_from_below(self, bench: Bench) -> None:
        number = bench.to("dispatched", BUREAU)
        bench.act(number, "return_up", BUREAU, note="归属地管")
        bench.act(number, "rule", unit=DISTRICT, note="按属地")
        bench.act(number, "sign", DISTRICT)
        bench.act(number, "send_down", DISTRICT, unit=STREET)
        assert bench.act(number, "return_up", STREET, note="超出").unit == DISTRICT

    def test_only_to_a_unit_right_below(self, bench: Bench) -> None:
        number = bench.to("signed")
        for wrong in ("330105001", BUREAU, HOTLINE, "nobody"):
            with pytest.raises(Refused, match="下一级"):
                bench.act(number, "send_down", DISTRICT, unit=wrong)

    @pytest.mark.parametrize("unit", ["nobody", HOTLINE])
    def test_only_to_a_unit_there_is(self, bench: Bench, unit: str) -> None:
        with pytest.raises(Refused, match="没有这个单位"):
            bench.act(bench.to("accepted"), "dispatch", unit=unit)


class TestTheCitizen:
    def test_material_that_was_asked_for_lets_it_go_on(self, bench: Bench) -> None:
        number = bench.to("in_progress")
        bench.act(number, "ask_material", DISTRICT, note="请说明是哪一栋楼")
        due = bench.case(number).clocks[ANSWER].due
        assert "需要您补充：请说明是哪一栋楼" in bench.told(number)[-1].description
        bench.clock.pass_(days=2)
        case = bench.say(number, "add_material", note="3栋", media_urls=("http://x/1",))
        assert case.state is State.IN_PROGRESS
        assert case.clocks[ANSWER].due == due + timedelta(days=2)
        assert bench.steps(number)[-1].data["media_urls"] == ["http://x/1"]

    def test_material_unasked_moves_nothing(self, bench: Bench) -> None:
        number = bench.to("signed")
        assert bench.say(number, "add_material", note="昨晚又来了").state is State.SIGNED

    def test_a_unit_need_not_wait_for_ever(self, bench: Bench) -> None:
        number = bench.to("in_progress")
        bench.act(number, "ask_material", DISTRICT, note="哪一栋")
        case = bench.act(number, "resume", DISTRICT, note="现场已查到")
        assert (case.state, case.paused_at) == (State.IN_PROGRESS, None)

    def test_urging_counts_once_a_day(self, bench: Bench) -> None:
        number = bench.to("dispatched")
        bench.say(number, "urge")
        bench.clock.pass_(hours=13)  # 23:00
        with pytest.raises(Refused, match="今天已经催办过"):
            bench.say(number, "urge")
        bench.clock.pass_(hours=2)
        assert len(bench.say(number, "urge").urged) == 2

    def test_taken_back_it_is_over_and_nobody_may_go_on(self, bench: Bench) -> None:
        number = bench.to("in_progress")
        case = bench.say(number, "withdraw")
        assert (case.state, case.is_open) == (State.WITHDRAWN, False)
        with pytest.raises(Refused):
            bench.act(number, "reply", DISTRICT, outcome=SOLVED)

    @pytest.mark.parametrize("state", ["replied", "closed"])
    def test_it_is_too_late_to_take_back_what_is_answered(self, bench: Bench, state: str) -> None:
        with pytest.raises(Refused):
            bench.say(bench.to(state), "withdraw")

    def test_silence_is_no_verdict(self, bench: Bench) -> None:
        number = bench.to("replied")
        with pytest.raises(Refused, match="请填写评价"):
            bench.say(number, "follow_up", verdict=Verdict(reason="哦"))
        assert bench.case(number).state is State.REPLIED

    def test_a_later_verdict_replaces_the_earlier_and_opens_nothing(self, bench: Bench) -> None:
        number = bench.to("closed")
        case = bench.say(number, "follow_up", verdict=HAPPY)
        assert (case.state, case.verdict) == (State.CLOSED, HAPPY)
        assert bench.names(number)[-1] == "follow_up"

    @pytest.mark.parametrize("state", ["replied", "followed_up", "closed"])
    def test_a_reason_reopens_once(self, bench: Bench, state: str) -> None:
        number = bench.to(state)
        case = bench.say(number, "redo", note="还是很吵")
        assert (case.state, case.unit, case.redone) == (State.IN_PROGRESS, DISTRICT, 1)
        assert case.clocks[ANSWER].due > bench.clock.now()
        assert bench.told(number)[-1].code == "redo"
        bench.act(number, "reply", DISTRICT, outcome=SOLVED)
        with pytest.raises(Refused, match="已经按您的意见重新办理过一次"):
            bench.say(number, "redo", note="还是吵")
        assert bench.act(number, "redo", HOTLINE, note="复核后再办").redone == 1

    def test_what_was_sent_twice_is_taken_once(self, bench: Bench) -> None:
        number = bench.to("signed")
        bench.say(number, "add_material", note="补充", key="amend:1")
        with pytest.raises(Repeated):
            bench.say(number, "add_material", note="补充", key="amend:1")
        assert bench.names(number).count("add_material") == 1

    @pytest.mark.parametrize("name", ["accept", "dispatch", "close", "merge", "note", "extend"])
    def test_the_offices_steps_are_not_theirs(self, bench: Bench, name: str) -> None:
        number = bench.to("in_progress")
        with pytest.raises(Refused):
            bench.say(number, name, **ALL | {"into": number})


class TestMerging:
    def test_who_said_the_same_hears_the_answer_too(self, bench: Bench) -> None:
        main, other = bench.to("in_progress"), bench.to("accepted")
        case = bench.act(other, "merge", into=main)
        assert (case.state, case.merged_into) == (State.MERGED, main)
        bench.act(main, "reply", DISTRICT, outcome=SOLVED)
        assert SOLVED.text in bench.told(other)[-1].description
        assert bench.told(other)[-1].code == "merged"
        assert bench.case(other).state is State.MERGED

    @pytest.mark.parametrize("into", ["nothing", "itself", "a merged one"])
    def test_into_what_cannot_hold_it(self, bench: Bench, into: str) -> None:
        number, main, merged = (bench.to("accepted") for _ in range(3))
        bench.act(merged, "merge", into=main)
        wrong = {"nothing": "20200101-0001", "itself": number, "a merged one": merged}[into]
        with pytest.raises(Refused):
            bench.act(number, "merge", into=wrong)


class TestOtherSteps:
    def test_a_new_day_is_told_with_its_reason(self, bench: Bench) -> None:
        number = bench.to("in_progress")
        case = bench.act(number, "extend", DISTRICT, note="要等检测报告", day=date(2026, 12, 10))
        assert case.clocks[ANSWER].due.astimezone(bench.office.zone).date() == date(2026, 12, 10)
        assert bench.told(number)[-1].description == (
            "您反映的问题需要多一些时间：要等检测报告。预计12月10日前答复您。"
        )

    def test_a_new_day_must_be_a_later_one(self, bench: Bench) -> None:
        number = bench.to("in_progress")
        with pytest.raises(Refused, match="晚于"):
            bench.act(number, "extend", DISTRICT, note="快了", day=date(2026, 11, 30))

    def test_grading_starts_the_clocks_of_the_new_kind(self, bench: Bench) -> None:
        number = bench.to("dispatched")
        case = bench.act(number, "grade", urgency="urgent", service="0703")
        assert (case.urgency, case.service) == ("urgent", "0703")
        assert case.clocks[ANSWER].due == bench.clock.now() + timedelta(hours=2)
        stored = bench.office.store.request(number)
        assert stored is not None
        assert stored.service_code == "0703"

    @pytest.mark.parametrize("wrong", [{}, {"service": "9999"}, {"urgency": "soon"}])
    def test_grading_wants_something_known(self, bench: Bench, wrong: dict[str, Any]) -> None:
        with pytest.raises(Refused):
            bench.act(bench.to("accepted"), "grade", **wrong)

    def test_a_unit_above_may_leave_a_note(self, bench: Bench) -> None:
        number = bench.to("signed")
        bench.act(number, "send_down", DISTRICT, unit=STREET)
        bench.act(number, "note", DISTRICT, note="请周五前反馈")
        with pytest.raises(Refused):
            bench.act(number, "note", BUREAU, note="路过")

    def test_a_unit_that_receives_directly_skips_the_dispatch_desk(self, bench: Bench) -> None:
        direct = next(u for u in bench.office.rules.units if u.code == DISTRICT)
        object.__setattr__(direct, "direct", True)
        try:
            number = bench.file(service_code="0706")
        finally:
            object.__setattr__(direct, "direct", False)
        assert bench.names(number) == ["file", "accept", "dispatch"]
        assert bench.case(number).unit == DISTRICT
        assert {step.actor.who for step in bench.steps(number)[1:]} == {Who.SYSTEM}

    def test_the_buttons_are_the_steps_that_are_open(self, bench: Bench, rules: Rules) -> None:
        number = bench.to("dispatched")
        case = bench.case(number)

        def buttons(actor: Actor) -> set[str]:
            return {rule.code for rule in rules.flow.open_to(actor, case, rules.units)}

        assert buttons(bench.staff(DISTRICT)) == {"sign", "return_up", "note", "say"}
        assert buttons(bench.staff(HOTLINE)) == {"grade", "merge", "note", "say"}
        assert buttons(bench.staff(BUREAU)) == set()
        assert buttons(CITIZEN) == {"add_material", "urge", "withdraw"}

    def test_what_a_unit_has_signed_for_needs_no_second_signature(self, bench: Bench) -> None:
        case = bench.case(bench.to("signed"))
        assert set(case.running) == {ANSWER}
        assert SIGN in case.clocks


class TestOtherSystems:
    @pytest.mark.parametrize(
        ("word", "state"),
        [("in_progress", "accepted"), ("fixed", "closed"), ("open", "received")],
    )
    def test_their_updates_are_told_as_they_stand_and_may_jump(
        self, bench: Bench, word: str, state: str
    ) -> None:
        number = bench.file()
        now = bench.clock.now()
        update = _update(number, word, now)
        bench.office.casework.hear(update)
        assert bench.case(number).state is State(state)
        assert bench.steps(number)[-1].actor.who is Who.OUTSIDE
        assert bench.told(number)[-1].description == "已派人"
        with pytest.raises(Repeated):
            bench.office.casework.hear(update)

    def test_what_a_unit_has_stays_with_it(self, bench: Bench) -> None:
        number = bench.to("signed")
        bench.office.casework.hear(_update(number, "in_progress", bench.clock.now()))
        assert (bench.case(number).state, bench.case(number).unit) == (State.IN_PROGRESS, DISTRICT)

    def test_a_late_one_moves_nothing(self, bench: Bench) -> None:
        number = bench.file()
        now = bench.clock.now()
        bench.office.casework.hear(_update(number, "fixed", now, key="b"))
        bench.office.casework.hear(_update(number, "in_progress", now - timedelta(hours=1)))
        assert bench.case(number).state is State.CLOSED
        assert bench.steps(number)[-1].data["late"] is True


def _update(number: str, word: str, at: Any, key: str = "a") -> Any:
    from desk.records import Update

    return Update(key, number, word, "已派人", at, at)
