"""The office's data files: as shipped they load, and a broken one is refused by its name."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from app.catalog import BadCatalog, Catalog, services_of
from app.settings import ROOT

CATALOG = ROOT / "catalog"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(CATALOG, tmp_path / "catalog"))


def test_the_shipped_catalog_loads() -> None:
    found = Catalog.load(CATALOG)
    assert found.office.receipt_prefix == "HZ"
    assert found.statuses.meaning("closed").is_closed
    assert found.emergencies.match("家里着火了") is not None
    assert len(found.signs) >= 1
    assert [b["key"] for b in found.buttons()] == [b.key for b in found.menu]


@pytest.mark.parametrize(
    "name",
    ["office", "statuses", "natures", "emergency", "signs", "menu", "notices", "limits", "canned"],
)
@pytest.mark.parametrize(
    "content", [None, "", "a: [", "- a\n- b", "{}", "just text", b"\xff\xfe\x00"]
)
def test_a_file_that_is_missing_or_broken_is_named(
    folder: Path, name: str, content: str | bytes | None
) -> None:
    path = folder / f"{name}.yml"
    if content is None:
        path.unlink()
    else:
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(BadCatalog, match=f"{name}.yml"):
        Catalog.load(folder)


@pytest.mark.parametrize(
    ("name", "before", "after", "fault"),
    [
        ("office", "receipt_prefix: HZ", "receipt_prefix: 杭州", "receipt_prefix"),
        ("office", "home_city: 杭州市", "", "home_city"),
        ("office", 'opens: "08:30"', 'opens: "8 o clock"', "isoformat"),
        ("office", 'closes: "18:00"', 'closes: "08:00"', "closes"),
        ("office", "Asia/Shanghai", "Asia/Nowhere", "Asia/Nowhere"),
        ("statuses", "  open: {stage: received, name: 已受理}", "  open: {name: 已受理}", "stage"),
        ("statuses", "unknown:", "unknwon:", "unknown"),
        ("natures", "code: inquiry, ", "", "code"),
        ("natures", "code: help", "code: inquiry", "inquiry"),
        ("natures", "name: 求助", "name: 咨询", "咨询"),
        ("natures", "code: help", "code: Help!", "Help!"),
        ("natures", "confidential: true", "confidential: perhaps", "confidential"),
        ("natures", "place: optional", "place: never", "place"),
        ("natures", "silent: true", "quiet: true", "quiet"),
        ("emergency", "recorded: 这里", "recorded2: 这里", "recorded"),
        ("menu", "key: complain, ", "", "key"),
        ("menu", "key: complain, ", "key: complain, colour: red, ", "colour"),
        ("signs", "  - scene: lamp-0001\n    place", "  - place", "scene"),
        ("notices", "phrase2: status", "phrase2: state", "state"),
        ("canned", "code: nh", "code: sd", "twice"),
        ("canned", "code: nh", "code: n h", "code"),
        ("canned", "我是 {工号}", "我是 {号}", "text"),
        ("canned", "    title: 感谢\n", "", "title"),
        ("limits", "waiting: 300", "waiting: 0", "waiting"),
        ("limits", "messages: 60", "messages: many", "messages"),
        ("limits", "parked: 30", "parked: -1", "parked"),
        ("limits", "  media: 30", "", "media"),
    ],
)
def test_a_fault_inside_is_named_with_the_file(
    folder: Path, name: str, before: str, after: str, fault: str
) -> None:
    path = folder / f"{name}.yml"
    text = path.read_text(encoding="utf-8")
    assert before in text
    path.write_text(text.replace(before, after, 1), encoding="utf-8")
    with pytest.raises(BadCatalog, match=rf"{name}\.yml.*{fault}"):
        Catalog.load(folder)


def test_services_are_those_the_desk_would_publish() -> None:
    directory = services_of()
    assert len(directory.services) >= 139
    assert directory.service("0712").name == "市政道路及设施"  # type: ignore[union-attr]
    asking = [s for s in directory.services if s.has_attributes]
    assert asking
    assert all(directory.attributes[s.code] for s in asking)
