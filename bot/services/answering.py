"""Answers to the backend's own questions: asked one by one, or only hinted at in the read-back."""

from __future__ import annotations

import re

from bot.model.backend import Attribute
from bot.model.draft import Draft, Said
from bot.services import phrasing
from bot.services.directory import Directory
from bot.services.taken import Taken


def answer(draft: Draft, value: str, directory: Directory) -> None:
    """Keep the answer to the question that is open."""
    attribute = directory.attribute(draft.category, draft.attribute)
    many = attribute is not None and attribute.datatype == "multivaluelist"
    draft.answers[draft.attribute] = [value] if many else value
    draft.attribute = ""


def in_words(taken: Taken, said: Said, directory: Directory) -> None:
    """Take the answer to a question that was asked; one that does not fit is asked for once more, then taken as it is."""
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
    answer(draft, str(value), directory)
    draft.offered = []


def hinted(draft: Draft, said: Said, directory: Directory) -> None:
    """Take what follows a hint as its answer; where any words would fit, only a short note, not more of the story."""
    attribute = directory.attribute(draft.category, draft.attribute)
    if attribute is None or attribute.code in draft.answers:
        return
    is_closed = bool(attribute.values) or attribute.datatype == "number"
    value = read_answer(attribute, said.text)
    if value is not None and (is_closed or not phrasing.is_sentence(value)):
        answer(draft, value, directory)


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
