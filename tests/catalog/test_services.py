"""The catalogue holds the whole board, and a broken one is refused by name of its fault."""

from __future__ import annotations

from collections import Counter
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
import yaml

from desk.services import CatalogError, load

PATH = Path(__file__).resolve().parents[2] / "catalog" / "services.yml"
# 人民网领导留言板: domain -> (its number, how many sub-domains)
BOARD = {
    "城建": ("07", 14),
    "交通": ("06", 10),
    "三农": ("09", 9),
    "环保": ("13", 10),
    "教育": ("14", 16),
    "医疗": ("12", 19),
    "治安": ("01", 10),
    "旅游": ("05", 6),
    "就业": ("11", 18),
    "文娱": ("10", 4),
    "金融": ("20", 4),
    "企业": ("04", 3),
    "政务": ("02", 15),
    "其他": ("16", 0),
}
GOOD: dict[str, Any] = {
    "code": "0101",
    "group": "治安",
    "name": "某事",
    "description": "某类问题。",
    "words": ["一", "二", "三", "四", "五", "六"],
}
QUESTION = {"code": "floor", "datatype": "string", "description": "几楼？"}


def test_all_138_sub_domains_are_there_under_the_boards_numbers() -> None:
    services = load(PATH)
    assert all(s.code[:2] == BOARD[s.group][0] for s in services.values())
    boards_own = Counter(
        s.group for s in services.values() if s.code[2:] < "51" and s.group != "其他"
    )
    assert boards_own == {group: count for group, (_, count) in BOARD.items() if count}
    assert sum(boards_own.values()) == 138
    assert services["1600"].name == "其他"


def test_few_services_are_ours_and_few_ask_questions() -> None:
    services = load(PATH).values()
    assert len(services) - 138 - 1 <= 15
    asking = [s for s in services if s.attributes]
    assert 5 <= len(asking) <= 8
    assert all(len(s.attributes) <= 2 for s in asking)


def test_words_are_as_many_as_a_reader_can_check() -> None:
    for service in load(PATH).values():
        assert 6 <= len(service.words) <= 15, service.code


@pytest.mark.parametrize(
    ("word", "code"),
    [("广场舞", "1351"), ("甩鞭子", "1351"), ("电梯困人", "0751"), ("讨薪", "1112")],
)
def test_words_people_use_lead_to_one_service(word: str, code: str) -> None:
    assert [s.code for s in load(PATH).values() if word in s.words] == [code]


def write(folder: Path, rows: Any) -> Path:
    path = folder / "services.yml"
    path.write_text(yaml.safe_dump({"services": rows}, allow_unicode=True), encoding="utf-8")
    return path


def test_the_good_entry_is_taken(tmp_path: Path) -> None:
    assert (
        load(write(tmp_path, [GOOD | {"attributes": [QUESTION]}]))["0101"].attributes[0].order == 1
    )


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"code": 101}, "four digits"),
        ({"name": ""}, "name is missing"),
        ({"words": ["一"]}, "six or more"),
        ({"words": ["一", "一", "三", "四", "五", "六"]}, "none twice"),
        ({"words": ["一,二", "三", "四", "五", "六", "七"]}, "comma"),
        ({"words": [1, 2, 3, 4, 5, 6]}, "list of texts"),
        ({"type": "soon"}, "type must be"),
        ({"colour": "red"}, "unknown field 'colour'"),
        ({"attributes": [QUESTION, QUESTION]}, "once only"),
        ({"attributes": [QUESTION | {"datatype": "poem"}]}, "datatype must be"),
        ({"attributes": [QUESTION | {"datatype": "singlevaluelist"}]}, "values are for list"),
        ({"attributes": [QUESTION | {"values": [{"key": "a", "name": "甲"}]}]}, "values are for"),
        ({"attributes": [QUESTION | {"size": 1}]}, "unknown field 'size'"),
        ({"attributes": "x"}, "must be a list"),
    ],
)
def test_a_broken_entry_is_named(tmp_path: Path, change: dict[str, Any], fault: str) -> None:
    with pytest.raises(CatalogError, match=fault):
        load(write(tmp_path, [deepcopy(GOOD) | change]))


@pytest.mark.parametrize("rows", [None, [], ["x"], [GOOD, GOOD]])
def test_what_is_no_list_of_different_services_is_refused(tmp_path: Path, rows: Any) -> None:
    with pytest.raises(CatalogError):
        load(write(tmp_path, rows))
