"""The states an update may carry, and which of them close a request.

The words are GeoReport v2's two and the extended list that mySociety's adapters use. A request is
shown as `open` or `closed` only (GeoReport v2, GET requests); the finer word travels in updates.
"""

from __future__ import annotations

OPEN = "open"
CLOSED = "closed"

# word -> what the request then is
STATUSES: dict[str, str] = {
    "open": OPEN,
    "reopen": OPEN,
    "for_triage": OPEN,
    "investigating": OPEN,
    "in_progress": OPEN,
    "planned": OPEN,
    "action_scheduled": OPEN,
    "no_further_action": CLOSED,
    "not_councils_responsibility": CLOSED,
    "duplicate": CLOSED,
    "internal_referral": CLOSED,
    "cancelled": CLOSED,
    "fixed": CLOSED,
    "closed": CLOSED,
}


def known(word: str) -> str | None:
    """Return the word as we keep it (lower case), or None if it is not on the list."""
    lowered = word.strip().lower()
    return lowered if lowered in STATUSES else None
