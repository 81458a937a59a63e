"""A baseline: Rasa as it comes, its default Chinese pipeline with DIET, trained on the same text.

Two assistants, because DIET learns one set of intents: the first has each service of the catalogue as an intent
(beside our other intents) and learns places and districts as entities, the second has the natures. The training text
has no places marked by hand, so they are marked by our own reader: it can teach DIET no more than it knows itself.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml
from rasa import train as rasa_train
from rasa.core.agent import Agent

from bench.understanding.data import SEVEN
from bench.understanding.examples import NATURES, REFUSED, Example, examples
from bench.understanding.pipeline import PIPELINE
from bench.understanding.system import Understood
from nlu.components.crosswalk import Crosswalk
from nlu.components.gazetteer import Gazetteer
from nlu.components.reading import Reader

_SERVICE = "service_"
_MARKED = ("place", "district")


class StockRasa:
    """DIET for services, intents, places and districts; DIET for natures."""

    name = "Rasa 3.6.21, DIET"

    def __init__(self, folder: Path, city: str, *, epochs: int = 100) -> None:
        told = examples()
        reader = Reader(Gazetteer.load(city))
        self._crosswalk = Crosswalk.load()
        self._loop = asyncio.new_event_loop()

        def by_service(example: Example) -> str:
            return _SERVICE + example.service if example.service else example.intent

        natures = [e for e in told if e.nature]
        self.model = _trained(folder / "matters", told, by_service, reader, epochs)
        other = _trained(folder / "natures", natures, lambda e: e.nature, None, epochs)
        self._matters, self._natures = Agent.load(str(self.model)), Agent.load(str(other))

    def read(self, text: str) -> Understood:
        """Ask both assistants."""
        said = self._parse(self._matters, text)
        nature = self._parse(self._natures, text)["intent"]
        ranked = [
            (self._crosswalk.label(row["name"][len(_SERVICE) :], SEVEN), row["confidence"])
            for row in said["intent_ranking"]
            if row["name"].startswith(_SERVICE)
        ]
        shares = dict.fromkeys(SEVEN, 0.0)
        for label, confidence in ranked:
            if label:
                shares[label] += confidence
        spans = {kind: [e for e in said["entities"] if e["entity"] == kind] for kind in _MARKED}
        return Understood(
            shares=shares,
            options=tuple(label for label, _ in ranked[:3]),
            nature=(NATURES.get(nature["name"], ""), nature["confidence"]),
            in_scope=said["intent"]["name"] not in REFUSED,
            places=tuple((e["start"], e["end"]) for kind in _MARKED for e in spans[kind]),
            district=spans["district"][0]["value"] if spans["district"] else "",
        )

    def _parse(self, agent: Agent, text: str) -> dict[str, Any]:
        parsed: dict[str, Any] = self._loop.run_until_complete(agent.parse_message(text))
        return parsed


def _trained(
    folder: Path,
    told: list[Example],
    intent: Callable[[Example], str],
    reader: Reader | None,
    epochs: int,
) -> Path:
    """Give the assistant trained on exactly this text before, or train it (half an hour and more)."""
    folder.mkdir(parents=True, exist_ok=True)
    data = yaml.safe_dump(_training_data(told, intent, reader), allow_unicode=True, width=10**6)
    pipeline = [{**step, "epochs": epochs} if "epochs" in step else step for step in PIPELINE]
    config = {"recipe": "default.v1", "language": "zh", "pipeline": pipeline, "policies": []}
    name = hashlib.sha256((data + yaml.safe_dump(config)).encode()).hexdigest()[:12]
    model = folder / f"{name}.tar.gz"
    if not model.exists():
        (folder / "nlu.yml").write_text(data, "utf-8")
        (folder / "config.yml").write_text(yaml.safe_dump(config, allow_unicode=True), "utf-8")
        intents = sorted({intent(e) for e in told})
        domain = {"version": "3.1", "intents": intents, "entities": list(_MARKED)}
        (folder / "domain.yml").write_text(yaml.safe_dump(domain, allow_unicode=True), "utf-8")
        print(f"[eval] training stock Rasa on {len(told)} examples, {len(intents)} intents ...")
        rasa_train(
            domain=str(folder / "domain.yml"),
            config=str(folder / "config.yml"),
            training_files=[str(folder / "nlu.yml")],
            output=str(folder),
            fixed_model_name=name,
            force_training=True,
        )
    return model


def _training_data(
    told: list[Example], intent: Callable[[Example], str], reader: Reader | None
) -> dict[str, Any]:
    by_intent: dict[str, list[str]] = defaultdict(list)
    for example in told:
        text = " ".join(example.text.split())
        by_intent[intent(example)].append(_marked(text, reader) if reader else _plain(text))
    rows = [
        {"intent": name, "examples": "".join(f"- {text}\n" for text in dict.fromkeys(texts))}
        for name, texts in sorted(by_intent.items())
    ]
    return {"version": "3.1", "nlu": rows}


def _plain(text: str) -> str:
    return text.replace("[", "【").replace("]", "】")


def _marked(text: str, reader: Reader) -> str:
    """The text in Rasa's notation, the main place and the district beside it marked."""
    parts, at = [], 0
    spans = sorted(
        ((e.start, e.end, e.entity) for e in reader.read(text).entities if e.entity in _MARKED),
        key=lambda span: (span[0], -span[1]),
    )
    for start, end, kind in spans:
        if start >= at:
            parts += [_plain(text[at:start]), f"[{_plain(text[start:end])}]({kind})"]
            at = end
    return "".join([*parts, _plain(text[at:])])
