"""Stock Rasa 3.6.21 to compare with: `rasa run`, DIET, REST channel, SQL tracker store; trained once, kept in `.cache/`.

Two assistants. `same` has our forms, rules, sentences and actions and runs them as Rasa's documentation says, the actions on a
server of their own (`minsheng actions`); DIET with Rasa's default features for Chinese finds the intent. `bare` is as kind to Rasa as
can be and does far less: slots filled from the text alone, no action, no look-up of place or category, nothing filed.

DIET learns from some of our examples for a few epochs only: what a message costs it depends on neither.
"""

from __future__ import annotations

import hashlib
import io
import json
import sys
from pathlib import Path
from typing import Any

import yaml
from ruamel.yaml import YAML

from bench.speed import apart
from bench.speed.load import Request
from bench.speed.talk import Said
from bench.understanding.pipeline import PIPELINE
from nlu.components.files import load_yaml, path_of

_EPOCHS = 6
_EXAMPLES = {"report": 1}
_EXAMPLES_MOST = 30
"""Of each block of examples; of reports, there is a block for each service and nature."""
_CACHE = Path(".cache/bench-speed")
_FORM = "complaint_form"
_CLASSIFIER = "nlu.components.learned.CitizenIntentClassifier"
_ASKED = ("place", "phone")

Files = dict[str, Any]


def same() -> Files:
    """Return our own assistant with DIET in place of our classifier of intents, and Rasa's own policy for rules."""
    config = load_yaml("config.yml")
    ours = [DIET if part["name"] == _CLASSIFIER else part for part in config["pipeline"][1:]]
    config["pipeline"] = [*_FEATURES, *ours]
    for policy in config["policies"]:
        policy["name"] = "RulePolicy"
    return {
        "config": config,
        "domain": _merged("nlu/domain"),
        "nlu": _nlu(),
        "rules": _merged("nlu/rules"),
    }


def bare() -> Files:
    """Return a form of four slots and nothing else."""
    slots: dict[str, Any] = {"details": [{"type": "from_text", "intent": "report"}]}
    slots |= {name: [{"type": "from_text", "conditions": _asked(name)}] for name in _ASKED}
    confirmed = {"type": "from_intent", "intent": "affirm", "value": True}
    slots["confirmed"] = [{**confirmed, "conditions": _asked("confirmed")}]
    nlu = _nlu()
    for block in nlu["nlu"]:
        block.pop("metadata", None)
    domain = {
        "version": "3.1",
        "intents": sorted({block["intent"] for block in nlu["nlu"]}),
        "slots": {
            name: {"type": "any", "influence_conversation": False, "mappings": mappings}
            for name, mappings in slots.items()
        },
        "forms": {_FORM: {"required_slots": [*slots]}},
        "responses": _responses(),
    }
    config = {
        "recipe": "default.v1",
        "assistant_id": "bare",
        "language": "zh",
        "pipeline": [*_FEATURES, DIET],
        "policies": [{"name": "RulePolicy"}],
    }
    return {"config": config, "domain": domain, "nlu": nlu, "rules": _rules()}


class StockProject:
    """An assistant's files, and its model."""

    def __init__(self, files: Files, cache: Path = _CACHE) -> None:
        written = {name: _dumped(content) for name, content in files.items()}
        name = hashlib.sha256("".join(written.values()).encode()).hexdigest()[:12]
        self._folder = (cache / name).resolve()
        self.model = self._folder / "stock.tar.gz"
        if not self.model.exists():
            self._train(written)

    def command(self, port: int, folder: Path, *, actions_port: int) -> list[str]:
        """Return the command that serves it, with its conversations in an SQLite file in the folder."""
        store = {"type": "SQL", "dialect": "sqlite", "db": str(folder / "tracker.db")}
        actions = {"url": f"http://127.0.0.1:{actions_port}/webhook"}
        endpoints = _write(
            folder / "endpoints.yml", {"tracker_store": store, "action_endpoint": actions}
        )
        credentials = _write(folder / "credentials.yml", {"rest": None})
        return [
            *(sys.executable, "-m", "rasa", "run", "--model", str(self.model)),
            *("--endpoints", str(endpoints), "--credentials", str(credentials)),
            *("--interface", "127.0.0.1", "--port", str(port), "--enable-api"),
        ]

    def _train(self, written: dict[str, str]) -> None:
        print("[bench] training stock Rasa, once (some minutes) ...", flush=True)
        self._folder.mkdir(parents=True, exist_ok=True)
        for name, text in written.items():
            (self._folder / f"{name}.yml").write_text(text, "utf-8")
        apart.train(self._folder, "stock")


def request(url: str, what: Said) -> Request:
    """Return one message for the REST channel."""
    body = json.dumps({"sender": f"citizen-{what.citizen}", "message": what.words})
    return Request(f"{url}/webhooks/rest/webhook", body.encode(), "application/json")


def words_of(answer: bytes) -> str:
    """Return the texts of an answer of the REST channel."""
    return "\n".join(part.get("text", "") for part in json.loads(answer))


*_FEATURES, _DIET = PIPELINE
DIET = {**_DIET, "epochs": _EPOCHS}


def _dumped(content: dict[str, Any]) -> str:
    """Return YAML 1.2, which Rasa reads: in PyYAML's 1.1 the code 0108 needs no quotes, there it would be a number."""
    text = io.StringIO()
    YAML(typ="safe", pure=True).dump(content, text)
    return text.getvalue()


def _write(path: Path, content: dict[str, Any]) -> Path:
    path.write_text(yaml.safe_dump(content), "utf-8")
    return path


def _merged(folder: str) -> dict[str, Any]:
    """Return the YAML files of a folder as one."""
    found: dict[str, Any] = {}
    for path in sorted(Path(path_of(folder)).rglob("*.yml")):
        for name, value in yaml.safe_load(path.read_text("utf-8")).items():
            if isinstance(value, dict):
                found.setdefault(name, {}).update(value)
            elif isinstance(value, list):
                found.setdefault(name, []).extend(value)
            else:
                found[name] = value
    return found


def _nlu() -> dict[str, Any]:
    """Return our examples, the first of each block."""
    found = _merged("nlu/data")
    for block in found["nlu"]:
        lines = [line for line in block["examples"].splitlines() if line.strip()]
        most = _EXAMPLES.get(block["intent"], _EXAMPLES_MOST)
        block["examples"] = "".join(f"{line}\n" for line in lines[:most])
    return found


def _asked(slot: str) -> list[dict[str, str]]:
    return [{"active_loop": _FORM, "requested_slot": slot}]


def _responses() -> dict[str, Any]:
    """Return our sentences under the names that stock forms ask by."""
    said = _merged("nlu/domain/responses")["responses"]
    ours = {name: rows[0]["text"] for name, rows in said.items()}
    read_back = ("", "_place", "_matter", "_consent")
    texts = {
        "utter_ask_details": ours["utter_ask_details"],
        "utter_ask_place": ours["utter_ask_place"],
        "utter_ask_phone": ours["utter_read_back_optional"],
        "utter_ask_confirmed": "\n".join(ours[f"utter_read_back{part}"] for part in read_back),
        "utter_filed": ours["utter_filed"].replace("{receipt}", "HZ-000000-0000"),
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
    return {
        "version": "3.1",
        "rules": [
            {"rule": "A complaint begins", "condition": [{"active_loop": None}], "steps": begins},
            {"rule": "It is filed", "condition": [{"active_loop": _FORM}], "steps": ends},
        ],
    }
