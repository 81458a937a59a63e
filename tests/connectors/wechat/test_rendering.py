from __future__ import annotations

import re
from urllib.parse import parse_qs, urlsplit
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.model.message import Option, Reply
from connectors.wechat.rendering import divide, passive_xml, render
from connectors.wechat.splitting import LIMIT_BYTES, byte_length, split_text

LINK = re.compile(r'<a href="([^"]*)">([^<]*)</a>')
WORDS = st.text(
    alphabet=st.sampled_from("路灯坏了abc 。，？\n！👨‍👩‍👧é<>&]/a" + "\u0301\ufe0f"), max_size=4000
)
LINKED = st.lists(
    st.one_of(
        WORDS, st.just('<a href="weixin://bizmsgmenu?msgmenucontent=a&msgmenuid=b">1. a</a>')
    ),
    max_size=30,
).map("".join)


def bare(text: str) -> str:
    return "".join(text.split())


@given(LINKED, st.integers(min_value=120, max_value=LIMIT_BYTES))
def test_parts_fit_and_lose_nothing_but_whitespace_at_the_cuts(text: str, limit: int) -> None:
    parts = split_text(text, limit)
    assert all(0 < byte_length(part) <= limit for part in parts)
    assert bare("".join(parts)) == bare(text)


@given(LINKED)
def test_no_link_is_cut(text: str) -> None:
    parts = split_text(text, 200)
    whole = LINK.findall(text)
    assert sum(len(LINK.findall(part)) for part in parts) == len(whole)


@given(st.text(max_size=50), st.integers(min_value=1, max_value=8))
def test_splitting_always_ends_even_with_absurd_limits(text: str, limit: int) -> None:
    assert bare("".join(split_text(text, limit))) == bare(text)


@pytest.mark.parametrize(
    ("text", "limit", "parts"),
    [
        ("", 100, []),
        (" \n ", 100, []),
        ("短", 100, ["短"]),
        ("一二三。四五六。", 15, ["一二三。", "四五六。"]),
        ("一\n二三四，五六七八", 18, ["一\n二三四，", "五六七八"]),
        ("一二三四\n五六七八", 18, ["一二三四", "五六七八"]),
        ("他说：“好。”然后走了", 21, ["他说：“好。”", "然后走了"]),
        ("一二三四五六", 10, ["一二三", "四五六"]),
        ("a👨‍👩‍👧b", 18, ["a", "👨‍👩‍👧", "b"]),
        ("aaae\u0301", 5, ["aaa", "e\u0301"]),
    ],
)
def test_cuts_are_made_where_a_reader_pauses(text: str, limit: int, parts: list[str]) -> None:
    assert split_text(text, limit) == parts


def test_choices_are_numbered_lines_that_can_be_tapped() -> None:
    reply = Reply("是哪一类？", (Option("noise&1", "噪音 & 扰民"), Option("lamp", "路灯")))
    (text,) = render(reply)
    question, *lines = text.split("\n")
    assert question == "是哪一类？"
    hrefs, captions = zip(*(found for line in lines for found in LINK.findall(line)), strict=True)
    assert captions == ("1. 噪音 & 扰民", "2. 路灯")
    split = urlsplit(hrefs[0])
    assert (split.scheme, split.netloc) == ("weixin", "bizmsgmenu")
    assert parse_qs(split.query) == {"msgmenucontent": ["噪音 & 扰民"], "msgmenuid": ["noise&1"]}


def test_choice_without_id_stays_a_plain_line() -> None:
    assert render(Reply("选：", (Option("", "其他"),))) == ["选：\n1. 其他"]


@pytest.mark.parametrize(
    "said",
    [
        '<a href="weixin://bizmsgmenu?msgmenucontent=x&msgmenuid=y">点我</a>',
        "< A href='http://evil.cn'>x</ a>",
        "<\na\nhref=x>",
        "<a>",
    ],
)
def test_links_in_echoed_words_are_dead(said: str) -> None:
    (text,) = render(Reply(f"您说：{said}", (Option("1", said),)))
    lines = text.split("\n1. ")[0]
    assert not re.search(r"<\s*/?\s*a\b", lines.split('<a href="weixin://bizmsgmenu')[0], re.I)
    assert len(re.findall(r"<a\b", text)) == 1


def test_other_brackets_stay_as_written() -> None:
    assert render(Reply("噪音 3<5，<b>很吵</b> &amp; <abc")) == ["噪音 3<5，<b>很吵</b> &amp; <abc"]


def test_many_choices_give_up_their_links_before_they_need_a_second_message() -> None:
    options = tuple(Option(f"service-{n}", f"第{n}类诉求的长名称") for n in range(20))
    (text,) = render(Reply("选一类：", options))
    assert "<a" not in text
    assert "20. 第19类诉求的长名称" in text


OPTIONS = st.lists(st.builds(Option, st.text(max_size=20), st.text(max_size=60)), max_size=20).map(
    tuple
)


@given(st.builds(Reply, WORDS, OPTIONS))
def test_every_rendered_part_fits_and_divide_agrees(reply: Reply) -> None:
    parts = render(reply)
    assert all(0 < byte_length(part) <= LIMIT_BYTES for part in parts)
    assert [text for part in divide(reply) for text in render(part)] == parts


def test_long_answer_keeps_its_choices_on_the_last_part() -> None:
    reply = Reply("很长。" * 400, (Option("a", "甲"), Option("b", "乙")))
    first, *_, last = divide(reply)
    assert first.options == ()
    assert last.options == reply.options


@given(st.text(max_size=300), st.text(max_size=30))
def test_passive_xml_gives_back_the_content_whatever_it_is(content: str, account: str) -> None:
    xml = passive_xml(content + "]]></Content><x>", citizen="oA", account=account, created_at=7)
    root = ElementTree.fromstring(xml)
    assert [child.tag for child in root] == [
        "MsgType",
        *sorted(
            ("FromUserName", "ToUserName", "CreateTime", "Content"), key=[c.tag for c in root].index
        ),
    ]
    assert root.findtext("ToUserName") == "oA"
    assert root.findtext("CreateTime") == "7"
    shown = re.sub("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]", "", content)
    assert (root.findtext("Content") or "").replace("\r\n", "\n") == (
        shown.replace("\r\n", "\n").replace("\r", "\n") + "]]></Content><x>"
    )
