"""Two matters in one message: split only at a plain connector, and only if both sides differ."""

from __future__ import annotations

import re
from collections.abc import Callable

from nlu.components.category import Category

_CONNECTOR = re.compile(
    r"[ ,。;!、]*(?:(?:对了)?还有(?:就是|一个|一件事?|个事|个问题|一件事是|一个问题是)?(?![人没在好多几半一两三四五六七八九十\d])|另外(?:还有)?|此外|再就是|再一个|再有就是|还想反映|顺便(?:再)?(?:反映|说)(?:一下)?|"
    r"(?:第[二三四]|其[二三次])(?:个问题|个|件事|件|点)?(?:是|就是|,|、|:)|(?<=[ ,。;!、])第[二三四](?![个天次年周医小中大人期批名轮层栋幢实套])|"
    r"(?<=[ ,。;!、])[二三四](?:是|来)(?![楼年月])|[2-4][、.)](?!\d))[ ,:、]*|[;\n]+ *"
)
_FIRST = re.compile(
    r"^[ ]*(?:(?:你好|我|想|要|跟你|说|讲|反映|投诉|举报|有|这|这边|就|一共|主要|是|下)*[ ,]*(?:[两二三四2-4]|几)[个件点](?:事情?|事儿|问题)?(?:要?反映)?[ ,:。]*)?"
    r"(?:第一(?:个问题|个|件事|件|点)?(?:是|就是|,|、|:)?|(?:其一|首先)[是,]?|一[是来](?![楼年月])|1[、.)](?!\d))?[ ,:]*"
)
# Only in a text that counts from one: 第一个楼上漏水，第二个停车位被占.
_COUNTED = re.compile(r"(?<![周期拜第])一是|第一个(?![月学季星])")
_NEXT = re.compile(
    r"[ ,。;!、]*(?:(?<![周期拜第])[二三四]是|第[二三四]个(?:是|就是)?(?![月学季星]))[ ,:、]*"
)
_SHORTEST = 4
_CONFIDENT = 0.3


def split_matters(text: str, classify: Callable[[str], Category]) -> list[str]:
    """Cut a folded message into its matters; one element when in any doubt."""
    pieces = _CONNECTOR.split(_FIRST.sub("", text))
    if _COUNTED.search(text):
        pieces = [part for piece in pieces for part in _NEXT.split(piece)]
    pieces = [p.strip(" ,。;、") for p in pieces]
    pieces = [p for p in pieces if p]
    if len(pieces) < 2 or any(len(p) < _SHORTEST for p in pieces):
        return [text]
    categories = [classify(piece) for piece in pieces]
    codes = [c.ranking[0].code for c in categories]
    plain = all(c.ranking[0].confidence >= _CONFIDENT and not c.other for c in categories)
    return pieces if plain and len(set(codes)) == len(codes) else [text]
