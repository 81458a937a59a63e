"""Updates that a backend pushes: a signed POST to /backend/updates.

The signature is the hex HMAC-SHA256 of `timestamp + "." + body` in `X-Minsheng-Signature`, the time in
`X-Minsheng-Timestamp`; five minutes (design: external contract). The body is one update or a list of them, as JSON
or as the form that mySociety's extension posts.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl
from zoneinfo import ZoneInfo

from bot.model.backend import Update
from connectors.open311 import reading

FRESH_S = 300
_SECONDS = re.compile(r"[0-9]{1,12}")


class BadPush(Exception):
    """A push that is not taken: `status` is the HTTP status, the message says why."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status


def verify(secret: str, *, timestamp: str, signature: str, body: bytes, now: datetime) -> None:
    """Check a push's signature and age; raises `BadPush` 403, or 404 when no secret is set."""
    if not secret:
        raise BadPush(404, "no push secret is set")
    if not _SECONDS.fullmatch(timestamp) or abs(now.timestamp() - int(timestamp)) > FRESH_S:
        raise BadPush(403, "the timestamp is missing or more than five minutes away")
    wanted = hmac.new(secret.encode(), timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()
    given = signature.strip().lower().encode("utf-8", "replace")
    if not hmac.compare_digest(wanted.encode(), given):
        raise BadPush(403, "the signature does not fit")


def parse(
    body: bytes, content_type: str, *, now: datetime, naive_tz: str = "Asia/Shanghai"
) -> list[Update]:
    """Read the updates of a push; raises `BadPush` 400 naming what is wrong."""
    try:
        if "form" in content_type:
            found: Any = dict(parse_qsl(body.decode("utf-8")))
        else:
            found = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise BadPush(400, "the body is neither JSON nor a form") from error
    if isinstance(found, dict):
        found = found.get("service_request_updates", found.get("request_updates", [found]))
    if not isinstance(found, list) or not all(isinstance(f, dict) for f in found):
        raise BadPush(400, "an update or a list of updates is wanted")
    updates = [reading.update(entry, ZoneInfo(naive_tz), undated=now) for entry in found]
    if not updates or any(u is None for u in updates):
        raise BadPush(400, "each update needs a service_request_id")
    return [u for u in updates if u is not None]
