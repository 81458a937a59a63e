"""Cutting a text into messages of at most 2048 bytes where a reader would pause.

WeChat counts UTF-8 bytes, for passive replies and for customer-service messages alike, and turns a
longer passive reply into a fault notice (contract section 4, 6.2).
"""

from __future__ import annotations

import re
import unicodedata

LIMIT_BYTES = 2048

# Where a cut reads best, from best to worst; a cut is made behind the match.
_BORDERS = (
    re.compile(r"\n\s*\n"),
    re.compile(r"\n"),
    re.compile(r"[。！？!?…；;][”’」』）)]*"),
    re.compile(r"[，,、：: ]"),
)
_LINK = re.compile(r"<a\b[^<>]*>[^<]*</a>", re.IGNORECASE)
_JOINER = "\u200d"


def byte_length(text: str) -> int:
    """Return the length the platform counts."""
    return len(text.encode())


def split_text(text: str, limit: int = LIMIT_BYTES) -> list[str]:
    """Split into parts of at most `limit` bytes; an empty text has no parts.

    Cuts at paragraphs, else lines, sentences, clauses; never inside a character and never inside a
    link, unless one link alone is longer than the limit. Whitespace at a cut is dropped.
    """
    parts = []
    rest = text.strip()
    while rest:
        end = len(rest) if byte_length(rest) <= limit else _cut(rest, limit)
        part, rest = rest[:end].rstrip(), rest[end:].lstrip()
        if part:
            parts.append(part)
    return parts


def _cut(text: str, limit: int) -> int:
    """Return where to cut a text that is too long: more than 0, at most `limit` bytes in."""
    most = len(text.encode()[:limit].decode(errors="ignore"))
    links = [match.span() for match in _LINK.finditer(text) if match.start() < most]
    for border in _BORDERS:
        ends = [m.end() for m in border.finditer(text, 0, most)]
        good = [end for end in ends if end >= most // 2 and not _inside(end, links)]
        if good:
            return good[-1]
    for start, end in links:
        if start < most < end and start > 0:
            return start
    return _whole_character(text, most)


def _inside(position: int, links: list[tuple[int, int]]) -> bool:
    return any(start < position < end for start, end in links)


def _whole_character(text: str, most: int) -> int:
    """Step back so that no accent, variation sign or joined emoji loses its other half."""
    for end in range(most, 0, -1):
        after, before = text[end : end + 1], text[end - 1]
        if not (after and (unicodedata.combining(after) or _extends(after)) or before == _JOINER):
            return end
    return max(most, 1)


def _extends(character: str) -> bool:
    return character == _JOINER or unicodedata.category(character) in ("Mn", "Me")
