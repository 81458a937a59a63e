"""The office behind the backend: somebody works on every case and writes what happens."""

from __future__ import annotations

import random
import threading
import time

from bench.soak.citizen import Tokens
from bench.soak.evidence import Case, Evidence, Told
from bench.soak.index import receipt_of
from bench.world.backend import Backend

_LOOK_S = 0.25
_APART_S = (4.0, 20.0)
_STATUSES = ("in_progress", "fixed", "closed")
#: Each line opens with its token, so that a later look at the case can be told from the news itself.
_WORDS = ("{token}已派人到现场查看", "{token}现场已经处理完毕", "{token}回访后办结，感谢您的反映")


class Office:
    """Gives two or three updates to every case, some seconds apart."""

    def __init__(self, backend: Backend, evidence: Evidence, tokens: Tokens, seed: int) -> None:
        self._backend = backend
        self._evidence = evidence
        self._tokens = tokens
        self._dice = random.Random(seed)  # noqa: S311 - a script, no secret
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._work, name="office", daemon=True)

    def start(self) -> None:
        """Begin with the first case."""
        self._thread.start()

    def stop(self) -> None:
        """Write nothing more."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(10)

    def cases(self) -> list[Case]:
        """Return what the backend has."""
        with self._backend.lock:
            return [
                Case(row["service_request_id"], row["description"], row["address"])
                for row in self._backend.rows
            ]

    def _work(self) -> None:
        seen: set[str] = set()
        due: list[tuple[float, str, int]] = []
        while not self._stop.wait(_LOOK_S):
            now = time.monotonic()
            for case in self.cases():
                receipt = receipt_of(case)
                if receipt not in seen:
                    seen.add(receipt)
                    due += self._plan(case.id, now)
            for row in sorted(row for row in due if row[0] <= now):
                due.remove(row)
                self._tell(row[1], row[2])

    def _plan(self, case: str, now: float) -> list[tuple[float, str, int]]:
        at, rows = now, []
        for number in range(self._dice.choice((2, 3))):
            at += self._dice.uniform(*_APART_S)
            rows.append((at, case, number))
        return rows

    def _tell(self, case: str, number: int) -> None:
        token = f"N{self._tokens.number():06d}"
        self._evidence.updates.append(Told(token, time.time(), case=case))
        self._backend.tell(case, _WORDS[number].format(token=token), _STATUSES[number])
