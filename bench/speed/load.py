"""Load on one address: everybody at once to find the most it can do, then arrivals that do not wait for answers.

A generator that sends the next message only once the last was answered measures a slow server kindly (coordinated
omission). Here a message's time begins when it was due, whether or not it could be sent then.
"""

from __future__ import annotations

import asyncio
import gc
import random
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import aiohttp

from bench.speed.talk import STEPS, Said, said

_CONNECTIONS = 512
_PATIENCE_S = 5.0
"""WeChat cuts the connection after five seconds (wechat-contract section 2); a later answer is none."""


@dataclass(frozen=True)
class Request:
    """One HTTP request, ready to be sent."""

    url: str
    body: bytes
    content_type: str


@dataclass
class Run:
    """What came of one load."""

    seconds: float = 0.0
    waits_s: list[float] = field(default_factory=list)
    failed: int = 0
    answers: list[tuple[Said, bytes]] = field(default_factory=list)

    @property
    def rate(self) -> float:
        """Answered messages a second."""
        return len(self.waits_s) / self.seconds

    def percentile_ms(self, share: float) -> float:
        """Return how long that share of the answered messages took at most, in milliseconds."""
        waits = sorted(self.waits_s)
        return waits[min(int(len(waits) * share), len(waits) - 1)] * 1000


Writes = Callable[[Said], Request]


class Load:
    """Lets citizens talk to one system; citizens are numbered on, so that each talk is a new one."""

    def __init__(self, writes: Writes) -> None:
        self._writes = writes
        self._next_citizen = 0

    def at_once(self, talks: int, seconds: float) -> Run:
        """Keep so many citizens talking, each sending the next message when the last was answered."""
        return asyncio.run(self._run(lambda sender: self._talk_on(sender, talks, seconds)))

    def arriving(self, per_second: float, seconds: float, *, seed: int = 7) -> Run:
        """Let messages arrive at random (a Poisson process) whether or not the earlier ones were answered.

        A citizen's own messages are ten seconds apart or more: nobody types faster than that.
        """
        chance = random.Random(seed)
        due, moments = 0.0, []
        while (due := due + chance.expovariate(per_second)) < seconds:
            moments.append(due)
        lanes = max(int(per_second * 10), 1)
        requests = [(s, self._writes(s)) for s in self._interleaved(lanes, len(moments))]
        self._next_citizen += len(moments)
        with _no_garbage_collection():
            return asyncio.run(self._run(lambda sender: _send_when_due(sender, moments, requests)))

    def _interleaved(self, lanes: int, messages: int) -> Iterator[Said]:
        """Yield the messages of so many talks that go on side by side."""
        first = self._next_citizen
        for number in range(messages):
            turn, lane = divmod(number, lanes)
            talk, step = divmod(turn, STEPS)
            yield said(first + talk * lanes + lane, step)

    async def _run(self, course: Callable[[_Sender], Awaitable[None]]) -> Run:
        connector = aiohttp.TCPConnector(limit=_CONNECTIONS)
        timeout = aiohttp.ClientTimeout(total=_PATIENCE_S)
        async with aiohttp.ClientSession(
            connector=connector, timeout=timeout, trust_env=False
        ) as session:
            sender = _Sender(session)
            began = time.perf_counter()
            await course(sender)
            sender.run.seconds = time.perf_counter() - began
        return sender.run

    async def _talk_on(self, sender: _Sender, talks: int, seconds: float) -> None:
        end = time.perf_counter() + seconds

        async def lane() -> None:
            while time.perf_counter() < end:
                citizen, self._next_citizen = self._next_citizen, self._next_citizen + 1
                for step in range(STEPS):
                    request = self._writes(said(citizen, step))
                    await sender.send(request, time.perf_counter(), said(citizen, step))

        await asyncio.gather(*(lane() for _ in range(talks)))


@contextmanager
def _no_garbage_collection() -> Iterator[None]:
    """Keep the generator from pausing over its many prepared requests: every message then due would seem to wait."""
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


class _Sender:
    def __init__(self, session: aiohttp.ClientSession) -> None:
        self._session = session
        self.run = Run()

    async def send(self, request: Request, due: float, what: Said) -> None:
        headers = {"Content-Type": request.content_type}
        try:
            async with self._session.post(
                request.url, data=request.body, headers=headers
            ) as answer:
                content = await answer.read()
                is_good = answer.status == 200
        except (aiohttp.ClientError, asyncio.TimeoutError):
            is_good = False
        if not is_good:
            self.run.failed += 1
            return
        self.run.waits_s.append(time.perf_counter() - due)
        self.run.answers.append((what, content))


async def _send_when_due(
    sender: _Sender, moments: list[float], requests: list[tuple[Said, Request]]
) -> None:
    began, sending = time.perf_counter(), set()
    for moment, (what, request) in zip(moments, requests, strict=True):
        pause = began + moment - time.perf_counter()
        if pause > 0:
            await asyncio.sleep(pause)
        task = asyncio.ensure_future(sender.send(request, began + moment, what))
        sending.add(task)
        task.add_done_callback(sending.discard)
    await asyncio.gather(*sending)
