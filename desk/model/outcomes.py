"""The ways in which an answer may end a case (catalog/outcomes.yml), and what each must hold."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from desk.model.case import Outcome

_OPEN_SLOT = re.compile(r"〔[^〕]*〕")
_SOLVED = ("yes", "partly", "no")
_NEEDS = {"cause", "until", "body"}
BY_STEP = ("merged", "withdrawn")


@dataclass(frozen=True)
class OutcomeKind:
    """One way to end a case; the fields are explained in the file."""

    code: str
    name: str
    solved: str
    word: str
    needs: tuple[str, ...] = ()
    causes: tuple[str, ...] = ()
    template: str = ""

    def faults(self, outcome: Outcome, *, today: date) -> list[str]:
        """Return, in words for staff, what an answer of this kind still lacks."""
        found = []
        text = outcome.text.strip()
        if not outcome.unit.strip():
            found.append("请写明答复单位。")
        if not text:
            found.append("请写答复内容。")
        elif _OPEN_SLOT.search(text):
            found.append("答复里还有〔〕没有填写。")
        elif text == self.template.strip():
            found.append("请把模板改成这件事的具体答复。")
        if "cause" in self.needs and outcome.cause not in self.causes:
            found.append("请选择不能解决的原因。")
        if "until" in self.needs and (outcome.until is None or outcome.until <= today):
            found.append("请填写计划完成的日期（今天以后）。")
        if "body" in self.needs and not outcome.body.strip():
            found.append("请写明由哪个单位负责。")
        return found


def parse_outcomes(data: Mapping[str, Any]) -> dict[str, OutcomeKind]:
    """Read the loaded catalog/outcomes.yml; raises ValueError naming the entry that is wrong."""
    found = {}
    for code, row in data["outcomes"].items():
        kind = OutcomeKind(
            code=code,
            name=row["name"],
            solved=row["solved"],
            word=row["word"],
            needs=tuple(row.get("needs", ())),
            causes=tuple(row.get("causes", ())),
            template=row.get("template", ""),
        )
        if kind.solved not in _SOLVED or set(kind.needs) - _NEEDS or len(kind.name) > 8:
            raise ValueError(f"outcomes.yml: {code}")
        if bool(kind.causes) != ("cause" in kind.needs) or bool(kind.template) == (code in BY_STEP):
            raise ValueError(f"outcomes.yml: {code}: causes or template")
        found[code] = kind
    return found
