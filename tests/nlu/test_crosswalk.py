"""The crosswalk to the three-level list is whole, and labels of other lists are found in it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from nlu.components.crosswalk import Crosswalk
from nlu.components.opinion import shift

ROOT = Path(__file__).parents[2]
SEVEN = ("城乡建设", "劳动和社会保障", "教育文体", "商贸旅游", "环境保护", "卫生计生", "交通运输")


@pytest.fixture(scope="module")
def crosswalk() -> Crosswalk:
    return Crosswalk.load()


def test_the_list_has_all_its_rows() -> None:
    levels = yaml.safe_load((ROOT / "catalog/three_levels.yml").read_text("utf-8"))["levels"]
    assert len(levels) == 15
    assert sum(len(second) for second in levels.values()) == 118
    assert sum(len(third) for second in levels.values() for third in second.values()) > 500


def test_every_service_is_counted_somewhere(
    crosswalk: Crosswalk, services: list[dict[str, Any]]
) -> None:
    assert len(services) > 150
    for row in services:
        assert crosswalk.path(row["code"]).count("/") in (1, 2)


@pytest.mark.parametrize(
    ("label", "code"),
    [
        ("0706", "0706"),
        ("物业管理", "0706"),
        ("城建", "0706"),
        ("城建/物业管理", "0706"),
        ("城乡建设", "0706"),
        ("城乡建设/住房保障与房地产", "0706"),
        ("城乡建设/住房保障与房地产/物业服务", "0706"),
        (" 劳动和社会保障 ", "1212"),
    ],
)
def test_a_label_of_any_list_and_level_is_understood(
    crosswalk: Crosswalk, label: str, code: str
) -> None:
    assert code in crosswalk.codes(label)


def test_an_unknown_label_means_no_service(crosswalk: Crosswalk) -> None:
    assert crosswalk.codes("宇宙航行") == []


def test_a_service_goes_to_the_first_level_that_exists(crosswalk: Crosswalk) -> None:
    assert crosswalk.label("0601", SEVEN) == "城乡建设"
    assert crosswalk.label("0905", SEVEN) == "交通运输"
    assert crosswalk.label("0905", ("农村农业",)) == "农村农业"
    assert crosswalk.label("0209", SEVEN) == ""


def _files(folder: Path, services: str, crosswalk: str) -> tuple[str, str]:
    (folder / "services.yml").write_text(services, "utf-8")
    (folder / "crosswalk.yml").write_text(crosswalk, "utf-8")
    return str(folder / "services.yml"), str(folder / "crosswalk.yml")


@pytest.mark.parametrize(
    ("crosswalk", "named"),
    [
        ("services: {}", "0706"),
        ('services: {"0706": [城乡建设/没有这一类]}', "城乡建设/没有这一类"),
        ('services: {"0706": [城乡建设/其他], "9999": [城乡建设/其他]}', "9999"),
    ],
)
def test_a_broken_crosswalk_is_refused_with_what_is_wrong(
    tmp_path: Path, crosswalk: str, named: str
) -> None:
    paths = _files(tmp_path, 'services: [{code: "0706", group: 城建, name: 物业管理}]', crosswalk)
    with pytest.raises(ValueError, match=named):
        Crosswalk.load(*paths)


class TestASecondOpinion:
    def test_moves_weight_between_groups_and_keeps_the_order_within(self) -> None:
        shares = {"a1": 0.6, "a2": 0.2, "b1": 0.1, "c": 0.1}
        moved = shift(shares, {"a": 0.25, "b": 0.75}, {"a": ["a1", "a2"], "b": ["b1"]})
        assert moved["b1"] == pytest.approx(0.9 * 0.75)
        assert moved["a1"] == pytest.approx(3 * moved["a2"])
        assert moved["c"] == 0.1
        assert sum(moved.values()) == pytest.approx(1.0)

    def test_shares_a_groups_weight_evenly_where_nothing_was_known(self) -> None:
        moved = shift({"a": 1.0}, {"x": 0.4, "y": 0.6}, {"x": ["a"], "y": ["b1", "b2"]})
        assert moved == {
            "a": pytest.approx(0.4),
            "b1": pytest.approx(0.3),
            "b2": pytest.approx(0.3),
        }
