"""Taking one message into the draft: what it fills, corrects or leaves open, and what is asked next.

Pure functions over `Draft` and `Said`; the dialogue only carries slots in and response names out. The rules are
those of the sample conversations: never ask what was said, one thing at a time, a correction replaces.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from bot.model.backend import Attribute
from bot.model.draft import ANSWER, CATEGORY, CONFIRMED, DETAILS, PLACE, Draft, Said
from bot.services.directory import Directory

#: Meanings that are no content unless the message also names a place or a clear matter.
INTERRUPTIONS = frozenset(
    {
        "abuse", "ask_duration", "ask_help", "ask_hours", "ask_photo", "ask_privacy", "ask_progress",
        "bye", "cancel", "chitchat", "greet", "human", "my_data", "out_of_scope", "start_over", "resume",
        "second_matter", "start_complaint", "thanks",
    }
)  # fmt: skip
#: Of those, the ones that may hide a complaint ("你们这些废物，楼下半夜还在打桩").
_MAY_HIDE_CONTENT = frozenset(
    {"abuse", "chitchat", "greet", "out_of_scope", "start_complaint", "thanks"}
)
_LEAD_IN = re.compile(
    r"^(?:就|是|在|位于|地址是?|地点是?|位置是?|地方是?|我?家?住在?|应该是|改成|换成)+[:：,，是在]*"
)
_SWAP = re.compile(
    r"不是(?P<old>[^,，。;；是]{1,20})[,，。;； ]*(?:而?是|改成)(?P<new>[^,，。;；]{1,30})"
)
_SLIP = re.compile(r"[搞写说弄记打填]错|错了|不对|才对|应该是|更正|改[成为到]")
_AGREED = re.compile(r"确认|提交")
_NOT_AGREED = re.compile(r"[不没别未先等吗么？?怎谁哪]|取消|之前|以后|完")
_VAGUE_PLACE = re.compile(
    r"(?:就?在?我?们?(?:小区|家|村|楼下|家门口|这里|这边|这儿|那里|那边|附近|单位|学校|公司|门口|路上|镇上|楼上|隔壁|对面)"
    r"(?:里|那里|那边|这里|这边|门口|附近|楼下)?)"
    r"|.*(?:说不清|不清楚|不知道|不晓得|忘记?了|不记得|到处|记不).*"
)
_SHORT_PLACE, _SHORT_AGREEMENT, _NOTE = 16, 12, 5  # characters
_OFFERED_MOST = 5
_CERTAIN_TALK = 0.9
_GROUP_SURE, _AHEAD = 0.6, 2.0  # share of the likeliest domain; how far its best service leads
RESUME = "resume"  # what a draft asks after a long silence: to go on with it, or not
UNKNOWN_PLACE = "（市民暂时说不清具体位置）"

FIELD_NAMES = {
    PLACE: "地点", CATEGORY: "类别", DETAILS: "情况", "phone": "电话", "name": "姓名", "visibility": "是否公开",
}  # fmt: skip


@dataclass
class Taken:
    """What one message did.

    Attributes:
        counts: False when the message was no content for the form (an interruption).
        notes: responses to say before the next question: (response name, its values).
        confirmed: the citizen agreed to the read-back.
        unclear: an answer that does not answer ("我们小区" to the question where).
    """

    draft: Draft
    counts: bool = True
    confirmed: bool = False
    unclear: bool = False
    notes: list[tuple[str, dict[str, Any]]] = field(default_factory=list)


def take(draft: Draft, said: Said, directory: Directory) -> Taken:
    """Take one message into the draft."""
    taken = Taken(draft)
    if is_interruption(said, draft):
        taken.counts = False
        return taken
    draft.sealed.update(said.sealed)
    draft.merged = [*draft.merged[-9:], said.key]
    gave_extra = _extras(taken, said)
    before = (draft.place, draft.category, len(draft.details), dict(draft.answers), draft.attribute)
    _apply(taken, said, directory, gave_extra=gave_extra)
    after = (draft.place, draft.category, len(draft.details), dict(draft.answers), draft.attribute)
    moved = before != after or taken.confirmed or gave_extra or bool(taken.notes)
    draft.misunderstood = 0 if moved and not taken.unclear else draft.misunderstood + 1
    return taken


def is_interruption(said: Said, draft: Draft) -> bool:
    """True for a question, a courtesy or a command in between: the form waits where it is."""
    if said.option and draft.offered or said.intent not in INTERRUPTIONS:
        return False
    if draft.asking == CONFIRMED and _agrees(said):
        return False
    if said.intent in _MAY_HIDE_CONTENT and (said.places or said.phone or _tells(said)):
        return False
    return not (draft.asking in (ANSWER, PLACE) and said.confidence < 0.5)


def _tells(said: Said) -> bool:
    """True if a matter is recognised in what may be mere talk; certain talk is believed to be talk."""
    return said.sure and said.confidence < _CERTAIN_TALK


def _agrees(said: Said) -> bool:
    """True for a plain yes to the read-back, also one with a courtesy around it ("知道了，确认")."""
    if said.intent == "affirm":
        return True
    short = len(said.text) <= _SHORT_AGREEMENT
    return bool(short and _AGREED.search(said.text) and not _NOT_AGREED.search(said.text))


def _extras(taken: Taken, said: Said) -> bool:
    """Take phone, name and visibility, wherever they stand in the message."""
    draft = taken.draft
    given = False
    if said.phone:
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
    if said.option and draft.offered and _choose(draft, said, directory):
        return
    if draft.asking == "correct":
        _choose_field(taken, said, directory)
    elif (
        said.intent == "correct"
        or _corrects_place(draft, said)
        or draft.asking == CONFIRMED
        and _SWAP.search(said.text)
    ):
        _correct(taken, said, directory, field_name=said.field)
    elif draft.asking == CONFIRMED and _agrees(said):
        taken.confirmed = True
    elif said.intent == "deny" and draft.asking == CONFIRMED:
        draft.asking, draft.correcting = "correct", ""
        draft.offered = [PLACE, CATEGORY, DETAILS]
    elif said.intent == "skip":
        _skip(draft, directory)
    elif said.intent in ("go_public", "go_confidential") or gave_extra and _is_only_extra(said):
        return
    else:
        _content(taken, said, directory)


def _corrects_place(draft: Draft, said: Said) -> bool:
    """True for "门牌搞错了，凤起路183号才对": a slip admitted, and another place than the one known."""
    named = said.places and said.places[0] not in draft.place
    return bool(named and draft.place and _SLIP.search(said.text) and not _tells(said))


def _choose_field(taken: Taken, said: Said, directory: Directory) -> None:
    """Take what follows "哪里不对": a field's name, its new value, or both at once."""
    draft = taken.draft
    text = said.text.strip(" ，。,.的")
    named = next((f for f, name in FIELD_NAMES.items() if text == name), said.field)
    if not draft.correcting and text in FIELD_NAMES.values():
        draft.correcting, draft.offered = named, []
    elif said.intent == "deny" or not draft.correcting and said.intent == "affirm":
        draft.asking, draft.correcting = "", ""
    else:
        _correct(taken, said, directory, field_name=said.field or draft.correcting)


def _is_only_extra(said: Said) -> bool:
    rest = re.sub(r"[\d*\-]+", "", said.text)
    for word in (
        "我的",
        "电话",
        "手机",
        "号码",
        "联系",
        "方式",
        "我叫",
        "我姓",
        "姓名",
        "是",
        "你们",
        "可以",
        "打",
        said.name,
    ):
        rest = rest.replace(word, "") if word else rest
    return len(rest.strip(" ，,。.:：！!")) <= 3


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
        _answer(draft, chosen, directory)
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
    if draft.asking == ANSWER:
        draft.said.append(said.text)
        _answer_in_words(taken, said, directory)
    elif draft.asking == CATEGORY:
        draft.said.append(said.text)
        _category_in_words(draft, said, directory)
    elif draft.asking == PLACE:
        draft.said.append(said.text)
        _place_answer(taken, said)
        _guess_category(draft, said, directory)
    else:
        draft.said.append(said.text)
        _story(draft, said)
        _guess_category(draft, said, directory)
        if draft.asking == CONFIRMED:
            _hinted_answer(draft, said, directory)
            taken.notes.append(("utter_added", {}))


def _take_first_matter(taken: Taken, said: Said, directory: Directory) -> None:
    first, *rest = said.matters
    taken.draft.later = list(rest)
    place = next((p for p in said.places if p in first), "")
    shared = said.places[0] if said.places and not place else place
    taken.draft.said.append(first)
    taken.draft.place = taken.draft.place or shared
    taken.draft.details.append(first)
    codes = directory.rank(said.ranking, first)
    named = [c for c in codes if any(w in first for w in _keywords(directory, c))]
    if named:
        taken.draft.category = named[0]
    taken.draft.wondered = named + [c for c in codes if c not in named]
    values = {"count": len(said.matters), "first": first, "rest": "；".join(rest)}
    taken.notes.append(("utter_several_matters", values))


def _keywords(directory: Directory, code: str) -> tuple[str, ...]:
    service = directory.service(code)
    return service.keywords if service else ()


def _story(draft: Draft, said: Said) -> None:
    """Take free telling: the place phrase fills the place, what is left beside it is the matter."""
    if said.places and not draft.place:
        draft.place = said.places[0]
    if said.since and not draft.since:
        draft.since = said.since
    if _beyond_place(said) or not said.places:
        draft.details.append(said.text)


def _beyond_place(said: Said) -> bool:
    """True if a message says more than where; a clear matter that was read as part of the place is more, too."""
    rest = said.text
    for place in said.places:
        rest = rest.replace(place, "")
    rest = re.sub(r"[\s,，。.!！?？、的在是这里我们你好请问]+", "", rest)
    if said.sure:
        return len(rest) >= 2 or len(said.text) >= _SHORT_PLACE
    return len(rest) >= 5


def _place_answer(taken: Taken, said: Said) -> None:
    """Take the answer to "在哪里": a place, a place with more about the matter, or only more about it."""
    draft = taken.draft
    text = said.text.strip(" ，。,.")
    beside = text.replace(said.places[0], "") if said.places else ""
    if said.places and (said.sure and len(beside) >= _NOTE or _is_telling(beside, said)):
        draft.place = said.places[0]
        draft.details.append(said.text)
    elif said.places:
        draft.place = _LEAD_IN.sub("", text) or text
    elif _VAGUE_PLACE.fullmatch(text):
        taken.unclear = True
    elif said.sure or said.since or _is_telling(text, said):
        draft.details.append(said.text)
    elif said.intent not in ("affirm", "deny") and len(text) > 1:
        draft.place = _LEAD_IN.sub("", text) or text
    if said.since and not draft.since:
        draft.since = said.since


def _is_telling(text: str, said: Said) -> bool:
    """True for more of the story where a place was asked for: a sentence rather than a name."""
    sentence = re.search(r"[，,。！!；;]", text.strip("，,。！! ")) and len(text) > _NOTE
    return bool(sentence) or len(text) > _SHORT_PLACE or bool(said.since and len(text) > _NOTE)


def _guess_category(draft: Draft, said: Said, directory: Directory) -> None:
    if draft.category:
        return
    codes = directory.rank(said.ranking, " ".join(draft.said))
    if codes and (said.sure or _group_is_sure(said)):
        draft.category = codes[0]
    elif codes and (draft.asking != PLACE or not draft.wondered):
        draft.wondered = codes


def _group_is_sure(said: Said) -> bool:
    """True if one domain is clearly meant and one of its services leads: the read-back is question enough."""
    if not said.ranking:
        return False
    first, *rest = said.ranking
    shared = sum(r.confidence for r in said.ranking if r.group == first.group)
    second = max((r.confidence for r in rest), default=0.0)
    return shared >= _GROUP_SURE and first.confidence >= _AHEAD * second


def _category_in_words(draft: Draft, said: Said, directory: Directory) -> None:
    """Take a category said in words instead of by number; after a second miss it is 其他."""
    if said.intent in ("affirm", "deny"):
        return
    named = [c for c in directory.named(said.text) if c in draft.offered]
    codes = named or directory.named(said.text) or directory.rank(said.ranking, said.text)
    if named or (codes and (said.sure or len(codes) == 1)):
        draft.category, draft.category_chosen, draft.offered = codes[0], True, []
    elif draft.misunderstood >= 1:
        draft.category, draft.category_chosen, draft.offered = directory.other(), True, []
    elif codes:
        draft.wondered = codes
    if not said.text.isdigit() and len(said.text) > 8:
        draft.details.append(said.text)


def _answer(draft: Draft, value: str, directory: Directory) -> None:
    attribute = directory.attribute(draft.category, draft.attribute)
    many = attribute is not None and attribute.datatype == "multivaluelist"
    draft.answers[draft.attribute] = [value] if many else value
    draft.attribute = ""


def _answer_in_words(taken: Taken, said: Said, directory: Directory) -> None:
    draft = taken.draft
    attribute = directory.attribute(draft.category, draft.attribute)
    if attribute is None:
        draft.attribute = ""
        return
    value = read_answer(attribute, said.text)
    if value is None and draft.misunderstood < 1:
        taken.notes.append(("utter_answer_unclear", {}))
        draft.misunderstood += 1
        return
    if value is None:
        value = attribute.values[-1][0] if attribute.values else said.text
    _answer(draft, str(value), directory)
    draft.offered = []


def _hinted_answer(draft: Draft, said: Said, directory: Directory) -> None:
    attribute = directory.attribute(draft.category, draft.attribute)
    if attribute is None or attribute.code in draft.answers:
        return
    value = read_answer(attribute, said.text)
    if value is not None:
        _answer(draft, value, directory)


def read_answer(attribute: Attribute, text: str) -> str | None:
    """Return the value a citizen's words give to a backend question, None if they do not fit it."""
    text = text.strip()
    if attribute.values:
        for key, name in attribute.values:
            if text and (text in (key, name) or name in text or (len(text) > 1 and text in name)):
                return key
        return None
    if attribute.datatype == "number":
        number = re.search(r"\d+(?:\.\d+)?", text)
        return number.group() if number else None
    return text or None


def _correct(taken: Taken, said: Said, directory: Directory, *, field_name: str) -> None:
    """Replace what was wrong; ask for the new value if it was not given."""
    draft = taken.draft
    swap = _SWAP.search(said.text)
    value = said.value.strip(" ，。,.") or (
        said.text.strip(" ，。,.") if draft.asking == "correct" else ""
    )
    if draft.asking == "correct" and not value:
        value = said.text
    draft.said.append(said.text)
    if (
        swap
        and field_name in ("", DETAILS, PLACE)
        and _swap(draft, swap["old"].strip(), swap["new"].strip())
    ):
        taken.notes.append(("utter_corrected", {"field": "", "value": swap["new"].strip()}))
    elif not field_name and (said.places or swap):
        _replace(taken, PLACE if said.places else DETAILS, value or said.places[0], said, directory)
    elif field_name and value:
        _replace(taken, field_name, value, said, directory)
    elif field_name in FIELD_NAMES:
        draft.asking, draft.correcting = "correct", field_name
        return
    else:
        draft.details.append(said.text)
        taken.notes.append(("utter_added", {}))
    draft.correcting = ""
    if draft.asking == "correct":
        draft.asking = ""


def _swap(draft: Draft, old: str, new: str) -> bool:
    """Replace one word by another wherever it stands; False if it stands nowhere."""
    if not old or not new or (old not in draft.place and all(old not in d for d in draft.details)):
        return False
    draft.place = _exchange(draft.place, old, new)
    draft.details = [_exchange(d, old, new) for d in draft.details]
    return True


def _exchange(text: str, old: str, new: str) -> str:
    """Exchange a word; "不是老王是老汪烧烤" in 老王烧烤 gives 老汪烧烤, not 老汪烧烤烧烤."""
    before, found, after = text.partition(old)
    if not found:
        return text
    shared = next((n for n in range(len(new), 0, -1) if after.startswith(new[-n:])), 0)
    return before + new + _exchange(after[shared:], old, new)


def _replace(taken: Taken, name: str, value: str, said: Said, directory: Directory) -> None:
    draft = taken.draft
    if name == PLACE:
        draft.place, draft.point = _LEAD_IN.sub("", value) or value, None
        value = draft.place
    elif name == CATEGORY:
        codes = directory.named(value) or directory.rank(said.ranking, value)
        if not codes:
            codes = draft.wondered
        draft.category = codes[0] if len(codes) == 1 or said.sure else ""
        draft.category_chosen = bool(draft.category)
        draft.wondered = codes[:_OFFERED_MOST]
        value = directory.label(draft.category) if draft.category else ""
    elif name == DETAILS:
        draft.details = [value]
    elif name == "name":
        draft.name = said.name or value
    if value and name != "phone":
        taken.notes.append(
            ("utter_corrected", {"field": FIELD_NAMES.get(name, ""), "value": value})
        )


def next_slot(draft: Draft, directory: Directory) -> str:
    """Say what to ask next, and set it in the draft: a slot name, or "correct" while a value is due."""
    if draft.asking in ("correct", RESUME):
        return CONFIRMED if draft.details and draft.place and draft.category else DETAILS
    if not draft.details:
        draft.asking = DETAILS
    elif not draft.place:
        draft.asking = PLACE
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
