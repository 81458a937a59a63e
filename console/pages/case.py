"""One complaint with all its fields, and showing those of them that are masked."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bot.model.complaint import Complaint
from bot.model.delivery import Delivery
from bot.record import Unit
from console.pages.case_parts import FIELDS, WORDS, CaseParts
from console.pages.naming import staff_names
from console.pages.presenting import case_row
from console.problems import wants_json
from console.site import Site, linker, text
from console.update_form import MOST_CHARACTERS, UpdateForm
from console.wording import DELIVERY_STATES, moment, status_choices


class OneCasePages:
    """A complaint's page."""

    def __init__(self, site: Site) -> None:
        self._site = site

    def routes(self) -> list[Route]:
        """Return the routes with their paths."""
        path = "/cases/{id:str}"
        return [
            Route(path, self.show, methods=["GET"], name="case"),
            Route(path + "/reveal", self.reveal, methods=["POST"], name="reveal_case"),
        ]

    def show(self, request: Request) -> Response:
        """The complaint, with what tells who the citizen is masked."""
        return case_page(self._site, request, UpdateForm.empty())

    async def reveal(self, request: Request) -> Response:
        """Show one masked field; each time is written down before anything is shown."""
        posted = await self._site.guarded(request)
        return await run_in_threadpool(self._reveal, request, text(posted, "field"))

    def _reveal(self, request: Request, field: str) -> Response:
        if field not in FIELDS:
            raise HTTPException(400)
        with self._site.record.unit() as unit:
            complaint = case_of(unit, request)
            told = CaseParts(self._site, complaint, {field}).told_by(field)
            if not any(part.field for part in told):
                raise HTTPException(404)
            subject = f"case {complaint.id}"
            self._site.noted(request, "case revealed", subject=subject, detail=field, unit=unit)
        if not wants_json(request):
            return case_page(self._site, request, UpdateForm.empty(), revealed={field})
        return JSONResponse(
            {"full": told[0].value, "parts": {part.name: part.value for part in told}}
        )


def case_page(
    site: Site,
    request: Request,
    form: UpdateForm,
    *,
    revealed: Iterable[str] = (),
    status: int = 200,
) -> Response:
    """Return a complaint's page; the look is written down, at a confidential case each time."""
    link = linker(request)
    with site.record.reading() as unit:
        complaint = case_of(unit, request)
        media = unit.media.of_complaint(complaint.id)
        filing = unit.deliveries.by_key(f"file:{complaint.id}")
        held = unit.deliveries.held(complaint.conversation_id)
        names = staff_names(unit)
    _note_look(site, request, complaint)
    parts = CaseParts(site, complaint, revealed)
    can_tell = site.backend is not None
    values = {
        "case": case_row(site, link, complaint),
        "description": parts.description(),
        "summary": parts.summary(),
        "status_text": parts.status_text(),
        "facts": parts.facts(media, names),
        "can_show_words": any(part.is_hidden for part in parts.told_by(WORDS)),
        "has_shown": bool(revealed),
        "filing": _filing(site, filing),
        "held": sum(delivery.complaint_id == complaint.id for delivery in held),
        "status_at": moment(site.office, complaint.status_at),
        "conversation": link("conversation", id=complaint.conversation_id),
        "reveal": link("reveal_case", id=complaint.id),
        "can_tell": can_tell,
        "choices": status_choices(site.statuses),
        "form": form,
        "most": MOST_CHARACTERS,
        "tell": link("tell", id=complaint.id) if can_tell else "",
        "note": request.query_params.get("note", ""),
    }
    return site.page(request, "case.html", values, status=status)


def _note_look(site: Site, request: Request, complaint: Complaint) -> None:
    """Write the look down: at a confidential case each time."""
    secret = complaint.is_confidential
    action = "confidential case viewed" if secret else "case viewed"
    site.looked(request, action, subject=f"case {complaint.id}", always=secret)


def case_of(unit: Unit, request: Request) -> Complaint:
    """Return the complaint that the address names; 404 if there is none."""
    complaint = unit.complaints.get(request.path_params["id"])
    if complaint is None:
        raise HTTPException(404)
    return complaint


def _filing(site: Site, filing: Delivery | None) -> dict[str, Any] | None:
    if filing is None:
        return None
    is_over = filing.state.value in ("sent", "failed", "withheld")
    return {
        "state": DELIVERY_STATES[filing.state],
        "is_failed": filing.state.value == "failed",
        "attempts": filing.attempts,
        "error": filing.error,
        "due": "" if is_over else moment(site.office, filing.due_at),
    }
