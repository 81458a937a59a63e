"""The live list as data: each row a citizen, with the last that was said."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bot.model.conversation import Conversation, Direction
from bot.model.message import Kind
from bot.model.staff import StaffMember
from bot.ports import Unavailable
from bot.record import Unit
from bot.services.duty import office_now
from console.pages.finding import (
    LATELY,
    MOST_ROWS,
    Wanted,
    found_in,
    is_urgent,
)
from console.pages.lines import FORGOTTEN
from console.pages.naming import iso, label, staff_names
from console.site import Site, linker, member_of
from console.wording import KINDS, REASONS

_EXCERPT = 60
_ALARM_LINES = 40
_CITIZEN = Direction.CITIZEN.value
_KINDS = {kind.value: name for kind, name in KINDS.items()}


class LiveRowPages:
    """The rows of the list, asked for when something changed."""

    def __init__(self, site: Site) -> None:
        self._site = site

    def routes(self) -> list[Route]:
        """Return the routes with their paths."""
        return [Route("/live.json", self.rows, methods=["GET"], name="live_rows")]

    def rows(self, request: Request) -> Response:
        """The rows of one tab that fit the filters, the counts of all tabs, and how the viewer stands."""
        site, me, now = self._site, member_of(request), self._site.clock.now()
        wanted = Wanted.of(request.query_params)
        with site.record.reading() as unit:
            counts = unit.conversations.tally(now - LATELY, me.number)
            found = found_in(unit, wanted, me.number, now - LATELY)
            shown = _rows(unit, found[:MOST_ROWS], linker(request))
            office = office_now(unit, site.office)
        answer = {
            "counts": dict(counts),
            "tab": wanted.tab,
            "rows": shown,
            "is_cut": len(found) > MOST_ROWS,
            "now": iso(now),
            "is_open": office.is_open(now),
            "hours": office.hours(),
            "me": self._me(me),
        }
        return JSONResponse(answer)

    def _me(self, me: StaffMember) -> dict[str, str]:
        try:
            presence = self._site.serving.presences.present().get(me.number)
        except Unavailable:
            presence = None
        return {
            "number": me.number,
            "name": me.name,
            "role": me.role.value,
            "presence": presence.value if presence else "gone",
        }


def _rows(unit: Unit, found: list[Conversation], link: Callable[..., str]) -> list[dict[str, Any]]:
    """Return the rows with the citizen's last words: what we said to them helps nobody to know them again."""
    lines = unit.conversations.last_lines([c.id for c in found], by=Direction.CITIZEN)
    names = staff_names(unit)
    return [
        _row(c, lines.get(c.id), _alarm(unit, c), names) | {"url": link("conversation", id=c.id)}
        for c in found
    ]


def _row(
    conversation: Conversation, line: Any, alarm: str, names: Mapping[str, str]
) -> dict[str, Any]:
    reason = conversation.waiting_reason
    said = _said(line) if line is not None else ""
    return {
        "id": conversation.id,
        "label": label(conversation.id),
        "holder": conversation.holder.value,
        "agent": conversation.agent,
        "agent_name": names.get(conversation.agent, ""),
        "reason": reason.value if reason else None,
        "reason_name": REASONS[reason] if reason else "",
        "is_emergency": is_urgent(conversation),
        "waiting_since": iso(conversation.waiting_since),
        "last_at": iso(line.at if line is not None else conversation.last_said_at),
        "unanswered_since": iso(conversation.unanswered_since),
        "said": alarm or said,
        "said_by": _CITIZEN if alarm or line is None else line.direction,
        "following": conversation.following,
    }


def _said(line: Any) -> str:
    if line.text:
        return _short(line.text)
    if line.kind == Kind.TEXT.value:
        return FORGOTTEN
    return f"[{_KINDS.get(line.kind, '其他')}]"


def _alarm(unit: Unit, conversation: Conversation) -> str:
    """Return the words that told the emergency, with the number that was given, and the citizen's last ones.

    What came after may be "好的". One query, for emergencies only.
    """
    if not is_urgent(conversation):
        return ""
    lines = [
        line
        for line in unit.conversations.transcript(conversation.id, limit=_ALARM_LINES)
        if line.direction == _CITIZEN and line.text
    ]
    told = [line for line in lines if line.data.get("emergency")][-1:]
    if not told:
        return ""
    alarm = f"{told[0].data['emergency']}：{_short(told[0].text)}"
    return alarm if lines[-1] is told[0] else f"{alarm} / {_short(lines[-1].text)}"


def _short(text: str) -> str:
    words = " ".join(text.split())
    return words if len(words) <= _EXCERPT else words[:_EXCERPT] + "…"
