"""The callback as the platform treats it: query, envelope, cut, attempts, notice."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from simulator.crypto import sign
from tests.simulator.callback import Callback as AccountCallback
from tests.simulator.callback import Received, text_reply
from tests.simulator.conftest import World

Start = Callable[..., World]
NOTICE = "该公众号提供的服务出现故障，请稍后再试"


def test_the_address_is_verified_with_exact_bytes(world: World) -> None:
    assert world.driver.verify()


@pytest.mark.parametrize(
    ("mode", "extra"),
    [
        ("plain", set()),
        ("compatible", {"encrypt_type", "msg_signature"}),
        ("safe", {"encrypt_type", "msg_signature"}),
    ],
)
def test_query_and_body_by_mode(start: Start, mode: str, extra: set[str]) -> None:
    world = start(mode=mode)
    citizen = world.driver.citizen("李女士")
    assert citizen.say("您好") == ["收到：您好"]
    (received,) = world.callback.received
    assert set(received.query) == {"signature", "timestamp", "nonce", "openid"} | extra
    query = received.query
    assert query["signature"] == sign(world.config.token, query["timestamp"], query["nonce"])
    assert abs(int(query["timestamp"]) - time.time()) < 60
    assert ("<Content>" in received.body) == (mode != "safe")
    assert ("<Encrypt>" in received.body) == (mode != "plain")
    assert received.fields["FromUserName"] == citizen.openid == query["openid"]
    assert received.fields["ToUserName"] == world.config.original_id


def test_a_silent_callback_is_cut_and_asked_three_times_with_one_msg_id(start: Start) -> None:
    world = start(cut_s=0.3)
    world.callback.answer = lambda callback, received: None
    citizen = world.driver.citizen("李女士")
    assert citizen.say("在吗") == [NOTICE]
    exchange = citizen.last["exchange"]
    assert (exchange["outcome"], exchange["reason"]) == ("fault", "timeout")
    assert [row["result"] for row in exchange["attempts"]] == ["timeout"] * 3
    assert len({r.fields["MsgId"] for r in world.callback.received}) == 1
    assert len({r.query["msg_signature"] for r in world.callback.received}) == 3


def test_the_third_attempt_may_answer(start: Start) -> None:
    world = start(cut_s=0.45)

    def answer(callback: AccountCallback, received: Received) -> bytes | None:
        if received.number < 3:
            return None
        return text_reply(callback, received, "久等了")

    world.callback.answer = answer
    citizen = world.driver.citizen("李女士")
    assert citizen.say("在吗") == ["久等了"]
    assert citizen.last["exchange"]["outcome"] == "replied"


def test_an_answer_on_a_cut_connection_is_dropped(start: Start) -> None:
    world = start(attempts=1, cut_s=0.3)
    late = threading.Event()

    def answer(callback: AccountCallback, received: Received) -> bytes:
        time.sleep(0.45)
        late.set()
        return text_reply(callback, received, "太晚了")

    world.callback.answer = answer
    citizen = world.driver.citizen("李女士")
    assert citizen.say("在吗") == [NOTICE]
    assert late.wait(2)
    assert "太晚了" not in [line["text"] for line in citizen.messages()]


@pytest.mark.parametrize("status", [404, 500, 502])
def test_an_http_error_is_tried_again(world: World, status: int) -> None:
    world.callback.answer = lambda callback, received: (
        status if received.number == 1 else b"success"
    )
    citizen = world.driver.citizen("李女士")
    citizen.say("在吗")
    assert [row["status"] for row in citizen.last["exchange"]["attempts"]] == [status, 200]
    assert citizen.last["exchange"]["outcome"] == "accepted"


def test_a_refused_connection_is_tried_again_and_told(start: Start) -> None:
    world = start()
    world.callback.close()
    citizen = world.driver.citizen("李女士")
    assert citizen.say("在吗") == [NOTICE]
    assert citizen.last["exchange"]["reason"] == "unreachable"
    assert len(citizen.last["exchange"]["attempts"]) == 3


@pytest.mark.parametrize("body", [b"ok", b'{"a":1}', "<xml>坏".encode()])
def test_a_malformed_reply_is_told_at_once_without_another_attempt(
    world: World, body: bytes
) -> None:
    world.callback.answer = lambda callback, received: body
    citizen = world.driver.citizen("李女士")
    assert citizen.say("在吗") == [NOTICE]
    assert len(citizen.last["exchange"]["attempts"]) == 1
    assert citizen.last["exchange"]["reason"] == "malformed"


@pytest.mark.parametrize("event", ["LOCATION", "unsubscribe", "subscribe_msg_sent_event"])
def test_silent_events_show_neither_reply_nor_notice(world: World, event: str) -> None:
    world.callback.answer = lambda callback, received: text_reply(callback, received, "您好")
    citizen = world.driver.citizen("李女士")
    assert citizen.event(event) == []
    assert citizen.last["exchange"]["reason"] == "reply_not_allowed"
    assert citizen.messages() == []


def test_a_message_may_be_handed_to_an_agent_but_an_event_may_not(world: World) -> None:
    def answer(callback: AccountCallback, received: Received) -> bytes:
        xml = (
            f"<xml><ToUserName>{received.query['openid']}</ToUserName>"
            f"<FromUserName>{callback.config.original_id}</FromUserName>"
            "<CreateTime>1</CreateTime><MsgType>transfer_customer_service</MsgType></xml>"
        )
        return callback.seal(xml, received.query["nonce"])

    world.callback.answer = answer
    citizen = world.driver.citizen("李女士")
    citizen.say("转人工")
    assert citizen.last["exchange"]["outcome"] == "replied"
    assert citizen.messages()[-1]["text"] == "已转接人工客服"
    citizen.scan("lamp")
    assert citizen.last["exchange"]["reason"] == "event_to_agent"


def test_success_shows_nothing(world: World) -> None:
    world.callback.answer = lambda callback, received: b"success"
    citizen = world.driver.citizen("李女士")
    assert citizen.say("在吗") == []
    assert citizen.last["exchange"]["outcome"] == "accepted"


def test_twenty_five_citizens_are_pushed_at_the_same_time(start: Start) -> None:
    world = start()
    together = threading.Barrier(25, timeout=10)

    def answer(callback: AccountCallback, received: Received) -> bytes:
        together.wait()
        return text_reply(callback, received, "都到了")

    world.callback.answer = answer
    citizens = [world.driver.create_citizen(f"市民{n}") for n in range(25)]
    with ThreadPoolExecutor(25) as pool:
        answers = list(pool.map(lambda c: c.say("在吗"), citizens))
    assert answers == [["都到了"]] * 25


def test_a_push_without_waiting_returns_at_once_and_can_be_polled(world: World) -> None:
    release = threading.Event()
    world.callback.answer = lambda callback, received: b"success" if release.wait(2) else None
    citizen = world.driver.citizen("李女士")
    citizen.say("在吗", wait=False)
    exchange = citizen.last["exchange"]
    assert exchange["done"] is False
    release.set()
    for _ in range(100):
        now = world.driver.get(f"control/exchanges/{exchange['id']}")
        if now["outcome"] != "pending":
            break
        time.sleep(0.01)
    assert now["outcome"] in {"accepted", "fault"}
