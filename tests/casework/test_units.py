"""The tree of units: levels, who is above whom, who should get a case; and a file that breaks its rules."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from app.settings import ROOT
from desk.model.units import CITY, DISTRICT, HOTLINE, LEVELS, STREET, UnitTree, parse_units
from desk.office.rules import Rules


@pytest.fixture
def units(rules: Rules) -> UnitTree:
    return rules.units


@pytest.fixture
def data() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((ROOT / "catalog" / "units.yml").read_text("utf-8"))
    return loaded


def test_three_levels_under_the_hotline(units: UnitTree) -> None:
    levels = [unit.level for unit in units]
    assert levels.count(HOTLINE) == 1
    assert levels.count(CITY) > 15
    assert levels.count(DISTRICT) == 13
    assert levels.count(STREET) > 150
    for unit in units:
        above = [LEVELS.index(units[code].level) for code in units.above(unit.code)]
        assert above == sorted(above, reverse=True)


def test_who_is_above_and_below_whom(units: UnitTree) -> None:
    assert units.above("330106002") == ["330106", "12345"]
    assert {unit.parent for unit in units.children("330106")} == {"330106"}
    below = units.subtree("330106")
    assert {"330106", "330106002"} <= below
    assert "330105" not in below
    assert units.sees("330106", "330106002")
    assert units.sees("12345", "330106002")
    assert not units.sees("330106002", "330106")
    assert not units.sees("330105", "330106002")
    assert units.subtree("12345") == frozenset(unit.code for unit in units)


@pytest.mark.parametrize(
    ("service", "division", "first"),
    [
        ("1351", "330106002", "北山街道办事处"),  # noise of neighbours: the street of the place
        ("1351", "330106", "西湖区人民政府"),  # of which only the district is known
        ("0701", "330106002", "市供热燃气供水保障中心"),  # heating: whose duty it clearly is
        ("1112", "", "市人力资源和社会保障局"),  # wages: wherever it is
        ("0706", "330106002", "西湖区人民政府"),  # property management: the district
        ("1601", "330105", "拱墅区人民政府"),  # nobody's by duty: the district (art 12)
    ],
)
def test_who_should_get_a_case(rules: Rules, service: str, division: str, first: str) -> None:
    assert rules.suggest(service=service, division=division)[0].name == first


def test_nobody_is_suggested_for_what_is_nobodys_and_nowhere(rules: Rules) -> None:
    assert rules.suggest(service="1600", division="") == []


def test_a_unit_gone_from_the_file_keeps_its_code_for_a_name(units: UnitTree) -> None:
    assert units.name("gone") == "gone"
    assert units.above("gone") == []


@pytest.mark.parametrize(
    ("row", "fault"),
    [
        ({"code": "330106", "name": "又一个", "level": "district", "parent": "12345"}, "twice"),
        ({"code": "x", "name": "早", "level": "street", "parent": "later"}, "before it"),
        ({"code": "x", "name": "倒", "level": "city", "parent": "330106"}, "not below"),
        ({"code": "x", "name": "谁", "level": "village", "parent": "12345"}, "level"),
        ({"code": "x", "name": "根", "level": "hotline"}, "hotline"),
    ],
)
def test_a_file_that_breaks_its_rules_is_refused(
    data: dict[str, Any], row: dict[str, str], fault: str
) -> None:
    data["units"].append(row)
    with pytest.raises(ValueError, match=fault):
        parse_units(data)
