"""docs/open311.md: its examples are run as they stand, its tables are compared with what they speak of."""

from __future__ import annotations

import os
import re
import subprocess

import pytest

from desk.api.citizens import ACTS
from desk.statuses import STATUSES
from tests.desk.office import KEY, ROOT, Office

PAGE = (ROOT / "docs" / "open311.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL)
SAY = next(block for block in BLOCKS if block.startswith("say()"))
EXAMPLES = [
    block for block in BLOCKS if block is not SAY and re.search(r"^(curl|say) ", block, re.M)
]


@pytest.mark.parametrize("example", EXAMPLES)
def test_an_example_does_what_it_says(office: Office, example: str) -> None:
    number = office.file()
    if example.startswith(("say verdict", "say redo")):
        office.carry(number, "accept", "dispatch", "sign", "start", "reply")
    before = len(office.inside.store.steps(number))
    names = {"U": office.url, "K": KEY, "N": number, "T": number, "no_proxy": "*"}
    ran = subprocess.run(
        ["bash", "-euc", SAY + example],
        env=os.environ | names,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.startswith(("[", "{", "<?xml"))
    if "servicerequestupdates.json" in example or example.startswith("say"):
        assert len(office.inside.store.steps(number)) > before
        assert "update_id" in ran.stdout


def test_every_call_and_every_act_has_an_example() -> None:
    calls = [
        "discovery",
        "services",
        "services/",
        "requests",
        "requests/",
        "tokens/",
        "servicerequestupdates",
    ]
    text = "".join(EXAMPLES)
    assert [call for call in calls if f"$U/{call}" not in text] == []
    assert [act for act in ACTS if f"say {act} " not in text] == []
    assert len(EXAMPLES) == 14


def test_the_statuses_are_the_desks(office: Office) -> None:
    table = re.findall(r"^\| `(\w+)` \|(.*?)\|(.*?)\|(.*?)\|$", PAGE, re.M)
    rows = [tuple(cell.strip() for cell in row) for row in table]
    assert {word: shown for word, shown, _, _ in rows} == STATUSES
    rules = office.inside.rules
    said = {*rules.flow.words.values(), *(kind.word for kind in rules.outcomes.values())}
    assert {word for word, _, when, _ in rows if when} == said
    after = {"same": "as it was", "in_progress": "in progress", "closed": "closed"}
    assert {word: then for word, _, _, then in rows} == {
        word: after[to] for word, to in rules.flow.outside.items()
    }
    for kind in rules.outcomes.values():
        if kind.template:
            (when,) = [when for word, _, when, _ in rows if word == kind.word]
            assert kind.name in when
