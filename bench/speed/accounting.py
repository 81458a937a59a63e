"""What a tree of processes costs: processor seconds and memory, by the part each process plays."""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Callable, Iterable

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
