"""`minsheng actions`: our actions over HTTP, for `rasa shell` and `rasa run`.

Each call is one unit on this machine's record, for a citizen of its own for each of Rasa's senders; complaints
confirmed in a shell are stored, and filed by the next worker that runs on the same data folder.
"""

from __future__ import annotations

import json
from contextlib import AbstractContextManager
from typing import Any

import uvicorn
from rasa_sdk.executor import ActionExecutor
from rasa_sdk.interfaces import ActionExecutionRejection, ActionNotFoundException
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from actions.context import serving
from app.bootstrap import Parts
from app.catalog import services_of
from bot.record import Unit
from bot.services.counter import Counter
from bot.services.directory import Directory

_CITIZEN = "rasa-shell-"


class ActionServer:
    """Answers Rasa's webhook calls."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._executor = ActionExecutor()
        self._executor.register_package("actions")

    def app(self) -> Starlette:
        """Return the application."""
        return Starlette(
            routes=[
                Route("/webhook", self._webhook, methods=["POST"]),
                Route("/health", self._health),
            ]
        )

    async def _health(self, request: Request) -> Response:
        return JSONResponse({"status": "ok"})

    async def _webhook(self, request: Request) -> Response:
        """Run one action; the status codes are those of Rasa's own action server."""
        try:
            call = await request.json()
        except json.JSONDecodeError:
            return JSONResponse({"error": "no JSON"}, status_code=400)
        name = str(call.get("next_action"))
        directory = self._directory()
        opened: AbstractContextManager[Unit] = self._parts.record.unit()
        try:
            with opened as unit:
                counter = self._counter(unit, directory, _CITIZEN + str(call.get("sender_id", "")))
                with serving(counter):
                    result = await self._executor.run(call)
                unit.conversations.save(counter.conversation)
        except ActionExecutionRejection as error:
            return JSONResponse({"error": str(error), "action_name": name}, status_code=400)
        except ActionNotFoundException as error:
            return JSONResponse({"error": str(error), "action_name": name}, status_code=404)
        return JSONResponse(result)

    def _directory(self) -> Directory:
        directory = self._parts.catalogue.directory()
        return directory if directory.services else services_of()

    def _counter(self, unit: Unit, directory: Directory, citizen: str) -> Counter:
        parts = self._parts
        conversation = unit.conversations.open(parts.sealer.pseudonym(citizen), citizen)
        return Counter(
            unit=unit,
            conversation=conversation,
            directory=directory,
            office=parts.catalog.office,
            clock=parts.clock,
            sealer=parts.sealer,
            statuses=parts.catalog.statuses,
            phrases=parts.phrases,
            signs=parts.catalog.signs,
        )


def run(parts: Parts, port: int) -> None:
    """Serve on loopback until interrupted."""
    app: Any = ActionServer(parts).app()
    uvicorn.run(app, host="127.0.0.1", port=port, log_level="warning", ws="wsproto")
