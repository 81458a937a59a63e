"""What is compared: anything that reads a message and says some of these things about it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

Span = tuple[int, int]


@dataclass(frozen=True)
class Understood:
    """What a system says about a message; None where it has nothing to say on that point.

    Attributes:
        shares: probability or score of each of the seven domains.
        options: domain of each of the three categories offered, best first.
        nature: 咨询, 投诉 or 建议, and how sure that is.
        in_scope: whether the message is taken as one for the hotline.
        places: spans of all place phrases.
        district: full name of the district that the text names.
        emergency: whether it is answered as danger to life now.
    """

    shares: dict[str, float] | None = None
    options: tuple[str, ...] | None = None
    nature: tuple[str, float] | None = None
    in_scope: bool | None = None
    places: tuple[Span, ...] | None = None
    district: str | None = None
    emergency: bool | None = None

    @property
    def label(self) -> str:
        """The likeliest domain; empty if none was given."""
        return max(self.shares, key=self.shares.__getitem__) if self.shares else ""


class System(Protocol):
    """One of the systems compared."""

    @property
    def name(self) -> str:
        """What the table calls it."""

    def read(self, text: str) -> Understood:
        """Read one message."""
