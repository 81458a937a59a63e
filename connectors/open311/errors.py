"""Every way a backend call can fail, as one of the kinds in `bot.model.errors`.

    what happened                           kind        outcome unknown (POST)
    ------------------------------------    ---------   ----------------------
    no connection, no such host, TLS        RetryLater  no: nothing was sent
    time-out or loss after sending          RetryLater  yes
    answer that cannot be read              RetryLater  yes
    408, 425, 429, 503                      RetryLater  no: refused before doing
    500, 502, 504, other 5xx                RetryLater  yes
    400 whose text says "already there"     Duplicate   -
    3xx, other 4xx, 501, 505, bad address   Permanent   -

A GET changes nothing, so its outcome is never unknown. No exception's own text is passed on: it holds
the address with the api_key in it.
"""

from __future__ import annotations

from datetime import datetime, timezone
from email.utils import parsedate_to_datetime

import requests
from urllib3.exceptions import MaxRetryError, NewConnectionError

from bot.model.errors import Duplicate, Permanent, RemoteError, RetryLater

REMOTE = "backend"

# status -> may a POST have been carried out?
_RETRY = {408: False, 425: False, 429: False, 503: False, 500: True, 502: True, 504: True}
_NEVER = {501, 505}
_DUPLICATE_WORDS = ("duplicate", "already exist", "already been", "already submitted", "重复")
_LONGEST_WAIT_S = 86_400.0


def unreadable(*, is_post: bool) -> RetryLater:
    """The backend answered with something that is neither JSON nor XML of the specification."""
    return RetryLater(REMOTE, "unreadable", "answer cannot be read", outcome_unknown=is_post)


def from_exception(error: requests.RequestException, *, is_post: bool) -> RemoteError:
    """Classify what the HTTP library raised."""
    name = type(error).__name__
    if _nothing_was_sent(error):
        return RetryLater(REMOTE, name, "no connection")
    if isinstance(error, (requests.ConnectionError, requests.Timeout)):
        return RetryLater(REMOTE, name, "no answer", outcome_unknown=is_post)
    if isinstance(error, (requests.exceptions.InvalidURL, requests.exceptions.InvalidSchema)):
        return Permanent(REMOTE, name, "the backend's address is wrong")
    if isinstance(error, requests.exceptions.MissingSchema):
        return Permanent(REMOTE, name, "the backend's address is wrong")
    return RetryLater(REMOTE, name, "answer broke off", outcome_unknown=is_post)


def from_status(
    status: int, described: str, *, is_post: bool, retry_after: str | None = None
) -> RemoteError:
    """Classify an answer that is not a success; `described` is the body's own words, if it had any."""
    code = str(status)
    message = described or "no description"
    if status in _RETRY or (status >= 500 and status not in _NEVER):
        return RetryLater(
            REMOTE,
            code,
            message,
            retry_after_s=_seconds(retry_after),
            outcome_unknown=is_post and _RETRY.get(status, True),
        )
    if status == 400 and any(word in described.lower() for word in _DUPLICATE_WORDS):
        return Duplicate(REMOTE, code, message)
    return Permanent(REMOTE, code, message)


def _nothing_was_sent(error: requests.RequestException) -> bool:
    early = (
        requests.ConnectTimeout,
        requests.exceptions.ProxyError,
        requests.exceptions.SSLError,
    )
    if isinstance(error, early):
        return True
    inner = error.args[0] if error.args else None
    return isinstance(inner, MaxRetryError) and isinstance(inner.reason, NewConnectionError)


def _seconds(header: str | None) -> float | None:
    """Read Retry-After: seconds or a date (RFC 9110, 10.2.3)."""
    if not header:
        return None
    if header.strip().isascii() and header.strip().isdigit():
        return min(float(header), _LONGEST_WAIT_S)
    try:
        moment = parsedate_to_datetime(header)
    except (TypeError, ValueError):
        return None
    aware = moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)
    wait = (aware - datetime.now(timezone.utc)).total_seconds()
    return min(max(wait, 0.0), _LONGEST_WAIT_S)
