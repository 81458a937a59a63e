"""What encrypts personal data, gives citizens pseudonyms and signs links, with the keys of the record's keyring.

A sealed piece stands inside its text as `⟦traces:token⟧`: the token is Fernet's (AES-128-CBC, HMAC-SHA256), a trace
is a keyed hash of a number in it, by which the number is found again without being opened.
"""

from __future__ import annotations

import hashlib
import hmac
import logging
import re
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from cryptography.fernet import Fernet, InvalidToken
from itsdangerous import BadSignature, URLSafeSerializer

from app.keyring import Keyring, KeyringLocked
from bot.ports import Unavailable
from bot.services.masking import numbers_in

log = logging.getLogger(__name__)

LOST = "****"
"""Stands for what cannot be opened any more."""
_FRESH_S = 30.0
"""After this the keyring is read again: a new key for sealing is in use everywhere after half a minute."""
_ASK_AGAIN_S = 0.05
"""So soon it is read again for a piece that no key opens: it may be sealed with one that was made meanwhile."""
# A token begins with Fernet's version, 0x80, and the first bytes of a 64-bit time; the shortest has 100 characters.
_TOKEN = r"gAAAAA[A-Za-z0-9_-]{92,}={0,2}"
_DIGIT = re.compile(r"\d")
_PIECE = re.compile(rf"⟦(?P<traces>(?:[0-9a-f]{{16}}:)*)(?P<token>{_TOKEN})⟧|(?P<bare>{_TOKEN})")


@dataclass
class Renewed:
    """What was done to seal texts anew.

    Attributes:
        anew: pieces that were sealed with an older key.
        first: pieces that stood in clear.
        lost: pieces that no key opens.
    """

    anew: int = 0
    first: int = 0
    lost: int = 0

    @property
    def changed(self) -> int:
        """How many pieces are others now."""
        return self.anew + self.first

    def add(self, more: Renewed) -> None:
        """Count what was done elsewhere."""
        self.anew += more.anew
        self.first += more.first
        self.lost += more.lost


class KeySealer:
    """Seals, opens and hashes with the keyring, which is read when first needed and again from time to time."""

    def __init__(self, load: Callable[[], Keyring]) -> None:
        self._load = load
        self._ring: Keyring | None = None
        self._fernets: tuple[Fernet, ...] = ()
        self._read_at = 0.0
        self._lock = threading.Lock()

    @classmethod
    def of(cls, secret: str) -> KeySealer:
        """Return a sealer by itself, for a record without a keyring."""
        ring = Keyring.founded_on(secret)
        return cls(lambda: ring)

    def seal(self, text: str) -> str:
        """Return the encrypted form, a token by itself."""
        self._keys()
        return self._fernets[0].encrypt(text.encode()).decode()

    def unseal(self, sealed: str) -> str:
        """Return the original of a token; "" if no key opens it."""
        return self._opened(sealed)[0] or ""

    def enclose(self, text: str) -> str:
        """Return the whole text as one sealed piece; what is one already, and "", stays."""
        found = _PIECE.fullmatch(text)
        if not text or (found and found["token"]):
            return text
        clear = _PIECE.sub("", text)
        traces = dict.fromkeys(self._trace(clear[start:end]) for start, end in numbers_in(clear))
        return f"⟦{''.join(traces)}{self.seal(text)}⟧"

    def conceal(self, text: str) -> str:
        """Return the text with each personal number in it as a sealed piece; what is sealed already stays."""
        if _DIGIT.search(text) is None:
            return text
        pieces, at = [], 0
        for match in _PIECE.finditer(text):
            pieces += [self._concealed(text[at : match.start()]), match.group()]
            at = match.end()
        return "".join([*pieces, self._concealed(text[at:])])

    def reveal(self, text: str) -> str:
        """Return the text with its sealed pieces opened, `LOST` for those that no key opens; bare tokens stay."""
        if "⟦" not in text:
            return text
        return _PIECE.sub(self._revealed, text)

    def trace(self, words: str) -> str:
        """Return what stands before the token where this number is sealed; "" if the words are not one number."""
        words = words.strip()
        return self._trace(words) if numbers_in(words) == [(0, len(words))] else ""

    def renew(self, text: str, done: Renewed) -> str:
        """Return the text with every piece in it sealed with the newest key; `done` counts."""
        return _PIECE.sub(lambda match: self._renewed(match, done), text)

    def pseudonym(self, citizen: str) -> str:
        """Return the keyed hash under which a citizen's conversation is kept."""
        return _hash(self._keys().pseudonym, citizen)

    @property
    def media_key(self) -> bytes:
        """What links to media are signed with."""
        return bytes.fromhex(self._keys().media)

    def _concealed(self, clear: str) -> str:
        pieces, at = [], 0
        for start, end in numbers_in(clear):
            pieces += [clear[at:start], self.enclose(clear[start:end])]
            at = end
        return "".join([*pieces, clear[at:]])

    def _revealed(self, match: re.Match[str]) -> str:
        if match["bare"]:
            return match["bare"]
        original, _ = self._opened(match["token"])
        return LOST if original is None else original

    def _renewed(self, match: re.Match[str], done: Renewed) -> str:
        token = match["token"] or match["bare"]
        original, key = self._opened(token)
        if original is None:
            done.lost += 1
            return match.group()
        inner = self.renew(original, done)  # an open form holds sealed numbers and is sealed itself
        if key == 0 and inner == original:
            return match.group()
        done.anew += key > 0
        return match.group().replace(token, self.seal(inner))

    def _opened(self, token: str) -> tuple[str | None, int]:
        """Return the original and the number of the key that opens it; None if none does, not even newer ones."""
        self._keys()
        for may_ask in (True, False):
            for number, fernet in enumerate(self._fernets):
                try:
                    return fernet.decrypt(token.encode()).decode(), number
                except InvalidToken:
                    continue
            if not may_ask or not _PIECE.fullmatch(token):
                break
            self._keys(older_than_s=_ASK_AGAIN_S)
        return None, -1

    def _trace(self, number: str) -> str:
        digits = re.sub(r"\D", "", number)
        digits = digits.removeprefix("86") if len(digits) == 13 else digits
        return _hash(self._keys().trace, digits)[:16] + ":"

    def _keys(self, *, older_than_s: float = _FRESH_S) -> Keyring:
        ring = self._ring
        if ring is not None and time.monotonic() - self._read_at < older_than_s:
            return ring
        with self._lock:
            if self._ring is None or time.monotonic() - self._read_at >= older_than_s:
                self._read()
        assert self._ring is not None
        return self._ring

    def _read(self) -> None:
        try:
            fresh = self._load()
        except (Unavailable, KeyringLocked) as error:
            if self._ring is None:
                raise
            log.warning("the keyring is not read again: %s", type(error).__name__)
        else:
            if fresh != self._ring:
                self._fernets = tuple(Fernet(key) for key in fresh.seals)
                self._ring = fresh
        self._read_at = time.monotonic()


class MediaLinks:
    """Signed links to media: whoever has the link may see the picture, nobody can guess one."""

    def __init__(self, sealer: KeySealer, public_url: str) -> None:
        self._sealer = sealer
        self._public_url = public_url

    def url(self, medium_id: str) -> str:
        """Return the absolute address of one medium."""
        return f"{self._public_url}/media/{self._serializer().dumps(medium_id)}"

    def medium_id(self, signed: str) -> str | None:
        """Return which medium a link is for, None for a forged one."""
        try:
            return str(self._serializer().loads(signed))
        except BadSignature:
            return None

    def _serializer(self) -> URLSafeSerializer:
        return URLSafeSerializer(self._sealer.media_key)


def _hash(key: str, text: str) -> str:
    return hmac.new(bytes.fromhex(key), text.encode(), hashlib.sha256).hexdigest()
