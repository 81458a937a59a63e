"""Accounts: who has one, what they may do, and what an administrator may change about it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from anyio import CapacityLimiter
from anyio.to_thread import run_sync
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot.model.staff import Role, StaffMember, StaffSession
from bot.record import Unit
from console import passwords
from console.access import ROLE_NAMES
from console.accounts import Accounts, Problem, Refused
from console.lockout import is_locked
from console.site import Site, address_of, member_of, see, text
from console.wording import moment

PROBLEMS = {
    Problem.BAD_NUMBER: "工号由最多 4 个英文字母加 1 到 10 位数字组成，例如 1024 或 A1024。",
    Problem.BAD_NAME: "姓名要有 1 到 20 个字，不能写成工号的样子。",
    Problem.TAKEN: "这个工号或姓名已经有人用了。工号不会重复使用，离职人员的也不行。",
    Problem.UNKNOWN: "没有这个账号。",
    Problem.LAST_ADMINISTRATOR: "这是最后一个能用的管理员账号，不能停用，也不能换成别的角色或单位。",
    Problem.OWN_ACCOUNT: "不能停用自己的账号，也不能改自己的角色和单位，请另一位管理员来改。",
}
_UNKNOWN_ROLE = "请选择一个角色。"
_UNKNOWN_UNIT = "请从列表里选择单位。"
NOTES = {
    "changed": "已保存。如果改了角色或单位，对方需要重新登录。",
    "off": "账号已停用，对方已被退出。",
    "on": "账号已启用。",
    "ended": "对方已在所有电脑上退出。",
    "unlocked": "已解除锁定，现在就可以登录。",
}


@dataclass(frozen=True)
class AccountRow:
    """One account as the page shows it; times are words, "" for never."""

    number: str
    name: str
    role: Role
    unit: str
    active: bool
    is_own: bool
    is_locked: bool
    is_once: bool
    open_sessions: int
    seen: str


class AccountPages:
    """The list and its forms; each form takes effect at once and is written down."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._hashing = CapacityLimiter(1)

    def routes(self) -> list[Route]:
        """Return the routes with their paths."""
        one = "/accounts/{number:str}"
        posts: list[tuple[str, Callable[..., object], str]] = [
            ("/accounts", self.add, "add_account"),
            (one, self.change, "change_account"),
            (one + "/password", self.reset, "reset_password"),
            (one + "/off", self.turn_off, "turn_off_account"),
            (one + "/on", self.turn_on, "turn_on_account"),
            (one + "/sign-out", self.end_sessions, "end_sessions"),
            (one + "/unlock", self.unlock, "unlock_account"),
        ]
        return [
            Route("/accounts", self.show, methods=["GET"], name="accounts"),
            Route(one, self.show_one, methods=["GET"], name="account"),
            *(Route(path, do, methods=["POST"], name=name) for path, do, name in posts),
        ]

    def show(self, request: Request) -> Response:
        """Every account."""
        return self._list(request)

    def show_one(self, request: Request) -> Response:
        """One account with what can be changed about it."""
        return self._one(request)

    async def add(self, request: Request) -> Response:
        """Make an account with a password that is shown once."""
        form = await self._site.form(request)
        return await run_sync(self._add, request, form, limiter=self._hashing)

    async def reset(self, request: Request) -> Response:
        """Give an account a password that is shown once."""
        await self._site.form(request)
        return await run_sync(self._reset, request, limiter=self._hashing)

    async def change(self, request: Request) -> Response:
        """Change name and role."""
        form = await self._site.form(request)
        role = _role(text(form, "role"))
        if role is None:
            return await run_sync(self._one, request, _UNKNOWN_ROLE, 422)
        unit = text(form, "unit")
        if not self._is_unit(unit):
            return await run_sync(self._one, request, _UNKNOWN_UNIT, 422)

        def change(accounts: Accounts, number: str) -> None:
            accounts.rename(number, text(form, "name").strip())
            accounts.set_role(number, role)
            if self._site.desk is not None:
                accounts.set_unit(number, unit)

        return await self._done(request, change, "changed")

    async def turn_off(self, request: Request) -> Response:
        """Let nobody sign in with it any more."""
        await self._site.form(request)
        return await self._done(request, lambda a, n: a.set_active(n, active=False), "off")

    async def turn_on(self, request: Request) -> Response:
        """Let its owner sign in again."""
        await self._site.form(request)
        return await self._done(request, lambda a, n: a.set_active(n, active=True), "on")

    async def end_sessions(self, request: Request) -> Response:
        """Sign it out everywhere."""
        await self._site.form(request)
        return await self._done(request, Accounts.end_sessions, "ended")

    async def unlock(self, request: Request) -> Response:
        """End the lock that wrong passwords brought."""
        await self._site.form(request)
        return await self._done(request, Accounts.unlock, "unlocked")

    async def _done(
        self, request: Request, act: Callable[[Accounts, str], None], note: str
    ) -> Response:
        return await run_sync(self._do, request, act, note)

    def _do(self, request: Request, act: Callable[[Accounts, str], None], note: str) -> Response:
        number = request.path_params["number"]
        try:
            with self._site.record.unit() as unit:
                act(self._accounts(request, unit), number)
        except Refused as refused:
            return self._refused(request, refused)
        return see(request, "account", number=number, note=note)

    def _add(self, request: Request, form: FormData) -> Response:
        number, name = text(form, "number").strip(), text(form, "name").strip()
        role = _role(text(form, "role"))
        if role is None:
            return self._list(request, _UNKNOWN_ROLE, form=form)
        if not self._is_unit(text(form, "unit")):
            return self._list(request, _UNKNOWN_UNIT, form=form)
        password = passwords.random_password()
        kept = passwords.hashed_once(password)
        try:
            with self._site.record.unit() as unit:
                accounts = self._accounts(request, unit)
                member = accounts.add(number, name, role, kept)
                if text(form, "unit"):
                    accounts.set_unit(number, text(form, "unit"))
        except Refused as refused:
            return self._list(request, PROBLEMS[refused.problem], form=form)
        return self._told(request, member, password)

    def _reset(self, request: Request) -> Response:
        password = passwords.random_password()
        kept = passwords.hashed_once(password)
        try:
            with self._site.record.unit() as unit:
                accounts = self._accounts(request, unit)
                accounts.set_password(request.path_params["number"], kept)
                member = accounts.get(request.path_params["number"])
        except Refused as refused:
            return self._refused(request, refused)
        return self._told(request, member, password)

    def _refused(self, request: Request, refused: Refused) -> Response:
        words = PROBLEMS[refused.problem]
        if refused.problem is Problem.UNKNOWN:
            return self._list(request, words, status=404)
        return self._one(request, words, 409)

    def _told(self, request: Request, member: StaffMember, password: str) -> Response:
        """Show the new password: here and never again."""
        values = {"account": member, "password": password}
        return self._site.page(request, "accounts_password.html", values)

    def _list(
        self,
        request: Request,
        problem: str = "",
        *,
        form: FormData | None = None,
        status: int = 422,
    ) -> Response:
        now = self._site.clock.now()
        with self._site.record.reading() as unit:
            sessions = unit.staff.sessions()
            rows = [self._row(request, unit, m, sessions, now) for m in unit.staff.all()]
        values = {
            "rows": sorted(rows, key=lambda row: not row.active),
            "roles": list(ROLE_NAMES.items()),
            "problem": problem,
            "given": {name: text(form or {}, name) for name in ("number", "name", "role", "unit")},
            "units": self._units(),
        }
        return self._site.page(request, "accounts.html", values, status=status if problem else 200)

    def _one(self, request: Request, problem: str = "", status: int = 200) -> Response:
        now = self._site.clock.now()
        with self._site.record.reading() as unit:
            member = unit.staff.get(request.path_params["number"])
            if member is not None:
                row = self._row(request, unit, member, unit.staff.sessions(), now)
        if member is None:
            return self._list(request, PROBLEMS[Problem.UNKNOWN], status=404)
        values = {
            "row": row,
            "roles": list(ROLE_NAMES.items()),
            "units": self._units(),
            "problem": problem,
            "note": NOTES.get(request.query_params.get("note", ""), ""),
            "made": moment(self._site.office, member.created_at),
        }
        return self._site.page(request, "accounts_one.html", values, status=status)

    def _row(
        self,
        request: Request,
        unit: Unit,
        member: StaffMember,
        sessions: list[StaffSession],
        now: datetime,
    ) -> AccountRow:
        own = [s for s in sessions if s.number == member.number]
        alive = [s for s in own if self._site.sessions.is_alive(s, member)]
        return AccountRow(
            number=member.number,
            name=member.name,
            role=member.role,
            unit=member.unit,
            active=member.active,
            is_own=member_of(request).number == member.number,
            is_locked=is_locked(member, now),
            is_once=passwords.must_change(member.password_hash),
            open_sessions=len(alive),
            seen=moment(self._site.office, own[0].seen_at if own else _last_sign_in(unit, member)),
        )

    def _units(self) -> dict[str, str]:
        """Return the units that staff may belong to, code → name; "" is the hotline, whose own code nobody needs."""
        if self._site.desk is None:
            return {}
        units = self._site.desk.rules.units
        return {"": units.root.name, **{one.code: one.name for one in units if one.parent}}

    def _is_unit(self, code: str) -> bool:
        return not code or code in self._units()

    def _accounts(self, request: Request, unit: Unit) -> Accounts:
        return Accounts(
            unit, self._site.trail, actor=member_of(request), address=address_of(request)
        )


def _role(word: str) -> Role | None:
    return Role(word) if word in {role.value for role in Role} else None


def _last_sign_in(unit: Unit, member: StaffMember) -> datetime | None:
    """Return when somebody signed in whose sessions are removed by now."""
    last = unit.audit.entries(number=member.number, action="signed in", limit=1)
    return last[0].at if last else None
