"""What holds for every file of the project: nothing left undone, no test left out, no foot in one machine."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
CODE = ("bot", "actions", "app", "connectors", "console", "desk", "simulator", "nlu", "tests")
# A test known to fail is marked strictly: the suite fails once it passes.
# Put together from pieces, so that this file does not find itself.
UNDONE = re.compile(r"\b(?:" + "|".join(("TO" + "DO", "FIX" + "ME", "X" + "XX")) + r")\b")
LEFT_OUT = re.compile(
    "|".join(
        (
            r"mark\.ski" + "p",
            r"pytest\.ski" + "p",
            r"mark\.x" + r"fail(?!\(strict=True)",
            "importor" + "skip",
        )
    )
)
#: Folders of one machine, and hosts that packages were fetched from.
MACHINE = re.compile(
    r"/ro" + r"ot/|/ho" + r"me/\w|/Us" + r"ers/\w|/wo" + r"rk/\w|/tmp/(?!minsheng)\w"
)
REGISTRY = re.compile(
    "|".join(
        (
            r"files\.python" + "hosted",
            r"pypi\.or" + "g/simple",
            r"pypi\.tu" + "na",
            "mirror" + "s?\\.",
        )
    )
)
IN_CONTAINER = ("deploy/",)  # paths inside an image, not on a machine
LEAST_FILES = 250


def tracked() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True, text=True
    ).stdout
    return [ROOT / name for name in listed.split("\0") if name and (ROOT / name).is_file()]


def texts() -> dict[str, str]:
    """Return every tracked text file but the lock file, whose addresses are its business."""
    found: dict[str, str] = {}
    for path in tracked():
        content = path.read_bytes()
        name = path.relative_to(ROOT).as_posix()
        if b"\0" in content or name == "uv.lock":
            continue
        found[name] = content.decode("utf-8")  # a text file that is not UTF-8 fails here
    assert len(found) >= LEAST_FILES
    return found


@pytest.fixture(scope="module")
def files() -> dict[str, str]:
    return texts()


def hits(files: dict[str, str], pattern: re.Pattern[str]) -> list[str]:
    return [
        f"{name}: {match.group()}"
        for name, text in files.items()
        for match in pattern.finditer(text)
    ]


def test_nothing_is_left_undone(files: dict[str, str]) -> None:
    assert hits(files, UNDONE) == []


def test_no_test_is_left_out(files: dict[str, str]) -> None:
    tests = {name: text for name, text in files.items() if name.startswith("tests/")}
    assert len(tests) >= 60
    assert hits(tests, LEFT_OUT) == []


def test_no_file_stands_on_one_machine(files: dict[str, str]) -> None:
    portable = {n: t for n, t in files.items() if not n.startswith(IN_CONTAINER)}
    assert hits(portable, MACHINE) == []


def test_no_file_names_a_registry(files: dict[str, str]) -> None:
    assert hits(files, REGISTRY) == []


def test_no_private_key_is_kept(files: dict[str, str]) -> None:
    assert hits(files, re.compile("BEGIN [A-Z ]*PRIVATE " + "KEY")) == []


def test_no_file_is_large() -> None:
    large = {p.name: p.stat().st_size for p in tracked() if p.stat().st_size > 2_000_000}
    assert set(large) <= {"uv.lock"}


@pytest.mark.parametrize("ending", [".py", ".yml", ".md", ".toml", ".sh", ".js", ".css"])
def test_files_end_with_one_newline_and_have_no_stray_blanks(
    files: dict[str, str], ending: str
) -> None:
    bad = [
        name
        for name, text in files.items()
        if name.endswith(ending)
        and "migrations/versions" not in name
        and text
        and (not text.endswith("\n") or text.endswith("\n\n") or "\r" in text)
    ]
    assert bad == []


def test_modules_stay_small(files: dict[str, str]) -> None:
    """One topic a module: 400 lines are the ceiling (docs/architecture.md)."""
    code = {n: t for n, t in files.items() if n.endswith(".py") and n.startswith(CODE)}
    assert len(code) >= 200
    long = {name: text.count("\n") for name, text in code.items() if text.count("\n") > 400}
    assert {name for name in long if not name.startswith("tests/")} == set()


class TestData:
    @pytest.fixture(scope="class")
    def catalog(self) -> list[Path]:
        found = sorted((ROOT / "catalog").glob("*.yml"))
        assert len(found) >= 7
        return found

    def test_each_file_is_headed_by_a_comment(self, catalog: list[Path]) -> None:
        for path in catalog:
            lines = path.read_text(encoding="utf-8").splitlines()
            head = [line for line in lines[: _first_data(lines)] if line.startswith("#")]
            assert len(head) >= 3, path.name

    def test_the_comment_explains_every_field(self, catalog: list[Path]) -> None:
        for path in catalog:
            lines = path.read_text(encoding="utf-8").splitlines()
            head = "\n".join(lines[: _first_data(lines)])
            unexplained = [f for f in _fields(yaml.safe_load("\n".join(lines))) if f not in head]
            assert unexplained == [], path.name


def _first_data(lines: list[str]) -> int:
    return next(n for n, line in enumerate(lines) if line and not line.startswith("#"))


def _fields(data: object) -> set[str]:
    """Return the names of fields: keys of the file, and of the entries of its lists."""
    found: set[str] = set()
    if isinstance(data, dict):
        found |= {str(key) for key, value in data.items() if not isinstance(value, (list, dict))}
        for value in data.values():
            if isinstance(value, list):
                found |= {field for entry in value for field in _fields(entry)}
    return found


class TestMakefile:
    MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")

    def targets(self) -> dict[str, str]:
        found = re.findall(r"^([a-z][a-z-]*):([^=\n]*)$", self.MAKEFILE, re.MULTILINE)
        return dict(found)

    @pytest.mark.parametrize("name", ["setup", "run", "test", "lint", "train", "help"])
    def test_what_people_call_says_what_it_does(self, name: str) -> None:
        _, _, text = self.targets()[name].partition("## ")
        assert len(text) > 8

    def test_every_target_is_declared_as_no_file(self) -> None:
        declared = set(re.findall(r"^\.PHONY:(.*)$", self.MAKEFILE, re.MULTILINE)[0].split())
        assert set(self.targets()) == declared

    def test_make_alone_lists_the_targets(self) -> None:
        listed = subprocess.run(
            ["make"], cwd=ROOT, capture_output=True, text=True, check=True
        ).stdout
        assert {"run", "test", "setup"} <= {line.split()[0] for line in listed.splitlines()}

    def test_ci_calls_the_same_command(self) -> None:
        assert "make test" in (ROOT / ".ci" / "run").read_text(encoding="utf-8")
