"""Figures of issue 5 beside the soak: `python -m bench.burst burst | takeover | rolling | all`."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import threading
import time
from collections import Counter
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path

import uvicorn

from bench.soak.steady import steady
from bench.soak.verdict import judge
from bench.world.backend import Backend
from bench.world.processes import free_port
from bench.world.product import OneMachine
from simulator import acts
from simulator.app import create_app
from simulator.config import SimulatorConfig
from simulator.platform import Platform
from simulator.store import Exchange

MESSAGES = 1000
PER_SECOND = 6.0
"""Steady talk while workers come and go: one worker on half a shared machine can keep up with it."""
_LATE_S = 30.0


@dataclass
class Burst:
    """What a thousand citizens got who all wrote within a second."""

    spread_s: float
    outcomes: Counter[str]
    attempts: Counter[int]
    waits_s: list[float]
    unanswered: int
    failures: Counter[str]
    load: float

    def text(self) -> str:
        """Return it as lines."""
        waits = self.waits_s
        return (
            f"burst: {sum(self.outcomes.values())} messages within {self.spread_s:.2f} s; "
            f"{dict(self.outcomes)}; attempts {dict(sorted(self.attempts.items()))}; "
            f"answered after: median {waits[len(waits) // 2]:.1f} s, last {waits[-1]:.1f} s; "
            f"failed attempts {dict(self.failures)}; never answered: {self.unanswered} "
            f"(machine's load before: {self.load:.1f} on {os.cpu_count()} cores)"
        )


def burst(folder: Path, messages: int = MESSAGES) -> Burst:
    """Let so many citizens write once within a second, to `minsheng serve` with two workers."""
    product, backend, port = OneMachine(folder), Backend(), free_port()
    url = f"http://127.0.0.1:{port}"
    config = SimulatorConfig(callback_url=f"{product.url}/wechat", public_url=url)
    app = create_app(config)
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_level="critical", ws="none"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    backend.up()
    try:
        product.start(_settings(config, url, backend))
        return _write(app.state.platform, messages)
    finally:
        product.stop()
        server.should_exit = True
        thread.join(10)
        backend.down()


def _settings(config: SimulatorConfig, url: str, backend: Backend) -> dict[str, str]:
    return {
        "MINSHENG_WECHAT_APP_ID": config.app_id,
        "MINSHENG_WECHAT_APP_SECRET": config.app_secret,
        "MINSHENG_WECHAT_TOKEN": config.token,
        "MINSHENG_WECHAT_AES_KEY": config.aes_key,
        "MINSHENG_WECHAT_API_BASE": f"{url}/api",
        "MINSHENG_BACKEND_URL": backend.url,
    }


def _write(platform: Platform, messages: int) -> Burst:
    citizens = [platform.create_citizen(f"市民{number}") for number in range(messages)]
    load, began = os.getloadavg()[0], time.monotonic()
    started: list[Future[Exchange]] = []
    for number, citizen in enumerate(citizens):
        due = began + number / messages
        time.sleep(max(due - time.monotonic(), 0.0))
        words = f"拱墅区莫干山路{10_000 + number}号院子里每天晚上跳广场舞，音响很吵"
        started.append(acts.say(platform, citizen, words)[1])
    spread = time.monotonic() - began
    done = [future.result(60) for future in started]
    missing = {citizen.openid for citizen in citizens}
    deadline = time.monotonic() + _LATE_S
    while missing and time.monotonic() < deadline:
        missing = {c for c in missing if not _is_answered(platform, c)}
        time.sleep(0.2)
    return Burst(
        spread,
        Counter(exchange.outcome for exchange in done),
        Counter(len(exchange.attempts) for exchange in done),
        sorted(exchange.elapsed_ms / 1000 for exchange in done),
        len(missing),
        Counter(
            str(attempt["result"])
            for exchange in done
            for attempt in exchange.attempts
            if attempt["result"] not in ("replied", "accepted")
        ),
        load,
    )


def _is_answered(platform: Platform, citizen: str) -> bool:
    lines = platform.store.lines(citizen)
    return any(line.direction == "out" and line.via in ("passive", "custom") for line in lines)


def takeover(folder: Path) -> str:
    """Kill one of two workers while citizens talk; return how long its citizens waited."""
    with steady(folder, per_second=PER_SECOND) as machines:
        with machines.talk(60):
            kill = machines.kill_a_worker()
        waits = machines.waits_since(kill.at)
        verdict = judge(machines.evidence, ())
    return (
        f"takeover: {len(waits)} questions around the kill, answered after median "
        f"{waits[len(waits) // 2]:.2f} s, last {waits[-1]:.2f} s; fault notices "
        f"{len(verdict.faulted)}; lost {len(verdict.lost)}, told twice {len(verdict.told_twice)}, "
        f"out of order {len(verdict.out_of_order)}"
    )


def rolling(folder: Path) -> str:
    """Restart two gateways and two workers, one after the other, while citizens talk."""
    with steady(folder, per_second=PER_SECOND) as machines:
        began = time.monotonic()
        with machines.talk(60):
            machines.restart_all()
        took = time.monotonic() - began
        outcomes = Counter(push.outcome for push in machines.questions())
        verdict = judge(machines.evidence, ())
        longest = max(push.ended_at - push.at for push in machines.questions())
    return (
        f"rolling restart: {took:.0f} s, questions {dict(outcomes)}, slowest answer {longest:.1f} s; "
        f"fault notices {len(verdict.faulted)}; lost {len(verdict.lost)}, "
        f"told twice {len(verdict.told_twice)}, out of order {len(verdict.out_of_order)}"
    )


def main() -> int:
    """Print the figures asked for."""
    parser = argparse.ArgumentParser(prog="bench.burst", description=__doc__)
    parser.add_argument(
        "what", choices=["burst", "takeover", "rolling", "all"], default="all", nargs="?"
    )
    what = parser.parse_args().what
    folder = Path(tempfile.mkdtemp(prefix="minsheng-burst-"))
    for name, figure in (("burst", burst), ("takeover", takeover), ("rolling", rolling)):
        if what in (name, "all"):
            (folder / name).mkdir()
            found = figure(folder / name)
            print(found.text() if isinstance(found, Burst) else found, flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
