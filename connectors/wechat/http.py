"""HTTP towards WeChat: a time-out on every call, and every failure as one of our four kinds."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from ipaddress import ip_address
from typing import Any
from urllib.parse import SplitResult

import requests
from urllib3.exceptions import (
    ConnectTimeoutError,
    MaxRetryError,
    NewConnectionError,
    ProxyError,
    SSLError,
)

from bot.model.errors import Permanent, RemoteError, RetryLater
from connectors.outbound import Allows, AnswerTooLarge, same_server
from connectors.wechat.errors import CODES, REMOTE

OnCall = Callable[[str, str], None]
"""Is told of each call: the operation, and the code of its answer ("0" for good, "other" for a code in no table)."""

_NEVER_SENT = (NewConnectionError, ConnectTimeoutError, ProxyError, SSLError)
MEDIA_DOMAINS = (".qq.com", ".qpic.cn")
"""Where the platform keeps media: films at vweixinp.tc.qq.com, pictures at mmbiz.qpic.cn (contract section 8)."""


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


def reaches(api_base: str) -> Allows:
    """Return what allows the API's own server and the platform's stores of media, and nothing else."""
    is_api = same_server(api_base)
    return lambda parts: is_api(parts) or _is_media_store(parts)


def _is_media_store(parts: SplitResult) -> bool:
    """True for a host of the platform's, or for its public address with that host as the first part of the path.

    Films come as `http://203.205.137.89/vweixinp.tc.qq.com/1007_….mp4?vkey=…`: the addresses of the delivery network
    change and are not published, but none of them lies in anybody's private network.
    """
    host = (parts.hostname or "").lower()
    if parts.port not in (None, 80, 443):
        return False
    if host.endswith(MEDIA_DOMAINS):
        return True
    try:
        address = ip_address(host)
    except ValueError:
        return False
    return address.is_global and parts.path.lstrip("/").partition("/")[0].endswith(MEDIA_DOMAINS)


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
