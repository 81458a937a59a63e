"""Danger to life in words that no expression was written for: learned, less sure, and silent for the ordinary."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from nlu.components.danger import NONE, DangerModel, written_examples
from tests.nlu.conftest import Parse

ROOT = Path(__file__).parents[2]
RULES = yaml.safe_load((ROOT / "catalog/emergency.yml").read_text("utf-8"))["kinds"]
NUMBERS = {row["kind"]: row["number"] for row in RULES}
TEST_LISTS = (
    "bench/understanding/emergencies.yml",
    "tests/nlu/emergency_variants.yml",
    "tests/nlu/ordinary_dangers.yml",
)


def _lines(path: str) -> set[str]:
    text = (ROOT / path).read_text("utf-8")
    return {line.strip()[2:] for line in text.splitlines() if line.strip().startswith("- ")}


def test_every_kind_has_examples_and_what_is_ordinary_has_many() -> None:
    kinds = [kind for _, kind in written_examples()]
    assert set(kinds) == {*NUMBERS, NONE}
    assert min(kinds.count(kind) for kind in NUMBERS) >= 40
    assert len(kinds) - kinds.count(NONE) >= 900
    assert kinds.count(NONE) >= 600


def test_examples_are_short_and_none_stands_twice() -> None:
    texts = [text for text, _ in written_examples()]
    assert len(texts) == len(set(texts))
    assert all(2 <= len(text) <= 120 for text in texts)


@pytest.mark.parametrize("path", TEST_LISTS)
def test_what_is_measured_with_is_not_learned(path: str) -> None:
    assert not _lines(path) & {text for text, _ in written_examples()}


@pytest.mark.parametrize(
    "text",
    [
        "灶间的锅起了明火，扑了几下更旺了",
        "二楼阳台外边趴着个小娃娃，手扒着铁杆子",
        "隔壁大姐捂着胸口滑到椅子下面去了，脸色发灰",
        "面包车栽进水渠里了，车里头还有人拍玻璃",
        "有两个男的架着一个姑娘往车上拖，她一直喊",
    ],
)
def test_a_danger_is_found_with_the_number_of_its_kind(parse: Parse, text: str) -> None:
    said = parse(text)
    found = said.get("emergency") or said.get("danger")
    assert found is not None
    assert found["number"] == NUMBERS[found["kind"]]


def test_what_the_expressions_find_is_no_mere_danger(parse: Parse) -> None:
    said = parse("着火了，快来人")
    assert said["emergency"]["kind"] == "fire"
    assert said.get("danger") is None


@pytest.mark.parametrize(
    "text",
    [
        "楼下餐馆的油烟机对着我家窗户吹，衣服晾不了",
        "前年小区烧过一次，消防栓现在还是没水",
        "燃气公司换表要收多少钱",
        "我妈住院的费用异地怎么报",
        "十字路口红灯时间太长了",
        "整栋楼停电一下午了，什么时候来电",
        "",
    ],
)
def test_the_ordinary_is_no_danger(parse: Parse, text: str) -> None:
    said = parse(text)
    assert said.get("emergency") is None
    assert said.get("danger") is None


def test_a_kind_without_a_rule_is_refused() -> None:
    with pytest.raises(ValueError, match="meteor"):
        DangerModel.train([("天上掉石头了", "meteor")], [], ["fire"])
