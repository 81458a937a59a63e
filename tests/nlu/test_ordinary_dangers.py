"""Words of danger in an ordinary message raise no alarm: who has a complaint is not sent to 119."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from bot.model.emergency import EmergencyMatcher, rules_from

ROOT = Path(__file__).parents[2]
ORDINARY: dict[str, list[str]] = yaml.safe_load(
    (Path(__file__).parent / "ordinary_dangers.yml").read_text("utf-8")
)
TEXTS = [text for texts in ORDINARY.values() for text in texts]


@pytest.fixture(scope="module")
def matcher() -> EmergencyMatcher:
    return EmergencyMatcher(
        rules_from(yaml.safe_load((ROOT / "catalog" / "emergency.yml").read_text("utf-8")))
    )


@pytest.mark.parametrize("text", TEXTS)
def test_words_of_danger_alone_are_no_emergency(matcher: EmergencyMatcher, text: str) -> None:
    assert matcher.match(text) is None


def test_the_list_is_long_enough_and_has_no_doubles() -> None:
    assert len(TEXTS) >= 200
    assert len(set(TEXTS)) == len(TEXTS)
