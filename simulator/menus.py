"""The account's menu as it was created through the API, with the platform's limits (contract 9.1)."""

from __future__ import annotations

from typing import Any

from simulator.errors import ApiError

KEY_TYPES = {
    "click",
    "scancode_push",
    "scancode_waitmsg",
    "pic_sysphoto",
    "pic_photo_or_album",
    "pic_weixin",
    "location_select",
}
OTHER_TYPES = {
    "view",
    "media_id",
    "view_limited",
    "article_id",
    "article_view_limited",
    "miniprogram",
}
_TOP_NAME, _SUB_NAME, _KEY_SIZE, _URL_SIZE = 16, 60, 128, 1024


def check_menu(data: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the checked buttons, or raise the code the platform answers with."""
    buttons = data.get("button")
    if not isinstance(buttons, list) or not buttons:
        raise ApiError(65307)
    if len(buttons) > 3:
        raise ApiError(40016)
    for button in buttons:
        _check_name(button, _TOP_NAME)
        subs = button.get("sub_button") or []
        if len(subs) > 5:
            raise ApiError(40023)
        if not subs:
            _check_action(button)
        for sub in subs:
            _check_name(sub, _SUB_NAME)
            _check_action(sub)
    return buttons


def find_button(buttons: list[dict[str, Any]], key: str) -> dict[str, Any] | None:
    """Return the button with this key, URL or name."""
    for button in buttons:
        for candidate in [*(button.get("sub_button") or []), button]:
            if candidate.get("sub_button"):
                continue
            if key in (candidate.get("key"), candidate.get("url"), candidate.get("name")):
                return dict(candidate)
    return None


def _check_name(button: Any, limit: int) -> None:
    name = button.get("name") if isinstance(button, dict) else None
    if not isinstance(name, str) or not 1 <= len(name.encode()) <= limit:
        raise ApiError(40018)


def _check_action(button: dict[str, Any]) -> None:
    kind = button.get("type")
    if kind not in KEY_TYPES | OTHER_TYPES:
        raise ApiError(40017)
    if kind in KEY_TYPES and not 1 <= len(str(button.get("key", "")).encode()) <= _KEY_SIZE:
        raise ApiError(40019)
    if kind == "view" and not 1 <= len(str(button.get("url", "")).encode()) <= _URL_SIZE:
        raise ApiError(40020)
