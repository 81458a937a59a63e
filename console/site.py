"""What every page of the console shares: its parts, links that know the mount, forms that prove where they came from."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import NoMatchFound

from bot.model.nature import NatureTable
from bot.model.office import Office
from bot.model.staff import StaffMember, StaffSession
from bot.model.status import StatusTable
from bot.ports import Clock
from bot.record import Record, Unit
from console.access import ROLE_NAMES, may
from console.audit import Trail
from console.backend import UpdatesBackend
from console.config import ConsoleConfig
from console.lockout import Tries
from console.parts import ServingParts
from console.passwords import must_change
from console.sessions import Sessions
from desk.office.office import DeskOffice

FOLDER = Path(__file__).parent
TOKEN_HEADER = "X-CSRF-Token"
_MOST_FIELDS = 40


def environment() -> Environment:
    """Return the templates' environment: everything is escaped, a missing value is an error."""
    return Environment(
        loader=FileSystemLoader(FOLDER / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


@dataclass(frozen=True)
class Site:
    """The console's parts; `desk` is the embedded complaint office, None where another system is the backend."""

    config: ConsoleConfig
    record: Record
    office: Office
    statuses: StatusTable
    natures: NatureTable
    backend: UpdatesBackend | None
    clock: Clock
    sessions: Sessions
    tries: Tries
    trail: Trail
    templates: Environment
    serving: ServingParts
    desk: DeskOffice | None = None

    def page(
        self, request: Request, name: str, values: dict[str, Any], *, status: int = 200
    ) -> Response:
        """Render a page. Templates know `link`, `has`, `may`, `office`, `member`, `csrf` and `role_names`."""
        session: StaffSession | None = getattr(request.state, "session", None)
        member: StaffMember | None = getattr(request.state, "member", None)
        shared = {
            "link": linker(request),
            "has": lambda name: _has(request, name),
            "may": lambda permission: may(member, permission),
            "office": self.office,
            "session": session,
            "member": member,
            "is_new": member is not None and must_change(member.password_hash),
            "role_names": ROLE_NAMES,
            "csrf": self.sessions.form_token(session.nonce) if session else "",
        }
        return HTMLResponse(self.templates.get_template(name).render(shared | values), status)

    async def form(self, request: Request) -> FormData:
        """Return a posted form; one without this browser's token is refused (403), and nothing is done."""
        form = await request.form(max_files=0, max_fields=_MOST_FIELDS)
        if not self._is_token(request, text(form, "csrf")):
            raise HTTPException(403)
        return form

    async def guarded(self, request: Request, *, files: int = 0) -> Mapping[str, Any]:
        """Return what a form or a script posted, if it proves to come from this browser's own page.

        The token stands in the header `X-CSRF-Token` or, in a form, in the field `csrf`. JSON must be an object
        (400) and carries its token in the header; a form may bring so many `files`. Refused with 403 else.
        """
        header = request.headers.get(TOKEN_HEADER, "")
        if header and not self._is_token(request, header):
            raise HTTPException(403)
        if request.headers.get("content-type", "").startswith("application/json"):
            if not header:
                raise HTTPException(403)
            return await _json_object(request)
        form = await request.form(max_files=files, max_fields=_MOST_FIELDS)
        if not header and not self._is_token(request, text(form, "csrf")):
            raise HTTPException(403)
        return form

    def noted(
        self,
        request: Request,
        action: str,
        *,
        subject: str = "",
        detail: str = "",
        unit: Unit | None = None,
    ) -> None:
        """Write down what the signed-in member does; with the act's own `unit`, together with it or not at all."""
        self.trail.note(
            unit,
            member_of(request),
            action,
            subject=subject,
            detail=detail,
            address=address_of(request),
        )

    def looked(self, request: Request, action: str, *, subject: str, always: bool = False) -> None:
        """Write down that the signed-in member looks at something, the same at most once in ten minutes."""
        self.trail.note_look(
            member_of(request), action, subject=subject, address=address_of(request), always=always
        )

    def _is_token(self, request: Request, given: str) -> bool:
        return self.sessions.is_form_token(session_of(request).nonce, given)


async def _json_object(request: Request) -> dict[str, Any]:
    try:
        body = json.loads(await request.body())
    except (ValueError, RecursionError):
        raise HTTPException(400) from None
    if not isinstance(body, dict):
        raise HTTPException(400)
    return body


def linker(request: Request) -> Callable[..., str]:
    """Return what makes links: a route's name and its parameters become a path below the mount."""
    root = request.scope.get("root_path", "")

    def link(name: str, **params: Any) -> str:
        return root + str(request.app.url_path_for(name, **params))

    return link


def _has(request: Request, name: str) -> bool:
    """True if there is a route of this name without parameters."""
    try:
        request.app.url_path_for(name)
    except NoMatchFound:
        return False
    return True


def see(request: Request, name: str, *, note: str = "", **params: Any) -> Response:
    """Send the browser to a page after a form was taken; `note` names what it is told there."""
    return RedirectResponse(
        linker(request)(name, **params) + (f"?note={note}" if note else ""), 303
    )


def session_of(request: Request) -> StaffSession:
    """Return the browser's session; the gate let nobody else through."""
    session = getattr(request.state, "session", None)
    if not isinstance(session, StaffSession):
        raise HTTPException(403)
    return session


def member_of(request: Request) -> StaffMember:
    """Return who is signed in; the gate let nobody else through."""
    member = getattr(request.state, "member", None)
    if not isinstance(member, StaffMember):
        raise HTTPException(403)
    return member


def address_of(request: Request) -> str:
    """Return the network address that asks."""
    return request.client.host if request.client else ""


def text(form: Mapping[str, Any], name: str) -> str:
    """Return a field of what was posted as text, "" if it is missing."""
    value = form.get(name, "")
    return value if isinstance(value, str) else ""
