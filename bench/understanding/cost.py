"""What understanding costs: time a message, memory, and time to train; each measured in a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

_LENGTH = 40
_WARM = 50

_SCRIPT = """
import json, sys, time
import psutil
from rasa.core.agent import Agent
import asyncio
texts = json.load(open(sys.argv[2], encoding="utf-8"))
memory = lambda: psutil.Process().memory_info().rss / 2**20
before = memory()
agent = Agent.load(sys.argv[1])
loop = asyncio.new_event_loop()
parse = lambda text: loop.run_until_complete(agent.parse_message(text))
for text in texts[:50]:
    parse(text)
loaded = memory()
taken = []
for text in texts:
    start = time.perf_counter()
    parse(text)
    taken.append((time.perf_counter() - start) * 1000)
print(json.dumps({"taken": taken, "before": before, "loaded": loaded}))
"""


@dataclass(frozen=True)
class Cost:
    """Milliseconds a message (median, 99th of a hundred) and megabytes that the loaded model adds."""

    median: float
    p99: float
    megabytes: float


def measure(model: Path, texts: list[str], folder: Path) -> Cost:
    """Read texts cut to 40 characters with a trained model, on one core, through Rasa's agent."""
    cut = [text[:_LENGTH] for text in texts if len(text) >= _LENGTH]
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "speed.json"
    path.write_text(json.dumps(cut, ensure_ascii=False), "utf-8")
    one_core = dict.fromkeys(
        ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "TF_NUM_INTRAOP_THREADS"), "1"
    )
    command = [sys.executable, "-c", _SCRIPT, str(model), str(path)]
    done = subprocess.run(
        command,
        env={**os.environ, **one_core},
        capture_output=True,
        text=True,
        check=True,
        timeout=3600,
    )
    told = json.loads(done.stdout.splitlines()[-1])
    path.unlink()
    taken = sorted(told["taken"])
    return Cost(
        taken[len(taken) // 2], taken[int(0.99 * len(taken))], told["loaded"] - told["before"]
    )


def training_seconds(folder: Path) -> float:
    """Train our model from scratch, without any history, in a process of its own."""
    script = "import sys; from pathlib import Path; from app.train import train; train(Path(sys.argv[1]))"
    start = time.perf_counter()
    subprocess.run(
        [sys.executable, "-c", script, str(folder / "training")],
        check=True,
        capture_output=True,
        timeout=3600,
    )
    return time.perf_counter() - start
