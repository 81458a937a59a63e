"""Which division the place lies in: taken from the words, asked when a name means several, put in front when told later.

The place itself stays as said. No question is asked about a pin, a place in another city, or one nobody can tell.
"""

from __future__ import annotations

import re
from dataclasses import asdict

from bot.model.draft import Division, Draft, Said
from bot.services import phrasing
from bot.services.categorising import UNKNOWN_PLACE
from bot.services.taken import Taken

#: What a draft asks for while it is open which of several divisions is meant.
DIVISION = "division"
_MOST_CHOICES = 5
_NOT_KNOWN = 12  # characters: more than "我也不清楚是哪个区" is telling, not passing
_AROUND = re.compile(
    r"^(?:[，,。.！!\s]|应该|好像|大概|其实|地点|位置|就|在|是|属于|位于|我们|这|那|里|边|个)+"
    r"|(?:[，,。.！!\s]|那边|这边|那里|这里|应该|[的在是吧啊哦呢呀哈嘛了属])+$"
)


def note(draft: Draft, said: Said) -> None:
    """Take what a message says of where its place lies; call it once the place is set."""
    if said.choices and not draft.division:
        draft.choices = [asdict(choice) for choice in said.choices[:_MOST_CHOICES]]
    found = _meant(draft, said)
    if found is not None and _is_better(draft, found):
        draft.division, draft.choices = asdict(found), []
    if not said.district_open:
        draft.district_known = True


def moved(draft: Draft, said: Said) -> None:
    """Take a place that replaced the earlier one: what was known of that no longer counts."""
    draft.division, draft.choices, draft.district_known = None, [], False
    note(draft, said)


def choice_is_due(draft: Draft) -> bool:
    """True if the place's name means several divisions and nobody said which."""
    return bool(draft.place and draft.choices) and not (draft.division or draft.point)


def district_is_open(draft: Draft) -> bool:
    """True if it would help to know the district, and it was neither said nor declined."""
    is_known = draft.district_known or draft.division or draft.point or draft.choices
    return bool(draft.place) and not is_known and UNKNOWN_PLACE not in draft.place


def answers(draft: Draft, said: Said) -> bool:
    """True if a message tells the division that was asked for, or that it is not known."""
    if draft.asking == DIVISION:
        return bool(_named_choice(draft, said.text)) or passes(said.text)
    if not district_is_open(draft):
        return False
    return _named_district(draft, said) is not None or passes(said.text)


def take_choice(taken: Taken, said: Said) -> bool:
    """Take the answer to "哪一个"; asked once: whatever else is said, the place stays as it is."""
    draft = taken.draft
    chosen = _named_choice(draft, said.text)
    if chosen:
        choose(draft, chosen)
        return True
    draft.choices, draft.offered, draft.district_known = [], [], True
    return passes(said.text) or said.intent in ("skip", "deny", "affirm")


def choose(draft: Draft, code: str) -> None:
    """Settle on one of the choices."""
    chosen = next(Division(**c) for c in draft.choices if c["code"] == code)
    draft.division, draft.choices = asdict(chosen), []
    _put_in_front(draft, chosen.district)


def take_district(taken: Taken, said: Said) -> bool:
    """Take the district that was told before 确认; False if the message is about something else."""
    draft = taken.draft
    found = _named_district(draft, said)
    if found is not None:
        draft.division = asdict(found)
        draft.said.append(said.text)
        _put_in_front(draft, found.label)
        taken.notes.append(("utter_noted_district", {"district": found.label}))
        return True
    if passes(said.text) and ("区" in said.text or not draft.attribute):
        draft.district_known = True
        taken.notes.append(("utter_district_left_out", {}))
        return True
    return False


def passes(text: str) -> bool:
    """True for "不知道哪个区": no answer, and none to wait for."""
    return len(text) <= _NOT_KNOWN and phrasing.does_not_know(text)


def _meant(draft: Draft, said: Said) -> Division | None:
    """Return the one division a message names; of several the one that the place itself names."""
    if len(said.divisions) == 1:
        return said.divisions[0]
    named = [d for d in said.divisions if d.district and d.district in draft.place]
    return named[0] if len({d.code for d in named}) == 1 and not said.choices else None


def _is_better(draft: Draft, found: Division) -> bool:
    """True if nothing is known yet, or this is finer, or the place itself names it."""
    if not draft.division:
        return True
    return found.code.startswith(draft.division["code"]) or found.district in draft.place


def _named_choice(draft: Draft, text: str) -> str:
    """Return the code of the only choice whose own part of the name stands in the words, "" if none or several do."""
    fitting = [
        c["code"]
        for c in draft.choices
        if c["district"] and (c["district"] in text or c["district"][:-1] in text)
    ]
    return fitting[0] if len(fitting) == 1 else ""


def _named_district(draft: Draft, said: Said) -> Division | None:
    """Return the division of a message that says no more than that, or the place once more with it."""
    if len(said.divisions) != 1 or not said.divisions[0].district:
        return None
    found = said.divisions[0]
    rest = said.text
    for word in (found.full, found.label, found.district, found.district[:-1]):
        rest = rest.replace(word, " ")
    street = found.label[len(found.district) :]
    rest = rest.replace(street, " ") if street else rest
    head = found.full[: found.full.find(found.district)]
    rest = _AROUND.sub("", rest)
    beside = rest and rest not in draft.place and rest not in head and rest not in f"{head}区县"
    return None if beside else found


def _put_in_front(draft: Draft, name: str) -> None:
    if name not in draft.place:
        draft.place = f"{name} {draft.place}"
