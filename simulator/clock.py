"""A clock that runs with real time and can be moved forward (contract 14, point 8)."""

from __future__ import annotations

import threading
import time


class VirtualClock:
    """Real time plus what was skipped; every window of the platform is measured with it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._skipped = 0.0

    def now(self) -> float:
        """Return virtual Unix seconds."""
        return time.time() + self._skipped

    def advance(self, seconds: float) -> float:
        """Skip forward and return the new time; going back is refused."""
        if seconds < 0:
            raise ValueError("the clock only goes forward")
        with self._lock:
            self._skipped += seconds
        return self.now()

    @property
    def skipped(self) -> float:
        """Seconds skipped so far."""
        return self._skipped
