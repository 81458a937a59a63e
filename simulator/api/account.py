"""Menu, user info, quotas and diagnostics (contract 1.6, 5.4, 9.1, 9.3)."""

from __future__ import annotations

import socket
import time
from urllib.parse import urlsplit

from simulator.api.call import Answer, ApiCall, Endpoint
from simulator.errors import OK, ApiError
from simulator.menus import check_menu
from simulator.platform import Platform


def create_menu(platform: Platform, call: ApiCall) -> Answer:
    """Answer `POST /cgi-bin/menu/create`; escaped text is refused with 40033."""
    data = call.json()
    if call.has_escapes:
        raise ApiError(40033)
    platform.menu = check_menu(data)
    platform.menu_id = int(time.time())
    platform.feed.publish("menu", {"button": platform.menu})
    return dict(OK)


def get_menu(platform: Platform, _: ApiCall) -> Answer:
    """Answer `GET /cgi-bin/menu/get`, 46003 when there is none."""
    if not platform.menu:
        raise ApiError(46003)
    return {"menu": {"button": platform.menu, "menuid": platform.menu_id}}


def delete_menu(platform: Platform, _: ApiCall) -> Answer:
    """Answer `GET /cgi-bin/menu/delete`."""
    platform.menu = []
    platform.feed.publish("menu", {"button": []})
    return dict(OK)


def user_info(platform: Platform, call: ApiCall) -> Answer:
    """Answer `GET /cgi-bin/user/info`: no name, no picture since 2021-12-27."""
    citizen = platform.store.citizens.get(call.query.get("openid", ""))
    if citizen is None:
        raise ApiError(40003)
    if not citizen.follows:
        return {"subscribe": 0, "openid": citizen.openid}
    return {
        "subscribe": 1,
        "openid": citizen.openid,
        "language": "zh_CN",
        "subscribe_time": int(citizen.followed_at),
        "remark": "",
        "groupid": 0,
        "tagid_list": [],
        "subscribe_scene": "ADD_SCENE_QR_CODE" if citizen.scene else "ADD_SCENE_SEARCH",
        "qr_scene": int(citizen.scene) if citizen.scene.isdigit() else 0,
        "qr_scene_str": "" if citizen.scene.isdigit() else citizen.scene,
    }


def callback_ip(_: Platform, __: ApiCall) -> Answer:
    """Answer `GET /cgi-bin/getcallbackip`."""
    return {"ip_list": ["127.0.0.1"]}


def callback_check(platform: Platform, call: ApiCall) -> Answer:
    """Answer `POST /cgi-bin/callback/check`: a callback whose port takes no connection loses all packages."""
    data = call.json()
    if not platform.config.callback_url:
        raise ApiError(40201)
    if data.get("action") not in {"dns", "ping", "all"}:
        raise ApiError(40202)
    if data.get("check_operator") not in {"CHINANET", "UNICOM", "CAP", "DEFAULT"}:
        raise ApiError(40203)
    callback = urlsplit(platform.config.callback_url)
    address = _resolve(callback.hostname or "")
    if not address:
        return {"dns": [], "ping": []}
    lost = not _connects(address, callback.port or (443 if callback.scheme == "https" else 80))
    ping = {"ip": address, "from_operator": data["check_operator"]}
    return {
        "dns": [{"ip": address, "real_operator": data["check_operator"]}],
        "ping": [{**ping, "package_loss": "100%" if lost else "0%", "time": "0.100ms"}],
    }


def _resolve(host: str) -> str:
    try:
        return socket.gethostbyname(host)
    except OSError:
        return ""


def _connects(address: str, port: int) -> bool:
    try:
        socket.create_connection((address, port), timeout=1).close()
    except OSError:
        return False
    return True


def clear_quota(platform: Platform, call: ApiCall) -> Answer:
    """Answer `POST /cgi-bin/clear_quota`, ten times a month."""
    if call.json().get("appid") != platform.config.app_id:
        raise ApiError(40013)
    platform.quotas.clear()
    return dict(OK)


def quota(platform: Platform, call: ApiCall) -> Answer:
    """Answer `POST /cgi-bin/openapi/quota/get`."""
    return {**OK, **platform.quotas.usage(str(call.json().get("cgi_path", "")))}


ENDPOINTS = [
    Endpoint("POST", "/cgi-bin/menu/create", create_menu),
    Endpoint("GET", "/cgi-bin/menu/get", get_menu),
    Endpoint("GET", "/cgi-bin/menu/delete", delete_menu),
    Endpoint("GET", "/cgi-bin/user/info", user_info, needs_verified=True),
    Endpoint("GET", "/cgi-bin/getcallbackip", callback_ip),
    Endpoint("POST", "/cgi-bin/callback/check", callback_check),
    Endpoint("POST", "/cgi-bin/clear_quota", clear_quota),
    Endpoint("POST", "/cgi-bin/openapi/quota/get", quota),
]
