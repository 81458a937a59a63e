"""What is wanted: the first sure word of the model, or the citizen's own; and whether it needs a place."""

from __future__ import annotations

from typing import Any

import pytest

from bot.model.draft import CONFIRMED, DETAILS, PLACE, Draft
from bot.services import wanting
from bot.services.categorising import UNKNOWN_PLACE
from bot.services.intake import next_slot
from tests.services.drafting import DIRECTORY, NOISE, PENSION, hear, said, told

ASKED: dict[str, Any] = {
    "nature": "inquiry",
    "nature_sure": True,
    "ranking": (PENSION,),
    "sure": True,
}


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("我这是咨询", "inquiry"),
        ("不是投诉，是建议", "suggestion"),
        ("是建议，不是投诉", "suggestion"),
        ("我要举报", "tip_off"),
        ("类别换成建议", "suggestion"),
        ("其实我只是想咨询一下", "inquiry"),
        ("算了，还是投诉吧", "complaint"),
        ("举报", "tip_off"),
        ("不是投诉", ""),
        ("我要投诉楼上半夜放音响", ""),
        ("建议还是投诉？", ""),
        ("举报和建议", ""),
        ("确认", ""),
        ("不要举报了", ""),
        ("", ""),
        ("我这是咨询" + "啊" * 30, ""),
    ],
)
def test_a_nature_said_outright(text: str, code: str) -> None:
    assert wanting.outright(text, DIRECTORY.natures) == code


def test_the_first_sure_nature_counts() -> None:
    draft = Draft()
    hear(
        draft,
        told(nature="help", nature_sure=False),
        said("文二路", places=("文二路",), nature="praise", nature_sure=True),
        told("昨晚又是到两点才停下来", nature="complaint", nature_sure=True),
        told("昨天和今天都是这样子的", nature="help", nature_sure=True),
    )
    assert draft.nature == "complaint"


def test_said_first_it_outranks_the_model() -> None:
    draft = Draft()
    hear(draft, said("我要举报", "start_complaint"), told(nature="complaint", nature_sure=True))
    assert draft.nature == "tip_off"
    assert draft.said == ["半夜放音响"]


def test_a_correction_is_noted_kept_in_the_words_and_read_back_again() -> None:
    draft = Draft()
    hear(draft, told("文二路半夜放音响", places=("文二路",), nature="complaint", nature_sure=True))
    taken = hear(draft, said("不是投诉，是建议", "correct"))
    assert (draft.nature, draft.asking) == ("suggestion", CONFIRMED)
    assert taken.notes == [("utter_noted_nature", {"nature": "建议"})]
    assert draft.said[-1] == "不是投诉，是建议"
    assert draft.details == ["文二路半夜放音响"]


def test_it_is_taken_as_the_answer_to_what_is_wrong() -> None:
    draft = Draft()
    hear(draft, told("文二路半夜放音响", places=("文二路",)), said("不对", "deny"))
    assert draft.asking == "correct"
    hear(draft, said("类别是建议", "correct", field="category", value="建议"))
    assert (draft.nature, draft.asking, draft.category) == ("suggestion", CONFIRMED, NOISE.code)


def test_the_same_again_is_no_news() -> None:
    draft = Draft(nature="tip_off", asking=DETAILS)
    assert not hear(draft, said("我要举报", "start_complaint")).counts


def test_wish_and_repetition_are_kept() -> None:
    draft = Draft()
    hear(
        draft,
        told(wish="希望早点停", repeated=True),
        told("昨晚又是到两点才停下来", wish="请赔偿"),
        told("孩子整晚都没有睡着觉呢"),
    )
    assert (draft.wish, draft.repeated) == ("请赔偿", True)


class TestThePlace:
    def test_a_question_about_a_procedure_is_asked_none(self) -> None:
        draft = Draft()
        hear(draft, said("养老保险断缴了怎么补", **ASKED))
        assert draft.asking == CONFIRMED

    @pytest.mark.parametrize(
        "changes",
        [
            {"nature_sure": False},
            {"nature": "complaint"},
            {"ranking": (NOISE,)},
        ],
    )
    def test_else_it_is_asked(self, changes: dict[str, object]) -> None:
        draft = Draft()
        hear(draft, said("养老保险断缴了怎么补", **ASKED | changes))
        assert draft.asking == PLACE

    def test_it_is_asked_if_the_words_speak_of_a_company(self) -> None:
        draft = Draft()
        hear(draft, said("公司不给交养老保险怎么办", **ASKED))
        assert draft.asking == PLACE

    @pytest.mark.parametrize(
        ("text", "intent"),
        [
            ("没有", "deny"),
            ("不知道", "chitchat"),
            ("跳过", "skip"),
            ("没有具体地点", "report"),
            ("不用", "thanks"),
            ("随便哪里", "chitchat"),
            ("不涉及地点", "out_of_scope"),
        ],
    )
    def test_one_word_is_enough_to_leave_it_out(self, text: str, intent: str) -> None:
        draft = Draft()
        hear(draft, said("地铁几点停运", **ASKED | {"ranking": (NOISE,)}), said(text, intent))
        assert (draft.asking, draft.place) == (CONFIRMED, "")

    def test_a_place_that_is_said_is_kept(self) -> None:
        draft = Draft()
        asked = said("地铁几点停运", **ASKED | {"ranking": (NOISE,)})
        hear(draft, asked, said("凤起路站", places=("凤起路站",)))
        assert (draft.asking, draft.place) == (CONFIRMED, "凤起路站")

    def test_a_complaint_is_not_done_without(self) -> None:
        draft = Draft()
        hear(draft, told(nature="complaint", nature_sure=True), said("没有", "deny"))
        assert draft.asking == PLACE

    def test_what_becomes_a_complaint_needs_its_place_after_all(self) -> None:
        draft = Draft()
        hear(draft, said("养老保险断缴了怎么补", **ASKED), said("我要投诉", "start_complaint"))
        assert next_slot(draft, DIRECTORY) == PLACE

    def test_the_old_rule_stands_where_no_nature_is_known(self) -> None:
        draft = Draft()
        hear(draft, told(), said("不知道", "chitchat", confidence=0.3), said("跳过", "skip"))
        assert draft.place == UNKNOWN_PLACE
