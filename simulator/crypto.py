"""The platform's message crypto, written from the contract (1.2 to 1.5) and from nothing else.

It shares no code with the product or with any WeChat library, so that an error in one of them
cannot hide in the other.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import secrets
import string
import struct
from typing import Any

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

_BLOCK = 32
_RANDOM_BYTES = 16
_LETTERS = string.ascii_letters + string.digits


class CryptoError(Exception):
    """An envelope that cannot be opened; `reason` is one word for the record."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def sign(*parts: str) -> str:
    """Return the lower-case SHA-1 of the sorted, joined parts (contract 1.2)."""
    return hashlib.sha1("".join(sorted(parts)).encode()).hexdigest()  # noqa: S324


class MessageCipher:
    """AES-256-CBC with the account's EncodingAESKey (contract 1.4)."""

    def __init__(self, aes_key: str, app_id: str) -> None:
        key = base64.b64decode(aes_key + "=")
        if len(key) != _BLOCK:
            raise ValueError("EncodingAESKey must decode to 32 bytes")
        self._key = key
        self._app_id = app_id.encode()

    def encrypt(self, message: str, *, random: bytes | None = None) -> str:
        """Return the base64 ciphertext; an injected 16-byte `random` makes it reproducible."""
        prefix = random if random is not None else _random_prefix()
        if len(prefix) != _RANDOM_BYTES:
            raise ValueError("random must be 16 bytes")
        body = message.encode()
        full = prefix + struct.pack(">I", len(body)) + body + self._app_id
        pad = _BLOCK - len(full) % _BLOCK
        encryptor = self._cipher().encryptor()
        sealed = encryptor.update(full + bytes([pad]) * pad) + encryptor.finalize()
        return base64.b64encode(sealed).decode()

    def decrypt(self, encrypted: str) -> str:
        """Return the message, or raise CryptoError: base64, block, padding, length, appid, utf8."""
        try:
            sealed = base64.b64decode(encrypted, validate=True)
        except (binascii.Error, ValueError) as error:
            raise CryptoError("base64") from error
        if not sealed or len(sealed) % _BLOCK:
            raise CryptoError("block")
        decryptor = self._cipher().decryptor()
        full = _unpad(decryptor.update(sealed) + decryptor.finalize())
        return self._open(full)

    def _open(self, full: bytes) -> str:
        if len(full) < _RANDOM_BYTES + 4:
            raise CryptoError("length")
        (length,) = struct.unpack(">I", full[_RANDOM_BYTES : _RANDOM_BYTES + 4])
        rest = full[_RANDOM_BYTES + 4 :]
        if length > len(rest):
            raise CryptoError("length")
        if rest[length:] != self._app_id:
            raise CryptoError("appid")
        try:
            return rest[:length].decode()
        except UnicodeDecodeError as error:
            raise CryptoError("utf8") from error

    def _cipher(self) -> Cipher[Any]:
        return Cipher(algorithms.AES(self._key), modes.CBC(self._key[:16]))


def _random_prefix() -> bytes:
    return "".join(secrets.choice(_LETTERS) for _ in range(_RANDOM_BYTES)).encode()


def _unpad(padded: bytes) -> bytes:
    pad = padded[-1]
    if not 1 <= pad <= _BLOCK or padded[-pad:] != bytes([pad]) * pad:
        raise CryptoError("padding")
    return padded[:-pad]
