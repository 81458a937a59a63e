"""Who is signed in: a random token in the browser, its hash in the record, and the token that each form must carry.

A session ends after an hour without a request, after twelve hours in any case, at signing out, and as soon as the
account's password, role or activity changes.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import timedelta

from bot.model.staff import StaffMember, StaffSession
from bot.ports import Clock
from bot.record import Unit

LASTS = timedelta(hours=12)
IDLE = timedelta(minutes=60)
#: How old the time of the last request may grow in the record before it is written again.
TOUCH_AFTER = timedelta(seconds=60)
COOKIE = "minsheng_console"
FORM_COOKIE = "minsheng_console_form"


@dataclass(frozen=True)
class SignedIn:
    """A living session and whose it is."""

    session: StaffSession
    member: StaffMember


class Sessions:
    """Opens and reads sessions inside the caller's unit; makes and checks form tokens."""

    def __init__(self, secret: str, clock: Clock) -> None:
        self._secret = secret.encode()
        self._clock = clock

    def open(self, unit: Unit, member: StaffMember, address: str) -> str:
        """Start a session; returns the cookie's value, which is kept nowhere else."""
        now, token = self._clock.now(), secrets.token_urlsafe(32)
        unit.staff.forget_sessions(now - LASTS)
        unit.staff.open_session(
            StaffSession(
                digest=digest_of(token),
                number=member.number,
                nonce=new_nonce(),
                started_at=now,
                seen_at=now,
                address=address,
            )
        )
        return token

    def read(self, unit: Unit, token: str) -> SignedIn | None:
        """Return the session a cookie stands for, None if there is none or it is over."""
        session = unit.staff.session(digest_of(token)) if token else None
        member = unit.staff.get(session.number) if session else None
        if session is None or member is None or not self.is_alive(session, member):
            return None
        return SignedIn(session, member)

    def is_due(self, session: StaffSession) -> bool:
        """True if it should be noted again that the browser was seen."""
        return self._clock.now() - session.seen_at >= TOUCH_AFTER

    def is_alive(self, session: StaffSession, member: StaffMember) -> bool:
        """True while the session counts: neither idle nor old, and the account has not changed since."""
        now = self._clock.now()
        is_fresh = now - session.started_at < LASTS and now - session.seen_at < IDLE
        return is_fresh and member.active and member.changed_at <= session.started_at

    def form_token(self, nonce: str) -> str:
        """Return what a form must carry to be taken from the browser that has this nonce."""
        return hmac.new(self._secret, b"console.form." + nonce.encode(), "sha256").hexdigest()

    def is_form_token(self, nonce: str, given: str) -> bool:
        """True if the form was made for this nonce."""
        expected = self.form_token(nonce).encode()
        return bool(nonce) and hmac.compare_digest(expected, given.encode(errors="replace"))


def digest_of(token: str) -> str:
    """Return what the record keeps of a token; it is random enough to need no salt."""
    return hashlib.sha256(token.encode(errors="replace")).hexdigest()


def new_nonce() -> str:
    """Return 128 random bits as text."""
    return secrets.token_hex(16)
