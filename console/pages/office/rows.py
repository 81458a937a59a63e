"""A case as lists show it, with the one step that is obviously next."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from console.pages.office.viewing import Viewer
from console.pages.office.wording import TONES, Due, asks_secrecy, due_of, masked
from console.pages.presenting import CONFIDENTIAL
from console.site import Site
from desk.model.case import Case, State
from desk.office.lists import CaseRow
from desk.office.rules import URGENT

_MOST_WORDS = 120
#: State → the step that is obviously next, and whether it needs nothing but the press of a button.
NEXT = {
    State.RECEIVED: ("accept", True),
    State.ACCEPTED: ("dispatch", False),
    State.RETURNED: ("rule", False),
    State.DISPATCHED: ("sign", True),
    State.SIGNED: ("start", True),
    State.IN_PROGRESS: ("reply", False),
    State.WAITING: ("resume", False),
    State.REPLIED: ("follow_up", False),
    State.FOLLOWED_UP: ("close", True),
}


@dataclass(frozen=True)
class NextStep:
    """The obvious next step; `at_once`: one press does it, else `url` opens its form."""

    code: str
    words: str
    url: str
    at_once: bool


@dataclass(frozen=True)
class OrderRow:
    """One case in a list."""

    number: str
    url: str
    service: str
    words: str
    place: str
    state: str
    tone: str
    unit: str
    due: Due
    is_urgent: bool
    is_again: bool
    is_confidential: bool
    next: NextStep | None


class Rows:
    """Makes the rows of one viewer."""

    def __init__(self, site: Site, viewer: Viewer, link: Callable[..., str]) -> None:
        self._site = site
        self._viewer = viewer
        self._link = link
        self._now = viewer.desk.now()

    def of(self, found: Iterable[CaseRow]) -> list[OrderRow]:
        """Return the rows of these cases."""
        return [self.row(row) for row in found]

    def row(self, row: CaseRow) -> OrderRow:
        """Return one row; what is confidential is told on its own page only."""
        rules = self._viewer.desk.rules
        state = State(row.stage)
        service = rules.services.get(row.service)
        natures = self._site.natures
        secret = natures.is_confidential(row.nature) or asks_secrecy(row.description)
        return OrderRow(
            number=row.id,
            url=self._link("office_case", id=row.id),
            service=" · ".join((service.group, service.name)) if service else row.service,
            words=CONFIDENTIAL if secret else masked(row.description[:_MOST_WORDS]),
            place="" if secret else masked(row.address),
            state=rules.flow.names[state],
            tone=TONES.get(state, ""),
            unit=rules.units.name(row.unit) if row.unit else "",
            due=due_of(row.stage, row.sign_due, row.answer_due, self._now),
            is_urgent=row.urgency == URGENT,
            is_again=bool(row.redone),
            is_confidential=secret,
            next=self._next(row, state),
        )

    def _next(self, row: CaseRow, state: State) -> NextStep | None:
        if state not in NEXT or not self._viewer.may_act:
            return None
        code, at_once = NEXT[state]
        rules = self._viewer.desk.rules
        rule = rules.flow.steps[code]
        stands = Case(row.id, row.filed_at, state=state, path=(row.unit,) if row.unit else ())
        if not rule.may(self._viewer.actor, stands, rules.units):
            return None
        page = self._link("office_case", id=row.id)
        url = self._link("office_act", id=row.id, step=code) if at_once else f"{page}?do={code}#do"
        return NextStep(code, rule.name, url, at_once)
