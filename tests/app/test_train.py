"""A model is trained anew when what it was made from is newer."""

from __future__ import annotations

import os
from pathlib import Path

from app.settings import ROOT
from app.train import is_stale, newest_model


def model(folder: Path, name: str, at: float) -> Path:
    path = folder / name
    path.write_bytes(b"")
    os.utime(path, (at, at))
    return path


def test_no_model_is_found_where_there_is_none(tmp_path: Path) -> None:
    assert newest_model(tmp_path) is None
    assert newest_model(tmp_path / "missing") is None
    (tmp_path / "notes.txt").write_text("x")
    assert newest_model(tmp_path) is None


def test_the_newest_counts_by_time_not_by_name(tmp_path: Path) -> None:
    newer = model(tmp_path, "a.tar.gz", 2000)
    model(tmp_path, "z.tar.gz", 1000)
    assert newest_model(tmp_path) == newer


def test_a_model_older_than_its_sources_is_stale(tmp_path: Path) -> None:
    sources = [ROOT / "config.yml", *(ROOT / "nlu").rglob("*.yml"), *(ROOT / "nlu").rglob("*.py")]
    newest = max(path.stat().st_mtime for path in [*sources, *(ROOT / "catalog").glob("*.yml")])
    assert not is_stale(model(tmp_path, "new.tar.gz", newest + 1))
    assert is_stale(model(tmp_path, "old.tar.gz", (ROOT / "config.yml").stat().st_mtime - 1))
    domain = max(path.stat().st_mtime for path in (ROOT / "nlu" / "domain").rglob("*.yml"))
    assert is_stale(model(tmp_path, "older.tar.gz", domain - 1))
