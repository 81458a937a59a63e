"""What would burden the process that makes the load (Rasa, a trained model) is done in processes of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from bench.world.phones import plain_environ


def parts_ms(folder: Path) -> dict[str, float]:
    """Return where a turn's time goes (`bench.speed.turns`)."""
    folder.mkdir(parents=True, exist_ok=True)
    return dict(json.loads(_output("bench.speed.turns", str(folder)).splitlines()[-1]))


def train(folder: Path, name: str) -> None:
    """Train the assistant whose four files are in a folder, with Rasa's own command."""
    _output(
        *("rasa", "train", "--force", "--domain", str(folder / "domain.yml")),
        *("--config", str(folder / "config.yml"), "--out", str(folder)),
        *("--data", str(folder / "nlu.yml"), str(folder / "rules.yml")),
        *("--fixed-model-name", name),
    )


def _output(module: str, *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", module, *arguments],
        env=plain_environ(),
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return done.stdout
