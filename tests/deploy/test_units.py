"""The systemd units: systemd itself finds nothing wrong with them, and what they name exists."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from app.cli import _parser
from app.settings import ROOT

UNITS = ROOT / "deploy" / "systemd"
INSTALLED = "/opt/minsheng/.venv/bin/minsheng"
SERVICES = ("minsheng.service", "minsheng-gateway@.service", "minsheng-worker@.service")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The units as installed; only the programme, which is not under /opt here, is this environment's."""
    made = tmp_path_factory.mktemp("units")
    here = Path(sys.executable).with_name("minsheng")
    for unit in UNITS.iterdir():
        (made / unit.name).write_text(unit.read_text("utf-8").replace(INSTALLED, str(here)))
    return made


def analyse(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["systemd-analyze", *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_systemd_takes_them(folder: Path) -> None:
    units = [
        unit.name.replace("gateway@", "gateway@8001").replace("worker@", "worker@1")
        for unit in sorted(folder.iterdir())
    ]
    assert len(units) == 6
    done = analyse(folder, "verify", "--recursive-errors=no", *(f"./{unit}" for unit in units))
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_systemd_notices_a_wrong_one(folder: Path, tmp_path: Path) -> None:
    text = (folder / "minsheng.service").read_text("utf-8")
    (tmp_path / "wrong.service").write_text(text.replace("ProtectSystem=strict", "ProtectSystm=1"))
    assert "ProtectSystm" in analyse(tmp_path, "verify", "./wrong.service").stderr


@pytest.mark.parametrize(
    "unit", ["minsheng.service", *[f"minsheng-{k}@1.service" for k in ("gateway", "worker")]]
)
def test_what_a_break_in_could_reach_is_little(folder: Path, unit: str) -> None:
    """systemd's own measure, 0 (nothing) to 10 (everything); 1.7 when this was written."""
    name = unit.replace("@1", "@")
    done = analyse(folder, "security", "--offline=yes", "--threshold=25", "--no-pager", f"./{name}")
    assert done.returncode == 0, done.stdout[-400:]


@pytest.mark.parametrize("unit", [*SERVICES, "minsheng-backup.service"])
def test_the_command_exists(unit: str) -> None:
    text = (UNITS / unit).read_text("utf-8")
    (command,) = re.findall(rf"{INSTALLED} ([a-z]+(?: [^\s$']+)*)", text)
    _parser().parse_args(command.split())


@pytest.mark.parametrize("unit", SERVICES)
def test_it_is_kept_running_with_room_for_every_connection(unit: str) -> None:
    lines = (UNITS / unit).read_text("utf-8").splitlines()
    for line in (
        "Restart=always",
        "StartLimitIntervalSec=0",
        "LimitNOFILE=65536",
        "KillMode=mixed",
    ):
        assert line in lines
    assert "EnvironmentFile=/etc/minsheng/minsheng.env" in lines


def test_stopping_is_given_the_time_that_it_takes() -> None:
    """uvicorn waits 8 s, workers are given 12 s, Redis 5 s (app/serve.py, app/embedded_redis.py)."""
    found = {
        unit: int(re.findall(r"^TimeoutStopSec=(\d+)$", (UNITS / unit).read_text("utf-8"), re.M)[0])
        for unit in SERVICES
    }
    assert found["minsheng.service"] > 8 + 2 * 12 + 5
    assert found["minsheng-gateway@.service"] > 8
    assert found["minsheng-worker@.service"] > 10 + 12 * 5
