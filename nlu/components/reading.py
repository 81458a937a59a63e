"""All that is read off one message without a model: entities, correction, divisions."""

from __future__ import annotations

from dataclasses import dataclass, replace

from nlu.components.contacts import Found, find_contacts, find_option
from nlu.components.corrections import Correction, find_correction
from nlu.components.gazetteer import Division, Gazetteer, Mention
from nlu.components.places import PlaceFinder
from nlu.components.signals import find_repeated, find_wishes
from nlu.components.text import fold, squeeze
from nlu.components.times import find_times

_MOSTLY = 0.6
_VISIBILITY = ("公开", "保密", "匿名", "不公开")


@dataclass(frozen=True)
class Reading:
    """What stands in a message; spans refer to the citizen's own text.

    The first `place` is the place; further ones are other places that the message names.
    `choices` are the divisions to ask between when a name means several of them.
    """

    entities: tuple[Found, ...]
    correction: Correction | None
    divisions: tuple[Division, ...]
    mostly_time: bool = False
    choices: tuple[Division, ...] = ()
    mostly_place: bool = False

    def has(self, *names: str) -> bool:
        """Whether an entity of one of these names was found."""
        return any(item.entity in names for item in self.entities)


class Reader:
    """Reads messages with a gazetteer seen from the home city."""

    def __init__(self, gazetteer: Gazetteer) -> None:
        self._gazetteer = gazetteer
        self._places = PlaceFinder()
        self._has_districts = len(gazetteer.districts()) > 1

    def choices_at_home(self, reading: Reading) -> list[Division]:
        """The choices of the home city: what lies elsewhere is not asked about."""
        return self._gazetteer.at_home(reading.choices)

    def leaves_district_open(self, text: str, reading: Reading) -> bool:
        """Whether the home city has districts and a text names neither one nor another city."""
        if reading.divisions or not self._has_districts:
            return False
        return not self._gazetteer.names_elsewhere(fold(text))

    def read(self, text: str) -> Reading:
        """Read one message as it came."""
        folded = fold(text)
        option = find_option(folded)
        if option is not None:
            return Reading((option,), None, ())
        contacts = find_contacts(folded)
        mentions = self._gazetteer.mentions(folded)
        masked = _mask(folded, contacts)
        times = find_times(masked)
        spans = self._places.find(masked, [(m.start, m.end) for m in mentions], times)
        places = [Found("place", start, end, text[start:end]) for start, end in spans]
        found = [*places, *_districts(mentions), *contacts]
        found += [Found("time", start, end, text[start:end]) for start, end in times]
        said = [*find_wishes(masked), *find_repeated(masked)]
        found += [replace(item, value=text[item.start : item.end]) for item in said]
        correction = _completed(find_correction(folded), found, folded)
        if correction is not None:
            found += _of_correction(correction, text)
        divisions = tuple(d for m in mentions for d in m.divisions)[:5]
        choices = tuple(self._gazetteer.choices(folded)) if divisions else ()
        if divisions:
            divisions = tuple(self._gazetteer.resolve(folded)[:5])
        length = len(squeeze(text))
        mostly_time, mostly_place = _mostly(times, length), _mostly(spans, length)
        return Reading(tuple(found), correction, divisions, mostly_time, choices, mostly_place)


def _mostly(spans: list[tuple[int, int]], length: int) -> bool:
    """Whether these spans make up most of a message of this length."""
    return sum(end - start for start, end in spans) >= _MOSTLY * length > 0


def _mask(text: str, contacts: list[Found]) -> str:
    """Blank out numbers already understood, so that no door or date is read from them."""
    for item in contacts:
        if item.entity != "person_name":
            text = text[: item.start] + "," * (item.end - item.start) + text[item.end :]
    return text


def _districts(mentions: list[Mention]) -> list[Found]:
    return [
        Found("district", m.start, m.end, m.divisions[0].district)
        for m in mentions
        if not m.divisions[0].street
    ]


def _completed(correction: Correction | None, found: list[Found], text: str) -> Correction | None:
    """Name the field of a correction that did not name it, when the new value tells it."""
    if correction is None:
        return None
    new = text[correction.start : correction.end]
    if new[:1] in ("叫", "姓") and correction.field in ("", "name"):
        return replace(correction, field="name", start=correction.start + 1)
    if correction.field or not new:
        return correction
    if any(word in new for word in _VISIBILITY) and len(new) <= 6:
        return replace(correction, field="visibility")
    for item in found:
        inside = correction.start <= item.start and item.end <= correction.end
        if inside and item.entity in ("place", "phone", "time", "district"):
            field = {"district": "place"}.get(item.entity, item.entity)
            return replace(correction, field=field)
    return correction


def _of_correction(correction: Correction, text: str) -> list[Found]:
    start, end = correction.start, correction.end
    rows = []
    if end > start:
        rows.append(Found("correction", start, end, text[start:end]))
    if correction.field:
        span = correction.field_span if correction.field_span[1] else (start, end)
        rows.append(Found("field", *span, correction.field))
    return rows
