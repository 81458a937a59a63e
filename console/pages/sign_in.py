"""Signing in and out."""

from __future__ import annotations

from dataclasses import dataclass

from anyio import CapacityLimiter
from anyio.to_thread import run_sync
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from bot.model.staff import StaffMember, StaffSession
from bot.record import Unit
from console import passwords
from console.accounts import FIRST_NAME, find, subject_of
from console.gate import is_safe_next
from console.lockout import is_locked, note_wrong, unlock
from console.sessions import COOKIE, FORM_COOKIE, LASTS, new_nonce
from console.site import Site, address_of, linker, see, session_of, text

#: The same for a wrong password, an account that is locked, turned off or not there: nobody learns which.
_WRONG = (
    "账号或密码不对，请再试一次。如果连续输错过 5 次，账号会暂停登录，请等几分钟，或请管理员解除。"
)
_SHUT = "这个网络输错密码的次数太多，请 5 分钟后再试。"
_CLOSED = "还没有任何账号，暂时不能登录。请运维人员设置 MINSHENG_ADMIN_PASSWORD（管理员的密码）后重新启动。"
_SHUT_S = 300
#: Passwords checked at the same time: each takes 64 MiB and a core, and the other pages must stay quick.
_AT_ONCE = 2


@dataclass(frozen=True)
class Attempt:
    """One press of the button.

    Attributes:
        left: digest of the session that the browser has already and leaves; "" for none.
    """

    account: str
    password: str
    address: str
    left: str = ""


class SignInPages:
    """The sign-in page; a browser is known to it by a cookie of its own, so that its form cannot be forged."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._hashing = CapacityLimiter(_AT_ONCE)

    def routes(self) -> list[Route]:
        """Return the routes with their paths."""
        return [
            Route("/sign-in", self.show, methods=["GET"], name="sign_in"),
            Route("/sign-in", self.enter, methods=["POST"], name="enter"),
            Route("/sign-out", self.leave, methods=["POST"], name="sign_out"),
        ]

    def show(self, request: Request) -> Response:
        """Show the form, or go on if the browser is signed in already."""
        if request.state.session is not None:
            return see(request, "live")
        with self._site.record.reading() as unit:
            problem = "" if unit.staff.all() else _CLOSED
        return self._form(request, wanted=request.query_params.get("next", ""), problem=problem)

    async def enter(self, request: Request) -> Response:
        """Check the password and start a session."""
        form = await request.form(max_files=0, max_fields=10)
        nonce = request.cookies.get(FORM_COOKIE, "")
        if not self._site.sessions.is_form_token(nonce, text(form, "csrf")):
            raise HTTPException(403)
        wanted = text(form, "next")
        session: StaffSession | None = request.state.session
        attempt = Attempt(
            text(form, "account"),
            text(form, "password"),
            address_of(request),
            left=session.digest if session else "",
        )
        if self._site.tries.is_shut(attempt.address):
            answer = self._form(request, wanted=wanted, problem=_SHUT, status=429)
            answer.headers["Retry-After"] = str(_SHUT_S)
            return answer
        token = await run_sync(self._token, attempt, limiter=self._hashing)
        if not token:
            self._site.tries.note_wrong(attempt.address)
            return self._form(
                request, wanted=wanted, account=attempt.account, problem=_WRONG, status=403
            )
        return self._started(request, wanted, token)

    async def leave(self, request: Request) -> Response:
        """End the session, on the server and in this browser."""
        await self._site.form(request)
        await run_in_threadpool(self._leave, request)
        answer = see(request, "sign_in")
        answer.delete_cookie(COOKIE, path=_cookie_path(request))
        return answer

    def _leave(self, request: Request) -> None:
        with self._site.record.unit() as unit:
            unit.staff.close_session(session_of(request).digest)
            self._site.noted(request, "signed out", unit=unit)

    def _token(self, attempt: Attempt) -> str:
        """Return the cookie of a new session, "" if there is none to be had.

        The password is checked before the account is looked at again in one unit, so that no slow hash keeps
        writers waiting and two tries at the same moment are both counted.
        """
        with self._site.record.reading() as unit:
            seen = find(unit, attempt.account)
        kept = seen.password_hash if seen else ""
        is_right = passwords.is_right(kept, attempt.password)
        renewed = _renewed(kept, attempt.password) if is_right else ""
        with self._site.record.unit() as unit:
            member = unit.staff.get(seen.number, lock=True) if seen else None
            if member is None or member.password_hash != kept:
                self._refused(unit, None, attempt)
                return ""
            if is_locked(member, self._site.clock.now()) or not member.active:
                self._refused(unit, member, attempt)
                return ""
            if not is_right:
                self._count(unit, member, attempt)
                return ""
            if attempt.left:
                unit.staff.close_session(attempt.left)
            unlock(member)
            member.password_hash = renewed or kept
            unit.staff.save(member)
            self._site.trail.note(unit, member, "signed in", address=attempt.address)
            return self._site.sessions.open(unit, member, attempt.address)

    def _count(self, unit: Unit, member: StaffMember, attempt: Attempt) -> None:
        is_locking = note_wrong(member, self._site.clock.now())
        unit.staff.save(member)
        self._refused(unit, member, attempt)
        if is_locking:
            self._site.trail.note(
                unit, "", "account locked", subject=subject_of(member), address=attempt.address
            )

    def _refused(self, unit: Unit, member: StaffMember | None, attempt: Attempt) -> None:
        """Write it down, without what was typed: a password lands in the wrong field now and then."""
        self._site.trail.note(
            unit,
            "",
            "sign-in refused",
            subject=subject_of(member) if member else "",
            address=attempt.address,
        )

    def _started(self, request: Request, wanted: str, token: str) -> Response:
        root = request.scope.get("root_path", "")
        target = root + wanted if is_safe_next(wanted) else linker(request)("live")
        answer = RedirectResponse(target, 303)
        set_session_cookie(self._site, request, answer, token)
        answer.delete_cookie(FORM_COOKIE, path=_cookie_path(request))
        return answer

    def _form(
        self,
        request: Request,
        *,
        wanted: str,
        account: str = FIRST_NAME,
        problem: str = "",
        status: int = 200,
    ) -> Response:
        known = request.cookies.get(FORM_COOKIE, "")
        nonce = known or new_nonce()
        values = {
            "csrf": self._site.sessions.form_token(nonce),
            "account": account,
            "wanted": wanted if is_safe_next(wanted) else "",
            "problem": problem,
        }
        answer = self._site.page(request, "sign_in.html", values, status=status)
        if not known:
            _set_cookie(self._site, request, answer, FORM_COOKIE, nonce, 3600)
        return answer


def set_session_cookie(site: Site, request: Request, answer: Response, token: str) -> None:
    """Give the browser its session."""
    _set_cookie(site, request, answer, COOKIE, token, int(LASTS.total_seconds()))


def _renewed(kept: str, password: str) -> str:
    """Return the hash with today's parameters if this one has others, else ""."""
    if not passwords.is_old(kept):
        return ""
    return (
        passwords.hashed_once(password)
        if passwords.must_change(kept)
        else passwords.hashed(password)
    )


def _set_cookie(
    site: Site, request: Request, answer: Response, name: str, value: str, max_age_s: int
) -> None:
    answer.set_cookie(
        name,
        value,
        max_age=max_age_s,
        path=_cookie_path(request),
        httponly=True,
        samesite="lax",
        secure=site.config.secure_cookies,
    )


def _cookie_path(request: Request) -> str:
    return request.scope.get("root_path", "") or "/"
