"""The page of canned answers: one's own, and everybody's, which supervisors look after."""

from __future__ import annotations

from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot.model.staff import CannedAnswer
from bot.record import Unit
from console import problems
from console.access import Permission, may
from console.canned import MOST_TEXT, MOST_TITLE, VARIABLES, check, may_change, plain_code
from console.site import Site, member_of, see, text

_TAKEN = "已经有这个短码了，请换一个，或者直接修改原来那条。"
_GONE = "这条常用语刚刚被别人删除了，您写的内容在下面，可以重新添加。"
NOTES = {"saved": "已保存，现在就可以用。", "removed": "已删除。"}
_MOST_OF_ONE = 200
_TOO_MANY = f"最多 {_MOST_OF_ONE} 条，请先删除用不到的。"


class CannedPages:
    """The list and its forms."""

    def __init__(self, site: Site) -> None:
        self._site = site

    def routes(self) -> list[Route]:
        """Return the routes with their paths."""
        return [
            Route("/canned", self.show, methods=["GET"], name="canned"),
            Route("/canned", self.put, methods=["POST"], name="put_canned"),
            Route("/canned/remove", self.remove, methods=["POST"], name="remove_canned"),
        ]

    def show(self, request: Request) -> Response:
        """One's own answers and everybody's."""
        return self._page(request)

    async def put(self, request: Request) -> Response:
        """Keep a new answer, or a changed one."""
        form = await self._site.form(request)
        return await run_in_threadpool(self._put, request, form)

    async def remove(self, request: Request) -> Response:
        """Remove an answer."""
        form = await self._site.form(request)
        return await run_in_threadpool(self._remove, request, _id(form))

    def _put(self, request: Request, form: FormData) -> Response:
        member = member_of(request)
        owner = "" if text(form, "owner") == "all" else member.number
        answer = CannedAnswer(
            code=plain_code(text(form, "code")),
            title=" ".join(text(form, "title").split()),
            text=text(form, "text").replace("\r\n", "\n").strip(),
            owner=owner,
            id=_id(form),
        )
        with self._site.record.unit() as unit:
            before = unit.canned.get(answer.id) if answer.id else None
            if before is not None:
                answer.owner = before.owner
            if not may_change(member, answer.owner):
                return problems.not_yours(request)
            wrong = {"code": _GONE} if answer.id and before is None else check(answer)
            if not wrong:
                wrong = self._store(request, unit, answer)
        if wrong:
            answer.id = answer.id if before is not None else 0
            return self._page(request, answer, wrong)
        return see(request, "canned", note="saved")

    def _store(self, request: Request, unit: Unit, answer: CannedAnswer) -> dict[str, str]:
        own = [a for a in unit.canned.of(answer.owner) if a.owner == answer.owner]
        if not answer.id and len(own) >= _MOST_OF_ONE:
            return {"code": _TOO_MANY}
        if not unit.canned.put(answer):
            return {"code": _TAKEN}
        self._note(request, unit, "canned answer saved", answer)
        return {}

    def _remove(self, request: Request, answer_id: int) -> Response:
        with self._site.record.unit() as unit:
            answer = unit.canned.get(answer_id) if answer_id else None
            if answer is not None:
                if not may_change(member_of(request), answer.owner):
                    return problems.not_yours(request)
                unit.canned.remove(answer_id)
                self._note(request, unit, "canned answer removed", answer)
        return see(request, "canned", note="removed")

    def _note(self, request: Request, unit: Unit, action: str, answer: CannedAnswer) -> None:
        """Write it down; what everybody says to citizens is of more concern than one's own."""
        whose = "everybody's" if answer.owner == "" else "own"
        self._site.noted(
            request,
            action,
            subject=f"canned {answer.id}",
            detail=f"{whose} /{answer.code}",
            unit=unit,
        )

    def _page(
        self,
        request: Request,
        written: CannedAnswer | None = None,
        wrong: dict[str, str] | None = None,
    ) -> Response:
        member = member_of(request)
        with self._site.record.reading() as unit:
            answers = unit.canned.of(member.number)
        values: dict[str, Any] = {
            "own": [a for a in answers if a.owner == member.number],
            "everybodys": [a for a in answers if a.owner == ""],
            "written": written or CannedAnswer("", "", "", owner=member.number),
            "problems": wrong or {},
            "may_all": may(member, Permission.SUPERVISE),
            "variables": VARIABLES,
            "most_title": MOST_TITLE,
            "most_text": MOST_TEXT,
            "note": NOTES.get(request.query_params.get("note", ""), ""),
        }
        return self._site.page(request, "canned.html", values, status=422 if wrong else 200)


def _id(form: FormData) -> int:
    """Return the answer that a form is about, 0 for a new one."""
    given = text(form, "id")
    if not given:
        return 0
    if not (given.isascii() and given.isdigit() and len(given) < 10):
        raise HTTPException(400)
    return int(given)
