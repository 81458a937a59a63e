"""My work: what waits for the viewer's unit, what is due, what lies below, what was answered; each with its count."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from console.pages.office.paging import PAGE, page_of, pager
from console.pages.office.rows import Rows
from console.pages.office.viewing import viewer_of
from console.site import Site, linker
from desk.model.case import State
from desk.model.clocks import add_working_days
from desk.office.lists import CHANGED, DUE, CaseQuery
from desk.office.office import DeskOffice

_AT_DESK = (State.RECEIVED.value, State.ACCEPTED.value, State.RETURNED.value)
_ANSWERED = (State.REPLIED.value, State.FOLLOWED_UP.value)
_IN_HAND = (State.DISPATCHED.value, State.SIGNED.value, State.IN_PROGRESS.value)
TABS = ("todo", "waiting", "soon", "late", "below", "answered")
NOTES = {
    "done": "已办好。",
    "gone": "已办好。这件事不再由您单位办理，所以从列表里移走了。",
}


@dataclass(frozen=True)
class Tab:
    """One part of the queue."""

    code: str
    name: str
    url: str
    count: int
    is_here: bool
    is_bad: bool = False


class QueuePages:
    """The viewer's own page, and that of a unit below theirs."""

    def __init__(self, site: Site, desk: DeskOffice) -> None:
        self._site = site
        self._desk = desk

    def routes(self) -> list[Route]:
        """Return the routes with their paths."""
        return [Route("/desk", self.show, methods=["GET"], name="office_queue")]

    def show(self, request: Request) -> Response:
        """One tab of the queue of the viewer's unit, or of the one asked for within their subtree."""
        viewer, asked = viewer_of(self._desk, request), request.query_params
        unit = asked.get("unit", "")
        unit = unit if unit in viewer.subtree else viewer.unit
        parts = Parts(self._desk, unit)
        tab = asked.get("tab", "")
        tab = tab if tab in parts.names else "todo"
        number, counts = page_of(asked), parts.counts()
        state = asked.get("state", "") if tab == "todo" else ""
        state = state if state in parts.stages else ""
        found = self._desk.lists.rows(parts.query(tab, (number - 1) * PAGE, state))
        link = linker(request)
        address = link("office_queue")
        own = {"unit": unit} if unit != viewer.unit else {}
        values = {
            "tabs": _tabs(parts, counts, tab, address, own),
            "tab": tab,
            "stages": self._stages(parts, state, address) if tab == "todo" and not own else [],
            "unit": self._desk.rules.units.name(unit) if own else "",
            "my_unit": self._desk.rules.units.name(viewer.unit),
            "rows": Rows(self._site, viewer, link).of(found[:PAGE]),
            "pager": pager(
                address, {"tab": tab, "state": state, **own}, number, has_more=len(found) > PAGE
            ),
            "back": tab if not own else "",
            "note": NOTES.get(asked.get("note", ""), ""),
            "is_hotline": viewer.is_hotline,
        }
        return self._site.page(request, "office_queue.html", values)

    def _stages(self, parts: Parts, state: str, address: str) -> list[Tab]:
        """Return what of the dispatch desk's own work can be looked at alone."""
        names = self._desk.rules.flow.names
        return [
            Tab(
                code=code,
                name=names[State(code)],
                url=f"{address}?tab=todo&state={code}",
                count=parts.count_of(code),
                is_here=code == state,
            )
            for code in parts.stages
        ]


class Parts:
    """What stands in which tab of one unit's queue."""

    def __init__(self, desk: DeskOffice, unit: str) -> None:
        self._desk = desk
        self._unit = unit
        self._units = desk.rules.units.subtree(unit)
        self._is_hotline = unit == desk.rules.units.root.code
        self._now = desk.now()

    @property
    def names(self) -> dict[str, str]:
        """Tab → its name."""
        has_below = len(self._units) > 1
        return {
            "todo": "待我处理",
            **({} if self._is_hotline else {"waiting": "待市民补充"}),
            "soon": "即将到期",
            "late": "已超期",
            **({"below": "各单位在办" if self._is_hotline else "下级单位"} if has_below else {}),
            "answered": "待回访" if self._is_hotline else "已回复",
        }

    def counts(self) -> dict[str, int]:
        """Return how many there are in each tab, from four questions."""
        lists = self._desk.lists
        by_unit = lists.by_unit(self._now)
        open_, late = (
            {code: row[name] for code, row in by_unit.items()} for name in ("open", "overdue")
        )
        own = open_.get("" if self._is_hotline else self._unit, 0)
        below = sum(open_.get(code, 0) for code in self._units - {self._unit})
        waiting = 0 if self._is_hotline else lists.count(self._query("waiting"))
        overdue = sum(late.get(code, 0) for code in self._units)
        return {
            "todo": own - waiting,
            "waiting": waiting,
            "soon": lists.count(self._query("soon")),
            "late": overdue,
            "below": below,
            "answered": lists.count(self._query("answered")),
        }

    @property
    def stages(self) -> tuple[str, ...]:
        """The states that the dispatch desk looks at one by one; a unit has no such."""
        return _AT_DESK if self._is_hotline else ()

    def count_of(self, state: str) -> int:
        """Return how many lie at the dispatch desk in a state."""
        return self._desk.lists.count(CaseQuery(units=("",), stages=(state,)))

    def query(self, tab: str, offset: int, state: str = "") -> CaseQuery:
        """Return what is asked of the desk for a page of a tab, and one row more."""
        query = replace(self._query(tab), limit=PAGE + 1, offset=offset)
        return replace(query, stages=(state,)) if state else query

    def _query(self, tab: str) -> CaseQuery:
        everybody = None if self._is_hotline else self._units
        queries: dict[str, dict[str, Any]] = {
            "todo": {"units": ("",), "open": True, "order": DUE}
            if self._is_hotline
            else {"units": (self._unit,), "stages": _IN_HAND, "order": DUE},
            "waiting": {"units": (self._unit,), "stages": (State.WAITING.value,)},
            "soon": {
                "units": everybody,
                "open": True,
                "due_from": self._now,
                "due_before": self.soon,
                "order": DUE,
            },
            "late": {"units": everybody, "open": True, "due_before": self._now, "order": DUE},
            "below": {"units": self._units - {self._unit}, "open": True, "order": CHANGED},
            "answered": {"units": everybody, "stages": _ANSWERED, "order": CHANGED},
        }
        return CaseQuery(**queries[tab])

    @cached_property
    def soon(self) -> datetime:
        """Return the moment after the end of the next working day: what ends with it is soon."""
        clocks = self._desk.rules.clocks
        day = add_working_days(self._now.astimezone(self._desk.zone).date(), 1)
        return clocks.until(day, clocks.rules[-1]).due + timedelta(seconds=1)


def _tabs(
    parts: Parts, counts: dict[str, int], here: str, address: str, own: dict[str, str]
) -> list[Tab]:
    also = "".join(f"&unit={code}" for code in own.values())
    return [
        Tab(
            code=code,
            name=name,
            url=f"{address}?tab={code}{also}",
            count=counts[code],
            is_here=code == here,
            is_bad=code == "late" and counts[code] > 0,
        )
        for code, name in parts.names.items()
    ]
