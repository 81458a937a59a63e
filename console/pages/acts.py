"""Changing who answers a citizen: take, hand on, give back, send away. Each act is one of `bot.services.handoff`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot.services.handoff import NotThere
from console.access import Permission, may
from console.pages.acting import MOST_CHARACTERS, Posted, clean, conversation_of, done, subject
from console.refusals import Unfit
from console.site import Site, member_of, text

Act = Callable[[Request, Posted], Mapping[str, Any] | None]


class ActPages:
    """The buttons over a conversation."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._handoffs = site.serving.handoffs

    def routes(self) -> list[Route]:
        """Return the routes with their paths."""
        acts: list[tuple[str, str, Act]] = [
            ("claim", "claim", self._claim),
            ("take_over", "take-over", self._take_over),
            ("hand_to", "hand-to", self._hand_to),
            ("give_back", "give-back", self._give_back),
            ("requeue", "requeue", self._requeue),
            ("clear", "clear", self._clear),
        ]
        return [
            Route(
                f"/conversations/{{id:str}}/{path}", self._taking(act), methods=["POST"], name=name
            )
            for name, path, act in acts
        ]

    def _taking(self, act: Act) -> Callable[[Request], Awaitable[Response]]:
        async def endpoint(request: Request) -> Response:
            return await done(self._site, request, lambda posted: act(request, posted))

        return endpoint

    def _claim(self, request: Request, posted: Posted) -> None:  # noqa: ARG002
        self._handoffs.claim(conversation_of(request), member_of(request))
        self._noted(request, "conversation claimed")

    def _take_over(self, request: Request, posted: Posted) -> None:  # noqa: ARG002
        before = self._handoffs.take_over(conversation_of(request), member_of(request))
        self._noted(request, "conversation taken over", before)

    def _hand_to(self, request: Request, posted: Posted) -> None:
        words = clean(posted, "words")
        if len(words) > MOST_CHARACTERS:
            raise Unfit(words=f"留言太长，请控制在 {MOST_CHARACTERS} 字以内。")
        with self._site.record.reading() as unit:
            to = unit.staff.get(text(posted, "to"))
        if to is None or not may(to, Permission.SERVE):
            raise NotThere
        self._handoffs.hand_to(conversation_of(request), member_of(request), to, words)
        self._noted(request, "conversation handed over", to.number)

    def _give_back(self, request: Request, posted: Posted) -> None:
        self._handoffs.give_back(
            conversation_of(request), member_of(request), keep_form=posted.get("keep_form") is True
        )
        self._noted(request, "conversation given back")

    def _requeue(self, request: Request, posted: Posted) -> None:  # noqa: ARG002
        self._handoffs.requeue(conversation_of(request), member_of(request))
        self._noted(request, "conversation requeued")

    def _clear(self, request: Request, posted: Posted) -> None:
        self._handoffs.clear(conversation_of(request), text(posted, "mark"))
        self._noted(request, "waiting cleared")

    def _noted(self, request: Request, action: str, detail: str = "") -> None:
        self._site.noted(request, action, subject=subject(conversation_of(request)), detail=detail)
