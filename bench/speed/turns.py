"""What a message costs at least with Rasa in its way, and where a turn's time goes in the worker; in one process.

`python -m bench.speed.turns FOLDER` prints milliseconds of processor time as JSON, by part:

- `rasa alone`: stock Rasa's agent, one keyword and one rule, trackers in memory, no actions. What our turn adds to that is
  understanding, the form with its actions, and the record.
- `understanding`, `dialogue`: the model reading a message; Rasa's form, rules and our actions answering it.
- `record`: the rest of a turn, which is one transaction. The worker's exchanges with Redis, and its other threads, are not in it.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections import Counter
from datetime import datetime, timezone
from itertools import product
from pathlib import Path
from typing import Any

import yaml

from app import logs
from app.bootstrap import Parts, build
from app.embedded_redis import EmbeddedRedis
from app.rasa_dialogue import RasaDialogue
from app.serve import migrate, with_demo_account
from app.settings import Settings
from app.train import newest_model
from bench.speed.talk import STEPS, said
from bench.speed.wire import open_id
from bench.world.backend import Backend
from bot.model.message import Inbound, Kind
from bot.services.dialogue import Dialogue, Heard, Spoken
from bot.services.turn import TurnTaker

_TALKS = 60
_WARM = 10


class _Timed:
    """A dialogue that keeps account of its thread's processor time."""

    def __init__(self, dialogue: Dialogue) -> None:
        self._dialogue = dialogue
        self.used: Counter[str] = Counter()

    def listen(self, message: Inbound) -> list[Any]:
        began = time.thread_time()
        heard = list(self._dialogue.listen(message))
        self.used["understanding"] += time.thread_time() - began  # type: ignore[assignment]
        return heard

    def respond(self, heard: Heard, snapshot: dict[str, Any] | None, counter: Any) -> Spoken:
        began = time.thread_time()
        spoken = self._dialogue.respond(heard, snapshot, counter)
        self.used["dialogue"] += time.thread_time() - began  # type: ignore[assignment]
        return spoken

    def keep(self, heard: Heard, snapshot: dict[str, Any] | None, directory: Any) -> dict[str, Any]:
        return self._dialogue.keep(heard, snapshot, directory)


def _of_turns(folder: Path) -> dict[str, float]:
    """Take turns on this thread, on a record of its own; each answer counts as told, as a callback's would."""
    backend = Backend()
    backend.up()
    server = EmbeddedRedis(folder / "redis")
    own = Settings(data_dir=folder, backend_url=backend.url, backend_api_key="bench")
    settings = with_demo_account(own)
    parts = build(settings, redis_url=server.start())
    try:
        migrate(settings)
        parts.catalogue.pull()
        model = newest_model()
        if model is None:
            raise FileNotFoundError("no trained model: minsheng train")
        timed = _Timed(RasaDialogue(model, menu={b.key: b.intent for b in parts.catalog.menu}))
        turns = parts.turn_taker(timed)
        _talk(parts, turns, range(_WARM))
        timed.used.clear()
        turn_s = _talk(parts, turns, range(_WARM, _WARM + _TALKS))
    finally:
        parts.close()
        server.stop()
        backend.down()
    rest = turn_s - sum(timed.used.values())
    each = 1000 / (_TALKS * STEPS)
    return {**{name: s * each for name, s in timed.used.items()}, "record": rest * each}


def _talk(parts: Parts, turns: TurnTaker, citizens: range) -> float:
    """Return the processor seconds that their turns took."""
    used = 0.0
    for citizen, step in product(citizens, range(STEPS)):
        what = said(citizen, step)
        message = Inbound(
            key=f"text-floor-{citizen}-{step}",
            citizen=open_id(citizen),
            kind=Kind.TEXT,
            text=what.words,
            sent_at=datetime.now(timezone.utc),
        )
        began = time.thread_time()
        turns.take(message)
        used += time.thread_time() - began
        with parts.record.unit() as unit:
            answer = unit.deliveries.by_key(f"reply:{message.key}")
            unit.deliveries.settle(told=[answer.id] if answer else [], untaken=[], later={})
    return used


def _rasa_alone(folder: Path) -> float:
    """Return what a turn of the smallest assistant costs Rasa."""
    from rasa import train
    from rasa.core.agent import Agent

    folder.mkdir(parents=True, exist_ok=True)
    for name, content in _SMALLEST.items():
        (folder / f"{name}.yml").write_text(yaml.safe_dump(content), "utf-8")
    domain, config = (str(folder / f"{name}.yml") for name in ("domain", "config"))
    data = [str(folder / f"{name}.yml") for name in ("nlu", "rules")]
    train(domain, config, data, output=str(folder), fixed_model_name="smallest")
    agent = Agent.load(str(folder / "smallest.tar.gz"))
    loop = asyncio.new_event_loop()

    def talk(citizen: int) -> None:
        for _ in range(STEPS):
            loop.run_until_complete(agent.handle_text("hello", sender_id=str(citizen)))

    for citizen in range(_WARM):
        talk(citizen)
    began = time.thread_time()
    for citizen in range(_WARM, _WARM + _TALKS):
        talk(citizen)
    return (time.thread_time() - began) * 1000 / (_TALKS * STEPS)


_SMALLEST: dict[str, Any] = {
    "config": {
        "recipe": "default.v1",
        "assistant_id": "smallest",
        "language": "en",
        "pipeline": [{"name": "KeywordIntentClassifier"}],
        "policies": [{"name": "RulePolicy"}],
    },
    "domain": {
        "version": "3.1",
        "intents": ["greet", "other"],
        "responses": {"utter_hello": [{"text": "hello"}]},
    },
    "nlu": {
        "version": "3.1",
        "nlu": [
            {"intent": "greet", "examples": "- hello\n- hi\n"},
            {"intent": "other", "examples": "- something\n- else\n"},
        ],
    },
    "rules": {
        "version": "3.1",
        "rules": [
            {"rule": "hello", "steps": [{"intent": "greet"}, {"action": "utter_hello"}]},
        ],
    },
}


def main() -> None:
    """Measure and print."""
    folder = Path(sys.argv[1]).resolve()
    logs.set_up("bench")
    found = _of_turns(folder / "turns")
    found["rasa alone"] = _rasa_alone(folder / "rasa")
    print(json.dumps(found))


if __name__ == "__main__":
    main()
