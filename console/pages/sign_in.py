"""Signing in and out."""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from console import audit
from console.gate import is_safe_next
from console.sessions import ADMIN, COOKIE, FORM_COOKIE, LASTS, new_nonce
from console.site import Site, linker, see, session_of, text

_WRONG = "账号或密码不对，请再试一次。"
_CLOSED = "还没有设置管理员密码，暂时不能登录。请在 MINSHENG_ADMIN_PASSWORD 中设置后重新启动。"


class SignInPages:
    """The sign-in page; a browser is known to it by a cookie of its own, so that its form cannot be forged."""

    def __init__(self, site: Site) -> None:
        self._site = site

    def routes(self) -> list[Route]:
        """Return the routes with their paths."""
        return [
            Route("/sign-in", self.show, methods=["GET"], name="sign_in"),
            Route("/sign-in", self.enter, methods=["POST"]),
            Route("/sign-out", self.leave, methods=["POST"], name="sign_out"),
        ]

    def show(self, request: Request) -> Response:
        """Show the form, or go on if the browser is signed in already."""
        if request.state.session is not None:
            return see(request, "waiting")
        return self._form(request, wanted=request.query_params.get("next", ""))

    async def enter(self, request: Request) -> Response:
        """Check the password and start a session."""
        form = await request.form(max_files=0, max_fields=10)
        nonce = request.cookies.get(FORM_COOKIE, "")
        if not self._site.sessions.is_form_token(nonce, text(form, "csrf")):
            raise HTTPException(403)
        wanted = text(form, "next")
        address = request.client.host if request.client else ""
        shut_s = self._site.tries.shut_for_s(address)
        if shut_s:
            return self._shut(request, shut_s, wanted)
        if not self._is_right(text(form, "account"), text(form, "password")):
            self._site.tries.note_wrong(address)
            audit.note("sign-in refused", who="", address=address)
            shut_s = self._site.tries.shut_for_s(address)
            if shut_s:
                return self._shut(request, shut_s, wanted)
            return self._form(request, wanted=wanted, problem=_WRONG, status=403)
        self._site.tries.forgive(address)
        audit.note("signed in", who=ADMIN, address=address)
        return self._started(request, wanted)

    async def leave(self, request: Request) -> Response:
        """End the session in this browser."""
        await self._site.form(request)
        audit.note("signed out", who=session_of(request).who)
        answer = see(request, "sign_in")
        answer.delete_cookie(COOKIE, path=_cookie_path(request))
        return answer

    def _is_right(self, account: str, password: str) -> bool:
        right = self._site.sessions.is_password(password)
        return right and account.strip() == ADMIN

    def _started(self, request: Request, wanted: str) -> Response:
        root = request.scope.get("root_path", "")
        target = root + wanted if is_safe_next(wanted) else linker(request)("waiting")
        answer = RedirectResponse(target, 303)
        self._set_cookie(
            request, answer, COOKIE, self._site.sessions.open(ADMIN), int(LASTS.total_seconds())
        )
        answer.delete_cookie(FORM_COOKIE, path=_cookie_path(request))
        return answer

    def _shut(self, request: Request, seconds: int, wanted: str) -> Response:
        minutes = -(-seconds // 60)
        problem = f"密码错了太多次，请 {minutes} 分钟后再试。"
        answer = self._form(request, wanted=wanted, problem=problem, status=429)
        answer.headers["Retry-After"] = str(seconds)
        return answer

    def _form(
        self, request: Request, *, wanted: str, problem: str = "", status: int = 200
    ) -> Response:
        known = request.cookies.get(FORM_COOKIE, "")
        nonce = known or new_nonce()
        values = {
            "csrf": self._site.sessions.form_token(nonce),
            "account": ADMIN,
            "wanted": wanted if is_safe_next(wanted) else "",
            "problem": problem or ("" if self._site.config.admin_password else _CLOSED),
        }
        answer = self._site.page(request, "sign_in.html", values, status=status)
        if not known:
            self._set_cookie(request, answer, FORM_COOKIE, nonce, 3600)
        return answer

    def _set_cookie(
        self, request: Request, answer: Response, name: str, value: str, max_age_s: int
    ) -> None:
        answer.set_cookie(
            name,
            value,
            max_age=max_age_s,
            path=_cookie_path(request),
            httponly=True,
            samesite="lax",
            secure=self._site.config.secure_cookies,
        )


def _cookie_path(request: Request) -> str:
    return request.scope.get("root_path", "") or "/"
