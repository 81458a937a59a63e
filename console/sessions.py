"""Who is signed in: a signed cookie that ends by itself, and the token that each form must carry.

Nothing is stored on the server, so a session works on every machine that has the same secret. It ends after twelve
hours or when the password changes; signing out removes the cookie from the browser only.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

from itsdangerous import BadSignature, URLSafeSerializer

from bot.ports import Clock
from console.config import ConsoleConfig

LASTS = timedelta(hours=12)
COOKIE = "minsheng_console"
FORM_COOKIE = "minsheng_console_form"
ADMIN = "管理员"


@dataclass(frozen=True)
class Session:
    """One signed-in browser.

    Attributes:
        nonce: random, new at each sign-in; the form token is made of it.
    """

    who: str
    nonce: str
    started_at: datetime


class Sessions:
    """Makes and reads session cookies and form tokens."""

    def __init__(self, config: ConsoleConfig, clock: Clock) -> None:
        password_mark = hashlib.sha256(config.admin_password.encode()).hexdigest()
        self._signer = URLSafeSerializer(config.secret, salt=f"console.session.{password_mark}")
        self._secret = config.secret.encode()
        self._password = config.admin_password.encode()
        self._clock = clock

    def is_password(self, given: str) -> bool:
        """True for the administrator's password, compared in constant time; never while none is set."""
        same = hmac.compare_digest(given.encode(errors="replace"), self._password)
        return same and bool(self._password)

    def open(self, who: str) -> str:
        """Start a session; returns the cookie's value."""
        now = int(self._clock.now().timestamp())
        signed = self._signer.dumps([who, new_nonce(), now])
        return signed if isinstance(signed, str) else signed.decode()

    def read(self, cookie: str) -> Session | None:
        """Return the session a cookie stands for, None if it is forged, of an old password, or over."""
        try:
            who, nonce, started = self._signer.loads(cookie)
        except (BadSignature, ValueError, TypeError):
            return None
        session = Session(who, nonce, datetime.fromtimestamp(started, timezone.utc))
        age = self._clock.now() - session.started_at
        return session if timedelta(0) <= age + timedelta(minutes=1) and age < LASTS else None

    def form_token(self, nonce: str) -> str:
        """Return what a form must carry to be taken from the browser that has this nonce."""
        return hmac.new(self._secret, b"console.form." + nonce.encode(), "sha256").hexdigest()

    def is_form_token(self, nonce: str, given: str) -> bool:
        """True if the form was made for this nonce."""
        expected = self.form_token(nonce).encode()
        return bool(nonce) and hmac.compare_digest(expected, given.encode(errors="replace"))


def new_nonce() -> str:
    """Return 128 random bits as text."""
    return secrets.token_hex(16)
