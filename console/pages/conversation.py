"""One conversation: what was said, whose turn it is, and taking it off the waiting list."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot.model.conversation import Conversation, Direction, WaitReason
from bot.model.message import Kind
from bot.record import Stale
from console.pages.presenting import CaseRow, case_row
from console.site import Site, linker, see, text
from console.wording import EVENTS, HOLDERS, KINDS, REASONS, SPEAKERS, waited

MOST_LINES = 200
_TRIES = 3
_FORGOTTEN = "（内容已按市民的要求删除）"


@dataclass(frozen=True)
class Said:
    """One line of the transcript as the page shows it."""

    side: str
    speaker: str
    kind: str
    text: str
    day: str
    time: str
    is_event: bool


class ConversationPages:
    """The transcript and its one button."""

    def __init__(self, site: Site) -> None:
        self._site = site

    def routes(self) -> list[Route]:
        """Return the routes with their paths."""
        path = "/conversations/{id:str}"
        return [
            Route(path, self.show, methods=["GET"], name="conversation"),
            Route(path + "/clear", self.clear, methods=["POST"], name="clear"),
        ]

    def show(self, request: Request) -> Response:
        """The transcript, with the citizen's cases beside it."""
        site, wanted = self._site, request.path_params["id"]
        with site.record.unit() as unit:
            conversation = unit.conversations.get(wanted)
            if conversation is None:
                raise HTTPException(404)
            lines = unit.conversations.transcript(wanted, limit=MOST_LINES + 1)
            cases = unit.complaints.of_conversation(wanted)
        site.looked(request, "conversation viewed", subject=f"conversation {wanted}")
        values = {
            "label": f"市民 {wanted[:6]}",
            "holder": HOLDERS[conversation.holder],
            "conversation": conversation,
            "waiting": self._waiting(conversation),
            "mark": _mark(conversation),
            "lines": [self._said(line) for line in lines[-MOST_LINES:]],
            "is_cut": len(lines) > MOST_LINES,
            "most": MOST_LINES,
            "cases": self._cases(request, cases),
            "note": request.query_params.get("note", ""),
        }
        return site.page(request, "conversation.html", values)

    async def clear(self, request: Request) -> Response:
        """Take the conversation off the waiting list, unless the citizen spoke since the page was opened."""
        form = await self._site.form(request)
        wanted = request.path_params["id"]
        done = await run_in_threadpool(self._clear, request, wanted, text(form, "mark"))
        if not done:
            return see(request, "conversation", id=wanted, note="spoke")
        return see(request, "waiting", note="cleared")

    def _clear(self, request: Request, conversation_id: str, mark: str) -> bool:
        for _ in range(_TRIES):
            try:
                return self._clear_once(request, conversation_id, mark)
            except Stale:  # a turn of the citizen was faster; look again
                continue
        return False

    def _clear_once(self, request: Request, conversation_id: str, mark: str) -> bool:
        with self._site.record.unit() as unit:
            conversation = unit.conversations.get(conversation_id)
            if conversation is None:
                raise HTTPException(404)
            if conversation.waiting_since is None:
                return True
            if _mark(conversation) != mark:
                return False
            conversation.waiting_since = None
            conversation.waiting_reason = None
            unit.conversations.save(conversation)
            subject = f"conversation {conversation_id}"
            self._site.noted(request, "waiting cleared", subject=subject, unit=unit)
            return True

    def _waiting(self, conversation: Conversation) -> dict[str, Any] | None:
        since, reason = conversation.waiting_since, conversation.waiting_reason
        if since is None:
            return None
        return {
            "reason": REASONS[reason] if reason else "原因未记录",
            "is_emergency": reason is WaitReason.EMERGENCY,
            "waited": waited(self._site.clock.now() - since),
            "since": self._site.office.stamp(since),
        }

    def _said(self, line: Any) -> Said:
        at = line.at.astimezone(self._site.office.time_zone)
        kind = Kind(line.kind) if line.kind in {k.value for k in Kind} else Kind.IGNORED
        words = str(line.text) or _place(line.data)
        if not words and kind is Kind.TEXT:
            words = _FORGOTTEN
        return Said(
            side=line.direction,
            speaker=SPEAKERS[Direction(line.direction)],
            kind=KINDS[kind],
            text=words,
            day=f"{at.month} 月 {at.day} 日",
            time=at.strftime("%H:%M"),
            is_event=kind in EVENTS and line.direction == Direction.CITIZEN.value,
        )

    def _cases(self, request: Request, cases: list[Any]) -> list[CaseRow]:
        return [case_row(self._site, linker(request), case) for case in cases]


def _place(data: dict[str, Any]) -> str:
    """Return a pin as words: its label and its coordinates as they came."""
    point = data.get("point")
    if not point:
        return ""
    latitude, longitude, datum, label = point
    return f"{label}\n{latitude:.6f}, {longitude:.6f}（{str(datum).upper()}）".strip()


def _mark(conversation: Conversation) -> str:
    """Return what changes when the citizen speaks or waits for another reason."""
    since, last = conversation.waiting_since, conversation.last_said_at
    reason = conversation.waiting_reason
    parts = (since and since.isoformat(), reason and reason.value, last and last.isoformat())
    return "|".join(part or "" for part in parts)
