"""The shell of the live desk: a page without a citizen's word on it; its script asks for the rest."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot.model.staff import StaffMember
from console.access import ROLE_NAMES, Permission, may
from console.pages.acting import subject
from console.site import Site, linker, member_of
from console.wording import REASONS

#: What stands for an id in an address that the script fills in.
_ID = ":id"
_FIXED = ("live", "live_rows", "events", "colleagues", "presence", "sign_in")
_OF_SOMETHING = (
    "medium", "conversation", "conversation_news", "earlier_lines", "claim", "take_over", "hand_to", "give_back",
    "requeue", "clear", "answer", "picture", "note", "send_again", "reveal", "canned_for", "form", "file", "case",
)  # fmt: skip


class DeskPages:
    """The desk with nothing, or with one conversation, selected."""

    def __init__(self, site: Site) -> None:
        self._site = site

    def routes(self) -> list[Route]:
        """Return the routes with their paths."""
        return [
            Route("/", self.show, methods=["GET"], name="live"),
            Route("/conversations/{id:str}", self.show_one, methods=["GET"], name="conversation"),
        ]

    def show(self, request: Request) -> Response:
        """The desk."""
        return self._page(request, "")

    def show_one(self, request: Request) -> Response:
        """The desk with a conversation open."""
        wanted = request.path_params["id"]
        with self._site.record.reading() as unit:
            if unit.conversations.get(wanted) is None:
                raise HTTPException(404)
        self._site.looked(request, "conversation viewed", subject=subject(wanted))
        return self._page(request, wanted)

    def _page(self, request: Request, selected: str) -> Response:
        desk = {"me": _me(member_of(request)), "urls": _urls(linker(request))}
        values = {
            "selected": selected,
            "desk": json.dumps(desk, ensure_ascii=False),
            "reasons": [(reason.value, name) for reason, name in REASONS.items()],
            "here": "live",
        }
        return self._site.page(request, "desk.html", values)


def _me(member: StaffMember) -> dict[str, Any]:
    return {
        "number": member.number,
        "name": member.name,
        "role": member.role.value,
        "role_name": ROLE_NAMES[member.role],
        "can": {
            "serve": may(member, Permission.SERVE),
            "supervise": may(member, Permission.SUPERVISE),
            "reveal": may(member, Permission.REVEAL),
        },
    }


def _urls(link: Callable[..., str]) -> dict[str, str]:
    urls = {name: link(name) for name in _FIXED}
    urls |= {name: link(name, id=_ID) for name in _OF_SOMETHING}
    urls["service_questions"] = link("service_questions", id=_ID)
    return urls
