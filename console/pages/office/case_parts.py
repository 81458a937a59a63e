"""What of a case is shown: who told it stays masked until somebody asks to see it, and that is written down.

Of a confidential case the citizen's words and the place are hidden as well.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from bot.services.masking import mask
from console.pages.case_parts import FIELDS, HIDDEN, NAME, PHONE, WORDS, Part
from console.pages.office.wording import asks_secrecy, masked
from console.site import Site
from console.wording import REPEATED, moment
from desk.model.case import Case
from desk.model.steps import Step
from desk.office.rules import URGENCIES, Rules
from desk.records import StoredRequest
from desk.services import RESERVED

__all__ = ["FIELDS", "OfficeParts", "Photo"]
_MEDIA = "/media/"


@dataclass(frozen=True)
class Photo:
    """Something attached; `shown`: the address of our own picture, "" for one that lies elsewhere."""

    url: str
    shown: str


class OfficeParts:
    """The fields of one case with those hidden that were not asked for.

    `revealed` are fields that somebody asked to see; whoever builds this with some has written that down.
    """

    def __init__(
        self, site: Site, rules: Rules, request: StoredRequest, revealed: Iterable[str] = ()
    ) -> None:
        self._site = site
        self._rules = rules
        self._request = request
        self._revealed = frozenset(revealed)
        nature = self._attribute("nature")
        self.is_confidential = site.natures.is_confidential(nature) or asks_secrecy(
            request.description
        )

    def description(self) -> Part:
        """The citizen's own words."""
        return self._words("市民原话", self._request.description)

    def facts(self, case: Case) -> list[Part]:
        """Return what is known of the matter and of who told it; what is not known is left out."""
        place, service = self._request.place, self._rules.services.get(case.service)
        nature = self._site.natures.name(self._attribute("nature"))
        found = [
            Part("类别", f"{service.group} · {service.name}" if service else case.service),
            Part("性质", nature),
            Part("紧急程度", URGENCIES.get(case.urgency, case.urgency)),
            Part("专题", case.topic),
            self._words("地点", place.address),
            self._words("行政区划", self._attribute("division")),
            self._words("坐标", _coordinates(place.lat, place.long)),
            self._words("诉求", self._attribute("wish")),
            *self._answers(case.service),
            Part("曾反映过", REPEATED if self._attribute("repeated") == "true" else ""),
            self._phone(),
            self._name(),
            Part("提交时间", self.moment(self._request.requested_at)),
        ]
        return [part for part in found if part.value]

    def history_note(self, step: Step) -> Part:
        """Return what was said with a step, in the citizen's words or staff's."""
        name = f"说明 {step.number}"
        if step.actor.who.value == "citizen":
            return self._words(name, step.note)
        return self._numbers(name, step.note)

    def history_told(self, step: Step) -> Part:
        """Return what the citizen was told with a step."""
        return self._numbers(f"告知 {step.number}", step.told)

    def told_by(self, field: str, case: Case, steps: Iterable[Step]) -> list[Part]:
        """Return every part that this field shows."""
        steps = list(steps)
        parts = [
            self.description(),
            *self.facts(case),
            *(self.history_note(step) for step in steps),
            *(self.history_told(step) for step in steps),
        ]
        return [part for part in parts if part.field == field and part.value]

    def photos(self, steps: Iterable[Step]) -> list[Photo]:
        """Return what came with the request and later; addresses of other kinds than http are left out."""
        later = [url for step in steps for url in step.data.get("media_urls", ())]
        urls = dict.fromkeys((*self._request.media_urls, *later))
        found = [(url, urlsplit(url)) for url in urls]
        return [
            Photo(url, parts.path if parts.path.startswith(_MEDIA) else "")
            for url, parts in found
            if parts.scheme in ("http", "https")
        ]

    def moment(self, at: datetime | None) -> str:
        """Return a time on the office's clock."""
        return moment(self._site.office, at)

    def _phone(self) -> Part:
        return self._secret("联系电话", self._request.person.phone, PHONE)

    def _name(self) -> Part:
        person = self._request.person
        return self._secret("称呼", f"{person.last_name}{person.first_name}", NAME)

    def _secret(self, name: str, full: str, field: str) -> Part:
        if not full or field in self._revealed:
            return Part(name, full or "未留", field if full else "")
        if self.is_confidential:
            return Part(name, "已留（保密）", field, is_hidden=True)
        short = mask(full)[0] if field == PHONE else f"{full[0]}**"
        if short == full:  # no number that is known to be one
            short = f"{full[:2]}****"
        return Part(name, short, field, is_hidden=True)

    def _words(self, name: str, value: str) -> Part:
        """Return something by which the citizen could be known."""
        if self.is_confidential and value and WORDS not in self._revealed:
            return Part(name, HIDDEN, WORDS, is_hidden=True)
        if self.is_confidential:
            return Part(name, value, WORDS)
        return self._numbers(name, value)

    def _numbers(self, name: str, value: str) -> Part:
        """Return text in which personal numbers are masked."""
        short = masked(value)
        if short == value:
            return Part(name, value)
        if WORDS in self._revealed:
            return Part(name, value, WORDS)
        return Part(name, short, WORDS, is_hidden=True)

    def _answers(self, code: str) -> Iterable[Part]:
        service = self._rules.services.get(code)
        for attribute in service.attributes if service else ():
            names = dict(attribute.values)
            given = self._request.attributes.get(attribute.code, [])
            if given and attribute.code not in RESERVED:
                words = "、".join(names.get(value, value) for value in given)
                yield self._words(attribute.description, words)

    def _attribute(self, code: str) -> str:
        return next(iter(self._request.attributes.get(code, ())), "")


def _coordinates(lat: float | None, long: float | None) -> str:
    return "" if lat is None or long is None else f"{lat:.6f}, {long:.6f}（WGS84）"
