"""How an answer may end a case, and what each way must hold."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
import yaml

from app.settings import ROOT
from desk.model.case import Outcome
from desk.model.outcomes import parse_outcomes
from desk.office.rules import Rules
from desk.office.stepping import Refused
from tests.casework.bench import DISTRICT, Bench

TODAY = date(2026, 11, 23)
TEXT = "已于11月22日晚到现场约谈。"


def answer(kind: str, **values: Any) -> Outcome:
    return Outcome(**{"kind": kind, "text": TEXT, "unit": "西湖区人民政府"} | values)


@pytest.mark.parametrize(
    ("outcome", "fault"),
    [
        (answer("solved", text=""), "答复内容"),
        (answer("solved", text="已处理：〔做了什么〕"), "没有填写"),
        (answer("solved", unit=" "), "答复单位"),
        (answer("explained"), "原因"),
        (answer("explained", cause="不想办"), "原因"),
        (answer("planned"), "日期"),
        (answer("planned", until=TODAY), "日期"),
        (answer("not_ours"), "哪个单位"),
        (answer("merged"), "办理结果"),
        (answer("magic"), "办理结果"),
    ],
)
def test_what_an_answer_lacks_is_said_and_nothing_is_sent(
    bench: Bench, outcome: Outcome, fault: str
) -> None:
    number = bench.to("in_progress")
    with pytest.raises(Refused, match=fault):
        bench.act(number, "reply", DISTRICT, outcome=outcome)
    assert bench.case(number).outcome is None


def test_the_template_itself_is_no_answer(rules: Rules) -> None:
    kind = replace(rules.outcomes["solved"], template="已经处理好了。")
    assert kind.faults(answer("solved", text="已经处理好了。"), today=TODAY)
    assert not kind.faults(answer("solved", text="已经处理好了，现场已清理。"), today=TODAY)


@pytest.mark.parametrize(
    ("outcome", "word", "name"),
    [
        (answer("solved"), "fixed", "已解决"),
        (answer("partly"), "closed", "部分解决"),
        (answer("planned", until=date(2026, 12, 20)), "action_scheduled", "已列入计划"),
        (answer("explained", cause="法律政策不允许"), "no_further_action", "暂不能解决"),
        (answer("not_ours", body="省高速集团"), "not_councils_responsibility", "不属本单位"),
    ],
)
def test_each_way_has_its_word(bench: Bench, outcome: Outcome, word: str, name: str) -> None:
    number = bench.to("in_progress")
    case = bench.act(number, "reply", DISTRICT, outcome=outcome)
    told = bench.told(number)[-1]
    assert case.outcome == outcome
    assert (told.state, told.code) == (word, "replied")
    assert told.description == f"西湖区人民政府答复（{name}）：{TEXT}"


def test_only_what_is_solved_claims_to_be(rules: Rules) -> None:
    claims = {code: kind.solved for code, kind in rules.outcomes.items()}
    assert {code for code, solved in claims.items() if solved == "yes"} == {"solved"}
    assert claims["explained"] == claims["planned"] == claims["not_ours"] == "no"


@pytest.mark.parametrize(
    "change",
    [
        {"solved": "maybe"},
        {"needs": ["money"]},
        {"causes": ["穷"]},
        {"template": ""},
        {"name": "一个长得放不下的名字"},
    ],
)
def test_a_file_that_breaks_its_rules_is_refused(change: dict[str, Any]) -> None:
    data = yaml.safe_load((ROOT / "catalog" / "outcomes.yml").read_text("utf-8"))
    data["outcomes"]["solved"] |= change
    with pytest.raises(ValueError, match="solved"):
        parse_outcomes(data)
