from __future__ import annotations

import contextlib
from datetime import datetime, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.model.message import Consent, Datum, Inbound, Kind, MediaRef, Point, Receipt
from connectors.wechat.events import IGNORED_EVENTS
from connectors.wechat.parsing import BadMessage, Push, parse
from connectors.wechat.wire import BadXml
from tests.connectors.wechat.pushes import ACCOUNT, CITIZEN, CREATED, event_push, push, text_push


def message(msg_type: str, inner: str, msg_id: int = 1) -> Inbound:
    xml = push(f"<MsgType><![CDATA[{msg_type}]]></MsgType>{inner}<MsgId>{msg_id}</MsgId>")
    return parse(xml).message


def event(name: str, inner: str = "") -> Inbound:
    return parse(event_push(name, inner)).message


def test_text_keeps_what_was_written() -> None:
    got = parse(text_push("  路灯坏了，\n  人民路 18 号 <b>&amp; 3<5 /:break 🏮\u3000"))
    assert got.account == ACCOUNT
    assert got.label == "text"
    assert got.message.citizen == CITIZEN
    assert got.message.kind is Kind.TEXT
    assert got.message.text == "路灯坏了，\n  人民路 18 号 <b>&amp; 3<5 /:break 🏮"
    assert got.message.sent_at == datetime.fromtimestamp(CREATED, tz=timezone.utc)
    assert got.message.allowance == "message"


def test_tapped_option_is_told_from_typed_words() -> None:
    tapped = parse(
        text_push("噪音", extra="<bizmsgmenuid><![CDATA[noise]]></bizmsgmenuid>")
    ).message
    typed = parse(text_push("噪音")).message
    assert (tapped.option, tapped.text, tapped.allowance) == ("noise", "噪音", "action")
    assert (typed.option, typed.allowance) == ("", "message")


@pytest.mark.parametrize(
    "content",
    ["【收到不支持的消息类型，暂无法显示】", "【收到不支持的消息类型，暂不支持】", "", "  "],
)
def test_content_the_platform_could_not_deliver_is_a_sticker(content: str) -> None:
    got = parse(text_push(content)).message
    assert (got.kind, got.text, got.allowance) == (Kind.STICKER, "", "message")


def test_control_characters_do_not_lose_the_message() -> None:
    assert parse(text_push("路灯\x08\x00坏了\x1b\u200b")).message.text == "路灯坏了"


@pytest.mark.parametrize(
    ("msg_type", "inner", "media"),
    [
        (
            "image",
            "<PicUrl><![CDATA[http://mmbiz.qpic.cn/a?b=1&c=2]]></PicUrl><MediaId>m1</MediaId>",
            MediaRef("m1", "image", "", "http://mmbiz.qpic.cn/a?b=1&c=2"),
        ),
        ("voice", "<MediaId>m8</MediaId><Format>amr</Format>", MediaRef("m8", "voice", "amr")),
        (
            "voice",
            "<MediaId>m8</MediaId><Format>AMR</Format><MediaId16K>m16</MediaId16K><Recognition/>",
            MediaRef("m16", "voice", "amr"),
        ),
        ("video", "<MediaId>v</MediaId><ThumbMediaId>t</ThumbMediaId>", MediaRef("v", "video")),
        ("shortvideo", "<MediaId>v</MediaId>", MediaRef("v", "video")),
    ],
)
def test_media_are_kept_as_references(msg_type: str, inner: str, media: MediaRef) -> None:
    got = message(msg_type, inner)
    assert got.kind is Kind(media.kind)
    assert got.media == media
    assert (got.text, got.allowance) == ("", "message")


def test_recognised_words_of_a_voice_are_its_text() -> None:
    got = message("voice", "<MediaId>m</MediaId><Recognition><![CDATA[路灯坏了]]></Recognition>")
    assert got.text == "路灯坏了"


def test_shared_location_keeps_its_datum_and_label() -> None:
    inner = "<Location_X>23.134521</Location_X><Location_Y>113.358803</Location_Y><Scale>20</Scale>"
    got = message("location", inner + "<Label><![CDATA[天河路 1 号]]></Label>")
    assert got.kind is Kind.LOCATION
    assert got.point == Point(23.134521, 113.358803, Datum.GCJ02, "天河路 1 号")


def test_link_gives_its_lines() -> None:
    got = message("link", "<Title>旧闻</Title><Description/><Url>http://a.cn/?x=1</Url>")
    assert (got.kind, got.text) == (Kind.LINK, "旧闻\nhttp://a.cn/?x=1")


@pytest.mark.parametrize(
    ("name", "inner", "expected"),
    [
        ("subscribe", "<EventKey></EventKey>", (Kind.FOLLOW, "", "", "action")),
        (
            "subscribe",
            "<EventKey><![CDATA[qrscene_lamp_18]]></EventKey><Ticket>T</Ticket>",
            (Kind.FOLLOW, "lamp_18", "", "action"),
        ),
        (
            "subscribe",
            "<EventKey><![CDATA[last_trade_no_4200]]></EventKey>",
            (Kind.FOLLOW, "", "", "action"),
        ),
        ("unsubscribe", "<EventKey/>", (Kind.UNFOLLOW, "", "", "")),
        ("SCAN", "<EventKey>lamp_18</EventKey>", (Kind.SCAN, "lamp_18", "", "action")),
        ("scan", "<EventKey>lamp_18</EventKey>", (Kind.SCAN, "lamp_18", "", "action")),
        ("CLICK", "<EventKey>file</EventKey>", (Kind.MENU, "", "file", "action")),
        ("click", "<EventKey>file</EventKey>", (Kind.MENU, "", "file", "action")),
        ("VIEW", "<EventKey>http://a.cn</EventKey>", (Kind.IGNORED, "", "", "")),
        ("LOCATION", "<Latitude>x</Latitude>", (Kind.IGNORED, "", "", "")),
    ],
)
def test_events_by_kind(name: str, inner: str, expected: tuple[object, ...]) -> None:
    got = event(name, inner)
    assert (got.kind, got.scene, got.menu, got.allowance) == expected


@pytest.mark.parametrize("name", ["scancode_push", "scancode_waitmsg"])
def test_scan_from_a_menu_carries_what_was_read(name: str) -> None:
    inner = "<EventKey>read</EventKey><ScanCodeInfo><ScanType>qrcode</ScanType>"
    got = event(name, inner + "<ScanResult>lamp 18</ScanResult></ScanCodeInfo>")
    assert (got.kind, got.menu, got.text, got.allowance) == (Kind.MENU, "read", "lamp 18", "action")


@pytest.mark.parametrize("name", sorted(IGNORED_EVENTS) + ["card_pass_check", "brand_new_event"])
def test_events_of_no_concern_are_ignored(name: str) -> None:
    for written in (name, name.upper()):
        got = parse(event_push(written, "<EventKey/><Nested><A>1</A><A>2</A></Nested>"))
        assert got.message.kind is Kind.IGNORED
        label = f"event:{name}" if name in IGNORED_EVENTS else "event:unknown"
        assert got.label == label


def test_unknown_type_is_ignored_and_counted_under_one_name() -> None:
    got = parse(push("<MsgType>hologram</MsgType><MsgId>1</MsgId>"))
    assert (got.message.kind, got.label) == (Kind.IGNORED, "unknown")


@pytest.mark.parametrize(
    ("status", "delivered"),
    [
        ("success", True),
        ("failed:user block", False),
        ("failed: system failed", False),
        ("", False),
    ],
)
def test_receipt_of_a_template_message(status: str, delivered: bool) -> None:
    got = event("TEMPLATESENDJOBFINISH", f"<MsgID>200163836</MsgID><Status>{status}</Status>")
    assert got.kind is Kind.RECEIPT
    assert got.receipts == (Receipt("200163836", "", delivered, status),)


LISTED = "<List><TemplateId>T1</TemplateId><{0}>{1}</{0}><PopupScene>2</PopupScene></List>"


@pytest.mark.parametrize("outer", ["SubscribeMsgPopupEvent", "SubscribeMsgChangeEvent"])
@pytest.mark.parametrize("answers", [("accept",), ("reject",), ("accept", "reject", "ACCEPT")])
def test_consents_single_or_many(outer: str, answers: tuple[str, ...]) -> None:
    name = "subscribe_msg_popup_event" if "Popup" in outer else "subscribe_msg_change_event"
    inner = "".join(LISTED.format("SubscribeStatusString", answer) for answer in answers)
    got = event(name, f"<{outer}>{inner}</{outer}>")
    assert got.kind is Kind.CONSENT
    assert got.consents == tuple(Consent("T1", a.lower() == "accept") for a in answers)


def test_receipts_of_subscription_notices() -> None:
    one = "<List><TemplateId>T1</TemplateId><MsgID>7</MsgID><ErrorCode>0</ErrorCode><ErrorStatus>success</ErrorStatus></List>"
    two = one.replace(">0<", ">43101<").replace("success", "user refuse").replace(">7<", ">8<")
    got = event(
        "subscribe_msg_sent_event", f"<SubscribeMsgSentEvent>{one}{two}</SubscribeMsgSentEvent>"
    )
    assert got.receipts == (
        Receipt("7", "T1", True, "0 success"),
        Receipt("8", "T1", False, "43101 user refuse"),
    )


class TestKeys:
    def test_attempts_of_one_message_share_a_key(self) -> None:
        assert parse(text_push()).message.key == parse(text_push()).message.key

    def test_same_msgid_of_two_citizens_is_two_messages(self) -> None:
        inner = "<MsgType>text</MsgType><Content>a</Content><MsgId>1</MsgId>"
        keys = {parse(push(inner, citizen=who)).message.key for who in ("oA", "oB")}
        assert len(keys) == 2

    def test_different_events_in_one_second_have_different_keys(self) -> None:
        pushes = [
            event_push("subscribe"),
            event_push("SCAN", "<EventKey>1</EventKey>"),
            event_push("SCAN", "<EventKey>2</EventKey>"),
            event_push("CLICK", "<EventKey>1</EventKey>"),
            event_push("LOCATION"),
            event_push("TEMPLATESENDJOBFINISH", "<MsgID>1</MsgID><Status>success</Status>"),
            event_push("TEMPLATESENDJOBFINISH", "<MsgID>2</MsgID><Status>success</Status>"),
            *(
                event_push(
                    "subscribe_msg_sent_event",
                    f"<SubscribeMsgSentEvent><List><TemplateId>T</TemplateId><MsgID>{n}</MsgID>"
                    "</List></SubscribeMsgSentEvent>",
                )
                for n in (1, 2)
            ),
            event_push("unsubscribe"),
            event_push("unsubscribe", created=CREATED + 1),
        ]
        assert len({parse(xml).message.key for xml in pushes}) == len(pushes)

    def test_key_does_not_show_the_open_id(self) -> None:
        assert CITIZEN not in parse(text_push()).message.key


@pytest.mark.parametrize(
    "xml",
    [
        b"<xml></xml>",
        b"<xml>words</xml>",
        b"<xml><MsgType/></xml>",
        b"<xml><MsgType>text</MsgType><MsgType>text</MsgType></xml>",
        b"<xml><MsgType><a>1</a></MsgType></xml>",
        push("<MsgType>text</MsgType><Content><b>x</b></Content>"),
        push("<MsgType>event</MsgType>"),
        push("<MsgType>event</MsgType><Event><x/></Event>"),
        push("<MsgType>event</MsgType><Event>subscribe</Event><EventKey><a>1</a></EventKey>"),
        push("<MsgType>location</MsgType><Location_X>north</Location_X><Location_Y>1</Location_Y>"),
        push("<MsgType>location</MsgType><Location_X>nan</Location_X><Location_Y>1</Location_Y>"),
        push("<MsgType>location</MsgType><Location_X>91</Location_X><Location_Y>1</Location_Y>"),
        push("<MsgType>location</MsgType><Location_X>9</Location_X>"),
        push("<MsgType>image</MsgType>"),
        push("<MsgType>voice</MsgType>"),
        push("<MsgType>text</MsgType><Content>a</Content>", citizen=""),
        push("<MsgType>text</MsgType><Content>a</Content>", citizen="两 个"),
        push("<MsgType>text</MsgType><Content>a</Content>", created=10**30),
        push("<MsgType>text</MsgType>").replace(str(CREATED).encode(), b"soon"),
        push("<MsgType>text</MsgType>").replace(str(CREATED).encode(), b"-5"),
    ],
)
def test_values_without_sense_are_a_bad_message(xml: bytes) -> None:
    with pytest.raises(BadMessage):
        parse(xml)


BOMB = b"""<?xml version="1.0"?><!DOCTYPE xml [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;">]>
<xml><MsgType>text</MsgType><Content>&b;</Content></xml>"""


@pytest.mark.parametrize(
    "xml",
    [b"", b"{}", b'{"MsgType":"text"}', b"<xml>", b"<html/>", b"\xff\xfe", b"words", BOMB]
    + [b'<!DOCTYPE xml SYSTEM "file:///etc/passwd"><xml/>', b'<xml xmlns="urn:x"/>'],
)
def test_what_is_no_document_of_ours_is_refused(xml: bytes) -> None:
    with pytest.raises(BadXml):
        parse(xml)


TAGS = st.sampled_from(
    ["MsgType", "Event", "Content", "EventKey", "List", "FromUserName", "CreateTime", "MsgID"]
    + ["Location_X", "SubscribeMsgPopupEvent", "ScanCodeInfo", "MediaId"]
)
VALUES = st.sampled_from(
    ["", "text", "event", "location", "subscribe", "SCAN", "1", "1e999", "inf"]
)
ELEMENTS = st.recursive(
    st.tuples(TAGS, VALUES).map(lambda e: f"<{e[0]}>{e[1]}</{e[0]}>"),
    lambda inner: st.tuples(TAGS, st.lists(inner, max_size=4)).map(
        lambda e: f"<{e[0]}>{''.join(e[1])}</{e[0]}>"
    ),
    max_leaves=12,
)


@given(st.lists(ELEMENTS, max_size=8), st.booleans())
def test_any_document_is_a_message_or_a_bad_one(elements: list[str], with_head: bool) -> None:
    body = "".join(elements)
    xml = push(body) if with_head else f"<xml>{body}</xml>".encode()
    with contextlib.suppress(BadMessage):
        assert isinstance(parse(xml), Push)


@pytest.mark.parametrize(
    "inner",
    ["<a>" * 11 + "</a>" * 11, "<a/>" * 1001, "<a>" * 20_000 + "</a>" * 20_000],
    ids=["deep", "crowded", "bottomless"],
)
def test_a_deep_or_crowded_document_is_not_read(inner: str) -> None:
    with pytest.raises(BadXml):
        parse(text_push(extra=inner))
