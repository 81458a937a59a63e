"""Signatures and the AES envelope of the callback (contract section 1).

wechatpy's cipher, padding and signer do the arithmetic. What its `WeChatCrypto` gets wrong is done
here: a comparison in constant time, freshness, two keys, a random prefix from `secrets`, and one
exception instead of struct errors and assertions (contract 12.6).
"""

from __future__ import annotations

import base64
import binascii
import hmac
import secrets
import struct
from dataclasses import dataclass
from enum import Enum

from wechatpy.crypto.cryptography import WeChatCipher
from wechatpy.crypto.pkcs7 import PKCS7Encoder
from wechatpy.utils import WeChatSigner

from bot.ports import Clock
from connectors.wechat.credentials import WeChatAccount
from connectors.wechat.wire import cdata

# A push may be replayed until its timestamp leaves the window, at most twice this long after it was
# first seen: ten minutes, which is what the inbox remembers.
FRESHNESS_S = 300
_RANDOM_BYTES = 16
_BLOCK = PKCS7Encoder.block_size


class Refusal(str, Enum):
    """Why a request of the callback was not taken."""

    SIGNATURE = "signature"
    STALE = "stale"
    XML = "xml"
    KEY = "key"
    APPID = "appid"


class BadEnvelope(Exception):
    """The request is not an authentic, readable push of this account."""

    def __init__(self, reason: Refusal, detail: str = "") -> None:
        super().__init__(f"{reason.value}: {detail}" if detail else reason.value)
        self.reason = reason


@dataclass(frozen=True)
class Opened:
    """A decrypted push and the key that opened it; the answer is sealed with the same key."""

    xml: bytes
    aes_key: str


def sign(*parts: str) -> str:
    """Return sha1 over the sorted, concatenated parts (contract 1.2)."""
    signer = WeChatSigner()
    signer.add_data(*parts)
    return str(signer.signature)


class Envelopes:
    """Checks, opens and seals what passes through the callback of one account."""

    def __init__(
        self, account: WeChatAccount, *, clock: Clock, freshness_s: int = FRESHNESS_S
    ) -> None:
        self._account = account
        self._clock = clock
        self._freshness_s = freshness_s
        self._ciphers = {key: _decode_key(key) for key in account.aes_keys}

    def check(self, signature: str, timestamp: str, nonce: str, *encrypted: str) -> None:
        """Raise `BadEnvelope` unless signature and timestamp are good.

        With `encrypted` it is the check of `msg_signature`, which also covers the ciphertext.
        """
        wanted = sign(self._account.token, timestamp, nonce, *encrypted)
        if not hmac.compare_digest(wanted.encode(), signature.encode("utf-8", "replace")):
            raise BadEnvelope(Refusal.SIGNATURE)
        if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= 12):
            raise BadEnvelope(Refusal.SIGNATURE, "the timestamp is no number")
        skew_s = int(self._clock.now().timestamp()) - int(timestamp)
        if abs(skew_s) > self._freshness_s:
            raise BadEnvelope(Refusal.STALE, f"{skew_s} s from this machine's clock")

    def open(self, encrypted: str) -> Opened:
        """Decrypt with the current key, else the previous one.

        Raises:
            BadEnvelope: `KEY` if no key fits, `APPID` if it was meant for another account.
        """
        refusal = BadEnvelope(Refusal.KEY, "no AES key fits")
        for name, key in self._ciphers.items():
            try:
                return Opened(_open(encrypted, key, self._account.app_id), name)
            except BadEnvelope as error:
                if error.reason is Refusal.APPID:
                    refusal = error
        raise refusal

    def seal(self, xml: str, nonce: str, *, aes_key: str) -> str:
        """Return the encrypted answer's XML, signed with our own time (contract 1.4)."""
        timestamp = str(int(self._clock.now().timestamp()))
        encrypted = encrypt(xml.encode(), self._ciphers[aes_key], self._account.app_id)
        signature = sign(self._account.token, timestamp, nonce, encrypted)
        return (
            f"<xml><Encrypt>{cdata(encrypted)}</Encrypt>"
            f"<MsgSignature>{cdata(signature)}</MsgSignature>"
            f"<TimeStamp>{timestamp}</TimeStamp><Nonce>{cdata(nonce)}</Nonce></xml>"
        )


def encrypt(message: bytes, key: bytes, app_id: str, *, prefix: bytes | None = None) -> str:
    """Return base64 of the AES layout; `prefix` is given only to reproduce a known vector."""
    random = prefix if prefix is not None else secrets.token_hex(_RANDOM_BYTES // 2).encode()
    full = random + struct.pack(">I", len(message)) + message + app_id.encode()
    return base64.b64encode(WeChatCipher(key).encrypt(PKCS7Encoder.encode(full))).decode()


def _decode_key(encoding_aes_key: str) -> bytes:
    return base64.b64decode(encoding_aes_key + "=")


def _open(encrypted: str, key: bytes, app_id: str) -> bytes:
    try:
        cipher = base64.b64decode(encrypted.encode("ascii"))
    except (binascii.Error, UnicodeEncodeError) as error:
        raise BadEnvelope(Refusal.KEY, "not base64") from error
    if not cipher or len(cipher) % 16:
        raise BadEnvelope(Refusal.KEY, "not whole AES blocks")
    full = _unpad(WeChatCipher(key).decrypt(cipher))
    start = _RANDOM_BYTES + 4
    if len(full) < start:
        raise BadEnvelope(Refusal.KEY, "too short")
    (length,) = struct.unpack(">I", full[_RANDOM_BYTES:start])
    if length > len(full) - start:
        raise BadEnvelope(Refusal.KEY, "length beyond the end")
    if not hmac.compare_digest(full[start + length :], app_id.encode()):
        raise BadEnvelope(Refusal.APPID)
    return full[start : start + length]


def _unpad(padded: bytes) -> bytes:
    count = padded[-1]
    if not 1 <= count <= _BLOCK or padded[-count:] != bytes([count]) * count:
        raise BadEnvelope(Refusal.KEY, "bad padding")
    return padded[:-count]
