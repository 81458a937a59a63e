"""When: spans of text that tell a time, a stretch of time or a habit."""

from __future__ import annotations

import re

_N = r"(?:\d{1,4}|[一二两三四五六七八九十几半多]{1,4})"
_CLOCK = (
    rf"{_N}(?:点半|点钟|点多|点左右|点|时许|时)(?:{_N}分|{_N}刻|半|多|整|左右|钟)?"
    r"|\d{1,2}:\d{2}(?::\d{2})?"
)
_PART = (
    "凌晨|清晨|早晨|早上|一早|大早上|上午|中午|正午|下午|傍晚|晚上|夜里|夜间|半夜三更|半夜|深夜|午夜|后半夜|大半夜|"
    "白天|早晚高峰|早高峰|晚高峰|高峰期|上下班高峰|上下班期间|午休|放学|上学时间|饭点"
)
_DAY = (
    "大前天|前天|昨天|昨日|昨晚|昨夜|今天|今日|今早|今晚|今晨|明天|明早|前晚|前几天|前两天|前段时间|这几天|这两天|"
    "最近几天|最近一段时间|最近|近日|近期|近来|上个?(?:周|星期|礼拜)[一二三四五六日天末]?|这个?(?:周|星期|礼拜)[一二三四五六日天末]?|"
    "本周[一二三四五六日末]?|上个?月|这个?月|本月|去年|今年|前年|年初|年底|年前|年后|春节|国庆|过年|元旦|暑假|寒假|周末|节假日|双休日|"
    "周[一二三四五六日末]|星期[一二三四五六日天]|礼拜[一二三四五六日天]|工作日"
)
_DATE = (
    r"(?:\d{4}|[一二]\d{3})年(?:底|初|\d{1,2}月(?:份|初|底|中旬|\d{1,2}[日号])?)?|\d{2}年\d{1,2}月(?:\d{1,2}[日号])?"
    r"|\d{1,2}月(?:份|初|底|中旬|\d{1,2}[日号])?|\d{4}[-/.]\d{1,2}[-/.]\d{1,2}"
    r"|(?<![\d路街道巷弄村里线园厦苑镇区桥城幢栋座号排组队社元院楼期-])\d{1,2}[日号](?=早|上午|中午|下午|晚|凌晨|夜|开始|起|左右|那天|[,。、 ]|$)"
    r"|[一二三四五六七八九十]{1,2}月(?:份|[一二三四五六七八九十]{1,3}[日号])?"
)
_SPAN = (
    rf"(?:近|都|已经?|快|整整|长达|持续|大概|大约|差不多|有|最近|前|过去|连续|将近|半夜)?{_N}(?:个)?(?:多|来|几)?(?:个)?"
    r"(?:年|月|个月|星期|礼拜|周|天|小时|钟头|分钟|晚上|晚)(?:多|半|左右|以上)?(?:了|来|以来|前|之前|以前|没停)?"
)
_HABIT = (
    "每天|天天|每日|每晚|每天晚上|每周[一二三四五六日末]?|每个?(?:星期|月|周末)|每年|夜夜|日日|整天|整夜|整晚|通宵|"
    "从早到晚|没日没夜|一年到头|全天|24小时|长期|常年|多年来?|一直以来|隔三差五|三天两头|时不时|经常"
)
_ATOM = re.compile(rf"{_HABIT}|{_DAY}|{_DATE}|{_SPAN}|{_PART}|{_CLOCK}")
_JOIN = re.compile(
    r"的|[ ,、]|到|至|-|~|—|从|之间|大概|大约|差不多|左右|的时候|到第二天|到次日|第二天|次日|那天"
)
_TAIL = re.compile(r"开始到现在|以来|开始|至今|到现在|左右|期间|的时候|起|之间|前后")
_HEAD = re.compile(r"(?:自从|自|从|打从|大概|大约|差不多)$")
# Words that begin like a time and are none: 一点 (a little), 一时, 十分, 半天没人.
_FALSE = re.compile(
    r"一点(?!钟|半|多|左右|整|\d|到)|(?:几|多)点(?!钟|半|多|左右|\d|到)|[一半]时(?!许)|一天$|几分|十几年级|[一二三四五六七八九]年级"
)


def _joined(text: str, left: int, right: int) -> bool:
    gap = text[left:right]
    return not gap or _JOIN.fullmatch(gap) is not None


def find_times(text: str) -> list[tuple[int, int]]:
    """Give the spans of the time expressions of a folded text, neighbours joined into one."""
    atoms = [
        match.span()
        for match in _ATOM.finditer(text)
        if not _FALSE.match(text, match.start()) and not text.startswith("级", match.end())
    ]
    spans: list[tuple[int, int]] = []
    for start, end in atoms:
        if spans and _joined(text, spans[-1][1], start):
            spans[-1] = (spans[-1][0], end)
        else:
            spans.append((start, end))
    return [_widen(text, start, end) for start, end in spans]


def _widen(text: str, start: int, end: int) -> tuple[int, int]:
    head = _HEAD.search(text, max(0, start - 3), start)
    tail = _TAIL.match(text, end)
    return (head.start() if head else start, tail.end() if tail else end)
