"""Several threads that start the same thing at the same moment."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any


class Race:
    """Runs each task on a thread of its own, released together; an exception of a task is raised by `run`."""

    def __init__(self, *tasks: Callable[[], Any]) -> None:
        self._tasks = tasks
        self._gate = threading.Barrier(len(tasks))
        self._results: list[Any] = [None] * len(tasks)
        self._errors: list[BaseException] = []

    def run(self) -> list[Any]:
        threads = [
            threading.Thread(target=self._one, args=(place, task))
            for place, task in enumerate(self._tasks)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
        if self._errors:
            raise self._errors[0]
        return self._results

    def _one(self, place: int, task: Callable[[], Any]) -> None:
        self._gate.wait(10)
        try:
            self._results[place] = task()
        except BaseException as error:  # handed to the test's own thread
            self._errors.append(error)
