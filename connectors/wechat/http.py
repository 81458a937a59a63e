"""HTTP towards WeChat: a time-out on every call, and every failure as one of our four kinds."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3.exceptions import (
    ConnectTimeoutError,
    MaxRetryError,
    NewConnectionError,
    ProxyError,
    SSLError,
)

from bot.model.errors import Permanent, RemoteError, RetryLater
from connectors.wechat.errors import CODES, REMOTE

OnCall = Callable[[str, str], None]
"""Is told of each call: the operation, and the code of its answer ("0" for good, "other" for a code in no table)."""

TIMEOUT_S = (3.05, 8.0)  # to connect, between two bytes of the answer
_NEVER_SENT = (NewConnectionError, ConnectTimeoutError, ProxyError, SSLError)


def ignore_call(operation: str, code: str) -> None:  # noqa: ARG001
    """Count nothing."""


@contextmanager
def told_of_call(on_call: OnCall, operation: str) -> Iterator[Callable[[int], None]]:
    """Tell of the call made inside, however it ends; what is given takes the answer's error code."""
    code = "none"

    def answered(errcode: int) -> None:
        nonlocal code
        code = str(errcode) if errcode == 0 or errcode in CODES else "other"

    try:
        yield answered
    except RemoteError as error:
        code = error.code
        raise
    finally:
        on_call(operation, code)


@dataclass(frozen=True)
class Bounds:
    """How much of one answer is read, and how long that may take, however it drips."""

    most_bytes: int = 20 * 1024 * 1024  # twice the platform's largest medium (contract section 8)
    total_s: float = 60.0  # ten megabytes on an office's line


class AnswerTooLarge(requests.RequestException):
    """The answer is larger than any the platform gives."""


class _Bounded:
    """An answer's bytes, read no further than to a bound in size and in time."""

    def __init__(self, raw: Any, bounds: Bounds) -> None:
        self._raw = raw
        self._most = bounds.most_bytes
        self._until = time.monotonic() + bounds.total_s

    def stream(self, *arguments: Any, **options: Any) -> Iterator[bytes]:
        size = 0
        for chunk in self._raw.stream(*arguments, **options):
            size += len(chunk)
            if size > self._most:
                raise AnswerTooLarge
            if time.monotonic() > self._until:
                raise requests.exceptions.ReadTimeout
            yield chunk

    def __getattr__(self, name: str) -> Any:
        return getattr(self._raw, name)


class _BoundedAdapter(HTTPAdapter):
    """Sets the time-outs where a caller forgot them; wechatpy does in places (contract 12.3). Bounds the answers."""

    def __init__(self, timeout_s: tuple[float, float], bounds: Bounds, **options: Any) -> None:
        self._timeout_s, self._bounds = timeout_s, bounds
        super().__init__(**options)

    def send(self, request: Any, **options: Any) -> requests.Response:  # type: ignore[override]
        """Send with our time-outs unless others are given."""
        if options.get("timeout") is None:
            options["timeout"] = self._timeout_s
        response = super().send(request, **options)
        response.raw = _Bounded(response.raw, self._bounds)
        return response


def make_session(
    *,
    timeout_s: tuple[float, float] = TIMEOUT_S,
    pool_size: int = 16,
    bounds: Bounds = Bounds(),
) -> requests.Session:
    """Return a session that never waits or reads without end and never repeats a request by itself."""
    session = requests.Session()
    for scheme in ("https://", "http://"):
        session.mount(
            scheme, _BoundedAdapter(timeout_s, bounds, pool_connections=4, pool_maxsize=pool_size)
        )
    return session


def as_remote_error(error: requests.RequestException, *, changes: bool) -> RemoteError:
    """Classify a transport failure.

    Args:
        error: what requests raised.
        changes: True when the call does something at the other end: then a request that left this
            machine without an answer has an unknown outcome.
    """
    code = type(error).__name__
    # The text of the exception holds the URL, and the URL holds the access token.
    if isinstance(error, (requests.exceptions.InvalidURL, requests.exceptions.InvalidSchema)):
        return Permanent(REMOTE, code, "the address of the API is not valid")
    if _never_sent(error):
        return RetryLater(REMOTE, code, "no connection to the API")
    if isinstance(error, AnswerTooLarge) and not changes:
        return Permanent(REMOTE, code, "the answer is larger than any the platform gives")
    return RetryLater(REMOTE, code, "the API's answer is lost", outcome_unknown=changes)


def read_json(response: requests.Response, *, changes: bool) -> dict[str, Any]:
    """Return the JSON object of an answer, strictly; anything else is `RetryLater` or `Permanent`."""
    check_status(response, changes=changes)
    try:
        data = json.loads(response.content.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise _no_answer_of_the_api(response, changes) from error
    if not isinstance(data, dict):
        raise _no_answer_of_the_api(response, changes)
    return data


def check_status(response: requests.Response, *, changes: bool) -> None:
    """Raise unless the status is 200: WeChat's own errors come with 200 (contract 5.2)."""
    status = response.status_code
    if status == 200:
        return
    if status == 429:
        raise RetryLater(REMOTE, "http429", "too many requests", retry_after_s=60.0)
    if status >= 500:
        raise RetryLater(REMOTE, f"http{status}", "the API failed", outcome_unknown=changes)
    raise Permanent(REMOTE, f"http{status}", "the address of the API does not answer as WeChat's")


def _never_sent(error: requests.RequestException) -> bool:
    if isinstance(error, (requests.exceptions.ConnectTimeout, requests.exceptions.SSLError)):
        return True
    cause = error.args[0] if error.args else None
    if isinstance(cause, MaxRetryError):
        cause = cause.reason
    return isinstance(cause, _NEVER_SENT)


def _no_answer_of_the_api(response: requests.Response, changes: bool) -> RetryLater:
    kind = response.headers.get("content-type", "no type")[:60]
    return RetryLater(
        REMOTE, "body", f"the answer is no JSON object ({kind})", outcome_unknown=changes
    )
