"""How much may be sent, by the clock: the 48 h and 1 min windows, typing, consent."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.simulator.conftest import World

Start = Callable[..., World]
MENU = {"button": [{"type": "click", "name": "我要反映", "key": "GO"}]}


@pytest.fixture
def openid(world: World) -> str:
    return world.driver.citizen("李女士").openid


def test_nothing_may_be_sent_before_the_citizen_does_something(world: World, openid: str) -> None:
    assert world.account.send_text(openid, "您好") == 45015


def test_the_sixth_message_is_refused_and_a_new_word_resets_to_five(world: World) -> None:
    citizen = world.driver.citizen("李女士")
    citizen.say("您好")
    assert [world.account.send_text(citizen.openid, "a") for _ in range(6)] == [0] * 5 + [45047]
    citizen.say("再问一下")
    assert [world.account.send_text(citizen.openid, "a") for _ in range(6)] == [0] * 5 + [45047]


def test_under_the_other_policy_a_new_word_adds_five(world: World) -> None:
    world.driver.account(allowance_policy="add")
    citizen = world.driver.citizen("李女士")
    citizen.say("一")
    citizen.say("二")
    assert [world.account.send_text(citizen.openid, "a") for _ in range(11)] == [0] * 10 + [45047]


def test_the_window_closes_after_48_hours(world: World) -> None:
    citizen = world.driver.citizen("李女士")
    citizen.say("您好")
    world.driver.advance(48 * 3600 - 60)
    assert world.account.send_text(citizen.openid, "还行") == 0
    world.driver.advance(61)
    assert world.account.send_text(citizen.openid, "太晚") == 45015


@pytest.mark.parametrize("act", ["menu", "follow", "scan", "tap"])
def test_other_acts_allow_three_in_a_minute(world: World, act: str) -> None:
    world.account.post("menu/create", MENU)
    citizen = world.driver.citizen("小陈" if act == "follow" else "李女士")
    acts = {
        "menu": lambda: citizen.menu("GO"),
        "follow": lambda: citizen.follow(),
        "scan": lambda: citizen.scan("s"),
        "tap": lambda: citizen.tap({"id": "1", "text": "确认"}),
    }
    acts[act]()
    assert [world.account.send_text(citizen.openid, "a") for _ in range(4)] == [0, 0, 0, 45047]
    acts[act]()
    world.driver.advance(61)
    assert world.account.send_text(citizen.openid, "a") == 45015


def test_a_view_button_allows_nothing(world: World, openid: str) -> None:
    button = {"type": "view", "name": "网站", "url": "https://example.com/"}
    world.account.post("menu/create", {"button": [button]})
    world.driver.citizen("李女士").menu("网站")
    assert world.callback.received[-1].fields["Event"] == "VIEW"
    assert world.account.send_text(openid, "a") == 45015


def test_leaving_closes_the_window(world: World) -> None:
    citizen = world.driver.citizen("李女士")
    citizen.say("您好")
    citizen.unfollow()
    assert world.account.send_text(citizen.openid, "a") == 45015


def test_who_never_followed_needs_to_follow(world: World) -> None:
    openid = world.driver.citizen("小陈").openid
    assert world.account.send_text(openid, "a") == 43004


def test_passive_replies_use_nothing(world: World) -> None:
    citizen = world.driver.citizen("李女士")
    citizen.say("您好")
    assert world.driver.ledger(citizen.openid)["left"] == 5


def test_typing_needs_a_fresh_touch_and_is_cleared_by_a_message(world: World) -> None:
    citizen = world.driver.citizen("李女士")

    def typing(command: str = "Typing") -> int:
        body = {"touser": citizen.openid, "command": command}
        return world.account.post("message/custom/typing", body)["errcode"]

    assert typing() == 45015
    citizen.say("您好")
    assert typing("Dance") == 45072
    assert [typing(), typing()] == [0, 45081]
    world.account.send_text(citizen.openid, "来了")
    assert [typing(), typing("CancelTyping"), typing()] == [0, 0, 0]
    world.driver.advance(31)
    assert typing() == 45080
