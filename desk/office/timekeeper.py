"""What happens at the desk because time passes: alerts of deadlines, and cases that go on by themselves."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from desk.office.casework import Casework
from desk.office.rules import Rules
from desk.storage.store import DeskStore

_AT_ONCE = 200


class Timekeeper:
    """Looks at the clocks; for one process at a time, though two do no harm."""

    def __init__(
        self, store: DeskStore, rules: Rules, casework: Casework, now: Callable[[], datetime]
    ) -> None:
        self._store = store
        self._rules = rules
        self._casework = casework
        self._now = now

    def run_once(self) -> int:
        """Do what is due now, each case in a transaction of its own; returns how many steps were taken."""
        done = 0
        with self._store.reading() as book:
            alarms = book.alarms(self._now(), _AT_ONCE)
        for case_id in alarms:
            with self._store.writing() as book:
                done += self._casework.tick(book, case_id)
        for name, rest in self._rules.clocks.rests.items():
            before = self._now() - rest
            for state in self._rules.flow.steps[name].states:
                with self._store.reading() as book:
                    resting = book.resting(state.value, before, _AT_ONCE)
                for case_id in resting:
                    with self._store.writing() as book:
                        done += self._casework.by_itself(book, case_id, name)
        return done
