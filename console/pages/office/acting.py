"""Taking a step: what was typed is kept when the desk refuses, and its reason stands beside it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from console.pages.office.case import Opened, office_page, opened_by, subject_of
from console.pages.office.forms import StepForm
from console.pages.office.queue import TABS
from console.pages.office.search import number_of
from console.site import Site, linker, see, text
from desk.model.case import Case
from desk.office.casework import Repeated
from desk.office.office import DeskOffice
from desk.office.stepping import Refused

#: Name of the button that puts the template into an answer instead of sending it.
_FILL = "fill"


class ActingPages:
    """What is posted by the forms of a case and by the buttons of lists."""

    def __init__(self, site: Site, desk: DeskOffice) -> None:
        self._site = site
        self._desk = desk

    def routes(self) -> list[Route]:
        """Return the routes with their paths."""
        path = "/desk/cases/{id:str}/steps/{step:str}"
        return [Route(path, self.act, methods=["POST"], name="office_act")]

    async def act(self, request: Request) -> Response:
        """Take the step that the address names."""
        posted = await self._site.guarded(request)
        return await run_in_threadpool(self._act, request, posted)

    def _act(self, request: Request, posted: Mapping[str, Any]) -> Response:
        opened = opened_by(self._desk, request)
        form = StepForm.of(str(request.path_params["step"]), posted)
        if text(posted, _FILL):
            return self._filled(request, form)
        try:
            case = self._take(request, opened, form)
        except Refused as refused:
            form = form.refused(str(refused))
            return office_page(self._site, self._desk, request, form=form, status=409)
        if not opened.viewer.sees(case.unit, case.lead):
            return see(request, "office_queue", note="gone")
        return self._back(request, case, text(posted, "from"))

    def _take(self, request: Request, opened: Opened, form: StepForm) -> Case:
        """Take the step; one that was taken by the press before is taken."""
        if form.step not in self._desk.rules.flow.steps:
            raise Refused("没有这个操作。")
        if form.step == "merge":
            form = form.filled(
                "into", number_of(self._site, form.value("into")) or form.value("into")
            )
        case, actor = opened.case, opened.viewer.actor
        wanted = form.wanted(case, self._desk.rules)
        try:
            case = self._desk.casework.act(case.id, form.step, actor, wanted, seen=form.seen)
        except Repeated:
            return case
        subject = subject_of(case.id)
        self._site.noted(request, "office step taken", subject=subject, detail=form.step)
        return case

    def _filled(self, request: Request, form: StepForm) -> Response:
        """Show the form again with the template of the chosen kind, for browsers without our script."""
        kind = self._desk.rules.outcomes.get(form.value("kind"))
        form = (
            form.filled("text", kind.template.strip())
            if kind
            else form.refused("请先选择办理结果。")
        )
        return office_page(self._site, self._desk, request, form=form)

    def _back(self, request: Request, case: Case, tab: str) -> Response:
        """Go back to where the button stood."""
        if tab in TABS:
            address = linker(request)("office_queue")
            return RedirectResponse(f"{address}?tab={tab}&note=done", 303)
        return see(request, "office_case", id=case.id, note="done")
