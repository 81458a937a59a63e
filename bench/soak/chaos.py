"""What goes wrong in a run: a process killed every ten seconds, workers paused, remote systems on bad days."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from bench.soak.evidence import Evidence, Kill
from bench.world.backend import Backend
from bench.world.balancer import Balancer
from bench.world.phones import Phones
from bench.world.product import Product

KILL_EVERY_S = 10.0
TROUBLE_EVERY_S = 4.0
"""Between two troubles; so short that two and a half minutes see all kinds."""
_TROUBLE_LASTS_S = (2.5, 5.0)
_SENDING = "message/custom/send"
_MANY = 100_000
_LOOK_FOR_S = 8.0


@dataclass
class World:
    """What stands around the product and can have bad days."""

    phones: Phones
    backend: Backend
    api: Balancer


@dataclass(frozen=True)
class Trouble:
    """One kind of bad day: how it begins; `World` is healed as a whole."""

    name: str
    begin: Callable[[World], None]


def _fault(name: str, path: str = _SENDING, **fault: object) -> Trouble:
    return Trouble(name, lambda world: world.phones.fault(path, **fault))


def _mood(name: str, mood: str, value: object) -> Trouble:
    return Trouble(name, lambda world: setattr(world.backend, mood, value))


TROUBLES: tuple[Trouble, ...] = (
    Trouble("backend down", lambda world: world.backend.down()),
    _fault("wechat slow", slow_s=2.5, times=_MANY),
    _mood("backend slow", "slow_s", 4.0),
    Trouble("wechat refuses connections", lambda world: world.api.down()),
    _mood("backend answers 500", "is_broken", True),
    _fault("wechat 40001 storm", errcode=40001, times=_MANY),
    _mood("backend answers 500 after storing", "fails_after_storing", 3),
    _fault("wechat loses an answer", lost=True, times=1),
    _mood("backend times out after storing", "slow_s", 11.0),
    _fault("wechat quota exhausted", errcode=45009, times=_MANY),
    _fault("wechat answers 502", http_status=502, times=1),
    _fault("wechat is busy", "*", errcode=-1, times=_MANY),
    _fault("wechat's minute quota exhausted", errcode=45011, times=_MANY),
)


def heal(world: World) -> None:
    """End every bad day."""
    world.phones.heal()
    world.api.up()
    world.backend.be_well()
    world.backend.up()


class Chaos:
    """Two threads: one kills, one makes trouble; both by a seeded schedule and until told to stop."""

    def __init__(self, product: Product, world: World, evidence: Evidence, seed: int) -> None:
        self._product = product
        self._world = world
        self._evidence = evidence
        self._dice = random.Random(seed)  # noqa: S311 - a schedule, no secret
        self._stop = threading.Event()
        self._threads = [
            threading.Thread(target=self._run, args=(work,), name=name, daemon=True)
            for name, work in (("kills", self._kill), ("troubles", self._trouble))
        ]
        self._failed: list[Exception] = []

    def start(self) -> None:
        """Begin; the first kill comes after the first pause."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """End and heal everything."""
        self._stop.set()
        for thread in self._threads:
            thread.join(30)
        heal(self._world)
        if self._failed:
            raise self._failed[0]

    def _run(self, work: Callable[[], None]) -> None:
        """Keep what breaks the chaos itself: a run without it would prove nothing."""
        try:
            work()
        except Exception as error:  # raised again by `stop`
            self._failed.append(error)

    def _kill(self) -> None:
        kinds = self._kinds()
        due = time.monotonic()
        while not self._stop.wait(max(due + KILL_EVERY_S - time.monotonic(), 0.0)):
            due += KILL_EVERY_S
            kind = next(kinds)
            pid = self._victim(kind)
            if pid is None:
                continue
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
                self._evidence.kills.append(Kill(kind, pid, time.time()))

    def _kinds(self) -> Iterator[str]:
        """Yield kinds in random order, each as often as the others."""
        while True:
            yield from self._dice.sample(self._product.kinds, len(self._product.kinds))

    def _victim(self, kind: str) -> int | None:
        """Return a process of this kind; one that is being started again is waited for."""
        deadline = time.monotonic() + _LOOK_FOR_S
        while time.monotonic() < deadline and not self._stop.is_set():
            pids = self._product.pids(kind)
            if pids:
                return self._dice.choice(pids)
            time.sleep(0.1)
        return None

    def _trouble(self) -> None:
        number = 0
        while not self._stop.wait(TROUBLE_EVERY_S):
            trouble = TROUBLES[number % len(TROUBLES)]
            number += 1
            self._note(trouble.name)
            trouble.begin(self._world)
            self._stop.wait(self._dice.uniform(*_TROUBLE_LASTS_S))
            heal(self._world)
            self._note(f"{trouble.name}: over")
            if number % 2:
                self._pause_a_worker()

    def _pause_a_worker(self) -> None:
        """Stop a worker for longer or shorter than its ownership lasts, then let it go on."""
        pids = self._product.pids("worker")
        if not pids:
            return
        pid = self._dice.choice(pids)
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGSTOP)
            self._note("a worker is paused")
            self._stop.wait(self._dice.uniform(0.5, 6.0))
            os.kill(pid, signal.SIGCONT)

    def _note(self, words: str) -> None:
        self._evidence.troubles.append((time.time(), words))
