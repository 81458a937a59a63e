"""The pipeline of config.yml, trained once for all tests of this folder, without a domain."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import yaml
from rasa.engine.graph import ExecutionContext, GraphSchema
from rasa.engine.storage.local_model_storage import LocalModelStorage
from rasa.engine.storage.resource import Resource
from rasa.shared.importers.utils import training_data_from_paths
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

ROOT = Path(__file__).parents[2]
Parse = Callable[[str], dict[str, Any]]


@pytest.fixture(scope="session")
def training_data() -> TrainingData:
    """All examples of nlu/data, read by Rasa's own reader."""
    paths = [str(path) for path in sorted((ROOT / "nlu" / "data").rglob("*.yml"))]
    return training_data_from_paths(paths, language="zh")


@pytest.fixture(scope="session")
def services() -> list[dict[str, Any]]:
    """The catalogue's services."""
    rows: list[dict[str, Any]] = yaml.safe_load((ROOT / "catalog/services.yml").read_text("utf-8"))[
        "services"
    ]
    return rows


@pytest.fixture(scope="session")
def parse(training_data: TrainingData, tmp_path_factory: pytest.TempPathFactory) -> Parse:
    """Parse a text by the components of config.yml, trained, saved and loaded again."""
    storage = LocalModelStorage.create(tmp_path_factory.mktemp("model"))
    context = ExecutionContext(GraphSchema({}))
    pipeline = yaml.safe_load((ROOT / "config.yml").read_text("utf-8"))["pipeline"]
    loaded = []
    for step in pipeline:
        module, _, name = step["name"].rpartition(".")
        component = getattr(import_module(module), name)
        config = {**component.get_default_config(), **step}
        if name == "CitizenReader":
            config["home_city"] = "杭州市"
        made = component.create(config, storage, Resource(name), context)
        if hasattr(made, "train"):
            made.train(training_data)
            made = component.load(config, storage, Resource(name), context)
        loaded.append(made)

    def run(text: str) -> dict[str, Any]:
        messages = [Message.build(text)]
        for component in loaded:
            messages = component.process(messages)
        parsed: dict[str, Any] = messages[0].as_dict(only_output_properties=True)
        return parsed

    return run
