"""XML as it is written and read."""

from __future__ import annotations

import pytest
from werobot.parser import parse_xml

from simulator import messages
from simulator.wire import Bare, MalformedXml, parse, render


def test_strings_stand_in_cdata_and_numbers_bare() -> None:
    xml = render([("Content", "您好 <b>"), ("MsgId", 123), ("Location_X", Bare("30.25"))])
    assert "<Content><![CDATA[您好 <b>]]></Content>" in xml
    assert "<MsgId>123</MsgId>" in xml
    assert "<Location_X>30.25</Location_X>" in xml


def test_the_end_of_cdata_cannot_be_injected() -> None:
    nasty = "a]]></Content><MsgType>event</MsgType>"
    assert parse(render([("Content", nasty)])) == {"Content": nasty}


def test_an_independent_parser_reads_a_nested_event() -> None:
    extra = messages.sent_event("tpl", 42)
    row = parse_xml(render(extra).encode())["SubscribeMsgSentEvent"]["List"]
    assert row == {
        "TemplateId": "tpl",
        "MsgID": "42",
        "ErrorCode": "0",
        "ErrorStatus": "success",
    }


def test_repeated_elements_become_a_list() -> None:
    fields = messages.event("x", {"E": {"List": [{"A": "1"}, {"A": "2"}]}})
    assert parse(render(fields))["E"]["List"] == [{"A": "1"}, {"A": "2"}]
    once = messages.event("x", {"E": {"List": {"A": "1"}}})
    assert parse(render(once))["E"]["List"] == {"A": "1"}


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b'{"a":1}',
        b"<xml><a></xml>",
        b"<html></html>",
        b"<xml>\xff\xfe</xml>",
        b'<!DOCTYPE x [<!ENTITY a "b">]><xml>&a;</xml>',
        b"<xml/>trailing",
    ],
)
def test_what_is_not_one_xml_element_is_malformed(body: bytes) -> None:
    with pytest.raises(MalformedXml):
        parse(body)
