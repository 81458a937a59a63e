"""Correcting what a draft holds: which field, by what, in whatever words; asking for the value if it was not given."""

from __future__ import annotations

import re

from bot.model.draft import CATEGORY, CONFIRMED, DETAILS, PLACE, Draft, Said
from bot.services import categorising, locating, phrasing
from bot.services.directory import Directory
from bot.services.taken import Taken

_SWAP = re.compile(
    r"不是(?P<old>[^,，。;；是]{1,20})[,，。;； ]*(?:而?是|改成)(?P<new>[^,，。;；]{1,30})"
)
_NO_VALUE = re.compile(
    r"(?:地点|类别|情况|地址|位置)?(?:都|好像|写|搞|弄|填|记)?(?:不对|错|有误|不是|不准|改一?下|要改|改)[了的啊吧呀哦]*"
)
_OFFERED_MOST = 5

FIELD_NAMES = {
    PLACE: "地点", CATEGORY: "类别", DETAILS: "情况", "phone": "电话", "name": "姓名", "visibility": "是否公开",
}  # fmt: skip


def is_correction(draft: Draft, said: Said, directory: Directory) -> bool:
    """True if a message corrects what is known, as the model says or as its words do."""
    if said.intent == "correct":
        return True
    another = said.places[0] if said.places and said.places[0] not in draft.place else ""
    if another and draft.place and phrasing.admits_slip(said.text, another):
        return True
    if draft.asking != CONFIRMED:
        return False
    return bool(_SWAP.search(said.text) or _new_category(said, directory))


def _new_category(said: Said, directory: Directory) -> str:
    """Return the category's name in "还是改回培训机构吧", "" if none is named."""
    new = phrasing.change_to(said.text)
    return new if new and not said.places and directory.named(new) else ""


def choose_field(taken: Taken, said: Said, directory: Directory) -> None:
    """Take what follows "哪里不对": a field's name, its new value, or both at once."""
    draft = taken.draft
    text = said.text.strip(" ，。,.的")
    named = next((f for f, name in FIELD_NAMES.items() if text == name), said.field)
    if not draft.correcting and text in FIELD_NAMES.values():
        draft.correcting, draft.offered = named, []
    elif said.intent == "deny" or not draft.correcting and said.intent == "affirm":
        draft.asking, draft.correcting = "", ""
    else:
        correct(taken, said, directory, field_name=said.field or draft.correcting)


def correct(taken: Taken, said: Said, directory: Directory, *, field_name: str) -> None:
    """Replace what was wrong; ask for the new value if it was not given."""
    draft = taken.draft
    swap = _SWAP.search(said.text)
    kind = _new_category(said, directory) if not field_name else ""
    if kind:
        draft.said.append(said.text)
        _replace(taken, CATEGORY, kind, said, directory)
        return
    value = said.value.strip(" ，。,.") or (
        said.text.strip(" ，。,.") if draft.asking == "correct" else ""
    )
    if draft.asking == "correct" and not value:
        value = said.text
    if _NO_VALUE.fullmatch(value):
        value = ""
    draft.said.append(said.text)
    if swap and field_name in ("", DETAILS, PLACE) and _swap(draft, said, swap):
        taken.notes.append(("utter_corrected", {"field": "", "value": swap["new"].strip()}))
    elif not field_name and said.places:
        _replace(taken, PLACE, value or said.places[0], said, directory)
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


def _swap(draft: Draft, said: Said, swap: re.Match[str]) -> bool:
    """Replace one word by another wherever it stands; False if it stands nowhere."""
    old, new = swap["old"].strip(), swap["new"].strip()
    if not old or not new or (old not in draft.place and all(old not in d for d in draft.details)):
        return False
    before, draft.place = draft.place, _exchange(draft.place, old, new)
    if before != draft.place and said.divisions:
        locating.moved(draft, said)
    draft.details = [_exchange(d, old, new) for d in draft.details]
    draft.since = _exchange(draft.since, old, new)
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
        draft.place, draft.point = phrasing.without_lead_in(value), None
        locating.moved(draft, said)
        value = draft.place
    elif name == CATEGORY:
        codes = directory.named(value) or directory.rank(categorising.spread(said.ranking), value)
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
