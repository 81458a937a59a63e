"""What is sealed in a text is read as it was written, is found again by its trace, and outlives its key."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.keyring import Keyring
from app.sealing import LOST, KeySealer, Renewed

PHONE, CARD = "13812345678", "330106199001011234"
SEALER = KeySealer.of("secret-a")
WORDS = [
    f"电话{PHONE}，身份证{CARD}",
    f"{PHONE}",
    "138 1234 5678或0571-88886666",
    "没有号码",
    "",
    f"138****5678就是{PHONE}",
    f"１３８１２３４５６７８和{PHONE}",
]


class TestConcealing:
    @pytest.mark.parametrize("words", WORDS)
    def test_read_as_written(self, words: str) -> None:
        concealed = SEALER.conceal(words)
        assert SEALER.reveal(concealed) == words
        assert SEALER.conceal(concealed) == concealed
        assert PHONE not in concealed
        assert CARD not in concealed

    @given(st.text(), st.sampled_from(WORDS), st.text())
    def test_of_any_text(self, before: str, words: str, after: str) -> None:
        text = before + words + after
        assert SEALER.reveal(SEALER.conceal(text)) == text
        assert SEALER.reveal(SEALER.enclose(text)) == text

    def test_the_words_around_a_number_stay_to_be_searched(self) -> None:
        assert SEALER.conceal(f"打{PHONE}没人管").startswith("打⟦")
        assert SEALER.conceal(f"打{PHONE}没人管").endswith("⟧没人管")

    def test_a_token_by_itself_is_no_piece_of_a_text(self) -> None:
        """The services keep tokens under masks and open those themselves."""
        token = SEALER.seal(PHONE)
        assert SEALER.conceal(token) == SEALER.reveal(token) == token
        assert SEALER.unseal(SEALER.reveal(SEALER.enclose(token))) == PHONE

    def test_what_no_key_opens_shows_nothing(self) -> None:
        foreign = KeySealer.of("secret-b").conceal(f"打{PHONE}")
        assert SEALER.reveal(foreign) == f"打{LOST}"


class TestTraces:
    @pytest.mark.parametrize("written", [PHONE, "138 1234 5678", "138-1234-5678", "+8613812345678"])
    def test_a_number_is_found_however_it_was_written(self, written: str) -> None:
        trace = SEALER.trace(PHONE)
        assert len(trace) == 17
        assert trace in SEALER.conceal(f"请打{written}，谢谢")
        assert trace in SEALER.enclose(f'{{"phone": "{written}"}}')
        assert SEALER.trace(written) == trace

    @pytest.mark.parametrize("words", ["", "路灯", f"电话{PHONE}", "1381234567", "13"])
    def test_other_words_have_none(self, words: str) -> None:
        assert SEALER.trace(words) == ""

    def test_without_the_key_nobody_can_make_one(self) -> None:
        assert KeySealer.of("secret-b").trace(PHONE) != SEALER.trace(PHONE)


class TestNewKeys:
    def test_one_made_by_another_process_is_learned_when_it_is_met(self) -> None:
        rings = [Keyring.founded_on("s")]
        here = KeySealer(lambda: rings[-1])
        sealed_before = here.conceal(PHONE)
        rings.append(rings[-1].with_new_seal())
        there = KeySealer(lambda: rings[-1])
        new = there.conceal(PHONE)
        assert _soon(lambda: here.reveal(new) == PHONE)
        assert here.reveal(sealed_before) == there.reveal(sealed_before) == PHONE

    def test_a_piece_in_a_sealed_piece_is_sealed_anew_too(self) -> None:
        ring = Keyring.founded_on("s")
        old = KeySealer(lambda: ring)
        form = old.enclose(f'{{"sealed": {{"138****5678": "{old.seal(PHONE)}"}}}}')
        newer = ring.with_new_seal()
        new, done = KeySealer(lambda: newer), Renewed()
        renewed = new.renew(form, done)
        assert (done.anew, done.lost) == (2, 0)
        only_newest = Keyring(newer.seals[:1], ring.pseudonym, ring.media, ring.trace)
        alone = KeySealer(lambda: only_newest)
        assert alone.unseal(alone.reveal(renewed).split('"')[5]) == PHONE
        assert new.renew(renewed, Renewed()) == renewed

    def test_what_cannot_be_opened_is_counted_and_left(self) -> None:
        foreign, done = KeySealer.of("other").conceal(PHONE), Renewed()
        assert SEALER.renew(foreign, done) == foreign
        assert (done.lost, done.changed) == (1, 0)

    def test_a_keyring_opens_with_its_secret_only(self) -> None:
        ring = Keyring.founded_on("s")
        token = ring.locked("s")
        assert Keyring.unlocked(token, "s") == ring
        assert Keyring.unlocked(token, "t") is None
        assert repr(ring) == "Keyring()"


def _soon(is_so: Callable[[], bool]) -> bool:

    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        if is_so():
            return True
        time.sleep(0.02)
    return False
