"""Showing a number that is masked in the transcript: one at a time, and each time is written down."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from console.pages.acting import Posted, conversation_of, done, subject
from console.refusals import NotNow
from console.site import Site, text


class RevealPages:
    """The button beside a masked number."""

    def __init__(self, site: Site) -> None:
        self._site = site

    def routes(self) -> list[Route]:
        """Return the routes with their paths."""
        path = "/conversations/{id:str}/reveal"
        return [Route(path, self.reveal, methods=["POST"], name="reveal")]

    async def reveal(self, request: Request) -> Response:
        """Say what a mask of one line stands for."""

        def act(posted: Posted) -> Mapping[str, Any]:
            wanted, line_id = conversation_of(request), posted.get("line")
            sealed = self._sealed(wanted, line_id, text(posted, "mask"))
            full = self._site.serving.sealer.unseal(sealed)
            if not full:
                raise NotNow("这个号码已经无法还原")
            self._site.noted(
                request, "number revealed", subject=subject(wanted), detail=f"line {line_id}"
            )
            return {"full": full}

        return await done(self._site, request, act)

    def _sealed(self, conversation_id: str, line_id: Any, mask: str) -> str:
        """Return the encrypted original; it must be of a line of this conversation."""
        if type(line_id) is not int or not 0 < line_id < 2**62:
            raise HTTPException(404)
        with self._site.record.reading() as unit:
            line = unit.conversations.line(line_id)
        if line is None or line.conversation_id != conversation_id:
            raise HTTPException(404)
        sealed = (line.data.get("sealed") or {}).get(mask)
        if not sealed:
            raise HTTPException(404)
        return str(sealed)
