"""Mounting, the stream, and that nothing of the product is imported."""

from __future__ import annotations

import ast
import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from starlette.applications import Starlette
from starlette.routing import Mount

import simulator
from simulator.app import create_app
from simulator.config import SimulatorConfig
from simulator.driver import SimulatorDriver
from tests.simulator.callback import Callback
from tests.simulator.conftest import World, serve

ALLOWED = {
    "simulator", "starlette", "uvicorn", "requests", "cryptography", "jinja2", "defusedxml",
}  # fmt: skip


def test_only_the_agreed_packages_are_imported() -> None:
    files = list(Path(simulator.__file__).parent.rglob("*.py"))
    roots: set[str] = set()
    for path in files:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                roots.update(alias.name.split(".")[0] for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                assert node.level == 0
                roots.add(str(node.module).split(".")[0])
    assert len(files) > 30
    assert roots - set(sys.stdlib_module_names) <= ALLOWED


@pytest.fixture
def mounted() -> Iterator[str]:
    with Callback(SimulatorConfig()) as callback:
        config = SimulatorConfig(callback_url=callback.url)
        app = Starlette(routes=[Mount("/simulator", create_app(config))])
        server, thread, port = serve(app)
        yield f"http://127.0.0.1:{port}/simulator"
        server.should_exit = True
        thread.join()


def test_everything_works_below_a_mount(mounted: str) -> None:
    page = requests.get(mounted, timeout=5)
    assert page.url.endswith("/simulator/")
    assert 'src="static/main.js"' in page.text
    assert requests.get(f"{mounted}/static/main.js", timeout=5).ok
    citizen = SimulatorDriver(mounted).citizen("李女士")
    assert citizen.say("您好") == ["收到：您好"]
    citizen.send_image()
    media_id = citizen.messages()[-1]["media_id"]
    picture = requests.get(f"{mounted}/media/{media_id}", timeout=5)
    assert picture.headers["Content-Type"] == "image/jpeg"


def test_the_page_names_no_outside_host() -> None:
    folder = Path(simulator.__file__).parent
    files = [*folder.glob("static/*"), *folder.glob("templates/*")]
    assert len(files) > 10
    for path in files:
        for line in path.read_text().splitlines():
            rest = line.replace("http://www.w3.org/2000/svg", "")
            assert "http://" not in rest
            assert "https://" not in rest


def test_the_stream_catches_up_from_where_it_broke_off(world: World) -> None:
    citizen = world.driver.citizen("李女士")
    begin = world.driver.get("control/state")["stream"]
    citizen.say("您好")
    kinds = {}
    url = f"{world.url}/control/stream"
    with requests.get(url, headers={"Last-Event-ID": str(begin)}, stream=True, timeout=5) as source:
        for line in source.iter_lines(decode_unicode=True):
            if line.startswith("event: "):
                kind = line.removeprefix("event: ")
            if line.startswith("data: "):
                kinds[kind] = json.loads(line.removeprefix("data: "))
            if kinds.get("exchange", {}).get("outcome") == "replied":
                break
    assert kinds["line"]["text"] == "收到：您好"
