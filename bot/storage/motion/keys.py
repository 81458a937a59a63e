"""Every key and channel this product uses in Redis, built in one place.

A key never carries an open id in clear: citizens and messages appear as a digest (the payload of a stream
entry has the id, because the worker needs it).
"""

from __future__ import annotations

from hashlib import blake2b

PREFIX = "minsheng:"

PARTITIONS = 64
"""How many streams the citizens are spread over: fixed, since a citizen must stay in one stream."""

ANSWERS = PREFIX + "answers"
"""Channel that names the messages whose answer has arrived."""

HELD = PREFIX + "held"
"""Set of citizens whose conversation a person holds."""

LIVE = PREFIX + "live"
"""Channel of news for open browsers."""

STAFF_SEEN = PREFIX + "staff:seen"
"""Sorted set of work numbers by the moment (milliseconds) until which they count as there."""

STAFF_AWAY = PREFIX + "staff:away"
"""Set of work numbers who are there and take no citizens."""

OWNERS = PREFIX + "owners"
"""Hash from the number of a stream to the worker that owns it."""

WORKERS = PREFIX + "workers"
"""Sorted set of workers by their last heartbeat (milliseconds)."""

FAILURES = PREFIX + "failures"
"""Hash from a stream entry to how often its turn was begun and neither done nor put back."""

PACE = PREFIX + "pace:"
"""Begin of the keys that count a citizen's messages, for as long as they count."""

PARKED = PREFIX + "parked"
"""Stream of messages that were set aside because their turn failed too often."""


def digest(text: str) -> str:
    """Return a stable short digest, the same on every machine (unlike `hash`)."""
    return blake2b(text.encode(), digest_size=16).hexdigest()


def partition(citizen: str, count: int = PARTITIONS) -> int:
    """Return the number of the stream that holds all messages of this citizen."""
    return int.from_bytes(blake2b(citizen.encode(), digest_size=8).digest(), "big") % count


def stream(number: int) -> str:
    """Return the key of one of the streams of accepted messages."""
    return f"{PREFIX}in:{number:02d}"


def answer(message_key: str) -> str:
    """Return the key of the record of one message: its attempts and its answer."""
    return f"{PREFIX}answer:{digest(message_key)}"


def pace(citizen: str) -> str:
    """Return the key of the count of one citizen's messages."""
    return PACE + digest(citizen)


def lease(name: str) -> str:
    """Return the key of a named duty's lease."""
    return f"{PREFIX}lease:{name}"
