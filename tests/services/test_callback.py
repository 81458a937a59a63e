"""The callback's answers: what counts as one, what each leads to, and what is no answer at all."""

from __future__ import annotations

from typing import Any

import pytest

from bot.services.callback import (
    CONTACTED,
    RATING,
    REASON,
    SOLVED,
    Answered,
    Callback,
    answer,
    ended,
    opened,
    total_name,
)
from tests.builders import NOON


def take(step: str, text: str, option: str = "", **given: Any) -> Answered | None:
    return answer(Callback(step=step, round=1, **given), text, option)


def after(step: str, text: str, option: str = "", **given: Any) -> Callback:
    found = take(step, text, option, **given)
    assert found is not None, text
    return found.callback


@pytest.mark.parametrize("text", ["1", "联系过", "有的", "打过电话了", "是的，来过"])
def test_contacted(text: str) -> None:
    found = after(CONTACTED, text)
    assert (found.contacted, found.step) == (True, SOLVED)


@pytest.mark.parametrize("text", ["2", "没有", "没人联系我", "一直没人联系过我", "没有打过电话"])
def test_not_contacted(text: str) -> None:
    found = after(CONTACTED, text)
    assert (found.contacted, found.step) == (False, SOLVED)


@pytest.mark.parametrize(
    ("text", "solved", "step"),
    [
        ("1", "yes", RATING),
        ("解决了，谢谢", "yes", RATING),
        ("已经修好了", "yes", RATING),
        ("2", "partly", RATING),
        ("部分解决", "partly", RATING),
        ("解决了一半", "partly", RATING),
        ("基本解决了", "partly", RATING),
        ("解决了，但是晚上还吵", "partly", RATING),
        ("3", "no", REASON),
        ("没解决", "no", REASON),
        ("还是老样子", "no", REASON),
        ("没有", "no", REASON),
    ],
)
def test_solved_in_three_degrees(text: str, solved: str, step: str) -> None:
    found = after(SOLVED, text)
    assert (found.solved, found.step) == (solved, step)


def test_a_tap_counts_like_its_number() -> None:
    assert after(SOLVED, "没有解决", "solved_no").solved == "no"
    assert after(SOLVED, "解决了", "solved_yes").solved == "yes"


def test_whoever_says_at_once_that_it_is_solved_is_not_asked_for_the_call() -> None:
    found = after(CONTACTED, "解决了")
    assert (found.contacted, found.solved, found.step) == (None, "yes", RATING)
    assert "contacted" not in found.verdict()


@pytest.mark.parametrize("text", ["3 昨晚还是有", "没解决，昨晚还是有", "3，昨晚还是有"])
def test_the_reason_may_stand_behind_the_answer(text: str) -> None:
    found = take(SOLVED, text)
    assert found is not None
    assert (found.callback.solved, found.why) == ("no", "昨晚还是有")


@pytest.mark.parametrize(
    ("text", "scores"),
    [
        ("5 4 3", (5, 4, 3)),
        ("543", (5, 4, 3)),
        ("５，４，３", (5, 4, 3)),
        ("5分、4分、3分", (5, 4, 3)),
        ("都5分", (5, 5, 5)),
        ("三项都是4", (4, 4, 4)),
        ("全部三分", (3, 3, 3)),
        ("满分", (5, 5, 5)),
        ("解决程度5，态度4，速度3", (5, 4, 3)),
        ("2", (2, None, None)),
        ("态度4分", (None, 4, None)),
    ],
)
def test_scores(text: str, scores: tuple[int | None, ...]) -> None:
    found = after(RATING, text)
    assert (found.degree, found.attitude, found.speed) == scores
    assert found.step == (RATING if None in scores else "")


def test_single_scores_fill_what_is_missing() -> None:
    found = after(RATING, "1", degree=2, attitude=3)
    assert (found.total, found.step) == (2.0, "")
    assert after(RATING, "4", attitude=3).degree == 4


@pytest.mark.parametrize("text", ["0", "6", "10", "5 4", "5 4 5 4", "态度9分"])
def test_what_is_no_score_is_asked_again(text: str) -> None:
    found = take(RATING, text)
    assert found is not None
    assert found.unclear
    assert found.callback.total is None


@pytest.mark.parametrize("step", [CONTACTED, SOLVED, RATING])
@pytest.mark.parametrize(
    "text",
    [
        "好的",
        "谢谢",
        "收到",
        "嗯",
        "查进度",
        "解决了没",
        "我家在5号楼",
        "小区路灯坏了三个",
        "楼上漏水没人管",
        "你好",
        "3号楼二单元门口",
        "没有路灯很危险",
        "不用等了",
    ],
)
def test_other_talk_is_no_answer(step: str, text: str) -> None:
    assert take(step, text) is None


@pytest.mark.parametrize("text", ["跳过", "不评价", "不想打分", "先跳过吧"])
def test_skipping_ends_it_without_a_verdict(text: str) -> None:
    found = take(CONTACTED, text)
    assert found is not None
    assert (found.skipped, found.callback.step, found.callback.verdict()) == (True, "", {})


@pytest.mark.parametrize(
    ("total", "name"),
    [(5, "best"), (4.01, "best"), (4, "good"), (3.33, "good"), (3, "fair"), (2.33, "fair"), (2, "poor"),
     (1.33, "poor"), (1, "worst")],
)  # fmt: skip
def test_the_total_has_a_name(total: float, name: str) -> None:
    assert total_name(total) == name


@pytest.mark.parametrize(
    ("callback", "is_dissatisfied"),
    [
        (Callback(solved="no"), True),
        (Callback(solved="yes", degree=2, attitude=2, speed=2), True),
        (Callback(solved="yes", degree=3, attitude=2, speed=2), False),
        (Callback(solved="yes"), False),
    ],
)
def test_who_is_dissatisfied(callback: Callback, is_dissatisfied: bool) -> None:
    assert callback.is_dissatisfied is is_dissatisfied


def test_it_is_opened_anew_for_each_reply_and_ended_in_silence() -> None:
    first = opened({}, NOON)
    assert Callback.from_dict(first) == Callback(CONTACTED, 1, NOON.isoformat())
    answered = Callback.from_dict(first | {"solved": "no"}).to_dict()
    assert Callback.from_dict(opened(answered, NOON)) == Callback(CONTACTED, 2, NOON.isoformat())
    assert Callback.from_dict(ended(answered)).step == ""
    assert ended({}) == {}


def test_nothing_is_open_before_the_first_reply() -> None:
    assert answer(Callback(), "1") is None
