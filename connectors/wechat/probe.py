"""Questions to an account's API that show what it allows, and change nothing that a citizen could notice.

For `minsheng doctor`. It asks `stable_token` itself and never by force, so it needs no Redis and takes no token
away from a server that runs (contract 5.1).
"""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import requests

from bot.model.errors import Permanent, RemoteError, RetryLater
from connectors.wechat.credentials import WeChatAccount
from connectors.wechat.crypto import sign
from connectors.wechat.errors import REMOTE
from connectors.wechat.tokens import issue
from connectors.wechat.transport import Transport

UNAUTHORIZED = "48001"
#: Calls that prove a right without using it: each is refused for what it says, after the right was looked at.
_RIGHTS: dict[str, tuple[str, dict[str, Any]]] = {
    "custom_send": (
        "message/custom/send",
        {"touser": "nobody", "msgtype": "text", "text": {"content": "-"}},
    ),
    "qr": ("qrcode/create", {"action_name": "NONE", "action_info": {"scene": {"scene_str": "-"}}}),
}
_FIELD = re.compile(r"\{\{\s*(\w+)\.DATA\s*\}\}")
_REFUSED_ADDRESS = re.compile(r"invalid ip ([0-9a-fA-F.:]+)")


@dataclass(frozen=True)
class Quota:
    """What of one call's daily limit is left."""

    daily_limit: int
    remain: int


@dataclass(frozen=True)
class Reach:
    """How WeChat reaches the callback: the addresses it finds, and the share of packets each loses (percent)."""

    addresses: tuple[str, ...]
    lost: dict[str, float]


class WeChatProbe:
    """One account, looked at from outside. Raises only `bot.model.errors`."""

    def __init__(self, account: WeChatAccount, session: requests.Session) -> None:
        self._account = account
        self._session = session
        self._transport: Transport | None = None

    def sign_in(self) -> None:
        """Get a token; raises what the token endpoint said."""
        value, _ = issue(self._account, self._session)
        self._transport = Transport(self._account, _OneToken(value), self._session)

    def may(self, right: str) -> bool:
        """Say whether the account has a right: custom_send, qr."""
        path, body = _RIGHTS[right]
        try:
            self._api.post(path, data=body)
        except Permanent as refusal:
            return refusal.code != UNAUTHORIZED
        except RetryLater:
            raise
        except RemoteError:  # refused for a reason that comes after the right
            return True
        return True

    def menu(self) -> list[dict[str, Any]]:
        """Return the buttons of the account's menu; none when there is no menu (9.1)."""
        try:
            answer = self._api.get("menu/get")
        except Permanent as refusal:
            if refusal.code == "46003":
                return []
            raise
        found = (answer.get("menu") or {}).get("button") or []
        return [button for button in found if isinstance(button, dict)]

    def message_templates(self) -> dict[str, frozenset[str]]:
        """Return the fields of each template for template messages, by its id (7.1)."""
        answer = self._api.get("template/get_all_private_template")
        return _fields_of(answer.get("template_list"), "template_id")

    def notice_templates(self) -> dict[str, frozenset[str]]:
        """Return the fields of each template for subscription notices, by its id (7.2)."""
        url = f"{self._account.api_base}/wxaapi/newtmpl/gettemplate"
        return _fields_of(self._api.get(url).get("data"), "priTmplId")

    def quota(self, path: str) -> Quota:
        """Return what is left of a call's limit today (5.4)."""
        answer = self._api.post("openapi/quota/get", data={"cgi_path": f"/cgi-bin/{path}"})
        quota = answer.get("quota") or {}
        return Quota(int(quota.get("daily_limit", 0)), int(quota.get("remain", 0)))

    def reach(self) -> Reach:
        """Let WeChat look for the callback whose address its console has (1.6)."""
        body = {"action": "all", "check_operator": "DEFAULT"}
        answer = self._api.post("callback/check", data=body)
        found = [str(row["ip"]) for row in answer.get("dns") or [] if row.get("ip")]
        lost = {str(row["ip"]): _percent(row) for row in answer.get("ping") or [] if row.get("ip")}
        return Reach(tuple(found), lost)

    @property
    def _api(self) -> Transport:
        if self._transport is None:
            raise RetryLater(REMOTE, "token", "not signed in")
        return self._transport


class _OneToken:
    """The token that was issued; a probe does not fight for another."""

    def __init__(self, value: str) -> None:
        self._value = value

    def get(self) -> str:
        return self._value

    def refused(self, failed: str) -> str:  # noqa: ARG002
        raise RetryLater(REMOTE, "token", "the API refuses the token it issued")


def refused_address(message: str) -> str:
    """Return the address that WeChat saw and does not let in (40164, contract 5.3); "" if it names none."""
    found = _REFUSED_ADDRESS.search(message)
    return found.group(1) if found else ""


def verification(account: WeChatAccount, now: datetime, echostr: str) -> dict[str, str]:
    """Return the query with which the console verifies a callback (1.2)."""
    timestamp, nonce = str(int(now.timestamp())), str(secrets.randbelow(10**10))
    return {
        "signature": sign(account.token, timestamp, nonce),
        "timestamp": timestamp,
        "nonce": nonce,
        "echostr": echostr,
    }


def _fields_of(rows: Any, key: str) -> dict[str, frozenset[str]]:
    found = [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []
    return {
        str(row.get(key, "")): frozenset(_FIELD.findall(str(row.get("content", ""))))
        for row in found
    }


def _percent(row: dict[str, Any]) -> float:
    try:
        return float(str(row.get("package_loss", "0")).rstrip("%"))
    except ValueError:
        return 0.0
