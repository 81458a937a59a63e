"""What a citizen may do about a filed case: add to it, urge it, take it back, ask what was done.

Each changes the record and says what to answer, as response names with their values.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from bot.model.backend import CitizenAct
from bot.model.complaint import Complaint, Step
from bot.model.conversation import WaitReason
from bot.services import amending, handoff
from bot.services.amending import Word
from bot.services.callback import Callback, ended
from bot.services.counter import Counter

Lines = list[tuple[str, dict[str, Any]]]

HISTORY_MOST = 8
_SHOWN_MOST = 60  # characters of one step's text
_STILL_CHANGES = timedelta(minutes=30)


@dataclass(frozen=True)
class Material:
    """What is added to a case: words, masked, with what their masks stand for; our ids of pictures and voices."""

    text: str = ""
    sealed: Mapping[str, str] = field(default_factory=dict)
    media: tuple[str, ...] = ()
    phone: str = ""


def add(counter: Counter, case: Complaint, material: Material) -> Lines:
    """Hand words and pictures on to who works on the case."""
    case = _locked(counter, case)
    case.sealed = {**case.sealed, **material.sealed}
    if material.phone and not case.contact_phone:
        case.contact_phone = material.sealed.get(material.phone, "")
    counter.unit.complaints.save(case)
    counter.unit.media.attach(list(material.media), case.id)
    text = material.text or _to_office(counter, CitizenAct.MATERIAL, count=len(material.media))
    _order(counter, case, CitizenAct.MATERIAL, text, media=material.media)
    return [("utter_material_added", {"receipt": case.receipt})]


def urge(counter: Counter, case: Complaint) -> Lines:
    """Pass the wish for haste on, once a day of the office's calendar; who urges an answered case is asked otherwise."""
    if counter.meaning(case).is_closed:
        return [("utter_urge_answered", {**_named(counter, case)})]
    update_id = f"{case.id}-urge-{counter.office.day(counter.now())}"
    earlier = amending.ordered(counter.unit, update_id)
    lines: Lines = []
    if earlier is None:
        text = _to_office(counter, CitizenAct.URGE)
        _order(counter, case, CitizenAct.URGE, text, update_id=update_id)
        lines.append(("utter_urged", _named(counter, case)))
    else:
        passed = counter.office.stamp(earlier.created_at or counter.now())[-5:]
        lines.append(("utter_urged_before", {**_named(counter, case), "time": passed}))
    return [*lines, *due(counter, case)]


def withdraw(counter: Counter, case: Complaint) -> Lines:
    """Pass on that the citizen takes the case back; the office ends it."""
    if counter.meaning(case).is_closed:
        return [("utter_withdraw_closed", _named(counter, case))]
    update_id = f"{case.id}-withdraw"
    if amending.ordered(counter.unit, update_id) is not None:
        return [("utter_withdrawn_before", _named(counter, case))]
    text = _to_office(counter, CitizenAct.WITHDRAW)
    _order(counter, case, CitizenAct.WITHDRAW, text, update_id=update_id)
    return [("utter_withdrawn", _named(counter, case))]


def history(counter: Counter, case: Complaint) -> Lines:
    """Tell the steps of a case, newest last; of many only the last, the rest counted."""
    stamp = counter.office.stamp
    told: Lines = [("utter_history_filed", {"stamp": stamp(case.confirmed_at)})]
    told += [_step(counter, step) for step in counter.unit.complaints.steps(case.id)]
    more = len(told) - HISTORY_MOST
    lines: Lines = [("utter_history", _named(counter, case))]
    if more > 0:
        lines.append(("utter_history_more", {"count": more}))
    return [*lines, *told[-HISTORY_MOST:]]


def _step(counter: Counter, step: Step) -> tuple[str, dict[str, Any]]:
    values = {
        "stamp": counter.office.stamp(step.at),
        "status": counter.statuses.meaning(step.status, step.code).name,
        "unit": step.agency,
        "words": _shown(step.text),
    }
    name = "utter_history_step_of" if step.agency else "utter_history_step"
    return (name if step.text else f"{name}_bare", values)


def due(counter: Counter, case: Complaint) -> Lines:
    """Say when the reply is due, if the backend told and it is still to come."""
    if case.due_at is None or case.due_at < counter.now() or counter.meaning(case).is_closed:
        return []
    return [("utter_case_due", {"due": counter.office.stamp(case.due_at)})]


def settle(counter: Counter, case: Complaint, callback: Callback, *, words: str = "") -> None:
    """Keep how far the callback is, and order the verdict: it may still grow for half an hour.

    What is answered later than that goes out as a verdict of its own, which says all of it again. `words`: why the
    citizen is not satisfied, where that is not told otherwise.
    """
    case = _locked(counter, case)
    case.callback = callback.to_dict()
    counter.unit.complaints.save(case)
    verdict = callback.verdict()
    if not verdict:
        return
    text = words or _to_office(counter, CitizenAct.VERDICT)
    wait = _STILL_CHANGES if callback.step else timedelta(0)
    update_id = f"{case.id}-verdict-{callback.round}"
    said = amending.ordered(counter.unit, update_id)
    if said is not None:
        due_at = counter.now() + wait
        changed = amending.change(counter.unit, said, due_at=due_at, verdict=verdict, text=text)
        if changed or said.payload.get("verdict") == verdict and not words:
            return
        update_id = f"{update_id}-{uuid.uuid4().hex[:8]}"
    word = Word(CitizenAct.VERDICT, update_id, text, verdict=verdict)
    cause = counter.message_key
    amending.order(counter.unit, case, word, counter.now(), wait=wait, cause=cause)


def redo(counter: Counter, case: Complaint, material: Material) -> Lines:
    """Send a case back with the citizen's reason, once; the second time a person is to see the reason."""
    case = _locked(counter, case)
    case.sealed = {**case.sealed, **material.sealed}
    case.callback = ended(case.callback)
    counter.unit.complaints.save(case)
    if not was_redone(counter, case):
        _order(counter, case, CitizenAct.REDO, material.text, update_id=_redo_id(case))
        return [("utter_redone", _named(counter, case))]
    callback = Callback.from_dict(case.callback)
    if callback.verdict():  # an answered case takes no more material, but a verdict
        settle(counter, case, callback, words=material.text)
    else:
        _order(counter, case, CitizenAct.MATERIAL, material.text)
    handoff.want(counter.unit, counter.conversation, WaitReason.ASKED, counter.clock)
    return [("utter_redo_again", _named(counter, case))]


def was_redone(counter: Counter, case: Complaint) -> bool:
    """True if the citizen had the case sent back before."""
    return amending.ordered(counter.unit, _redo_id(case)) is not None


def _redo_id(case: Complaint) -> str:
    return f"{case.id}-redo"


def _order(
    counter: Counter,
    case: Complaint,
    act: CitizenAct,
    text: str,
    *,
    update_id: str = "",
    media: tuple[str, ...] = (),
) -> None:
    word = Word(act, update_id or f"{case.id}-{uuid.uuid4().hex}", text, media)
    amending.order(counter.unit, case, word, counter.now(), cause=counter.message_key)


def _locked(counter: Counter, case: Complaint) -> Complaint:
    """Return the case as it is now, nobody else changing it until the turn ends."""
    return counter.unit.complaints.get(case.id, lock=True) or case


def _to_office(counter: Counter, act: CitizenAct, **values: Any) -> str:
    """Return the sentence that the office reads where the citizen's own words are none."""
    return counter.phrases.say(f"utter_to_office_{act.value}", **values)


def _named(counter: Counter, case: Complaint) -> dict[str, Any]:
    return {
        "receipt": case.receipt,
        "summary": case.summary,
        "status": counter.status_name(case),
    }


def _shown(text: str) -> str:
    words = " ".join(text.split())
    return words if len(words) <= _SHOWN_MOST else f"{words[: _SHOWN_MOST - 1]}…"
