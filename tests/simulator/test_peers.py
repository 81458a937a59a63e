"""wechatpy, which knows nothing of this simulator, as the account's client and as its parser."""

from __future__ import annotations

from typing import Any

import pytest
from wechatpy import WeChatClient, parse_message
from wechatpy.crypto import WeChatCrypto
from wechatpy.exceptions import WeChatClientException

from tests.simulator.conftest import World


@pytest.fixture
def client(world: World) -> Any:
    class Client(WeChatClient):
        API_BASE_URL = f"{world.account.base}/"

    # Its token address is fixed in its code, so it is given a token.
    token = world.account.token
    return Client(world.config.app_id, world.config.app_secret, token, timeout=5, auto_retry=False)


def test_a_peer_sends_every_kind_of_message(world: World, client: Any) -> None:
    citizen = world.driver.citizen("李女士")
    citizen.say("您好")
    picture = client.media.upload("image", ("a.png", b"picture"))["media_id"]
    client.message.send_text(citizen.openid, "您好")
    client.message.send_image(citizen.openid, picture)
    article = {"title": "办事指南", "description": "", "image": "", "url": "https://a.example/"}
    client.message.send_articles(citizen.openid, [article])
    kinds = [line["kind"] for line in citizen.messages() if line["via"] == "custom"]
    assert kinds == ["text", "image", "news"]
    assert client.media.download(picture).content == b"picture"


def test_a_peer_sees_our_codes_as_its_exceptions(world: World, client: Any) -> None:
    with pytest.raises(WeChatClientException) as caught:
        client.message.send_text(world.driver.citizen("李女士").openid, "您好")
    assert caught.value.errcode == 45015


def test_a_peer_manages_menu_codes_users_and_templates(world: World, client: Any) -> None:
    menu = {"button": [{"type": "click", "name": "反映", "key": "GO"}]}
    assert client.menu.create(menu)["errcode"] == 0
    assert client.menu.get()["menu"]["button"] == menu["button"]
    order = {
        "action_name": "QR_STR_SCENE",
        "expire_seconds": 60,
        "action_info": {"scene": {"scene_str": "lamp"}},
    }
    assert client.qrcode.create(order)["ticket"]
    openid = world.driver.citizen("李女士").openid
    assert client.user.get(openid)["subscribe"] == 1
    sent = client.message.send_template(
        openid, world.config.message_template_id, {"thing3": {"value": "完成"}}
    )
    assert sent["msgid"]


def test_a_peer_reads_every_kind_of_push(world: World) -> None:
    citizen = world.driver.citizen("李女士")
    citizen.say("您好")
    citizen.send_image()
    citizen.send_voice()
    citizen.send_location(30.2, 120.2, "路口")
    citizen.scan("lamp")
    citizen.event("LOCATION", {"Latitude": 30.1, "Longitude": 120.1, "Precision": 30.0})
    citizen.unfollow()
    citizen.follow("lamp")
    parsed = [parse_message(received.xml) for received in world.callback.received]
    kinds = [message.event if message.type == "event" else message.type for message in parsed]
    assert kinds == [
        "text",
        "image",
        "voice",
        "location",
        "scan",
        "location",
        "unsubscribe",
        "subscribe_scan",
    ]
    assert parsed[3].location == ("30.200000", "120.200000")
    assert all(message.source == citizen.openid for message in parsed)


def test_a_peer_opens_what_came_over_the_wire(world: World) -> None:
    world.driver.citizen("李女士").say("您好")
    (received,) = world.callback.received
    config, query = world.config, received.query
    crypto = WeChatCrypto(config.token, config.aes_key, config.app_id)
    signature, stamp, nonce = query["msg_signature"], query["timestamp"], query["nonce"]
    opened = crypto.decrypt_message(received.body, signature, stamp, nonce)
    assert parse_message(opened).content == "您好"
