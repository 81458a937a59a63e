"""What staff read about the desk's cases: states, deadlines as spans of time, and text without personal numbers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.services.masking import mask
from console.wording import waited
from desk.model.case import OPEN, State

#: State → the look of its badge.
TONES = {
    State.RECEIVED: "new",
    State.ACCEPTED: "new",
    State.RETURNED: "secret",
    State.WAITING: "secret",
    State.REPLIED: "done",
    State.FOLLOWED_UP: "done",
    State.CLOSED: "done",
    State.ARCHIVED: "new",
    State.MERGED: "new",
    State.WITHDRAWN: "new",
}
SOLVED = {"yes": "已解决", "partly": "部分解决", "no": "没有解决"}
CLOCKS = {"sign": "签收期限", "answer": "答复期限"}
#: What the filing system writes under the words of who asked for secrecy (bot.services.filing).
_ASKED_SECRECY = "请为市民保密"
_SOON = timedelta(days=1)


@dataclass(frozen=True)
class Due:
    """A deadline in words; `tone` is late, soon, paused or "" (the look)."""

    words: str
    tone: str = ""
    title: str = ""


NO_DUE = Due("")
PAUSED = Due("暂停", "paused", "等市民补充，期限暂停")


def due_in_words(due: datetime | None, now: datetime, *, name: str = "") -> Due:
    """Return how far off a deadline is; `name` says of what."""
    if due is None:
        return NO_DUE
    if due < now:
        return Due(f"{name}超期 {waited(now - due)}", "late")
    tone = "soon" if due - now <= _SOON else ""
    return Due(f"{name}还有 {waited(due - now)}", tone)


def due_of(
    stage: str, sign_due: datetime | None, answer_due: datetime | None, now: datetime
) -> Due:
    """Return the deadline that counts now: to be signed for first, where that still runs."""
    if stage == State.WAITING.value:
        return PAUSED
    if stage not in {state.value for state in OPEN}:
        return NO_DUE
    if sign_due is not None and (answer_due is None or sign_due <= answer_due):
        return due_in_words(sign_due, now, name="签收")
    return due_in_words(answer_due, now, name="答复")


def masked(words: str) -> str:
    """Return text without the personal numbers in it."""
    return mask(words)[0]


def asks_secrecy(words: str) -> bool:
    """True if the citizen asked that nobody may learn who told it."""
    return _ASKED_SECRECY in words


def plain(words: str) -> str:
    """Return what staff typed without what no store takes, trimmed."""
    return words.replace("\r\n", "\n").replace("\0", "").strip()
