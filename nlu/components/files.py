"""Where the project's data files lie, whatever folder the process was started in."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import yaml

_ROOT = Path(__file__).parents[2]


def path_of(name: str) -> Path:
    """The file of this path relative to the project's root (or to the installed packages)."""
    return _ROOT / name


def load_yaml(name: str) -> Any:
    """The content of a YAML file, None when there is no such file."""
    path = path_of(name)
    return yaml.safe_load(path.read_text("utf-8")) if path.is_file() else None


def digest(*names: str) -> str:
    """A fingerprint of files, so that Rasa trains anew when one of them changes."""
    sums = [path_of(n).read_bytes() if path_of(n).is_file() else b"" for n in names]
    return hashlib.sha256(b"\0".join(sums)).hexdigest()
