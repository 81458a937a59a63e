"""What a tree of processes costs: processor seconds and memory, by the part each process plays."""

from __future__ import annotations

import contextlib
import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator

import psutil

Part = Callable[[psutil.Process], str]


def processes(pids: Iterable[int]) -> list[psutil.Process]:
    """Return these processes and all below them."""
    found: dict[int, psutil.Process] = {}
    for pid in pids:
        with contextlib.suppress(psutil.NoSuchProcess):
            root = psutil.Process(pid)
            for process in (root, *root.children(recursive=True)):
                found[process.pid] = process
    return list(found.values())


@contextlib.contextmanager
def one_core(pids: Iterable[int]) -> Iterator[None]:
    """Keep these processes, and all below them, on the first core and this process off it."""
    ours, first = os.sched_getaffinity(0), min(os.sched_getaffinity(0))
    held = processes(pids)
    _move(held, {first})
    _move([psutil.Process()], ours - {first} or ours)
    try:
        yield
    finally:
        _move([*held, psutil.Process()], ours)


def _move(held: Iterable[psutil.Process], cores: set[int]) -> None:
    """Move every thread: the system moves them one by one, and only new ones follow who makes them."""
    for process in held:
        with contextlib.suppress(psutil.NoSuchProcess):
            for thread in process.threads():
                with contextlib.suppress(ProcessLookupError):
                    os.sched_setaffinity(thread.id, cores)


def processor_s(pids: Iterable[int], part: Part) -> Counter[str]:
    """Return the processor seconds used so far, in user and kernel mode, by part."""
    used: Counter[str] = Counter()
    for process in processes(pids):
        with contextlib.suppress(psutil.NoSuchProcess):
            times = process.cpu_times()
            used[part(process)] += times.user + times.system
    return used


def memory_mb(pids: Iterable[int], part: Part) -> Counter[str]:
    """Return the proportional set size (smaps: shared pages are split among those who share them) in MB, by part."""
    used: Counter[str] = Counter()
    for process in processes(pids):
        with contextlib.suppress(psutil.NoSuchProcess):
            used[part(process)] += round(process.memory_full_info().pss / 2**20)
    return used
