"""Finding and masking personal numbers in free text: phones, ID cards, bank cards.

PIPL articles 6 and 28: hold the least that is needed. What is masked can be sealed and opened again only for
filing, after the citizen confirmed a read-back that names it.
"""

from __future__ import annotations

import re
from collections.abc import Callable

_HALF_WIDTH = {
    ord(full): half
    for full, half in zip("０１２３４５６７８９Ｘｘ－", "0123456789Xx-", strict=True)
}
# ID first: an 18-digit ID contains what looks like a phone number.
_ID = re.compile(
    r"(?<!\d)\d{6}(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:[0-2]\d|3[01])\d{3}[\dXx](?![\dXx])"
)
_CARD = re.compile(r"(?<!\d)(?:62|4\d|5[1-5])\d{14,17}(?!\d)")
_MOBILE = re.compile(r"(?<!\d)(?:\+?86[- ]?)?(1[3-9]\d)[- ]?(\d{4})[- ]?(\d{4})(?!\d)")
_LANDLINE = re.compile(r"(?<!\d)(0\d{2,3})[- ]?(\d{7,8})(?!\d)")

_MAY_BE_NUMBER = re.compile(r"\d{3}")
"""Each of them begins with three digits in a row: most texts need no closer look."""
_PHONE_MASK = re.compile(r"(1[3-9]\d\*{4}|0\d{2,3}-\*{4})\d{4}\**")


def _mask(found: str, keep_head: int, keep_tail: int) -> str:
    digits = re.sub(r"[^\dXx]", "", found)
    return f"{digits[:keep_head]}****{digits[-keep_tail:]}"


def _mobile(match: re.Match[str]) -> str:
    return f"{match.group(1)}****{match.group(3)}"


_RULES: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], str]], ...] = (
    (_ID, lambda m: _mask(m.group(), 4, 2)),
    (_CARD, lambda m: _mask(m.group(), 4, 4)),
    (_MOBILE, _mobile),
    (_LANDLINE, lambda m: f"{m.group(1)}-****{m.group(2)[-4:]}"),
)


def mask(text: str) -> tuple[str, dict[str, str]]:
    """Return the text with personal numbers masked, and mask → original for each one found."""
    found: dict[str, str] = {}
    for pattern, masked in _RULES:
        pieces, at = [], 0
        for match in pattern.finditer(text.translate(_HALF_WIDTH)):
            original, short = text[match.start() : match.end()], masked(match)
            while short in found and found[short] != original:
                short += "*"
            found[short] = original
            pieces += [text[at : match.start()], short]
            at = match.end()
        text = "".join([*pieces, text[at:]])
    return text, found


def numbers_in(text: str) -> list[tuple[int, int]]:
    """Return where personal numbers stand (start, end), in order and apart from each other."""
    if not _MAY_BE_NUMBER.search(text):
        return []
    plain, spans = text.translate(_HALF_WIDTH), []
    for pattern, _ in _RULES:
        spans += [match.span() for match in pattern.finditer(plain)]
        plain = pattern.sub(lambda match: "\0" * len(match.group()), plain)
    return sorted(spans)


def stands_for_phone(short: str) -> bool:
    """True for the mask of a phone number, told by its look alone."""
    return bool(_PHONE_MASK.fullmatch(short))


def restore(text: str, originals: dict[str, str]) -> str:
    """Put the originals back, longest mask first."""
    for short in sorted(originals, key=len, reverse=True):
        text = text.replace(short, originals[short])
    return text


def phones_among(originals: dict[str, str]) -> tuple[str, ...]:
    """Return the masks that stand for a phone number (not an ID or a card), in the order they were found."""
    return tuple(
        short for short, full in originals.items() if _is_phone(full.translate(_HALF_WIDTH))
    )


def _is_phone(number: str) -> bool:
    return bool(_MOBILE.fullmatch(number) or _LANDLINE.fullmatch(number)) and not _ID.fullmatch(
        number
    )
