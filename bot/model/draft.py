"""A complaint while it is being told: what is known, what was asked, what the citizen said word for word.

Personal numbers stay masked here: `said` and `details` hold "138****5678", and `sealed` maps that mask to the
encrypted original, which only the filing opens again.
"""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass, field, fields
from typing import Any

#: Form slots in the order they are asked for.
DETAILS, PLACE, CATEGORY, ANSWER, CONFIRMED = "details", "place", "category", "answer", "confirmed"
ORDER = (DETAILS, PLACE, CATEGORY, ANSWER, CONFIRMED)


@dataclass
class Draft:
    """What is known of one matter.

    Attributes:
        said: every message of the citizen on this matter, in order (becomes the description).
        details: the part of it that says what happened, for the read-back.
        offered: service codes shown as numbered options under the last question.
        wondered: the last ranking of services, best first, for when none was sure.
        asking: the slot asked for by the last answer, or "correct" while a new value of `correcting` is due.
        attribute: code of the backend question being asked, or hinted at in the read-back.
        merged: keys of messages already taken in, so that no message counts twice.
        later: further matters of the same message, taken one after the other.
        held: the message that came after a long silence, until the citizen says whether to go on.
        before_silence: what `asking` was before that offer.
        misunderstood: how often in a row an answer did not help.
        nature: code of what is wanted (catalog/natures.yml), "" while nobody can tell.
        domain: the likeliest domain of our own catalogue, whatever the backend calls it.
        placeless: the citizen said that no place belongs to it.
        division: the division the place lies in, as `Division`'s fields; None while unknown.
        choices: divisions to ask between, when the place's own name means several.
        district_known: nothing is to be asked about the district (known, elsewhere, or not wanted).
        wish: what the citizen asks to be done; repeated: they told it before, here or elsewhere.
    """

    said: list[str] = field(default_factory=list)
    details: list[str] = field(default_factory=list)
    place: str = ""
    point: dict[str, Any] | None = None
    category: str = ""
    category_chosen: bool = False
    offered: list[str] = field(default_factory=list)
    wondered: list[str] = field(default_factory=list)
    since: str = ""
    phone: str = ""
    name: str = ""
    visibility: str = ""
    media: list[str] = field(default_factory=list)
    answers: dict[str, Any] = field(default_factory=dict)
    attribute: str = ""
    skipped: list[str] = field(default_factory=list)
    asking: str = ""
    correcting: str = ""
    sealed: dict[str, str] = field(default_factory=dict)
    later: list[str] = field(default_factory=list)
    merged: list[str] = field(default_factory=list)
    misunderstood: int = 0
    held: dict[str, Any] = field(default_factory=dict)
    before_silence: str = ""
    nature: str = ""
    domain: str = ""
    placeless: bool = False
    division: dict[str, str] | None = None
    choices: list[dict[str, str]] = field(default_factory=list)
    district_known: bool = False
    wish: str = ""
    repeated: bool = False

    def to_dict(self) -> dict[str, Any]:
        """Return plain data for the dialogue's slot; fields at their default are left out."""
        return {k: deepcopy(v) for k, v in vars(self).items() if v != getattr(_BLANK, k)}

    @classmethod
    def from_dict(cls, data: dict[str, Any] | None) -> Draft:
        """Read back what `to_dict` wrote; unknown keys of another version are ignored."""
        known = {f.name for f in fields(cls)}
        return cls(**{k: v for k, v in (data or {}).items() if k in known})

    @property
    def is_empty(self) -> bool:
        """True while the citizen told nothing of the matter yet."""
        return not (self.said or self.place or self.media or self.category)

    def summary(self) -> str:
        """Return what happened in the citizen's words, on one line."""
        return "；".join(part.strip(" ，。；,.;") for part in self.details if part.strip())


_BLANK = Draft()


@dataclass(frozen=True)
class Ranked:
    """One service the classifier thinks of."""

    code: str
    group: str
    name: str
    confidence: float


@dataclass(frozen=True)
class Division:
    """An administrative division that a message names.

    Attributes:
        full: the whole address head, "浙江省杭州市西湖区文新街道".
        district: the district or county in it.
    """

    code: str
    full: str
    district: str

    @property
    def label(self) -> str:
        """Return the part from the district on: "西湖区文新街道"."""
        at = self.full.find(self.district) if self.district else -1
        return self.full[at:] if at >= 0 else self.full


@dataclass(frozen=True)
class Said:
    """One message as understood: the words, masked, and what was found in them.

    Attributes:
        text: the words with personal numbers masked.
        sealed: mask → encrypted original of what was masked in this message.
        places: place phrases as said, longest first.
        field, value: for a correction: which field, and the new value if it was given.
        ranking: services, best first; `sure` when the first may be taken without asking.
        matters: separate matters in the message, at least one.
        nature: code of what is wanted; `nature_sure` when it may be taken without asking.
        divisions: what the place names mean, `choices` those to ask between when that is open.
        district_open: the home city has districts, and the message names neither one nor another city.
        wish: what is asked to be done; repeated: it was told before.
    """

    key: str
    text: str
    intent: str = ""
    confidence: float = 0.0
    sealed: dict[str, str] = field(default_factory=dict)
    places: tuple[str, ...] = ()
    phone: str = ""
    name: str = ""
    since: str = ""
    option: str = ""
    field: str = ""
    value: str = ""
    ranking: tuple[Ranked, ...] = ()
    sure: bool = False
    matters: tuple[str, ...] = ()
    nature: str = ""
    nature_sure: bool = False
    divisions: tuple[Division, ...] = ()
    choices: tuple[Division, ...] = ()
    district_open: bool = False
    wish: str = ""
    repeated: bool = False
