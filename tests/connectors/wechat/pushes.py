"""Pushes as the platform writes them: CDATA for text, bare numbers."""

from __future__ import annotations

from dataclasses import dataclass, field

from werobot.crypto import MessageCrypt

from tests.connectors.wechat.vectors import sha1_of

CITIZEN = "oHtNo-wechat-citizen-0000001"
ACCOUNT = "gh_0123456789ab"
CREATED = 1_700_000_000
TOKEN = "minsheng2024"
APP_ID = "wx0123456789abcdef"
KEY = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
OLD_KEY = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789abcdefg"


def push(inner: str, *, citizen: str = CITIZEN, created: int = CREATED) -> bytes:
    return (
        f"<xml><ToUserName><![CDATA[{ACCOUNT}]]></ToUserName>"
        f"<FromUserName><![CDATA[{citizen}]]></FromUserName>"
        f"<CreateTime>{created}</CreateTime>{inner}</xml>"
    ).encode()


def text_push(content: str = "路灯坏了", *, msg_id: int = 23734539453453, extra: str = "") -> bytes:
    return push(
        f"<MsgType><![CDATA[text]]></MsgType><Content><![CDATA[{content}]]></Content>"
        f"<MsgId>{msg_id}</MsgId>{extra}"
    )


def event_push(event: str, inner: str = "", *, created: int = CREATED) -> bytes:
    return push(
        f"<MsgType><![CDATA[event]]></MsgType><Event><![CDATA[{event}]]></Event>{inner}",
        created=created,
    )


@dataclass
class Platform:
    """The platform's side of the callback, with WeRoBot's crypto instead of ours."""

    timestamp: str
    token: str = TOKEN
    key: str = KEY
    app_id: str = APP_ID
    nonce: str = "486452656"
    extra: dict[str, str] = field(default_factory=dict)

    @property
    def crypt(self) -> MessageCrypt:
        return MessageCrypt(self.token, self.key, self.app_id)

    def plain(self, body: bytes) -> tuple[dict[str, str], bytes]:
        return self._query(), body

    def safe(self, xml: bytes) -> tuple[dict[str, str], bytes]:
        encrypted = self.crypt.prp_crypto.encrypt(xml, self.app_id).decode()
        body = (
            f"<xml><ToUserName><![CDATA[{ACCOUNT}]]></ToUserName>"
            f"<Encrypt><![CDATA[{encrypted}]]></Encrypt></xml>"
        )
        return self._signed(encrypted), body.encode()

    def compatible(self, xml: bytes) -> tuple[dict[str, str], bytes]:
        query, safe_body = self.safe(xml)
        encrypt_element = safe_body[safe_body.index(b"<Encrypt>") :]
        return query, xml[: -len(b"</xml>")] + encrypt_element

    def _signed(self, encrypted: str) -> dict[str, str]:
        signature = sha1_of(self.token, self.timestamp, self.nonce, encrypted)
        return {**self._query(), "encrypt_type": "aes", "msg_signature": signature}

    def _query(self) -> dict[str, str]:
        return {
            "signature": sha1_of(self.token, self.timestamp, self.nonce),
            "timestamp": self.timestamp,
            "nonce": self.nonce,
            "openid": CITIZEN,
            **self.extra,
        }
