"""The citizen-facing sentences of `nlu/domain/responses`, for what is said outside a dialogue turn."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml


class DomainPhrases:
    """Fills the first wording of a response; a turn's own answers go through Rasa's generator instead."""

    def __init__(self, responses: Mapping[str, str]) -> None:
        self._responses = dict(responses)

    @classmethod
    def load(cls, folder: Path) -> DomainPhrases:
        """Read every YAML file of the folder; raises ValueError if there is none."""
        found: dict[str, str] = {}
        for path in sorted(folder.glob("*.yml")):
            data = yaml.safe_load(path.read_text(encoding="utf-8"))
            found |= {name: str(texts[0]["text"]) for name, texts in data["responses"].items()}
        if not found:
            raise ValueError(f"no sentences in {folder}")
        return cls(found)

    def say(self, name: str, /, **values: Any) -> str:
        """Return one response's text with its values filled in; `KeyError` for an unknown name."""
        text = self._responses[name]
        pieces = []
        rest = text
        while "{" in rest:
            before, _, rest = rest.partition("{")
            key, _, rest = rest.partition("}")
            pieces += [before, str(values[key])]
        return "".join([*pieces, rest])
