"""Control routes for what no citizen decides: clock, faults, consent, rights, and the record."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import fields

from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from simulator import acts
from simulator.config import AllowancePolicy
from simulator.control.reading import BadControl, body_of, citizen_of, find_citizen, number_of
from simulator.faults import Fault
from simulator.media import sample_images
from simulator.platform import Platform

# A stream ends by itself so that a server's shutdown never waits for a page; pages come back.
_STREAM_S = 15.0
_BEAT_S = 5.0


class FateRoutes:
    """The rest of `control/`."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform

    def routes(self) -> list[Route]:
        """Return the routes with their paths."""
        return [
            Route("/control/state", self.state, methods=["GET"]),
            Route("/control/clock", self.clock, methods=["GET", "POST"]),
            Route("/control/faults", self.list_faults, methods=["GET"]),
            Route("/control/faults", self.add_fault, methods=["POST"]),
            Route("/control/faults", self.clear_faults, methods=["DELETE"]),
            Route("/control/consent", self.consent, methods=["POST"]),
            Route("/control/account", self.account, methods=["POST"]),
            Route("/control/verify", self.verify, methods=["POST"]),
            Route("/control/ledger/{openid}", self.ledger, methods=["GET"]),
            Route("/control/exchanges", self.exchanges, methods=["GET"]),
            Route("/control/exchanges/{number:int}", self.exchange, methods=["GET"]),
            Route("/control/stats", self.stats, methods=["GET"]),
            Route("/control/stream", self.stream, methods=["GET"]),
        ]

    async def state(self, _: Request) -> Response:
        """What a page needs to begin: account, citizens, menu, templates, clock, stream position."""
        platform = self._platform
        return JSONResponse(
            {
                "account": {
                    "name": platform.config.account_name,
                    "mode": platform.config.mode.value,
                    "callback_url": platform.config.callback_url,
                    "verified": platform.verified,
                },
                "citizens": [c.to_json() for c in platform.store.citizens.values()],
                "menu": platform.menu,
                "templates": [t.to_json() for t in platform.templates.values()],
                "samples": sample_images(),
                "faults": platform.faults.to_json(),
                "now": platform.clock.now(),
                "skipped": platform.clock.skipped,
                "stream": platform.feed.number,
            }
        )

    async def clock(self, request: Request) -> Response:
        """Read the clock, or move it forward by `advance` seconds."""
        platform = self._platform
        if request.method == "POST":
            try:
                platform.clock.advance(float((await body_of(request)).get("advance", 0)))
            except (TypeError, ValueError) as error:
                raise BadControl(400, "advance must be seconds, not negative") from error
        shown = {"now": platform.clock.now(), "skipped": platform.clock.skipped}
        platform.feed.publish("clock", shown)
        return JSONResponse(shown)

    async def list_faults(self, _: Request) -> Response:
        """Faults still ordered."""
        return JSONResponse(self._platform.faults.to_json())

    async def add_fault(self, request: Request) -> Response:
        """Order a fault: path, errcode | http_status | lost | slow_s, times."""
        data = await body_of(request)
        unknown = set(data) - {field.name for field in fields(Fault)}
        if unknown or not data.get("path"):
            raise BadControl(400, f"path missing or unknown fields {sorted(unknown)}")
        self._platform.faults.add(Fault(**data))
        return await self._faults_changed(201)

    async def clear_faults(self, _: Request) -> Response:
        """Cancel all ordered faults."""
        self._platform.faults.clear()
        return await self._faults_changed(200)

    async def consent(self, request: Request) -> Response:
        """Answer the subscription popup for a citizen."""
        data = await body_of(request)
        citizen = find_citizen(self._platform, str(data.get("openid", "")))
        try:
            exchange, done = acts.consent(
                self._platform,
                citizen,
                str(data.get("template_id") or self._platform.config.notice_template_id),
                accept=bool(data.get("accept", True)),
                long_term=bool(data.get("long_term", False)),
            )
        except acts.Refused as refusal:
            raise BadControl(409, str(refusal)) from refusal
        if request.query_params.get("wait") == "1":
            await asyncio.wrap_future(done)
        return JSONResponse({"exchange": exchange.to_json()})

    async def account(self, request: Request) -> Response:
        """Change rights and policies: verified, allowance_policy, jitter_s, daily_limit, whitelist, revoke_tokens."""
        data = await body_of(request)
        platform = self._platform
        platform.verified = bool(data.get("verified", platform.verified))
        platform.jitter_s = float(data.get("jitter_s", platform.jitter_s))
        if "allowance_policy" in data:
            platform.ledger.policy = AllowancePolicy(data["allowance_policy"])
        platform.quotas.limits.update(data.get("daily_limit") or {})
        if "whitelist" in data:  # a list of addresses, or null
            listed = data["whitelist"]
            platform.whitelist = None if listed is None else frozenset(map(str, listed))
        if data.get("revoke_tokens"):
            platform.tokens.revoke_all()
        return JSONResponse({"verified": platform.verified, "jitter_s": platform.jitter_s})

    async def verify(self, _: Request) -> Response:
        """Verify the callback URL as the console does."""
        at = self._platform.clock.now()
        exchange = await asyncio.to_thread(self._platform.pusher.verify, at=at)
        return JSONResponse(exchange.to_json())

    async def ledger(self, request: Request) -> Response:
        """What a citizen's acts still allow, and the consents given."""
        citizen = citizen_of(request, self._platform)
        shown = self._platform.ledger.to_json(citizen.openid)
        return JSONResponse({**shown, "consents": self._platform.consents.to_json(citizen.openid)})

    async def exchanges(self, request: Request) -> Response:
        """Exchanges newer than `after`, at most `limit` of the newest."""
        after, limit = number_of(request, "after"), number_of(request, "limit", 500)
        found = self._platform.store.exchanges(after=after, limit=limit)
        return JSONResponse([exchange.to_json() for exchange in found])

    async def exchange(self, request: Request) -> Response:
        """One exchange, for polling a push that was not waited for."""
        found = self._platform.store.find_exchange(request.path_params["number"])
        if found is None:
            raise BadControl(404, "no such exchange")
        return JSONResponse(found.to_json())

    async def stats(self, _: Request) -> Response:
        """Counters."""
        return JSONResponse(self._platform.stats.to_json())

    async def stream(self, request: Request) -> Response:
        """Server-sent events from `Last-Event-ID` or `after` on."""
        last = request.headers.get("last-event-id", "")
        number = int(last) if last.isdigit() else number_of(request, "after")
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        return StreamingResponse(
            self._events(number), media_type="text/event-stream", headers=headers
        )

    async def _events(self, number: int) -> AsyncIterator[str]:
        yield "retry: 300\n\n"
        loop = asyncio.get_running_loop()
        end = loop.time() + _STREAM_S
        while loop.time() < end:
            changes = await self._platform.feed.wait(number, timeout_s=_BEAT_S)
            if not changes:
                yield ": still here\n\n"
            for change in changes:
                number = change.number
                data = json.dumps(change.payload, ensure_ascii=False)
                yield f"id: {number}\nevent: {change.kind}\ndata: {data}\n\n"

    async def _faults_changed(self, status: int) -> Response:
        shown = self._platform.faults.to_json()
        self._platform.feed.publish("faults", {"faults": shown})
        return JSONResponse(shown, status)
