"""How many customer-service messages a citizen's own acts still allow (contract 6.1)."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from enum import Enum
from typing import Any

from simulator.clock import VirtualClock
from simulator.config import AllowancePolicy
from simulator.errors import ApiError


class Trigger(str, Enum):
    """What the citizen did."""

    MESSAGE = "message"
    MENU = "menu"
    FOLLOW = "follow"
    SCAN = "scan"


ALLOWANCES: dict[Trigger, tuple[int, float]] = {
    Trigger.MESSAGE: (5, 48 * 3600.0),
    Trigger.MENU: (3, 60.0),
    Trigger.FOLLOW: (3, 60.0),
    Trigger.SCAN: (3, 60.0),
}


@dataclass
class Grant:
    """What one kind of act still allows."""

    left: int
    until: float


class Ledger:
    """Grants per citizen and kind of act; the shortest-lived open grant is used first."""

    def __init__(self, clock: VirtualClock, policy: AllowancePolicy) -> None:
        self.policy = policy
        self._clock = clock
        self._lock = threading.Lock()
        self._grants: dict[str, dict[Trigger, Grant]] = {}

    def grant(self, openid: str, trigger: Trigger) -> None:
        """Record an act of the citizen."""
        count, window_s = ALLOWANCES[trigger]
        now = self._clock.now()
        with self._lock:
            grants = self._grants.setdefault(openid, {})
            old = grants.get(trigger)
            carried = old.left if old and old.until > now else 0
            added = self.policy is AllowancePolicy.ADD
            grants[trigger] = Grant(count + (carried if added else 0), now + window_s)

    def check_open(self, openid: str) -> None:
        """Raise 45015 unless some window is open; sends nothing and uses nothing."""
        with self._lock:
            self._open(openid)

    def use(self, openid: str) -> None:
        """Use one message, or raise 45015 (no window open) or 45047 (all used)."""
        with self._lock:
            usable = [grant for grant in self._open(openid) if grant.left > 0]
            if not usable:
                raise ApiError(45047)
            min(usable, key=lambda grant: grant.until).left -= 1

    def close(self, openid: str) -> None:
        """Forget every grant, as unfollowing does."""
        with self._lock:
            self._grants.pop(openid, None)

    def to_json(self, openid: str) -> dict[str, Any]:
        """Return the open grants for the page: left and seconds until each closes."""
        now = self._clock.now()
        with self._lock:
            grants = self._grants.get(openid, {})
            rows = [
                {"trigger": t.value, "left": g.left, "closes_in_s": int(g.until - now)}
                for t, g in grants.items()
                if g.until > now
            ]
        return {"openid": openid, "left": sum(int(r["left"]) for r in rows), "grants": rows}

    def _open(self, openid: str) -> list[Grant]:
        now = self._clock.now()
        grants = [g for g in self._grants.get(openid, {}).values() if g.until > now]
        if not grants:
            raise ApiError(45015)
        return grants
