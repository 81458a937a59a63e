"""Control routes that act as a citizen; each push answers with its exchange."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from simulator import acts
from simulator.acts import Refused, Started
from simulator.control.reading import BadControl, body_of, citizen_of, number_of
from simulator.media import sample_image
from simulator.platform import Platform
from simulator.store import Citizen

Act = Callable[[Citizen, Request], Awaitable[Started]]


class CitizenRoutes:
    """Everything below `control/citizens`."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform

    def routes(self) -> list[Route]:
        """Return the routes with their paths."""
        one = "/control/citizens/{openid}"
        acts_: dict[str, Act] = {
            "text": self._text,
            "image": self._image,
            "voice": self._voice,
            "location": self._location,
            "menu": self._menu,
            "follow": self._follow,
            "unfollow": self._unfollow,
            "scan": self._scan,
            "event": self._event,
            "inject": self._inject,
        }
        return [
            Route("/control/citizens", self.list, methods=["GET"]),
            Route("/control/citizens", self.create, methods=["POST"]),
            Route(f"{one}/messages", self.messages, methods=["GET"]),
            Route(f"{one}/state", self.show_state, methods=["GET"]),
            Route(f"{one}/state", self.set_state, methods=["POST"]),
            *[Route(f"{one}/{n}", self._acting(a), methods=["POST"]) for n, a in acts_.items()],
        ]

    async def list(self, _: Request) -> Response:
        """All citizens."""
        return JSONResponse([c.to_json() for c in self._platform.store.citizens.values()])

    async def create(self, request: Request) -> Response:
        """A new citizen, a follower unless `follows` is false."""
        data = await body_of(request)
        name = str(data.get("name") or "").strip()
        if not name:
            raise BadControl(400, "name is missing")
        citizen = self._platform.create_citizen(name, follows=data.get("follows", True))
        return JSONResponse(citizen.to_json(), 201)

    async def messages(self, request: Request) -> Response:
        """A citizen's chat lines newer than `after`."""
        citizen = citizen_of(request, self._platform)
        lines = self._platform.store.lines(citizen.openid, after=number_of(request, "after"))
        return JSONResponse([line.to_json() for line in lines])

    async def show_state(self, request: Request) -> Response:
        """A citizen with the seconds for which the typing sign still shows, 0 when it does not."""
        citizen = citizen_of(request, self._platform)
        left_s = max(citizen.typing_until - self._platform.clock.now(), 0.0)
        return JSONResponse({**citizen.to_json(), "typing_s": left_s})

    async def set_state(self, request: Request) -> Response:
        """Switch `refuses` (receives nothing) or `with_agent` (a platform agent's session)."""
        citizen = citizen_of(request, self._platform)
        data = await body_of(request)
        citizen.refuses = bool(data.get("refuses", citizen.refuses))
        active = bool(data.get("with_agent", citizen.with_agent))
        acts.set_agent(self._platform, citizen, active=active)
        return JSONResponse(citizen.to_json())

    def _acting(self, act: Act) -> Callable[[Request], Awaitable[Response]]:
        async def serve(request: Request) -> Response:
            self._platform.learn_base_url(_base_url(request))
            citizen = citizen_of(request, self._platform)
            try:
                exchange, done = await act(citizen, request)
            except Refused as refusal:
                raise BadControl(409, str(refusal)) from refusal
            lines = []
            if request.query_params.get("wait") == "1":
                await asyncio.wrap_future(done)
                lines = self._platform.store.lines(citizen.openid, after=exchange.id)
            shown = {**exchange.to_json(), "done": done.done()}
            return JSONResponse({"exchange": shown, "messages": [ln.to_json() for ln in lines]})

        return serve

    async def _text(self, citizen: Citizen, request: Request) -> Started:
        data = await body_of(request)
        content = data.get("content")
        if not isinstance(content, str) or not content:
            raise BadControl(400, "content is missing")
        menu_id = str(data.get("bizmsgmenuid") or "")
        overrides = _overrides(data)
        return acts.say(self._platform, citizen, content, menu_id=menu_id, overrides=overrides)

    async def _image(self, citizen: Citizen, request: Request) -> Started:
        if request.headers.get("content-type", "").startswith("multipart/form-data"):
            async with request.form() as form:
                part: Any = form.get("file")
                if part is None or isinstance(part, str):
                    raise BadControl(400, "file is missing")
                suffix = Path(part.filename or "").suffix or ".jpg"
                data = await part.read()
            return acts.send_image(self._platform, citizen, data, suffix=suffix)
        body = await body_of(request)
        picture = sample_image(str(body.get("sample", "")))
        return acts.send_image(self._platform, citizen, picture, overrides=_overrides(body))

    async def _voice(self, citizen: Citizen, request: Request) -> Started:
        data = await body_of(request)
        return acts.send_voice(
            self._platform,
            citizen,
            recognition=data.get("recognition"),
            overrides=_overrides(data),
        )

    async def _location(self, citizen: Citizen, request: Request) -> Started:
        data = await body_of(request)
        try:
            point = (float(data["lat"]), float(data["long"]))
        except (KeyError, TypeError, ValueError) as error:
            raise BadControl(400, "lat and long must be numbers") from error
        label = str(data.get("label", ""))
        return acts.send_location(
            self._platform, citizen, point=point, label=label, overrides=_overrides(data)
        )

    async def _menu(self, citizen: Citizen, request: Request) -> Started:
        key = str((await body_of(request)).get("key", ""))
        return acts.tap_menu(self._platform, citizen, key)

    async def _follow(self, citizen: Citizen, request: Request) -> Started:
        scene = str((await body_of(request)).get("scene") or "")
        return acts.follow(self._platform, citizen, scene=scene)

    async def _unfollow(self, citizen: Citizen, _: Request) -> Started:
        return acts.unfollow(self._platform, citizen)

    async def _scan(self, citizen: Citizen, request: Request) -> Started:
        scene = str((await body_of(request)).get("scene") or "")
        if not scene:
            raise BadControl(400, "scene is missing")
        return acts.scan(self._platform, citizen, scene)

    async def _event(self, citizen: Citizen, request: Request) -> Started:
        data = await body_of(request)
        name = str(data.get("event") or "")
        if not name:
            raise BadControl(400, "event is missing")
        fields = dict(data.get("fields") or {})
        return acts.raise_event(self._platform, citizen, name, fields)

    async def _inject(self, citizen: Citizen, request: Request) -> Started:
        data = await body_of(request)
        xml = data.get("xml")
        if not isinstance(xml, str):
            raise BadControl(400, "xml is missing")
        enveloped = bool(data.get("enveloped", True))
        return acts.inject(self._platform, citizen, xml, enveloped=enveloped)


def _overrides(data: dict[str, Any]) -> dict[str, Any]:
    named = {"MsgId": data.get("msg_id"), "CreateTime": data.get("create_time")}
    return {**named, **dict(data.get("fields") or {})}


def _base_url(request: Request) -> str:
    root = request.scope.get("root_path", "")
    return f"{request.url.scheme}://{request.url.netloc}{root}"
