"""Pushes made by hand: signed and sealed with the simulator's crypto, which shares nothing with the product's."""

from __future__ import annotations

import secrets
import time

import requests

from simulator.crypto import MessageCipher, sign
from tests.e2e.server import ProductServer

_ENVELOPE = "<xml><ToUserName><![CDATA[gh_x]]></ToUserName><Encrypt><![CDATA[{}]]></Encrypt></xml>"


class Wire:
    """Sends single requests to one product's callback."""

    def __init__(self, server: ProductServer) -> None:
        self._server = server
        account = server.account
        self._token = account.token
        self.cipher = MessageCipher(account.aes_key, account.app_id)

    def signed(self, *, at: float | None = None) -> dict[str, str]:
        """Return timestamp, nonce and the plain signature over them."""
        stamp, nonce = str(int(at or time.time())), str(secrets.randbelow(10**9))
        signature = sign(self._token, stamp, nonce)
        return {"timestamp": stamp, "nonce": nonce, "signature": signature}

    def sealed(self, encrypted: str) -> dict[str, str]:
        """Return the whole query of a push whose body carries this Encrypt."""
        query = self.signed()
        msg = sign(self._token, query["timestamp"], query["nonce"], encrypted)
        return {**query, "openid": "oX", "encrypt_type": "aes", "msg_signature": msg}

    def safe(self, xml: str) -> requests.Response:
        """Push in safe mode: nothing but the envelope."""
        encrypted = self.cipher.encrypt(xml)
        body = _ENVELOPE.format(encrypted)
        return self.post(body.encode(), self.sealed(encrypted))

    def compatible(self, xml: str) -> requests.Response:
        """Push in compatible mode: everything in the clear, and the envelope beside it."""
        encrypted = self.cipher.encrypt(xml)
        body = xml.replace("</xml>", f"<Encrypt><![CDATA[{encrypted}]]></Encrypt></xml>")
        return self.post(body.encode(), self.sealed(encrypted))

    def post(self, body: bytes, query: dict[str, str]) -> requests.Response:
        """POST a body with a query as it is."""
        return self._server.post("/wechat", body, params=query)


def text_xml(openid: str, content: str) -> str:
    """Return a text message as the platform writes it."""
    now = int(time.time())
    return (
        f"<xml><ToUserName><![CDATA[gh_5f1d8c0a7b32]]></ToUserName>"
        f"<FromUserName><![CDATA[{openid}]]></FromUserName><CreateTime>{now}</CreateTime>"
        f"<MsgType><![CDATA[text]]></MsgType><Content><![CDATA[{content}]]></Content>"
        f"<MsgId>{secrets.randbelow(2**62)}</MsgId></xml>"
    )
