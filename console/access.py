"""Who may do what at the console, in one table: permission → least role, and route → permission.

A route that is missing here makes `console.app.create_app` refuse to build: nothing is open by accident.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum

from starlette.routing import BaseRoute, Match, Mount, Route, WebSocketRoute
from starlette.types import Scope

from bot.model.staff import Role, StaffMember


class Permission(str, Enum):
    """What a page or a button needs; `LEAST_ROLE` says whose it is."""

    OPEN = "open"
    OWN = "own"
    WATCH = "watch"
    SERVE = "serve"
    REVEAL = "reveal"
    UPDATE_CASE = "update_case"
    SUPERVISE = "supervise"
    ADMINISTER = "administer"
    CASES = "cases"
    CASEWORK = "casework"


#: Permission → least role; None: no session is needed at all.
LEAST_ROLE: dict[Permission, Role | None] = {
    Permission.OPEN: None,  # sign-in, static files
    Permission.OWN: Role.OBSERVER,  # one's own password, signing out
    Permission.WATCH: Role.OBSERVER,  # lists, conversations, cases, media
    Permission.SERVE: Role.AGENT,  # claim, answer, note, file, hand over and back, canned answers, presence
    Permission.REVEAL: Role.AGENT,  # see a phone number or another masked field
    Permission.UPDATE_CASE: Role.AGENT,  # tell the backend what was done
    Permission.SUPERVISE: Role.SUPERVISOR,  # board, take over, shifts, hours, everybody's canned answers, export
    Permission.ADMINISTER: Role.ADMINISTRATOR,  # accounts, audit log
    Permission.CASES: Role.OBSERVER,  # look at the cases of one's own unit and those below it
    Permission.CASEWORK: Role.AGENT,  # carry them on, and see who told them
}

#: Route name → what it needs. A new route: add its name here.
ROUTES: dict[str, Permission] = {
    "static": Permission.OPEN,
    "sign_in": Permission.OPEN,
    "enter": Permission.OPEN,
    "sign_out": Permission.OWN,
    "watermark": Permission.OWN,
    "password": Permission.OWN,
    "change_password": Permission.OWN,
    "accounts": Permission.ADMINISTER,
    "account": Permission.ADMINISTER,
    "add_account": Permission.ADMINISTER,
    "change_account": Permission.ADMINISTER,
    "reset_password": Permission.ADMINISTER,
    "turn_off_account": Permission.ADMINISTER,
    "turn_on_account": Permission.ADMINISTER,
    "end_sessions": Permission.ADMINISTER,
    "unlock_account": Permission.ADMINISTER,
    "audit_log": Permission.ADMINISTER,
    "audit_export": Permission.ADMINISTER,
    "live": Permission.WATCH,
    "live_rows": Permission.WATCH,
    "events": Permission.WATCH,
    "colleagues": Permission.WATCH,
    "presence": Permission.SERVE,
    "conversation": Permission.WATCH,
    "conversation_news": Permission.WATCH,
    "earlier_lines": Permission.WATCH,
    "medium": Permission.WATCH,
    "claim": Permission.SERVE,
    "take_over": Permission.SUPERVISE,
    "hand_to": Permission.SERVE,
    "give_back": Permission.SERVE,
    "requeue": Permission.SERVE,
    "clear": Permission.SERVE,
    "answer": Permission.SERVE,
    "picture": Permission.SERVE,
    "note": Permission.SERVE,
    "send_again": Permission.SERVE,
    "reveal": Permission.REVEAL,
    "canned_for": Permission.SERVE,
    "form": Permission.SERVE,
    "service_questions": Permission.SERVE,
    "file": Permission.SERVE,
    "canned": Permission.SERVE,
    "put_canned": Permission.SERVE,
    "remove_canned": Permission.SERVE,
    "board": Permission.SUPERVISE,
    "board_rows": Permission.SUPERVISE,
    "handoffs_export": Permission.SUPERVISE,
    "shifts": Permission.SUPERVISE,
    "add_shift": Permission.SUPERVISE,
    "remove_shift": Permission.SUPERVISE,
    "set_hours": Permission.SUPERVISE,
    "cases": Permission.WATCH,
    "case": Permission.WATCH,
    "reveal_case": Permission.REVEAL,
    "tell": Permission.UPDATE_CASE,
}

#: The same for the office's own cases; these routes are there only where the embedded desk is the backend.
OFFICE_ROUTES: dict[str, Permission] = {
    "office_queue": Permission.CASES,
    "office_due": Permission.CASES,
    "office_units": Permission.CASES,
    "office_search": Permission.CASES,
    "office_case": Permission.CASES,
    "office_act": Permission.CASEWORK,
    "office_reveal": Permission.CASEWORK,
}

#: What members of a unit may do, whatever their role: conversations and complaints of the whole city are the hotline's.
OF_UNITS = frozenset({Permission.OPEN, Permission.OWN, Permission.CASES, Permission.CASEWORK})

#: Where somebody may go whose password was made by somebody else.
BEFORE_CHANGE = frozenset(
    {"static", "sign_in", "enter", "sign_out", "watermark", "password", "change_password"}
)

#: Route name → most bytes of a request's body, where it is not `gate.MOST_BYTES`.
MOST_BYTES: dict[str, int] = {"picture": 10 * 1024 * 1024 + 64 * 1024}

#: Routes that an open page asks by itself: they do not keep a session alive that nobody uses.
UNATTENDED = frozenset(
    {"events", "live_rows", "conversation_news", "colleagues", "board_rows", "watermark", "medium"}
)

ROLE_NAMES = {
    Role.OBSERVER: "观察员",
    Role.AGENT: "坐席",
    Role.SUPERVISOR: "值班长",
    Role.ADMINISTRATOR: "管理员",
}
_RANK = {role: rank for rank, role in enumerate(Role)}


def may(member: StaffMember | None, permission: Permission | str) -> bool:
    """True if this member (None: nobody is signed in) may do what needs this permission."""
    wanted = Permission(permission)
    least = LEAST_ROLE[wanted]
    if least is None:
        return True
    if member is None or not member.active or (member.unit and wanted not in OF_UNITS):
        return False
    return _RANK[member.role] >= _RANK[least]


def needs(route: str) -> Permission:
    """Return what a route needs; one that is not known is told to members only."""
    return ROUTES.get(route) or OFFICE_ROUTES.get(route, Permission.OWN)


def check(routes: Iterable[BaseRoute]) -> None:
    """Refuse routes that the table does not know, and two that share a name.

    Raises:
        ValueError: naming them.
    """
    names = [name_of(route) for route in routes]
    known = {*ROUTES, *OFFICE_ROUTES}
    problems = sorted({name for name in names if name not in known or names.count(name) > 1})
    if problems:
        raise ValueError(f"routes without one entry of their own in console.access: {problems}")


def name_of(route: BaseRoute) -> str:
    """Return a route's name, "" for a kind that has none."""
    return route.name or "" if isinstance(route, Route | WebSocketRoute | Mount) else ""


def route_of(routes: Iterable[BaseRoute], scope: Scope) -> str:
    """Return the name of the route that will answer, or that would with another method; "" if none does."""
    partly = ""
    for route in routes:
        match, _ = route.matches(scope)
        if match is Match.FULL:
            return name_of(route)
        if match is Match.PARTIAL:
            partly = partly or name_of(route)
    return partly
