"""`/metrics` answers, and truly, whatever of the installation is down."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families
from starlette.testclient import TestClient

from app import gauges
from app.bootstrap import Parts, build
from app.embedded_redis import EmbeddedRedis
from app.gateway import Gateway
from app.serve import migrate
from app.settings import Settings
from bot.model.delivery import DeliveryState
from bot.model.message import Kind
from bot.storage.motion import keys
from tests.builders import make_delivery, make_message

Samples = dict[str, float]


def scrape(web: TestClient) -> Samples:
    """Return every sample: name and labels as written → value."""
    answer = web.get("/metrics")
    assert answer.status_code == 200
    list(text_string_to_metric_families(answer.text))  # it is well-formed
    rows = [line.rpartition(" ") for line in answer.text.splitlines() if not line.startswith("#")]
    return {name: float(value) for name, _, value in rows}


@pytest.fixture
def fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gauges, "KEPT_S", 0.0)


@pytest.fixture
def parts(settings: Settings, redis_url: str, fresh: None) -> Iterator[Parts]:
    migrate(settings)
    made = build(settings, redis_url=redis_url)
    yield made
    made.close()


@pytest.fixture
def web(parts: Parts) -> Iterator[TestClient]:
    with TestClient(Gateway(parts, redis_url=parts.redis_url, mounts=[]).app()) as client:
        yield client


def test_everything_that_may_be_waited_for_is_there_from_the_start(web: TestClient) -> None:
    found = scrape(web)
    for name in (
        'minsheng_up{part="redis"}',
        'minsheng_up{part="record"}',
        "minsheng_streams_unowned",
    ):
        assert found[name] >= 1, name
    for name in (
        "minsheng_workers",
        "minsheng_inbox_messages",
        "minsheng_inbox_oldest_age_seconds",
        "minsheng_parked_messages",
        'minsheng_delivery_backlog{kind="filing",state="failed"}',
        'minsheng_delivery_oldest_age_seconds{kind="notice"}',
        'minsheng_handoffs_oldest_wait_seconds{reason="emergency"}',
        'minsheng_backend_last_success_timestamp_seconds{call="updates"}',
        'minsheng_deliveries_total{kind="reply",outcome="failed",rung="none"}',
        'minsheng_turns_total{outcome="parked"}',
    ):
        assert found[name] == 0, name
    assert found["minsheng_wechat_forced_token_refreshes_remaining"] == 20
    assert found["process_resident_memory_bytes"] > 0
    assert time.time() - found['minsheng_start_timestamp_seconds{process="gateway"}'] < 60


def test_what_waits_is_told(parts: Parts, web: TestClient) -> None:
    parts.redis.xadd(keys.stream(1), {"message": make_message().to_json()})
    parts.redis.zadd(keys.WORKERS, {"host-1-a": time.time() * 1000})
    parts.redis.set(keys.lease("backend-poll"), "host-1-a")
    with parts.record.unit() as unit:
        unit.deliveries.add(make_delivery("f", state=DeliveryState.HELD))
        unit.deliveries.add(make_delivery("g"))
    found = scrape(web)
    assert found["minsheng_inbox_messages"] == 1
    assert found["minsheng_workers"] == 1
    assert found['minsheng_worker_streams{worker="host-1-a"}'] == 0
    assert found['minsheng_duty_leader{duty="backend-poll",worker="host-1-a"}'] == 1
    assert found['minsheng_delivery_backlog{kind="notice",state="held"}'] == 1
    assert 0 < found['minsheng_delivery_oldest_age_seconds{kind="notice"}'] < 60
    assert found['minsheng_delivery_overdue_seconds{kind="notice"}'] > 0


def test_a_dead_redis_is_told_and_the_record_still_speaks(
    settings: Settings, tmp_path: Path, fresh: None
) -> None:
    server = EmbeddedRedis(tmp_path / "own")
    migrate(settings)
    parts = build(settings, redis_url=server.start())
    with TestClient(Gateway(parts, redis_url=parts.redis_url, mounts=[]).app()) as web:
        assert scrape(web)['minsheng_up{part="redis"}'] == 1
        server.stop()
        found = scrape(web)
        assert found['minsheng_up{part="redis"}'] == 0
        assert found['minsheng_up{part="record"}'] == 1
        assert "minsheng_inbox_messages" not in found
        assert 'minsheng_delivery_backlog{kind="notice",state="held"}' in found
    parts.close()


def test_a_lost_record_is_told_and_redis_still_speaks(
    settings: Settings, redis_url: str, tmp_path: Path, fresh: None
) -> None:
    lost = replace(settings, database_url=f"sqlite:///{tmp_path / 'gone' / 'x.db'}")
    parts = build(lost, redis_url=redis_url)
    with TestClient(Gateway(parts, redis_url=redis_url, mounts=[]).app()) as web:
        found = scrape(web)
        assert found['minsheng_up{part="record"}'] == 0
        assert found["minsheng_inbox_messages"] == 0
    parts.close()


def test_a_part_that_hangs_is_not_waited_for(
    web: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Asked once, it answers whenever it does; nobody else is kept waiting for it, and nobody asks again."""
    asked: list[float] = []

    def slow(*_: object) -> None:
        asked.append(time.monotonic())
        time.sleep(1.5)
        raise OSError

    monkeypatch.setattr(gauges, "ANSWER_S", 0.2)
    monkeypatch.setattr(gauges.backlog, "read", slow)
    began = time.monotonic()
    for _ in range(2):
        assert scrape(web)['minsheng_up{part="record"}'] == 0
    assert time.monotonic() - began < 1.2
    assert len(asked) == 1


def test_who_asks_often_does_not_make_the_parts_work(
    parts: Parts, web: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gauges, "KEPT_S", 60.0)
    scrape(web)
    parts.redis.xadd(keys.stream(1), {"message": make_message().to_json()})
    assert scrape(web)["minsheng_inbox_messages"] == 0


def test_labels_are_few_and_hold_nothing_personal(parts: Parts, web: TestClient) -> None:
    parts.counts.messages.labels(Kind.TEXT.value).inc()
    with parts.record.unit() as unit:
        unit.conversations.open("pseudonym-7", "oCitizen-A")
        unit.deliveries.add(make_delivery("f", conversation_id="pseudonym-7"))
    answer = web.get("/metrics").text
    assert "oCitizen-A" not in answer
    assert "pseudonym-7" not in answer
    assert len(answer.splitlines()) < 400
