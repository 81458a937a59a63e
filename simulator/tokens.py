"""Access tokens of both issuing endpoints with their overlap and isolation (contract 5.1, 5.2)."""

from __future__ import annotations

import secrets
import threading
from dataclasses import dataclass

from simulator.clock import VirtualClock
from simulator.errors import ApiError

LIFETIME_S = 7200
OVERLAP_S = 300
FORCE_GAP_S = 30
FORCE_PER_DAY = 20
_DAY_S = 86400


@dataclass
class _Token:
    value: str
    expires_at: float
    dead_at: float


class TokenService:
    """Issues tokens and judges them; the two endpoints never end each other's tokens."""

    def __init__(self, clock: VirtualClock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._tokens: dict[str, _Token] = {}
        self._plain: _Token | None = None
        self._stable: _Token | None = None
        self._forced: list[float] = []

    def issue(self) -> tuple[str, int]:
        """Return a new token of `/cgi-bin/token`; the one before stays valid five minutes."""
        with self._lock:
            now = self._clock.now()
            if self._plain:
                self._plain.dead_at = min(self._plain.dead_at, now + OVERLAP_S)
            self._plain = self._new()
            return self._plain.value, LIFETIME_S

    def issue_stable(self, *, force: bool = False) -> tuple[str, int]:
        """Return the token of `/cgi-bin/stable_token` and its remaining seconds.

        The same one is given until its last five minutes. A forced refresh ends it at once, but
        at most every 30 s and 20 times a day; beyond that it is silently not refreshed.
        """
        with self._lock:
            now = self._clock.now()
            if force and self._may_force(now):
                self._forced.append(now)
                if self._stable:
                    self._stable.dead_at = now
                self._stable = None
            if self._stable is None or self._stable.expires_at - now <= OVERLAP_S:
                self._stable = self._new()
            return self._stable.value, int(self._stable.expires_at - now)

    def check(self, value: str) -> None:
        """Raise 41001 missing, 40014 unknown, 42001 expired or 40001 superseded."""
        if not value:
            raise ApiError(41001)
        now = self._clock.now()
        with self._lock:
            token = self._tokens.get(value)
        if token is None:
            raise ApiError(40014)
        if now >= token.expires_at:
            raise ApiError(42001)
        if now >= token.dead_at:
            raise ApiError(40001)

    def revoke_all(self) -> None:
        """End every token now, as a changed secret would."""
        with self._lock:
            now = self._clock.now()
            for token in self._tokens.values():
                token.dead_at = min(token.dead_at, now)
            self._plain = self._stable = None

    def _new(self) -> _Token:
        expires_at = self._clock.now() + LIFETIME_S
        token = _Token(f"91_{secrets.token_urlsafe(100)}", expires_at, expires_at)
        self._tokens[token.value] = token
        return token

    def _may_force(self, now: float) -> bool:
        self._forced = [at for at in self._forced if now - at < _DAY_S]
        if len(self._forced) >= FORCE_PER_DAY:
            return False
        return not self._forced or now - self._forced[-1] >= FORCE_GAP_S
