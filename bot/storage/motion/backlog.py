"""What Redis has waiting and who works on it, in one exchange, for whoever watches the installation."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import redis

from bot.storage.motion import keys
from bot.storage.motion.connect import as_text
from bot.storage.motion.errors import unavailable_on_error
from bot.storage.motion.streams import LEASE_S


@dataclass(frozen=True)
class MotionBacklog:
    """What is in motion at one moment.

    Attributes:
        accepted: messages accepted and not yet done with.
        begun: those of them whose turn was begun (it runs, or failed, or ended its worker).
        oldest_s: how long the oldest of them waits, 0 if there is none.
        parked: messages set aside.
        streams: live worker → how many streams it owns.
        unowned: streams that no live worker owns.
        leaders: duty → the worker that leads in it, for duties somebody leads in.
    """

    accepted: int
    begun: int
    oldest_s: float
    parked: int
    streams: Mapping[str, int]
    unowned: int
    leaders: Mapping[str, str]


def read(
    client: redis.Redis, duties: Sequence[str], *, count: int = keys.PARTITIONS
) -> MotionBacklog:
    """Look at Redis; raises `bot.ports.Unavailable` when it is away."""
    pipe = client.pipeline(transaction=False)
    pipe.time()
    pipe.hlen(keys.FAILURES)
    pipe.xlen(keys.PARKED)
    pipe.hgetall(keys.OWNERS)
    pipe.zrange(keys.WORKERS, 0, -1, withscores=True)
    for duty in duties:
        pipe.get(keys.lease(duty))
    for number in range(count):
        pipe.xlen(keys.stream(number))
    for number in range(count):
        pipe.xrange(keys.stream(number), count=1)
    with unavailable_on_error():
        (seconds, micros), begun, parked, owners, beats, *rest = pipe.execute()
    leaders, lengths = rest[: len(duties)], rest[len(duties) : len(duties) + count]
    firsts = [entries[0][0] for entries in rest[len(duties) + count :] if entries]
    now_ms = seconds * 1000 + micros // 1000
    alive = {as_text(worker) for worker, beat in beats if beat >= now_ms - LEASE_S * 1000}
    owned = Counter(as_text(worker) for worker in owners.values())
    streams = {worker: owned[worker] for worker in sorted(alive)}
    return MotionBacklog(
        accepted=sum(lengths),
        begun=begun,
        oldest_s=max((now_ms - int(as_text(e).split("-")[0]) for e in firsts), default=0) / 1000,
        parked=parked,
        streams=streams,
        unowned=count - sum(streams.values()),
        leaders={d: as_text(w) for d, w in zip(duties, leaders, strict=True) if w is not None},
    )
