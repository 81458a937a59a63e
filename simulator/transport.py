"""One HTTP request with a deadline for the whole answer, then the connection is cut (contract 2).

`requests` counts its timeout anew for each read, so a slow trickle would outlive the five seconds;
here the remaining time shrinks with every read.
"""

from __future__ import annotations

import http.client
import time
from dataclasses import dataclass
from urllib.parse import urlsplit

_HEADERS = {"User-Agent": "Mozilla/4.0", "Accept": "*/*", "Pragma": "no-cache"}
_CHUNK = 65536


class CutOff(Exception):
    """The answer was not complete in time and the connection was closed."""


class Unreachable(Exception):
    """No connection, or it broke before the answer was complete."""


@dataclass(frozen=True)
class HttpAnswer:
    """Status and whole body of an answer."""

    status: int
    body: bytes


def call(method: str, url: str, body: bytes | None, *, cut_s: float) -> HttpAnswer:
    """Send one request and read the whole answer within `cut_s`.

    Raises:
        CutOff: the time was over first.
        Unreachable: refused, reset, truncated or not HTTP.
    """
    deadline = time.monotonic() + cut_s
    parts = urlsplit(url)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(parts.hostname or "", parts.port, timeout=cut_s)
    headers = dict(_HEADERS)
    if body is not None:
        headers["Content-Type"] = "text/xml"
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    try:
        connection.request(method, target, body=body, headers=headers)
        return _read(connection, deadline)
    except TimeoutError as error:
        raise CutOff from error
    except (OSError, http.client.HTTPException) as error:
        raise Unreachable(type(error).__name__) from error
    finally:
        connection.close()


def _read(connection: http.client.HTTPConnection, deadline: float) -> HttpAnswer:
    sock = connection.sock
    sock.settimeout(_left(deadline))
    response = connection.getresponse()
    chunks = []
    try:
        while True:
            sock.settimeout(_left(deadline))
            chunk = response.read1(_CHUNK)
            if not chunk:
                break
            chunks.append(chunk)
        if response.length:
            raise Unreachable("truncated")
    finally:
        response.close()
    return HttpAnswer(response.status, b"".join(chunks))


def _left(deadline: float) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left
