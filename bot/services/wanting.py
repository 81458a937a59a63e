"""What a citizen wants with the matter: told by the model, or said outright ("我这是咨询", "不是投诉，是建议")."""

from __future__ import annotations

import re

from bot.model.draft import ANSWER, PLACE, Draft, Said
from bot.model.nature import NatureTable
from bot.services import phrasing
from bot.services.directory import Directory
from bot.services.taken import Taken

_OUTRIGHT_MOST = 20  # characters: more than this tells of a matter
_FILLER = re.compile(
    r"我们?|这[个件条]?|那|算了|还|其实|只是|只|就|而|应该|应当|算|来|想|要|是|的|一下|[一两]?[个件条点]|事情?|问题|情况|而已|"
    r"不对|说错了?|搞错了?|错了|改成|改为|换成|换为|类[别型]|性质|您|你们?|请|帮|再|提|给|向|跟|有|了|属于|叫|[吧啊呢哦呀哈嘛]|"
    r"[，,。.！!、；;\s]"
)


def take(draft: Draft, said: Said) -> None:
    """Take from a message of the matter what is wanted; the first sure word counts."""
    if said.nature_sure and not draft.nature:
        draft.nature = said.nature
    if said.ranking and not draft.domain:
        draft.domain = said.ranking[0].group


def note(draft: Draft, said: Said) -> None:
    """Take from any message on the matter what is to be done, and that it was told before."""
    draft.wish = said.wish or draft.wish
    draft.repeated = draft.repeated or said.repeated


def declared(taken: Taken, said: Said, directory: Directory) -> bool:
    """Take a nature that is said outright; False if the message says something else, or nothing new."""
    draft = taken.draft
    if draft.asking == ANSWER:
        return False
    code = outright(said.text, directory.natures)
    if not code or code == draft.nature:
        return False
    before, draft.nature = draft.nature, code
    natures = directory.natures
    if draft.asking == "correct":
        draft.asking, draft.correcting, draft.offered = "", "", []
    if not draft.is_empty:
        draft.said.append(said.text)
        if natures.shown(before) or natures.shown(code):
            taken.notes.append(("utter_noted_nature", {"nature": natures.name(code)}))
    return True


def outright(text: str, natures: NatureTable) -> str:
    """Return the code of the nature that a message names and says no more than that, "" if it does not."""
    if len(text) > _OUTRIGHT_MOST or not natures.natures:
        return ""
    names = "|".join(re.escape(n.name) for n in natures.natures)
    left = re.sub(f"(?:不是|不算|并非|不叫|而不是)(?:在|来|要|想)?(?:{names})", "", text)
    found = set(re.findall(names, left))
    if len(found) != 1:
        return ""
    name = found.pop()
    if _FILLER.sub("", left.replace(name, "")):
        return ""
    return next(n.code for n in natures.natures if n.name == name)


def place_is_optional(draft: Draft, directory: Directory) -> bool:
    """True if the matter may be filed without a place once it was asked for."""
    nature = directory.natures.find(draft.nature)
    return nature is not None and nature.place_optional


def place_is_due(draft: Draft, directory: Directory) -> bool:
    """True if a place is missing and should be asked for.

    What is only asked is asked no place where its domain has none ("医保卡怎么补办"), unless the words speak of a
    shop, a school or a road after all.
    """
    if draft.place or draft.placeless:
        return False
    nature = directory.natures.find(draft.nature)
    if nature is None or draft.domain not in nature.no_place_in:
        return True
    return phrasing.speaks_of_place(draft.summary())


def declines_place(draft: Draft, said: Said, directory: Directory) -> bool:
    """True if the place was asked for, may be left out, and the answer leaves it out."""
    if draft.asking != PLACE or not place_is_optional(draft, directory) or said.places:
        return False
    text = said.text.strip()
    if said.intent in ("skip", "deny") or phrasing.has_none(text) or phrasing.leaves_open(text):
        return True
    return len(text) <= _OUTRIGHT_MOST and phrasing.does_not_know(text)
