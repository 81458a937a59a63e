"""What a message wants: the reading of intents, free of Rasa.

Short formulaic messages are recognised; whatever else a citizen writes to a complaint office is
content (`report`) unless it is plainly something else.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from nlu.components.linear import LinearText
from nlu.components.scope import ScopeModel, Signs, grieved
from nlu.components.text import squeeze

REPORT = "report"
_LOWEST = 0.3
_STRICT = 0.6
_PLAIN = 0.5
# An answer of more than a few words is one when nothing else is likely.
_CERTAIN = 0.85
_ABOUT_A_SERVICE = 0.95
# An act that a message of talk may still be taken for, against the model of scope; who the bot is
# gets asked in jest as well.
_SURE_ACT, _SURE_OF_HELP = 0.5, 0.75
_IDLE_ENOUGH = 0.3
# Below this a short message tells something and answers nothing: 没有人来修过.
_A_MATTER = -0.3
# Reports that the ranking learns from: the short ones, thinned; the model of scope learns from all.
_REPORT_LENGTH, _REPORTS = 40, 5000
# Longest squeezed talk that is remembered word for word.
_TALK_LONGEST = 60
# Longest squeezed message that may still be this intent; longer ones carry content.
_LONGEST = {
    "affirm": 9,
    "deny": 9,
    "skip": 11,
    "cancel": 16,
    "start_over": 16,
    "resume": 14,
    "start_complaint": 14,
    "ask_progress": 30,
    "ask_duration": 24,
    "ask_privacy": 26,
    "ask_help": 20,
    "ask_hours": 18,
    "ask_photo": 18,
    "human": 20,
    "go_public": 14,
    "go_confidential": 18,
    "second_matter": 16,
    "my_data": 24,
    "add_material": 24,
    "urge": 24,
    "withdraw": 20,
    "history": 24,
    "dissatisfied": 24,
    "greet": 10,
    "thanks": 40,
    "bye": 14,
    "abuse": 24,
}
_QUESTION = re.compile(r"什么时候|啥时候|多久|几天|怎么|为什么|吗$|么$|没有\?|[?]$")
_ANSWERS = frozenset({"affirm", "deny", "skip"})
_ORDERS = frozenset(
    {"cancel", "start_over", "resume", "go_public", "go_confidential", "second_matter", "my_data"}
    | {"ask_photo", "withdraw", "dissatisfied"}
)
_SMALL_TALK = ("out_of_scope", "chitchat", "abuse", "greet", "bye", "thanks")
_EDGES = re.compile(
    r"^(?:那就|那么|那|我|嗯+|哦+|请|麻烦你?|你好|您好|好吧|我说)+|(?:吧|啊|呀|哦|呢|嘛|哈|啦|了|谢谢|的|咯|喽|哟)+$"
)


# Asking for a person in plain words wins over anything said beside it: 算了，给我转人工吧.
_HUMAN = re.compile(
    r"转接?(?:到|一下|个)?(?:人工|真人|活人)|(?:找|叫|换|接|要)(?:一?个)?(?:人工(?:客服|服务|坐席)?|真人|活人)(?:客服)?(?:来|说|聊|跟|和|给|吧|$)|"
    r"^(?:你好|您好|请问|有没有|有|我要|我想找|要|现在|能|可以|帮我|给我|换|找|呼叫|叫|连)*(?:人工|真人)(?:客服|服务|坐席|座席)?(?:还|在|有|没|不|吗|呢|啊|吧|能|可以|接|上线)*$"
)
_NO_HUMAN = re.compile(
    r"(?:不用|不要|不想|不必|别|没必要|不需要|怎么不|打不|一直不|从来不|永远)(?:给我|帮我)?(?:转|找|叫|接)?|银行|移动|联通|电信|平台的"
)
_MADE_BY_HAND = re.compile("人工(?:费|湖|头|智能|草坪|授粉|流产|成本|岛)")

# A question about a public affair, not about this office's own work.
_AFFAIR = re.compile(
    r"办理|材料|资料|条件|政策|手续|咨询|规定|如何查|查询.{2,}|身份证|居住证|驾驶证|工单.{0,12}内容|APP|app|问题$"
)
_AT_US = re.compile("你|平台|机器人|政府|这帮|一[帮群]")
_ABOUT_US = frozenset({"ask_help", "ask_progress", "ask_duration", "ask_hours", "start_complaint"})
_OUR_WORK = re.compile(r"投诉|进度|反映的|我的单|受理|催|你们|机器人|人工|我要|我想")


@dataclass(frozen=True)
class Hints:
    """What the other components found, as far as it decides the intent."""

    correction: bool = False
    option: bool = False
    case_number: bool = False
    content: bool = False  # a place, a phone, a name, or little but a time
    answer: bool = False  # a phone, a name, or little but a place or a time
    again: bool = False  # a wish, or that it happened before
    service: float = 0.0  # confidence that it is about a service of the catalogue


class IntentModel:
    """Ranks the intents for a message: first whether it is a matter at all, then what it wants."""

    def __init__(self, model: LinearText, scope: ScopeModel, known: dict[str, str]) -> None:
        self._model = model
        self._scope = scope
        self._known = known
        acts = ((t, i) for t, i in known.items() if i not in ("chitchat", "out_of_scope"))
        self._cores = {core: intent for text, intent in acts if (core := _core(text))}

    @classmethod
    def train(cls, examples: Sequence[tuple[str, str]]) -> IntentModel:
        """Learn from (text, intent) pairs; the short ones are also remembered word for word."""
        known = {
            key: intent
            for text, intent in examples
            if intent != REPORT and len(key := squeeze(text)) <= _LONGEST.get(intent, _TALK_LONGEST)
        }
        sides = [(t, i in _SMALL_TALK) for t, i in examples if i in _SMALL_TALK or i == REPORT]
        few = _few_reports(examples)
        model = LinearText.train([t for t, _ in few], [i for _, i in few], strength=1.0)
        model.temperature = 0.3
        return cls(model, ScopeModel.train(sides), known)

    def rank(self, text: str, hints: Hints) -> list[tuple[str, float]]:
        """Rank all intents for a folded text, the likeliest first."""
        ranking = self._model.scores(text).ranking
        intent, confidence = self._decide(text, hints, ranking)
        others = [(name, p * (1 - confidence)) for name, p in ranking if name != intent]
        return [(intent, confidence), *others]

    def _decide(
        self, text: str, hints: Hints, ranking: list[tuple[str, float]]
    ) -> tuple[str, float]:
        key = squeeze(text)
        if not key:
            return "chitchat", 0.6
        if hints.option:
            return REPORT, 0.99
        if len(key) <= _LONGEST["human"] + 4 and _HUMAN.search(key) and not _NO_HUMAN.search(key):
            return "human", 0.99
        known = self._known.get(key) or self._cores.get(_core(key))
        if known and not (known in _ANSWERS and _QUESTION.search(text)):
            return known, 0.99
        if hints.correction:
            return "correct", 0.95
        if hints.case_number and len(key) <= 40:
            return "ask_progress", 0.95
        return self._by_model(text, key, hints, ranking)

    def _by_model(
        self, text: str, key: str, hints: Hints, ranking: list[tuple[str, float]]
    ) -> tuple[str, float]:
        signs = Signs(hints.content, hints.answer, hints.again, hints.service)
        idleness = self._scope.idleness(text, signs)
        for intent, confidence in ranking[:3]:
            if intent in (REPORT, "correct", *_SMALL_TALK) or confidence < _LOWEST:
                break
            if confidence < self._needed(intent, text, hints, idleness):
                continue
            if self._fits(intent, text, key, hints, confidence=confidence):
                return intent, confidence
        scores = dict(ranking)
        if ranking[0][0] == "abuse" and len(key) <= 8 and _AT_US.search(text):
            return "abuse", scores["abuse"]
        if ranking[0][0] in (REPORT, "correct") and ranking[0][1] >= _STRICT:
            idleness = min(idleness, 0.0)
        if idleness > 0:
            talk = [name for name in _SMALL_TALK if len(key) <= _LONGEST.get(name, len(key))]
            best = max(talk, key=lambda name: scores.get(name, 0.0))
            return best, min(0.99, max(_PLAIN + idleness / 2, scores[best]))
        return REPORT, max(_PLAIN, scores[REPORT])

    def _needed(self, intent: str, text: str, hints: Hints, idleness: float) -> float:
        """The confidence an act needs against a text that may be content, or talk."""
        if idleness > _IDLE_ENOUGH:
            return _SURE_OF_HELP if intent == "ask_help" else _SURE_ACT
        if intent in _ANSWERS and idleness < _A_MATTER:
            return 1.0
        if intent in _ANSWERS or hints.service >= _ABOUT_A_SERVICE:
            return _STRICT
        return _STRICT if intent in _ORDERS and grieved(text) else _LOWEST

    def _fits(self, intent: str, text: str, key: str, hints: Hints, *, confidence: float) -> bool:
        """Whether a message can be of this act at all."""
        if len(key) > _LONGEST.get(intent, 0):
            return False
        if intent == "human" and (_NO_HUMAN.search(key) or _MADE_BY_HAND.search(key)):
            return False
        if intent in _ANSWERS:
            short = len(key) <= 6 or confidence >= _CERTAIN
            return short and not hints.content and not _QUESTION.search(text)
        if intent in _ABOUT_US:
            return not _AFFAIR.search(text) or _OUR_WORK.search(text) is not None and len(key) <= 16
        return True

    def save(self, folder: Path) -> None:
        """Write the models and what is remembered."""
        self._model.save(folder, "intent")
        self._scope.save(folder)
        (folder / "intent.json").write_text(json.dumps(self._known, ensure_ascii=False), "utf-8")

    @classmethod
    def load(cls, folder: Path) -> IntentModel:
        """Read what `save` wrote."""
        known = json.loads((folder / "intent.json").read_text("utf-8"))
        return cls(LinearText.load(folder, "intent"), ScopeModel.load(folder), known)


def _few_reports(examples: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """All examples, of the reports only short ones, and of those no more than suffice."""
    short = [(t, i) for t, i in examples if i == REPORT and len(t) <= _REPORT_LENGTH]
    step = max(1, len(short) // _REPORTS)
    return [*short[::step], *((t, i) for t, i in examples if i != REPORT)]


def _core(key: str) -> str:
    return _EDGES.sub("", key)
