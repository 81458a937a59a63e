"""The web side: callback, backend's push, media, health; with the desk, the console and the simulator mounted."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route

from app.bootstrap import Parts
from app.gauges import Gauges
from app.guard import Guard
from app.metrics import counted
from app.presence import live_workers
from bot.media.cleaning import KINDS
from bot.ports import Unavailable
from bot.services.door import Door
from bot.services.duty import DutyTimes
from bot.storage.motion.connect import open_async
from bot.storage.motion.inbox import RedisInbox
from bot.storage.motion.waiting import RedisWaiting
from connectors.open311 import push
from connectors.wechat.callback import MAX_BODY_BYTES, PATH, CallbackMetrics, WeChatCallback
from console import access
from console.gate import MOST_BYTES
from desk.params import BODY_LIMIT

log = logging.getLogger(__name__)

MAX_PUSH_BYTES = 1024 * 1024
PUSH_PATH = "/backend/updates"
#: Where bodies are taken at all, and the most a room takes there; each room refuses in its own words first.
BODIES = {
    PATH: MAX_BODY_BYTES,
    PUSH_PATH: MAX_PUSH_BYTES,
    "/open311/v2": BODY_LIMIT,
    "/console": max(MOST_BYTES, *access.MOST_BYTES.values()),
    "/simulator": 12 * 1024 * 1024,  # a picture of ten megabytes in a form
}


class Gateway:
    """Builds the ASGI application of one gateway process."""

    def __init__(self, parts: Parts, *, redis_url: str, mounts: list[BaseRoute]) -> None:
        self._parts = parts
        self._redis = open_async(redis_url)
        self._waiting = RedisWaiting(self._redis)
        self._mounts = mounts
        self._metrics_served = counted(parts.registry)
        self._metrics_served.register(Gauges(parts))
        parts.counts.started("gateway")

    def app(self) -> Guard:
        """Return the application, guarded."""
        parts = self._parts
        duty = DutyTimes(parts.record, parts.catalog.office, parts.clock)
        counts = parts.counts
        door = Door(
            RedisInbox(self._redis, parts.catalog.limits.intake, along=parts.ledger.noting),
            self._waiting,
            parts.catalog.emergencies,
            phrases=parts.phrases,
            on_accepted=lambda message: counts.messages.labels(message.kind.value).inc(),
            on_refused=lambda refusal: counts.refused.labels(refusal.value).inc(),
            on_emergency=lambda kept: counts.emergencies.labels(str(kept).lower()).inc(),
            on_duty=duty.is_open,
        )
        callback = WeChatCallback(
            parts.account, door, clock=parts.clock, metrics=CallbackMetrics(parts.registry)
        )
        routes: list[BaseRoute] = [
            *callback.routes(),
            Route("/", self._home),
            Route("/healthz", self._healthz),
            Route("/readyz", self._readyz),
            Route("/metrics", self._metrics),
            Route(PUSH_PATH, self._push, methods=["POST"]),
            Route("/media/{signed}", self._medium),
            *self._mounts,
        ]
        return Guard(
            Starlette(routes=routes, lifespan=self._lifespan),
            bodies=BODIES,
            is_https=parts.settings.public_url.startswith("https://"),
        )

    @asynccontextmanager
    async def _lifespan(self, app: Starlette) -> AsyncIterator[None]:
        async with _mounted_lifespans(self._mounts):
            yield
        await self._waiting.close()
        await self._redis.close()

    async def _home(self, request: Request) -> Response:
        target = "/simulator/" if self._parts.settings.simulator else "/console/"
        return RedirectResponse(target)

    async def _healthz(self, request: Request) -> Response:
        return PlainTextResponse("ok")

    async def _readyz(self, request: Request) -> Response:
        """Say 200 only when a message would be answered: Redis takes it, a worker lives, the record opens."""
        missing = [name for name, check in self._checks() if not await _passes(check)]
        if missing:
            return JSONResponse({"ready": False, "missing": missing}, status_code=503)
        return JSONResponse({"ready": True})

    def _checks(self) -> list[tuple[str, Callable[[], bool]]]:
        parts = self._parts

        def record() -> bool:
            with parts.record.unit() as unit:
                unit.documents.get("backend.services")
            return True

        return [
            ("redis", lambda: bool(parts.redis.ping())),
            ("worker", lambda: bool(live_workers(parts.redis))),
            ("record", record),
        ]

    async def _metrics(self, request: Request) -> Response:
        """Say how the installation is: what its processes counted, and how Redis and the record stand."""
        text = await asyncio.to_thread(generate_latest, self._metrics_served)
        return Response(text, media_type=CONTENT_TYPE_LATEST)

    async def _push(self, request: Request) -> Response:
        """Take updates pushed by the backend."""
        body = b""
        async for chunk in request.stream():
            body += chunk
            if len(body) > MAX_PUSH_BYTES:
                return _refuse(413, "too large")
        parts, now = self._parts, self._parts.clock.now()
        try:
            push.verify(
                parts.settings.backend_push_secret,
                timestamp=request.headers.get("x-minsheng-timestamp", ""),
                signature=request.headers.get("x-minsheng-signature", ""),
                body=body,
                now=now,
            )
            updates = push.parse(body, request.headers.get("content-type", ""), now=now)
        except push.BadPush as error:
            return _refuse(error.status, str(error))
        taker = parts.update_taker()
        try:
            taken = await asyncio.to_thread(lambda: sum(taker.take(u) for u in updates))
        except Unavailable:
            return _refuse(503, "try again")
        return JSONResponse({"taken": taken})

    async def _medium(self, request: Request) -> Response:
        """Serve one picture or voice to whoever holds its signed link."""
        medium_id = self._parts.links.medium_id(request.path_params["signed"])
        found = await asyncio.to_thread(self._load_medium, medium_id) if medium_id else None
        if found is None:
            return _refuse(404, "no such medium")
        content, content_type = found
        if content_type not in KINDS:  # kept by a version that believed what a sender called it
            content_type = "application/octet-stream"
        headers = {
            "Cache-Control": "private, max-age=3600",
            # The backend's own pages may show it: they got the link.
            "Cross-Origin-Resource-Policy": "cross-origin",
        }
        return Response(content, media_type=content_type, headers=headers)

    def _load_medium(self, medium_id: str) -> tuple[bytes, str] | None:
        with self._parts.record.unit() as unit:
            medium = unit.media.get(medium_id)
            content = unit.media.bytes_of(medium_id)
        return None if medium is None or content is None else (content, medium.content_type)


@asynccontextmanager
async def _mounted_lifespans(mounts: list[BaseRoute]) -> AsyncIterator[None]:
    """Starlette starts no lifespans of mounted applications: do it for them."""
    if not mounts:
        yield
        return
    first, *rest = mounts
    router: Any = getattr(getattr(first, "app", None), "router", None)
    if not isinstance(first, Mount) or router is None:
        async with _mounted_lifespans(rest):
            yield
        return
    async with router.lifespan_context(first.app), _mounted_lifespans(rest):
        yield


async def _passes(check: Callable[[], bool]) -> bool:
    try:
        return await asyncio.wait_for(asyncio.to_thread(check), 3)
    except Exception as error:  # whatever is broken, the answer is "not ready"
        log.warning("readiness: %s", type(error).__name__)
        return False


def _refuse(status: int, reason: str) -> Response:
    return JSONResponse({"error": reason}, status_code=status)
