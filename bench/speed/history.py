"""What a turn costs after so many earlier ones of the same citizen, the citizens taking turns so that noise meets all alike."""

from __future__ import annotations

import statistics
import time
from collections.abc import Sequence

import requests

from bench.speed.systems import System
from bench.speed.talk import STEPS, said
from bench.world.phones import plain_session

EARLIER = (10, 100, 1000)
_SETTLED_S = 10.0
"""Until what is known of all answers whether a callback told them (6.5 s): nobody writes sixty messages a second, and
what stands on offer of one citizen would be looked through at each turn."""
_PAUSE_S = 2.0
_FIRST = 50_000_000
"""Number of the first citizen: nobody else of the measurement."""


def cost_ms(
    system: System, earlier: Sequence[int] = EARLIER, *, talks: int, build_s: float
) -> dict[int, float]:
    """Return earlier turns → milliseconds a turn (the median over talks of four, sequentially, nobody else there).

    A history that takes longer than `build_s` to build is cut short: it stands under the number of turns it reached.
    """
    with plain_session() as session:
        people = {}
        for number, wanted in enumerate(earlier):
            person = _Person(system, session, _FIRST + number)
            person.talk_until(wanted, time.monotonic() + build_s)
            people[person.turns] = person
        taken: dict[int, list[float]] = {turns: [] for turns in people}
        time.sleep(_SETTLED_S)
        for _ in range(talks):
            time.sleep(_PAUSE_S)
            for turns, person in people.items():
                taken[turns].append(person.talk() / STEPS * 1000)
    return {turns: statistics.median(times) for turns, times in taken.items()}


class _Person:
    def __init__(self, system: System, session: requests.Session, number: int) -> None:
        self._system = system
        self._session = session
        self._number = number
        self.turns = 0

    def talk_until(self, turns: int, deadline: float) -> None:
        """Talk until so many turns lie behind; whole talks, so that the next one begins anew."""
        while self.turns < turns - turns % STEPS and time.monotonic() < deadline:
            self.talk()

    def talk(self) -> float:
        """Say one complaint from the beginning to the end; returns the seconds it took."""
        taken = 0.0
        for _ in range(STEPS):
            self._system.lift_pace(self._number)
            request = self._system.writes(said(self._number, self.turns))
            began = time.perf_counter()
            answer = self._session.post(
                request.url,
                data=request.body,
                headers={"Content-Type": request.content_type},
                timeout=60,
            )
            taken += time.perf_counter() - began
            answer.raise_for_status()
            self.turns += 1
        return taken
