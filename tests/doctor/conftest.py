"""An installation in which all is well: the simulator as WeChat, the desk as a backend elsewhere, a Redis, a record."""

from __future__ import annotations

import io
import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from app.doctor.command import run
from app.embedded_redis import EmbeddedRedis
from bot.storage.database import upgrade
from simulator.app import create_app
from simulator.config import SimulatorConfig
from simulator.driver import SimulatorDriver
from tests.desk.office import KEY, Office, open_office
from tests.simulator.conftest import serve
from tests.storage.conftest import postgresql

__all__ = ["postgresql"]

#: What a test on loopback cannot have as a real installation has it; and the model is whatever lies in this checkout.
OF_LOOPBACK = {
    *("callback.port", "callback.inside", "callback.no_tls", "server.stopped"),
    *("model.none", "model.stale"),
}


@dataclass
class Report:
    """What the doctor said."""

    code: int
    document: dict[str, Any]
    text: str = ""

    @property
    def codes(self) -> set[str]:
        return {f["code"] for check in self.document["checks"] for f in check["findings"]}

    def finding(self, code: str) -> dict[str, Any]:
        found = [f for c in self.document["checks"] for f in c["findings"] if f["code"] == code]
        assert found, f"{code} is not among {sorted(self.codes)}"
        return dict(found[0])

    def state(self, check: str) -> str:
        return next(c["state"] for c in self.document["checks"] if c["check"] == check)


@dataclass
class Patient:
    """An installation; `environ` is what a test changes."""

    environ: dict[str, str]
    simulator: SimulatorDriver
    account: SimulatorConfig
    office: Office
    left: dict[str, str] = field(default_factory=dict)

    def examine(self, language: str = "zh", **changes: str) -> Report:
        out = io.StringIO()
        code = run({**self.environ, **changes}, as_json=True, language=language, out=out)
        return Report(code, json.loads(out.getvalue()))

    def wechat(self, path: str, **fault: Any) -> Report:
        """Examine while one call of WeChat's goes wrong."""
        self.simulator.fault(path, **{"times": 9, **fault})
        try:
            return self.examine()
        finally:
            self.simulator.clear_faults()


@pytest.fixture(scope="session")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with open_office(tmp_path_factory.mktemp("office")) as opened:
        yield opened


@pytest.fixture(scope="session")
def wechat(office: Office) -> Iterator[tuple[str, SimulatorConfig]]:
    config = SimulatorConfig(
        app_id="wx00000000000000d0",
        app_secret="0123456789abcdef0123456789abcdef",
        token="tokenOfTheDoctor",
        aes_key="D" * 43,
        callback_url=office.url,  # something that takes connections
    )
    server, thread, port = serve(create_app(config))
    yield f"http://127.0.0.1:{port}", config
    server.should_exit = True
    thread.join(5)


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("migrated") / "minsheng.db"
    upgrade(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def durable_redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedRedis]:
    server = EmbeddedRedis(tmp_path_factory.mktemp("redis"))
    server.start()
    yield server
    server.stop()


@pytest.fixture
def patient(
    tmp_path: Path,
    office: Office,
    wechat: tuple[str, SimulatorConfig],
    durable_redis: EmbeddedRedis,
    migrated: Path,
) -> Iterator[Patient]:
    url, account = wechat
    driver = SimulatorDriver(url)
    data = tmp_path / "data"
    data.mkdir()
    shutil.copy(migrated, data / "minsheng.db")
    environ = {
        "MINSHENG_DATA_DIR": str(data),
        "MINSHENG_PORT": "9",  # discard: nothing of ours listens there
        "MINSHENG_REDIS_URL": durable_redis.url,
        "MINSHENG_WECHAT_APP_ID": account.app_id,
        "MINSHENG_WECHAT_APP_SECRET": account.app_secret,
        "MINSHENG_WECHAT_TOKEN": account.token,
        "MINSHENG_WECHAT_AES_KEY": account.aes_key,
        "MINSHENG_WECHAT_API_BASE": f"{url}/api",
        "MINSHENG_NOTICE_TEMPLATE_ID": account.notice_template_id,
        "MINSHENG_TEMPLATE_MESSAGE_ID": account.message_template_id,
        "MINSHENG_BACKEND_URL": office.url,
        "MINSHENG_BACKEND_API_KEY": KEY,
        "MINSHENG_SECRET_KEY": "5" * 64,
        "MINSHENG_ADMIN_PASSWORD": "correct-horse-battery-7",
        "MINSHENG_PUBLIC_URL": "http://127.0.0.1:9",
    }
    found = Patient(environ, driver, account, office)
    _make_menu(found)
    yield found
    driver.account(whitelist=None, verified=True)
    driver.clear_faults()


def _make_menu(patient: Patient) -> None:
    from app.bootstrap import CATALOG
    from app.catalog import Catalog
    from tests.simulator.conftest import AccountServer

    base = patient.environ["MINSHENG_WECHAT_API_BASE"].removesuffix("/api")
    buttons = Catalog.load(CATALOG).buttons()
    made = AccountServer(base, patient.account).post("menu/create", {"button": buttons})
    assert made["errcode"] == 0
