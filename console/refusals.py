"""What staff are told when an act cannot be done now: who was faster, what changed, which field to set right."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from bot.model.conversation import AlreadyHeld, NotHeld
from bot.record import Stale
from bot.services.handoff import CitizenWaits, NotThere, Spoke, Unknown
from bot.services.on_behalf import MOST_WORDS, Incomplete
from console.site import Site


class Unfit(Exception):
    """What was posted cannot be taken; `problems` maps a field to a sentence."""

    def __init__(self, **problems: str) -> None:
        super().__init__(", ".join(problems))
        self.problems = problems


class NotNow(Exception):
    """It cannot be done as things stand; the message is for the reader."""


#: Kind of refusal → status, what happened, what to do.
_WORDS: dict[type[Exception], tuple[int, str, str]] = {
    CitizenWaits: (
        409,
        "这位市民正等着人工，不能直接移出等待",
        "请先接入，说上一句再交还机器人。",
    ),
    NotThere: (409, "这位同事现在没有在岗接待", "请换一位在岗的同事，或者退回等待。"),
    Spoke: (409, "市民刚刚又说了话", "请看过最新内容后再按一次。"),
    Unknown: (404, "没有找到这段对话", "可能链接不完整，请从列表里打开。"),
    Stale: (409, "刚刚有变化", "请再试一次。"),
}
REFUSED = (*_WORDS, AlreadyHeld, NotHeld, Incomplete, Unfit, NotNow)

_PLEASE = "请改好标出的几处再提交，写好的内容都还在。"
#: Field and what is wrong with it (a word of `Incomplete`) → a sentence.
_FIELDS = {
    ("service_code", "unknown"): "请选择一个类别。",
    ("said", "missing"): "请写明反映的情况。",
    ("said", "long"): f"情况写得太长，请控制在 {MOST_WORDS} 字以内。",
    ("place", "missing"): "请填写地点，越具体越好。",
    ("place", "long"): "地点写得太长，请简短一些。",
    ("phone", "unknown"): "电话号码看起来不对，请核对；没有可以不填。",
    ("name", "long"): "称呼写得太长，请简短一些。",
    ("nature", "unknown"): "请重新选择性质。",
    ("visibility", "unknown"): "请重新选择是否公开。",
}
_ANSWERS = {
    "missing": "这一项必须填写。",
    "unknown": "请从列出的选项里选择。",
    "number": "这里要填数字。",
    "long": "写得太长，请简短一些。",
}


def refused(request: Request, error: Exception) -> Response:
    """Answer an act that was refused, as JSON: only scripts act."""
    if isinstance(error, Incomplete):
        return _unfit({field: _sentence(field, word) for field, word in error.problems.items()})
    if isinstance(error, Unfit):
        return _unfit(error.problems)
    if isinstance(error, AlreadyHeld | NotHeld):
        return _held(request.app.state.site, error)
    if isinstance(error, NotNow):
        return JSONResponse({"error": str(error), "advice": ""}, 409)
    status, words, advice = next(v for kind, v in _WORDS.items() if isinstance(error, kind))
    return JSONResponse({"error": words, "advice": advice}, status)


def _unfit(problems: Mapping[str, str]) -> Response:
    first = next(iter(problems.values()), "")
    error = first if len(problems) == 1 else "还有几处要补充或修改"
    return JSONResponse({"error": error, "advice": _PLEASE, "problems": dict(problems)}, 422)


def _held(site: Site, error: AlreadyHeld | NotHeld) -> Response:
    """Say who has the citizen."""
    number, name = error.agent, ""
    if number:
        with site.record.reading() as unit:
            member = unit.staff.get(number)
        name = member.name if member else ""
    who = f"{number} {name}".strip()
    if not number:
        words, advice = "这位市民现在不由您接待", "请先接入，写好的内容还在。"
    elif isinstance(error, AlreadyHeld):
        words, advice = f"{who} 已经接入了这位市民", "您可以看对话、写内部备注。"
    else:
        words, advice = f"这位市民现在由 {who} 接待", "您可以看对话、写内部备注。"
    answer = {"error": words, "advice": advice, "agent": number, "agent_name": name}
    return JSONResponse(answer, 409)


def _sentence(field: str, word: str) -> str:
    if field.startswith("answers."):
        return _ANSWERS.get(word, "这一项不对，请核对。")
    return _FIELDS.get((field, word), "这一项不对，请核对。")
