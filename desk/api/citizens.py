"""What a citizen says of a case after filing, in the attributes of an update (mySociety's POST of updates).

`attribute[citizen_act]` says that the update is the citizen's and not the office's: material, urge, withdraw, verdict or
redo; a verdict's answers are in attributes of their own. A client that knows none of them posts plain updates.
"""

from __future__ import annotations

from desk.faults import BadRequest
from desk.model.case import Verdict
from desk.office.stepping import Wanted
from desk.params import Params
from desk.records import Update

#: What a citizen may say → the step it is (catalog/flow.yml).
ACTS = {
    "material": "add_material",
    "urge": "urge",
    "withdraw": "withdraw",
    "verdict": "follow_up",
    "redo": "redo",
}
_SOLVED = ("yes", "partly", "no")
_CONTACTED = {"true": True, "false": False}


def read(params: Params, update: Update) -> tuple[str, Wanted] | None:
    """Return the step that a citizen's update is, None for another system's update."""
    given = params.prefixed("attribute")
    act = given.get("citizen_act", [""])[0]
    if not act:
        return None
    if act not in ACTS:
        raise BadRequest(f"不认识的 citizen_act：{act}")
    verdict = _verdict(given, update.description) if act == "verdict" else None
    wanted = Wanted(
        note=update.description,
        verdict=verdict,
        media_urls=update.media_urls,
        key=update.update_id,
    )
    return ACTS[act], wanted


def _verdict(given: dict[str, list[str]], words: str) -> Verdict:
    def said(name: str) -> str:
        return given.get(name, [""])[0]

    solved, contacted = said("solved"), said("contacted")
    if (solved and solved not in _SOLVED) or (contacted and contacted not in _CONTACTED):
        raise BadRequest("评价的格式不正确。")
    return Verdict(
        contacted=_CONTACTED.get(contacted),
        solved=solved,
        degree=_mark(said("degree")),
        attitude=_mark(said("attitude")),
        speed=_mark(said("speed")),
        reason=words,
    )


def _mark(text: str) -> int | None:
    if not text:
        return None
    if text not in ("1", "2", "3", "4", "5"):
        raise BadRequest("评分是 1 到 5。")
    return int(text)
