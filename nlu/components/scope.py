"""Whether a message is a matter for the office at all, or talk, an errand for a telephone, a review.

One model of two sides, since the line between them is another question than which of two dozen
wishes a message holds. What speaks for a matter beside the model's margin: words of a grievance or
an office, a place or a number, a service recognised without doubt. In doubt it is a matter: a
citizen sent away is worse than a bot that answers a joke.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from nlu.components.linear import LinearText

IDLE, MATTER = "idle", "matter"
# Letters are matters: reviews and stories longer than this are rare, letters are not.
_LONGEST = 120
# Margins are those of the model: 1 is as far as an example it was trained on.
_THRESHOLD = -0.4
# Longer examples teach nothing about short messages, where the line is drawn.
_LEARNED = 60
_OFFICIAL = 0.5
_PLACED = 0.4
_SERVED = 0.1
_SURE_OF_SERVICE = 0.8
# Public matters: whoever names one is never sent away.
_PUBLIC = re.compile(
    r"(?:蚊[子虫]|苍蝇|老鼠|蟑螂|白蚁)(?:太多|好多|多得|成灾|到处|满)|扰民|车位|没有?人管|无人管|再不管|谁来管|不作为|乱收费|噪音|噪声|违建|违章|占道|拖欠|欠薪|物业|业主|居委|村委|村民|城管|派出所|交警|执法|"
    r"有关部门|相关部门|职能部门|主管部门|开发商|工地|路灯|井盖|污水|油烟|停水|停电|供暖|燃气|医保|社保|公积金|低保|户口|居住证|驾驶证|"
    r"车管所|市长|信访|工资|垃圾(?:[桶站车堆没清臭满扔倒遍]|分类|成)|[倒堆扔清运丢](?:理|了)?垃圾|(?:好多|很多|全是|到处|一堆|满地)的?垃圾|消防|水管|下水道|"
    r"居民|投诉举报|举报|扬尘|污染|拆迁|征地|宅基地|公租房|廉租房|新农合|养老金|劳动合同|斑马线|红绿灯"
)
# Words that a person writes about a grievance or an office, hardly to a telephone or a friend.
_OFFICE = re.compile(
    r"投诉|反映|被占|小区|社区|街道|民警|政府|施工|垃圾|公交|身份证|学校|老师|幼儿园|退费|补贴|领导|书记|"
    r"请问.{0,12}(?:办理|政策|规定|手续|部门|电话)|希望.{0,20}(?:处理|解决|整改)|的问题|咨询|关于|[税土地国政财民业理]局|局长|厅|办件|请解决|"
    r"恳[请求]|建议|看法|意见|工单|话务|回电|政策|教育|市民|我[市省县区]|县|执照|的士|传销|报案|资料|材料|申请|审批|火车票改签|罚款|合规|违法"
)
# Where grievances happen, named or not: 楼下, 路口, 我们村.
_SPOT = re.compile(
    "门[口前]|楼[下上道顶]|路[上口边面中]|马路|街[上边]|巷子|院子|隔壁|对面|桥[上下]|河[里边]|村[里口头]|电梯|地下室|单元|人行道|绿化带|停车场"
)


# Numbers that a citizen gives when asked: a plate, a lamp post, a telephone with its middle masked.
_NUMBER = re.compile(
    r"\d\*{3,}\d|(?<!\d)\d{5,}|[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼][A-Za-z][A-Za-z0-9]{5,6}"
)
# How many: 四五十, 就算50辆吧; and a bare name that ends like an estate or a village.
_AMOUNT = re.compile(
    r"^(?:大概|大约|差不多|起码|至少|有|就算?|一共|总共|也就|估计)*(?:\d+|[一二两三四五六七八九十百千几好多]+)[^,。?]{0,4}[,。]?(?:(?:就?算|大概)?\d+[^,。?]{0,4})?$"
)
_ESTATE = re.compile(
    r"^[一-鿿]{2,5}(?:郡|府|苑|庭|轩|湾|邸|园|里|坊|社区|家园|公寓|大厦|广场|新村)$"
)


@dataclass(frozen=True)
class Signs:
    """What other components found that speaks for a matter."""

    placed: bool = False  # a place is named
    answer: bool = False  # little but a place, a time, a name or a number
    again: bool = False  # a wish, or that it happened before
    service: float = 0.0  # confidence that it is about a service of the catalogue


def grieved(text: str) -> bool:
    """Whether a folded text holds a word of a public matter or of an office."""
    return _PUBLIC.search(text) is not None or _OFFICE.search(text) is not None


class ScopeModel:
    """Tells idle messages from matters."""

    def __init__(self, model: LinearText) -> None:
        self._model = model
        self._idle = model.labels.index(IDLE)

    @classmethod
    def train(cls, examples: Sequence[tuple[str, bool]]) -> ScopeModel:
        """Learn from (text, whether it is idle) pairs of both sides.

        A weak fit: with scikit-learn's C at 1.0 two in a hundred more of the idle pass as matters.
        """
        short = [(text, idle) for text, idle in examples if len(text) <= _LEARNED]
        texts = [text for text, _ in short]
        labels = [IDLE if idle else MATTER for _, idle in short]
        return cls(LinearText.train(texts, labels, strength=0.3))

    def idleness(self, text: str, signs: Signs) -> float:
        """How far a folded text is from being a matter: idle above 0, a matter up to 0."""
        if signs.answer or len(text) > _LONGEST or _PUBLIC.search(text) or _NUMBER.search(text):
            return -1.0
        margin = float(self._model.logits(text)[self._idle]) - _THRESHOLD
        margin -= _OFFICIAL * (_OFFICE.search(text) is not None)
        margin -= _PLACED * (signs.placed or signs.again or _SPOT.search(text) is not None)
        margin -= _PLACED * (_AMOUNT.match(text) is not None or _ESTATE.match(text) is not None)
        return margin - _SERVED * (signs.service >= _SURE_OF_SERVICE)

    def save(self, folder: Path) -> None:
        """Write the model."""
        self._model.save(folder, "scope")

    @classmethod
    def load(cls, folder: Path) -> ScopeModel:
        """Read what `save` wrote."""
        return cls(LinearText.load(folder, "scope"))
