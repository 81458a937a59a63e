"""Stock Rasa 3.6.21 with the same complaint form: `rasa run`, DIET, REST channel, SQL tracker store.

As kind to it as can be: rules only (no TED policy, which `rasa init` adds), slots filled from the text alone, so no
action server, no lookup of the place or the category, nothing filed anywhere. Its classifier is trained on some of our examples for a few
epochs: what a turn costs depends on neither.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections import defaultdict
from pathlib import Path
from typing import Any

import yaml
from rasa import train as rasa_train

from bench.speed.load import Request
from bench.speed.talk import Said
from bench.understanding.examples import examples
from bench.understanding.stock import PIPELINE
from nlu.components.files import path_of

_EPOCHS = 15
_EXAMPLES_MOST = 150
"""Of each intent."""
_CACHE = Path(".cache/bench-speed")
_FORM = "complaint_form"


class StockProject:
    """The files of the assistant, and its model, trained once."""

    def __init__(self, cache: Path = _CACHE) -> None:
        texts = {"domain": _domain(), "nlu": _nlu(), "rules": _rules(), "config": _config()}
        written = {name: yaml.safe_dump(t, allow_unicode=True) for name, t in texts.items()}
        name = hashlib.sha256("".join(written.values()).encode()).hexdigest()[:12]
        self._folder = cache / name
        self.model = self._folder / "stock.tar.gz"
        if not self.model.exists():
            self._train(written)

    def command(self, port: int, trackers: Path) -> list[str]:
        """Return the command that serves it, with its conversations in an SQLite file."""
        store = {"type": "SQL", "dialect": "sqlite", "db": str(trackers)}
        endpoints = self._write(trackers.parent / "endpoints.yml", {"tracker_store": store})
        credentials = self._write(trackers.parent / "credentials.yml", {"rest": None})
        return [
            *(sys.executable, "-m", "rasa", "run", "--model", str(self.model)),
            *("--endpoints", str(endpoints), "--credentials", str(credentials)),
            *("--interface", "127.0.0.1", "--port", str(port), "--enable-api"),
        ]

    @staticmethod
    def request(url: str, what: Said) -> Request:
        """Return one message for the REST channel."""
        body = json.dumps({"sender": f"citizen-{what.citizen}", "message": what.words})
        return Request(f"{url}/webhooks/rest/webhook", body.encode(), "application/json")

    @staticmethod
    def words_of(answer: bytes) -> str:
        """Return the texts of an answer."""
        return "\n".join(part.get("text", "") for part in json.loads(answer))

    def _train(self, written: dict[str, str]) -> None:
        print("[bench] training stock Rasa, once (some minutes) ...", flush=True)
        self._folder.mkdir(parents=True, exist_ok=True)
        for name, text in written.items():
            (self._folder / f"{name}.yml").write_text(text, "utf-8")
        rasa_train(
            domain=str(self._folder / "domain.yml"),
            config=str(self._folder / "config.yml"),
            training_files=[str(self._folder / f"{name}.yml") for name in ("nlu", "rules")],
            output=str(self._folder),
            fixed_model_name="stock",
            force_training=True,
        )

    @staticmethod
    def _write(path: Path, content: dict[str, Any]) -> Path:
        path.write_text(yaml.safe_dump(content), "utf-8")
        return path


def _nlu() -> dict[str, Any]:
    by_intent: dict[str, dict[str, None]] = defaultdict(dict)
    for example in examples():
        by_intent[example.intent][" ".join(example.text.split()).translate(_BRACKETS)] = None
    rows = []
    for intent, texts in sorted(by_intent.items()):
        # Spread over all files of the intent, always the same ones.
        kept = sorted(texts, key=lambda text: hashlib.sha256(text.encode()).digest())
        lines = "".join(f"- {text}\n" for text in kept[:_EXAMPLES_MOST])
        rows.append({"intent": intent, "examples": lines})
    return {"version": "3.1", "nlu": rows}


_BRACKETS = str.maketrans("[]", "【】")


def _domain() -> dict[str, Any]:
    slots = {"details": [{"type": "from_text", "intent": "report"}]}
    slots |= {name: [{"type": "from_text", "conditions": _asked(name)}] for name in _TEXTS}
    slots["confirmed"] = [
        {"type": "from_intent", "intent": "affirm", "value": True, "conditions": _asked("confirmed")}
    ]
    return {
        "version": "3.1",
        "intents": sorted({e.intent for e in examples()}),
        "slots": {
            name: {"type": "any", "influence_conversation": False, "mappings": mappings}
            for name, mappings in slots.items()
        },
        "forms": {_FORM: {"required_slots": [*slots]}},
        "responses": _responses(),
        "session_config": {"session_expiration_time": 60, "carry_over_slots_to_new_session": True},
    }


_TEXTS = ("place", "phone")


def _asked(slot: str) -> list[dict[str, str]]:
    return [{"active_loop": _FORM, "requested_slot": slot}]


def _responses() -> dict[str, Any]:
    """Our sentences under the names that stock forms ask by."""
    ours = {}
    for path in sorted(Path(path_of("nlu/domain/responses")).glob("*.yml")):
        ours |= {name: rows[0]["text"] for name, rows in yaml.safe_load(path.read_text("utf-8"))["responses"].items()}
    read_back = ("", "_place", "_matter", "_consent")
    texts = {
        "utter_ask_details": ours["utter_ask_details"],
        "utter_ask_place": ours["utter_ask_place"],
        "utter_ask_phone": ours["utter_read_back_optional"],
        "utter_ask_confirmed": "\n".join(ours[f"utter_read_back{part}"] for part in read_back),
        "utter_filed": ours["utter_filed"].replace("{receipt}", "HZ-000000-0000"),
        "utter_welcome": ours["utter_ask_details"],
    }
    return {name: [{"text": text}] for name, text in texts.items()}


def _rules() -> dict[str, Any]:
    begins = [{"intent": "report"}, {"action": _FORM}, {"active_loop": _FORM}]
    ends = [
        {"action": _FORM},
        {"active_loop": None},
        {"slot_was_set": [{"requested_slot": None}]},
        {"action": "utter_filed"},
    ]
    greeting = [{"intent": "greet"}, {"action": "utter_welcome"}]
    return {
        "version": "3.1",
        "rules": [
            {"rule": "A complaint begins", "condition": [{"active_loop": None}], "steps": begins},
            {"rule": "It is filed", "condition": [{"active_loop": _FORM}], "steps": ends},
            {"rule": "A greeting", "condition": [{"active_loop": None}], "steps": greeting},
        ],
    }


def _config() -> dict[str, Any]:
    pipeline = [{**part, "epochs": _EPOCHS} if "epochs" in part else part for part in PIPELINE]
    return {
        "recipe": "default.v1",
        "assistant_id": "stock",
        "language": "zh",
        "pipeline": pipeline,
        "policies": [{"name": "MemoizationPolicy"}, {"name": "RulePolicy"}],
    }
