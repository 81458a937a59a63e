"""The answers that are often given, filled in for one conversation."""

from __future__ import annotations

import re

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bot.model.conversation import Conversation
from bot.model.staff import StaffMember
from bot.record import Unit
from bot.services import open_form
from bot.services.duty import office_now
from console.pages.acting import conversation_of
from console.site import Site, member_of

_NOTHING = "（暂无）"
_VARIABLE = re.compile(r"\{([^{}\n]{1,20})\}")


class CannedForPages:
    """What stands behind "/" in the writing box."""

    def __init__(self, site: Site) -> None:
        self._site = site

    def routes(self) -> list[Route]:
        """Return the routes with their paths."""
        path = "/conversations/{id:str}/canned.json"
        return [Route(path, self.show, methods=["GET"], name="canned_for")]

    def show(self, request: Request) -> Response:
        """Everybody's answers and one's own; of two with the same code one's own."""
        member = member_of(request)
        with self._site.record.reading() as unit:
            conversation = unit.conversations.get(conversation_of(request))
            if conversation is None:
                raise HTTPException(404)
            values = self._values(unit, conversation, member)
            found = {answer.code: answer for answer in reversed(unit.canned.of(member.number))}
        shown = [
            {
                "code": answer.code,
                "title": answer.title,
                "text": fill(answer.text, values),
                "is_own": answer.owner == member.number,
            }
            for answer in reversed(found.values())
        ]
        return JSONResponse({"answers": shown})

    def _values(
        self, unit: Unit, conversation: Conversation, member: StaffMember
    ) -> dict[str, str]:
        newest = next(iter(unit.complaints.of_conversation(conversation.id, limit=1)), None)
        place = open_form.draft_of(conversation.snapshot).place
        if not place and newest is not None and not newest.is_confidential:
            place = newest.place
        return {
            "工号": member.number,
            "姓名": member.name,
            "受理编号": newest.receipt if newest else "",
            "地点": place,
            "值班时间": office_now(unit, self._site.office).hours(),
        }


def fill(text: str, values: dict[str, str]) -> str:
    """Return a text with its variables filled in; what is no variable of ours stays as it was typed.

    One without a value says so, or a gap would go out unnoticed: 您的受理编号是 ，…
    """

    def filled(match: re.Match[str]) -> str:
        name = match[1].strip()
        return (values[name] or _NOTHING) if name in values else match[0]

    return _VARIABLE.sub(filled, text)
