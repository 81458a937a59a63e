"""Changing one's own password."""

from __future__ import annotations

from anyio import CapacityLimiter
from anyio.to_thread import run_sync
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot.model.staff import StaffMember
from console import passwords
from console.accounts import FIRST_NUMBER, Accounts
from console.lockout import is_locked, note_wrong
from console.pages.sign_in import set_session_cookie
from console.site import Site, address_of, member_of, see, text

_WRONG = "原密码不对，请再试一次。"
_LOCKED = "原密码连续输错太多次，请几分钟后再试。"
_DIFFERENT = "两次输入的新密码不一样，请再输一遍。"
_SAME = "新密码不能和原密码一样。"


class PasswordPages:
    """The page 我的密码; whoever has a password made by somebody else sees no other."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._hashing = CapacityLimiter(2)

    def routes(self) -> list[Route]:
        """Return the routes with their paths."""
        return [
            Route("/password", self.show, methods=["GET"], name="password"),
            Route("/password", self.change, methods=["POST"], name="change_password"),
        ]

    def show(self, request: Request) -> Response:
        """The form."""
        return self._page(request)

    async def change(self, request: Request) -> Response:
        """Take the new password; every session of the account ends, and this browser gets a new one."""
        form = await self._site.form(request)
        return await run_sync(self._change, request, form, limiter=self._hashing)

    def _change(self, request: Request, form: FormData) -> Response:
        member, old, new = member_of(request), text(form, "old"), text(form, "new")
        if is_locked(member, self._site.clock.now()):
            return self._page(request, _LOCKED, status=429)
        if not passwords.is_right(member.password_hash, old):
            return self._wrong(request, member)
        problem = passwords.problem_with(new, number=member.number, name=member.name)
        if new != text(form, "again"):
            problem = _DIFFERENT
        elif new == old:
            problem = _SAME
        if problem:
            return self._page(request, problem, status=422)
        kept = passwords.hashed(new)
        with self._site.record.unit() as unit:
            accounts = Accounts(unit, self._site.trail, actor=member, address=address_of(request))
            accounts.set_password(member.number, kept)
            token = self._site.sessions.open(unit, member, address_of(request))
        answer = see(request, "password", note="changed")
        set_session_cookie(self._site, request, answer, token)
        return answer

    def _wrong(self, request: Request, member: StaffMember) -> Response:
        """Count it as at the sign-in: who sits down at an open page must not guess for ever."""
        with self._site.record.unit() as unit:
            now = unit.staff.get(member.number, lock=True) or member
            is_locking = note_wrong(now, self._site.clock.now())
            unit.staff.save(now)
            if is_locking:
                self._site.noted(
                    request, "account locked", subject=f"account {member.number}", unit=unit
                )
        return self._page(request, _WRONG, status=403)

    def _page(self, request: Request, problem: str = "", *, status: int = 200) -> Response:
        member = member_of(request)
        values = {
            "problem": problem,
            "note": request.query_params.get("note", ""),
            "is_once": passwords.must_change(member.password_hash),
            "is_first": member.number == FIRST_NUMBER,
            "least": passwords.LEAST_LENGTH,
        }
        return self._site.page(request, "password.html", values, status=status)
