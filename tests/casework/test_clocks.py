"""Deadlines in working days of the country, what a pause does to them, and alerts that climb the tree."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

import pytest
import yaml

from app.settings import ROOT
from desk.model.case import State
from desk.model.clocks import (
    ANSWER,
    SIGN,
    Clock,
    Span,
    add_working_days,
    is_working_day,
    parse_clocks,
    working_days_between,
)
from desk.model.steps import Step
from desk.office.rules import Rules
from tests.casework.bench import BUREAU, DISTRICT, HOTLINE, STREET, Bench
from tests.casework.conftest import ZONE


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZONE)


@pytest.fixture
def data() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((ROOT / "catalog" / "clocks.yml").read_text("utf-8"))
    return loaded


class TestWorkingDays:
    @pytest.mark.parametrize(
        ("day", "works"),
        [
            ("2026-11-27", True),  # a Friday
            ("2026-11-28", False),  # a Saturday
            ("2026-10-01", False),  # National Day
            ("2026-10-10", True),  # a Saturday that is worked in its place
            ("2026-02-14", True),  # before the Spring Festival
            ("2026-02-17", False),  # the festival itself
        ],
    )
    def test_holidays_and_make_up_days(self, day: str, works: bool) -> None:
        assert is_working_day(date.fromisoformat(day)) is works

    @pytest.mark.parametrize(
        ("first", "days", "last"),
        [
            ("2026-11-23", 5, "2026-11-30"),  # over one weekend
            ("2026-11-27", 1, "2026-11-30"),
            ("2026-11-28", 1, "2026-11-30"),  # begun on a Saturday
            (
                "2026-09-29",
                5,
                "2026-10-12",
            ),  # over the October holidays, the make-up Saturday counted
            ("2026-11-30", -1, "2026-11-27"),
        ],
    )
    def test_the_day_itself_never_counts(self, first: str, days: int, last: str) -> None:
        found = add_working_days(date.fromisoformat(first), days)
        assert found == date.fromisoformat(last)
        if days > 0:
            assert working_days_between(date.fromisoformat(first), found) == days


class TestRules:
    @pytest.mark.parametrize(
        ("kind", "sign", "answer"),
        [
            ({"service": "1351", "urgency": "normal"}, "2026-11-24 18:00", "2026-11-30 18:00"),
            ({"service": "0701", "urgency": "normal"}, "2026-11-23 12:00", "2026-11-24 10:00"),
            ({"service": "1351", "urgency": "urgent"}, "2026-11-23 10:30", "2026-11-23 12:00"),
        ],
    )
    def test_the_first_that_fits_counts(
        self, rules: Rules, kind: dict[str, str], sign: str, answer: str
    ) -> None:
        rule, now = rules.clock_rule(topic="", **kind), at("2026-11-23 10:00")
        assert rules.clocks.start(rule.sign, rule, now).due == at(sign)
        assert rules.clocks.start(rule.answer, rule, now).due == at(answer)

    def test_a_special_topic_may_have_its_own(self, data: dict[str, Any]) -> None:
        data["rules"].insert(
            0, {"topic": "防汛", "sign": "1h", "answer": "12h", "warn": "1h", "climb": "1h"}
        )
        clocks = parse_clocks(data, ZONE)
        kind = {"urgency": "normal", "group": "城建", "service": "0755"}
        assert clocks.rule(topic="防汛", **kind).answer == Span(minutes=12 * 60)
        assert clocks.rule(topic="", **kind).answer == Span(working_days=5)

    @pytest.mark.parametrize("text", ["", "5", "5 weeks", "-1h", "1h30min", "wd"])
    def test_what_is_no_span(self, text: str) -> None:
        with pytest.raises(ValueError, match="no span"):
            Span.parse(text)

    @pytest.mark.parametrize(
        ("change", "fault"),
        [
            ({"urgency": "urgent"}, "last rule"),
            ({"sign": "soon"}, "rule 3"),
            ({"deadline": "1h"}, "deadline"),
        ],
    )
    def test_a_file_that_breaks_its_rules_is_refused(
        self, data: dict[str, Any], change: Mapping[str, str], fault: str
    ) -> None:
        data["rules"][-1] |= change
        with pytest.raises(ValueError, match=fault):
            parse_clocks(data, ZONE)


class TestPauses:
    def moved(self, rules: Rules, service: str, start: str, paused: str, resumed: str) -> Clock:
        rule = rules.clock_rule(service=service, urgency="normal", topic="")
        clock = rules.clocks.start(rule.answer, rule, at(start))
        return rules.clocks.moved(clock, at(paused), at(resumed), rule)

    def test_by_working_days_it_loses_none(self, rules: Rules) -> None:
        clock = self.moved(
            rules, "1351", "2026-11-23 10:00", "2026-11-24 15:00", "2026-11-30 09:00"
        )
        assert clock.due == at("2026-12-04 18:00")  # due 30 Nov, stood still for four working days

    def test_within_a_day_nothing_is_lost(self, rules: Rules) -> None:
        clock = self.moved(
            rules, "1351", "2026-11-23 10:00", "2026-11-24 09:00", "2026-11-24 17:00"
        )
        assert clock.due == at("2026-11-30 18:00")

    def test_by_the_clock_it_moves_by_the_clock(self, rules: Rules) -> None:
        clock = self.moved(
            rules, "0701", "2026-11-23 10:00", "2026-11-23 12:00", "2026-11-23 13:30"
        )
        assert clock.due == at("2026-11-24 11:30")

    def test_while_it_waits_no_alert_is_given(self, bench: Bench) -> None:
        number = bench.to("in_progress")
        bench.act(number, "ask_material", DISTRICT, note="哪一栋")
        bench.pass_(days=30)
        assert "alert" not in bench.names(number)
        assert bench.case(number).next_alert is None


class TestAlerts:
    def alerts(self, bench: Bench, number: str) -> list[tuple[str, str, bool]]:
        steps = [step for step in bench.steps(number) if step.name == "alert"]
        found = [step.data["alert"] for step in steps]
        return [(alert["clock"], alert["unit"], alert["is_over"]) for alert in found]

    def test_the_holder_is_warned_then_it_climbs_the_tree(self, bench: Bench) -> None:
        number = bench.to("signed")
        bench.act(number, "send_down", DISTRICT, unit=STREET)
        bench.act(number, "sign", STREET)
        for _ in range(15):
            bench.pass_(days=1)
        assert self.alerts(bench, number) == [
            (ANSWER, STREET, False),
            (ANSWER, STREET, True),
            (ANSWER, DISTRICT, True),
            (ANSWER, HOTLINE, True),
        ]
        assert bench.case(number).next_alert is None

    def test_what_nobody_signs_for_is_said_too(self, bench: Bench) -> None:
        number = bench.to("dispatched", BUREAU)
        bench.pass_(days=1)
        bench.pass_(days=1)
        assert self.alerts(bench, number)[:2] == [(SIGN, BUREAU, False), (SIGN, BUREAU, True)]

    def test_several_that_are_due_are_all_given(self, bench: Bench) -> None:
        numbers = [bench.to("dispatched") for _ in range(3)]
        bench.pass_(days=1, hours=9)
        assert all("alert" in bench.names(number) for number in numbers)

    def test_an_alert_is_given_once_and_tells_the_citizen_nothing(self, bench: Bench) -> None:
        number = bench.to("dispatched")
        bench.pass_(hours=1)
        told = len(bench.told(number))
        bench.pass_(days=1)
        bench.office.timekeeper.run_once()
        given = self.alerts(bench, number)
        assert len(given) == len(set(given))
        assert len(bench.told(number)) == told
        alert = next(step for step in bench.steps(number) if step.name == "alert")
        assert alert.untold

    def test_what_is_answered_has_no_clock_any_more(self, bench: Bench) -> None:
        number = bench.to("replied")
        bench.pass_(days=5)
        assert "alert" not in bench.names(number)


class TestByItself:
    def last(self, bench: Bench, number: str) -> Step:
        return bench.steps(number)[-1]

    def test_no_answer_to_the_callback_is_not_satisfied(self, bench: Bench) -> None:
        number = bench.to("replied")
        bench.pass_(days=6, hours=23)
        assert bench.case(number).state is State.REPLIED
        bench.pass_(hours=2)
        case = bench.case(number)
        assert (case.state, case.verdict) == (State.FOLLOWED_UP, None)
        assert "不算满意" in self.last(bench, number).untold

    def test_then_it_is_closed_and_in_the_end_archived(self, bench: Bench) -> None:
        number = bench.to("replied")
        for _ in range(60):
            bench.pass_(days=1)
        assert bench.names(number)[-3:] == ["no_answer", "close", "archive"]
        assert bench.case(number).state is State.ARCHIVED

    def test_what_was_merged_or_withdrawn_is_archived_too(self, bench: Bench) -> None:
        main, merged, withdrawn = bench.to("accepted"), bench.to("accepted"), bench.to("accepted")
        bench.act(merged, "merge", into=main)
        bench.say(withdrawn, "withdraw")
        bench.pass_(days=31)
        assert bench.case(merged).state is bench.case(withdrawn).state is State.ARCHIVED
        assert bench.case(main).state is State.ACCEPTED

    def test_two_who_look_at_once_do_it_once(self, bench: Bench) -> None:
        number = bench.to("replied")
        bench.clock.pass_(days=8)
        with bench.office.store.writing() as book:
            bench.office.casework.by_itself(book, number, "no_answer")
        with bench.office.store.writing() as book:
            bench.office.casework.by_itself(book, number, "no_answer")
        assert bench.names(number).count("no_answer") == 1


def test_a_clock_survives_being_written_down() -> None:
    due = at("2026-11-30 18:00")
    clock = Clock(due, True, (due - timedelta(days=3), due))
    assert Clock.from_dict(clock.as_dict()) == clock
