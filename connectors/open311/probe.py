"""Questions to a backend that show whether a complaint would be taken, without filing one.

For `minsheng doctor`. The key is shown with a POST that no backend can file: it names no service, which GeoReport v2
requires (POST requests, `service_code`). A backend that looks at the key first answers 401 or 403 to a wrong one; one
that looks at the parameters first answers 400 in any case, and then the key stays unproven.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import Enum

from bot.model.errors import Permanent
from connectors.open311.client import Open311Client

_REFUSED = ("401", "403")


class Feed(Enum):
    """What became of asking for updates."""

    THERE = "there"
    ABSENT = "absent"
    REFUSED = "refused"


def key_is_refused(client: Open311Client) -> bool:
    """Say whether the backend refuses our key to file with; raises a `RemoteError` of another kind."""
    try:
        client.file_nothing()
    except Permanent as refusal:
        return refusal.code in _REFUSED
    return False


def feed_of(client: Open311Client, now: datetime) -> Feed:
    """Say whether the backend tells updates when it is asked (mySociety's extension)."""
    try:
        client.updates(now - timedelta(minutes=10), now)
    except Permanent as refusal:
        return Feed.REFUSED if refusal.code in _REFUSED else Feed.ABSENT
    return Feed.THERE
