"""Turns whatever Redis or the way to it can raise into the one error that services know."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

from redis.exceptions import RedisError

from bot.ports import Unavailable

REDIS_ERRORS = (RedisError, OSError, asyncio.TimeoutError)
"""Refused or lost connection, time-out, OOM, MISCONF, READONLY, LOADING: all of them."""


@contextmanager
def unavailable_on_error() -> Iterator[None]:
    """Raise `Unavailable` in place of any Redis error; the message names the kind, not the data."""
    try:
        yield
    except REDIS_ERRORS as error:
        raise Unavailable(f"redis: {type(error).__name__}") from error
