"""What of a complaint is shown: who told it stays hidden until somebody asks to see it.

Phone and name are masked, numbers in the citizen's words too. Of a confidential case nothing is shown by which the
citizen could be known: no name, none of their words, no place.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from bot.model.complaint import Complaint, Medium
from bot.services.masking import mask, restore
from console.site import Site
from console.wording import KINDS, moment

PHONE, NAME, WORDS = "phone", "name", "words"
FIELDS = (PHONE, NAME, WORDS)
HIDDEN = "保密"
_LOST = "已留，但加密钥匙换过，无法还原"
#: The citizen's word on publicity, as staff read it.
_VISIBILITY = {
    "confidential": "保密，勿透露市民身份",
    "public": "市民同意公开",
    "": "不公开（市民没有特别要求）",
}


@dataclass(frozen=True)
class Part:
    """One field of a case.

    Attributes:
        field: which of `FIELDS` shows it, "" when it is no secret.
        is_hidden: there is more than is shown.
    """

    name: str
    value: str
    field: str = ""
    is_hidden: bool = False


class CaseParts:
    """A complaint's fields with those hidden that were not asked for.

    `revealed` are fields that somebody asked to see; whoever builds this with some has written that down.
    """

    def __init__(self, site: Site, complaint: Complaint, revealed: Iterable[str] = ()) -> None:
        self._site = site
        self._case = complaint
        self._revealed = frozenset(revealed)
        self._originals = self._opened() if WORDS in self._revealed else {}

    def phone(self) -> Part:
        """The citizen's phone number."""
        sealed = self._case.contact_phone
        full = self._site.serving.sealer.unseal(sealed) if sealed else ""
        if not full:
            return Part("联系电话", _LOST if sealed else "未留")
        if PHONE in self._revealed:
            return Part("联系电话", full, PHONE)
        masked = "已留（保密）" if self._case.is_confidential else mask(full)[0]
        return Part("联系电话", masked, PHONE, is_hidden=True)

    def name(self) -> Part:
        """How the citizen wants to be called."""
        full = self._case.contact_name
        if not full or NAME in self._revealed:
            return Part("称呼", full or "未留", NAME if full else "")
        masked = "已留（保密）" if self._case.is_confidential else f"{full[0]}**"
        return Part("称呼", masked, NAME, is_hidden=True)

    def description(self) -> Part:
        """The citizen's own words."""
        return self._words("市民原话", self._case.description)

    def summary(self) -> Part | None:
        """The words in short, None where they are the same."""
        summary = self._case.summary
        return self._words("摘要", summary) if summary != self._case.description else None

    def status_text(self) -> Part:
        """What the unit answered; it may name place and people."""
        return self._words("办理答复", self._case.status_text)

    def facts(self, media: list[Medium], names: dict[str, str]) -> list[Part]:
        """Return what was registered; `names` are those of staff, by number."""
        case, office = self._case, self._site.office
        found = [
            Part("性质", self._site.natures.name(case.nature)),
            self._words("诉求", case.wish),
            self._words("地点", case.place) if case.place else Part("地点", "未说明"),
            self._words("行政区划", case.division),
            self._words("坐标", _coordinates(case)),
            Part("图片和语音", _media(media)),
            self.phone(),
            self.name(),
            Part("是否公开", _VISIBILITY[case.visibility]),
            Part("登记方式", _filed_by(case.filed_by, names)),
            Part("后台编号", case.backend_id or _owed(case)),
            Part("确认时间", moment(office, case.confirmed_at)),
            Part("告知书版本", case.consent or "—"),
            *(self._words(f"问答 {code}", _answer(v)) for code, v in case.answers.items()),
        ]
        return [part for part in found if part.value]

    def told_by(self, field: str) -> list[Part]:
        """Return every part that this field shows."""
        if field == PHONE:
            return [self.phone()]
        if field == NAME:
            return [self.name()]
        parts = [self.description(), self.summary(), self.status_text(), *self.facts([], {})]
        return [part for part in parts if part and part.field == WORDS and part.value]

    def _words(self, name: str, value: str) -> Part:
        """Return something in the citizen's words, or of which they could be known."""
        if WORDS in self._revealed:
            return Part(name, restore(value, self._originals), WORDS)
        if self._case.is_confidential and value:
            return Part(name, HIDDEN, WORDS, is_hidden=True)
        is_masked = any(short in value for short in self._case.sealed)
        return Part(name, value, WORDS if is_masked else "", is_hidden=is_masked)

    def _opened(self) -> dict[str, str]:
        unseal = self._site.serving.sealer.unseal
        opened = {short: unseal(sealed) for short, sealed in self._case.sealed.items()}
        return {short: full for short, full in opened.items() if full}


def _filed_by(number: str, names: dict[str, str]) -> str:
    if not number:
        return "市民自己提交"
    return f"{number} {names.get(number, '')}".strip() + " 替市民提交"


def _coordinates(complaint: Complaint) -> str:
    if complaint.latitude is None or complaint.longitude is None:
        return ""
    return f"{complaint.latitude:.6f}, {complaint.longitude:.6f}（WGS84）"


def _media(media: list[Medium]) -> str:
    if not media:
        return "无"
    kinds = {kind.value: name for kind, name in KINDS.items()}
    counts: dict[str, int] = {}
    for medium in media:
        name = kinds.get(medium.kind, medium.kind)
        counts[name] = counts.get(name, 0) + 1
    missing = sum(not medium.stored for medium in media)
    late = f"（{missing} 件还在下载）" if missing else ""
    return "，".join(f"{name} {count} 件" for name, count in counts.items()) + late


def _owed(complaint: Complaint) -> str:
    return "等待后台给号" if complaint.backend_token else "还没有"


def _answer(value: Any) -> str:
    return "、".join(str(part) for part in value) if isinstance(value, list) else str(value)
