"""Training the language model and finding the newest one."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Any

from app.settings import ROOT

MODELS = ROOT / "models"
_READ = ("config.yml", "nlu", "catalog/services.yml", "catalog/emergency.yml", "catalog/office.yml")


def newest_model(folder: Path = MODELS) -> Path | None:
    """Return the newest trained model, None if there is none."""
    models = sorted(folder.glob("*.tar.gz"), key=lambda p: p.stat().st_mtime)
    return models[-1] if models else None


def is_stale(model: Path) -> bool:
    """True if anything the model was trained from is newer than it."""
    trained = model.stat().st_mtime
    return any(path.stat().st_mtime > trained for path in _sources())


def train(folder: Path = MODELS) -> Path:
    """Train and return the model's path; raises RuntimeError with Rasa's code if it fails."""
    os.environ.setdefault("RASA_TELEMETRY_ENABLED", "false")
    from rasa import train as rasa_train  # costs seconds to import: only when training

    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder, prefix=".training-") as unfinished:
        trained = _rasa_train(rasa_train, unfinished)
        return trained.replace(folder / trained.name)  # a worker never sees half a model


def _rasa_train(rasa_train: Any, output: str) -> Path:
    result = rasa_train(
        domain=str(ROOT / "nlu" / "domain"),
        config=str(ROOT / "config.yml"),
        training_files=[str(ROOT / "nlu" / "data"), str(ROOT / "nlu" / "rules")],
        output=output,
        fixed_model_name=None,
        force_training=True,
    )
    if result.code != 0 or result.model is None:
        raise RuntimeError(f"rasa train ended with code {result.code}")
    return Path(result.model)


def _sources() -> list[Path]:
    found: list[Path] = []
    for name in _READ:
        path = ROOT / name
        found += (
            [p for p in path.rglob("*") if p.suffix in (".yml", ".py")] if path.is_dir() else [path]
        )
    return found
