"""One soak on one store: the world, the product in it, the load, the chaos, the quiet end, the verdict."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from bench.soak.chaos import Chaos, World
from bench.soak.citizen import Citizen, Pace, Street
from bench.soak.clerk import Clerk
from bench.soak.evidence import Evidence, Hearing, Role
from bench.soak.office import Office
from bench.soak.scenes import SCENES
from bench.soak.verdict import Verdict, judge
from bench.world.backend import Backend
from bench.world.balancer import Balancer
from bench.world.phones import Follower, Phones
from bench.world.product import ManyMachines, OneMachine, Product

FORMS: dict[str, Callable[[Path], Product]] = {
    "sqlite": OneMachine,
    "postgres": ManyMachines,
}
_HEALED_S = 30.0
"""The last part of the load, in which nothing goes wrong any more."""

_SCENES_END_S = 150.0
_MESSAGES_TO_END = 9
"""So many more a citizen may need to end an errand; all of them share the pace."""
_QUIET_WITHIN_S = 120.0
_ROUNDS = 3
_CLAIMS_END_S = 75.0
"""What a killed sender had in hand comes again after its claim's minute: no verdict before."""

_PROGRESS_EVERY_S = 5.0


@dataclass(frozen=True)
class Plan:
    """What is to be run."""

    store: str
    minutes: float
    citizens: int
    seed: int
    folder: Path
    per_second: float = 6.0
    kills: bool = True


@dataclass
class Outcome:
    """What came of it."""

    plan: Plan
    evidence: Evidence
    verdict: Verdict
    took_s: float
    last_words: str


class Soak:
    """Runs one plan."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self.evidence = Evidence()
        self.product: Product = FORMS[plan.store](plan.folder)
        self._phones = Phones(plan.folder, f"{self.product.url}/wechat")
        api = Balancer([self._phones.port])
        self._world = World(self._phones, Backend(), api)
        hearing = Hearing(self.evidence)
        self._follower = Follower(self._phones.journal, hearing.hear)
        pace = Pace(plan.per_second)
        self._street = Street(self._phones, hearing, self.evidence, pace)
        self._office = Office(self._world.backend, self.evidence, self._street.tokens, plan.seed)
        self._clerk = Clerk(self.product.url, self.evidence, self._street.tokens)
        self._chaos = Chaos(self.product, self._world, self.evidence, plan.seed)
        self._began = time.monotonic()

    def run(self) -> Outcome:
        """Run it from the first process to the verdict; everything started here ends here."""
        try:
            self._start()
            people = self._people()
            self._began = time.monotonic()
            self._load(people)
            self._say("everybody asks once more")
            self._ask_once_more(people)
            self._wait_until_quiet(people)
        finally:
            self._end()
        verdict = self._judge()
        took = time.monotonic() - self._began
        return Outcome(self._plan, self.evidence, verdict, took, self.product.last_words())

    def _start(self) -> None:
        self._say("starting the world and the product")
        world = self._world
        world.phones.start()
        world.api.start()
        world.backend.up()
        self._follower.start()
        settings = {
            **world.phones.settings(world.api.url),
            "MINSHENG_BACKEND_URL": world.backend.url,
            "MINSHENG_BACKEND_API_KEY": "soak-backend-key",
            "MINSHENG_BACKEND_POLL_S": "1",
        }
        self.product.start(settings)
        self._office.start()
        self._clerk.start()

    def _people(self) -> list[Citizen]:
        dice = random.Random(self._plan.seed)  # noqa: S311 - a script, no secret
        return [
            Citizen(self._street, self._phones.create(f"市民{number}"), dice.randrange(2**31))
            for number in range(self._plan.citizens)
        ]

    def _load(self, people: list[Citizen]) -> None:
        length = self._plan.minutes * 60
        if self._plan.kills:
            self._chaos.start()
        with ThreadPoolExecutor(len(people), thread_name_prefix="citizen") as pool:
            living = [pool.submit(self._live, citizen) for citizen in people]
            self._watch(length - _HEALED_S)
            if self._plan.kills:
                self._chaos.stop()
            self._say("healed; the load goes on")
            self._watch(length)
            self._street.is_over.set()
            self._say("the load is over; errands are ended")
            patience = len(people) * _MESSAGES_TO_END / self._plan.per_second + _SCENES_END_S
            for life in living:
                life.result(patience)
        self._office.stop()
        self._clerk.stop()

    def _live(self, citizen: Citizen) -> None:
        scenes, weights = zip(*SCENES, strict=True)
        while not self._street.is_over.is_set():
            citizen.dice.choices(scenes, weights)[0](citizen)

    def _ask_once_more(self, people: list[Citizen]) -> None:
        """What is held is told with an answer: everybody speaks once more, after the last claim has ended."""
        last = max((kill.at for kill in self.evidence.kills), default=0.0)
        self._watch_until(lambda: time.time() > last + _CLAIMS_END_S, _CLAIMS_END_S)
        self._all_ask(people)

    def _wait_until_quiet(self, people: list[Citizen]) -> None:
        """WeChat lets five messages follow one of a citizen's: who is owed more speaks again, a few times."""
        for _ in range(_ROUNDS):
            self._watch_until(self._is_quiet, _QUIET_WITHIN_S / _ROUNDS)
            owed = {finding.citizen for finding in self._judge().lost}
            if not owed:
                return
            self._all_ask([citizen for citizen in people if citizen.openid in owed])
        self._watch_until(self._is_quiet, _QUIET_WITHIN_S / _ROUNDS)

    @staticmethod
    def _all_ask(people: list[Citizen]) -> None:
        with ThreadPoolExecutor(20) as pool:
            list(pool.map(lambda citizen: citizen.say("查进度", Role.FREE), people))

    def _is_quiet(self) -> bool:
        lost = self._judge().lost
        if lost:
            self._say(f"waiting for {len(lost)}, the first: {lost[0].token} ({lost[0].why})")
        return not lost

    def _judge(self) -> Verdict:
        self.evidence.cases = self._office.cases()
        return judge(self.evidence, self.product.kinds if self._plan.kills else ())

    def _watch(self, until_s: float) -> None:
        """Print a line now and then until so long after the beginning."""
        over = threading.Event()
        self._watch_until(over.is_set, until_s - (time.monotonic() - self._began))

    def _watch_until(self, done: Callable[[], bool], within_s: float) -> None:
        deadline = time.monotonic() + within_s
        while time.monotonic() < deadline and not done():
            time.sleep(min(_PROGRESS_EVERY_S, max(deadline - time.monotonic(), 0.0)))
            self._say(self._state())

    def _state(self) -> str:
        evidence = self.evidence
        pushes = list(evidence.pushes.values())
        faulted = sum(1 for push in pushes if push.outcome == "fault")
        going = sum(1 for push in pushes if not push.is_over)
        trouble = evidence.troubles[-1][1] if evidence.troubles else "no trouble yet"
        return (
            f"{len(pushes)} messages ({going} on their way, {faulted} given up), "
            f"{len(evidence.lines)} answers, {len(self._office.cases())} cases, "
            f"{len(evidence.updates)} updates, {len(evidence.kills)} kills; {trouble}"
        )

    def _say(self, words: str) -> None:
        at = time.monotonic() - self._began
        print(f"[soak {self._plan.store} {at:5.0f} s] {words}", flush=True)

    def _end(self) -> None:
        self._street.is_over.set()
        self._office.stop()
        self._clerk.stop()
        self.product.stop()
        self._follower.stop()
        self._world.phones.stop()
        self._world.api.stop()
        self._world.backend.down()
