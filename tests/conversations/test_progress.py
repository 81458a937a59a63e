"""查进度 shows one's own cases only; a number that is somebody else's is answered as one that does not exist."""

from __future__ import annotations

import pytest

from tests.conversations.harness import Citizen, City


def _file(citizen: Citizen, text: str) -> str:
    citizen.say(text)
    if citizen.last.options:
        citizen.say("1")
    citizen.say("确认")
    return citizen.cases()[-1].receipt


@pytest.mark.parametrize("asked", ["查进度 {}", "{}", "帮我看看{}办到哪了", "编号{}处理完没有"])
def test_another_citizens_number_is_answered_like_an_unknown_one(city: City, asked: str) -> None:
    """Word for word, the number itself aside: nobody learns that a case exists."""
    others = _file(city.citizen("乙"), "望江路12号楼下的公厕灯坏了，晚上黑灯瞎火")
    curious = city.citizen("甲")
    curious.say("你好")
    unknown = "HZ-261123-9876"

    about_others = curious.say(asked.format(others))
    about_nobody = curious.say(asked.format(unknown))

    assert others in about_others
    assert about_others.replace(others, "#") == about_nobody.replace(unknown, "#")
    assert "公厕" not in about_others
    assert "望江路" not in about_others


def test_two_citizens_side_by_side_never_see_each_others_matters(city: City) -> None:
    """Their messages come in turn; each keeps an own draft, list and number."""
    first, second = city.citizen("甲"), city.citizen("乙")
    first.say("楼下按摩店的霓虹灯晃得睡不着")
    second.say("学校食堂的菜里吃出了虫子")
    answer = first.say("海潮路83号")
    assert "霓虹灯" in answer or first.last.options
    assert "虫子" not in answer
    second.say("杭州第七中学")
    for citizen in (first, second):
        if citizen.last.options:
            citizen.say("1")
        citizen.say("确认")

    assert ["霓虹灯" in c.description for c in first.cases()] == [True]
    assert ["虫子" in c.description for c in second.cases()] == [True]
    assert "虫子" not in first.say("查进度")
    assert "霓虹灯" not in second.say("查进度")


def test_the_same_message_twice_is_one_message(city: City) -> None:
    """A repeated 确认 of the platform (same key) files once and gets the same answer."""
    citizen = city.citizen()
    citizen.say("江干区凯旋路175号的非机动车道停满了汽车，只能骑到马路中间")
    if citizen.last.options:
        citizen.say("1")
    first = citizen.say("确认")

    again = citizen.repeat_last()

    assert again == first
    assert len(citizen.cases()) == 1
