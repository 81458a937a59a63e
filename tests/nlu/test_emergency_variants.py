"""Danger to life now is recognised in many wordings, and the right number stands first."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from bot.model.emergency import EmergencyMatcher, rules_from

ROOT = Path(__file__).parents[2]
VARIANTS: list[str] = yaml.safe_load(
    (ROOT / "bench" / "understanding" / "emergencies.yml").read_text("utf-8")
)["variants"]
NUMBERED: dict[str, list[str]] = yaml.safe_load(
    (Path(__file__).parent / "emergency_variants.yml").read_text("utf-8")
)
CASES = [(number, text) for number, texts in NUMBERED.items() for text in texts]


@pytest.fixture(scope="module")
def matcher() -> EmergencyMatcher:
    return EmergencyMatcher(
        rules_from(yaml.safe_load((ROOT / "catalog" / "emergency.yml").read_text("utf-8")))
    )


@pytest.mark.parametrize("text", VARIANTS)
def test_each_variant_is_recognised(matcher: EmergencyMatcher, text: str) -> None:
    assert matcher.match(text) is not None


@pytest.mark.parametrize(("number", "text"), CASES)
def test_the_number_to_dial_stands_first(matcher: EmergencyMatcher, number: str, text: str) -> None:
    found = matcher.match(text)
    assert found is not None
    assert found.number == number


def test_there_are_a_hundred_and_fifty_different_variants() -> None:
    assert len(set(VARIANTS)) == 150
