"""One folding of citizens' text for every component: same length, so offsets stay the original's.

Full-width to half-width, common traditional to simplified characters, circled digits to digits;
WeChat's `/:` and `[微笑]` codes and emoji become spaces.
"""

from __future__ import annotations

import re
import unicodedata
from pathlib import Path

_TRADITIONAL = Path(__file__).parents[1] / "gazetteer" / "traditional.txt"

# The codes WeChat puts into text for its classic stickers (wechat-contract, section 3).
_SLASH_CODES = [
    ":)",
    ":~",
    ":B",
    ":|",
    "8-)",
    ":<",
    ":$",
    ":X",
    ":Z",
    ":'(",
    ":-|",
    ":@",
    ":P",
    ":D",
    ":O",
    ":(",
    ":+",
    "--b",
    ":Q",
    ":T",
    ",@P",
    ",@-D",
    ":d",
    ",@o",
    ":g",
    "|-)",
    ":!",
    ":L",
    ":>",
    ":,@",
    ",@f",
    ":-S",
    "?",
    ",@x",
    ",@@",
    ":8",
    ",@!",
    "!!!",
    "xx",
    "bye",
    "wipe",
    "dig",
    "handclap",
    "&-(",
    "B-)",
    "<@",
    "@>",
    ":-O",
    ">-|",
    "P-(",
    ":'|",
    "X-)",
    ":*",
    "@x",
    "8*",
    "pd",
    "<W>",
    "beer",
    "basketb",
    "oo",
    "coffee",
    "eat",
    "pig",
    "rose",
    "fade",
    "showlove",
    "heart",
    "break",
    "cake",
    "li",
    "bome",
    "kn",
    "footb",
    "ladybug",
    "shit",
    "moon",
    "sun",
    "gift",
    "hug",
    "strong",
    "weak",
    "share",
    "v",
    "@)",
    "jj",
    "@@",
    "bad",
    "lvu",
    "no",
    "ok",
    "love",
    "<L>",
    "jump",
    "shake",
    "<O>",
    "circle",
    "kotow",
    "turn",
    "skip",
    "oY",
    "#-0",
    "hiphot",
    "kiss",
    "<&",
    "&>",
]
_CODES = re.compile(
    "/:(?:"
    + "|".join(re.escape(code) for code in sorted(_SLASH_CODES, key=len, reverse=True))
    + r")|\[[\u4e00-\u9fff]{1,4}\]|\[(?:OK|Smile|Facepalm|Concerned|Sweats|Sob|Doge|Emm|Wow)\]"
)
_EMOJI = re.compile(
    "[\U0001f000-\U0001faff\u2190-\u21ff\u2300-\u23ff\u2600-\u27bf\u2b00-\u2bff\ufe0f\u200b-\u200f\u20e3\ufeff]"
)
_LOOSE = re.compile(r"[\s!\"#$%&'()*+,./:;<=>?@\[\\\]^_`{|}~。、·…—《》「」『』【】〈〉“”‘’-]+")


def _table() -> dict[int, str]:
    old, new = _TRADITIONAL.read_text("utf-8").splitlines()
    table = {ord(a): b for a, b in zip(old, new, strict=True)}
    for code in [*range(0xFF01, 0xFF5F), 0x3000, *range(0x2460, 0x2469), *range(0x2776, 0x277F)]:
        table[code] = unicodedata.normalize("NFKC", chr(code))
    for offset in range(9):  # dingbat digits have no compatibility form
        table[0x2776 + offset] = str(offset + 1)
    table.update({ord(c): "-" for c in "‐‑‒–－"})
    table.update({ord(c): " " for c in "\t\r\n\xa0"})
    return table


class _Folder:
    """Holds the character table, read on first use: importing opens no file."""

    def __init__(self) -> None:
        self._table: dict[int, str] = {}

    def __call__(self, text: str) -> str:
        if not self._table:
            self._table = _table()
        text = _CODES.sub(_blank, text.translate(self._table))
        return _EMOJI.sub(" ", text)


def _blank(match: re.Match[str]) -> str:
    return " " * len(match.group())


_folder = _Folder()


def fold(text: str) -> str:
    """Fold a message for reading by machine.

    The result has exactly the length of the input, character for character, so a span found in it
    is a span of what the citizen wrote.
    """
    return _folder(text)


def squeeze(text: str) -> str:
    """Fold, lower the case and drop blanks and punctuation: the form that classifiers compare."""
    return _LOOSE.sub("", fold(text).lower())
