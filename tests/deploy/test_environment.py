"""The example of the environment file: every setting is in it, read by the programme and by a shell alike."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest

from app.settings import ROOT, BadSettings, read

EXAMPLE = ROOT / "deploy" / "minsheng.env.example"
WRAPPER = ROOT / "deploy" / "minsheng"


def values() -> dict[str, str]:
    lines = EXAMPLE.read_text("utf-8").splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


def known() -> set[str]:
    source = (ROOT / "app" / "settings.py").read_text("utf-8")
    found = set(re.findall(r'\bget\.\w+\(\s*"([A-Z_]+)"', source))
    assert len(found) > 22
    return {f"MINSHENG_{name}" for name in found}


def test_it_holds_every_setting_and_nothing_else() -> None:
    assert set(values()) == known()


def test_so_does_the_readmes_table() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    table = readme[readme.index("## Settings") : readme.index("## Change what it says")]
    for name in known():
        short = name.removeprefix("MINSHENG")
        tails = {short[i:] for i, c in enumerate(short) if c == "_"}
        assert name in table or any(f"`{tail}`" in table for tail in tails), name


def test_as_shipped_it_asks_for_the_account_and_for_nothing_else() -> None:
    with pytest.raises(BadSettings) as refused:
        read(values())
    assert len(refused.value.problems) == 3
    assert all("MINSHENG_WECHAT_" in problem for problem in refused.value.problems)


def test_each_setting_is_explained() -> None:
    text = EXAMPLE.read_text("utf-8")
    assert text.count("\n#") >= 20


def test_the_wrapper_gives_a_command_the_services_settings(tmp_path: Path) -> None:
    programme = tmp_path / ".venv" / "bin" / "minsheng"
    programme.parent.mkdir(parents=True)
    programme.write_text('#!/bin/sh\necho "$PWD $MINSHENG_WECHAT_TOKEN $*"\n')
    programme.chmod(0o755)
    filled = tmp_path / "minsheng.env"
    filled.write_text(EXAMPLE.read_text("utf-8").replace("_TOKEN=", "_TOKEN='a b'"))
    done = subprocess.run(
        [str(WRAPPER), "doctor", "--json"],
        env={**os.environ, "MINSHENG_ENV_FILE": str(filled), "MINSHENG_HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == f"{tmp_path} a b doctor --json\n"
