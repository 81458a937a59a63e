"""Taking one message into the draft: what it fills, corrects or leaves open, and what is asked next.

Pure functions over `Draft` and `Said`; the dialogue only carries slots in and response names out. The rules are
those of the sample conversations: never ask what was said, one thing at a time, a correction replaces.
"""

from __future__ import annotations

import re

from bot.model.draft import ANSWER, CATEGORY, CONFIRMED, DETAILS, PLACE, Draft, Said
from bot.services import answering, categorising, correcting, locating, phrasing, wanting
from bot.services.answering import read_answer
from bot.services.categorising import UNKNOWN_PLACE
from bot.services.correcting import FIELD_NAMES
from bot.services.directory import Directory
from bot.services.locating import DIVISION
from bot.services.phrasing import NOTE, agrees
from bot.services.taken import Taken

__all__ = [
    "DIVISION",
    "FIELD_NAMES",
    "RESUME",
    "Taken",
    "is_interruption",
    "next_slot",
    "read_answer",
    "take",
]

#: Meanings that are no content unless the message also names a place or a clear matter.
INTERRUPTIONS = frozenset(
    {
        "abuse", "ask_duration", "ask_help", "ask_hours", "ask_photo", "ask_privacy", "ask_progress",
        "bye", "cancel", "chitchat", "dissatisfied", "greet", "history", "human", "my_data", "out_of_scope", "start_over", "resume",
        "second_matter", "start_complaint", "thanks", "urge", "withdraw",
    }
)  # fmt: skip
#: Of those, the ones that may hide a complaint ("你们这些废物，楼下半夜还在打桩").
_MAY_HIDE_CONTENT = frozenset(
    {
        "abuse",
        "bye",
        "chitchat",
        "dissatisfied",
        "greet",
        "out_of_scope",
        "start_complaint",
        "thanks",
        "urge",
        "withdraw",
    }  # fmt: skip
)
_COMMANDS = frozenset({"cancel", "human", "start_over"})
_WISHES = frozenset({"start_complaint", "second_matter"})
_OFFERED_MOST = 5
_LONG_PLACE = 16  # characters; what is longer than this is not only a place
_LEAST = 3  # characters: less, after the read-back, is no part of the story
_REMNANT = 3  # characters left of a message that only gives a phone or a name
_CERTAIN_TALK = 0.9
RESUME = "resume"  # what a draft asks after a long silence: to go on with it, or not


def take(draft: Draft, said: Said, directory: Directory) -> Taken:
    """Take one message into the draft."""
    taken = Taken(draft)
    if wanting.declared(taken, said, directory):
        draft.sealed.update(said.sealed)
        draft.merged, draft.misunderstood = [*draft.merged[-9:], said.key], 0
        return taken
    if is_interruption(said, draft) and not _answers(draft, said, directory):
        taken.counts = False
        return taken
    draft.sealed.update(said.sealed)
    draft.merged = [*draft.merged[-9:], said.key]
    gave_extra = _extras(taken, said)
    before = _state(draft)
    _apply(taken, said, directory, gave_extra=gave_extra)
    moved = before != _state(draft) or taken.confirmed or gave_extra or bool(taken.notes)
    draft.misunderstood = 0 if moved and not taken.unclear else draft.misunderstood + 1
    return taken


def _state(draft: Draft) -> tuple[object, ...]:
    """Return what a message that helps has changed."""
    told = (len(draft.details), dict(draft.answers), draft.attribute)
    return (draft.place, draft.placeless, draft.division, len(draft.choices), draft.category, *told)


def is_interruption(said: Said, draft: Draft) -> bool:
    """True for a question, a courtesy or a command in between: the form waits where it is."""
    if said.option and draft.offered or said.intent not in INTERRUPTIONS:
        return False
    if draft.asking == CATEGORY and phrasing.leaves_open(said.text):
        return False
    if draft.asking == PLACE and (phrasing.has_none(said.text) or locating.passes(said.text)):
        return False
    if draft.asking in (DIVISION, CONFIRMED) and locating.answers(draft, said):
        return False
    if draft.asking == CONFIRMED and (agrees(said) or phrasing.adds(said.text)):
        return False
    awaited = draft.asking in (ANSWER, CONFIRMED) and draft.attribute
    hinted = awaited and re.search(r"\d", said.text)
    if said.intent in _MAY_HIDE_CONTENT and (hinted or said.places or said.phone or _tells(said)):
        return False
    if said.intent in _WISHES and len(phrasing.beyond_wish(said.text)) >= NOTE:
        return False
    unsure = said.confidence < 0.5 and said.intent not in _COMMANDS
    return not (draft.asking in (ANSWER, PLACE) and unsure)


def _answers(draft: Draft, said: Said, directory: Directory) -> bool:
    """True if an open question is answered, whatever else the words could mean ("哈啰的", "随便哪里")."""
    if wanting.declines_place(draft, said, directory):
        return True
    attribute = directory.attribute(draft.category, draft.attribute)
    if draft.asking != ANSWER or attribute is None or not attribute.values:
        return False
    return read_answer(attribute, said.text) is not None


def _tells(said: Said) -> bool:
    """True if a matter is recognised in what may be mere talk; certain talk is believed to be talk."""
    return said.sure and said.confidence < _CERTAIN_TALK


def _extras(taken: Taken, said: Said) -> bool:
    """Take phone, name and visibility, wherever they stand in the message."""
    draft = taken.draft
    given = False
    if said.phone:
        if said.intent == "correct" and draft.phone != said.phone:
            draft.sealed.pop(draft.phone, None)  # a wrong number is nobody's to call
        draft.phone, given = said.phone, True
        taken.notes.append(("utter_noted_phone", {"phone": said.phone}))
    if said.name:
        draft.name, given = said.name, True
        taken.notes.append(("utter_noted_name", {"name": said.name}))
    if said.intent in ("go_public", "go_confidential"):
        draft.visibility, given = said.intent.removeprefix("go_"), True
        taken.notes.append((f"utter_noted_{draft.visibility}", {}))
    return given


def _apply(taken: Taken, said: Said, directory: Directory, *, gave_extra: bool) -> None:
    draft = taken.draft
    if _answers_outright(taken, said, directory):
        return
    if draft.asking == "correct":
        correcting.choose_field(taken, said, directory)
    elif correcting.is_correction(draft, said, directory):
        correcting.correct(taken, said, directory, field_name=said.field)
    elif draft.asking == CONFIRMED and agrees(said):
        taken.confirmed = True
    elif said.intent == "deny" and draft.asking == CONFIRMED:
        draft.asking, draft.correcting = "correct", ""
        draft.offered = [PLACE, CATEGORY, DETAILS]
    elif said.intent == "skip":
        _skip(draft, directory)
    elif _says_nothing(draft, said) or (
        said.intent in ("go_public", "go_confidential")
        or gave_extra
        and len(phrasing.beyond_contact(said.text, said.name)) <= _REMNANT
    ):
        return
    else:
        _content(taken, said, directory)


def _answers_outright(taken: Taken, said: Said, directory: Directory) -> bool:
    """Take an option, a district or "没有" where such was asked for; False if it is something else."""
    draft = taken.draft
    if said.option and draft.offered and _choose(draft, said, directory):
        return True
    if draft.asking == DIVISION:
        return locating.take_choice(taken, said)
    if draft.asking == CONFIRMED and locating.answers(draft, said):
        return locating.take_district(taken, said)
    draft.placeless = draft.placeless or wanting.declines_place(draft, said, directory)
    return draft.placeless and draft.asking == PLACE


def _says_nothing(draft: Draft, said: Said) -> bool:
    """True for a yes, a no or a mere sign where neither was asked for: no part of the complaint."""
    if draft.asking in (ANSWER, CATEGORY) or said.places or said.sure:
        return False
    if said.intent in ("affirm", "deny"):
        return True
    return draft.asking == CONFIRMED and not draft.attribute and len(said.text) < _LEAST


def _choose(draft: Draft, said: Said, directory: Directory) -> bool:
    """Take a numbered or tapped option; False if there is no such option."""
    chosen = said.option if said.option in draft.offered else ""
    if not chosen and said.option.isdigit() and 1 <= int(said.option) <= len(draft.offered):
        chosen = draft.offered[int(said.option) - 1]
    if not chosen:
        return False
    if draft.asking == CATEGORY:
        draft.category, draft.category_chosen = chosen, True
    elif draft.asking == "correct":
        draft.correcting = chosen
    elif draft.asking == ANSWER:
        answering.answer(draft, chosen, directory)
    elif draft.asking == DIVISION:
        locating.choose(draft, chosen)
    else:
        return False
    draft.offered = []
    return True


def _skip(draft: Draft, directory: Directory) -> None:
    if draft.asking == ANSWER:
        draft.answers[draft.attribute] = "市民不清楚"
        attribute = directory.attribute(draft.category, draft.attribute)
        if attribute and attribute.values:
            draft.answers[draft.attribute] = attribute.values[-1][0]
    elif draft.asking == PLACE and draft.misunderstood >= 1:
        draft.place = UNKNOWN_PLACE
    elif draft.asking == CATEGORY:
        draft.category, draft.category_chosen = directory.other(), True
    elif draft.asking == CONFIRMED and draft.attribute:
        draft.skipped.append(draft.attribute)


def _content(taken: Taken, said: Said, directory: Directory) -> None:
    draft = taken.draft
    if len(said.matters) > 1 and not draft.said:
        _take_first_matter(taken, said, directory)
        return
    if draft.asking == CATEGORY:
        categorising.in_words(draft, said, directory)
        return
    draft.said.append(said.text)
    if draft.asking == ANSWER:
        answering.in_words(taken, said, directory)
        return
    told = len(draft.details)
    if draft.asking == PLACE:
        _place_answer(taken, said, directory)
    elif draft.asking == DIVISION:
        _place_again(draft, said)
    else:
        _story(draft, said)
    locating.note(draft, said)
    wanting.note(draft, said)
    if len(draft.details) > told:
        categorising.guess(draft, said, directory)
        wanting.take(draft, said)
    if draft.asking == CONFIRMED:
        _added(taken, said, directory, told=len(draft.details) > told)


def _added(taken: Taken, said: Said, directory: Directory, *, told: bool) -> None:
    """Say what a further word after the read-back did; a bare place is the better place."""
    draft = taken.draft
    open_hint = bool(draft.attribute)
    answering.hinted(draft, said, directory)
    if told or open_hint or not said.places or said.places[0] in draft.place:
        taken.notes.append(("utter_added", {}))
        return
    draft.place, draft.point = phrasing.without_lead_in(said.text.strip(" ，。,.")), None
    locating.moved(draft, said)
    taken.notes.append(("utter_corrected", {"field": FIELD_NAMES[PLACE], "value": draft.place}))


def _take_first_matter(taken: Taken, said: Said, directory: Directory) -> None:
    first, *rest = said.matters
    taken.draft.later = list(rest)
    place = next((p for p in said.places if p in first), "")
    shared = said.places[0] if said.places and not place else place
    taken.draft.said.append(first)
    taken.draft.place = taken.draft.place or shared
    taken.draft.details.append(first)
    locating.note(taken.draft, said)
    wanting.take(taken.draft, said)
    wanting.note(taken.draft, said)
    codes = directory.rank(categorising.spread(said.ranking), first)
    named = [c for c in codes if any(w in first for w in categorising.keywords(directory, c))]
    if named:
        taken.draft.category = named[0]
    taken.draft.wondered = named + [c for c in codes if c not in named]
    values = {"count": len(said.matters), "first": first, "rest": "；".join(rest)}
    taken.notes.append(("utter_several_matters", values))


def _story(draft: Draft, said: Said) -> None:
    """Take free telling: the place phrase fills the place, what is left beside it is the matter."""
    if said.places and not draft.place:
        draft.place = said.places[0]
    if said.since and not draft.since:
        draft.since = said.since
    if _beyond_place(said) or not said.places:
        draft.details.append(phrasing.without_contact(said.text, said) or said.text)


def _place_again(draft: Draft, said: Said) -> None:
    """Take what follows "哪一个" and names none: the place once more, more of it, or the story."""
    text = said.text.strip(" ，。,.")
    if not said.places or phrasing.is_sentence(text):
        _story(draft, said)
    elif draft.place in text:
        draft.place = phrasing.without_lead_in(text)
    elif said.places[0] not in draft.place:
        draft.place = f"{draft.place} {said.places[0]}"


def _beyond_place(said: Said) -> bool:
    """True if a message says more than where; a clear matter that was read as part of the place is more, too."""
    rest = said.text
    for place in said.places:
        rest = rest.replace(place, "")
    rest = re.sub(r"[\s,，。.!！?？、的在是这里我们你好请问]+", "", rest)
    if said.sure and said.intent == "report":
        return len(rest) >= 2 or len(said.text) >= _LONG_PLACE
    return len(rest) >= NOTE


def _place_answer(taken: Taken, said: Said, directory: Directory) -> None:
    """Take the answer to "在哪里": a place, a place with more about the matter, or only more about it."""
    draft = taken.draft
    text = said.text.strip(" ，。,.")
    beside = text.replace(said.places[0], "") if said.places else text
    told = phrasing.is_sentence(beside) or categorising.names_matter(beside, said, directory)
    if said.places:
        draft.place = said.places[0] if told else phrasing.without_lead_in(text)
    elif phrasing.is_no_place(text):
        taken.unclear = draft.misunderstood < 2
        draft.place = "" if taken.unclear else UNKNOWN_PLACE
        told = len(text) >= NOTE and not phrasing.is_question(text)
    elif phrasing.is_vague_place(text):
        taken.unclear = draft.misunderstood < 1
        draft.place = "" if taken.unclear else f"{text}{UNKNOWN_PLACE}"
    elif not told and said.intent not in ("affirm", "deny") and len(text) > 1:
        draft.place = phrasing.without_lead_in(text)
    if wanting.place_is_optional(draft, directory) and (
        not draft.place or UNKNOWN_PLACE in draft.place
    ):
        draft.place, draft.placeless, taken.unclear = "", True, False
    if told:
        draft.details.append(phrasing.without_contact(said.text, said) or said.text)
    draft.since = draft.since or said.since


def next_slot(draft: Draft, directory: Directory) -> str:
    """Say what to ask next, and set it in the draft: a slot name, or "correct" while a value is due."""
    if draft.asking in ("correct", RESUME):
        known = draft.details and draft.category and not wanting.place_is_due(draft, directory)
        return CONFIRMED if known else DETAILS
    if not draft.details:
        draft.asking = DETAILS
    elif wanting.place_is_due(draft, directory):
        draft.asking = PLACE
    elif locating.choice_is_due(draft):
        draft.asking, draft.offered = DIVISION, [c["code"] for c in draft.choices]
        return PLACE  # the form has no slot of its own for it
    elif not draft.category:
        draft.asking = CATEGORY
        offer = [c for c in draft.wondered if c != directory.other()][: _OFFERED_MOST - 1]
        draft.offered = [*offer, directory.other()] if offer else [directory.other()]
        if not offer:
            draft.category, draft.offered = directory.other(), []
            return next_slot(draft, directory)
    else:
        _next_question(draft, directory)
    return draft.asking


def _next_question(draft: Draft, directory: Directory) -> None:
    open_questions = [
        a for a in directory.required_questions(draft.category) if a.code not in draft.answers
    ]
    if open_questions:
        draft.asking, draft.attribute = ANSWER, open_questions[0].code
        draft.offered = [key for key, _ in open_questions[0].values]
        return
    hints = [
        a
        for a in directory.optional_questions(draft.category)
        if a.code not in draft.answers and a.code not in draft.skipped
    ]
    draft.asking, draft.offered = CONFIRMED, []
    draft.attribute = hints[0].code if hints else ""
