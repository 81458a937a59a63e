"""What strangers and the platform may send to the callback, and what they get."""

from __future__ import annotations

import re
import time

import pytest

from simulator.driver import Citizen, SimulatorDriver
from tests.e2e.server import ProductServer
from tests.e2e.wire import Wire, text_xml

GARBAGE = [
    b"",
    b"\x00\xff\xfe garbage",
    b"{}",
    b'{"ToUserName": "gh"}',
    b"<xml>",
    b"<xml></xml>",
    b"<xml><Encrypt></Encrypt></xml>",
    b"<xml><Encrypt>bm9uc2Vuc2U=</Encrypt></xml>",
    b'<!DOCTYPE x [<!ENTITY a "b">]><xml><Encrypt>&a;</Encrypt></xml>',
    b"<xml>" + b"<a>" * 5000,
]
SENSELESS = [
    "",
    "no xml at all",
    "{}",
    "<xml></xml>",
    "<xml><MsgType></MsgType></xml>",
    "<xml><MsgType><![CDATA[text]]></MsgType></xml>",
    "<xml><FromUserName>o1</FromUserName><MsgType>hologram</MsgType></xml>",
    text_xml("oX", "x").replace("CreateTime>", "CreateTime>x", 1),
]


@pytest.fixture
def wire(server: ProductServer) -> Wire:
    return Wire(server)


def test_the_url_is_verified_with_the_exact_bytes(driver: SimulatorDriver) -> None:
    assert driver.verify()


def test_a_get_without_parameters_is_refused(server: ProductServer) -> None:
    assert 400 <= server.get("/wechat").status_code < 500


def test_a_get_with_a_wrong_signature_is_403(server: ProductServer, wire: Wire) -> None:
    query = {**wire.signed(), "signature": "0" * 40, "echostr": "42"}
    assert server.get("/wechat", **query).status_code == 403


@pytest.mark.parametrize("name", ["signature", "msg_signature"])
def test_a_post_with_a_wrong_signature_is_403(wire: Wire, name: str) -> None:
    xml = text_xml("oNobody", "您好")
    encrypted = wire.cipher.encrypt(xml)
    body = f"<xml><Encrypt>{encrypted}</Encrypt></xml>".encode()
    query = wire.sealed(encrypted)
    wrong = {**query, "msg_signature": "0" * 40}
    if name == "signature":
        wrong = {**wire.signed(), "signature": "0" * 40, "openid": "oX"}
    assert wire.post(body, wrong).status_code == 403
    assert wire.post(body, query).status_code == 200


def test_an_old_push_is_not_taken_again(wire: Wire) -> None:
    old = wire.signed(at=time.time() - 3600)
    assert wire.post(text_xml("oX", "您好").encode(), old).status_code == 403


@pytest.mark.parametrize("body", GARBAGE)
def test_garbage_is_never_a_server_error(wire: Wire, body: bytes) -> None:
    for query in ({}, wire.signed(), wire.sealed("bm9uc2Vuc2U=")):
        assert wire.post(body, query).status_code < 500


@pytest.mark.parametrize("xml", SENSELESS)
def test_an_authentic_push_without_sense_is_never_a_server_error(wire: Wire, xml: str) -> None:
    answer = wire.safe(xml)
    assert answer.status_code < 500
    assert answer.status_code >= 400 or answer.text in ("", "success")


def test_a_huge_body_is_refused(wire: Wire) -> None:
    assert wire.post(b"x" * 2_000_000, wire.signed()).status_code == 413


@pytest.mark.parametrize("mode", ["safe", "compatible"])
def test_safe_and_compatible_mode_work_with_the_same_settings(
    wire: Wire, citizen: Citizen, mode: str
) -> None:
    answer = getattr(wire, mode)(text_xml(citizen.openid, "您好"))
    encrypted = re.search(r"<Encrypt><!\[CDATA\[(.*?)\]\]></Encrypt>", answer.text, re.DOTALL)
    assert encrypted, answer.text
    plain = wire.cipher.decrypt(encrypted.group(1))
    assert f"<ToUserName><![CDATA[{citizen.openid}]]></ToUserName>" in plain
    assert "MsgType" in plain


def test_events_that_allow_no_answer_get_success(citizen: Citizen) -> None:
    place = {"Latitude": "30.28", "Longitude": "120.12", "Precision": "40.0"}
    assert citizen.event("LOCATION", place) == []
    assert answer_of(citizen) in ("", "success")
    assert citizen.unfollow() == []
    assert answer_of(citizen) in ("", "success")
    assert citizen.last["exchange"]["outcome"] == "accepted"


def test_an_unknown_event_gets_success(citizen: Citizen) -> None:
    assert citizen.event("brand_new_event", {"Thing": "1"}) == []
    assert answer_of(citizen) in ("", "success")


def test_an_injected_element_stays_text(citizen: Citizen) -> None:
    answers = citizen.say("]]></Content><MsgType><![CDATA[image]]></MsgType><x><![CDATA[ 您好")
    assert citizen.last["exchange"]["outcome"] == "replied"
    assert answers


def answer_of(citizen: Citizen) -> str:
    attempts = citizen.last["exchange"]["attempts"]
    assert len(attempts) == 1
    return str(attempts[0]["response_body"])
