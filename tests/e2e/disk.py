"""A small disk that can be filled: a file system in memory where one may be mounted, else a bound on files' sizes."""

from __future__ import annotations

import contextlib
import resource
import subprocess
from collections.abc import Callable
from pathlib import Path

_SIZE_MB = 48


class SmallDisk:
    """A folder whose disk is full between `fill` and `empty`.

    Without the right to mount (no root), every process of the product is forbidden to make any file longer: the same
    calls fail at the same places, with EFBIG in place of ENOSPC.

    Attributes:
        pids: gives who writes on it; to be set before it is filled.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self.pids: Callable[[], list[int]] = list
        mounting = ["mount", "-t", "tmpfs", "-o", f"size={_SIZE_MB}m", "minsheng", str(folder)]
        try:
            done = subprocess.run(mounting, capture_output=True, check=False).returncode
        except FileNotFoundError:
            done = 1
        self._is_mounted = done == 0

    def fill(self) -> None:
        """Leave no room."""
        if not self._is_mounted:
            self._bound(0)
            return
        with contextlib.suppress(OSError), (self._folder / "filler").open("ab", 0) as filler:
            for size in (1024 * 1024, 4096, 1):
                with contextlib.suppress(OSError):
                    while True:
                        filler.write(b"x" * size)

    def empty(self) -> None:
        """Give the room back."""
        if self._is_mounted:
            (self._folder / "filler").unlink(missing_ok=True)
        else:
            self._bound(resource.RLIM_INFINITY)

    def close(self) -> None:
        """Take the file system away again."""
        if self._is_mounted:
            subprocess.run(["umount", "--lazy", str(self._folder)], check=True)

    def _bound(self, most: int) -> None:
        for pid in self.pids():
            with contextlib.suppress(ProcessLookupError):
                _, hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)
                resource.prlimit(pid, resource.RLIMIT_FSIZE, (most, hard))
