"""The words of catalog/doctor.yml: there for everything that can be found, and for nothing else."""

from __future__ import annotations

import ast
import copy
import io
import string
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from app.catalog import BadCatalog
from app.doctor.findings import Level, Wording
from app.doctor.installation import Installation
from app.doctor.registry import CHECKS, Result, examine
from app.doctor.report import summary, text
from app.doctor.wechat import _ISSUING
from app.settings import ROOT

PATH = ROOT / "catalog" / "doctor.yml"


@pytest.fixture(scope="module")
def wording() -> Wording:
    return Wording.load(PATH)


def named_in_code() -> set[str]:
    """Return every text in app/doctor that looks like a finding's name."""
    found = set()
    for path in sorted((ROOT / "app" / "doctor").glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                head, _, rest = node.value.partition(".")
                if head in {*CHECKS, "doctor"} and rest.replace("_", "").isalnum():
                    found.add(node.value)
    return found


def test_what_the_code_names_has_words(wording: Wording) -> None:
    named = named_in_code()
    assert len(named) > 60
    files = {"doctor.yml"}
    assert named - set(wording.words) - files == set()


def test_every_check_has_a_title(wording: Wording) -> None:
    assert set(wording.titles) == set(CHECKS)


def test_no_words_are_left_of_findings_that_are_gone(wording: Wording) -> None:
    """Some names are put together from a table: those are what the tables hold."""
    source = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "app").rglob("*.py"))
    for code in wording.words:
        assert code in source or f'"{code.partition(".")[2]}"' in source, code


@pytest.mark.parametrize("code", sorted(set(_ISSUING.values())))
def test_every_code_of_the_token_endpoint_leads_to_words(wording: Wording, code: str) -> None:
    assert f"credentials.{code}" in wording.words


def test_both_languages_ask_for_the_same_values(wording: Wording) -> None:
    for code, words in wording.words.items():
        asked = [fields(words.says[lang]) | fields(words.remedy[lang]) for lang in ("zh", "en")]
        assert asked[0] == asked[1], code


def fields(template: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(template) if name}


def test_each_is_one_sentence_and_one_remedy(wording: Wording) -> None:
    for code, words in wording.words.items():
        for line in (*words.says.values(), *words.remedy.values()):
            assert "\n" not in line, code
            assert 4 <= len(line) <= 220, code
            assert not line.endswith(("。", ".")), code


class TestBroken:
    @pytest.fixture
    def data(self) -> Any:
        return copy.deepcopy(yaml.safe_load(PATH.read_text(encoding="utf-8")))

    @pytest.mark.parametrize("spoil", ["level", "zh", "en_do"])
    def test_a_file_that_breaks_its_rules_is_refused(
        self, data: Any, tmp_path: Path, spoil: str
    ) -> None:
        entry = data["findings"]["redis.evicts"]
        entry.pop(spoil) if spoil != "level" else entry.update(level="bad")
        path = tmp_path / "doctor.yml"
        path.write_text(yaml.safe_dump(data, allow_unicode=True), encoding="utf-8")
        with pytest.raises(BadCatalog, match=r"doctor\.yml"):
            Wording.load(path)


def test_a_check_that_breaks_is_a_finding_and_the_others_go_on(
    monkeypatch: pytest.MonkeyPatch, wording: Wording
) -> None:
    def broken(_: Installation) -> Iterator[Any]:
        raise RuntimeError("secret detail")
        yield

    monkeypatch.setitem(CHECKS, "model", broken)
    results = list(examine(Installation({})))
    (finding,) = next(r for r in results if r.check == "model").findings
    assert finding.code == "doctor.broken"
    assert "secret detail" not in wording.says(finding, "zh")
    assert results[-1].check == "clock"


def test_the_report_is_read_from_top_to_bottom(wording: Wording) -> None:
    from app.doctor.findings import found

    out = io.StringIO()
    results = [
        Result("redis", [found("redis.evicts", policy="allkeys-lru")]),
        Result("menu", [], waits_for="credentials"),
        Result("model"),
    ]
    for result in results:
        out.write(text(result, wording, "zh") + "\n")
    lines = out.getvalue().splitlines()
    assert lines[0].startswith("✗ Redis: ")
    assert lines[1].startswith("    → ")
    assert lines[2] == "– 菜单: 未检查，先解决“公众号凭证”"
    assert lines[3] == "✓ 语言模型"
    assert summary(results, wording, "en") == "1 things will not work. Warnings: 0."
    assert wording.words["redis.evicts"].level is Level.FAIL
