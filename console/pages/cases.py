"""The newest complaints, found again by number or words."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot.model.complaint import Complaint
from bot.record import Unit
from console.pages.presenting import CONFIDENTIAL, category, listed
from console.site import Site, linker
from console.wording import REPEATED

MOST_CASES = 300
_LONGEST_QUERY = 100


class CasePages:
    """The list of complaints."""

    def __init__(self, site: Site) -> None:
        self._site = site

    def routes(self) -> list[Route]:
        """Return the routes with their paths."""
        return [Route("/cases", self.show, methods=["GET"], name="cases")]

    def show(self, request: Request) -> Response:
        """The list, or what of it fits the words asked for."""
        query = request.query_params.get("q", "").strip()[:_LONGEST_QUERY]
        with self._site.record.unit() as unit:
            recent = unit.complaints.recent(limit=MOST_CASES)
            failed = unit.deliveries.count_by_state().get("failed", 0)
            found = self._found(unit, recent, query)
        link = linker(request)
        values = {
            "query": query,
            "rows": [listed(self._site, link, complaint) for complaint in found],
            "looked_at": len(recent),
            "failed": failed,
        }
        return self._site.page(request, "cases.html", values)

    def _found(self, unit: Unit, recent: list[Complaint], query: str) -> list[Complaint]:
        """Return the complaint with this number, however old, else those of the newest that hold every word.

        Of a confidential one no word is looked at that the list does not show: finding it would tell.
        """
        if not query:
            return recent
        number = query.upper()
        exact = unit.complaints.by_receipt(number) or unit.complaints.by_backend_id(query)
        if exact is not None:
            return [exact]
        words = query.casefold().split()
        return [case for case in recent if all(word in self._text_of(case) for word in words)]

    def _text_of(self, case: Complaint) -> str:
        told = (case.summary, case.description, case.place, case.division)
        parts = (
            case.receipt,
            case.backend_id,
            *((CONFIDENTIAL,) if case.is_confidential else told),
            category(self._site, case),
            REPEATED if case.repeated else "",
        )
        return "\n".join(parts).casefold()
