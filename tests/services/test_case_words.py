"""What people want of a filed case, in their words; and that no complaint is taken for it."""

from __future__ import annotations

import pytest

from bot.model.draft import Ranked, Said
from bot.services import case_words
from tests.builders import make_complaint

WANTED = {
    "material": "我再补充一下，昨晚又来了|补充：店名是老汪烧烤|再补充两张照片|刚才那件还有个情况|我想补充点材料|昨晚又来了，补充一下|给HZ-261123-0001补充一下",
    "urge": "催一下|帮忙催一下啦|怎么到现在还没处理啊|都四天了没人管|我的投诉都一周了还没人处理|能不能快点处理|麻烦尽快办理一下|"
    "到底什么时候处理啊，催一下|一直没人来处理|HZ-261123-0001 催一下|等了好几天了还没动静|你们怎么还不处理啊",
    "withdraw": "撤回|我想撤回刚才那个投诉|不用处理了|已经好了，不用处理了|问题自己解决了，撤了吧|撤销HZ-261123-0001|取消投诉吧|那件事不用你们管了|不投诉了",
    "history": "看下办理经过|你们都做了什么呀|处理过程是怎样的|我要看办理记录|到底做了哪些步骤",
    "dissatisfied": "我不满意|对处理结果很不满意|不满意，昨晚还是有油烟|我对你们的答复不认可|不接受这个结果",
}
CASES = [(act, text) for act, row in WANTED.items() for text in row.split("|")]
NOT_WANTED = (
    "垃圾堆了三天没人管|楼下烧烤店油烟大死了，快点处理|路灯坏了好几天没人来修|物业不处理漏水|业主都对物业不满意，要求换物业|"
    "工地半夜施工一直没人管|小区门口的井盖没有了|银行催收天天打电话|公司撤回了录用通知|学校取消了校车|办理房产证的流程太慢|"
    "社区不给补充登记|医院不用医保卡不给看"
)


def said(text: str, intent: str = "report", **values: object) -> Said:
    return Said("k", text, intent=intent, **values)  # type: ignore[arg-type]


@pytest.mark.parametrize(("act", "text"), CASES)
def test_it_is_understood(act: str, text: str) -> None:
    assert case_words.act_of(said(text)) == act


@pytest.mark.parametrize("text", NOT_WANTED.split("|"))
def test_a_complaint_is_none_of_it(text: str) -> None:
    assert case_words.act_of(said(text)) == ""


@pytest.mark.parametrize("text", ["不撤了", "别撤销", "先不取消了", "算了", "接着办吧"])
def test_to_keep_a_case_is_not_to_take_it_back(text: str) -> None:
    assert case_words.keeps(text)
    assert case_words.act_of(said(text)) != "withdraw"


def test_what_the_model_knows_counts() -> None:
    assert case_words.act_of(said("麻烦啦", "urge")) == "urge"
    assert case_words.act_of(said("催一下", "human")) == ""


def test_the_reason_stands_behind_the_displeasure() -> None:
    assert case_words.reason_in("我不满意，昨晚还是有油烟") == "昨晚还是有油烟"
    assert case_words.reason_in("对处理结果不满意！") == ""


@pytest.mark.parametrize(
    ("text", "only"), [("我要补充材料", True), ("补充一下", True), ("补充一下，店名是老汪", False)]
)
def test_an_announcement_is_no_content(text: str, only: bool) -> None:
    assert case_words.only_announces(said(text)) is only


LIGHT = Ranked("0709", "城建", "照明", 0.9)
NOISE = Ranked("0101", "环保", "噪声", 0.9)


@pytest.mark.parametrize(
    ("words", "is_new"),
    [
        (said("还有一件事要反映", "second_matter"), True),
        (said("另外再投诉一个，楼道堆满了杂物"), True),
        (
            said("翠苑一区门口半夜有人打桩", places=("翠苑一区门口",), ranking=(NOISE,), sure=True),
            True,
        ),
        (said("文二路那几盏还是不亮", places=("文二路",), ranking=(LIGHT,), sure=True), False),
        (said("半夜有人在打桩，吵死了", ranking=(NOISE,), sure=True), True),
        (said("昨晚又不亮了", ranking=(NOISE,), sure=True), False),
        (said("门口那盏", places=("门口那盏",)), False),
    ],
    ids=lambda value: value.text if isinstance(value, Said) else "",
)
def test_a_new_matter_is_told_from_more_of_the_same(words: Said, is_new: bool) -> None:
    assert case_words.is_new_matter(words, make_complaint()) is is_new
