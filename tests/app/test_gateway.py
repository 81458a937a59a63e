"""The gateway's own addresses: health that tells the truth, signed media, signed pushes."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from app.bootstrap import Parts, build
from app.embedded_redis import EmbeddedRedis
from app.gateway import Gateway
from app.serve import migrate
from app.settings import Settings
from bot.storage.motion import keys
from tests.builders import make_complaint, make_medium

UPDATE = {
    "update_id": "u1",
    "service_request_id": "B-1",
    "status": "in_progress",
    "description": "已派单",
    "updated_datetime": "2026-11-23T12:00:00+08:00",
}


@dataclass
class House:
    """The parts of one installation and a browser in front of its gateway."""

    parts: Parts
    web: TestClient

    def be_ready(self) -> None:
        with self.parts.record.unit() as unit:
            unit.documents.put("backend.services", {"services": [], "attributes": {}})
        self.parts.redis.zadd(keys.WORKERS, {"w1": time.time() * 1000})

    def push(
        self,
        body: Any = UPDATE,
        *,
        secret: str = "pushsecret-1",
        age_s: int = 0,
        headers: Any = None,
    ) -> Any:
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        stamp = str(int(time.time()) - age_s)
        signed = hmac.new(secret.encode(), f"{stamp}.".encode() + raw, hashlib.sha256).hexdigest()
        sent = {
            "X-Minsheng-Timestamp": stamp,
            "X-Minsheng-Signature": signed,
            "Content-Type": "application/json",
        }
        return self.web.post("/backend/updates", content=raw, headers=sent | (headers or {}))


def open_house(settings: Settings, redis_url: str) -> Iterator[House]:
    migrate(settings)
    parts = build(settings, redis_url=redis_url)
    with TestClient(Gateway(parts, redis_url=redis_url, mounts=[]).app()) as web:
        yield House(parts, web)
    parts.close()


@pytest.fixture
def house(settings: Settings, redis_url: str) -> Iterator[House]:
    yield from open_house(settings, redis_url)


class TestHealth:
    def test_alive_is_not_yet_ready(self, house: House) -> None:
        assert house.web.get("/healthz").text == "ok"
        answer = house.web.get("/readyz")
        assert answer.status_code == 503
        assert answer.json()["missing"] == ["worker"]

    def test_ready_when_a_message_would_be_answered(self, house: House) -> None:
        house.be_ready()
        assert house.web.get("/readyz").json() == {"ready": True}

    def test_not_ready_once_the_worker_is_silent(self, house: House) -> None:
        house.be_ready()
        house.parts.redis.zadd(keys.WORKERS, {"w1": time.time() * 1000 - 120_000})
        assert house.web.get("/readyz").json()["missing"] == ["worker"]

    def test_not_ready_while_redis_is_down(self, settings: Settings, tmp_path: Path) -> None:
        server = EmbeddedRedis(tmp_path / "own")
        for house in open_house(settings, server.start()):
            house.be_ready()
            assert house.web.get("/readyz").status_code == 200
            server.stop()
            answer = house.web.get("/readyz")
            assert answer.status_code == 503
            assert "redis" in answer.json()["missing"]
            assert house.web.get("/healthz").status_code == 200

    def test_not_ready_while_the_record_cannot_be_used(
        self, settings: Settings, redis_url: str, tmp_path: Path
    ) -> None:
        lost = replace(settings, database_url=f"sqlite:///{tmp_path / 'gone' / 'x.db'}")
        parts = build(lost, redis_url=redis_url)
        with TestClient(Gateway(parts, redis_url=redis_url, mounts=[]).app()) as web:
            assert "record" in web.get("/readyz").json()["missing"]
        parts.close()

    def test_metrics_are_served(self, house: House) -> None:
        answer = house.web.get("/metrics")
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/plain")
        assert "minsheng" in answer.text

    @pytest.mark.parametrize(("simulator", "target"), [(True, "/simulator/"), (False, "/console/")])
    def test_the_front_page_leads_on(
        self, settings: Settings, redis_url: str, simulator: bool, target: str
    ) -> None:
        for house in open_house(replace(settings, simulator=simulator), redis_url):
            answer = house.web.get("/", follow_redirects=False)
            assert answer.headers["location"] == target


class TestMedia:
    def test_whoever_has_the_link_sees_the_picture(self, house: House) -> None:
        with house.parts.record.unit() as unit:
            unit.media.add(make_medium("p1"))
            unit.media.store_bytes("p1", b"picture", "image/jpeg")
        url = house.parts.links.url("p1")
        answer = house.web.get(url.partition("8000")[2])
        assert (answer.status_code, answer.content) == (200, b"picture")
        assert answer.headers["content-type"] == "image/jpeg"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "default-src 'none'" in answer.headers["content-security-policy"]

    @pytest.mark.parametrize("path", ["p1", "InAxIg.x", "..%2f..%2fetc", "%00", "x" * 5000])
    def test_a_forged_link_finds_nothing(self, house: House, path: str) -> None:
        with house.parts.record.unit() as unit:
            unit.media.add(make_medium("p1"))
            unit.media.store_bytes("p1", b"picture", "image/jpeg")
        assert house.web.get(f"/media/{path}").status_code == 404

    def test_a_picture_that_is_not_here_yet_is_not_found(self, house: House) -> None:
        with house.parts.record.unit() as unit:
            unit.media.add(make_medium("p1"))
        for name in ("p1", "p2"):
            url = house.parts.links.url(name)
            assert house.web.get(url.partition("8000")[2]).status_code == 404


class TestPush:
    @pytest.fixture(autouse=True)
    def complaint(self, house: House) -> None:
        with house.parts.record.unit() as unit:
            unit.complaints.add(make_complaint(backend_id="B-1"))

    def test_a_signed_update_is_taken_once(self, house: House) -> None:
        assert house.push().json() == {"taken": 1}
        assert house.push().json() == {"taken": 0}
        with house.parts.record.unit() as unit:
            assert unit.complaints.get("k1").status == "in_progress"  # type: ignore[union-attr]
            assert unit.deliveries.by_key("notice:k1:u1") is not None

    def test_several_come_at_once(self, house: House) -> None:
        assert house.push([UPDATE, UPDATE | {"update_id": "u2"}]).json() == {"taken": 2}

    def test_one_for_nobody_is_no_error(self, house: House) -> None:
        assert house.push(UPDATE | {"service_request_id": "B-9"}).json() == {"taken": 0}

    def test_a_form_is_taken_too(self, house: House) -> None:
        body = b"update_id=u1&service_request_id=B-1&status=closed"
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        assert house.push(body, headers=form).json() == {"taken": 1}

    @pytest.mark.parametrize(
        "how",
        [
            {"secret": "wrong"},
            {"age_s": 301},
            {"age_s": -301},
            {"headers": {"X-Minsheng-Signature": ""}},
            {"headers": {"X-Minsheng-Signature": b"\xe9" * 64}},
            {"headers": {"X-Minsheng-Timestamp": ""}},
            {"headers": {"X-Minsheng-Timestamp": "now"}},
            {"headers": {"X-Minsheng-Timestamp": "9" * 400}},
        ],
    )
    def test_without_a_fresh_signature_nothing_is_taken(
        self, house: House, how: dict[str, Any]
    ) -> None:
        assert house.push(**how).status_code == 403
        with house.parts.record.unit() as unit:
            assert unit.complaints.get("k1").status == ""  # type: ignore[union-attr]

    @pytest.mark.parametrize(
        "body", [b"", b"{", b"[]", b"[1]", b'"x"', b"{}", b"\xff", b"[" * 100_000]
    )
    def test_a_signed_body_that_makes_no_sense_is_refused(self, house: House, body: bytes) -> None:
        assert house.push(body).status_code == 400

    def test_a_body_too_large_is_refused(self, house: House) -> None:
        assert house.push(b"x" * (1024 * 1024 + 1)).status_code == 413

    def test_without_a_secret_the_address_is_not_there(
        self, settings: Settings, redis_url: str
    ) -> None:
        for house in open_house(replace(settings, backend_push_secret=""), redis_url):
            assert house.push(secret="").status_code == 404
