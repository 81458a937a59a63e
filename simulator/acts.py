"""What a citizen does with the phone, as the platform turns it into chat lines and pushes."""

from __future__ import annotations

from concurrent.futures import Future
from typing import Any

from simulator import messages
from simulator.contents import Content, text_content
from simulator.ledger import Trigger
from simulator.media import silent_amr
from simulator.menus import find_button
from simulator.platform import Platform
from simulator.pushes import Push
from simulator.store import Citizen, Exchange, Line

Started = tuple[Exchange, "Future[Exchange]"]
_COUNTED_BUTTONS = {"click", "scancode_push", "scancode_waitmsg"}


class Refused(Exception):
    """The phone does not offer this (not a follower, no such button); the text says why."""


def say(
    platform: Platform,
    citizen: Citizen,
    content: str,
    *,
    menu_id: str = "",
    overrides: dict[str, Any] | None = None,
) -> Started:
    """Send a text; with `menu_id` it is a tapped option, which opens no 48 h window (contract 6.1)."""
    _spoke(platform, citizen, Trigger.MENU if menu_id else Trigger.MESSAGE)
    _own_line(platform, citizen, Content("text", content, ({"text": content},)))
    extra = messages.text(content, menu_id=menu_id)
    return _push_message(platform, citizen, f"文字 {content[:20]}", extra, overrides)


def send_image(
    platform: Platform,
    citizen: Citizen,
    data: bytes,
    *,
    suffix: str = ".jpg",
    overrides: Any = None,
) -> Started:
    """Send a picture."""
    _spoke(platform, citizen, Trigger.MESSAGE)
    media = platform.media.add("image", suffix, data)
    line = _own_line(platform, citizen, Content("image", "[图片]", media_id=media.media_id))
    extra = messages.image(media.media_id, line.media_url)
    return _push_message(platform, citizen, "图片", extra, overrides)


def send_voice(
    platform: Platform, citizen: Citizen, *, recognition: str | None = None, overrides: Any = None
) -> Started:
    """Send two seconds of silence as a voice message."""
    _spoke(platform, citizen, Trigger.MESSAGE)
    narrow = platform.media.add("voice", ".amr", silent_amr())
    wide = platform.media.add("voice", ".amr", silent_amr(wide=True))
    content = Content("voice", "[语音]", media_id=narrow.media_id, card={"seconds": 2})
    _own_line(platform, citizen, content)
    extra = messages.voice(narrow.media_id, wide.media_id, recognition=recognition)
    return _push_message(platform, citizen, "语音", extra, overrides)


def send_location(
    platform: Platform,
    citizen: Citizen,
    *,
    point: tuple[float, float],
    label: str,
    overrides: Any = None,
) -> Started:
    """Send a pin; `point` is latitude and longitude in GCJ-02 as WeChat's map gives them."""
    _spoke(platform, citizen, Trigger.MESSAGE)
    card = {"lat": point[0], "long": point[1], "label": label}
    _own_line(platform, citizen, Content("location", label or "[位置]", card=card))
    extra = messages.location(point[0], point[1], label)
    return _push_message(platform, citizen, f"位置 {label[:20]}", extra, overrides)


def tap_menu(platform: Platform, citizen: Citizen, key: str) -> Started:
    """Tap a button of the account's menu."""
    _require_follower(citizen)
    button = find_button(platform.menu, key)
    if button is None:
        raise Refused(f"the menu has no button {key}")
    if button.get("type") in _COUNTED_BUTTONS:
        platform.ledger.grant(citizen.openid, Trigger.MENU)
    citizen.last_touch = platform.clock.now()
    extra = messages.menu_event(button, platform.menu_id)
    return platform.push(citizen.openid, f"菜单 {button.get('name')}", extra)


def follow(platform: Platform, citizen: Citizen, *, scene: str = "") -> Started:
    """Follow the account, by a QR code when a scene is given."""
    citizen.follows = citizen.ever_followed = True
    citizen.scene = scene
    citizen.followed_at = citizen.last_touch = platform.clock.now()
    platform.ledger.grant(citizen.openid, Trigger.FOLLOW)
    platform.store.publish_citizen(citizen)
    _system(platform, citizen, f"你已关注“{platform.config.account_name}”")
    fields = {"EventKey": ""}
    if scene:
        ticket = platform.qrcodes.ticket_for(scene)
        fields = {"EventKey": f"qrscene_{scene}", "Ticket": ticket}
    return platform.push(citizen.openid, "关注", messages.event("subscribe", fields))


def unfollow(platform: Platform, citizen: Citizen) -> Started:
    """Stop following; every window closes."""
    _require_follower(citizen)
    citizen.follows = False
    platform.ledger.close(citizen.openid)
    platform.store.publish_citizen(citizen)
    _system(platform, citizen, "你已取消关注")
    extra = messages.event("unsubscribe", {"EventKey": ""})
    return platform.push(citizen.openid, "取消关注", extra)


def scan(platform: Platform, citizen: Citizen, scene: str) -> Started:
    """Scan a parametric QR code; who does not follow yet follows by it."""
    if not citizen.follows:
        return follow(platform, citizen, scene=scene)
    platform.ledger.grant(citizen.openid, Trigger.SCAN)
    citizen.last_touch = platform.clock.now()
    _system(platform, citizen, f"你扫描了二维码 {scene}")
    fields = {"EventKey": scene, "Ticket": platform.qrcodes.ticket_for(scene)}
    return platform.push(citizen.openid, f"扫码 {scene}", messages.event("SCAN", fields))


def consent(
    platform: Platform, citizen: Citizen, template_id: str, *, accept: bool, long_term: bool
) -> Started:
    """Answer the subscription popup, or withdraw a long-term consent."""
    if template_id not in platform.templates:
        raise Refused("no such template")
    withdrawn = False
    if accept:
        platform.consents.accept(citizen.openid, template_id, long_term=long_term)
    else:
        withdrawn = platform.consents.reject(citizen.openid, template_id)
    words = "已同意接收通知" if accept else "已拒绝接收通知"
    _system(platform, citizen, f"{words}“{platform.templates[template_id].title}”")
    extra = messages.consent_event(template_id, accepted=accept, change=withdrawn)
    return platform.push(citizen.openid, "订阅授权", extra)


def raise_event(platform: Platform, citizen: Citizen, name: str, fields: dict[str, Any]) -> Started:
    """Push any event by name."""
    known = {"CreateTime": fields.pop("CreateTime", None)}
    extra = messages.event(name, fields)
    return platform.push(citizen.openid, f"事件 {name}", extra, overrides=known)


def inject(platform: Platform, citizen: Citizen, xml: str, *, enveloped: bool = True) -> Started:
    """Push any body, for what the platform should never send but sometimes does."""
    return platform.push_raw(Push(citizen.openid, "原样推送", xml, enveloped=enveloped))


def set_agent(platform: Platform, citizen: Citizen, *, active: bool) -> None:
    """Start or end a platform agent's session, which hides messages from the URL (contract 10.1)."""
    citizen.with_agent = active
    platform.store.publish_citizen(citizen)


def _push_message(
    platform: Platform, citizen: Citizen, title: str, extra: Any, overrides: Any
) -> Started:
    if not citizen.with_agent:
        return platform.push(citizen.openid, title, extra, overrides=overrides)
    exchange = platform.store.open_exchange(
        "push", title, openid=citizen.openid, at=platform.clock.now()
    )
    exchange.outcome, exchange.reason = "accepted", "hidden_by_agent"
    done: Future[Exchange] = Future()
    done.set_result(exchange)
    return exchange, done


def _spoke(platform: Platform, citizen: Citizen, trigger: Trigger) -> None:
    _require_follower(citizen)
    platform.ledger.grant(citizen.openid, trigger)
    citizen.last_touch = platform.clock.now()


def _require_follower(citizen: Citizen) -> None:
    if not citizen.follows:
        raise Refused("this citizen does not follow the account")


def _own_line(platform: Platform, citizen: Citizen, content: Content) -> Line:
    return platform.show(citizen.openid, content, via="citizen", direction="in")


def _system(platform: Platform, citizen: Citizen, words: str) -> None:
    content = text_content(words, kind="system")
    platform.show(citizen.openid, content, via="system")
