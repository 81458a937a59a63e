"""What a text is about once its proper names are gone: 良渚文化村 is no culture, 学院路 no college.

A place keeps the word for its kind (小学, 工地, 公交站), which often tells the matter.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from nlu.components.text import squeeze

_KIND = re.compile(
    "(?:"
    "工业园|产业园|农贸市场|菜市场|菜场|市场|商场|广场|学校|小学|中学|初中|高中|大学|学院|幼儿园|早教中心|医院|卫生院|卫生所|卫生室|诊所|"
    "公园|景区|汽车站|客运站|火车站|高铁站|地铁站|地铁|公交车|公交站|公交|服务区|收费站|加油站|机场|派出所|体育馆|图书馆|宾馆|酒店|"
    "社区|村委会|居委会|自然村|村|水库|河|湖|超市|饭店|餐厅|餐馆|酒楼|酒吧|烧烤店|烧烤|大排档|食堂|网吧|KTV|ktv|棋牌室|麻将馆|药店|药房|"
    "银行|公司|工厂|厂|工地|驾校|停车场|车库|售楼部|营业厅|奶茶店|面馆|火锅|健身房|店|电梯|人行道|非机动车道|楼道|小区|高速|国道|省道|"
    "绿化带|路灯|红绿灯|公厕|楼顶|楼下|楼上|门口|路口|隧道|大桥|天桥|地下室"
    ")(?!路|街|巷|弄|大道|新村|花园|公寓|宿舍)"
)
_LEAST = 2
Span = tuple[int, int]


def subject(text: str, names: Sequence[Span]) -> str:
    """Give the text with each named span cut down to the words for its kind."""
    return _without(text, names, keep_kind=True)


def is_only_names(text: str, names: Sequence[Span]) -> bool:
    """Whether nothing to be understood is left beside the named spans."""
    return bool(names) and len(squeeze(_without(text, names, keep_kind=False))) < _LEAST


def names_within(piece: str, text: str, names: Sequence[Span]) -> list[Span]:
    """Find the names of a text again in a piece that was cut out of it."""
    offset = text.find(piece)
    if offset < 0:
        return []
    moved = [(start - offset, end - offset) for start, end in names]
    return [(max(start, 0), min(end, len(piece))) for start, end in moved if end > 0]


def _without(text: str, names: Sequence[Span], *, keep_kind: bool) -> str:
    parts, at = [], 0
    for start, end in sorted(names):
        if end <= at:
            continue
        start = max(start, at)
        kinds = "".join(_KIND.findall(text[start:end])) if keep_kind else ""
        parts += [text[at:start], kinds]
        at = end
    return " ".join([*parts, text[at:]])
