"""What a citizen changes: which field, the new value's span and the old value, if said."""

from __future__ import annotations

import re
from dataclasses import dataclass

FIELDS: dict[str, str] = {
    "place": "地点|地址|位置|地方|定位|门牌号?|路名|小区名",
    "category": "类别|分类|类型|种类|类目|问题类型",
    "phone": "联系电话|电话号码|手机号码|手机号|电话|手机|号码|联系方式",
    "name": "姓名|名字|称呼|联系人|我的名|姓",
    "time": "发生时间|时间|日期|时候|几点",
    "details": "情况说明|具体情况|情况|内容|描述|详情|事情|经过|问题描述|说明|诉求",
    "visibility": "公开方式|是否公开|公开不公开|公开还是保密",
}
_FIELD = "|".join(f"(?P<{name}>{words})" for name, words in FIELDS.items())
_PLAIN_FIELD = "|".join(FIELDS.values())
_WRONG = "(?:写|填|说|搞|弄|记|选|打|输|报|录)?(?:得|的)?(?:不对|不是|错了?|有误|有问题|不准确?|不太对)(?:了|啦|的|吧)?"
_TURN = "改成|改为|改一下|改下|改到|换成|换为|更正为|更改为|修改为|应该是|应为|应当是|应是|其实是|实际是|实际上是|准确说是|正确的是|是"
_END = r"[ 。.!,、]*(?:才对|吧|哈|啊|的|谢谢)?[ 。.!,、]*$"
_BEFORE = re.compile(
    rf"^[ ,]*(?:不对|错了|不是|等等|等一下|哦|噢|那个|对不起|不好意思|麻烦|请|帮我|把|我的|我|要|想|这个|上面的?|刚才的?)*[ ,]*(?:{_FIELD})(?:那里|那个|这里)?(?:要|得|需要|请|帮我|再|麻烦|我)*(?P<rest>.*)$",
    re.DOTALL,
)
_SAID_WRONG = re.compile(
    rf"^[ ,]*{_WRONG}[ ,。.!:;]*(?:(?:应该|应当|而)?(?:{_TURN}|换|改)[ :]*)?(?P<new>.*?){_END}",
    re.DOTALL,
)
_CHANGED = re.compile(
    rf"^[ ,:]*(?:从.{{1,15}}?)?(?:{_TURN}|换|改)[ :]*(?P<new>.*?){_END}", re.DOTALL
)
_NOT_BUT = re.compile(
    r"(?:^|[,。;! ])(?:地点|地址|名字|应该|说错了|错了|不对)?[ ,]*(?:不是|不叫|不在|不姓)(?P<old>[^,。;!?]{1,14}?)[ ,。;]*(?:而|应该|其实|实际上?)?(?:是|叫|在|姓)(?P<new>[^,。;!?]{1,20}?)(?:才对|吧|哈|的)?(?=$|[,。;! ])"
)
_IS_NOT = re.compile(
    r"^[ ]*(?:应该|其实)?是(?P<new>[^,。;!?不]{1,16}?)[ ,]*(?:,|,)?[ ]*(?:而)?不是(?P<old>[^,。;!?]{1,16}?)[ 。.!]*$"
)
_SLIP = re.compile(
    rf"^[ ]*(?:不对不对|不对|错了|搞错了|弄错了|写错了|说错了|记错了|打错了|填错了|更正一?下?|纠正一?下?|改一下|改下|我要改|修改)[ ,。.!:;]+(?:(?:应该|而)?(?:{_TURN})[ ]*)?(?P<new>.{{1,60}}?){_END}",
    re.DOTALL,
)
_TURN_ONLY = re.compile(
    rf"^[ ]*(?:请|麻烦|帮我|给我|我要|我想|那就)*(?:改成|改为|换成|更正为|修改为|应该是|应为)[ :]*(?P<new>.{{1,40}}?){_END}",
    re.DOTALL,
)
_MORE = re.compile(
    r"^[ ]*(?:(?:情况|内容|描述|详情|说明)(?:里面?|上)?(?:再|还要|还得|要|请)?(?:加|补|添)(?:上|充)?(?:一句|一点|一条|一下|几句)?|(?:我)?(?:再|还要|想|要)?(?:补充|加)(?:一下|一点|一句|说明|几句|上一句)|补充说明|补充)[ ,:。]*(?P<new>.*?)[ ]*$",
    re.DOTALL,
)
_QUESTION = re.compile(r"怎么|吗[??]?$|什么时候|多久|为什么|[??]$")


@dataclass(frozen=True)
class Correction:
    """A change asked for; `field` or `old` may be empty, the span is empty when no value is given."""

    field: str
    start: int
    end: int
    old: str = ""
    field_span: tuple[int, int] = (0, 0)


def find_correction(text: str) -> Correction | None:
    """Read a folded message as the change of something said before; None when it is none."""
    if len(text) > 80:
        return None
    for reader in (_named_field, _addition, _not_but, _is_not, _slip):
        found = reader(text)
        if found is not None:
            return found
    return None


def _named_field(text: str) -> Correction | None:
    match = _BEFORE.match(text)
    if match is None or _QUESTION.search(text):
        return None
    field = next(name for name in FIELDS if match[name])
    rest, at = match["rest"], match.start("rest")
    change = _SAID_WRONG.match(rest) or _strong_change(text, rest)
    if change is None:
        return _bare_edit(text, field, match)
    start, end = at + change.start("new"), at + change.end("new")
    contrast = _NOT_BUT.search(text, max(0, at - 1))
    if contrast and contrast["new"]:
        return Correction(field, *contrast.span("new"), contrast["old"], match.span(field))
    return Correction(field, *_trim(text, start, end), field_span=match.span(field))


def _strong_change(text: str, rest: str) -> re.Match[str] | None:
    """A change by 改成 and the like; a plain 是 changes only after a word of correction."""
    match = _CHANGED.match(rest)
    if match is None or not match["new"]:
        return None
    plain = re.match(r"[ ,:]*是", rest) is not None
    corrected = re.match(r"[ ,]*(?:不对|错了|不是|等等|等一下)", text) is not None
    return match if corrected or not plain else None


def _bare_edit(text: str, field: str, match: re.Match[str]) -> Correction | None:
    """改一下地点 / 我要改电话: a field to be changed, no value yet."""
    head = text[: match.start(field)]
    if re.search(r"不对|错", head) and not match["rest"].strip(" 。."):
        return Correction(field, 0, 0, field_span=match.span(field))
    return None


def _addition(text: str) -> Correction | None:
    match = _MORE.match(text)
    if match is None or _QUESTION.search(text):
        return None
    return Correction("details", *_trim(text, *match.span("new")))


def _not_but(text: str) -> Correction | None:
    match = _NOT_BUT.search(text)
    if (
        match is None
        or match["new"] in ("的", "吗")
        or match["old"].startswith(("说", "很", "我不", "不"))
    ):
        return None
    if re.search(r"不是(?:很|说|太|一|没|有人|要|因为|第一|不)", match.group()) or len(text) > 50:
        return None
    return Correction("", *_trim(text, *match.span("new")), match["old"].strip())


def _is_not(text: str) -> Correction | None:
    match = _IS_NOT.match(text)
    return Correction("", *_trim(text, *match.span("new")), match["old"].strip()) if match else None


def _slip(text: str) -> Correction | None:
    match = _SLIP.match(text) or _TURN_ONLY.match(text) or _EDIT.match(text)
    if match is None:
        return None
    if match.re is _EDIT:
        field = next(name for name in FIELDS if match[name])
        return Correction(field, 0, 0, field_span=match.span(field))
    if _QUESTION.search(match["new"]):
        return None
    return Correction("", *_trim(text, *match.span("new")))


_EDIT = re.compile(
    rf"^[ ]*(?:我要|我想|想|要|帮我|请|麻烦|能不能|可以)*(?:改|修改|更改|更正|换|重新填|重填|编辑)(?:一下|下|个|一个)?(?:我的|那个|这个)?(?:{_FIELD})(?:吧|吗|一下|可以吗)?[ 。.!?]*$"
)


def _trim(text: str, start: int, end: int) -> tuple[int, int]:
    while start < end and text[start] in " ,:。.;!\"'“”":
        start += 1
    while end > start and text[end - 1] in " ,:。.;!\"'“”":
        end -= 1
    return start, end
