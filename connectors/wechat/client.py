"""The calls of the Official Account API that this product makes, by name.

wechatpy's client is composed, not handed out: its methods cover some of these calls, lack others
(typing, msgmenu with our ids, client_msg_id, the callback's addresses), and all of them go through
`Transport`, which cures its request loop.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from email.message import Message
from typing import Any, cast

import requests

from bot.model.errors import Permanent, RetryLater
from bot.model.message import Option
from connectors.wechat.credentials import WeChatAccount
from connectors.wechat.errors import REMOTE
from connectors.wechat.http import OnCall, as_remote_error, check_status, ignore_call
from connectors.wechat.tokens import StableTokens
from connectors.wechat.transport import Transport

# To connect and to hand the whole file over each, and for the answer: ten megabytes on an office's line.
UPLOAD_TIMEOUT_S = (12.0, 8.0)


@dataclass(frozen=True)
class Media:
    """A picture, voice or video as downloaded."""

    content: bytes
    content_type: str
    filename: str


@dataclass(frozen=True)
class Quota:
    """How often an operation may be called on one day (of Beijing), and how often still today."""

    limit: int
    remaining: int


class WeChatClient:
    """One account's API. Raises only `bot.model.errors`; retries nothing but a refused token, once."""

    def __init__(
        self,
        account: WeChatAccount,
        tokens: StableTokens,
        session: requests.Session,
        *,
        on_call: OnCall = ignore_call,
    ) -> None:
        self._transport = Transport(account, tokens, session, on_call=on_call)
        self._session = session

    def send_text(self, citizen: str, content: str) -> None:
        """Send a customer-service text (6.2). There is no id and no receipt."""
        self._post("message/custom/send", _to(citizen, "text", {"content": content}))

    def send_menu(self, citizen: str, head: str, options: Sequence[Option], tail: str = "") -> None:
        """Send choices as a msgmenu; a tap comes back as text with `bizmsgmenuid` (6.2)."""
        choices = [{"id": option.id, "content": option.label} for option in options]
        menu = {"head_content": head, "list": choices, "tail_content": tail}
        self._post("message/custom/send", _to(citizen, "msgmenu", menu))

    def send_image(self, citizen: str, media_id: str) -> None:
        """Send an uploaded picture as a customer-service message (6.2). There is no id and no receipt."""
        self._post("message/custom/send", _to(citizen, "image", {"media_id": media_id}))

    def typing(self, citizen: str, *, on: bool = True) -> None:
        """Show or hide "typing" for up to 15 s (6.3)."""
        command = "Typing" if on else "CancelTyping"
        self._post("message/custom/typing", {"touser": citizen, "command": command})

    def bizsend(
        self, citizen: str, template_id: str, values: Mapping[str, str], *, page: str = ""
    ) -> None:
        """Send a subscription notice (7.2); raises `WindowClosed` without consent."""
        body = {"touser": citizen, "template_id": template_id, "data": _data(values)}
        self._post("message/subscribe/bizsend", {**body, "page": page} if page else body)

    def template_send(
        self,
        citizen: str,
        template_id: str,
        values: Mapping[str, str],
        *,
        client_msg_id: str,
        url: str = "",
    ) -> str:
        """Send a template message (7.1) and return WeChat's message id for the receipt."""
        body = {
            "touser": citizen,
            "template_id": template_id,
            "client_msg_id": client_msg_id,
            "data": _data(values),
        }
        answer = self._post("message/template/send", {**body, "url": url} if url else body)
        return str(answer.get("msgid", ""))

    def media_get(self, media_id: str) -> Media:
        """Download what a citizen sent; raises `Permanent` when it is gone (section 8)."""
        answer = self._transport.download("media/get", {"media_id": media_id})
        if isinstance(answer, requests.Response):
            return _media(answer)
        address = answer.get("video_url")
        if isinstance(address, str) and address.startswith(("http://", "https://")):
            return self._fetch_video(address)
        raise Permanent(REMOTE, "media", "neither a medium nor an address of one")

    def upload_media(self, kind: str, filename: str, content: bytes, content_type: str) -> str:
        """Upload a temporary medium and return its id; `content` is bytes so that a replay has it.

        Nobody sees what is only uploaded: an answer that is lost costs a second upload, nothing else.
        """
        answer = self._transport.post(
            "media/upload",
            params={"type": kind},
            files={"media": (filename, content, content_type)},
            timeout=UPLOAD_TIMEOUT_S,
        )
        media_id = str(answer.get("media_id") or answer.get("thumb_media_id") or "")
        if not media_id:
            raise RetryLater(REMOTE, "media", "the answer to an upload names no medium")
        return media_id

    def menu_create(self, buttons: Sequence[Mapping[str, Any]]) -> None:
        """Replace the account's menu (9.1)."""
        self._post("menu/create", {"button": list(buttons)})

    def qr_create(self, scene: str, *, expires_s: int | None = None) -> str:
        """Return the ticket of a QR code that carries `scene` (9.2); permanent without `expires_s`."""
        body: dict[str, Any] = {
            "action_name": "QR_LIMIT_STR_SCENE" if expires_s is None else "QR_STR_SCENE",
            "action_info": {"scene": {"scene_str": scene}},
        }
        if expires_s is not None:
            body["expire_seconds"] = expires_s
        return str(self._post("qrcode/create", body).get("ticket", ""))

    def user_info(self, citizen: str) -> dict[str, Any]:
        """Return what WeChat tells of a citizen: whether they follow, and since when (9.3)."""
        return self._get("user/info", {"openid": citizen, "lang": "zh_CN"})

    def quota(self, operation: str) -> Quota:
        """Return the day's quota of an operation, such as `message/custom/send` (5.4)."""
        answer = self._post("openapi/quota/get", {"cgi_path": f"/cgi-bin/{operation}"})
        quota = answer.get("quota")
        if not isinstance(quota, dict):
            raise Permanent(REMOTE, "quota", "the answer tells no quota")
        return Quota(int(quota.get("daily_limit", 0)), int(quota.get("remain", 0)))

    def callback_ips(self) -> list[str]:
        """Return the addresses that pushes come from; also the cheapest proof of good settings."""
        addresses = self._get("getcallbackip", {}).get("ip_list", [])
        return [str(address) for address in addresses] if isinstance(addresses, list) else []

    def _post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        return cast("dict[str, Any]", self._transport.post(path, data=body))

    def _get(self, path: str, params: dict[str, str]) -> dict[str, Any]:
        return cast("dict[str, Any]", self._transport.get(path, params=params))

    def _fetch_video(self, address: str) -> Media:
        try:
            response = self._session.get(address)
        except requests.RequestException as error:
            raise as_remote_error(error, changes=False) from error
        check_status(response, changes=False)
        return _media(response)


def _media(response: requests.Response) -> Media:
    content = response.content
    if not content:
        raise RetryLater(REMOTE, "media", "the medium came empty")
    kind = response.headers.get("content-type", "").split(";")[0].strip().lower()
    return Media(content, kind or "application/octet-stream", _filename(response))


def _filename(response: requests.Response) -> str:
    header = Message()
    header["content-disposition"] = response.headers.get("content-disposition", "")
    name = header.get_filename() or ""
    return name.replace("\\", "/").rsplit("/", 1)[-1]


def _to(citizen: str, kind: str, content: Mapping[str, Any]) -> dict[str, Any]:
    return {"touser": citizen, "msgtype": kind, kind: dict(content)}


def _data(values: Mapping[str, str]) -> dict[str, dict[str, str]]:
    return {key: {"value": value} for key, value in values.items()}
