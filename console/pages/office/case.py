"""One case: the citizen's words, its whole history, how it stands, and the steps that the viewer may take now."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from console.pages.case_parts import WORDS
from console.pages.office.acts import acts_of
from console.pages.office.case_parts import FIELDS, OfficeParts
from console.pages.office.forms import SCORES, StepForm, new_form
from console.pages.office.history import History, outcome_words, verdict_words
from console.pages.office.queue import NOTES
from console.pages.office.viewing import Viewer, viewer_of
from console.pages.office.wording import (
    CLOCKS,
    NO_DUE,
    PAUSED,
    SOLVED,
    TONES,
    Due,
    due_in_words,
    due_of,
)
from console.problems import wants_json
from console.site import Site, linker, text
from desk.model.case import Case, State, replay
from desk.model.clocks import ANSWER, SIGN
from desk.model.steps import Step
from desk.office.casework import MOST_CHARACTERS
from desk.office.office import DeskOffice
from desk.office.rules import URGENCIES, URGENT
from desk.records import StoredRequest


@dataclass(frozen=True)
class Opened:
    """A case that somebody looks at, and whom they are."""

    viewer: Viewer
    request: StoredRequest
    steps: list[Step]
    case: Case


class OfficeCasePages:
    """A case's page."""

    def __init__(self, site: Site, desk: DeskOffice) -> None:
        self._site = site
        self._desk = desk

    def routes(self) -> list[Route]:
        """Return the routes with their paths."""
        path = "/desk/cases/{id:str}"
        return [
            Route(path, self.show, methods=["GET"], name="office_case"),
            Route(path + "/reveal", self.reveal, methods=["POST"], name="office_reveal"),
        ]

    def show(self, request: Request) -> Response:
        """The case, with what tells who the citizen is masked."""
        return office_page(self._site, self._desk, request)

    async def reveal(self, request: Request) -> Response:
        """Show one masked field; each time is written down before anything is shown."""
        posted = await self._site.guarded(request)
        return await run_in_threadpool(self._reveal, request, text(posted, "field"))

    def _reveal(self, request: Request, field: str) -> Response:
        if field not in FIELDS:
            raise HTTPException(400)
        opened = opened_by(self._desk, request)
        parts = OfficeParts(self._site, self._desk.rules, opened.request, {field})
        told = parts.told_by(field, opened.case, opened.steps)
        if not told:
            raise HTTPException(404)
        subject = subject_of(opened.case.id)
        self._site.noted(request, "office case revealed", subject=subject, detail=field)
        if not wants_json(request):
            return office_page(self._site, self._desk, request, revealed={field})
        return JSONResponse({"parts": {part.name: part.value for part in told}})


def opened_by(desk: DeskOffice, request: Request) -> Opened:
    """Return the case that the address names; 404 if there is none, or none that the viewer may see."""
    viewer, case_id = viewer_of(desk, request), str(request.path_params["id"])
    stored = None if "\0" in case_id else desk.store.request(case_id)
    if stored is None or not viewer.sees(stored.unit, stored.lead):
        raise HTTPException(404)
    steps = desk.store.steps(case_id)
    case = replay(case_id, steps)
    if case is None:
        raise HTTPException(404)
    return Opened(viewer, stored, steps, case)


def subject_of(case_id: str) -> str:
    """Return what the audit log calls a case of the desk."""
    return f"order {case_id}"


def office_page(
    site: Site,
    desk: DeskOffice,
    request: Request,
    *,
    form: StepForm | None = None,
    revealed: Collection[str] = (),
    status: int = 200,
) -> Response:
    """Return a case's page; the look is written down, at a confidential case each time.

    `form` is what was typed and not taken: it stands open with the reason.
    """
    opened = opened_by(desk, request)
    case, link = opened.case, linker(request)
    parts = OfficeParts(site, desk.rules, opened.request, revealed)
    secret = parts.is_confidential
    site.looked(request, "office case viewed", subject=subject_of(case.id), always=secret)
    form = form or new_form()
    acts = acts_of(opened.viewer, case, form, request, link)
    values = {
        "case": case,
        "state": desk.rules.flow.names[case.state],
        "tone": TONES.get(case.state, ""),
        "is_urgent": case.urgency == URGENT,
        "history": History(desk.rules, parts).entries(opened.steps),
        "standing": _standing(desk, case, parts),
        "reveal": link("office_reveal", id=case.id),
        "acts": acts,
        "form": form,
        "nothing_typed": StepForm().value,
        "is_lost": bool(form.problem) and not any(act.is_open and not act.at_once for act in acts),
        "note": NOTES.get(request.query_params.get("note", ""), ""),
        "complaint": _complaint(site, opened, link) if opened.viewer.is_hotline else None,
        **_told(parts, opened, revealed),
        **_choices(desk, opened),
    }
    return site.page(request, "office_case.html", values, status=status)


def _told(parts: OfficeParts, opened: Opened, revealed: Collection[str]) -> dict[str, Any]:
    """Return what the citizen told, as far as it may be seen."""
    words = parts.told_by(WORDS, opened.case, opened.steps)
    return {
        "is_confidential": parts.is_confidential,
        "description": parts.description(),
        "facts": parts.facts(opened.case),
        "can_show_words": any(part.is_hidden for part in words),
        "has_shown": bool(revealed),
        "photos": parts.photos(opened.steps),
        "shows_photos": not parts.is_confidential or WORDS in revealed,
    }


def _standing(desk: DeskOffice, case: Case, parts: OfficeParts) -> dict[str, Any]:
    """Return how the case stands, in words."""
    now, rules, running = desk.now(), desk.rules, case.running
    is_paused = case.state is State.WAITING
    clocks = [
        (
            CLOCKS[name],
            parts.moment(clock.due),
            PAUSED if is_paused else due_in_words(clock.due, now) if name in running else NO_DUE,
        )
        for name, clock in case.clocks.items()
        if name in CLOCKS and (name in running or (is_paused and name == ANSWER))
    ]
    due: Due = due_of(
        case.state.value,
        running[SIGN].due if SIGN in running else None,
        running[ANSWER].due if ANSWER in running else None,
        now,
    )
    return {
        "unit": rules.units.name(case.unit) if case.unit else rules.units.root.name,
        "lead": rules.units.name(case.lead) if len(case.path) > 1 else "",
        "path": [rules.units.name(code) for code in case.path],
        "is_ruled": case.ruled,
        "clocks": clocks,
        "due": due,
        "paused": parts.moment(case.paused_at),
        "outcome": outcome_words(case.outcome, rules) if case.outcome else [],
        "verdict": verdict_words(case.verdict) if case.verdict else [],
        "redone": case.redone,
        "urged": [parts.moment(moment) for moment in case.urged],
        "into": case.merged_into,
    }


def _complaint(site: Site, opened: Opened, link: Any) -> dict[str, str] | None:
    """Return where the hotline finds the complaint behind a case, and its conversation."""
    with site.record.reading() as unit:
        complaint = unit.complaints.by_backend_id(opened.case.id)
    if complaint is None:
        return None
    return {
        "receipt": complaint.receipt,
        "url": link("case", id=complaint.id),
        "conversation": link("conversation", id=complaint.conversation_id),
    }


def _choices(desk: DeskOffice, opened: Opened) -> dict[str, Any]:
    """Return what the forms offer."""
    rules, case = desk.rules, opened.case
    suggested = rules.suggest(service=case.service, division=case.division)
    clock = case.clocks.get(ANSWER)
    today: date = desk.now().astimezone(desk.zone).date()
    due = clock.due.astimezone(desk.zone).date() if clock else today
    return {
        "suggested": suggested,
        "districts": [
            (unit, rules.units.children(unit.code))
            for unit in rules.units.children(rules.units.root.code)
        ],
        "children": rules.units.children(case.unit) if case.unit else [],
        "outcomes": [kind for kind in rules.outcomes.values() if kind.template],
        "services": list(rules.services.values()),
        "urgencies": list(URGENCIES.items()),
        "solved": list(SOLVED.items()),
        "scores": SCORES,
        "most": MOST_CHARACTERS,
        "tomorrow": (today + timedelta(days=1)).isoformat(),
        "after_due": (max(due, today) + timedelta(days=1)).isoformat(),
    }
