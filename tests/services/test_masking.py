"""Personal numbers are found, masked, and put back exactly."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.services.masking import mask, phones_among, restore

PERSONAL = {
    "13812345678": "138****5678",
    "138 1234 5678": "138****5678",
    "138-1234-5678": "138****5678",
    "+8613812345678": "138****5678",
    "+86 138-1234-5678": "138****5678",
    "8613812345678": "138****5678",
    "19912345678": "199****5678",
    "16612345678": "166****5678",
    "0571-87654321": "0571-****4321",
    "057187654321": "0571-****4321",
    "010 12345678": "010-****5678",
    "0998-1234567": "0998-****4567",
    "330106199001011234": "3301****34",
    "33010619900101123X": "3301****3X",
    "11010520010229123x": "1101****3x",
    "6222021234567890123": "6222****0123",
    "6217001234567890": "6217****7890",
    "4111111111111111": "4111****1111",
    "5500000000000004": "5500****0004",
}
HARMLESS = [
    "12345",  # the hotline
    "110",
    "12388",
    "2026年11月23日",
    "文二路391号12幢3单元1802室",
    "HZ-261123-0417",
    "浙A12345",
    "1381234567",  # ten digits
    "138123456789",  # twelve
    "12812345678",  # no mobile prefix
    "4008001234",  # a company's service number
    "95588",
    "87654321",  # local number without an area code
    "GC20261123000123456789012",  # a number of the backend
    "30.274085,120.155070",
    "330106199013011234",  # month 13
    "¥3500.00",
]


@pytest.mark.parametrize(("number", "masked"), PERSONAL.items())
@pytest.mark.parametrize("around", ["{}", "打我电话{}找王女士", "：{}，谢谢", "({})", "号码{}\n"])
def test_a_personal_number_is_masked_wherever_it_stands(
    number: str, masked: str, around: str
) -> None:
    text, originals = mask(around.format(number))
    assert text == around.format(masked)
    assert restore(text, originals) == around.format(number)
    assert len(originals) == 1


@pytest.mark.parametrize("text", HARMLESS)
def test_what_is_no_personal_number_stays(text: str) -> None:
    assert mask(text) == (text, {})


def test_two_numbers_with_one_mask_are_kept_apart() -> None:
    said = "13812345678和13899995678，还是13812345678"
    text, originals = mask(said)
    assert len(originals) == 2
    assert "1234" not in text
    assert restore(text, originals) == said


def test_only_phones_count_as_phones() -> None:
    _, originals = mask(
        "电话13812345678或0571-87654321，身份证330106199001011234，卡6217001234567890"
    )
    assert set(phones_among(originals)) == {"138****5678", "0571-****4321"}


_PIECES = st.one_of(
    st.sampled_from([*PERSONAL, *HARMLESS]),
    st.text(st.sampled_from("路灯不亮 ，。-:：0123456789Xx\n"), max_size=12),
)


@given(st.lists(_PIECES, max_size=6).map("".join))
@example("13812345678" * 2)
@example("62220000000000571-87654321")
def test_restoring_is_the_inverse_of_masking(said: str) -> None:
    text, originals = mask(said)
    assert restore(text, originals) == said


@given(st.lists(st.sampled_from([*PERSONAL]), min_size=1, max_size=4))
def test_no_masked_number_can_be_read_in_the_text(numbers: list[str]) -> None:
    text, _ = mask("，".join(numbers))
    assert not any(number in text for number in numbers)
    assert mask(text) == (text, {})
