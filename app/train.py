"""Training the language model and finding the newest one.

A city's own tickets (`minsheng train --history`) are kept beside the models, so that a later training, after an
upgrade say, learns from them again.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

import yaml

from app.settings import ROOT

MODELS = ROOT / "models"
HISTORY = "history.csv"
_READ = (
    "config.yml",
    "nlu",
    "catalog/services.yml",
    "catalog/crosswalk.yml",
    "catalog/natures.yml",
    "catalog/emergency.yml",
    "catalog/office.yml",
)


def newest_model(folder: Path = MODELS) -> Path | None:
    """Return the newest trained model, None if there is none."""
    models = sorted(folder.glob("*.tar.gz"), key=lambda p: p.stat().st_mtime)
    return models[-1] if models else None


def is_stale(model: Path) -> bool:
    """True if anything the model was trained from is newer than it."""
    trained = model.stat().st_mtime
    return any(path.stat().st_mtime > trained for path in _sources())


def kept_history(folder: Path = MODELS) -> Path | None:
    """Return the city's tickets that models are trained with, None if there are none."""
    path = folder / HISTORY
    return path if path.is_file() else None


def keep_history(tickets: Path, folder: Path = MODELS) -> None:
    """Keep a file of tickets for this and every later training.

    Raises:
        BadHistory: it cannot be learned from; what was kept before stays.
    """
    from nlu.components.crosswalk import Crosswalk
    from nlu.components.history import History

    History.read(tickets, Crosswalk.load())
    folder.mkdir(parents=True, exist_ok=True)
    if tickets.resolve() != (folder / HISTORY).resolve():
        unfinished = folder / f".{HISTORY}"
        shutil.copyfile(tickets, unfinished)
        unfinished.chmod(0o600)
        unfinished.replace(folder / HISTORY)


def forget_history(folder: Path = MODELS) -> None:
    """Forget the city's tickets; models trained from now on know nothing of them."""
    (folder / HISTORY).unlink(missing_ok=True)


def train(folder: Path = MODELS, *, home_city: str = "") -> Path:
    """Train, with the kept history if there is one, and return the model's path.

    `home_city` is written into the model instead of the office's own (catalog/office.yml).

    Raises:
        RuntimeError: with Rasa's code if it fails.
    """
    os.environ.setdefault("RASA_TELEMETRY_ENABLED", "false")
    from rasa import train as rasa_train  # costs seconds to import: only when training

    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder, prefix=".training-") as unfinished:
        trained = _rasa_train(rasa_train, Path(unfinished), kept_history(folder), home_city)
        return trained.replace(folder / trained.name)  # a worker never sees half a model


def _rasa_train(rasa_train: Any, output: Path, history: Path | None, home_city: str) -> Path:
    result = rasa_train(
        domain=str(ROOT / "nlu" / "domain"),
        config=str(_config(output, history, home_city)),
        training_files=[str(ROOT / "nlu" / "data"), str(ROOT / "nlu" / "rules")],
        output=str(output),
        fixed_model_name=None,
        force_training=True,
    )
    if result.code != 0 or result.model is None:
        raise RuntimeError(f"rasa train ended with code {result.code}")
    return Path(result.model)


def _config(folder: Path, history: Path | None, home_city: str) -> Path:
    """Write config.yml once more, with what belongs to this office named in it."""
    config = yaml.safe_load((ROOT / "config.yml").read_text("utf-8"))
    for step in config["pipeline"]:
        if step["name"].endswith("CategoryClassifier") and history:
            step["history"] = str(history.resolve())
        if step["name"].endswith("CitizenReader") and home_city:
            step["home_city"] = home_city
    path = folder / "config.yml"
    path.write_text(yaml.safe_dump(config, allow_unicode=True), "utf-8")
    return path


def _sources() -> list[Path]:
    found: list[Path] = []
    for name in _READ:
        path = ROOT / name
        found += (
            [p for p in path.rglob("*") if p.suffix in (".yml", ".py")] if path.is_dir() else [path]
        )
    return found
