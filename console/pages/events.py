"""News for open pages over a web socket: what changed, who writes, who is there; and whether the page still lives."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from bot.model.staff import StaffMember
from bot.ports import CHANGED, PRESENCE, RESYNC, TYPING, LiveEvent
from console.access import Permission, may
from console.pages.watching import GRACE_S, Watching
from console.sessions import COOKIE
from console.site import Site

OVER = 4401
"""The session is over: the page says so and does not come back by itself."""
_SILENT = 1001
_MOST_CHARACTERS = 500
_BEATS_MISSED = 3
_CLOSES_WITHIN_S = 2.0
_TYPES_EVERY_S = 2.5  # the page says so at most every three
_TOPICS = frozenset({RESYNC, CHANGED, PRESENCE})


class EventsSocket:
    """One socket for each open page."""

    def __init__(self, site: Site, *, beat_s: float) -> None:
        """`beat_s`: how often a page is asked whether it lives; who says nothing three times as long is gone."""
        self._site = site
        self._beat_s = beat_s
        self._tasks: set[asyncio.Task[None]] = set()

    def routes(self) -> list[WebSocketRoute]:
        """Return the route with its path."""
        return [WebSocketRoute("/events", self.follow, name="events")]

    async def follow(self, socket: WebSocket) -> None:
        """Tell the page what happens until it goes, falls silent or is signed out."""
        await socket.accept()
        member: StaffMember = socket.state.member
        page = Page(socket, member, Watching(self._site, socket.cookies.get(COOKIE, "")), self)
        try:
            await page.live(self._site.serving.feed(), self._beat_s)
        finally:
            if may(member, Permission.SERVE):
                self.later(self._left(page.watching, member.number))

    def later(self, work: Coroutine[Any, Any, None]) -> None:
        """Let something be done beside the socket, and after it."""
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _left(self, watching: Watching, number: str) -> None:
        """One page of theirs is gone; if it was the last, all are told once the grace is over."""
        await run_in_threadpool(watching.left, number)
        await asyncio.sleep(GRACE_S + 0.1)
        await run_in_threadpool(watching.tell_if_gone, number)


class Page:
    """One open page at the other end of its socket."""

    def __init__(
        self, socket: WebSocket, member: StaffMember, watching: Watching, beside: EventsSocket
    ) -> None:
        self.watching = watching
        self._socket = socket
        self._member = member
        self._beside = beside
        self._typed_at = 0.0

    async def live(self, feed: Any, beat_s: float) -> None:
        """Run both directions and the beat until one of them ends."""
        tasks = [
            asyncio.ensure_future(work)
            for work in (self._listen(beat_s * _BEATS_MISSED), self._tell(feed), self._beat(beat_s))
        ]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        codes = [task.result() for task in done if not task.cancelled() and not task.exception()]
        errors = [task.exception() for task in done if not task.cancelled()]
        if codes and codes[0]:
            await self._close(codes[0])
        for error in errors:
            if error is not None and not isinstance(error, _GONE):
                raise error

    async def _listen(self, patience_s: float) -> int:
        """Hear the page until it goes (0) or has not answered a beat for too long."""
        clock = asyncio.get_running_loop().time
        silent_at = clock() + patience_s
        while True:
            try:
                text = await asyncio.wait_for(self._socket.receive_text(), silent_at - clock())
            except asyncio.TimeoutError:
                return _SILENT
            except (WebSocketDisconnect, KeyError, RuntimeError):  # gone, or bytes instead of text
                return 0
            said = _read(text)
            if said.get("beat") is True:
                silent_at = clock() + patience_s
                await run_in_threadpool(self._beaten)
            elif isinstance(said.get("typing"), str) and clock() - self._typed_at > _TYPES_EVERY_S:
                self._typed_at = clock()
                self._beside.later(self._types(said["typing"]))

    async def _types(self, conversation_id: str) -> None:
        if may(self._member, Permission.SERVE):
            await run_in_threadpool(self.watching.types, self._member, conversation_id)

    async def _tell(self, feed: Any) -> int:
        """Hand on what happens; the feed itself comes back after it lost its server, with a `RESYNC`."""
        async for event in feed:
            news = self._news(event) if event is not None else None
            if news is not None:
                await self._send(news)
        return 0

    async def _beat(self, beat_s: float) -> int:
        """Ask the page whether it lives, as long as its session does."""
        while await run_in_threadpool(self.watching.is_signed_in):
            await self._send({"topic": "beat"})
            await asyncio.sleep(beat_s)
        return OVER

    def _beaten(self) -> None:
        if may(self._member, Permission.SERVE):
            self.watching.beaten(self._member.number)

    def _news(self, event: LiveEvent) -> dict[str, Any] | None:
        if event.topic in _TOPICS:
            return {"topic": event.topic, **event.data}
        is_other = event.topic == TYPING and event.data.get("number") != self._member.number
        return {"topic": TYPING, **event.data} if is_other else None

    async def _send(self, news: dict[str, Any]) -> None:
        await self._socket.send_text(json.dumps(news, ensure_ascii=False))

    async def _close(self, code: int) -> None:
        with suppress(asyncio.TimeoutError, *_GONE):
            await asyncio.wait_for(self._socket.close(code), _CLOSES_WITHIN_S)


#: What sending to a page raises that went meanwhile.
_GONE = (WebSocketDisconnect, RuntimeError, OSError)


def _read(text: str) -> dict[str, Any]:
    """Return what a page said, nothing for what makes no sense."""
    if len(text) > _MOST_CHARACTERS:
        return {}
    try:
        said = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return said if isinstance(said, dict) else {}
