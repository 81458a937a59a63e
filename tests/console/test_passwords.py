"""What a password may be, how it is kept, and that nothing is learned from the time a check takes."""

from __future__ import annotations

import pytest
from argon2 import PasswordHasher, extract_parameters
from argon2.low_level import Type

from console import passwords
from console.passwords import Flaw, flaw_in

GOOD = "一句记得住的话 and more"


def test_a_password_is_kept_as_argon2id_and_differs_each_time() -> None:
    first, second = passwords.hashed(GOOD), passwords.hashed(GOOD)
    assert first != second
    assert first.startswith("$argon2id$")
    assert GOOD not in first
    assert passwords.is_right(first, GOOD)
    assert not passwords.is_right(first, GOOD + " ")
    assert not passwords.is_old(first)


@pytest.mark.parametrize("kept", ["", "once:", "x", "$argon2id$v=19$broken", "plain password"])
@pytest.mark.parametrize("given", ["", "x", "plain password", "\x00", "长" * 5000])
def test_what_is_no_hash_fits_no_password(kept: str, given: str) -> None:
    assert not passwords.is_right(kept, given)


def test_an_account_that_does_not_exist_costs_the_same_work_as_one_that_does() -> None:
    nobodys = extract_parameters(passwords._NOBODYS)
    assert nobodys == extract_parameters(passwords.hashed(GOOD))
    assert nobodys.type is Type.ID
    assert nobodys.memory_cost >= 19 * 1024, "the least that OWASP names for argon2id"


def test_a_hash_of_other_parameters_is_old_and_still_right() -> None:
    old = PasswordHasher(time_cost=1, memory_cost=8192, parallelism=1).hash(GOOD)
    assert passwords.is_old(old)
    assert passwords.is_old(f"once:{old}")
    assert passwords.is_right(old, GOOD)


def test_a_password_of_somebody_elses_making_is_known_and_right() -> None:
    kept = passwords.hashed_once(GOOD)
    assert passwords.must_change(kept)
    assert passwords.is_right(kept, GOOD)
    assert not passwords.must_change(passwords.hashed(GOOD))


def test_random_passwords_differ_and_would_be_taken() -> None:
    made = {passwords.random_password() for _ in range(200)}
    assert len(made) == 200
    assert all(flaw_in(word, number="1024", name="王芳") is None for word in made)
    assert not set("".join(made)) & set("0O1lI")


@pytest.mark.parametrize(
    ("password", "flaw"),
    [
        (GOOD, None),
        ("correct horse", None),
        ("今天杭州下雨了我没带伞", None),
        ("a" * 9, Flaw.SHORT),
        ("", Flaw.SHORT),
        ("海底捞月2026", Flaw.SHORT),
        ("x1y2" * 51, Flaw.LONG),
        (" " + GOOD, Flaw.SPACE),
        ("王芳王芳王芳王芳王芳", Flaw.OWN),
        ("1024102410", Flaw.OWN),
        ("王芳1024王芳1024!", Flaw.OWN),
        ("1234567890", Flaw.COMMON),
        ("9876543210", Flaw.COMMON),
        ("aaaaaaaaaaaa", Flaw.COMMON),
        ("abababababab", Flaw.COMMON),
        ("abc123abc123", Flaw.COMMON),
        ("abcdefghijkl", Flaw.COMMON),
        ("1q2w3e4r5t6y", Flaw.COMMON),
        ("Password2026!", Flaw.COMMON),
        ("P@ssw0rd12345", Flaw.COMMON),
        ("qwertyuiop", Flaw.COMMON),
        ("admin@123456", Flaw.COMMON),
        ("MINSHENG-2026", Flaw.COMMON),
        ("woaini5201314", Flaw.COMMON),
    ],
)
def test_what_can_be_guessed_is_not_taken(password: str, flaw: Flaw | None) -> None:
    assert flaw_in(password, number="1024", name="王芳") is flaw
    words = passwords.problem_with(password, number="1024", name="王芳")
    assert words == ("" if flaw is None else passwords.FLAWS[flaw])
    assert password == "" or password not in words


def test_every_flaw_has_its_words() -> None:
    assert set(passwords.FLAWS) == set(Flaw)
