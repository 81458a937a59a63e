"""The platform's error codes with their texts (contract 5, 6.4, 7, 8, 9), as one table."""

from __future__ import annotations

import secrets
import time

OK = {"errcode": 0, "errmsg": "ok"}

MESSAGES: dict[int, str] = {
    -1: "system error",
    40001: "invalid credential, access_token is invalid or not latest",
    40002: "invalid grant_type",
    40003: "invalid openid",
    40004: "invalid media type",
    40005: "invalid file type",
    40007: "invalid media_id",
    40008: "invalid message type",
    40009: "invalid image size",
    40010: "invalid voice size",
    40011: "invalid video size",
    40012: "invalid thumb size",
    40013: "invalid appid",
    40014: "invalid access_token",
    40016: "invalid button size",
    40017: "invalid button type",
    40018: "invalid button name size",
    40019: "invalid button key size",
    40020: "invalid button url size",
    40023: "invalid sub button size",
    40033: "invalid charset",
    40037: "invalid template_id",
    40053: "invalid action info",
    40066: "invalid url",
    40125: "invalid appsecret",
    40137: "invalid image format",
    40164: "invalid ip",
    40243: "invalid appsecret, appsecret is frozen",
    40200: "invalid account type",
    40201: "no callback url",
    40202: "invalid action",
    40203: "invalid check_operator",
    41001: "access_token missing",
    41002: "appid missing",
    41004: "appsecret missing",
    41005: "media data missing",
    41006: "media_id missing",
    42001: "access_token expired",
    43001: "require GET method",
    43002: "require POST method",
    43004: "require subscribe",
    43019: "require remove blacklist",
    43101: "user refuse to accept the msg",
    44001: "empty media data",
    44002: "empty post data",
    44004: "empty text content",
    45002: "content size out of limit",
    45008: "article size out of limit",
    45009: "reach max api daily quota limit",
    45011: "api minute-quota reach limit, must slower, retry next minute",
    45015: "response out of time limit or subscription is canceled",
    45047: "out of response count limit",
    45072: "invalid command",
    45080: "not allowed to send typing status: no message in the last 30 seconds",
    45081: "already typing",
    46003: "menu no exist",
    47001: "data format error",
    47003: "argument invalid!",
    48001: "api unauthorized",
    48002: "user refuse to accept msg",
    48004: "api forbidden for irregularities, view detail on mp.weixin.qq.com",
    48006: "forbid to clear quota because of reaching the limit",
    50007: "account frozen",
    65307: "empty menu",
    76021: "cgi_path not found",
    89503: "this ip has not been confirmed by the administrator",
    89506: "this ip was refused by the administrator, not confirm in 24 hours",
    89507: "this ip was refused by the administrator, not confirm in 1 hour",
}


class ApiError(Exception):
    """An answer with a code that is not zero; `detail` follows the code's own text."""

    def __init__(self, code: int, detail: str = "") -> None:
        super().__init__(code)
        self.code = code
        self.detail = detail

    def to_json(self) -> dict[str, object]:
        """Return the body as the platform words it, with a request id."""
        text = MESSAGES.get(self.code, "system error")
        detail = f" {self.detail}" if self.detail else ""
        return {"errcode": self.code, "errmsg": f"{text}{detail} rid: {request_id()}"}


def request_id() -> str:
    """Return a request id in the platform's form, three groups of eight hex digits."""
    return f"{int(time.time()):08x}-{secrets.token_hex(4)}-{secrets.token_hex(4)}"
