"""Counters of what happened, for tests and for the panel."""

from __future__ import annotations

import threading
from collections import Counter
from typing import Any


class Stats:
    """Counts pushes by outcome, API calls by path, and answers by error code."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._pushes: Counter[str] = Counter()
        self._faults: Counter[str] = Counter()
        self._calls: Counter[str] = Counter()
        self._errors: Counter[str] = Counter()

    def push_ended(self, outcome: str, reason: str = "") -> None:
        """Count a push by how it ended."""
        with self._lock:
            self._pushes[outcome] += 1
            if reason:
                self._faults[reason] += 1

    def api_called(self, path: str, errcode: int) -> None:
        """Count an API call and the code it was answered with."""
        with self._lock:
            self._calls[path] += 1
            if errcode:
                self._errors[str(errcode)] += 1

    def to_json(self) -> dict[str, Any]:
        """Return all counters; `token_requests` sums both issuing endpoints."""
        with self._lock:
            tokens = self._calls["/cgi-bin/token"] + self._calls["/cgi-bin/stable_token"]
            return {
                "pushes": dict(self._pushes),
                "faults": dict(self._faults),
                "api_calls": dict(+self._calls),
                "api_errors": dict(self._errors),
                "token_requests": tokens,
            }
