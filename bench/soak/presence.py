"""An open page of the console, as far as the product can tell: it follows the events and answers every beat."""

from __future__ import annotations

import asyncio
import contextlib
import json
import threading
from collections.abc import Callable

import websockets
from websockets.client import connect

_AGAIN_S = 0.5
_GONE = (OSError, asyncio.TimeoutError, websockets.exceptions.WebSocketException)


class OpenPage:
    """Keeps a member of staff present, over restarts of the console."""

    def __init__(self, url: str, cookies: Callable[[], str]) -> None:
        """`cookies`: the present session's, as the browser would send them; "" while signed out."""
        self._url = url.replace("http://", "ws://", 1) + "/events"
        self._origin = url.rsplit("/", 1)[0]
        self._cookies = cookies
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="open-page", daemon=True)

    def start(self) -> None:
        """Open it."""
        self._thread.start()

    def stop(self) -> None:
        """Close it."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(10)

    def _run(self) -> None:
        asyncio.run(self._follow())

    async def _follow(self) -> None:
        while not self._stop.is_set():
            cookies = self._cookies()
            if cookies:
                with contextlib.suppress(*_GONE):  # the console restarts, or wants a password
                    await self._page(cookies)
            await asyncio.sleep(_AGAIN_S)

    async def _page(self, cookies: str) -> None:
        headers = {"Cookie": cookies, "Origin": self._origin}
        async with connect(self._url, extra_headers=headers, open_timeout=8) as page:
            while not self._stop.is_set():
                try:
                    news = json.loads(await asyncio.wait_for(page.recv(), 1.0))
                except asyncio.TimeoutError:
                    continue
                if news.get("topic") == "beat":
                    await page.send(json.dumps({"beat": True}))
