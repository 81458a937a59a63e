"""The container files: of the right form, and what they name exists. Nothing here runs a container."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from app.cli import _parser
from app.settings import ROOT
from tests.deploy.test_environment import known

DEPLOY = ROOT / "deploy"


@pytest.fixture(scope="module")
def compose(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What docker-compose makes of the file, with its variables filled in; it needs no engine for that."""
    folder = tmp_path_factory.mktemp("checkout") / "deploy"
    folder.mkdir()
    shutil.copy(DEPLOY / "compose.yml", folder)
    shutil.copy(DEPLOY / "minsheng.env.example", folder / "minsheng.env")
    done = subprocess.run(
        ["docker-compose", "-f", "compose.yml", "config"],
        cwd=folder,
        env={"PATH": os.environ["PATH"], "MINSHENG_DB_PASSWORD": "secret"},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return dict(yaml.safe_load(done.stdout))


def test_it_says_that_it_was_never_run() -> None:
    head = (DEPLOY / "compose.yml").read_text("utf-8").split("services:")[0]
    assert "UNRUN" in head


def test_the_five_parts_are_there(compose: dict[str, Any]) -> None:
    assert set(compose["services"]) == {"gateway", "worker", "redis", "postgres", "nginx"}


@pytest.mark.parametrize("name", ["gateway", "worker"])
def test_commands_and_settings_are_the_products(compose: dict[str, Any], name: str) -> None:
    service = compose["services"][name]
    _parser().parse_args(service["command"])
    given = {k for k in service["environment"] if k.startswith("MINSHENG_")}
    assert given <= known()
    assert service["environment"]["MINSHENG_DATABASE_URL"].endswith(":secret@postgres/minsheng")
    assert service["environment"]["MINSHENG_REDIS_URL"] == "redis://redis:6379/0"


def test_redis_keeps_what_it_takes(compose: dict[str, Any]) -> None:
    command = compose["services"]["redis"]["command"]
    for name, value in (
        ("appendonly", "yes"),
        ("appendfsync", "always"),
        ("maxmemory-policy", "noeviction"),
    ):
        assert command[command.index(f"--{name}") + 1] == value


def test_only_the_proxy_is_seen_from_outside(compose: dict[str, Any]) -> None:
    published = [p for s in compose["services"].values() for p in s.get("ports", [])]
    (only,) = published
    if isinstance(only, dict):  # how version 2 writes it
        only = f"{only['host_ip']}:{only['published']}:{only['target']}/{only['protocol']}"
    assert only == "127.0.0.1:8000:8000/tcp"


def test_what_is_mounted_exists(compose: dict[str, Any]) -> None:
    assert set(compose["volumes"]) == {"data", "redis", "postgres"}
    assert (DEPLOY / "nginx" / "minsheng.conf").is_file()


def test_the_image_is_made_by_targets_of_the_makefile() -> None:
    lines = (DEPLOY / "Dockerfile").read_text("utf-8")
    makefile = (ROOT / "Makefile").read_text("utf-8")
    for target in ("setup", "train"):
        assert f"make {target}" in lines
        assert f"\n{target}: " in makefile
    ignored = (DEPLOY / "Dockerfile.dockerignore").read_text("utf-8").split()
    needed = {
        path.split("/")[0]
        for path in ("app", "bot", "catalog", "nlu", "config.yml", "Makefile", "uv.lock")
    }
    assert not needed & set(ignored)
    assert Path(ROOT / "uv.lock").is_file()
