"""docs/operations.md: what it tells an operator to type exists, and no alert or check is left without words."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from app.cli import _parser
from app.settings import ROOT

GUIDE = (ROOT / "docs" / "operations.md").read_text("utf-8")
#: Programmes of the system, or of PostgreSQL, Redis and nginx. What is ours is looked up.
THEIRS = {
    *("apt-get", "cd", "chown", "curl", "df", "du", "install", "journalctl", "openssl", "useradd"),
    *("createdb", "nginx", "redis-cli"),
}
CONFIGURATION = {"appendonly", "appendfsync", "maxmemory-policy"}
UNITS = ROOT / "deploy" / "systemd"
SYSTEM_UNITS = {"nginx", "redis-server", "postgresql"}


def block_lines() -> Iterator[str]:
    """Return the lines of the guide's command blocks."""
    for block in re.findall(r"^```\n(.*?)^```", GUIDE, re.MULTILINE | re.DOTALL):
        yield from (line for line in block.splitlines() if line.strip())


def commands() -> list[list[str]]:
    return [
        shlex.split(part.strip())
        for line in block_lines()
        if re.match(r"[a-z][a-z-]* ?", line) and "＝" not in line and " = " not in line
        for part in re.split(r" && | \| ", line)
    ]


def test_the_guide_has_commands() -> None:
    assert len(commands()) > 45


def test_each_command_is_one_that_there_is() -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    for words in commands():
        first, *rest = words
        if first == "minsheng":
            _parser().parse_args(rest)
        elif first == "make":
            assert f"\n{rest[0]}: " in makefile
        elif first == "systemctl":
            _check_units(rest)
        elif first in CONFIGURATION:
            assert len(rest) == 1
        else:
            assert first in THEIRS | {"grep"}, words


def _check_units(rest: list[str]) -> None:
    for word in rest[1:]:
        if word.startswith("--"):
            continue
        template = re.sub(r"@\d+\.", "@.", word)
        assert (UNITS / template).is_file() or word in SYSTEM_UNITS, word


def test_each_command_in_a_sentence_is_one_too() -> None:
    found = re.findall(r"`minsheng ([a-z][^`]*)`", GUIDE)
    assert len(found) > 20
    for command in found:
        words = ["file.tgz" if word == "文件" else word for word in command.split()]
        _parser().parse_args(words)


def test_each_file_that_is_installed_is_there() -> None:
    named = set(re.findall(r"(?<!tests/)deploy/[\w./@-]+", GUIDE))
    assert len(named) > 10
    for name in named:
        assert (ROOT / name.rstrip(".")).exists(), name


def test_each_setting_that_is_named_is_one() -> None:
    from tests.deploy.test_environment import known

    named = set(re.findall(r"MINSHENG_[A-Z_]+", GUIDE))
    assert len(named) > 12
    assert named <= known()


@pytest.mark.parametrize("link", re.findall(r"\]\(([\w./-]+\.md)\)", GUIDE))
def test_links_lead_somewhere(link: str) -> None:
    assert (Path(ROOT) / "docs" / link).is_file()


def test_each_check_of_the_doctor_has_its_line_under_faults() -> None:
    faults = GUIDE[GUIDE.index("## 故障处理") :]
    words = yaml.safe_load((ROOT / "catalog" / "doctor.yml").read_text("utf-8"))
    for title in words["checks"].values():
        assert f"| {title['zh']} |" in faults


def test_each_alert_says_what_to_do() -> None:
    rules = yaml.safe_load((ROOT / "deploy" / "prometheus" / "alerts.yml").read_text("utf-8"))
    alerts = {
        rule["alert"] for group in rules["groups"] for rule in group["rules"] if "alert" in rule
    }
    assert len(alerts) > 8
    assert [alert for alert in alerts if f"`{alert}`" not in GUIDE] == []


def test_the_estimate_adds_up() -> None:
    """Every number of the table for a city of ten million follows from the formula and the values above it."""
    a_day = 10_000_000 * 0.68 / 365
    for share, cases, messages, second, peak, record, pictures in (
        (0.085, "1,580", "12,700", "0.5", "2.6", "17 GB", "104 GB"),
        (0.30, "5,590", "44,700", "1.9", "9.3", "59 GB", "367 GB"),
        (1.0, "18,600", "149,000", "6.2", "31", "196 GB", "1.2 TB"),
    ):
        n = a_day * share
        m = n * 8
        s = m * 0.15 / 3600
        for value, shown in ((n, cases), (m, messages), (s, second), (s * 5, peak)):
            assert value == pytest.approx(float(shown.replace(",", "")), rel=0.06)
            assert f" {shown} " in GUIDE
        for value, shown in ((m * 365 * 3.6e3, record), (n * 365 * 0.3 * 2 * 0.3e6, pictures)):
            number, unit = shown.split()
            assert value == pytest.approx(float(number) * {"GB": 1e9, "TB": 1e12}[unit], rel=0.03)
            assert shown in GUIDE


def test_sections_that_the_doctor_sends_people_to_are_there() -> None:
    words = (ROOT / "catalog" / "doctor.yml").read_text("utf-8")
    sections = set(re.findall(r"docs/operations\.md“([^”]+)”", words))
    sections |= set(re.findall(r"\"([^\"]+)\" in docs/operations\.md", words))
    assert len(sections) > 1
    headings = set(re.findall(r"^#+ (.+)$", GUIDE, re.MULTILINE))
    assert sections <= headings
