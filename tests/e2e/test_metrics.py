"""What `/metrics` of a running product says is true of all its processes."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import requests
from prometheus_client.parser import text_string_to_metric_families

from app.embedded_redis import EmbeddedRedis
from app.presence import DUTIES
from bench.world.processes import free_port
from simulator.driver import Citizen
from tests.e2e.desk import Desk
from tests.e2e.server import MINSHENG, ROOT, ProductServer
from tests.e2e.talk import a_complaint, file_case

MEDIA = frozenset({("operation", "media/get")})


def scrape(server: ProductServer) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    """Return every sample: name and labels → value."""
    answer = server.get("/metrics")
    assert answer.status_code == 200
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


def value(server: ProductServer, name: str, **labels: str) -> float:
    return scrape(server)[name, frozenset(labels.items())]


def until(condition: Callable[[], bool], within_s: float = 10.0) -> None:
    deadline = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < deadline, "it did not come to that in time"
        time.sleep(0.1)


def test_turns_of_the_worker_are_counted(server: ProductServer, citizen: Citizen) -> None:
    before = value(server, "minsheng_turns_total", outcome="answered")
    seconds = value(server, "minsheng_turn_seconds_sum")
    citizen.say("您好")
    # The answer is given before it is counted.
    until(lambda: value(server, "minsheng_turns_total", outcome="answered") == before + 1)
    assert 0 < value(server, "minsheng_turn_seconds_sum") - seconds < 5


def test_a_case_on_its_way_is_counted_at_each_step(
    server: ProductServer, citizen: Citizen, desk: Desk
) -> None:
    def counts() -> list[float]:
        return [
            value(server, "minsheng_messages_total", kind="text"),
            value(server, "minsheng_deliveries_total", **told("reply", "sent", "passive")),
            value(server, "minsheng_deliveries_total", **told("filing", "sent", "none")),
            value(server, "minsheng_deliveries_total", **told("notice", "sent", "custom")),
        ]

    before = counts()
    receipt = file_case(citizen, a_complaint())
    desk.update(desk.wait_for(receipt)["service_request_id"], "已派单")
    citizen.wait_for("已派单", 10)
    until(lambda: all(now > then for now, then in zip(counts(), before, strict=True)), 20)


def told(kind: str, outcome: str, rung: str) -> dict[str, str]:
    return {"kind": kind, "outcome": outcome, "rung": rung}


def test_the_installation_is_described(server: ProductServer) -> None:
    """Who works on what, with which model, and whether backend and WeChat answer."""
    until(lambda: value(server, "minsheng_workers") == 1, 30)
    until(lambda: ("minsheng_wechat_quota_limit", MEDIA) in scrape(server), 30)
    found = scrape(server)
    names = {name for name, _ in found}
    labels = {name: dict(labels) for name, labels in found}
    assert found["minsheng_streams_unowned", frozenset()] == 0
    assert labels["minsheng_model_info"]["file"].endswith(".tar.gz")
    assert len(labels["minsheng_model_info"]["sha256"]) == 16
    assert labels["minsheng_build_info"]["rasa"] == "3.6.21"
    leaders = {dict(pairs)["duty"] for name, pairs in found if name == "minsheng_duty_leader"}
    assert leaders == set(DUTIES)
    started = [dict(p)["process"] for name, p in found if name.startswith("minsheng_start_")]
    assert set(started) == {"gateway", "worker-0"}
    polled = "minsheng_backend_last_success_timestamp_seconds"
    assert time.time() - value(server, polled, call="updates") < 30
    assert names >= {"minsheng_wechat_quota_limit", "process_resident_memory_bytes"}
    assert all(name.startswith(("minsheng_", "process_")) for name in names)


def test_a_worker_on_its_own_serves_its_counts(tmp_path: Path) -> None:
    redis, port = EmbeddedRedis(tmp_path / "redis"), free_port()
    environment = {
        **ProductServer(tmp_path).environment(),
        "MINSHENG_SIMULATOR": "1",
        "MINSHENG_REDIS_URL": redis.start(),
        "MINSHENG_METRICS_PORT": str(port),
    }
    worker = subprocess.Popen([str(MINSHENG), "worker"], cwd=ROOT, env=environment)
    try:
        text = wait_for_answer(f"http://127.0.0.1:{port}/metrics", worker)
        assert 'minsheng_turns_total{outcome="answered"} 0.0' in text
        assert "minsheng_model_info{" in text
        assert "process_resident_memory_bytes" in text
        assert "minsheng_up" not in text  # how the installation stands, the gateways say
    finally:
        worker.kill()
        worker.wait(10)
        redis.stop()


def wait_for_answer(url: str, worker: subprocess.Popen[bytes], within_s: float = 60) -> str:
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline and worker.poll() is None:
        try:
            answer = requests.get(url, timeout=5, proxies={"http": ""})
        except requests.ConnectionError:
            time.sleep(0.2)
        else:
            return answer.text
    raise AssertionError(f"no answer; the worker's code is {worker.poll()}")
