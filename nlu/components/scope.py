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
_THRESHOLD = -0.3
_GRIEVED = 0.5
_PLACED = 0.3
_SERVED = 0.1
_SURE_OF_SERVICE = 0.8
# Words that a person writes about a grievance or an office, hardly to a telephone or a friend.
_GRIEVANCE = re.compile(
    r"投诉|反映|举报|扰民|车位|被占|没人管|无人管|不作为|乱收费|噪音|噪声|违建|违章|占道|拖欠|欠薪|物业|小区|业主|居民|社区|街道|村委|村民|"
    r"城管|派出所|交警|民警|执法|政府|有关部门|相关部门|职能|开发商|施工|工地|路灯|井盖|垃圾|污水|油烟|停水|停电|供暖|燃气|公交|"
    r"医保|社保|公积金|低保|户口|身份证|驾驶证|学校|老师|幼儿园|退费|补贴|领导|书记|市长|请问.{0,12}(?:办理|政策|规定|手续|部门|电话)|希望.{0,20}(?:处理|解决|整改)|"
    r"的问题|咨询|关于|[税土地国政财民业理]局|局长|厅|办件|请解决|恳[请求]|建议|看法|意见|工单|话务|回电|政策|教育|市民|我[市省县区]|县|执照|"
    r"的士|传销|报案|资料|材料|申请|审批|车管所|火车票改签|罚款|工资|合规|违法"
)


@dataclass(frozen=True)
class Signs:
    """What other components found that speaks for a matter."""

    placed: bool = False  # a place, a phone, a name
    service: float = 0.0  # confidence that it is about a service of the catalogue


def grieved(text: str) -> bool:
    """Whether a folded text holds a word of a grievance or of an office."""
    return _GRIEVANCE.search(text) is not None


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
        texts = [text for text, _ in examples]
        labels = [IDLE if idle else MATTER for _, idle in examples]
        return cls(LinearText.train(texts, labels, strength=0.3))

    def idleness(self, text: str, signs: Signs) -> float:
        """How far a folded text is from being a matter: idle above 0, a matter up to 0."""
        margin = float(self._model.logits(text)[self._idle]) - _THRESHOLD
        if len(text) > _LONGEST:
            return min(margin, 0.0)
        margin -= _GRIEVED * grieved(text)
        margin -= _PLACED * signs.placed
        return margin - _SERVED * (signs.service >= _SURE_OF_SERVICE)

    def save(self, folder: Path) -> None:
        """Write the model."""
        self._model.save(folder, "scope")

    @classmethod
    def load(cls, folder: Path) -> ScopeModel:
        """Read what `save` wrote."""
        return cls(LinearText.load(folder, "scope"))
