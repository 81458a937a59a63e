"""One conversation as data: the lines that are new, how each answer fares, whose turn it is, what is known of the citizen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bot.model.conversation import Conversation, Direction, Holder, WaitReason
from bot.model.errors import RemoteError
from bot.model.staff import Handoff, StaffMember
from bot.ports import Unavailable
from bot.record import Unit
from bot.services import handoff, open_form
from bot.services.directory import Directory
from console.pages import lines, sending
from console.pages.acting import conversation_of, subject
from console.pages.naming import iso, label, staff_names, who
from console.pages.presenting import listed
from console.site import Site, linker, member_of
from console.wording import ENDINGS, HOLDERS, REASONS

MOST_LINES = 100
_MOST_NEW = 1000
_WATCHED = 60
_TOLD = (Direction.BOT.value, Direction.STAFF.value, Direction.SYSTEM.value)
_GREATEST_ID = 2**62


class ConversationNewsPages:
    """What the open conversation shows, and its older lines."""

    def __init__(self, site: Site) -> None:
        self._site = site

    def routes(self) -> list[Route]:
        """Return the routes with their paths."""
        path = "/conversations/{id:str}"
        return [
            Route(path + ".json", self.news, methods=["GET"], name="conversation_news"),
            Route(path + "/earlier.json", self.earlier, methods=["GET"], name="earlier_lines"),
        ]

    def news(self, request: Request) -> Response:
        """The lines after the last one that the page has, or the newest; and everything beside them."""
        site, link, after = self._site, linker(request), _number(request, "after")
        directory = site.serving.directory()  # may read the record: not inside the unit
        with site.record.reading() as unit:
            conversation = _get(unit, conversation_of(request))
            rows, has_more = _rows(unit, conversation.id, after)
            recent = unit.conversations.transcript(conversation.id, limit=_WATCHED)
            media = unit.media.several({str(r.data.get("medium", "")) for r in recent} - {""})
            cases = unit.complaints.of_conversation(conversation.id)
            answer = {
                "conversation": _stands(unit, conversation, member_of(request)),
                "lines": lines.shown(unit, rows, link),
                "has_more": has_more,
                "states": _states(unit, recent),
                "media": {medium.id: medium.stored for medium in media.values()},
                "form": self._form(conversation, directory),
                "cases": [asdict(listed(site, link, case)) for case in cases],
                "handoffs": _handoffs(unit, conversation),
            }
        if after is None or rows:
            site.looked(request, "conversation viewed", subject=subject(conversation.id))
        return JSONResponse(answer | {"allowance": self._allowance(conversation)})

    def earlier(self, request: Request) -> Response:
        """The lines before the first one that the page has."""
        before = _number(request, "before")
        with self._site.record.reading() as unit:
            conversation = _get(unit, conversation_of(request))
            first = _GREATEST_ID if before is None else before
            rows = unit.conversations.lines_before(conversation.id, first, limit=MOST_LINES + 1)
            shown = lines.shown(unit, rows[-MOST_LINES:], linker(request))
        self._site.looked(request, "conversation viewed", subject=subject(conversation.id))
        return JSONResponse({"lines": shown, "has_more": len(rows) > MOST_LINES})

    def _allowance(self, conversation: Conversation) -> dict[str, Any] | None:
        """Return what WeChat still lets through, None while nobody knows."""
        if conversation.citizen is None or not conversation.following:
            return None
        try:
            allowance = self._site.serving.allowance(conversation.citizen)
        except (RemoteError, Unavailable):
            return None
        return {"left": allowance.left, "until": iso(allowance.until)}

    def _form(self, conversation: Conversation, directory: Directory) -> dict[str, Any]:
        draft = open_form.draft_of(conversation.snapshot)
        return {
            "is_empty": draft.is_empty,
            "place": draft.place,
            "category": directory.label(draft.category) if draft.category else "",
            "sure": draft.category_chosen,
            "details": draft.details,
            "phone": draft.phone,
            "name": draft.name,
            "nature": self._site.natures.name(draft.nature),
            "visibility": draft.visibility,
            "media": len(draft.media),
        }


def _get(unit: Unit, conversation_id: str) -> Conversation:
    conversation = unit.conversations.get(conversation_id)
    if conversation is None:
        raise HTTPException(404)
    return conversation


def _number(request: Request, name: str) -> int | None:
    """Return a line's id from the address, None if there is none."""
    value = request.query_params.get(name, "")
    return min(int(value), _GREATEST_ID) if value.isascii() and value.isdigit() else None


def _rows(unit: Unit, conversation_id: str, after: int | None) -> tuple[Sequence[Any], bool]:
    if after is not None:
        return unit.conversations.lines_after(conversation_id, after, limit=_MOST_NEW), False
    rows = unit.conversations.transcript(conversation_id, limit=MOST_LINES + 1)
    return rows[-MOST_LINES:], len(rows) > MOST_LINES


def _stands(unit: Unit, conversation: Conversation, me: StaffMember) -> dict[str, Any]:
    agent = conversation.agent
    return {
        "id": conversation.id,
        "label": label(conversation.id),
        "holder": conversation.holder.value,
        "holder_name": HOLDERS[conversation.holder],
        "agent": agent,
        "agent_name": staff_names(unit).get(agent, ""),
        "is_mine": conversation.holder is Holder.STAFF and agent == me.number,
        "following": conversation.following,
        "waiting": _waiting(conversation),
        "mark": handoff.mark(conversation),
        "last_at": iso(conversation.last_said_at),
        "unanswered_since": iso(conversation.unanswered_since),
        "held_since": iso(conversation.held_since),
    }


def _waiting(conversation: Conversation) -> dict[str, Any] | None:
    reason = conversation.waiting_reason
    if conversation.waiting_since is None:
        return None
    return {
        "reason": reason.value if reason else None,
        "reason_name": REASONS[reason] if reason else "原因未记录",
        "is_emergency": reason is WaitReason.EMERGENCY,
        "since": iso(conversation.waiting_since),
    }


def _states(unit: Unit, recent: Sequence[Any]) -> dict[str, Any]:
    keys = [line.key for line in recent if line.direction in _TOLD]
    return {key: sending.state(found) for key, found in unit.deliveries.states(keys).items()}


def _handoffs(unit: Unit, conversation: Conversation) -> list[dict[str, Any]]:
    names = staff_names(unit)

    def shown(one: Handoff) -> dict[str, Any]:
        reasons = {reason.value: name for reason, name in REASONS.items()}
        return {
            "asked_at": iso(one.asked_at),
            "reason_name": reasons.get(one.reason, "工作人员主动接入"),
            "agent": who(one.agent, names),
            "ending_name": ENDINGS.get(one.ending, one.ending),
        }

    return [shown(one) for one in unit.handoffs.of_conversation(conversation.id)]
