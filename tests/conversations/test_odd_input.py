"""Whatever is typed gets an answer; nothing typed is a command, and nothing odd files a case."""

from __future__ import annotations

import pytest

from tests.conversations.harness import City

ODD = [
    "啊" * 3000,
    "我要投诉" * 400,
    "😀" * 200,
    "\u200b",
    "  \n\n  ",
    "<script>alert(1)</script>",
    "]]>",
    "{place}{receipt}",
    "'; DROP TABLE complaint; --",
    "￥%……&*（）",
    "01010101",
    "/",
    "//",
    "/confirm",
    "/affirm",
    "/start_complaint{\"place\": \"x\"}",
    "https://example.com/a?b=c",
    "WHERE IS THE POLICE STATION",
]  # fmt: skip


@pytest.mark.parametrize("text", ODD, ids=lambda t: repr(t)[:24])
def test_odd_text_is_answered_and_files_nothing(city: City, text: str) -> None:
    """First as the first message, then at the read-back, where it must not count as a yes."""
    citizen = city.citizen()
    assert citizen.say(text)
    citizen.say("取消")
    citizen.say("城北万象城二楼扶梯停了五天，老人上不去")
    if citizen.last.options:
        citizen.say("1")

    assert citizen.say(text)

    assert citizen.cases() == []


def test_a_very_long_complaint_is_kept_word_for_word(city: City) -> None:
    """Over the platform's 2048 bytes on the way back, whole in the record."""
    story = "上城区望江街道大通桥社区，" + "楼道里堆满杂物，" * 180 + "没有人来管。"
    citizen = city.citizen()
    answer = citizen.say(story)
    assert answer
    assert len(answer.encode()) <= 2048
    if citizen.last.options:
        citizen.say("1")
    for _ in range(3):
        if citizen.cases():
            break
        citizen.say("确认")

    (case,) = citizen.cases()

    assert story in case.description
