"""Which division a place lies in: never asked in vain, never a hurdle, and put in front of the place."""

from __future__ import annotations

import pytest

from bot.model.draft import CONFIRMED, PLACE, Division, Draft
from bot.services import intake, locating
from bot.services.categorising import UNKNOWN_PLACE
from tests.services.drafting import DIRECTORY, WEST_LAKE, YUHANG, hear, said, told

EAST = Division("110105019", "北京市朝阳区八里庄街道", "朝阳区")
WEST = Division("110108012", "北京市海淀区八里庄街道", "海淀区")


def at_read_back(place: str = "文二路老王烧烤") -> Draft:
    draft = Draft()
    hear(draft, told(f"{place}半夜放音响", places=(place,)))
    assert draft.asking == CONFIRMED
    return draft


def ambiguous() -> Draft:
    draft = Draft()
    hear(draft, told("八里庄街道有人半夜放音响", places=("八里庄街道",), choices=(EAST, WEST)))
    return draft


class TestAnOpenDistrict:
    @pytest.mark.parametrize(
        "text",
        [
            "西湖区",
            "西湖",
            "在西湖区",
            "就在西湖区那边",
            "西湖区的。",
            "杭州市西湖区",
            "应该是西湖区吧",
        ],
    )
    def test_the_answer_stands_in_front_of_the_place(self, text: str) -> None:
        draft = at_read_back()
        assert locating.district_is_open(draft)
        taken = hear(
            draft, said(text, divisions=(WEST_LAKE,), places=("西湖",), district_open=False)
        )
        assert draft.place == "西湖区 文二路老王烧烤"
        assert draft.division == {
            "code": "330106",
            "full": "浙江省杭州市西湖区",
            "district": "西湖区",
        }
        assert [name for name, _ in taken.notes] == ["utter_noted_district"]
        assert draft.said[-1] == text
        assert not locating.district_is_open(draft)

    @pytest.mark.parametrize("intent", ["chitchat", "out_of_scope", "correct", "deny", "affirm"])
    def test_the_answer_counts_whatever_the_model_takes_it_for(self, intent: str) -> None:
        draft = at_read_back()
        hear(draft, said("西湖", intent, divisions=(WEST_LAKE,), district_open=False))
        assert draft.place == "西湖区 文二路老王烧烤"

    def test_the_place_once_more_with_its_district_keeps_the_place(self) -> None:
        draft = at_read_back()
        answer = said(
            "西湖区文二路", divisions=(WEST_LAKE,), places=("西湖区文二路",), district_open=False
        )
        hear(draft, answer)
        assert draft.place == "西湖区 文二路老王烧烤"

    def test_a_street_is_put_in_front_with_its_district(self) -> None:
        draft = at_read_back()
        street = Division("330106009", "浙江省杭州市西湖区文新街道", "西湖区")
        hear(draft, said("文新街道", divisions=(street,), district_open=False))
        assert draft.place == "西湖区文新街道 文二路老王烧烤"

    def test_another_place_in_a_district_replaces_the_place(self) -> None:
        draft = at_read_back()
        other = said(
            "余杭区良睦路", divisions=(YUHANG,), places=("余杭区良睦路",), district_open=False
        )
        hear(draft, other)
        assert draft.place == "余杭区良睦路"
        assert draft.division is not None
        assert draft.division["district"] == "余杭区"

    @pytest.mark.parametrize("text", ["不知道", "不清楚是哪个区", "我也不晓得"])
    def test_not_knowing_is_an_answer(self, text: str) -> None:
        draft = at_read_back()
        before = list(draft.said), draft.place
        hear(draft, said(text, "chitchat"))
        assert not locating.district_is_open(draft)
        assert (draft.said, draft.place) == before

    def test_a_yes_files_without_it(self) -> None:
        draft = at_read_back()
        assert hear(draft, said("确认", "affirm")).confirmed
        assert draft.division is None

    def test_more_of_the_story_leaves_it_open(self) -> None:
        draft = at_read_back()
        hear(draft, told("昨晚又闹到两点，孩子都吓醒了"))
        assert locating.district_is_open(draft)

    def test_a_corrected_place_is_asked_anew_and_no_longer_in_the_old_district(self) -> None:
        draft = at_read_back()
        hear(draft, said("西湖区", divisions=(WEST_LAKE,), district_open=False))
        change = said(
            "地点不对，是秋涛路8号",
            "correct",
            field="place",
            value="秋涛路8号",
            places=("秋涛路8号",),
        )
        hear(draft, change)
        assert (draft.place, draft.division) == ("秋涛路8号", None)
        assert locating.district_is_open(draft)

    @pytest.mark.parametrize(
        "known",
        [{"point": {"latitude": 30.0}}, {"district_known": True}, {"division": {"code": "1"}}],
    )
    def test_nothing_is_open_once_it_is_known(self, known: dict[str, object]) -> None:
        assert not locating.district_is_open(Draft(place="文二路", **known))  # type: ignore[arg-type]

    def test_nothing_is_open_about_a_place_nobody_can_tell(self) -> None:
        assert not locating.district_is_open(Draft(place=UNKNOWN_PLACE))
        assert not locating.district_is_open(Draft())

    def test_another_city_is_filed_as_said(self) -> None:
        draft = Draft()
        hear(draft, told("苏州观前街半夜放音响", places=("苏州观前街",), district_open=False))
        assert not locating.district_is_open(draft)

    def test_a_district_said_before_the_place_counts(self) -> None:
        draft = Draft()
        hear(
            draft,
            told("西湖区有人半夜放音响", divisions=(WEST_LAKE,), district_open=False),
            said("文二路老王烧烤", places=("文二路老王烧烤",)),
        )
        assert draft.division is not None
        assert draft.place == "文二路老王烧烤"


class TestAnAmbiguousName:
    def test_it_is_asked_for_before_anything_else_about_the_matter(self) -> None:
        draft = ambiguous()
        assert draft.asking == locating.DIVISION
        assert intake.next_slot(draft, DIRECTORY) == PLACE
        assert draft.offered == [EAST.code, WEST.code]

    @pytest.mark.parametrize(
        ("text", "option"),
        [
            ("2", "2"),
            ("海淀区八里庄街道", WEST.code),
            ("海淀区", ""),
            ("海淀的", ""),
            ("是海淀那个", ""),
        ],
    )
    def test_a_number_a_tap_or_words_choose(self, text: str, option: str) -> None:
        draft = ambiguous()
        hear(draft, said(text, "chitchat", option=option))
        assert draft.division is not None
        assert draft.division["code"] == WEST.code
        assert draft.place == "海淀区 八里庄街道"
        assert draft.asking == CONFIRMED

    @pytest.mark.parametrize("text", ["不知道", "我也说不清"])
    def test_not_knowing_goes_on(self, text: str) -> None:
        draft = ambiguous()
        hear(draft, said(text, "skip"))
        assert (draft.place, draft.division, draft.asking) == ("八里庄街道", None, CONFIRMED)
        assert not locating.district_is_open(draft)

    def test_it_is_asked_once_whatever_is_said_instead(self) -> None:
        draft = ambiguous()
        hear(draft, told("昨晚又闹到两点，孩子都吓醒了"))
        assert draft.asking == CONFIRMED
        assert draft.details[-1].startswith("昨晚又闹到两点")

    def test_more_of_the_place_is_added_to_it(self) -> None:
        draft = ambiguous()
        hear(draft, said("十里堡3号楼", places=("十里堡3号楼",)))
        assert draft.place == "八里庄街道 十里堡3号楼"

    def test_a_question_in_between_leaves_it_open(self) -> None:
        draft = ambiguous()
        assert not hear(draft, said("要多久啊", "ask_duration")).counts
        assert draft.asking == locating.DIVISION

    def test_a_number_that_is_none_of_them_chooses_nothing(self) -> None:
        draft = ambiguous()
        hear(draft, said("7", "report", option="7"))
        assert draft.division is None

    def test_a_pin_answers_it(self) -> None:
        draft = ambiguous()
        draft.point = {"latitude": 39.9, "longitude": 116.4}
        assert intake.next_slot(draft, DIRECTORY) == CONFIRMED
