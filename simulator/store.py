"""What the platform remembers: citizens, what stands in their chats, and every exchange."""

from __future__ import annotations

import threading
import time
from collections import deque
from dataclasses import dataclass, field
from typing import Any

from simulator.contents import Content
from simulator.feed import Feed

_KEPT_EXCHANGES = 5000
_KEPT_LINES = 2000  # a citizen


@dataclass
class Citizen:
    """A WeChat user as seen by this one account."""

    openid: str
    name: str
    colour: str = "#7c9a92"
    follows: bool = True
    ever_followed: bool = True
    followed_at: float = 0.0
    scene: str = ""
    refuses: bool = False
    with_agent: bool = False
    last_touch: float = 0.0
    typing_until: float = 0.0

    def to_json(self) -> dict[str, Any]:
        """Return the JSON form used by pages and drivers."""
        return {
            "openid": self.openid,
            "name": self.name,
            "colour": self.colour,
            "follows": self.follows,
            "with_agent": self.with_agent,
        }


@dataclass(frozen=True)
class Line:
    """One line of a chat. `in` goes from the citizen to the account, `out` comes back."""

    id: int
    openid: str
    direction: str
    content: Content
    at: float
    via: str
    media_url: str = ""
    sender: str = ""

    def to_json(self) -> dict[str, Any]:
        """Return the JSON form used by pages and drivers."""
        return {
            "id": self.id,
            "openid": self.openid,
            "direction": self.direction,
            "kind": self.content.kind,
            "text": self.content.text,
            "parts": list(self.content.parts),
            "options": [option.to_json() for option in self.content.options],
            "card": self.content.card,
            "media_id": self.content.media_id,
            "media_url": self.media_url,
            "sender": self.sender,
            "at": self.at,
            "via": self.via,
        }


@dataclass
class Exchange:
    """One push with its attempts, or one API call: everything that crossed the wire."""

    id: int
    kind: str
    title: str
    openid: str
    at: float
    outcome: str = "pending"
    reason: str = ""
    elapsed_ms: int = 0
    attempts: list[dict[str, Any]] = field(default_factory=list)
    request: dict[str, Any] = field(default_factory=dict)
    response: dict[str, Any] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Return the JSON form used by pages and drivers."""
        return {
            "id": self.id,
            "kind": self.kind,
            "title": self.title,
            "openid": self.openid,
            "at": self.at,
            "outcome": self.outcome,
            "reason": self.reason,
            "elapsed_ms": self.elapsed_ms,
            "attempts": list(self.attempts),
            "request": self.request,
            "response": self.response,
        }


class Store:
    """All of it in memory behind one lock; each change is published in the feed."""

    def __init__(self, feed: Feed) -> None:
        self.lock = threading.RLock()
        self.feed = feed
        self.citizens: dict[str, Citizen] = {}
        self._lines: dict[str, deque[Line]] = {}
        self._exchanges: deque[Exchange] = deque(maxlen=_KEPT_EXCHANGES)
        self._numbers = 0
        # Message ids must not repeat after a restart: whoever dedupes may remember the last run.
        self._msg_id = int(time.time() * 1000) * 10000

    def add_citizen(self, citizen: Citizen) -> Citizen:
        """Remember a citizen."""
        with self.lock:
            self.citizens[citizen.openid] = citizen
        self.publish_citizen(citizen)
        return citizen

    def publish_citizen(self, citizen: Citizen) -> None:
        """Tell the pages that a citizen's state changed."""
        self.feed.publish("citizen", citizen.to_json())

    def find_citizen(self, key: str) -> Citizen | None:
        """Return the citizen with this open id or this name."""
        with self.lock:
            if key in self.citizens:
                return self.citizens[key]
            return next((c for c in self.citizens.values() if c.name == key), None)

    def next_msg_id(self) -> int:
        """Return a fresh 64-bit message id."""
        with self.lock:
            self._msg_id += 1
            return self._msg_id

    def add_line(self, line: dict[str, Any]) -> Line:
        """Append a chat line (its fields but the id) and publish it, in the order of the ids."""
        with self.lock:
            self._numbers += 1
            added = Line(id=self._numbers, **line)
            lines = self._lines.setdefault(added.openid, deque(maxlen=_KEPT_LINES))
            lines.append(added)
            self.feed.publish("line", added.to_json())
        return added

    def lines(self, openid: str, *, after: int = 0) -> list[Line]:
        """Return a citizen's lines newer than `after`."""
        with self.lock:
            return [line for line in self._lines.get(openid, ()) if line.id > after]

    def open_exchange(self, kind: str, title: str, *, openid: str, at: float) -> Exchange:
        """Start the record of one exchange."""
        with self.lock:
            self._numbers += 1
            exchange = Exchange(self._numbers, kind, title, openid, at)
            self._exchanges.append(exchange)
        return exchange

    def publish_exchange(self, exchange: Exchange) -> None:
        """Tell the pages the exchange's present state."""
        self.feed.publish("exchange", exchange.to_json())

    def exchanges(self, *, after: int = 0, limit: int = 500) -> list[Exchange]:
        """Return exchanges newer than `after`, oldest first, the newest `limit` of them."""
        with self.lock:
            return [e for e in self._exchanges if e.id > after][-limit:]

    def find_exchange(self, number: int) -> Exchange | None:
        """Return the exchange of this id while it is kept."""
        with self.lock:
            return next((e for e in self._exchanges if e.id == number), None)
