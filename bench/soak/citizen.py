"""One citizen: says things, reads what comes, and is patient. Scripts are built of this in `scenes`."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from bench.soak.evidence import Evidence, Hearing, Line, Push, Role, Said
from bench.world.phones import Phones

_PUSH_ENDS_S = 60.0
_ANSWER_COMES_S = 75.0
_SAYS_AGAIN = 4
_CATCHES_BREATH_S = 3.0
NEWS = "有新进展："


class Pace:
    """Spreads the messages of all citizens evenly over time."""

    def __init__(self, per_second: float) -> None:
        self._gap = 1.0 / per_second
        self._lock = threading.Lock()
        self._next = time.monotonic()

    def take(self, count: int = 1) -> None:
        """Wait for one's turn to say so many messages."""
        with self._lock:
            now = time.monotonic()
            turn = max(self._next, now)
            self._next = turn + self._gap * count
        time.sleep(max(turn - now, 0.0))


class Tokens:
    """Words and places that occur once in a run."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._number = 0

    def number(self) -> int:
        """Return a number that nobody else has."""
        with self._lock:
            self._number += 1
            return self._number

    def mark(self) -> str:
        """Return a mark for a sentence; none is part of another."""
        return f"Q{self.number():06d}"

    def house(self) -> str:
        """Return a house number for an address; none is part of another (the street is before it)."""
        return f"{10_000 + self.number()}号"

    def receipt(self) -> str:
        """Return a receipt number of long ago, which no case has: the answer repeats it."""
        number = self.number()
        return f"HZ-2001{1 + number // 10_000:02d}-{number % 10_000:04d}"


@dataclass
class Street:
    """What all citizens share."""

    phones: Phones
    hearing: Hearing
    evidence: Evidence
    pace: Pace
    tokens: Tokens = field(default_factory=Tokens)
    is_over: threading.Event = field(default_factory=threading.Event)


class Citizen:
    """One phone and who holds it."""

    def __init__(self, street: Street, openid: str, seed: int) -> None:
        self.street = street
        self.openid = openid
        self.dice = random.Random(seed)  # noqa: S311 - a script, no secret
        self._moved = street.hearing.moved(openid)

    def send(self, text: str, role: Role = Role.FREE, *, token: str = "", matter: str = "") -> Push:
        """Say something and go on at once; what is meant by it is noted for the verdict."""
        return self._do("text", {"content": text}, Said(0, self.openid, role, token, matter))

    def say(self, text: str, role: Role = Role.FREE, *, token: str = "", matter: str = "") -> str:
        """Say something, again if the platform says that it did not get through, and return the answer.

        "" when no answer came in a citizen's patience: whether that was wrong is the verdict's business.
        """
        for _ in range(_SAYS_AGAIN):
            self.street.pace.take()
            push = self.send(text, role, token=token, matter=matter)
            self.wait_for_end([push])
            if push.is_accepted:
                return self.answer_after(push)
            time.sleep(_CATCHES_BREATH_S)
        return ""

    def act(self, act: str, role: Role = Role.EVENT, **body: object) -> Push:
        """Do something else: follow, unfollow, send a picture."""
        push = self._do(act, body, Said(0, self.openid, role))
        self.wait_for_end([push])
        return push

    def wait_for_end(self, pushes: list[Push]) -> None:
        """Wait until the platform is done with all of them."""
        self._wait(lambda: all(push.is_over for push in pushes), _PUSH_ENDS_S)

    def answer_after(self, push: Push) -> str:
        """Return what was said to the citizen after this message, other than mere news."""
        self._wait(lambda: bool(self.heard_after(push)), _ANSWER_COMES_S)
        return "\n".join(line.text for line in self.heard_after(push))

    def heard_after(self, push: Push) -> list[Line]:
        """Return the answers that came after this message was sent."""
        return [
            line
            for line in reversed_until(self.street.hearing.lines(self.openid), push.id)
            if not is_mere_news(line.text)
        ]

    def wait_for(self, words: str, push: Push, within_s: float) -> str:
        """Return the answer after this message that holds the words, "" if none comes in time."""

        def found() -> list[str]:
            return [line.text for line in self.heard_after(push) if words in line.text]

        self._wait(lambda: bool(found()), within_s)
        return next(iter(found()), "")

    def _do(self, act: str, body: dict[str, object], said: Said) -> Push:
        number = self.street.phones.act(self.openid, act, **body)
        noted = Said(number, said.citizen, said.role, said.token, said.matter)
        self.street.evidence.said.append(noted)
        self._wait(lambda: self.street.hearing.push(number) is not None, _PUSH_ENDS_S)
        push = self.street.hearing.push(number)
        if push is None:
            raise TimeoutError(f"the platform's journal does not tell of exchange {number}")
        return push

    def _wait(self, done: Callable[[], bool], within_s: float) -> None:
        with self._moved:
            self._moved.wait_for(done, within_s)


def reversed_until(lines: list[Line], number: int) -> list[Line]:
    """Return the lines newer than this number, oldest first."""
    newer = []
    for line in reversed(lines):
        if line.id <= number:
            break
        newer.append(line)
    return newer[::-1]


def is_mere_news(text: str) -> bool:
    """True for a message that only tells news of a case (told with an answer, news comes first)."""
    return NEWS in text and text.count("\n\n") == text.count(NEWS) - 1
