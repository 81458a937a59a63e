"""How far a place phrase reaches: names without an ending of their own, between what surely is none.

The endings of `places` find 人民路 in 人民路星河都汇有人唱歌, but 都 cannot stand in most names and
都汇 is no ending. Here a phrase that was found grows over what follows and precedes it up to a word
that surely is no part of a place: a verb, an adverb, who lives there, what is complained of.
"""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path

import yaml

_WORDS = Path(__file__).parents[1] / "gazetteer" / "place_words.yml"
# Words between a bound and the name that say how somebody comes to the place.
_LEAD = re.compile(
    "(?:之前|以前|原来|后来|自己|本人|个人|曾|又|多|想|才|去|到|向|为|与|和|跟|找|由|对|从|给|经?过|进|个|家|处|以便|方便|左右|时|后|"
    "[号日月年点分]|(?<=[^一二三四五六七八九十])路)+"
)
_TRAIL = re.compile(
    "(?:现|(?<=.[^前背])后|(?<![总协])会|得|给|做|打|与|用|到|主|以|将|才|再|还|刚|只|及|和|或|都|去|来|(?<!面)对|要|第|为|(?<!方)向|从|往|由|等|时|整年|客人|位置|上|尽|两|几|多|并|方面|好|处理|(?<=.[^0-9])\\d{1,3})+$"
)
# Only what tells a road, an estate, a village, a number or a stop may grow: 化肥厂 alone may not.
_ANCHOR = re.compile(
    "[道街巷弄镇岛号桥]|(?<![马半几修道公铁])路|(?<![农城])村|乡(?=.)|小区|花园|家园|[苑庭邸府]|广场|大厦|[^小社][区县]|(?<!校)园|湾|机场|火车站|公交车?站|港|[^大中小]学|\\d"
)
_LEFT = 10
_RIGHT = 14
# What follows a place at once; before any other bound a name must look like one.
_AFTER_PLACE = re.compile(
    "的?(?:业主|住户|居民|村民|员工|职工|学生|家长|租户|商户|物业|房|老板|店主|用户|人员)|有|的|在|每天|每晚|经常|一直|长期|多次|正在|存在|内|购买|办理|没有|无|属于|楼上"
)
_SIDE_END = re.compile(
    "(?:门口|对面|附近|旁边?|周边|门前|楼下|前面|后面|里面|路边|路口|公交站|地铁站|内|里|前|后|外)$"
)
_SITE_END = re.compile(
    "(?:[路街道巷村区园苑城口楼号桥站厦店场院校馆所局厂处铺里外侧面边旁房室层幢栋座社队部心府庭坊湾岛山湖河港亭吧厅寓宅楼端头带线段会库梯堂寺庙塔铺坡岭墟弄沟滩]|附近|方向|位置|中心|前|后|上|下|\\d)$"
)
Span = tuple[int, int]


@lru_cache(maxsize=1)
def _patterns() -> tuple[re.Pattern[str], re.Pattern[str]]:
    words = yaml.safe_load(_WORDS.read_text("utf-8"))
    kinds = ("before", "people", "things", "times", "doings")
    bounds = "|".join("|".join(words[kind].split()) for kind in kinds)
    return (
        re.compile(f"{bounds}|[{words['hard']}]|[^\u4e00-\u9fffA-Za-z0-9-]"),
        re.compile("|".join(words["inside"].split())),
    )


def bounds(text: str) -> set[int]:
    """Give the positions of a folded text that are no part of a place's name."""
    bound, inside = _patterns()
    found = {i for match in bound.finditer(text) for i in range(*match.span())}
    for match in inside.finditer(text):
        found.difference_update(range(*match.span()))
    return found


def spread(text: str, phrases: list[Span], hard: set[int]) -> list[Span]:
    """Let each phrase grow to the next bounds on both sides and join those that meet."""
    grown: list[Span] = []
    for start, end in sorted(phrases):
        if not is_anchored(text[start:end]):
            grown.append((_after_preposition(text, start, hard), end))
            continue
        floor = grown[-1][1] if grown else 0
        start = _left(text, start, hard, floor=min(start, floor))
        end = _right(text, end, hard)
        if grown and start <= grown[-1][1]:
            grown[-1] = (grown[-1][0], max(end, grown[-1][1]))
        else:
            grown.append((start, end))
    return grown


def is_anchored(phrase: str) -> bool:
    """Whether a phrase tells a road, an estate, a village, a number or a stop."""
    return _ANCHOR.search(phrase) is not None


def _after_preposition(text: str, start: int, hard: set[int]) -> int:
    at = _left(text, start, hard, floor=0)
    return at if at and text[at - 1] in "在于至" else start


def _left(text: str, start: int, hard: set[int], *, floor: int) -> int:
    at = start
    while at > floor and at - 1 not in hard:
        at -= 1
        if start - at > _LEFT:
            return start
    lead = _LEAD.match(text, at, start) if at > floor or not floor else None
    return lead.end() if lead else at


def _right(text: str, end: int, hard: set[int]) -> int:
    at = end
    while at < len(text) and at not in hard:
        at += 1
        if at - end > _RIGHT:
            return end
    trail = _TRAIL.search(text, end, at)
    last = trail.start() if trail else at
    sure = _AFTER_PLACE.match(text, at) and not _SIDE_END.search(text, 0, end)
    return last if sure or _SITE_END.search(text, end, last) else end
