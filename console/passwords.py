"""Passwords of staff: kept as argon2id, checked in the same time whether the account exists or not."""

from __future__ import annotations

import re
import secrets
from enum import Enum

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

LEAST_LENGTH = 10
MOST_LENGTH = 200
_LEAST_DIFFERENT = 5
_LEAST_OWN = 6
#: In front of a hash: the password was made by somebody else and is good for one sign-in.
_ONCE = "once:"
#: Letters and digits that cannot be mistaken for one another when they are read out.
_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"
#: What the first lists of every guesser hold; digits and signs around them do not help.
_COMMON = frozenset(
    [
        "password",
        "passw0rd",
        "p@ssw0rd",
        "p@ssword",
        "admin",
        "administrator",
        "root",
        "qwerty",
        "qwertyuiop",
        "qwertyuiopasdfghjkl",
        "asdfghjkl",
        "asdfghjklzxcvbnm",
        "qazwsx",
        "qazwsxedc",
        "qweasd",
        "qweasdzxc",
        "zxcvbnm",
        "iloveyou",
        "woaini",
        "woaiwojia",
        "letmein",
        "welcome",
        "abcdefg",
        "minsheng",
        "minshengminsheng",
        "hello",
        "superman",
        "mima",
        "密码",
        "我的密码",
        "管理员",
        "民声",
    ]
)
_ROWS = ("01234567890123456789", "abcdefghijklmnopqrstuvwxyz", "1q2w3e4r5t6y7u8i9o0p")
_DISGUISES = str.maketrans("@03$", "aoes")
_TAIL = re.compile(r"[\W\d_]+$")
_NOT_LETTERS = re.compile(r"[\W\d_]+")


class Flaw(str, Enum):
    """Why something cannot be a password."""

    SHORT = "short"
    LONG = "long"
    SPACE = "space"
    OWN = "own"
    COMMON = "common"


FLAWS = {
    Flaw.SHORT: f"密码太短，至少要 {LEAST_LENGTH} 个字符。",
    Flaw.LONG: f"密码太长，最多 {MOST_LENGTH} 个字符。",
    Flaw.SPACE: "密码开头和结尾不能有空格。",
    Flaw.OWN: "密码不能由工号或姓名拼成，请换一个。",
    Flaw.COMMON: "这个密码太常见，容易被猜到，请换一个。",
}

_hasher = PasswordHasher()


def hashed(password: str) -> str:
    """Return what is kept of a password. Takes some 50 ms: never call it on the event loop."""
    return _hasher.hash(password.encode(errors="replace"))


def hashed_once(password: str) -> str:
    """Return what is kept of a password that must be changed at the next sign-in."""
    return _ONCE + hashed(password)


def must_change(kept: str) -> bool:
    """True if this hash is that of a password made by somebody else."""
    return kept.startswith(_ONCE)


def is_right(kept: str, given: str) -> bool:
    """True if the password belongs to the hash; takes as long when there is none (`kept` is "")."""
    plain = kept.removeprefix(_ONCE)
    try:
        _hasher.verify(plain or _NOBODYS, given[: MOST_LENGTH + 1].encode(errors="replace"))
    except (VerificationError, InvalidHashError):
        return False
    return bool(plain)


def is_old(kept: str) -> bool:
    """True if the hash was made with other parameters than today's and should be made again."""
    return _hasher.check_needs_rehash(kept.removeprefix(_ONCE))


def random_password() -> str:
    """Return a password to be handed over: 75 random bits that can be read out."""
    letters = "".join(secrets.choice(_ALPHABET) for _ in range(15))
    return "-".join((letters[:5], letters[5:10], letters[10:]))


def flaw_in(password: str, *, number: str, name: str) -> Flaw | None:
    """Return why this cannot be the password of this account, None if it can."""
    if len(password) < LEAST_LENGTH:
        return Flaw.SHORT
    if len(password) > MOST_LENGTH:
        return Flaw.LONG
    if password != password.strip():
        return Flaw.SPACE
    plain = password.casefold()
    own = plain.replace(number.casefold(), "").replace(name.casefold(), "")
    if len(own) < _LEAST_OWN:
        return Flaw.OWN
    return Flaw.COMMON if _is_common(plain) else None


def problem_with(password: str, *, number: str, name: str) -> str:
    """Return the same in words for staff, "" if there is no flaw."""
    flaw = flaw_in(password, number=number, name=name)
    return "" if flaw is None else FLAWS[flaw]


def _is_common(plain: str) -> bool:
    rows = [row for forward in _ROWS for row in (forward, forward[::-1])]
    if len(set(plain)) < _LEAST_DIFFERENT or any(plain in row for row in rows):
        return True
    undisguised = _TAIL.sub("", plain).translate(_DISGUISES)
    readings = (_NOT_LETTERS.sub("", plain), _NOT_LETTERS.sub("", undisguised))
    return any(letters in _COMMON for letters in readings) or _is_repeated(plain)


def _is_repeated(plain: str) -> bool:
    """True for a short piece written again and again."""
    return plain in (plain + plain)[1:-1]


#: Checked against when there is no such account; made with the parameters above, of a random text nobody kept.
_NOBODYS = "$argon2id$v=19$m=65536,t=3,p=4$Yof5ye0vWE9BmkkqkST0Fw$FXZL0MXl4vyMxpvqpFAOxi0ka8PDt/Cbkh2Dkic8Qgc"
