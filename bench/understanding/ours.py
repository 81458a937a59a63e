"""Our own understanding, through Rasa's agent as the worker loads it."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from rasa.core.agent import Agent

from bench.understanding.data import SEVEN
from bench.understanding.examples import NATURES, REFUSED
from bench.understanding.system import Understood
from bot.model.draft import Ranked
from bot.services.categorising import spread
from nlu.components.crosswalk import Crosswalk

OFFERED = 3


class Ours:
    """A trained model of this project."""

    def __init__(self, model: Path, name: str = "民声") -> None:
        self.name = name
        self._agent = Agent.load(str(model))
        self._loop = asyncio.new_event_loop()
        self._crosswalk = Crosswalk.load()

    def parse(self, text: str) -> dict[str, Any]:
        """Give Rasa's parse data of a message."""
        parsed: dict[str, Any] = self._loop.run_until_complete(self._agent.parse_message(text))
        return parsed

    def read(self, text: str) -> Understood:
        """Read the parse data."""
        said = self.parse(text)
        ranking = said["category"]["ranking"]
        offered = spread([Ranked(**row) for row in ranking])[
            :OFFERED
        ]  # as the dialogue offers them
        labels = [(self._crosswalk.label(r["code"], SEVEN), r["confidence"]) for r in ranking]
        shares = dict.fromkeys(SEVEN, 0.0)
        for label, confidence in labels:
            if label:
                shares[label] += confidence
        entities = said["entities"]
        districts = [d["district"] for d in said.get("divisions") or () if d["district"]]
        return Understood(
            shares=shares,
            options=tuple(self._crosswalk.label(row.code, SEVEN) for row in offered),
            nature=(NATURES[said["nature"]["name"]], said["nature"]["confidence"]),
            in_scope=said["intent"]["name"] not in REFUSED,
            places=tuple(
                (e["start"], e["end"]) for e in entities if e["entity"] in ("place", "district")
            ),
            district=districts[0] if districts else "",
            emergency=bool(said.get("emergency") or said.get("danger")),
        )
