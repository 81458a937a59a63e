"""Media, menu, QR codes, user info, diagnostics."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from tests.simulator.conftest import World


def upload(world: World, kind: str, name: str, data: bytes) -> dict[str, Any]:
    url = f"{world.account.base}/media/upload"
    query = {"access_token": world.account.token, "type": kind}
    return requests.post(url, params=query, files={"media": (name, data)}, timeout=10).json()


def test_uploaded_media_live_three_days(world: World) -> None:
    media_id = upload(world, "image", "a.png", b"picture")["media_id"]
    world.driver.advance(3 * 86400 - 60)
    assert world.account.get("media/get", media_id=media_id).content == b"picture"
    world.driver.advance(120)
    gone = world.account.get("media/get", media_id=media_id)
    assert (gone.status_code, gone.json()["errcode"]) == (200, 40007)


@pytest.mark.parametrize(
    ("kind", "name", "data", "code"),
    [
        ("poem", "a.txt", b"x", 40004),
        ("image", "a.txt", b"x", 40005),
        ("image", "a.png", b"", 44001),
        ("voice", "a.amr", bytes(2 * 1024 * 1024 + 1), 40010),
        ("thumb", "a.jpg", bytes(64 * 1024 + 1), 40012),
    ],
)
def test_refused_uploads(world: World, kind: str, name: str, data: bytes, code: int) -> None:
    assert upload(world, kind, name, data)["errcode"] == code


def test_a_thumb_and_a_video_have_their_own_forms(world: World) -> None:
    assert upload(world, "thumb", "a.jpg", b"x")["thumb_media_id"]
    video = upload(world, "video", "a.mp4", b"film")["media_id"]
    world.driver.citizen("李女士").say("学地址")
    address = world.account.get("media/get", media_id=video).json()["video_url"]
    assert requests.get(address, timeout=5).content == b"film"


def test_no_media_id_and_no_file(world: World) -> None:
    assert world.account.get("media/get").json()["errcode"] == 41006
    assert world.account.post("media/upload", {})["errcode"] == 41005


def button(**changes: Any) -> dict[str, Any]:
    return {"type": "click", "name": "反映", "key": "GO", **changes}


def test_a_menu_is_created_tapped_and_deleted(world: World) -> None:
    help_ = {"name": "帮助", "sub_button": [button(name="转人工", key="AGENT")]}
    menu = {"button": [button(), help_]}
    assert world.account.get("menu/get").json()["errcode"] == 46003
    assert world.account.post("menu/create", menu)["errcode"] == 0
    assert world.account.get("menu/get").json()["menu"]["button"] == menu["button"]
    world.driver.citizen("李女士").menu("转人工")
    fields = world.callback.received[-1].fields
    assert (fields["Event"], fields["EventKey"]) == ("CLICK", "AGENT")
    assert world.account.get("menu/delete").json()["errcode"] == 0
    with pytest.raises(RuntimeError, match="409"):
        world.driver.citizen("李女士").menu("AGENT")


@pytest.mark.parametrize(
    ("buttons", "code"),
    [
        ([], 65307),
        ([button()] * 4, 40016),
        ([button(name="")], 40018),
        ([button(name="六个汉字啊啊")], 40018),
        ([button(type="dance")], 40017),
        ([button(key="k" * 129)], 40019),
        ([button(type="view")], 40020),
        ([{"name": "帮助", "sub_button": [button()] * 6}], 40023),
    ],
)
def test_refused_menus(world: World, buttons: list[Any], code: int) -> None:
    assert world.account.post("menu/create", {"button": buttons})["errcode"] == code


def test_a_menu_with_escapes_is_refused(world: World) -> None:
    answer = world.account.post("menu/create", {"button": [button()]}, escaped=True)
    assert answer["errcode"] == 40033


@pytest.mark.parametrize(
    ("kind", "event", "inside"),
    [
        ("scancode_waitmsg", "scancode_waitmsg", "<ScanResult>"),
        ("pic_weixin", "pic_weixin", "<PicMd5Sum>"),
        ("location_select", "location_select", "<Poiname>"),
    ],
)
def test_other_buttons(world: World, kind: str, event: str, inside: str) -> None:
    world.account.post("menu/create", {"button": [button(type=kind)]})
    world.driver.citizen("李女士").menu("GO")
    assert world.callback.received[-1].fields["Event"] == event
    assert inside in world.callback.received[-1].xml


def test_a_qr_code_has_a_picture_until_it_expires(world: World) -> None:
    scene = {"scene": {"scene_str": "lamp-42"}}
    order = {"action_name": "QR_STR_SCENE", "expire_seconds": 600, "action_info": scene}
    made = world.account.post("qrcode/create", order)
    picture = world.account.get("showqrcode", ticket=made["ticket"])
    assert (made["expire_seconds"], picture.content[:4]) == (600, b"\x89PNG")
    world.driver.citizen("李女士").scan("lamp-42")
    assert world.callback.received[-1].fields["Ticket"] == made["ticket"]
    world.driver.advance(601)
    assert world.account.get("showqrcode", ticket=made["ticket"]).status_code == 404


def test_a_permanent_qr_code_by_number(world: World) -> None:
    order = {"action_name": "QR_LIMIT_SCENE", "action_info": {"scene": {"scene_id": 7}}}
    assert "expire_seconds" not in world.account.post("qrcode/create", order)


def test_user_info_tells_no_name(world: World) -> None:
    follower = world.driver.citizen("李女士").openid
    info = world.account.get("user/info", openid=follower).json()
    assert info["subscribe"] == 1
    assert "nickname" not in info
    stranger = world.driver.citizen("小陈").openid
    answer = world.account.get("user/info", openid=stranger).json()
    assert answer == {"subscribe": 0, "openid": stranger}


def test_diagnostics(world: World) -> None:
    assert world.account.get("getcallbackip").json() == {"ip_list": ["127.0.0.1"]}
    check = {"action": "all", "check_operator": "DEFAULT"}
    assert world.account.post("callback/check", check)["ping"][0]["package_loss"] == "0%"
    for bad, code in (({"action": "x"}, 40202), ({"check_operator": "x"}, 40203)):
        assert world.account.post("callback/check", {**check, **bad})["errcode"] == code
    templates = world.account.get("template/get_all_private_template").json()
    assert len(templates["template_list"]) == 1
