"""Two matters in one message: split only at a plain connector, and only if both sides differ."""

from __future__ import annotations

import re
from collections.abc import Callable

from nlu.components.category import Category

_CONNECTOR = re.compile(
    r"[ ,。;!、]*(?:(?:对了)?还有(?:就是|一个|一件事?|个事|个问题|一件事是|一个问题是)?(?![人没在好多几半一两三四五六七八九十\d])|另外(?:还有)?|此外|再就是|再一个|再有就是|还想反映|顺便(?:再)?(?:反映|说)(?:一下)?|"
    r"(?:第[二三四]|其[二三次])(?:个问题|个|件事|件|点)?(?:是|就是|,|、|:)|(?<=[ ,。;!、])第[二三四](?![个天次年周医小中大人期批名轮层栋幢实套])|"
    r"(?<=[ ,。;!、])[二三四](?:是|来)(?![楼年月]))[ ,:、]*|[;\n]+ *"
)
_FIRST = re.compile(
    r"^[ ]*(?:(?:你好|我|想|要|跟你|说|讲|反映|投诉|举报|有|这|这边|就|一共|主要|是|下)*[ ,]*(?:[两二三四2-4]|几)[个件点](?:事情?|事儿|问题)?(?:要?反映)?[ ,:。]*)?"
    r"(?:第一(?:个问题|个|件事|件|点)?(?:是|就是|,|、|:)?|(?:其一|首先)[是,]?|一[是来](?![楼年月])|[(]?一[、),]|[(]?1[、.),](?!\d))?[ ,:]*"
)
# Only in a text that counts from one: 第一个楼上漏水，第二个停车位被占; 一方面…另一方面.
_COUNTED = re.compile(r"(?<![周期拜第])一是|第一个(?![月学季星])|首先|(?<!另)一方面")
_NEXT = re.compile(
    r"[ ,。;!、]*(?:(?<![周期拜第])[二三四]是|第[二三四]个(?:是|就是)?(?![月学季星])|其次(?:是|就是)?|另一?方面)[ ,:、]*"
)
_COUNT = re.compile(r"^(?:(?<!另)一方面(?:是|就是)?|首先(?:是)?)[ ,:、]*")
_CIRCLED = re.compile("[①②③④⑤⑥⑦⑧⑨❶❷❸❹❺❻❼❽❾]")
# A member of a list: 2、 (3) 四、 5.
_MEMBER = re.compile(
    r"(?<![\d.年月点:第~-])[(]?(?:([1-9])(?:[、)]|[.,](?!\d))|(?<![一-鿿])([一二三四五六七八九])[、),.])[ ,:、]*"
)
_NUMERALS = "一二三四五六七八九"
# Letters tell one matter at length, unless they say themselves that there are several.
_LETTER = 160
_ANNOUNCED = re.compile(
    "(?:[两二三四五六2-6几]|多)[个件点](?:事|问题|方面的?问题|情况)|以下.{0,6}问题"
)
# What is wanted is no matter of its own: 划线不合理, 另外建议重新划线.
_WANTED = re.compile("建议|希望|请|要求|恳|望|能不能|能否")
_ARGUED = re.compile("一方面|首先")
_SHORTEST = 4
_CONFIDENT = 0.3
# A list more often counts the details of one matter.
_CONFIDENT_IN_A_LIST = 0.4


def unlist(text: str) -> str:
    """Turn circled numbers, if there are several, into the ends of sentences, length kept.

    Folding makes plain digits of them, which no longer tell a list from a bus line: ①路灯②垃圾.
    """
    return _CIRCLED.sub(";", text) if len(_CIRCLED.findall(text)) > 1 else text


def split_matters(text: str, classify: Callable[[str], Category]) -> list[str]:
    """Cut a folded message into its matters; one element when in any doubt."""
    if len(text) > _LETTER and not _ANNOUNCED.search(text):
        return [text]
    members = _members(text)
    pieces = [q for p in members for q in _CONNECTOR.split(_FIRST.sub("", p))]
    if _COUNTED.search(text):
        pieces = [part for piece in pieces for part in _NEXT.split(_COUNT.sub("", piece))]
    pieces = [p.strip(" ,。;、") for p in pieces]
    pieces = [p for p in pieces if p]
    if len(pieces) < 2 or any(len(p) < _SHORTEST or _WANTED.match(p) for p in pieces):
        return [text]
    categories = [classify(piece) for piece in pieces]
    codes = [c.ranking[0].code for c in categories]
    listed = len(members) > 1 or _ARGUED.search(text)
    needed = _CONFIDENT_IN_A_LIST if listed else _CONFIDENT
    plain = all(c.ranking[0].confidence >= needed and not c.other for c in categories)
    return pieces if plain and len(set(codes)) == len(codes) else [text]


def _members(text: str) -> list[str]:
    """The members of a list that counts from one without a gap; what stands before it goes first."""
    found = list(_MEMBER.finditer(text))
    counts = [int(m[1]) if m[1] else _NUMERALS.index(m[2]) + 1 for m in found]
    if len(counts) < 2 or counts != list(range(1, len(counts) + 1)):
        return [text]
    cuts = [m.start() for m in found[1:]]
    starts = [0 if found[0].start() else found[0].end(), *(m.end() for m in found[1:])]
    return [text[a:b] for a, b in zip(starts, [*cuts, len(text)], strict=True)]
