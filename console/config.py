"""What the console has to be told before it can open."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class ConsoleConfig:
    """Settings of the staff pages.

    Attributes:
        secret: signs form tokens; the same on all machines that serve the console.
        secure_cookies: True when the console is served over HTTPS, so that cookies never travel without it.
        beat_s: how often an open page is asked whether it lives; who misses three is gone.
    """

    secret: str = field(repr=False)
    secure_cookies: bool = False
    beat_s: float = 5.0

    def __post_init__(self) -> None:
        if len(self.secret) < 16:
            raise ValueError("the console needs a secret of at least 16 characters")
