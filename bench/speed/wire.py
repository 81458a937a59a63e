"""WeChat's side of the callback in safe mode: pushes written ahead, answers read afterwards (contract sections 1, 2)."""

from __future__ import annotations

import secrets
import time
from urllib.parse import urlencode

from bench.speed.load import Request
from bench.speed.talk import Said
from simulator import wire
from simulator.config import SimulatorConfig
from simulator.crypto import MessageCipher, sign


def open_id(citizen: int) -> str:
    """Return a citizen's open id, of 28 characters as WeChat's are."""
    return f"oBench{citizen:022d}"


class SafeMode:
    """Writes the pushes of one account to one address."""

    def __init__(self, url: str, account: SimulatorConfig) -> None:
        self._url = url
        self._account = account
        self._cipher = MessageCipher(account.aes_key, account.app_id)

    def __call__(self, what: Said) -> Request:
        """Return the push of one text message; its signature is good for five minutes."""
        account, now = self._account, str(int(time.time()))
        xml = wire.render(
            [
                ("ToUserName", account.original_id),
                ("FromUserName", open_id(what.citizen)),
                ("CreateTime", int(now)),
                ("MsgType", "text"),
                ("Content", what.words),
                ("MsgId", wire.Bare(str(2 * 10**16 + what.citizen * 10_000 + what.step))),
            ]
        )
        encrypted, nonce = self._cipher.encrypt(xml), str(secrets.randbelow(10**10))
        query = {
            "signature": sign(account.token, now, nonce),
            "timestamp": now,
            "nonce": nonce,
            "openid": open_id(what.citizen),
            "encrypt_type": "aes",
            "msg_signature": sign(account.token, now, nonce, encrypted),
        }
        body = wire.render([("ToUserName", account.original_id), ("Encrypt", encrypted)])
        return Request(f"{self._url}?{urlencode(query)}", body.encode(), "text/xml")

    def words_of(self, answer: bytes) -> str:
        """Return the text of a passive answer; "" of `success`, which gives none."""
        if answer == b"success":
            return ""
        sealed = str(wire.parse(answer)["Encrypt"])
        return str(wire.parse(self._cipher.decrypt(sealed)).get("Content", ""))
