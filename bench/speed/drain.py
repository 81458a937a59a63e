"""Two workers against one, emptying streams that were filled while both were ready; PostgreSQL, Redis on the same cores."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path

import redis
import redis.asyncio

from app.catalog import Catalog
from app.settings import ROOT
from bench.speed.accounting import processor_s
from bench.speed.systems import ACCOUNT, settings_for
from bench.speed.talk import said
from bench.world.backend import Backend
from bench.world.product import ManyMachines
from bot.model.message import Inbound, Kind
from bot.storage.motion import keys
from bot.storage.motion.inbox import RedisInbox

MESSAGES = 1200
_WITHIN_S = 120.0
_LOOK_S = 0.01


@dataclass(frozen=True)
class Drained:
    """How fast streams became empty, and what each part used of the processors meanwhile, in ms a message."""

    workers: int
    rate: float
    cost_ms: Counter[str]


def drained(folder: Path, *, workers: int, messages: int = MESSAGES) -> Drained:
    """Fill the streams of a running installation at once; no callback waits for the answers."""
    folder.mkdir(parents=True, exist_ok=True)
    product = ManyMachines(folder, gateways=1, workers=workers)
    backend = Backend()
    backend.up()
    try:
        product.start(settings_for(ACCOUNT, backend.url))
        with redis.Redis.from_url(product.redis_url) as client:
            asyncio.run(_fill(product.redis_url, 0, 2 * messages // 10))  # warm
            _wait_until_empty(client)
            before, began = _processor_s(product), time.perf_counter()
            asyncio.run(_fill(product.redis_url, messages, messages))
            _wait_until_empty(client)
            took = time.perf_counter() - began
            used = _processor_s(product)
    finally:
        product.stop()
        backend.down()
    used.subtract(before)
    cost = Counter({part: seconds / messages * 1000 for part, seconds in used.items()})
    return Drained(workers, messages / took, cost)


async def _fill(url: str, first: int, count: int) -> None:
    limits = Catalog.load(ROOT / "catalog").limits.intake
    client = redis.asyncio.Redis.from_url(url)
    inbox = RedisInbox(client, limits)
    await asyncio.gather(*(inbox.accept(_message(first + number)) for number in range(count)))
    await client.close()


def _message(number: int) -> Inbound:
    what = said(number, 0)
    return Inbound(
        key=f"text-drain-{number}",
        citizen=f"oDrain{number:022d}",
        kind=Kind.TEXT,
        text=what.words,
        sent_at=datetime.now(timezone.utc),
    )


def _wait_until_empty(client: redis.Redis) -> None:
    deadline = time.monotonic() + _WITHIN_S
    while _waiting(client):
        if time.monotonic() > deadline:
            raise TimeoutError("the streams are not empty")
        time.sleep(_LOOK_S)


def _waiting(client: redis.Redis) -> int:
    pipe = client.pipeline(transaction=False)
    for number in range(keys.PARTITIONS):
        pipe.xlen(keys.stream(number))
    return sum(pipe.execute())


def _processor_s(product: ManyMachines) -> Counter[str]:
    """Return the processor seconds of each kind of process so far."""
    used: Counter[str] = Counter()
    for kind in product.kinds:
        used[kind] += sum(processor_s(product.pids(kind), lambda _: "").values())
    return used
