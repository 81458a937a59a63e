"""Start a desk in a thread, as a process would serve it, and call it like a stranger."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import requests
import uvicorn
from starlette.applications import Starlette
from starlette.routing import Mount

from desk.app import create_app
from desk.config import DeskConfig
from desk.model.case import Outcome
from desk.office.office import DeskOffice
from desk.office.office import open_office as open_office_of
from desk.office.stepping import Wanted
from desk.storage import upgrade

ROOT = Path(__file__).resolve().parents[2]
SERVICES = ROOT / "catalog" / "services.yml"
KEY = "一把钥匙-key"
NOISE = "1351"


@contextmanager
def serve(app: Any, *, ws: Any = "none") -> Iterator[str]:
    """Serve any ASGI application on a free port; yields its address. `ws`: uvicorn's kind of web sockets."""
    config = uvicorn.Config(app, port=0, log_level="critical", lifespan="off", ws=ws)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    deadline = time.monotonic() + 20
    while not server.started:
        assert thread.is_alive(), "the server did not start"
        assert time.monotonic() < deadline, "the server did not start in time"
        time.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join(10)


@dataclass
class Office:
    """A running desk; `inside` is the office itself, where staff work on what strangers filed."""

    url: str
    database_url: str
    session: requests.Session
    inside: DeskOffice

    def get(self, path: str, **params: Any) -> requests.Response:
        return self.session.get(self.url + path, params=params, timeout=10)

    def post(self, path: str, data: Any = None, **fields: Any) -> requests.Response:
        return self.session.post(self.url + path, data=data or fields, timeout=10)

    def file(self, **fields: Any) -> str:
        """File a complaint and return its number."""
        form = {
            "api_key": KEY,
            "service_code": NOISE,
            "description": "广场舞太吵",
            "address_string": "人民广场",
        }
        answer = self.post("/requests.json", form | fields)
        assert answer.status_code == 200, answer.text
        return str(answer.json()[0]["service_request_id"])

    def tell(self, number: str, **fields: Any) -> requests.Response:
        """Post an update."""
        form = {
            "api_key": KEY,
            "service_request_id": number,
            "update_id": "u1",
            "status": "IN_PROGRESS",
            "updated_datetime": "2024-11-20T10:00:00+08:00",
            "description": "已派人处理",
        }
        return self.post("/servicerequestupdates.json", form | fields)

    def carry(self, number: str, *names: str, unit: str = "chengguan") -> None:
        """Let the office take steps of a case: the hotline those that are its own, the unit the others."""
        for name in names:
            post = "" if name in ("accept", "dispatch", "close") else unit
            actor = self.inside.staff("1024", post)
            self.inside.casework.act(number, name, actor, _carried(name, unit))

    def status(self, number: str) -> str:
        return str(self.get(f"/requests/{number}.json").json()[0]["status"])


def _carried(name: str, unit: str) -> Wanted:
    if name == "dispatch":
        return Wanted(unit=unit)
    if name == "reply":
        return Wanted(outcome=Outcome("solved", "已到现场处理，商户承诺整改。", "市城市管理局"))
    if name == "ask_material":
        return Wanted(note="请说明是哪一栋楼")
    return Wanted()


@contextmanager
def open_office(
    folder: Path,
    jurisdiction: str = "",
    *,
    services: Path = SERVICES,
    database_url: str = "",
    now: Callable[[], datetime] | None = None,
) -> Iterator[Office]:
    """Open a desk mounted where the product mounts it."""
    database_url = database_url or f"sqlite:///{folder / 'desk.db'}"
    upgrade(database_url)
    office = open_office_of(DeskConfig(database_url, KEY, services, jurisdiction, now=now))
    desk = create_app(office)
    try:
        with (
            serve(Starlette(routes=[Mount("/open311/v2", app=desk)])) as url,
            requests.Session() as session,
        ):
            session.trust_env = False
            yield Office(url + "/open311/v2", database_url, session, office)
    finally:
        office.close()
