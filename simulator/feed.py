"""A numbered log of what changed, so that every open page can follow and catch up."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections import deque
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

_KEPT = 2000


@dataclass(frozen=True)
class Change:
    """One change: its number, its kind and the JSON a page needs."""

    number: int
    kind: str
    payload: dict[str, Any]


class Feed:
    """Written from any thread, followed from event loops."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._changes: deque[Change] = deque(maxlen=_KEPT)
        self._number = 0
        self._followers: set[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = set()
        self._journal: IO[str] | None = None

    def keep(self, path: Path) -> None:
        """Write every later change to a file too, a line of JSON each: what is kept here is soon overwritten."""
        self._journal = path.open("a", encoding="utf-8", buffering=1)

    @property
    def number(self) -> int:
        """Number of the newest change."""
        return self._number

    def publish(self, kind: str, payload: dict[str, Any]) -> None:
        """Append a change and wake every follower."""
        with self._lock:
            self._number += 1
            self._changes.append(Change(self._number, kind, payload))
            if self._journal is not None:
                row = {"at": time.time(), "kind": kind, "payload": payload}
                self._journal.write(json.dumps(row, ensure_ascii=False) + "\n")
            followers = list(self._followers)
        for loop, event in followers:
            if not loop.is_closed():
                loop.call_soon_threadsafe(event.set)

    def after(self, number: int) -> list[Change]:
        """Return the changes newer than `number` that are still kept."""
        with self._lock:
            return [change for change in self._changes if change.number > number]

    async def wait(self, number: int, *, timeout_s: float) -> list[Change]:
        """Wait until there is something newer than `number`, or return an empty list."""
        follower = (asyncio.get_running_loop(), asyncio.Event())
        with self._lock:
            self._followers.add(follower)
        try:
            if not self.after(number):
                await asyncio.wait_for(follower[1].wait(), timeout_s)
        except asyncio.TimeoutError:
            return []
        finally:
            with self._lock:
                self._followers.discard(follower)
        return self.after(number)
