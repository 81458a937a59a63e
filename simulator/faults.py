"""Faults that can be ordered for an API path: codes, HTTP errors, lost answers, slowness."""

from __future__ import annotations

import threading
from dataclasses import asdict, dataclass, replace
from typing import Any


@dataclass(frozen=True)
class Fault:
    """What shall go wrong the next `times` calls of a path (`*` is every path).

    `lost` does the work and then breaks the connection without an answer; `slow_s` delays and
    can stand alone or with the others.
    """

    path: str
    errcode: int | None = None
    http_status: int | None = None
    lost: bool = False
    slow_s: float = 0.0
    times: int = 1


class Faults:
    """Ordered faults; the first that matches a call is used up by one."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._faults: list[Fault] = []

    def add(self, fault: Fault) -> None:
        """Order a fault."""
        with self._lock:
            self._faults.append(fault)

    def clear(self) -> None:
        """Cancel all of them."""
        with self._lock:
            self._faults.clear()

    def take(self, path: str) -> Fault | None:
        """Return and use up the first fault for this path."""
        with self._lock:
            for index, fault in enumerate(self._faults):
                if fault.path != "*" and not path.endswith(fault.path.lstrip("/")):
                    continue
                if fault.times <= 1:
                    del self._faults[index]
                else:
                    self._faults[index] = replace(fault, times=fault.times - 1)
                return fault
        return None

    def to_json(self) -> list[dict[str, Any]]:
        """Return the faults still ordered."""
        with self._lock:
            return [asdict(fault) for fault in self._faults]
