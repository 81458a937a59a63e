"""The callback after the office's reply: contacted? solved? how well? Pure functions over what was answered so far.

Only what answers the question that is open counts; everything else is for the dialogue, and the question stays open
in silence. Nobody's silence is a verdict: what was not answered is absent.
"""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass, fields, replace
from datetime import datetime
from typing import Any

BEGINS = "utter_callback_begins"
"""The sentence that asks the first question; it stands under the office's reply, told outside a turn."""
CONTACTED, SOLVED, RATING, REASON = "contacted", "solved", "rating", "reason"
SCORES = ("degree", "attitude", "speed")
#: Choices under a question, in the order of their numbers.
OPTIONS = {
    CONTACTED: ("contacted_yes", "contacted_no"),
    SOLVED: ("solved_yes", "solved_partly", "solved_no"),
}
DISSATISFIED_MOST = 2.0
#: Total above this → its name; 领导留言板's scale (civic-domain section 1.6).
_TOTALS = ((4, "best"), (3, "good"), (2, "fair"), (1, "poor"))
_WORST = "worst"

_DIGITS = str.maketrans("０１２３４５６７８９一二三四五", "012345678912345")
_ENDS = " \t\n，。,.!！~～?？、;；"
_SPLIT = re.compile(r"[\s，,。.;；!！、]+")
_SKIPS = re.compile(
    r"(?:我|那|就|先|这次|[，,\s])*(?:跳过|不想?(?:评价?|打分|说|回答)|不用(?:评价?|打分)|不方便|以后再说|没空|算了)(?:了|吧|啊|[，,\s])*"
)
_NOT_CONTACTED = re.compile(
    r"(?:还|一直|从来|都|也|就|根本|压根|没有|没)*(?:没有?|没人|无人|未)(?:人|谁)?(?:跟我|和我|给我|来)?"
    r"(?:联系|打过?电话|来|找|接到过?电话|收到电话)?(?:过|我|的|呢|啊|吧|了)*"
)
_CONTACTED = re.compile(
    r"(?:有|是的?|对|嗯|[，,\s]|已经|都|电话|他们|单位|工作人员|有人|人|跟我|和我|给我|今天|昨天|前天|上午|下午|刚才?)*"
    r"(?:有|有的|有过|是|是的|对|联系|打|打电话|来电话?|接到电话|通电话|通过电话|上门|来|找)(?:电话|过|了|我|的|啊|呢)*"
)
_UNSOLVED = re.compile(
    r"(?:还|根本|完全|问题|事情|都|一点|也|就|是|仍然?|依然|并|其实|压根)*(?:没有?|未|不)(?:得到|被|给|能|有)?"
    r"(?:解决|处理好?|处理|弄好|修好|改善|变化|改变|好|动静|效果|用)(?:的|啊|呢|呀|好|掉|了|问题)*"
    r"|(?:还是|依然|依旧|仍旧)(?:一样|那样|这样|老样子|照旧)(?:的|啊)?|老样子|(?:没有?|没)(?:的|啊|呢)*"
)
_PARTLY = re.compile(
    r"(?:只|就|才|算是?|基本上?|大概|差不多|解决|处理|好)*了?(?:部分|一部分|一半|大部分|一些|一点|有点|好转|好些)(?:解决|处理|好|改善)?了?(?:的|吧|啊)*"
    r"|基本上?(?:解决|处理好|好)了?"
)
_DONE = re.compile(
    r"(?:都|已经|已|问题|事情|全部?|这次|是|嗯|现在|终于)*(?:解决|处理好|处理完|处理了|弄好|修好|搞定|办好|好了|满意)"
    r"(?:了|啦|的|很|好|谢谢|感谢|多谢|你们|您|啊|[，,。!！\s])*|(?:很|非常|挺|比较|十分)满意(?:的|了|啊)?"
)
_BUT = re.compile(r"但|不过|可是|就是|只是")
_ALL = re.compile(
    r"(?:[三3][项个]|全部|全|统统|都|各项|各|[，,\s])*(?:都|全|全部|各|均)?(?:是|给|打)?(?P<n>[1-5])[分星]?(?:都|全)?(?P<all>吧)?"
)
_EACH = re.compile(r"都|全|统统|各|均")
_FULL = re.compile(r"(?:都|全|全部|三项|给|打|是|个)*(?:满分|好评|非常满意|很满意)(?:吧|了)?")
_NUMBERS = re.compile(r"\d{1,3}[分星]?(?:[\s,，、/;；]*\d{1,3}[分星]?){0,4}")
_NAMED = re.compile(
    r"(解决(?:程度)?|(?:办理|服务)?态度|(?:办理)?速度|程度)(?:给|打|是|[:：\s])*(\d{1,3})[分星]?"
)


@dataclass(frozen=True)
class Callback:
    """How far the callback of one case is.

    Attributes:
        step: the question that is open, "" when none is.
        round: how often the office's reply was asked about.
        asked: when, as ISO text: of two open callbacks the later one is answered.
        solved: yes, partly or no.
    """

    step: str = ""
    round: int = 0
    asked: str = ""
    contacted: bool | None = None
    solved: str = ""
    degree: int | None = None
    attitude: int | None = None
    speed: int | None = None

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Callback:
        """Read back what `to_dict` wrote; unknown keys of another version are ignored."""
        known = {f.name for f in fields(cls)}
        return cls(**{k: v for k, v in data.items() if k in known})

    def to_dict(self) -> dict[str, Any]:
        """Return plain data; what was not answered is left out."""
        return {k: v for k, v in asdict(self).items() if v not in (None, "")}

    @property
    def missing(self) -> list[str]:
        """The scores that are still to be given."""
        return [name for name in SCORES if getattr(self, name) is None]

    @property
    def total(self) -> float | None:
        """The mean of the three scores, None until all are there."""
        given: list[int] = [v for name in SCORES if (v := getattr(self, name)) is not None]
        return sum(given) / len(given) if len(given) == len(SCORES) else None

    @property
    def is_dissatisfied(self) -> bool:
        """True for what was not solved, or scored low."""
        return self.solved == "no" or (self.total is not None and self.total <= DISSATISFIED_MOST)

    def verdict(self) -> dict[str, str]:
        """Return what was answered as it is handed to the backend."""
        found = {name: str(v) for name in SCORES if (v := getattr(self, name)) is not None}
        if self.contacted is not None:
            found["contacted"] = "true" if self.contacted else "false"
        return {**found, "solved": self.solved} if self.solved else found


@dataclass(frozen=True)
class Answered:
    """What an answer did.

    Attributes:
        why: the reason that was given along with it.
        unclear: it was meant as a score, and is none from 1 to 5.
        skipped: the citizen wants to be asked no more.
    """

    callback: Callback
    why: str = ""
    unclear: bool = False
    skipped: bool = False


def opened(before: dict[str, Any], now: datetime) -> dict[str, Any]:
    """Return the state in which a new reply is asked about."""
    number = Callback.from_dict(before).round + 1
    return Callback(step=CONTACTED, round=number, asked=now.isoformat()).to_dict()


def ended(before: dict[str, Any]) -> dict[str, Any]:
    """Return the state in which nothing is asked any more."""
    return replace(Callback.from_dict(before), step="").to_dict() if before.get("step") else before


def total_name(total: float) -> str:
    """Return best, good, fair, poor or worst."""
    return next((name for above, name in _TOTALS if total > above), _WORST)


def answer(callback: Callback, text: str, option: str = "") -> Answered | None:
    """Take the answer to the open question; None if the words are no answer to it."""
    words = text.translate(_DIGITS).strip(_ENDS)
    if callback.step in (CONTACTED, SOLVED, RATING) and _SKIPS.fullmatch(words):
        return Answered(replace(callback, step=""), skipped=True)
    if callback.step == RATING:
        return _scored(callback, words)
    if callback.step not in OPTIONS:
        return None
    chosen, rest = _chosen(callback.step, option, words)
    if not chosen:
        chosen, rest = _in_words(callback.step, text.strip(_ENDS))
    return _stepped(callback, chosen, rest) if chosen else None


def _chosen(step: str, option: str, words: str) -> tuple[str, str]:
    """Read a tap or a number, perhaps with a word behind it ("3 昨晚还是有")."""
    offered = OPTIONS[step]
    if option in offered:
        return option, ""
    head, *rest = _SPLIT.split(words, maxsplit=1)
    if head.isascii() and head.isdigit() and 1 <= int(head) <= len(offered):
        return offered[int(head) - 1], rest[0] if rest else ""
    return "", ""


def _in_words(step: str, words: str) -> tuple[str, str]:
    if step == CONTACTED:
        if _NOT_CONTACTED.fullmatch(words):
            return "contacted_no", ""
        if _CONTACTED.fullmatch(words):
            return "contacted_yes", ""
    solved = _solved(words)
    if solved:
        return solved, ""
    head, *rest = _SPLIT.split(words, maxsplit=1)
    found = _solved(head) if rest else ""
    if found == "solved_yes":
        return ("solved_partly", rest[0]) if _BUT.match(rest[0]) else ("", "")
    return (found, rest[0]) if found else ("", "")


def _solved(words: str) -> str:
    for pattern, meaning in ((_UNSOLVED, "no"), (_PARTLY, "partly"), (_DONE, "yes")):
        if words and pattern.fullmatch(words):
            return f"solved_{meaning}"
    return ""


def _stepped(callback: Callback, chosen: str, rest: str) -> Answered:
    what, _, value = chosen.partition("_")
    if what == CONTACTED:
        return Answered(replace(callback, contacted=value == "yes", step=SOLVED))
    step = REASON if value == "no" else RATING
    return Answered(replace(callback, solved=value, step=step), why=rest if value == "no" else "")


def _scored(callback: Callback, words: str) -> Answered | None:
    scores = _named(words) or _numbered(callback, words)
    if scores is None:
        return None
    if not scores or any(not 1 <= n <= 5 for n in scores.values()):
        return Answered(callback, unclear=True)
    scored = replace(
        callback,
        degree=scores.get("degree", callback.degree),
        attitude=scores.get("attitude", callback.attitude),
        speed=scores.get("speed", callback.speed),
    )
    return Answered(scored if scored.missing else replace(scored, step=""))


def _named(words: str) -> dict[str, int]:
    """Read "态度5分，速度3分"; nothing if anything else stands there."""
    if _NAMED.sub("", words).strip(f"{_ENDS}我觉得给打都"):
        return {}
    return {_field(name): int(number) for name, number in _NAMED.findall(words)}


def _field(name: str) -> str:
    if "态度" in name:
        return "attitude"
    return "speed" if "速度" in name else "degree"


def _numbered(callback: Callback, words: str) -> dict[str, int] | None:
    """Read "5 4 5", "545", "都5分" or one number for the next score; {} for a number that fits nothing."""
    missing = callback.missing
    if _FULL.fullmatch(words):
        return dict.fromkeys(missing, 5)
    each = _ALL.fullmatch(words)
    if each and _EACH.search(words):
        return dict.fromkeys(missing, int(each["n"]))
    if not _NUMBERS.fullmatch(words):
        return None
    numbers = [int(n) for n in re.findall(r"\d+", words)]
    if len(numbers) == 1 and len(str(numbers[0])) == len(missing) > 1:
        numbers = [int(digit) for digit in str(numbers[0])]
    if len(numbers) not in (1, len(missing)):
        return {}
    return dict(zip(missing, numbers, strict=False))
