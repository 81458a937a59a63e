"""Processes as an operator's machine keeps them: started, started again when they end, looked up by who they are."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import threading
import time
import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path

_MARK = "BENCH_KEPT"
AGAIN_S = 0.3
"""Pause before a process that ended is started again (systemd's RestartSec is 100 ms unless told otherwise)."""


class Kept:
    """One process in a group of its own that is started again whenever it ends, as systemd would."""

    def __init__(
        self, name: str, command: Sequence[str], *, environ: Mapping[str, str], log: Path
    ) -> None:
        self.name = name
        self._command = list(command)
        self._mark = f"{_MARK}={uuid.uuid4().hex}"
        self._environ = {**environ, _MARK: self._mark.partition("=")[2]}
        self._log = log
        self._stopping = threading.Event()
        self._process: subprocess.Popen[bytes] | None = None
        self._keeper = threading.Thread(target=self._keep, name=f"keep-{name}", daemon=True)
        self._groups: list[int] = []
        self.starts = 0

    def start(self) -> None:
        """Start it, and from now on again and again."""
        self._keeper.start()

    @property
    def pid(self) -> int | None:
        """Its process id, None while it is not running."""
        process = self._process
        return process.pid if process is not None and process.poll() is None else None

    def send(self, number: int) -> None:
        """Send a signal to the process alone; what it started is left alone."""
        pid = self.pid
        if pid is not None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)

    def stop(self, *, within_s: float = 15.0) -> None:
        """End it for good: politely, and after that time with its whole group."""
        self._stopping.set()
        self.send(signal.SIGCONT)
        self.send(signal.SIGTERM)
        process = self._process
        if process is not None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(within_s)
        for group in self._groups:  # what a killed one left behind, too
            _kill_members(group, self._mark.encode())
        if self._keeper.is_alive():
            self._keeper.join(within_s)

    def last_words(self, lines: int = 15) -> str:
        """Return the end of what it wrote."""
        if not self._log.exists():
            return ""
        return "\n".join(self._log.read_text(errors="replace").splitlines()[-lines:])

    def _keep(self) -> None:
        while not self._stopping.is_set():
            with self._log.open("ab") as log:
                process = subprocess.Popen(
                    self._command,
                    env=self._environ,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                )
            self._process = process
            self._groups.append(process.pid)
            self.starts += 1
            process.wait()
            self._stopping.wait(AGAIN_S)


def _kill_members(group: int, mark: bytes) -> None:
    """End those of a group that carry our mark: its number may be another's by now."""
    for pid in members(group):
        with contextlib.suppress(OSError):
            if mark in (Path("/proc") / str(pid) / "environ").read_bytes().split(b"\0"):
                os.kill(pid, signal.SIGKILL)


def free_port() -> int:
    """Return a port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for_port(port: int, *, within_s: float) -> None:
    """Wait until somebody listens on the port; TimeoutError if nobody does."""
    deadline = time.monotonic() + within_s
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            if time.monotonic() > deadline:
                raise TimeoutError(f"nobody listens on port {port}") from None
            time.sleep(0.05)
        else:
            return


def children(parent: int) -> list[int]:
    """Return the direct children of a process (proc(5), stat field 4)."""
    return [pid for pid, fields in _stats() if int(fields[1]) == parent and fields[0] != "Z"]


def members(group: int) -> list[int]:
    """Return the living processes of a process group (proc(5), stat fields 3 and 5)."""
    return [pid for pid, fields in _stats() if int(fields[2]) == group and fields[0] != "Z"]


def _stats() -> list[tuple[int, list[str]]]:
    """Return id and stat fields, from the state on, of every process."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
                found.append((int(entry.name), fields))
    return found


def command_line_of(pid: int) -> bytes:
    """Return a process's command line, empty when it is gone."""
    try:
        return (Path("/proc") / str(pid) / "cmdline").read_bytes()
    except OSError:
        return b""
