"""What a citizen does arrives as the contract says; what nobody should send can be injected."""

from __future__ import annotations

import pytest

from simulator.media import silent_amr
from tests.simulator.callback import Callback, Received, text_reply
from tests.simulator.conftest import World


def last_fields(world: World) -> dict[str, str]:
    return world.callback.received[-1].fields


def test_demo_citizens_have_fixed_28_character_ids_and_one_does_not_follow(world: World) -> None:
    rows = world.driver.get("control/citizens")
    assert [row["name"] for row in rows] == ["李女士", "王大爷", "小陈"]
    assert all(len(row["openid"]) == 28 for row in rows)
    assert [row["follows"] for row in rows] == [True, True, False]
    assert len(world.driver.create_citizen("赵大妈").openid) == 28


def test_a_picture_carries_a_link_that_works(world: World) -> None:
    citizen = world.driver.citizen("李女士")
    citizen.send_image(b"\xff\xd8picture", name="a.jpg")
    fields = last_fields(world)
    media = world.account.get("media/get", media_id=fields["MediaId"])
    assert media.content == b"\xff\xd8picture"
    assert media.headers["Content-Type"] == "image/jpeg"
    assert fields["MediaId"] in media.headers["Content-disposition"]
    assert fields["PicUrl"].startswith(world.url)
    assert citizen.messages()[0]["kind"] == "image"


def test_a_voice_has_both_rates_and_no_recognition_unless_asked(world: World) -> None:
    citizen = world.driver.citizen("李女士")
    citizen.send_voice()
    fields = last_fields(world)
    assert fields["Format"] == "amr"
    assert "Recognition" not in fields
    wide = world.account.get("media/get", media_id=fields["MediaId16K"])
    assert wide.content == silent_amr(wide=True)
    citizen.send_voice(recognition="")
    assert last_fields(world)["Recognition"] == ""


def test_a_pin_has_latitude_first_and_a_label(world: World) -> None:
    world.driver.citizen("李女士").send_location(30.2084, 120.212, "康恩贝大厦")
    fields = last_fields(world)
    assert (fields["Location_X"], fields["Location_Y"]) == ("30.208400", "120.212000")
    assert fields["Label"] == "康恩贝大厦"
    assert "<Location_X>30.208400</Location_X>" in world.callback.received[-1].xml


def test_following_leaving_and_scanning(world: World) -> None:
    citizen = world.driver.citizen("小陈")
    citizen.scan("lamp-7")
    assert last_fields(world)["Event"] == "subscribe"
    assert last_fields(world)["EventKey"] == "qrscene_lamp-7"
    citizen.scan("lamp-8")
    assert (last_fields(world)["Event"], last_fields(world)["EventKey"]) == ("SCAN", "lamp-8")
    citizen.unfollow()
    assert last_fields(world)["Event"] == "unsubscribe"
    assert "MsgId" not in last_fields(world)
    with pytest.raises(RuntimeError, match="409"):
        citizen.say("还在吗")
    citizen.follow()
    assert last_fields(world)["EventKey"] == ""


def test_a_tapped_option_comes_back_as_text_with_its_id(world: World) -> None:
    link = (
        '<a href="weixin://bizmsgmenu?msgmenucontent=%E7%A1%AE%E8%AE%A4&msgmenuid=ok">1. 确认</a>'
    )
    dead = '<a href="weixin://bizmsgmenu?msgmenucontent=&msgmenuid=x">2. 空的</a>'

    def answer(callback: Callback, received: Received) -> bytes:
        return text_reply(callback, received, f"请选：\n{link}\n{dead}")

    world.callback.answer = answer
    citizen = world.driver.citizen("李女士")
    assert citizen.say("您好") == ["请选：\n1. 确认\n2. 空的"]
    options = citizen.messages()[-1]["options"]
    assert options == [{"id": "ok", "text": "确认", "label": "1. 确认"}]
    citizen.tap("ok")
    assert last_fields(world)["bizmsgmenuid"] == "ok"
    assert last_fields(world)["Content"] == "确认"


def test_two_citizens_may_share_a_msg_id(world: World) -> None:
    for name in ("李女士", "王大爷"):
        world.driver.citizen(name).say("您好", msg_id=7, create_time=1700000000)
    first, second = world.callback.received
    assert first.fields["MsgId"] == second.fields["MsgId"] == "7"
    assert first.fields["CreateTime"] == second.fields["CreateTime"] == "1700000000"
    assert first.fields["FromUserName"] != second.fields["FromUserName"]


def test_any_event_and_any_body_can_be_pushed(world: World) -> None:
    citizen = world.driver.citizen("李女士")
    citizen.event("card_from_the_future", {"EventKey": "last_trade_no_1", "CreateTime": 5})
    assert last_fields(world)["Event"] == "card_from_the_future"
    assert last_fields(world)["CreateTime"] == "5"
    citizen.inject("<xml><Strange/></xml>")
    assert world.callback.received[-1].xml == "<xml><Strange/></xml>"
    assert "<Encrypt>" in world.callback.received[-1].body
    citizen.inject("<xml><Strange/></xml>", enveloped=False)
    assert "msg_signature" not in world.callback.received[-1].query


def test_an_agents_session_hides_messages_from_the_callback(world: World) -> None:
    citizen = world.driver.citizen("李女士")
    world.driver.post(f"control/citizens/{citizen.openid}/state", {"with_agent": True})
    citizen.say("给客服的")
    assert citizen.last["exchange"]["reason"] == "hidden_by_agent"
    assert world.callback.received == []


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("control/citizens/nobody/text", {"content": "x"}, "404"),
        ("control/citizens", {}, "400"),
        ("control/citizens/李女士/text", {}, "400"),
        ("control/citizens/李女士/location", {"lat": "north"}, "400"),
        ("control/citizens/李女士/menu", {"key": "none"}, "409"),
        ("control/clock", {"advance": -1}, "400"),
        ("control/faults", {"path": "x", "errcod": 1}, "400"),
    ],
)
def test_control_says_what_is_wrong(world: World, path: str, body: dict, status: str) -> None:
    with pytest.raises(RuntimeError, match=status):
        world.driver.post(path, body)
