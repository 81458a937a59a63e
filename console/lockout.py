"""Slowing down who guesses passwords: an account is locked in the record, an address is shut out in memory.

The count of an account works over all processes and survives a restart. That of an address stops who tries one
password on many accounts; every process counts for itself, and generously: a whole office may share one address.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.model.staff import StaffMember
from bot.ports import Clock

#: So many wrong passwords in a row lock an account, and each further so many lock it for twice as long.
WRONG_IN_A_ROW = 5
FIRST_LOCK = timedelta(minutes=5)
LONGEST_LOCK = timedelta(minutes=60)

MOST_TRIES = 20
WINDOW = timedelta(minutes=5)
_MOST_ADDRESSES = 10_000


def is_locked(member: StaffMember, now: datetime) -> bool:
    """True while this account takes no password, not even the right one."""
    return member.locked_until is not None and now < member.locked_until


def note_wrong(member: StaffMember, now: datetime) -> bool:
    """Count a wrong password; True if it locked the account."""
    member.wrong_tries += 1
    locks, rest = divmod(member.wrong_tries, WRONG_IN_A_ROW)
    if rest:
        return False
    member.locked_until = now + min(FIRST_LOCK * 2 ** min(locks - 1, 10), LONGEST_LOCK)
    return True


def unlock(member: StaffMember) -> None:
    """Forget the wrong passwords and end the lock."""
    member.wrong_tries, member.locked_until = 0, None


class Tries:
    """Wrong tries by address."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._wrong: dict[str, list[datetime]] = {}

    def is_shut(self, address: str) -> bool:
        """True while this address tried too often within the last five minutes."""
        return len(self._recent(address)) >= MOST_TRIES

    def note_wrong(self, address: str) -> None:
        """Count a wrong try."""
        now = self._clock.now()
        if len(self._wrong) >= _MOST_ADDRESSES:
            self._prune(now)
        self._wrong[address] = [*self._recent(address), now]

    def _recent(self, address: str) -> list[datetime]:
        now = self._clock.now()
        return [t for t in self._wrong.get(address, []) if now - t < WINDOW]

    def _prune(self, now: datetime) -> None:
        self._wrong = {a: t for a, t in self._wrong.items() if now - t[-1] < WINDOW}
