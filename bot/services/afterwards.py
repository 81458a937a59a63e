"""The conversation about cases that are filed: whether a message belongs to one, and what is answered.

Looked at before a new complaint is begun, and only while none is being told. In this order: the answer to what was asked
last (`Talk`), the answer to an open callback, what the words themselves want, the answer to a question of the office,
a phone number or a picture that comes after filing. Everything else is None here: the dialogue's own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, fields
from datetime import datetime, timedelta
from typing import Any

from bot.model.complaint import Complaint
from bot.model.draft import Said
from bot.model.status import WAITING
from bot.services import case_acts, case_words, phrasing, verdicts
from bot.services.case_acts import Lines, Material
from bot.services.case_words import (
    DISSATISFIED,
    HISTORY,
    MATERIAL,
    URGE,
    WITHDRAW,
    act_of,
    is_new_matter,
)
from bot.services.counter import Counter

WHICH, CONTENT, BELONGS, SURE = "which", "content", "belongs", "sure"
#: What may be done while another complaint is being told: said in one answer, nothing is asked back.
IN_BETWEEN = frozenset({URGE, HISTORY})
_NEW, _YES, _NO = "new_matter", "withdraw", "keep"
_CASES_MOST = 5
_SAME_BREATH = timedelta(minutes=10)
_BELONGS_NOT = frozenset({"deny", "second_matter", "start_complaint"})
_MAY_BE_TELLING = frozenset({"report", "correct", "cancel", "deny", "ask_duration"})
_MAY_SAY_MORE = frozenset({"chitchat", "out_of_scope", "abuse", "bye", "thanks"})
_SAYS_MORE = frozenset({"report", "correct", "affirm", "deny", "skip"})


@dataclass
class Talk:
    """What was asked last of a filed case, and what is held until it is answered.

    Attributes:
        asking: which case, the content of what is to be added, whether a picture belongs to one, whether to withdraw.
        cases: receipts offered, in the order of their numbers; case: the one it is about.
        text, sealed, phone, media: what is to be added once that is clear.
        added: when something was last added to `case`, as ISO text: a picture that follows at once belongs to it.
        heard: key of the picture that was taken last.
    """

    asking: str = ""
    act: str = ""
    cases: list[str] = field(default_factory=list)
    case: str = ""
    text: str = ""
    sealed: dict[str, str] = field(default_factory=dict)
    phone: str = ""
    media: list[str] = field(default_factory=list)
    added: str = ""
    heard: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Return plain data for the dialogue's slot; fields at their default are left out."""
        blank = Talk()
        return {k: v for k, v in asdict(self).items() if v != getattr(blank, k)}

    @classmethod
    def from_dict(cls, data: dict[str, Any] | None) -> Talk:
        """Read back what `to_dict` wrote; unknown keys of another version are ignored."""
        known = {f.name for f in fields(cls)}
        return cls(**{k: v for k, v in (data or {}).items() if k in known})

    @property
    def material(self) -> Material:
        """What is held."""
        return Material(self.text, self.sealed, tuple(self.media), self.phone)


@dataclass
class Served:
    """What is answered.

    Attributes:
        options: choices under the last line, as (id, label).
        talk: what the next message is looked at with.
        begins: pictures with which a new complaint begins instead of an answer; None if none does.
    """

    lines: Lines
    options: Sequence[tuple[str, str]] = ()
    talk: Talk = field(default_factory=Talk)
    begins: list[str] | None = None


def serve(counter: Counter, talk: Talk, said: Said) -> Served | None:
    """Answer a message that belongs to a filed case; None if it does not."""
    served = _pending(counter, talk, said) if talk.asking else None
    if served is not None:
        return served
    answered = verdicts.answered(counter, said)
    if answered is not None:
        return Served(*answered)
    act = act_of(said)
    if act == MATERIAL and not case_words.says_where_it_belongs(said) and _is_new(counter, said):
        return None
    if act and (said.intent not in _MAY_BE_TELLING or counter.cases()):
        return wish(counter, act, said)
    return _answers_office(counter, said) or _corrects(counter, said)


def wish(counter: Counter, act: str, said: Said) -> Served:
    """Do what the words want; ask which case is meant if that is open."""
    if act == DISSATISFIED:
        return Served(*verdicts.displeased(counter, said))
    held = _held(act, said)
    number = case_words.number_in(said.text)
    named = counter.case(number) if number else None
    if number and named is None:
        return Served([("utter_case_unknown", {"number": number})])
    cases = [named] if named else _candidates(counter, act)
    if not cases:
        return Served(_none(counter, act))
    if len(cases) > 1:
        return _which(cases, held)
    return _do(counter, cases[0], held)


def picture(counter: Counter, talk: Talk, medium_id: str, *, has_words: bool) -> Served | None:
    """Take a picture or voice that came after filing; None if it can only begin a complaint.

    One with words recognised in it is held without an answer: the words come next and say where it belongs.
    """
    if talk.asking in (CONTENT, BELONGS) or talk.asking == WHICH and talk.act == MATERIAL:
        talk.media.append(medium_id)
        if talk.asking == CONTENT:
            return _added(counter, _case(counter, talk.case), talk)
        return Served([("utter_belongs_more", {"count": len(talk.media)})], talk=talk)
    held = Talk(asking=BELONGS, act=MATERIAL, media=[medium_id])
    cases = counter.open_cases()
    waiting = [case for case in cases if case.status_code == WAITING]
    if cases and has_words:
        held.cases = [case.receipt for case in cases[:_CASES_MOST]]
        return Served([], talk=held)
    if talk.case and _just_added(counter, talk):
        return _added(counter, _case(counter, talk.case), held)
    if len(waiting) == 1:
        return _added(counter, waiting[0], held)
    if not any(counter.is_recent(case) for case in cases):
        return None
    held.cases = [case.receipt for case in cases[:_CASES_MOST]]
    options = [(c.receipt, _label(c)) for c in cases[:_CASES_MOST]]
    options += _choices(counter, _NEW)
    return Served([("utter_ask_belongs", {})], options, held)


def _is_new(counter: Counter, said: Said) -> bool:
    """True unless words without "补充" ("刚才那盏又不亮") can be of a case filed within a day."""
    recent = [case for case in counter.open_cases() if counter.is_recent(case)]
    return all(is_new_matter(said, case) for case in recent)


def _pending(counter: Counter, talk: Talk, said: Said) -> Served | None:
    if talk.asking == SURE:
        return _confirmed(counter, talk, said)
    if talk.asking == CONTENT:
        return _content(counter, talk, said)
    chosen = _choice(talk, said)
    if chosen == _NEW:
        return Served([], begins=talk.media)
    if chosen:
        return _do(counter, _case(counter, chosen), talk)
    return _beside_picture(counter, talk, said) if talk.asking == BELONGS else None


def _choice(talk: Talk, said: Said) -> str:
    """Return the receipt that is chosen, or that it is a new matter; "" for anything else."""
    offered = [*talk.cases, _NEW] if talk.asking == BELONGS else talk.cases
    if said.option in offered:
        return said.option
    if said.option.isdigit() and 1 <= int(said.option) <= len(offered):
        return offered[int(said.option) - 1]
    number = case_words.number_in(said.text)
    if number in offered:
        return number
    if talk.asking != BELONGS:
        return ""
    if said.intent == "affirm" and len(talk.cases) == 1:
        return talk.cases[0]
    return _NEW if said.intent in _BELONGS_NOT else ""


def _beside_picture(counter: Counter, talk: Talk, said: Said) -> Served | None:
    """Take words that follow a picture: they say what it is, of the case or of a new matter."""
    act = act_of(said)
    if act and act != MATERIAL or not act and not _tells(said):
        return None
    cases = [_case(counter, receipt) for receipt in talk.cases]
    if act != MATERIAL and all(is_new_matter(said, case) for case in cases):
        return Served([], begins=talk.media)
    held = Talk(
        act=MATERIAL, media=talk.media, text=said.text, sealed=dict(said.sealed), phone=said.phone
    )
    return _which(cases, held) if len(cases) > 1 else _added(counter, cases[0], held)


def _confirmed(counter: Counter, talk: Talk, said: Said) -> Served | None:
    """Take a case back only upon a plain yes right after it was asked."""
    if said.option in (_NO, "2") or said.intent == "deny" or case_words.keeps(said.text):
        return Served([("utter_not_withdrawn", {"receipt": talk.case})])
    says_yes = said.option in (_YES, "1") or phrasing.agrees(said)
    if not says_yes and act_of(said) != WITHDRAW:
        return None
    return Served(case_acts.withdraw(counter, _case(counter, talk.case)))


def _content(counter: Counter, talk: Talk, said: Said) -> Served | None:
    case = _case(counter, talk.case)
    if said.intent == "cancel":
        return Served([("utter_nothing_added", {})])
    act = act_of(said)
    if act and act != MATERIAL or not act and not _tells(said):
        return None
    if is_new_matter(said, case):
        return None
    talk.text, talk.sealed, talk.phone = said.text, dict(said.sealed), said.phone
    return _added(counter, case, talk)


def _do(counter: Counter, case: Complaint, held: Talk) -> Served:
    if held.act == URGE:
        return Served(case_acts.urge(counter, case))
    if held.act == HISTORY:
        return Served(case_acts.history(counter, case))
    if held.act == WITHDRAW:
        return _ask_whether(counter, case)
    if counter.meaning(case).is_closed:
        return Served([("utter_material_closed", {"receipt": case.receipt})])
    if held.text or held.media:
        return _added(counter, case, held)
    talk = Talk(asking=CONTENT, act=MATERIAL, case=case.receipt)
    return Served([("utter_ask_material", {"receipt": case.receipt})], talk=talk)


def _ask_whether(counter: Counter, case: Complaint) -> Served:
    if counter.meaning(case).is_closed:
        return Served(case_acts.withdraw(counter, case))
    values = {"receipt": case.receipt, "summary": case.summary}
    talk = Talk(asking=SURE, act=WITHDRAW, case=case.receipt)
    return Served([("utter_ask_withdraw", values)], _choices(counter, _YES, _NO), talk)


def _which(cases: list[Complaint], held: Talk) -> Served:
    shown = cases[:_CASES_MOST]
    held.asking, held.cases = WHICH, [case.receipt for case in shown]
    return Served([("utter_ask_which_case", {})], [(c.receipt, _label(c)) for c in shown], held)


def _added(counter: Counter, case: Complaint, held: Talk) -> Served:
    lines = case_acts.add(counter, case, held.material)
    return Served(lines, talk=Talk(case=case.receipt, added=counter.now().isoformat()))


def _answers_office(counter: Counter, said: Said) -> Served | None:
    """Take the answer to what the office asked: any words that tell of nothing else."""
    if not _tells(said):
        return None
    waiting = [c for c in counter.cases_at(WAITING) if not counter.meaning(c).is_closed]
    if not waiting or any(is_new_matter(said, case) for case in waiting):
        return None
    held = _held(MATERIAL, said)
    return _which(waiting, held) if len(waiting) > 1 else _added(counter, waiting[0], held)


def _tells(said: Said) -> bool:
    """True for words that may be the content that was asked for: no question, no courtesy, no command."""
    if case_words.is_courtesy(said.text):
        return False
    return said.intent in _SAYS_MORE or (
        said.intent in _MAY_SAY_MORE and not phrasing.is_question(said.text)
    )


def _corrects(counter: Counter, said: Said) -> Served | None:
    """Take "地点不对，是……" said soon after filing."""
    if said.intent != "correct":
        return None
    recent = [case for case in counter.open_cases() if counter.is_recent(case)]
    if not recent:
        return None
    held = _held(MATERIAL, said)
    return _which(recent, held) if len(recent) > 1 else _added(counter, recent[0], held)


def _held(act: str, said: Said) -> Talk:
    held = Talk(act=act)
    if act == MATERIAL and not case_words.only_announces(said):
        held.text, held.sealed, held.phone = said.text, dict(said.sealed), said.phone
    return held


def _candidates(counter: Counter, act: str) -> list[Complaint]:
    """Return the cases an act can mean; of those that are done, the newest, if nothing else is there."""
    cases = counter.cases()
    if act == HISTORY:
        return cases[:_CASES_MOST]
    found = [case for case in cases if not counter.meaning(case).is_closed]
    return found or (cases[:1] if act != MATERIAL else [])


def _none(counter: Counter, act: str) -> Lines:
    done = counter.cases()
    if act == MATERIAL and done:
        return [("utter_material_closed", {"receipt": done[0].receipt})]
    return [("utter_no_cases", {})]


def _case(counter: Counter, receipt: str) -> Complaint:
    found = counter.case(receipt)
    if found is None:
        raise LookupError(receipt)
    return found


def _just_added(counter: Counter, talk: Talk) -> bool:
    return bool(talk.added) and counter.now() - datetime.fromisoformat(talk.added) < _SAME_BREATH


def _choices(counter: Counter, *options: str) -> list[tuple[str, str]]:
    return [(option, counter.phrases.say(f"utter_choice_{option}")) for option in options]


def _label(case: Complaint) -> str:
    return f"{case.receipt} {case.summary}"
