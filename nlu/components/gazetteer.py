"""Administrative divisions: which district or street a name means, seen from a home city.

Standard library only and free of Rasa, so that actions and tests can use it too. The data file
and its source are described in `nlu/gazetteer/README.md`.
"""

from __future__ import annotations

import gzip
import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

DATA = Path(__file__).parents[1] / "gazetteer" / "divisions.txt.gz"
_PLACEHOLDERS = ("市辖区", "县", "省直辖县级行政区划", "自治区直辖县级行政区划")
_DISTRICT_END = re.compile(r"[区县市旗]")
_STREET_END = re.compile(r"街道|[镇乡]|苏木")
_SHORTENABLE = re.compile(r"(?:街道|[区县市旗镇乡])$")
# A district's bare name is no district when it begins one of these: 龙华路, 西湖公园.
_NOT_BARE = re.compile(
    r"[东西南北中一二三四五六七八九十]{0,2}(?:大?[路街桥道巷]|公园|广场|医院|小学|中学|大学|学校|车站|站|村|河|江|湖|山|小区|花园|市场|酒店|大厦|银行|文化|景区|国际|新)"
)


@dataclass(frozen=True)
class Division:
    """One administrative division with the names of what it lies in; empty where not applicable."""

    code: str
    province: str
    city: str
    district: str = ""
    street: str = ""

    @property
    def name(self) -> str:
        """The division's own name."""
        return self.street or self.district or self.city or self.province

    @property
    def full(self) -> str:
        """The full address head, "浙江省杭州市西湖区文新街道"; a municipality is named once."""
        parts = [self.province, self.city, self.district, self.street]
        return "".join(part for i, part in enumerate(parts) if part and part not in parts[:i])


@dataclass(frozen=True)
class Mention:
    """A division named in a text, and where; several divisions when the name is ambiguous."""

    start: int
    end: int
    divisions: tuple[Division, ...]

    @property
    def ambiguous(self) -> bool:
        """Whether the name alone does not tell which division is meant."""
        return len(self.divisions) > 1


class Gazetteer:
    """Divisions by name; streets are kept for the home city only."""

    def __init__(self, lines: Iterator[str], home_city: str = "") -> None:
        names: dict[str, str] = {}
        self.home_city = home_city
        self._districts: dict[str, list[Division]] = defaultdict(list)
        self._streets: dict[str, list[Division]] = defaultdict(list)
        self._short: dict[str, list[Division]] = defaultdict(list)
        self._cities: dict[str, Division] = {}
        for line in lines:
            code, _, name = line.rstrip("\n").partition("\t")
            if len(code) <= 6:
                names[code] = name
            self._add(code, name, names)
        any_of = "|".join(map(re.escape, self._short)) or r"(?!)"
        self._any_short = re.compile(any_of)

    @classmethod
    def load(cls, home_city: str = "", path: Path = DATA) -> Gazetteer:
        """Read the shipped data file (about 0.1 s)."""
        with gzip.open(path, "rt", encoding="utf-8") as file:
            return cls(iter(file), home_city)

    def _add(self, code: str, name: str, names: dict[str, str]) -> None:
        province = names.get(code[:2], "")
        city = names.get(code[:4], "")
        city = province if city in ("市辖区", "县") else "" if city in _PLACEHOLDERS else city
        if len(code) == 4 and city:
            self._cities.setdefault(city, Division(code, province, city))
        if len(code) == 6 and name not in _PLACEHOLDERS:
            area = Division(code, province, city, name)
            self._districts[name].append(area)
            self._shorten(name, area)
        district = names.get(code[:6], "")
        if len(code) == 9 and self.home_city and self.home_city in (province, city, district):
            # Some sources repeat the district: 济源市沁园街道 of 济源市.
            name = (
                name[len(district) :]
                if name[len(district) :] and name.startswith(district)
                else name
            )
            street = Division(code, province, city, district, name)
            self._streets[name].append(street)
            self._shorten(name, street)

    def _shorten(self, name: str, division: Division) -> None:
        short = _SHORTENABLE.sub("", name)
        if self._is_home(division) and len(short) >= 2 and short != name:
            self._short[short].append(division)

    def _is_home(self, division: Division) -> bool:
        above = (division.province, division.city, division.district)
        return bool(self.home_city) and self.home_city in above

    def _nearest(self, divisions: list[Division], text: str) -> tuple[Division, ...]:
        """Prefer those of a city or province that the text names, then those of the home city."""
        named = [d for d in divisions if any(p and p[:-1] in text for p in (d.city, d.province))]
        home = [d for d in divisions if self._is_home(d)]
        return tuple(named or home or divisions)

    def districts(self) -> list[str]:
        """Names of the home city's districts and counties, to choose from when none was said.

        A city without districts (东莞市, 济源市, 琼海市) gives its own name.
        """
        rows = [d for group in self._districts.values() for d in group if self._is_home(d)]
        return [d.district for d in sorted(rows, key=lambda d: d.code)]

    def at_home(self, divisions: Iterable[Division]) -> list[Division]:
        """Those that lie in the home city."""
        return [d for d in divisions if self._is_home(d)]

    def names_elsewhere(self, text: str) -> bool:
        """Whether a text names another city or province in full."""
        if not ("市" in text or "省" in text):
            return False
        away = {
            name
            for d in self._cities.values()
            if not self._is_home(d)
            for name in (d.city, d.province)
        }
        home = {d.province for d in self._cities.values() if self._is_home(d)}
        return any(name in text for name in away - home)

    def mentions(self, text: str) -> list[Mention]:
        """Find the districts and streets that a folded text names, in order, without overlaps."""
        found = [*self._by_ending(text, _DISTRICT_END, self._districts)]
        found += self._by_ending(text, _STREET_END, self._streets)
        taken = {i for m in found for i in range(m.start, m.end)}
        found += [m for m in self._bare(text) if m.start not in taken]
        return sorted(found, key=lambda m: m.start)

    def _by_ending(
        self, text: str, ending: re.Pattern[str], names: dict[str, list[Division]]
    ) -> Iterator[Mention]:
        last = 0
        for match in ending.finditer(text):
            end = match.end()
            for start in range(max(last, end - 12), end - 1):
                divisions = names.get(text[start:end])
                if divisions and self._plausible(text, start, divisions):
                    yield Mention(start, end, self._nearest(divisions, text))
                    last = end
                    break

    def _plausible(self, text: str, start: int, divisions: list[Division]) -> bool:
        """Refuse 城区, 郊区 and like names of far-off places unless their city is named before."""
        if len(divisions[0].name) > 2 or any(self._is_home(d) for d in divisions):
            return True
        return any(d.city and d.city[:-1] in text[:start] for d in divisions)

    def _bare(self, text: str) -> Iterator[Mention]:
        if self._any_short.search(text) is None:  # as with most messages
            return
        for short, divisions in self._short.items():
            start = text.find(short)
            if start < 0:
                continue
            end = start + len(short)
            areas = tuple(d for d in divisions if not d.street)
            full = any(text.startswith(d.name, start) for d in divisions)
            if areas and not full and not _NOT_BARE.match(text, end):
                yield Mention(start, end, areas)

    def resolve(self, text: str) -> list[Division]:
        """Give the most specific divisions a place phrase can lie in; several when ambiguous.

        Empty when nothing is named. A street that lies in a named district wins over the others
        of its name.
        """
        mentions = self.mentions(text)
        districts = [d for m in mentions for d in m.divisions if not d.street]
        streets = [d for m in mentions for d in m.divisions if d.street]
        if streets and districts:
            codes = {d.code for d in districts}
            inside = [s for s in streets if s.code[:6] in codes]
            return inside or districts
        return streets or districts

    def choices(self, text: str) -> list[Division]:
        """Give the divisions to ask between: those of the first name that the text leaves open.

        Empty when nothing is named or the text decides. Each differs in `code` and `full`
        (江苏省南京市鼓楼区, 福建省福州市鼓楼区).
        """
        mentions = self.mentions(text)
        codes = {d.code for m in mentions for d in m.divisions if not m.ambiguous and not d.street}
        for mention in mentions:
            inside = [d for d in mention.divisions if d.street and d.code[:6] in codes]
            left = inside or list(mention.divisions)
            if len(left) > 1:
                return left
        return []

    def find(self, name: str) -> list[Division]:
        """Give the divisions of exactly this name, or of this short name in the home city."""
        rows = self._streets.get(name) or self._districts.get(name) or self._short.get(name) or []
        city = self._cities.get(name) or self._cities.get(name + "市")
        return list(self._nearest(rows, name)) if rows else [city] if city else []


def home_city_of(districts: Collection[str], path: Path = DATA) -> str:
    """Give the city that has all districts of these names; empty if none has, or several have."""
    names: dict[str, str] = {}
    held: dict[str, set[str]] = defaultdict(set)
    with gzip.open(path, "rt", encoding="utf-8") as file:
        for line in file:
            code, _, name = line.rstrip("\n").partition("\t")
            if len(code) == 4:
                names[code] = name
            elif len(code) == 6 and name in districts:
                held[code[:4]].add(name)
    found = [names[code] for code, has in held.items() if has == set(districts)]
    return found[0] if len(found) == 1 else ""
