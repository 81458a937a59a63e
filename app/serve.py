"""`minsheng serve`: gateway and workers in one process tree, with an embedded Redis and SQLite unless told otherwise."""

from __future__ import annotations

import ctypes
import logging
import os
import resource
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from logging import ERROR, WARNING

import uvicorn
from starlette.applications import Starlette
from starlette.routing import BaseRoute, Mount

from app.bootstrap import Parts, build, keep_keyring
from app.bounded_http import BoundedHttp
from app.desk import desk_office
from app.durability import weaknesses
from app.embedded_redis import EmbeddedRedis
from app.gateway import Gateway
from app.metrics import begin_counting, count_in
from app.presence import live_workers
from app.secrets import kept_secret, secrets_of, session_secret
from app.settings import Settings
from bot.model.errors import RemoteError, RetryLater
from bot.model.staff import Role, StaffMember
from bot.storage.database import upgrade
from bot.storage.motion.connect import open_sync
from bot.storage.motion.errors import REDIS_ERRORS
from console.accounts import ensure, ensure_first
from console.app import create_app as create_console
from console.canned import seed as seed_canned
from console.config import ConsoleConfig
from desk.app import create_app as create_desk
from desk.office.office import DeskOffice
from desk.storage import upgrade as upgrade_desk
from simulator.app import create_app as create_simulator
from simulator.config import SimulatorConfig

log = logging.getLogger(__name__)

#: Accounts to try the roles with, beside 管理员 and with the same password; the simulator's only.
DEMO_STAFF = (
    ("1024", "王芳", Role.AGENT, ""),
    ("1031", "李强", Role.AGENT, ""),
    ("2001", "赵敏", Role.SUPERVISOR, ""),
    ("3001", "观察员", Role.OBSERVER, ""),
    ("4001", "周婷", Role.AGENT, "330106"),
    ("4002", "孙伟", Role.AGENT, "chengguan"),
)
REDIS_ENV = "MINSHENG_REDIS_URL"
_WORKER_AGAIN_S = 0.5
_WORKER_LIVED_S = 60.0
"""A worker that lived so long did not fail at its start: the next one need not wait."""
OTHER_FILES = 256
"""Open files of a gateway besides citizens' connections: the record, Redis, templates, the backend."""

_MOST_SOCKET_BYTES = 16 * 1024
"""Of one message on a web socket: pages send a few words of JSON."""


def with_demo_account(settings: Settings) -> Settings:
    """Return the settings with the simulator's account where the environment names none."""
    demo = SimulatorConfig()
    public = settings.public_url or settings.local_url
    return replace(
        settings,
        simulator=True,
        app_id=settings.app_id or demo.app_id,
        app_secret=settings.app_secret or demo.app_secret,
        token=settings.token or demo.token,
        aes_key=settings.aes_key or ("" if settings.token else demo.aes_key),
        api_base=(
            f"{settings.local_url}/simulator/api"
            if settings.api_base == Settings.api_base
            else settings.api_base
        ),
        notice_template_id=settings.notice_template_id or demo.notice_template_id,
        template_message_id=settings.template_message_id or demo.message_template_id,
        public_url=public,
        admin_password=settings.admin_password or kept_secret(settings.data_dir, "admin.password"),
    )


class Server:
    """The process tree of one machine."""

    def __init__(self, settings: Settings, *, workers: int = 1) -> None:
        self._settings = settings
        self._workers = workers
        self._redis: EmbeddedRedis | None = None
        self._children = Children()

    def run(self) -> None:
        """Serve until a signal ends it; everything started here ends with it."""
        settings = self._settings
        settings.data_dir.mkdir(parents=True, exist_ok=True)
        redis_url = settings.redis_url or self._start_redis()
        warn_of_forgetful(redis_url)
        migrate(settings)
        begin_counting(settings.metrics_dir)
        count_in(settings.metrics_dir, "gateway")
        parts = build(settings, redis_url=redis_url)
        self._children.on_end = parts.counts.worker_ends.inc
        furnish(parts)
        if self._redis is not None and not settings.database_url:
            # We hold the folder's lock: whoever was sending from it is dead.
            with parts.record.unit() as unit:
                unit.deliveries.end_claims()
        try:
            self._children.start(self._workers, redis_url)
            threading.Thread(target=_say_ready, args=(parts,), daemon=True).start()
            serve_gateway(parts, redis_url=redis_url)
        finally:
            self._children.stop()
            parts.close()
            if self._redis is not None:
                self._redis.stop()

    def _start_redis(self) -> str:
        self._redis = EmbeddedRedis(self._settings.data_dir / "redis")
        return self._redis.start()


def _say_ready(parts: Parts) -> None:
    """Print a line once the first worker can answer."""
    began = time.monotonic()
    if parts.settings.simulator:
        _create_demo_menu(parts)
    while not live_workers(parts.redis):
        time.sleep(0.3)
    url = parts.settings.local_url + ("/simulator/" if parts.settings.simulator else "/console/")
    print(f"[minsheng] ready after {time.monotonic() - began:.0f} s: {url}", flush=True)


def _create_demo_menu(parts: Parts) -> None:
    """Give the simulated account its menu; a real account's is made by `minsheng menu` and by nothing else."""
    for _ in range(20):  # the simulator is served by the gateway, which is only starting
        try:
            parts.wechat.menu_create(parts.catalog.buttons())
        except RetryLater:
            time.sleep(0.3)
        except RemoteError as error:
            log.warning("menu not created: %s", error)
            return
        else:
            return


def warn_of_forgetful(redis_url: str) -> None:
    """Log what keeps this Redis from being durable: accepted messages are only as safe as it is."""
    try:
        with open_sync(redis_url) as client:
            for weakness in weaknesses(client):
                log.log(ERROR if weakness.loses else WARNING, "redis: %s", weakness.words)
    except REDIS_ERRORS as error:
        log.error("redis cannot be reached: %s", type(error).__name__)


def migrate(settings: Settings) -> None:
    """Bring the record's and the desk's tables to the newest version, and see that the record's keyring opens.

    Raises:
        app.keyring.KeyringLocked: it was sealed with another secret.
    """
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    upgrade(settings.record_url)
    if settings.uses_desk:
        upgrade_desk(settings.desk_url)
    keep_keyring(settings)


def furnish(parts: Parts) -> None:
    """Make what a new record needs: the console's first account, with the simulator the demo's, and canned answers."""
    settings = parts.settings
    ensure_first(parts.record, settings.admin_password, parts.clock)
    if settings.simulator:
        for number, name, role, unit in DEMO_STAFF:
            member = StaffMember(
                number, name, role, parts.clock.now(), parts.clock.now(), unit=unit
            )
            ensure(parts.record, parts.clock, member, settings.admin_password)
    seed_canned(parts.record, parts.catalog.canned)


def serve_gateway(parts: Parts, *, redis_url: str) -> None:
    """Run one gateway process until a signal ends it.

    No access log: the callback's addresses carry open ids.
    """
    settings = parts.settings
    gateway = Gateway(parts, redis_url=redis_url, mounts=mounts(parts))
    uvicorn.run(
        gateway.app(),
        host=settings.host,
        port=settings.port,
        log_config=None,  # its lines go where ours go
        log_level="warning",
        access_log=False,
        http=BoundedHttp,
        ws="wsproto",
        ws_max_size=_MOST_SOCKET_BYTES,
        server_header=False,
        limit_concurrency=most_connections(parts.catalog.limits.connections),
        timeout_graceful_shutdown=8,
        # Nobody's word on whom it speaks for is taken but that of a proxy of ours.
        proxy_headers=bool(settings.trusted_proxies),
        forwarded_allow_ips=list(settings.trusted_proxies),
    )


def most_connections(wanted: int) -> int:
    """Return how many connections this process can hold, after asking the system for enough open files.

    The last line of defence, behind the inbox's limits: beyond it uvicorn answers 503 and WeChat asks again, where a
    process without files left could not even answer.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = wanted + OTHER_FILES
    got = needed if hard == resource.RLIM_INFINITY else min(needed, hard)
    if soft != resource.RLIM_INFINITY and soft < got:
        resource.setrlimit(resource.RLIMIT_NOFILE, (got, hard))
    return max(got - OTHER_FILES, 1)


def mounts(parts: Parts) -> list[BaseRoute]:
    """Return the applications that this installation serves beside the gateway's own addresses."""
    settings = parts.settings
    found: list[BaseRoute] = []
    desk = desk_office(settings, parts.sealer)
    if desk is not None:
        found.append(Mount("/open311/v2", app=create_desk(desk)))
    found.append(Mount("/console", app=_console(parts, desk)))
    if settings.simulator:
        found.append(Mount("/simulator", app=create_simulator(_simulated(settings))))
    return found


def _console(parts: Parts, desk: DeskOffice | None) -> Starlette:
    settings = parts.settings
    return create_console(
        ConsoleConfig(
            secret=session_secret(secrets_of(settings).current),
            secure_cookies=settings.public_url.startswith("https://"),
        ),
        record=parts.record,
        office=parts.catalog.office,
        statuses=parts.catalog.statuses,
        natures=parts.catalog.natures,
        backend=parts.backend if settings.uses_desk else None,
        clock=parts.clock,
        serving=parts.serving(),
        desk=desk,
    )


def _simulated(settings: Settings) -> SimulatorConfig:
    return SimulatorConfig(
        callback_url=f"{settings.local_url}/wechat",
        app_id=settings.app_id,
        app_secret=settings.app_secret,
        token=settings.token,
        aes_key=settings.aes_key,
        mode="safe" if settings.aes_key else "plain",  # type: ignore[arg-type]
        notice_template_id=settings.notice_template_id,
        message_template_id=settings.template_message_id,
        public_url=settings.public_url,
    )


class Children:
    """Worker processes: started, started again when they end by themselves, ended with us."""

    def __init__(self) -> None:
        self.on_end: Callable[[], None] = lambda: None
        self._stopping = threading.Event()
        self._threads: list[threading.Thread] = []
        self._running: set[subprocess.Popen[bytes]] = set()

    def start(self, count: int, redis_url: str) -> None:
        """Keep so many workers running on this Redis."""
        environ = {**os.environ, REDIS_ENV: redis_url}
        for number in range(count):
            thread = threading.Thread(
                target=self._keep, args=(environ, number), name=f"worker-{number}", daemon=True
            )
            thread.start()
            self._threads.append(thread)

    def stop(self) -> None:
        """End the workers, giving each time for the message in hand."""
        self._stopping.set()
        for process in list(self._running):
            process.terminate()
        for thread in self._threads:
            thread.join(12)
        for process in list(self._running):
            process.kill()

    def _keep(self, environ: Mapping[str, str], number: int) -> None:
        command = [sys.executable, "-m", "app.cli", "worker", "--number", str(number)]
        command += ["--of-server", str(os.getpid())]
        pause = _WORKER_AGAIN_S
        while not self._stopping.is_set():
            began = time.monotonic()
            process = subprocess.Popen(command, env=dict(environ))
            self._running.add(process)
            code = process.wait()
            self._running.discard(process)
            if self._stopping.is_set():
                return
            log.error("a worker ended with code %s; starting another", code)
            self.on_end()
            if time.monotonic() - began > _WORKER_LIVED_S:
                pause = _WORKER_AGAIN_S
            self._stopping.wait(pause)
            pause = min(pause * 2, 10.0)


def die_with_parent(parent: int) -> None:
    """Ask the kernel to end this process when its parent does (Linux); elsewhere nothing happens.

    `parent` is the process that started this one. It may be dead before the kernel was asked: then end at once, or
    an orphan goes on working beside its successors.
    """
    pr_set_pdeathsig = 1
    try:
        ctypes.CDLL(None).prctl(pr_set_pdeathsig, signal.SIGTERM)
    except (OSError, AttributeError):
        log.debug("no prctl here")
    if os.getppid() != parent:
        raise SystemExit("the server that started this worker has ended")
