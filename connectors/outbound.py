"""The one maker of HTTP sessions: none reaches a host that is not on its list, none follows a redirect.

What a citizen or a remote system writes into an address must not make this machine ask somebody else, inside the
office's network least of all. The list is made of the settings; a test sees to it that nobody opens another way out.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import SplitResult, urlsplit

import requests
from requests.adapters import HTTPAdapter

TIMEOUT_S = (3.05, 8.0)  # to connect, between two bytes of the answer
Allows = Callable[[SplitResult], bool]
_PORTS = {"http": 80, "https": 443}


class HostRefused(requests.exceptions.InvalidURL):
    """The address leads to a host that this session may not reach; nothing was sent."""


class AnswerTooLarge(requests.RequestException):
    """The answer is larger than any that is due."""


@dataclass(frozen=True)
class Bounds:
    """How much of one answer is read, and how long that may take, however it drips."""

    most_bytes: int = 20 * 1024 * 1024  # twice the platform's largest medium (contract section 8)
    total_s: float = 60.0  # ten megabytes on an office's line


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


class OutboundSession(requests.Session):
    """A session that stays where it was sent."""

    def get_redirect_target(self, resp: requests.Response) -> None:  # noqa: ARG002
        """Follow none: an answer that is a redirect is an answer."""
        return


class _GuardedAdapter(HTTPAdapter):
    """Looks at each request last, sets the time-outs where a caller forgot them (wechatpy does in places), bounds answers."""

    def __init__(
        self, allows: Allows, timeout_s: tuple[float, float], bounds: Bounds, **options: Any
    ) -> None:
        self._allows, self._timeout_s, self._bounds = allows, timeout_s, bounds
        super().__init__(**options)

    def send(self, request: Any, **options: Any) -> requests.Response:  # type: ignore[override]
        """Send with our time-outs unless others are given; raises `HostRefused`."""
        if not _is_allowed(request.url, self._allows):
            raise HostRefused("this host is not on the list", request=request)
        if options.get("timeout") is None:
            options["timeout"] = self._timeout_s
        response = super().send(request, **options)
        response.raw = _Bounded(response.raw, self._bounds)
        return response


def make_session(
    allows: Allows,
    *,
    timeout_s: tuple[float, float] = TIMEOUT_S,
    pool_size: int = 16,
    bounds: Bounds = Bounds(),
) -> requests.Session:
    """Return a session for these hosts that never waits or reads without end and never repeats a request by itself."""
    session = OutboundSession()
    for scheme in _PORTS:
        adapter = _GuardedAdapter(
            allows, timeout_s, bounds, pool_connections=4, pool_maxsize=pool_size
        )
        session.mount(f"{scheme}://", adapter)
    return session


def same_server(base_url: str) -> Allows:
    """Return what allows the server of this address alone: its host and its port."""
    wanted = _server(urlsplit(base_url))
    return lambda parts: _server(parts) == wanted


def _is_allowed(url: str, allows: Allows) -> bool:
    try:
        return allows(urlsplit(url))
    except ValueError:  # a port that is none, a bracket too many
        return False


def _server(parts: SplitResult) -> tuple[str, int]:
    return (parts.hostname or "").lower().rstrip("."), parts.port or _PORTS.get(parts.scheme, 0)
