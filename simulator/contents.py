"""What a phone shows of a message: its text, tappable options and links, card or picture."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

_ANCHOR = re.compile(r"<a\s+([^>]*)>(.*?)</a>", re.IGNORECASE | re.DOTALL)
_HREF = re.compile(r"""href\s*=\s*("([^"]*)"|'([^']*)')""", re.IGNORECASE)


_PLACEHOLDERS = {"image": "[图片]", "voice": "[语音]", "video": "[视频]", "music": "[音乐]"}


@dataclass(frozen=True)
class Option:
    """Something to tap: `text` comes back as the citizen's message, `id` as `bizmsgmenuid`."""

    id: str
    text: str
    label: str

    def to_json(self) -> dict[str, str]:
        """Return the JSON form."""
        return {"id": self.id, "text": self.text, "label": self.label}


@dataclass(frozen=True)
class Content:
    """One displayable message; `parts` is the text cut at its links."""

    kind: str
    text: str = ""
    parts: tuple[dict[str, Any], ...] = ()
    options: tuple[Option, ...] = ()
    media_id: str = ""
    card: dict[str, Any] = field(default_factory=dict)


def text_content(raw: str, *, kind: str = "text") -> Content:
    """Return text as a client shows it: anchors become links, menu links become options.

    A `weixin://bizmsgmenu` link needs both parameters non-empty, else it is dead (contract 6.2).
    """
    parts: list[dict[str, Any]] = []
    options: list[Option] = []
    position = 0
    for match in _ANCHOR.finditer(raw):
        _add_text(parts, raw[position : match.start()])
        parts.append(_anchor(match, options))
        position = match.end()
    _add_text(parts, raw[position:])
    shown = "".join(part["text"] for part in parts)
    return Content(kind, shown, tuple(parts), tuple(options))


def media_content(kind: str, media_id: str, *, title: str = "") -> Content:
    """Return a picture, voice or video by its id."""
    card = {"title": title} if title else {}
    return Content(kind, _PLACEHOLDERS.get(kind, kind), media_id=media_id, card=card)


def card_content(kind: str, card: dict[str, Any]) -> Content:
    """Return an article, a song or the like: its title stands for its text."""
    text = str(card.get("title") or _PLACEHOLDERS.get(kind, f"[{kind}]"))
    return Content(kind, text, card=card)


def menu_content(head: str, options: list[Option], tail: str) -> Content:
    """Return a msgmenu: a head, lines to tap, a tail."""
    head_content = text_content(head)
    parts = [*head_content.parts]
    for option in options:
        _add_text(parts, "\n")
        parts.append({"text": option.label, "option": option.to_json()})
    _add_text(parts, f"\n{tail}" if tail else "")
    lines = [head_content.text, *(option.label for option in options), tail]
    shown = "\n".join(line for line in lines if line)
    return Content("menu", shown, tuple(parts), (*head_content.options, *options))


def _add_text(parts: list[dict[str, Any]], text: str) -> None:
    if text:
        parts.append({"text": text})


def _anchor(match: re.Match[str], options: list[Option]) -> dict[str, Any]:
    label = match.group(2)
    found = _HREF.search(match.group(1))
    href = (found.group(2) or found.group(3) or "") if found else ""
    if not href.startswith("weixin://bizmsgmenu"):
        return {"text": label, "href": href} if href else {"text": label}
    query = parse_qs(urlsplit(href.replace("&amp;", "&")).query)
    content = query.get("msgmenucontent", [""])[0]
    menu_id = query.get("msgmenuid", [""])[0]
    if not content or not menu_id:
        return {"text": label}
    option = Option(menu_id, content, label)
    options.append(option)
    return {"text": label, "option": option.to_json()}
