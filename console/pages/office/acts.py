"""The steps that a viewer may take now, as buttons and small forms: the obvious one first."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from starlette.requests import Request

from console.pages.office.forms import StepForm
from console.pages.office.rows import NEXT
from console.pages.office.viewing import Viewer
from desk.model.case import Case
from desk.model.flow import StepRule

#: What pressing a button does, where its name does not say it all.
_HINTS = {
    "dispatch": "单位和市民都会看到期限。",
    "send_down": "只能派给直属的下一级；您单位仍对结果负责。",
    "return_up": "写明为什么不属您单位。退回后由上级或受理中心裁定，裁定后不能再退。",
    "rule": "裁定以后，这个单位不能再退回。",
    "ask_material": "期限从现在起暂停，市民补充后接着算。市民会看到这段话。",
    "extend": "原因和新的日期都会告诉市民。",
    "reply": "市民会原样收到答复。说明不等于解决：办不到的请选“暂不能解决”。",
    "follow_up": "只填市民说过的；没有说的留空。没有回应不算满意。",
    "redo": "发回原单位重新办理，期限重新计算；原因会记入经过。",
    "merge": "同一件事并入另一件，答复时一起告诉市民。",
    "say": "市民会原样收到这段话。",
    "note": "只有工作人员看得到。",
    "grade": "改了类别或紧急程度，期限会重新计算。",
}


@dataclass(frozen=True)
class Act:
    """One step that may be taken now; `at_once`: it needs nothing but the press of its button."""

    code: str
    name: str
    needs: tuple[str, ...]
    url: str
    hint: str
    at_once: bool
    is_main: bool
    is_open: bool


def acts_of(
    viewer: Viewer, case: Case, form: StepForm, request: Request, link: Callable[..., str]
) -> list[Act]:
    """Return them; the form that was refused, or that the address asks for, stands open."""
    if not viewer.may_act:
        return []
    rules = viewer.desk.rules
    main = NEXT.get(case.state, ("", False))[0]
    wanted = form.step or request.query_params.get("do", "")

    def act(rule: StepRule) -> Act:
        return Act(
            code=rule.code,
            name=rule.name,
            needs=rule.needs,
            url=link("office_act", id=case.id, step=rule.code),
            hint=_HINTS.get(rule.code, ""),
            at_once=not rule.needs and rule.code != "grade",
            is_main=rule.code == main,
            is_open=rule.code == wanted,
        )

    found = [act(rule) for rule in rules.flow.open_to(viewer.actor, case, rules.units)]
    if not (case.unit and rules.units.children(case.unit)):
        found = [one for one in found if one.code != "send_down"]
    return sorted(found, key=lambda one: not one.is_main)
