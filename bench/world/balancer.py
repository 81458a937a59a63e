"""A TCP balancer: connections go to the ports in turn, and to the next one where nobody listens.

It is what stands in front of several gateways, and it can refuse like a platform whose API is down.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Coroutine, Sequence
from typing import Any

from bench.world.processes import free_port

_CHUNK = 65536


class Balancer:
    """Listens on a port of its own, in a thread of its own."""

    def __init__(self, targets: Sequence[int]) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._targets = list(targets)
        self._next = 0
        self._open: set[asyncio.StreamWriter] = set()
        self._loop = asyncio.new_event_loop()
        self._server: asyncio.AbstractServer | None = None
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def start(self) -> None:
        """Listen."""
        self._thread.start()
        self.up()

    def up(self) -> None:
        """Take connections (again)."""
        self._do(self._listen())

    def down(self) -> None:
        """Refuse new connections; those that are open go on."""
        self._do(self._refuse())

    def cut(self) -> None:
        """Refuse new connections and break those that are open, like a cable that is pulled out."""
        self.down()
        self._do(self._break())

    def stop(self) -> None:
        """End it."""
        if not self._thread.is_alive():
            return
        self.down()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)

    def _do(self, work: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(10)

    async def _listen(self) -> None:
        if self._server is None:
            self._server = await asyncio.start_server(
                self._serve, "127.0.0.1", self.port, backlog=4096
            )

    async def _refuse(self) -> None:
        server, self._server = self._server, None
        if server is not None:
            server.close()

    async def _break(self) -> None:
        for writer in self._open:
            writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        behind = await self._connect()
        if behind is None:
            writer.transport.abort()
            return
        self._open.add(writer)
        try:
            await asyncio.gather(_copy(reader, behind[1]), _copy(behind[0], writer))
        finally:
            self._open.discard(writer)
            for end in (writer, behind[1]):
                with contextlib.suppress(OSError):
                    end.close()

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter] | None:
        self._next += 1
        for offset in range(len(self._targets)):
            port = self._targets[(self._next + offset) % len(self._targets)]
            with contextlib.suppress(OSError):
                return await asyncio.open_connection("127.0.0.1", port)
        return None


async def _copy(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    """Pass bytes on until one end closes; then the other is closed too."""
    try:
        while chunk := await source.read(_CHUNK):
            sink.write(chunk)
            await sink.drain()
    except OSError:
        sink.transport.abort()  # a broken connection is passed on as broken
    else:
        sink.close()
