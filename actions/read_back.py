"""What a citizen reads before 确认: all that will be filed, in few lines, and how to correct it."""

from __future__ import annotations

from typing import Any

from actions.context import counter
from bot.model.draft import Draft
from bot.services import locating, wanting
from bot.services.counter import visibility

Lines = list[tuple[str, dict[str, Any]]]
# Characters of the matter in the read-back; the line that asks for 确认 must stay in sight.
_SHOWN_MOST = 120
#: How it begins and what the matter is called, by what is wanted (catalog/natures.yml).
_BEGINS = {
    "inquiry": "utter_read_back_inquiry",
    "tip_off": "utter_read_back_tip_off",
    "suggestion": "utter_read_back_suggestion",
    "praise": "utter_read_back_praise",
}
_MATTERS = {
    "inquiry": "utter_read_back_question",
    "suggestion": "utter_read_back_idea",
    "praise": "utter_read_back_good",
}


def read_back(current: Draft) -> Lines:
    """Return the responses of the read-back with their values."""
    directory = counter().directory
    lines: Lines = [(_BEGINS.get(current.nature, "utter_read_back"), {}), *_place(current)]
    category = directory.label(current.category)
    nature = directory.natures.shown(current.nature)
    lines.append(
        (
            "utter_read_back_category",
            {"category": f"{category}（{nature}）" if nature else category},
        )
    )
    matter = _MATTERS.get(current.nature, "utter_read_back_matter")
    lines.append((matter, {"details": _shown(current.summary())}))
    if current.since and current.since not in current.summary():
        lines.append(("utter_read_back_since", {"since": current.since}))
    lines += [*_answers(current), *_personal(current)]
    hint = directory.attribute(current.category, current.attribute)
    if hint is not None and hint.code not in current.answers:
        lines.append(("utter_read_back_hint", {"question": hint.description}))
    elif not (current.phone or current.media or visibility(current, directory)):
        lines.append(("utter_read_back_optional", {}))
    return [*lines, ("utter_read_back_consent", {})]


def _place(current: Draft) -> Lines:
    if not current.place:
        return []
    asks = not wanting.place_is_optional(current, counter().directory)
    is_open = asks and locating.district_is_open(current)
    name = "utter_read_back_place_open" if is_open else "utter_read_back_place"
    return [(name, {"place": current.place})]


def _answers(current: Draft) -> Lines:
    lines: Lines = []
    for code, value in current.answers.items():
        attribute = counter().directory.attribute(current.category, code)
        if attribute is not None:
            shown = dict(attribute.values).get(str(value), value)
            lines.append(
                ("utter_read_back_answer", {"question": attribute.description, "value": shown})
            )
    return lines


def _shown(summary: str) -> str:
    return summary if len(summary) <= _SHOWN_MOST else f"{summary[: _SHOWN_MOST - 1]}…"


def _personal(current: Draft) -> Lines:
    lines: Lines = []
    if current.phone:
        lines.append(("utter_read_back_phone", {"phone": current.phone}))
    if current.name:
        lines.append(("utter_read_back_name", {"name": current.name}))
    if current.media:
        lines.append(("utter_read_back_media", {"count": len(current.media)}))
    if current.visibility:
        lines.append((f"utter_read_back_{current.visibility}", {}))
    elif visibility(current, counter().directory):
        lines.append(("utter_read_back_secret", {}))
    told = " ".join([*current.said, current.place])
    private = [m for m in current.sealed if m != current.phone and m in told]
    if private:
        lines.append(("utter_read_back_private", {"masks": "、".join(private)}))
    return lines
