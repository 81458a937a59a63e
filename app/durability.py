"""What keeps a Redis from being a safe inbox: accepted messages live there before any worker has seen them."""

from __future__ import annotations

from dataclasses import dataclass

import redis


@dataclass(frozen=True)
class Weakness:
    """One thing that is wrong with a Redis.

    Attributes:
        code: names it among the doctor's findings (`redis.` in catalog/doctor.yml).
        words: what it is, for the log.
        loses: False when at most the last second before a power cut is lost, or nothing is known.
    """

    code: str
    words: str
    loses: bool = True


def weaknesses(client: redis.Redis) -> list[Weakness]:
    """Name what is wrong; empty means fit."""
    persistence, memory = client.info("persistence"), client.info("memory")
    found = []
    if not persistence.get("aof_enabled"):
        found.append(Weakness("no_aof", "appendonly is off: a restart loses accepted messages"))
    elif persistence.get("aof_last_write_status", "ok") != "ok":
        words = "the append-only file cannot be written (disk full?)"
        found.append(Weakness("aof_failing", words))
    policy = str(memory.get("maxmemory_policy", "noeviction"))
    if policy != "noeviction":
        words = f"maxmemory-policy is {policy}: accepted messages may be evicted"
        found.append(Weakness("evicts", words))
    if client.info("replication").get("role") != "master":
        found.append(Weakness("replica", "this is a replica: it takes no writes"))
    return found + _of_syncing(client)


def _of_syncing(client: redis.Redis) -> list[Weakness]:
    try:
        fsync = client.config_get("appendfsync").get("appendfsync", "unknown")
    except redis.ResponseError:  # hosted servers rename or forbid CONFIG
        words = "appendfsync cannot be read, it should be always"
        return [Weakness("fsync_unknown", words, loses=False)]
    if fsync == "always":
        return []
    words = f"appendfsync is {fsync}: a power cut may lose the last messages, set always"
    return [Weakness("fsync", words, loses=False)]
