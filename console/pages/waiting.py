"""Who waits for a person: emergencies first, then the longest wait."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bot.model.conversation import Conversation, Direction, WaitReason
from bot.record import Unit
from console.site import Site, linker
from console.wording import REASONS, waited

_MOST_EXCERPTS = 30
_EXCERPT = 60


@dataclass(frozen=True)
class Row:
    """One waiting citizen as the page shows them; every value is text for the browser to show as text."""

    url: str
    label: str
    reason: str
    is_emergency: bool
    waited: str
    since: str
    said: str


class WaitingPages:
    """The page, and the same rows as JSON for the page's script."""

    def __init__(self, site: Site) -> None:
        self._site = site

    def routes(self) -> list[Route]:
        """Return the routes with their paths."""
        return [
            Route("/", self.show, methods=["GET"], name="waiting"),
            Route("/waiting.json", self.rows, methods=["GET"], name="waiting_rows"),
        ]

    def show(self, request: Request) -> Response:
        """The list."""
        site = self._site
        values = {
            "rows": self._rows(request),
            "is_open": site.office.is_open(site.clock.now()),
            "note": request.query_params.get("note", ""),
        }
        return site.page(request, "waiting.html", values)

    def rows(self, request: Request) -> Response:
        """The list as data, asked for every few seconds by every open page."""
        rows = self._rows(request)
        return JSONResponse(
            {
                "count": len(rows),
                "emergencies": sum(row.is_emergency for row in rows),
                "rows": [asdict(row) for row in rows],
            }
        )

    def _rows(self, request: Request) -> list[Row]:
        with self._site.record.unit() as unit:
            found = sorted(unit.conversations.waiting(), key=_is_later)
            return [
                self._row(request, conversation, _last_said(unit, conversation, number))
                for number, conversation in enumerate(found)
            ]

    def _row(self, request: Request, conversation: Conversation, said: str) -> Row:
        site, since = self._site, conversation.waiting_since or self._site.clock.now()
        reason = conversation.waiting_reason
        return Row(
            url=linker(request)("conversation", id=conversation.id),
            label=f"市民 {conversation.id[:6]}",
            reason=REASONS[reason] if reason else "原因未记录",
            is_emergency=reason is WaitReason.EMERGENCY,
            waited=waited(site.clock.now() - since),
            since=site.office.stamp(since),
            said=said,
        )


def _is_later(conversation: Conversation) -> bool:
    """Sort key: the record gives the longest wait first, and sorting keeps that order."""
    return conversation.waiting_reason is not WaitReason.EMERGENCY


def _last_said(unit: Unit, conversation: Conversation, number: int) -> str:
    """Return the citizen's last words, for those rows that one sees without scrolling far.

    In an emergency the words that told it stand first, with the number that was given: what came after may be "好的".
    """
    if number >= _MOST_EXCERPTS:
        return ""
    lines = [
        line
        for line in unit.conversations.transcript(conversation.id, limit=40)
        if line.direction == Direction.CITIZEN.value and line.text
    ]
    said = [_short(line.text) for line in lines[-1:]]
    if conversation.waiting_reason is WaitReason.EMERGENCY:
        told = [line for line in lines if line.data.get("emergency")][-1:]
        alarm = [f"{line.data['emergency']}：{_short(line.text)}" for line in told]
        said = alarm + [words for words in said if not told or lines[-1] is not told[-1]]
    return " / ".join(said)


def _short(text: str) -> str:
    words = " ".join(text.split())
    return words if len(words) <= _EXCERPT else words[:_EXCERPT] + "…"
