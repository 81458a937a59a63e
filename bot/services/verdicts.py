"""What a citizen says of the office's reply: the callback's answers, and what follows when they are not satisfied."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from bot.model.complaint import Complaint
from bot.model.draft import Said
from bot.services import callback, case_acts, case_words
from bot.services.callback import OPTIONS, RATING, REASON, SOLVED, Answered, Callback
from bot.services.case_acts import Lines, Material
from bot.services.case_words import is_new_matter
from bot.services.counter import Counter

#: What is asked and which choices are under it.
Told = tuple[Lines, Sequence[tuple[str, str]]]
_OTHER_WISHES = frozenset({case_words.WITHDRAW, case_words.HISTORY, case_words.DISSATISFIED})
_REASONS = frozenset(
    {
        "abuse",
        "add_material",
        "ask_progress",
        "bye",
        "chitchat",
        "correct",
        "deny",
        "dissatisfied",
        "out_of_scope",
        "report",
        "thanks",
        "urge",
    }  # fmt: skip
)


def answered(counter: Counter, said: Said) -> Told | None:
    """Take the answer to the question that is open; None if there is none or the words do not answer it."""
    case = _open(counter)
    if case is None:
        return None
    state = Callback.from_dict(case.callback)
    if state.step == REASON:
        return _reason(counter, case, state, said)
    found = callback.answer(state, said.text, said.option)
    if found is None:
        return None
    case_acts.settle(counter, case, found.callback)
    return _next(counter, case, found, said)


def displeased(counter: Counter, said: Said) -> Told:
    """Take "我不满意": of a case that was answered the reason is asked for, and with it the case goes back."""
    number = case_words.number_in(said.text)
    cases = [c for c in counter.cases() if not number or c.receipt == number]
    done = [c for c in cases if counter.meaning(c).is_closed]
    case = _open(counter) or (done[0] if done else None)
    if case is None:
        return [("utter_dissatisfied_open" if cases else "utter_no_cases", {})], ()
    reason = case_words.reason_in(said.text)
    if reason:
        return case_acts.redo(counter, case, _material(said)), ()
    return _ask_why(counter, case, Callback.from_dict(case.callback))


def _open(counter: Counter) -> Complaint | None:
    """Return the case whose callback is open; of several the one asked about last."""
    asked = [case for case in counter.cases_in_callback() if case.callback.get("step")]
    return max(asked, key=lambda case: str(case.callback.get("asked", "")), default=None)


def _next(counter: Counter, case: Complaint, found: Answered, said: Said) -> Told:
    state = found.callback
    if found.skipped:
        return [("utter_callback_skipped", {})], ()
    if found.unclear:
        return [("utter_callback_score_unclear", {})], ()
    if state.step == REASON:
        if found.why:
            return case_acts.redo(counter, case, _material(said, found.why)), ()
        return _ask_why(counter, case, state)
    if state.step == SOLVED:
        say = counter.phrases.say
        return [("utter_callback_solved", {})], [
            (o, say(f"utter_choice_{o}")) for o in OPTIONS[SOLVED]
        ]
    if state.step == RATING:
        if len(state.missing) == len(callback.SCORES):
            return [("utter_callback_rating", {})], ()
        return [(f"utter_callback_{state.missing[0]}", {})], ()
    return _thanks(counter, case, state)


def _thanks(counter: Counter, case: Complaint, state: Callback) -> Told:
    total = callback.total_name(state.total or 0)
    lines: Lines = [
        ("utter_callback_thanks", {"total": counter.phrases.say(f"utter_total_{total}")})
    ]
    if not state.is_dissatisfied:
        return lines, ()
    asked, options = _ask_why(counter, case, state)
    return [*lines, *asked], options


def _ask_why(counter: Counter, case: Complaint, state: Callback) -> Told:
    """Ask for the reason in words; for a case that went back before, say that it will not do so again."""
    now = counter.now().isoformat()
    case_acts.settle(counter, case, replace(state, step=REASON, asked=now))
    again = case_acts.was_redone(counter, case)
    name = "utter_callback_reason_again" if again else "utter_callback_reason"
    return [(name, {"receipt": case.receipt})], ()


def _reason(counter: Counter, case: Complaint, state: Callback, said: Said) -> Told | None:
    if said.intent in ("skip", "cancel"):
        case_acts.settle(counter, case, replace(state, step=""))
        return [("utter_callback_skipped", {})], ()
    is_reason = said.intent in _REASONS and not case_words.is_courtesy(said.text)
    is_reason = is_reason and case_words.act_of(said) not in _OTHER_WISHES
    if not is_reason or is_new_matter(said, case):
        return None
    return case_acts.redo(counter, case, _material(said)), ()


def _material(said: Said, text: str = "") -> Material:
    return Material(text or said.text, said.sealed)
