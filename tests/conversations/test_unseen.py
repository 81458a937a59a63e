"""The model never saw what these citizens say: no line stands in the training data."""

from __future__ import annotations

import re
import unicodedata
from pathlib import Path

import yaml

from tests.conversations.harness import ROOT
from tests.conversations.script import load

DATA = ROOT / "nlu" / "data"
HERE = Path(__file__).parent
# Words of a contract (buttons, answers the bot itself asks for) cannot be put otherwise.
FIXED_WORDS_MOST = 4


def _bare(text: str) -> str:
    plain = unicodedata.normalize("NFKC", text).lower()
    return re.sub(r"[\W_]+", "", plain)


def _said() -> set[str]:
    lines = {line for conversation in load() for line in conversation.said()}
    voices = yaml.safe_load((HERE / "voices.yml").read_text(encoding="utf-8"))
    lines |= {v["say"] for v in voices} | {v["agree"] for v in voices}
    urgent = yaml.safe_load((HERE / "emergencies.yml").read_text(encoding="utf-8"))
    return lines | {e["say"] for e in [*urgent["emergencies"], *urgent["calm"]]}


def _examples() -> set[str]:
    found: set[str] = set()
    for path in DATA.rglob("*.yml"):
        for line in path.read_text(encoding="utf-8").splitlines():
            example = re.sub(r"\[([^\]]+)\](?:\([^)]*\)|\{[^}]*\})", r"\1", line.strip())
            found.add(_bare(example.removeprefix("-")))
    return found - {""}


def test_no_line_of_a_citizen_stands_in_the_training_data() -> None:
    """Compared without punctuation, width and case; the few fixed words the bot itself teaches are left out."""
    said, examples = _said(), _examples()
    free = {line for line in said if len(_bare(line)) > FIXED_WORDS_MOST}

    assert len(free) > 250, "too few lines were looked at"
    assert len(examples) > 1000, "the training data was not found"
    assert sorted(line for line in free if _bare(line) in examples) == []
