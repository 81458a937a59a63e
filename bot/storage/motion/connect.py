"""Opens Redis clients with the limits this product needs; only `app` and tests call it."""

from __future__ import annotations

from typing import Any

import redis
import redis.asyncio

CONNECT_TIMEOUT_S = 2.0
COMMAND_TIMEOUT_S = 4.0
"""Below the platform's five seconds (wechat-contract section 2), above the longest blocking read."""

_LIMITS: dict[str, Any] = {
    "decode_responses": True,
    "socket_timeout": COMMAND_TIMEOUT_S,
    "max_connections": 64,
    "timeout": 3,  # for a free connection, when all are in use
}


def open_sync(url: str) -> redis.Redis:
    """Open a client for workers and the console; it connects at its first command."""
    pool = redis.BlockingConnectionPool.from_url(url, **_limits(url))
    return redis.Redis(connection_pool=pool)


def open_async(url: str) -> redis.asyncio.Redis:
    """Open a client for the gateway; it belongs to the event loop of its first command.

    Its pool is bounded, so that a burst of callbacks queues here instead of opening a socket each.
    """
    pool = redis.asyncio.BlockingConnectionPool.from_url(url, **_limits(url))
    return redis.asyncio.Redis(connection_pool=pool)


def _limits(url: str) -> dict[str, Any]:
    if url.startswith("unix:"):
        return dict(_LIMITS)
    return {**_LIMITS, "socket_connect_timeout": CONNECT_TIMEOUT_S, "socket_keepalive": True}


def as_text(value: Any) -> str:
    """Return what Redis answered as text, whether or not the client decodes."""
    return value.decode() if isinstance(value, bytes) else str(value)
