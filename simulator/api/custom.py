"""Customer-service messages and the typing sign (contract 6)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from simulator.api.call import Answer, ApiCall, Endpoint
from simulator.contents import (
    Content,
    Option,
    card_content,
    media_content,
    menu_content,
    text_content,
)
from simulator.errors import OK, ApiError
from simulator.platform import Platform
from simulator.store import Citizen

TEXT_LIMIT = 2048
_TYPING_S = 15.0
_TOUCH_S = 30.0


def send(platform: Platform, call: ApiCall) -> Answer:
    """Answer `POST /cgi-bin/message/custom/send`: no message id, no receipt."""
    data = call.json()
    citizen = recipient(platform, data)
    if not citizen.ever_followed:
        raise ApiError(43004)
    content = _content(platform, data)
    if not citizen.follows:
        raise ApiError(45015)
    if citizen.refuses:
        raise ApiError(48002)
    platform.ledger.use(citizen.openid)
    sender = str((data.get("customservice") or {}).get("kf_account", ""))
    platform.show_later(citizen.openid, _labelled(content, data), via="custom", sender=sender)
    return dict(OK)


def typing(platform: Platform, call: ApiCall) -> Answer:
    """Answer `POST /cgi-bin/message/custom/typing` (contract 6.3)."""
    data = call.json()
    citizen = recipient(platform, data)
    command = data.get("command")
    if command not in {"Typing", "CancelTyping"}:
        raise ApiError(45072)
    platform.ledger.check_open(citizen.openid)
    now = platform.clock.now()
    if now - citizen.last_touch > _TOUCH_S:
        raise ApiError(45080)
    if command == "Typing" and citizen.typing_until > now:
        raise ApiError(45081)
    citizen.typing_until = now + _TYPING_S if command == "Typing" else 0.0
    shown = {"openid": citizen.openid, "seconds": max(citizen.typing_until - now, 0.0)}
    platform.feed.publish("typing", shown)
    return dict(OK)


def recipient(platform: Platform, data: dict[str, Any]) -> Citizen:
    """Return the citizen in `touser` or raise 40003."""
    citizen = platform.store.citizens.get(str(data.get("touser", "")))
    if citizen is None:
        raise ApiError(40003)
    return citizen


def _content(platform: Platform, data: dict[str, Any]) -> Content:
    kind = str(data.get("msgtype", ""))
    reader = _READERS.get(kind)
    if reader is None:
        raise ApiError(40008)
    body = data.get(kind)
    if not isinstance(body, dict):
        raise ApiError(47001)
    return reader(platform, body)


def _labelled(content: Content, data: dict[str, Any]) -> Content:
    if not (data.get("aimsgcontext") or {}).get("is_ai_msg"):
        return content
    card = {**content.card, "footer": "内容由第三方AI生成"}
    return Content(
        content.kind, content.text, content.parts, content.options, content.media_id, card
    )


def _text(_: Platform, body: dict[str, Any]) -> Content:
    text = body.get("content")
    if not isinstance(text, str) or not text:
        raise ApiError(44004)
    if len(text.encode()) > TEXT_LIMIT:
        raise ApiError(45002)
    return text_content(text)


def _media(kind: str) -> Callable[[Platform, dict[str, Any]], Content]:
    def read(platform: Platform, body: dict[str, Any]) -> Content:
        media = platform.media.get(str(body.get("media_id", "")))
        if media.kind != kind:
            raise ApiError(40007)
        return media_content(kind, media.media_id, title=str(body.get("title", "")))

    return read


def _news(_: Platform, body: dict[str, Any]) -> Content:
    articles = body.get("articles")
    if not isinstance(articles, list) or len(articles) != 1:
        raise ApiError(45008)
    article = articles[0]
    card = {name: article.get(name, "") for name in ("title", "description", "url")}
    return card_content("news", {**card, "picture": article.get("picurl", "")})


def _menu(_: Platform, body: dict[str, Any]) -> Content:
    rows = body.get("list")
    if not isinstance(rows, list) or not rows:
        raise ApiError(47001)
    options = []
    for row in rows:
        if not isinstance(row, dict) or not row.get("content") or row.get("id") in (None, ""):
            raise ApiError(47001)
        options.append(Option(str(row["id"]), str(row["content"]), str(row["content"])))
    head, tail = str(body.get("head_content", "")), str(body.get("tail_content", ""))
    content = menu_content(head, options, tail)
    if len(content.text.encode()) > TEXT_LIMIT:
        raise ApiError(45002)
    return content


def _card(kind: str, *names: str) -> Callable[[Platform, dict[str, Any]], Content]:
    def read(_: Platform, body: dict[str, Any]) -> Content:
        return card_content(kind, {name: body.get(name, "") for name in names})

    return read


_READERS: dict[str, Callable[[Platform, dict[str, Any]], Content]] = {
    "text": _text,
    "image": _media("image"),
    "voice": _media("voice"),
    "video": _media("video"),
    "music": _card("music", "title", "description"),
    "news": _news,
    "msgmenu": _menu,
    "mpnewsarticle": _card("news", "article_id"),
    "miniprogrampage": _card("miniprogram", "title", "pagepath"),
}

ENDPOINTS = [
    Endpoint("POST", "/cgi-bin/message/custom/send", send, needs_verified=True),
    Endpoint("POST", "/cgi-bin/message/custom/typing", typing, needs_verified=True),
]
