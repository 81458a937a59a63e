"""Emergencies are answered with the number first, flagged for a person, and never disturb the complaint being told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.model.conversation import WaitReason
from tests.conversations.harness import City
from tests.conversations.script import weak

LISTS: dict[str, Any] = yaml.safe_load(
    (Path(__file__).parent / "emergencies.yml").read_text(encoding="utf-8")
)


@pytest.mark.parametrize(
    "case",
    weak(LISTS["emergencies"], lambda c: str(c.get("weak", ""))),
    ids=lambda c: str(c["say"]),
)
def test_the_number_stands_in_the_first_line_and_a_person_is_called(
    city: City, case: dict[str, str]
) -> None:
    """Before anything else was said."""
    citizen = city.citizen()

    answer = citizen.say(case["say"])

    assert case["number"] in answer.splitlines()[0]
    assert citizen.conversation().waiting_reason is WaitReason.EMERGENCY
    assert [line.text for line in citizen.transcript()] == [case["say"], answer]
    assert citizen.cases() == []


def test_an_emergency_while_a_place_is_asked_leaves_the_complaint_where_it_was(city: City) -> None:
    """The form waits; the cry for help is no part of the complaint."""
    citizen = city.citizen()
    citizen.say("楼上漏水漏到我家客厅，吊顶都鼓起来了")
    assert "119" in citizen.say("等等 厨房着火了！").splitlines()[0]

    answer = citizen.say("火灭了。我家在大关东六苑12幢1单元301")
    citizen.say("1") if citizen.last.options else None
    answer = str(citizen.last)

    assert "大关东六苑12幢" in answer
    citizen.say("确认")
    (case,) = citizen.cases()
    assert "漏水漏到我家客厅" in case.description
    assert "厨房着火了" not in case.description


def test_an_emergency_at_the_read_back_files_nothing(city: City) -> None:
    """Afterwards 确认 still files what was read back."""
    citizen = city.citizen()
    citizen.say("河坊街58号门口的窨井盖松了，一踩就翘")
    citizen.say("1") if citizen.last.options else None
    assert "120" in citizen.say("有个老人晕倒了没有呼吸").splitlines()[0]
    assert citizen.cases() == []

    assert "已提交" in citizen.say("确认")

    assert citizen.conversation().waiting_reason is WaitReason.EMERGENCY


def test_an_emergency_after_filing_is_answered_and_flagged(city: City) -> None:
    """The filed case stays as it is."""
    citizen = city.citizen()
    citizen.say("清泰街334号楼下的燃气调压箱门掉了")
    citizen.say("1") if citizen.last.options else None
    citizen.say("确认")

    assert "120" in citizen.say("我爸突然昏迷了，叫不醒").splitlines()[0]

    assert citizen.conversation().waiting_reason is WaitReason.EMERGENCY
    (case,) = citizen.cases()
    assert "昏迷" not in case.description


def test_a_complaint_after_an_emergency_is_taken_as_usual(city: City) -> None:
    """The flag stays until a person looked; the bot goes on serving."""
    citizen = city.citizen()
    citizen.say("着火了着火了")
    assert "地点" in citizen.say("没事了。就是我们这的消火栓一直没有水，早就该修了")


@pytest.mark.parametrize(
    "case", weak(LISTS["calm"], lambda c: str(c.get("weak", ""))), ids=lambda c: str(c["say"])
)
def test_what_only_sounds_like_an_emergency_is_taken_as_a_complaint(
    city: City, case: dict[str, str]
) -> None:
    """No number is thrown at somebody with an ordinary grievance, and nobody on duty is alarmed."""
    citizen = city.citizen()

    answer = citizen.say(case["say"])

    assert answer
    assert "请马上打" not in answer
    assert "12356" not in answer
    assert citizen.conversation().waiting_reason is None


def test_there_are_enough_hard_negatives() -> None:
    """Twenty at the least."""
    assert len({c["say"] for c in LISTS["calm"]}) >= 20
