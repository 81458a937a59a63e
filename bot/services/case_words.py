"""How people put what they want of a case that is filed: plain tests of wording beside the model's intents.

Each is a closed list of words around a core, so that a complaint in which such a word stands ("垃圾三天没人管") is
never taken for one.
"""

from __future__ import annotations

import re

from bot.model.complaint import Complaint
from bot.model.draft import Said
from bot.services import phrasing

MATERIAL, URGE, WITHDRAW, HISTORY, DISSATISFIED = (
    "material", "urge", "withdraw", "history", "dissatisfied",
)  # fmt: skip
_INTENTS = {
    "add_material": MATERIAL,
    "urge": URGE,
    "withdraw": WITHDRAW,
    "history": HISTORY,
    "dissatisfied": DISSATISFIED,
}
#: Intents whose words may be put so that only the wording tells.
_OPEN_INTENTS = frozenset(
    {
        "",
        "abuse",
        "ask_duration",
        "bye",
        "cancel",
        "chitchat",
        "correct",
        "deny",
        "greet",
        "out_of_scope",
        "report",
        "thanks",
    }
)
_ASKED = frozenset({"ask_help", "ask_progress"})
_NUMBER = re.compile(r"[A-Za-z]{1,4}-\d{6}-\d{4,}")
_SIGNS = r"[\s，,。.！!？?~～、…:：]"
_ABOUT = (
    r"你好|您好|请问?|麻烦|帮|帮忙|给|我们?|你们|您|他们|能不能|可不可以|可以|能|想|要|想要|把|再|又|也|的|得|那|这|个|件|条|"
    r"之前|上次|上面|刚才|刚刚|昨天|前面|那天|投诉|反映|工单|单子|单|诉求|事情?|问题|案子|已经|都|就|还|到底|一直|怎么|为什么|"
    r"为啥|咋|什么时候|啥时候|吗|呢|啊|吧|了|呀|嘛|啦|哦|诶|唉|哎|嘞|呗|哈|忙|先|可|到现在|现在|今天|至今|一下|下|谢谢|多谢|辛苦|拜托|同志|师傅|领导|老师|大家|有关|部门|单位|承办|负责|相关|是不是|有|人"
)
_URGES = re.compile(
    rf"(?:{_ABOUT}|{_SIGNS}|催促?|催办|催单|催催|加急|快点?|尽快|抓紧|赶紧|好?几天|[\d一二两三四五六七八九十半]+(?:多|几)?个?(?:天|周|星期|礼拜|月)|"
    r"没有?|不|无|处理|解决|办|办理|管|来|理|回复|答复|回音|动静|消息|结果|进展|反应|联系|好|久|这么|那么|多|急|很|真的|已|过去|等|拖|再|给力|来人|过来|上门|点|些|要|会|多久|天|周|月)+"
)
_URGE_CORE = re.compile(
    r"催|加急|(?<!有)没有?人?(?:处理|解决|办|管|来|理|回复|答复|回音|动静|消息|结果|进展|反应|联系)|(?:快点?|尽快|抓紧|赶紧)(?:给我|帮我|再)?(?:处理|解决|办)|"
    r"(?:一直|怎么|为什么|都|还)不(?:处理|解决|办|管|理|回复)"
)
_WITHDRAWS = re.compile(
    rf"(?:{_ABOUT}|{_SIGNS}|撤[回销掉诉]?|取消|不用|不必|不需要|不要|不|处理|管|办|办理|追究|好|解决|自己|完|没事|算|当|说|来|弄|修|完全|麻烦)+"
)
_KEEPS = re.compile(
    r"(?:不|别|没)(?:想|要|是|用|打算|能)?(?:撤|取消)|^(?:那?还是)?算了[吧啊。！!]*$|(?:接着|继续)(?:办|处理)"
)
_WITHDRAW_CORE = re.compile(
    r"撤[回销掉诉]|撤了|(?:不用|不必|不需要|不要)(?:再|你们|麻烦)?(?:处理|管|办|办理|来)|不(?:投诉|反映|追究)了|取消(?:投诉|这个|这件|那个|那件|工单|单子|反映)|当我没(?:说|反映)"
)
_HISTORIES = re.compile(
    rf"(?:{_ABOUT}|{_SIGNS}|经过|过程|流程|记录|步骤|流转|做|干|些|什么|啥|哪|几|步|是|样|处理|办理|办|看|查|说|告诉|详细|历史|全部|所有|怎样|走|到)+"
)
_HISTORY_CORE = re.compile(
    r"经过|(?:处理|办理|流转|历史)(?:的)?(?:过程|记录|流程|步骤)|都(?:做|干|办|处理)了(?:些|点)?(?:什么|啥)|(?:做|办|走)了?(?:哪些|哪几|几)步?"
)
_DISPLEASED = re.compile(
    r"(?:我|对|你们|他们|这个?|那个?|次|回复|答复|处理|办理|结果|态度|速度|的|就是|还是|真的|表示|很|非常|太|一点都?|十分|也|[，,\s])*"
    rf"(?:不满意?|不认可|不接受|不服)(?:的|了|啊|这个|你们|处理|答复|回复|结果|他们)*(?P<why>{_SIGNS}.*)?",
    re.DOTALL,
)
_ADDS = re.compile(
    r"补充(?:一下|下|说明|几|两|点|一|个|材料|照片|图片|证据|信息|[：:，,\s])|补(?:张|几张|个)(?:照片|图)"
)
_ONLY_ADDS = re.compile(
    rf"(?:{_ABOUT}|{_SIGNS}|补充?|说明?|材料|照片|图片|证据|信息|几句|两句|几点|一点|点|一些|内容|发|传|加|东西|情况)+"
)
_LINKS = re.compile(
    r"(?:刚才|刚刚|上面|前面|之前|上次)(?:那|说|反映|投诉|提交|发|报)|那件|这件|还是(?:一样|没|那样|有|会)|昨晚[还又]|今[早天晚]还|又来了|又(?:开始|在)了?|你们|他们|仍然"
)
_WISHES = frozenset({"start_complaint", "second_matter"})
_ANOTHER = re.compile(
    r"(?:另外|还有)[，,\s]*(?:[一1]?[件个](?:事|问题)?|要?(?:投诉|反映|举报))|(?:再|另外?)(?:投诉|反映|举报)|新的(?:问题|事|投诉)"
)
_COURTESY = re.compile(
    rf"(?:{_SIGNS}|好|好的|收到|知道|了|嗯|哦|谢谢?|感谢|多谢|再见|拜拜|辛苦|你们|您|啦|哈|行|可以|ok)+",
    re.IGNORECASE,
)
_NOT_A_NAME = re.compile(r"[号门口幢栋楼层单元室路街道巷弄小区村里东西南北侧边旁附近的\d\s]")
_LONG_ENOUGH = 8  # characters: less tells no new matter


def act_of(said: Said) -> str:
    """Return what a message wants of a filed case, "" if nothing."""
    text = _NUMBER.sub("", said.text).strip()
    if _DISPLEASED.fullmatch(text):
        return DISSATISFIED
    if said.intent in _INTENTS:
        return _INTENTS[said.intent]
    if said.intent in _ASKED and _HISTORY_CORE.search(text) and _HISTORIES.fullmatch(text):
        return HISTORY
    if said.intent not in _OPEN_INTENTS:
        return ""
    if phrasing.supplements(said) or _ADDS.search(text):
        return MATERIAL
    closed = ((WITHDRAW, _WITHDRAWS, _WITHDRAW_CORE), (URGE, _URGES, _URGE_CORE))
    for act, words, core in (*closed, (HISTORY, _HISTORIES, _HISTORY_CORE)):
        if core.search(text) and words.fullmatch(text):
            return "" if act == WITHDRAW and keeps(text) else act
    return ""


def says_where_it_belongs(said: Said) -> bool:
    """True if a message to be added says so itself: "补充", a receipt number, a phone or name."""
    explicit = "补充" in said.text or said.intent == "add_material" or bool(number_in(said.text))
    return explicit or _ADDS.search(said.text) is not None or bool(said.phone or said.name)


def keeps(text: str) -> bool:
    """True for "不撤了", "先不取消", "算了": a case is not to be taken back after all."""
    return _KEEPS.search(text) is not None


def number_in(text: str) -> str:
    """Return the receipt number that a message names, "" if none."""
    found = _NUMBER.search(text)
    return found.group().upper() if found else ""


def reason_in(text: str) -> str:
    """Return why somebody is dissatisfied, "" if they only say that they are."""
    found = _DISPLEASED.fullmatch(text.strip())
    why = (found["why"] or "").strip(" ，,。.！!：:；;") if found else ""
    return why if len(why) > 1 else ""


def only_announces(said: Said) -> bool:
    """True for "我要补充材料": what it is, is still to come."""
    text = _NUMBER.sub("", said.text)
    return not (said.phone or said.name) and _ONLY_ADDS.fullmatch(text) is not None


def is_courtesy(text: str) -> bool:
    """True for "好的", "收到，谢谢": no answer to any question."""
    return _COURTESY.fullmatch(text) is not None


def is_new_matter(said: Said, case: Complaint) -> bool:
    """True if words clearly tell of something else than this case."""
    if said.intent in _WISHES or _ANOTHER.search(said.text):
        return True
    if said.intent != "report" or len(said.text) < _LONG_ENOUGH or _LINKS.search(said.text):
        return False
    known = _NOT_A_NAME.sub("", f"{case.place}{case.division}{case.description}")
    foreign = [p for p in said.places if not _shares(_NOT_A_NAME.sub("", p), known)]
    other = said.sure and said.ranking[0].code != case.service_code
    elsewhere = bool(foreign) and len(foreign) == len(said.places)
    return (elsewhere and (other or said.sure or phrasing.is_sentence(said.text))) or (
        other and not said.places and not _shares(said.text, case.description, least=3)
    )


def _shares(words: str, known: str, *, least: int = 2) -> bool:
    """True if a stretch of these words stands in what is known."""
    return any(words[at : at + least] in known for at in range(max(1, len(words) - least + 1)))
