"""Row 5, 解释回应: 能解决的加速推进，现行条件下无法解决的及时作出解释回应 (People's Daily, 2021-11-02).

"Must be able to show": "explained" can never be counted as "solved"; an explanation needs text, cause and, if planned, a
date; the citizen may contest once, and it is reopened or escalated; reply templates per reason, which staff must edit.
"""

from __future__ import annotations

from datetime import date

import pytest

from desk.model.case import Outcome, State, Verdict
from desk.office.lists import CaseQuery
from desk.office.rules import Rules
from desk.office.stepping import Refused
from tests.casework.bench import ANGRY, DISTRICT, HOTLINE, Bench

CAUSE = "资金或条件暂不具备"
TEXT = "学校重建需要县级财政分三年安排，今年的资金已用于危房加固。"


def explained(**values: object) -> Outcome:
    given = {"kind": "explained", "text": TEXT, "unit": "西湖区人民政府", "cause": CAUSE}
    return Outcome(**given | values)  # type: ignore[arg-type]


def test_explained_is_never_solved_whatever_is_said_of_it_later(bench: Bench, rules: Rules) -> None:
    number = bench.to("in_progress")
    bench.act(number, "reply", DISTRICT, outcome=explained())
    bench.say(number, "follow_up", verdict=Verdict(contacted=True, solved="yes", degree=5))
    for _ in range(60):
        bench.pass_(days=1)
    case = bench.case(number)
    assert case.state is State.ARCHIVED
    assert case.outcome is not None
    assert rules.outcomes[case.outcome.kind].solved == "no"
    row = bench.office.lists.rows(CaseQuery(words=number))[0]
    assert row.outcome == "explained"
    assert {update.state for update in bench.told(number)} & {"fixed"} == set()


@pytest.mark.parametrize(
    ("lacking", "fault"),
    [
        ({"text": ""}, "答复内容"),
        ({"cause": ""}, "原因"),
        ({"kind": "planned", "cause": "", "until": None}, "日期"),
    ],
)
def test_it_needs_text_and_cause_and_a_plan_its_date(
    bench: Bench, lacking: dict[str, object], fault: str
) -> None:
    with pytest.raises(Refused, match=fault):
        bench.act(bench.to("in_progress"), "reply", DISTRICT, outcome=explained(**lacking))


def test_a_plan_with_its_date_is_kept_and_told(bench: Bench) -> None:
    number = bench.to("in_progress")
    planned = explained(kind="planned", cause="", until=date(2027, 8, 31))
    case = bench.act(number, "reply", DISTRICT, outcome=planned)
    assert case.outcome is not None
    assert case.outcome.until == date(2027, 8, 31)
    assert bench.told(number)[-1].state == "action_scheduled"


def test_the_citizen_contests_once_then_a_person_decides(bench: Bench) -> None:
    number = bench.to("in_progress")
    bench.act(number, "reply", DISTRICT, outcome=explained())
    bench.say(number, "follow_up", verdict=ANGRY)
    assert bench.say(number, "redo", note="去年也是这么说的").state is State.IN_PROGRESS
    bench.act(number, "reply", DISTRICT, outcome=explained(text="县里已把重建列入明年预算草案。"))
    bench.say(number, "follow_up", verdict=ANGRY)
    with pytest.raises(Refused, match="一次"):
        bench.say(number, "redo", note="还是不行")
    assert (
        bench.act(number, "redo", HOTLINE, note="热线复核，请区里再办").state is State.IN_PROGRESS
    )


def test_each_reason_has_a_template_that_is_no_answer_by_itself(bench: Bench, rules: Rules) -> None:
    chosen = [kind for kind in rules.outcomes.values() if kind.template]
    assert [kind.code for kind in chosen] == [
        *("solved", "partly", "planned", "explained", "not_ours"),
    ]
    number = bench.to("in_progress")
    for kind in chosen:
        raw = explained(
            kind=kind.code,
            text=kind.template,
            cause=CAUSE if kind.causes else "",
            until=date(2027, 1, 1),
            body="市水务集团",
        )
        with pytest.raises(Refused, match="没有填写"):
            bench.act(number, "reply", DISTRICT, outcome=raw)
