"""Daily call limits per API, and the ten clearings a month (contract 5.4)."""

from __future__ import annotations

import threading
from typing import Any

from simulator.clock import VirtualClock
from simulator.errors import ApiError

_DAY_S = 86400
_BEIJING_S = 8 * 3600
_CLEARINGS = 10

DAILY: dict[str, int] = {
    "/cgi-bin/token": 2000,
    "/cgi-bin/stable_token": 500_000,
    "/cgi-bin/message/custom/send": 500_000,
    "/cgi-bin/message/custom/typing": 500_000,
    "/cgi-bin/message/template/send": 100_000,
    "/cgi-bin/message/subscribe/bizsend": 100_000,
    "/cgi-bin/media/get": 200_000,
    "/cgi-bin/media/upload": 100_000,
    "/cgi-bin/menu/create": 1000,
    "/cgi-bin/menu/get": 10_000,
    "/cgi-bin/menu/delete": 1000,
    "/cgi-bin/qrcode/create": 100_000,
    "/cgi-bin/user/info": 5_000_000,
}


class Quotas:
    """Counts calls by Beijing day; the limits can be lowered to try exhaustion."""

    def __init__(self, clock: VirtualClock) -> None:
        self.limits = dict(DAILY)
        self._clock = clock
        self._lock = threading.Lock()
        self._day = 0
        self._used: dict[str, int] = {}
        self._clearings = 0

    def count(self, path: str) -> None:
        """Count one call or raise 45009 when the day's limit is used."""
        with self._lock:
            self._turn_day()
            used = self._used.get(path, 0)
            if path in self.limits and used >= self.limits[path]:
                raise ApiError(45009)
            self._used[path] = used + 1

    def clear(self) -> None:
        """Set all counts to zero, ten times a month, then 48006."""
        with self._lock:
            if self._clearings >= _CLEARINGS:
                raise ApiError(48006)
            self._clearings += 1
            self._used.clear()

    def usage(self, path: str) -> dict[str, Any]:
        """Return what `openapi/quota/get` answers for a path, or raise 76021."""
        with self._lock:
            self._turn_day()
            if path not in self.limits:
                raise ApiError(76021)
            limit, used = self.limits[path], self._used.get(path, 0)
        return {
            "quota": {"daily_limit": limit, "used": used, "remain": max(limit - used, 0)},
            "rate_limit": {"call_count": 10_000, "refresh_second": 60},
        }

    def _turn_day(self) -> None:
        day = int((self._clock.now() + _BEIJING_S) // _DAY_S)
        if day != self._day:
            self._day = day
            self._used.clear()
