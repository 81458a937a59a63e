"""What staff are told when something does not work: a page with a way back, or JSON for a script."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from console.site import Site

_WORDS = {
    400: ("没有看懂这次提交", "请返回刷新后再试一次。"),
    403: ("没有提交成功", "页面可能开得太久了。请返回刷新后再试一次。"),
    404: ("没有找到", "这里没有您要找的内容，可能链接不完整。"),
    405: ("不能这样打开", "请从上方的菜单进入。"),
    413: ("提交的内容太大", "请缩小后再试一次，图片最大 10 MB。"),
    409: ("暂时还不能登记", "这件事项还没有后台编号，转交成功后再来登记进展。"),
}
_ANY = ("出了点问题", "请返回再试一次；如果一直这样，请告诉运维人员。")
_DOWN = ("暂时读不到记录", "数据库暂时没有回应，市民的消息不会丢。请过几秒再刷新。")
_NOT_YOURS = ("您的账号没有这项权限", "如果工作需要，请联系管理员调整您的角色。")


def problem(request: Request, status: int) -> Response:
    """Answer a refused request."""
    return _answer(request, status, _WORDS.get(status, _ANY))


def not_yours(request: Request) -> Response:
    """Answer who is signed in and may not do this."""
    return _answer(request, 403, _NOT_YOURS)


def record_down(request: Request) -> Response:
    """Answer while the record cannot be used."""
    answer = _answer(request, 503, _DOWN)
    answer.headers["Retry-After"] = "5"
    return answer


def wants_json(request: Request) -> bool:
    """True if a script asks, to which a page would be no answer."""
    accepted = request.headers.get("accept", "")
    return (
        request.scope["path"].endswith(".json")
        or "application/json" in accepted
        or "text/event-stream" in accepted
        or request.headers.get("content-type", "").startswith("application/json")
    )


def _answer(request: Request, status: int, words: tuple[str, str]) -> Response:
    if wants_json(request):
        return JSONResponse({"error": words[0], "advice": words[1]}, status)
    site: Site = request.app.state.site
    return site.page(
        request, "error.html", {"headline": words[0], "advice": words[1]}, status=status
    )
