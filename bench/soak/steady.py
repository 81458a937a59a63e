"""Steady talk with two gateways and two workers, while one thing is done to them: a worker dies, all are restarted."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.soak.citizen import Citizen, Pace, Street
from bench.soak.evidence import Evidence, Hearing, Kill, Push, Role
from bench.soak.index import RECEIPT
from bench.world.backend import Backend
from bench.world.phones import Follower, Phones
from bench.world.product import GATEWAYS, WORKERS, ManyMachines

_WARM_UP_S = 4.0
_AFTER_S = 9.0


@dataclass
class Steady:
    """Citizens who ask one question after the other; what they heard is in `evidence`."""

    product: ManyMachines
    street: Street
    evidence: Evidence

    @contextmanager
    def talk(self, citizens: int) -> Iterator[None]:
        """Let them talk meanwhile; every answer has come, or was given up, on leaving."""
        people = [
            Citizen(self.street, self.street.phones.create(f"市民{number}"), number)
            for number in range(citizens)
        ]
        over = threading.Event()
        with ThreadPoolExecutor(citizens, thread_name_prefix="citizen") as pool:
            talks = [pool.submit(self._ask_on, citizen, over) for citizen in people]
            try:
                self.talk_on(_WARM_UP_S)
                yield
                self.talk_on(_AFTER_S)
            finally:
                over.set()
            for talk in talks:
                talk.result()

    def talk_on(self, seconds: float) -> None:
        """Let so much time of talk pass."""
        threading.Event().wait(seconds)

    def kill_a_worker(self) -> Kill:
        """End one worker with SIGKILL."""
        pid = self.product.pids("worker")[0]
        kill = Kill("worker", pid, time.time())
        os.kill(pid, signal.SIGKILL)
        self.evidence.kills.append(kill)
        return kill

    def restart_all(self) -> None:
        """Restart every gateway and every worker, one after the other."""
        for kind, count in (("gateway", GATEWAYS), ("worker", WORKERS)):
            for number in range(count):
                self.product.restart(kind, number)

    def questions(self) -> list[Push]:
        """Return every question that was asked."""
        asked = [s.push for s in self.evidence.said if s.role is Role.PROBE]
        return [self.evidence.pushes[number] for number in asked]

    def waits_since(self, moment: float) -> list[float]:
        """Return how long, counted from then, each question was open that was open then or asked until 8 s later."""
        first: dict[str, float] = {}
        tokens = {said.push: said.token for said in self.evidence.said}
        for line in self.evidence.lines:
            for token in RECEIPT.findall(line.text):
                first.setdefault(token, line.at)
        waits = []
        for push in self.questions():
            answered = first.get(tokens[push.id])
            if answered is None or answered < moment or push.at > moment + 8.0:
                continue
            waits.append(answered - max(moment, push.at))
        return sorted(waits)

    def _ask_on(self, citizen: Citizen, over: threading.Event) -> None:
        while not over.is_set():
            receipt = citizen.street.tokens.receipt()
            citizen.say(receipt, Role.PROBE, token=receipt)


@contextmanager
def steady(folder: Path, *, per_second: float) -> Iterator[Steady]:
    """Start the world and the product in its form for many machines; end both."""
    product = ManyMachines(folder)
    phones, backend, evidence = Phones(folder, f"{product.url}/wechat"), Backend(), Evidence()
    hearing = Hearing(evidence)
    follower = Follower(phones.journal, hearing.hear)
    try:
        phones.start()
        backend.up()
        follower.start()
        product.start({**phones.settings(), "MINSHENG_BACKEND_URL": backend.url})
        street = Street(phones, hearing, evidence, Pace(per_second))
        yield Steady(product, street, evidence)
    finally:
        product.stop()
        follower.stop()
        phones.stop()
        backend.down()
