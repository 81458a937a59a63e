"""What an account's server may send, and how the platform refuses the rest."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from tests.simulator.conftest import World

NOTICE = "message/subscribe/bizsend"
TEMPLATE = "message/template/send"


def send(world: World, **body: Any) -> dict[str, Any]:
    citizen = world.driver.citizen("李女士")
    citizen.say("您好")
    return world.account.post("message/custom/send", {"touser": citizen.openid, **body})


def text(content: str) -> dict[str, Any]:
    return {"msgtype": "text", "text": {"content": content}}


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (text("声" * 682 + "ab"), 0),
        (text("声" * 683), 45002),
        (text(""), 44004),
        ({"msgtype": "poem", "poem": {}}, 40008),
        ({"msgtype": "text"}, 47001),
        ({"msgtype": "image", "image": {"media_id": "gone"}}, 40007),
        ({"msgtype": "news", "news": {"articles": [{}, {}]}}, 45008),
        ({"msgtype": "msgmenu", "msgmenu": {"list": []}}, 47001),
        ({**text("x"), "touser": "oNobody"}, 40003),
    ],
)
def test_custom_send_codes(world: World, body: dict[str, Any], code: int) -> None:
    answer = send(world, **body)
    assert answer["errcode"] == code
    assert ("rid: " in answer["errmsg"]) == (code != 0)


def test_escaped_json_is_shown_as_written(world: World) -> None:
    citizen = world.driver.citizen("李女士")
    citizen.say("您好")
    world.account.send_text(citizen.openid, "您<", escaped=True)
    assert citizen.messages()[-1]["text"] == "\\u60a8<"
    world.account.send_text(citizen.openid, 'a\\u60a8 "引号"\n换行')
    assert citizen.messages()[-1]["text"] == 'a\\u60a8 "引号"\n换行'
    world.account.send_text(citizen.openid, "您好")
    assert citizen.messages()[-1]["text"] == "您好"
    assert citizen.messages()[-1]["via"] == "custom"


def test_a_menu_message_can_be_tapped(world: World) -> None:
    citizen = world.driver.citizen("李女士")
    rows = [{"id": "1", "content": "解决了"}, {"id": "2", "content": "没解决"}]
    menu = {"head_content": "问题解决了吗？", "list": rows, "tail_content": "谢谢"}
    send(world, msgtype="msgmenu", msgmenu=menu)
    assert citizen.messages()[-1]["text"] == "问题解决了吗？\n解决了\n没解决\n谢谢"
    assert citizen.tap("没解决") == ["收到：没解决"]
    assert world.callback.received[-1].fields["bizmsgmenuid"] == "2"


@pytest.mark.parametrize(
    ("body", "code"),
    [(b"", 44002), (b"{", 47001), (b"[]", 47001), (b"\xff", 47001)],
)
def test_bodies_that_are_no_json_object(world: World, body: bytes, code: int) -> None:
    url = f"{world.account.base}/message/custom/send?access_token={world.account.token}"
    answer = requests.post(url, data=body, timeout=5)
    assert (answer.status_code, answer.json()["errcode"]) == (200, code)


def test_methods_and_paths(world: World) -> None:
    assert world.account.get("message/custom/send").json()["errcode"] == 43002
    assert world.account.post("menu/get", {})["errcode"] == 43001
    assert world.account.get("no/such/thing").json()["errcode"] == 40066


def test_an_unverified_account_is_not_authorised(world: World) -> None:
    world.driver.account(verified=False)
    assert send(world, **text("x"))["errcode"] == 48001
    world.driver.account(verified=True)
    assert send(world, **text("x"))["errcode"] == 0


def notice(world: World, **values: str) -> dict[str, Any]:
    data = {key: {"value": value} for key, value in values.items()}
    body = {"touser": world.driver.citizen("李女士").openid, "data": data}
    return {**body, "template_id": world.config.notice_template_id}


def test_a_notification_needs_a_consent_and_uses_it(world: World) -> None:
    citizen = world.driver.citizen("李女士")
    body = notice(world, character_string1="HZ-261123-0417", phrase2="办理中")
    assert world.account.post(NOTICE, body)["errcode"] == 43101
    world.driver.consent(citizen.openid)
    popup = world.callback.received[-1].fields
    assert popup["Event"] == "subscribe_msg_popup_event"
    assert world.account.post(NOTICE, body) == {"errcode": 0, "errmsg": "ok"}
    assert "受理编号：HZ-261123-0417" in citizen.wait_for("办理中")
    assert world.account.post(NOTICE, body)["errcode"] == 43101


def test_a_long_term_consent_lasts_until_withdrawn(world: World) -> None:
    citizen = world.driver.citizen("李女士")
    body = notice(world, thing1="x")
    world.driver.consent(citizen.openid, long_term=True)
    assert [world.account.post(NOTICE, body)["errcode"] for _ in range(3)] == [0, 0, 0]
    world.driver.consent(citizen.openid, accept=False)
    assert world.callback.of_kind("Event", "subscribe_msg_change_event")
    assert world.account.post(NOTICE, body)["errcode"] == 43101


@pytest.mark.parametrize(
    ("key", "good", "bad"),
    [
        ("thing1", "声" * 20, "声" * 21),
        ("character_string1", "HZ-261123-0417", "编号1"),
        ("phrase1", "办理完毕了", "正在办理中啊"),
        ("time1", "2026-11-23 15:20", "明天"),
        ("date1", "2026年11月23日", "soon"),
        ("number1", "12.5", "12个"),
        ("letter1", "abc", "abc1"),
        ("amount1", "¥12.50元", "十二"),
        ("phone_number1", "+86-571-12345", "电话12345"),
        ("name1", "王大爷", "王" * 11),
        ("car_number1", "浙A12345", "浙A12345678"),
    ],
)
def test_values_by_type(world: World, key: str, good: str, bad: str) -> None:
    world.driver.consent(world.driver.citizen("李女士").openid)
    refused = world.account.post(NOTICE, notice(world, **{key: bad}))
    assert refused["errcode"] == 47003
    assert f"data.{key}.value" in refused["errmsg"]
    assert world.account.post(NOTICE, notice(world, **{key: good}))["errcode"] == 0


def test_a_template_message_is_receipted_and_its_repeat_harmless(world: World) -> None:
    citizen = world.driver.citizen("李女士")
    body = {**notice(world, thing3="完成"), "template_id": world.config.message_template_id}
    body["client_msg_id"] = "once"
    first, second = (world.account.post(TEMPLATE, body) for _ in range(2))
    assert first["msgid"] == second["msgid"]
    citizen.wait_for("完成")
    assert len([ln for ln in citizen.messages() if ln["via"] == "template"]) == 1
    for exchange in world.driver.exchanges(kind="push"):
        assert exchange["title"] == "模板消息回执"
    unknown = world.account.post(TEMPLATE, {**body, "template_id": "x"})
    assert unknown["errcode"] == 40037
    citizen.unfollow()
    assert world.account.post(TEMPLATE, body)["errcode"] == 43004


def test_old_template_values_are_cut_without_a_word(world: World) -> None:
    citizen = world.driver.citizen("李女士")
    data = {"first": {"value": "开头"}, "keyword1": {"value": "字" * 25}}
    template_id = world.config.message_template_id
    body = {"touser": citizen.openid, "template_id": template_id, "data": data}
    assert world.account.post(TEMPLATE, body)["errcode"] == 0
    shown = citizen.wait_for("字")
    assert "开头" not in shown
    assert shown.count("字") == 20
