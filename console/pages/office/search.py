"""Finding cases by number, words, place, service, state and unit; fifty a page, and never more than one may see."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from console.pages.office.paging import PAGE, page_of, pager
from console.pages.office.rows import Rows
from console.pages.office.viewing import Viewer, viewer_of
from console.pages.office.wording import plain
from console.site import Site, linker, see
from desk.model.case import State
from desk.office.lists import CHANGED, NEWEST, CaseQuery
from desk.office.office import DeskOffice
from desk.office.rules import URGENCIES

_LONGEST = 100


@dataclass(frozen=True)
class Asked:
    """What is looked for; "" is no wish."""

    q: str
    service: str
    state: str
    unit: str
    urgency: str

    @classmethod
    def of(cls, given: Mapping[str, str]) -> Asked:
        """Read it from an address."""
        names = ("q", "service", "state", "unit", "urgency")
        return cls(*(plain(given.get(name, ""))[:_LONGEST] for name in names))


class SearchPages:
    """The search."""

    def __init__(self, site: Site, desk: DeskOffice) -> None:
        self._site = site
        self._desk = desk

    def routes(self) -> list[Route]:
        """Return the routes with their paths."""
        return [Route("/desk/search", self.show, methods=["GET"], name="office_search")]

    def show(self, request: Request) -> Response:
        """The newest cases, or those that fit; the case itself if its number is given."""
        viewer, link = viewer_of(self._desk, request), linker(request)
        asked, number = Asked.of(request.query_params), page_of(request.query_params)
        asked = replace(asked, q=number_of(self._site, asked.q) or asked.q)
        if self._is_seen(viewer, asked.q):
            return see(request, "office_case", id=asked.q)
        rules = self._desk.rules
        found = self._desk.lists.rows(self._query(viewer, asked, (number - 1) * PAGE))
        rows = Rows(self._site, viewer, link).of(found[:PAGE])
        if asked.q:  # finding by hidden words what hides them would tell
            rows = [row for row in rows if not row.is_confidential]
        values = {
            "asked": asked,
            "is_asked": any(vars(asked).values()),
            "rows": rows,
            "pager": pager(link("office_search"), vars(asked), number, has_more=len(found) > PAGE),
            "services": list(rules.services.values()),
            "states": [(state.value, name) for state, name in rules.flow.names.items()],
            "units": list(viewer.units()),
            "urgencies": list(URGENCIES.items()),
        }
        return self._site.page(request, "office_search.html", values)

    def _query(self, viewer: Viewer, asked: Asked, offset: int) -> CaseQuery:
        """Return what is asked of the desk; of one state the last changed come first, for which there is an index."""
        return CaseQuery(
            units=self._units(viewer, asked.unit),
            sees=viewer.scope,
            stages=(asked.state,) if asked.state in {state.value for state in State} else (),
            words=asked.q,
            service=asked.service,
            urgency=asked.urgency,
            order=CHANGED if asked.state else NEWEST,
            limit=PAGE + 1,
            offset=offset,
        )

    def _units(self, viewer: Viewer, unit: str) -> Collection[str] | None:
        """Return a unit with all below it; the hotline's own cases lie at no unit."""
        units = self._desk.rules.units
        if unit not in viewer.subtree:
            return None
        return ("",) if unit == units.root.code else units.subtree(unit)

    def _is_seen(self, viewer: Viewer, number: str) -> bool:
        """True if this is the number of a case that the viewer may see."""
        found = self._desk.store.request(number) if number else None
        return found is not None and viewer.sees(found.unit, found.lead)


def number_of(site: Site, words: str) -> str:
    """Return the desk's number of the complaint with this receipt, "" if there is none."""
    if "-" not in words:
        return ""
    with site.record.reading() as unit:
        complaint = unit.complaints.by_receipt(words.upper())
    return complaint.backend_id if complaint is not None else ""
