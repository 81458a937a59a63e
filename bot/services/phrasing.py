"""How people put things: plain tests of wording that need neither the model nor the draft.

They back up the model where a wrong guess would cost the citizen's words: a yes that files, an answer that is no
place, a slip that is admitted.
"""

from __future__ import annotations

import re

from bot.model.draft import Said

NOTE = 5  # characters: less is hardly a statement
_AGREED = re.compile(r"确认|提交")
_NOT_AGREED = re.compile(r"[不没别未先等吗么？?怎谁哪]|取消|之前|以后|完")
_SHORT_AGREEMENT = 12
_YES = re.compile(
    r"(?=.*(?:对|是|好|行|嗯|恩|可以|没错|没问题|同意|ok))"
    r"(?:没错|没问题|可以|同意|无误|谢谢|麻烦|帮我|一下|ok|就|[对是好行嗯恩这样个交提报办弄上去吧了的额呀啊哦哈呢嘞滴哒您你先都，,。.！!~～\s])+",
    re.IGNORECASE,
)
_ASSENT = re.compile(
    r"[👌👍🆗\s]+|(?:那?就|请|帮我|麻烦)*(?:提交|交|发|报|递)(?:上去|一下)?[吧了嘞呗啊呀]*[，,。!！\s]*"
    r"(?:谢谢|多谢|麻烦|辛苦)?[您你了啦啊。!！\s]*"
)
_ADDS = re.compile(r"但是?|不过|可是|要加|再加|加[一上个]|补充|改[成一]")
_SUPPLEMENT = re.compile(
    r"(?:我|再|要|想|给|对了|[，,\s])*(?:补充|刚才|刚刚|上面|前面)(?!有|来|看|发生|路过|听|又)"
)
_OPEN = re.compile(
    r".{0,4}(?:随便|不知道|不清楚|不懂|不晓得|看着办|都行|都可以|都不是|都不对|没有合适|其他|其它|你[选定]|您[选定]).{0,8}"
)
_QUESTION = re.compile(r"[?？吗呢]|怎么|什么|多少|谁|是不是|有没有|要不要|能不能|为啥|咋")
_NO_PLACE = re.compile(
    r"几[天个点时]|第[一二三]个|[今昨明]天|[早晚]上|[上下]午|半夜|凌晨|天天|一[天直]|已经|小时|分钟|[块元万]|欠|工资|"
    r"电话|打给?我|投诉|问题|解决|处理|快点|急死|求[你您求]|同一个|[打修关开用说找记]不|[坏漏滴响吵臭烧]了?$|死了?$|[坏漏]得"
)
_NO_LONGER_WAITS = re.compile(
    r"(?:我|那|就|算了|[，,\s])*(?:不(?:想|要|用)?(?:再)?等了|不(?:要|用|找|转)人工了?|别等了|取消人工|算了)"
    r"(?:吧|谢谢|[。！!~\s])*"
)
_LEAD_IN = re.compile(
    r"^(?:就|是|在|位于|地址是?|地点是?|位置是?|地方是?|我?家?住在?|应该是|改成|换成)+[:：,，是在]*"
)
_WHERE = "小区|家|村|楼下|家门口|这里|这边|这儿|那里|那边|附近|单位|学校|公司|门口|路上|镇上|楼上|隔壁|对面"
_VAGUE_PLACE = re.compile(
    rf"就?在?我?们?(?:{_WHERE})(?:里|那里|那边|这里|这边|门口|附近|楼下)?"
    r"|.*(?:说不清|不清楚|不知道|不晓得|忘记?了|不记得|到处|记不).*"
)
_NONE = re.compile(
    r"(?:我|这|那|都|也|就|呢|啊|[，,。.！!\s])*(?:没有?|无|不用|不需要|不涉及|没关系|跳过|不要|不填|不说|不留)"
    r"(?:了|地点|地方|位置|具体|地址|特别|固定|这个|什么|的|吧|啊|呢|哦|呀|[，,。.！!\s])*"
)
_SOMEWHERE = re.compile(
    r"小区|[楼路街巷弄村店厂园]|公司|单位|学校|[小中大]学|医院|市场|工地|窗口|这里|这边|那里|附近|门口|隔壁|家里|老板"
)
_NOT_KNOWN = re.compile(r"不知道|不清楚|不晓得|不懂|不确定|说不清|记不清|不记得|忘了|忘记了")
_SLIP = re.compile(r"[搞写说弄记打填]错|错了|不对|才对|应该是|更正|改[成为到]")
_CHANGE = re.compile(r"(?:改|换)[成回为到]+(?P<new>[^,，。!！?？]{2,30}?)[吧了啦呢]*[。!！]*$")
_WISH = re.compile(
    r"你好|您好|我们?|想要?|还?要|还有|反映|投诉|举报|问题|情况|一下|[一两]?[个件]|事情?|一|下|个|再|另外|有|[，,。！!\s]"
)
_CONTACT = re.compile(
    r"联系方式|我的|电话|手机|号码|联系我?|我叫|我姓|姓名|名字|你们|可以|拨打|留个?|是|打|[\d*\-\s:：，,。.！!]+"
)
_HAN = re.compile(r"[\u4e00-\u9fff]")
_CLAUSES = re.compile(r"(?<=[，,。；;！!])")


def agrees(said: Said) -> bool:
    """True for a plain yes to the read-back, also one with a courtesy around it ("知道了，确认")."""
    if adds(said.text):
        return False
    if said.intent == "affirm" or _ASSENT.fullmatch(said.text):
        return True
    short = len(said.text) <= _SHORT_AGREEMENT
    if short and _YES.fullmatch(said.text):
        return True
    return bool(short and _AGREED.search(said.text) and not _NOT_AGREED.search(said.text))


def supplements(said: Said) -> bool:
    """True for what belongs to a case already filed: a bare phone number or name, "补充一下……", "刚才那件……"."""
    if (said.phone or said.name) and len(beyond_contact(said.text, said.name)) < NOTE:
        return True
    return _SUPPLEMENT.match(said.text) is not None


def adds(text: str) -> bool:
    """True if more is wanted than a yes ("好的 但是要加一句")."""
    return _ADDS.search(text) is not None


def leaves_open(text: str) -> bool:
    """True for "随便", "不知道是哪一类", "都不是": somebody else is to choose."""
    return _OPEN.fullmatch(text) is not None


def is_question(text: str) -> bool:
    """True if something is asked."""
    return _QUESTION.search(text) is not None


def is_no_place(text: str) -> bool:
    """True for words in which no place was found and that speak of time, money, or what is wrong, or that ask."""
    return is_question(text) or _NO_PLACE.search(text) is not None


def is_vague_place(text: str) -> bool:
    """True for what nobody can find: "我们小区", "说不清楚"."""
    return _VAGUE_PLACE.fullmatch(text) is not None


def has_none(text: str) -> bool:
    """True for "没有", "没有具体地点", "不用": what was asked for is not there."""
    return _NONE.fullmatch(text) is not None


def speaks_of_place(text: str) -> bool:
    """True if words speak of somewhere one could go to: a shop, a school, a road, "这里"."""
    return _SOMEWHERE.search(text) is not None


def does_not_know(text: str) -> bool:
    """True for "不知道", "不清楚是哪个"."""
    return _NOT_KNOWN.search(text) is not None


def without_lead_in(text: str) -> str:
    """Return "人民路18号" for "地址是人民路18号"."""
    return _LEAD_IN.sub("", text) or text


def is_sentence(text: str) -> bool:
    """True for telling rather than naming: two clauses, or long."""
    clauses = re.search(r"[，,。！!；;]", text.strip("，,。！! "))
    return bool(clauses and len(text) > NOTE) or len(text) > 16


def beyond_wish(text: str) -> str:
    """Return what a wish to complain says besides ("我还要反映一个，我家自来水发黄")."""
    return "".join(_HAN.findall(_WISH.sub("", text)))


def beyond_contact(text: str, name: str) -> str:
    """Return what is left of a text beside phone and name."""
    return _CONTACT.sub("", text.replace(name, "") if name else text)


def without_contact(text: str, said: Said) -> str:
    """Return a story without the clauses that only say who to call: those are read back on lines of their own."""
    given = [value for value in (said.phone, said.name) if value]
    kept = [
        clause
        for clause in _CLAUSES.split(text)
        if not any(value in clause for value in given) or len(beyond_contact(clause, said.name)) > 3
    ]
    return "".join(kept).strip("，,；; ")


def admits_slip(text: str, place: str) -> bool:
    """True if a text says little more than that another place was meant ("门牌搞错了，凤起路183号才对")."""
    rest = re.sub(r"[\s，,。！!]", "", _SLIP.sub("", text.replace(place, "")))
    return bool(_SLIP.search(text)) and len(rest) <= 8


def change_to(text: str) -> str:
    """Return the new value of "还是改回培训机构吧", "" if the text asks for no change."""
    found = _CHANGE.search(text)
    return found["new"] if found else ""


def no_longer_waits(text: str) -> bool:
    """True if somebody who waits for a person says that they do not want to any more."""
    return bool(_NO_LONGER_WAITS.fullmatch(text.strip()))
