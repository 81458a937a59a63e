"""Checks of this machine: settings, Python, disk, secrets, data files, model, server, clock."""

from __future__ import annotations

import os
import resource
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from app.catalog import BadCatalog
from app.doctor.findings import Finding, NotChecked, found
from app.doctor.installation import Installation
from app.secrets import secrets_in
from app.serve import OTHER_FILES
from app.settings import Settings
from app.train import is_stale, newest_model
from console.accounts import FIRST_NAME, FIRST_NUMBER
from console.passwords import flaw_in
from simulator.config import SimulatorConfig

_PYTHONS = ((3, 10), (3, 11))  # docs/decisions/0001
_FULL_BYTES, _LOW_BYTES = 200 * 10**6, 2 * 10**9
_LOW_SHARE = 0.05
_SECRET_GOOD = 32
_KEPT = ("*.key", "*.key.previous", "*.password")
#: The callback takes no request further than this from our clock (connectors/wechat/crypto.py: 300 s).
_CLOCK_WARN_S, _CLOCK_FAIL_S = 60.0, 300.0


def settings(installation: Installation) -> Iterator[Finding]:
    """All problems of the environment at once; and a proxy, without which there is no https, that is not believed."""
    for problem in installation.problems:
        yield found("settings.bad", problem=problem)
    if installation.problems:
        return
    own = installation.settings
    if own.public_url.startswith("https://") and not own.trusted_proxies:
        yield found("settings.proxy", address=own.public_url)


def machine(installation: Installation) -> Iterator[Finding]:
    """The interpreter, its encoding, how many files a process may open."""
    if sys.version_info[:2] not in _PYTHONS:
        yield found("machine.python", version=".".join(map(str, sys.version_info[:2])))
    if sys.getfilesystemencoding().lower() != "utf-8":
        yield found("machine.encoding", encoding=sys.getfilesystemencoding())
    wanted = installation.catalog.limits.connections + OTHER_FILES
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard not in (-1, resource.RLIM_INFINITY) and hard < wanted:
        yield found("machine.files", have=hard, wanted=wanted)


def disk(installation: Installation) -> Iterator[Finding]:
    """Whether the data folder can be written, and how much room is left."""
    folder = installation.settings.data_dir.resolve()
    standing = next(p for p in (folder, *folder.parents) if p.exists())
    if not _can_write(standing):
        yield found("disk.read_only", folder=folder, user=os.getuid())
        return
    room = shutil.disk_usage(standing)
    if room.free < _FULL_BYTES:
        yield found("disk.full", folder=folder, free=_size(room.free))
    elif room.free < _LOW_BYTES or room.free < room.total * _LOW_SHARE:
        yield found("disk.low", folder=folder, free=_size(room.free))
    nodes = os.statvfs(standing)
    if nodes.f_files and nodes.f_favail < nodes.f_files * _LOW_SHARE:
        yield found("disk.inodes", folder=folder, free=nodes.f_favail)


def secrets(installation: Installation) -> Iterator[Finding]:
    """Keys that others can read, that are too short, or that belong to the demo."""
    own = installation.settings
    if own.simulator:
        yield found("secrets.simulator")
    else:
        demo = SimulatorConfig()
        for name in ("app_secret", "token", "aes_key"):
            if getattr(own, name) == getattr(demo, name):
                yield found("secrets.demo", setting=f"MINSHENG_WECHAT_{name.upper()}")
    for path in _kept(own.data_dir):
        if path.stat().st_mode & 0o077:
            yield found("secrets.readable", file=path.resolve())
    yield from _secret_key(own)
    if not own.aes_key:
        yield found("secrets.plaintext")
    if own.admin_password and flaw_in(own.admin_password, number=FIRST_NUMBER, name=FIRST_NAME):
        yield found("secrets.weak_admin")


def catalog(installation: Installation) -> Iterator[Finding]:
    """The office's data files."""
    try:
        assert installation.loaded_catalog
    except BadCatalog as error:
        yield found("catalog.bad", problem=error)


def model(installation: Installation) -> Iterator[Finding]:  # noqa: ARG001
    """The trained language model."""
    newest = newest_model()
    if newest is None:
        yield found("model.none")
    elif is_stale(newest):
        yield found("model.stale", model=newest.name)


def server(installation: Installation) -> Iterator[Finding]:
    """Whether this machine's server runs, and would answer a citizen."""
    where = installation.settings.local_url
    if installation.local("/healthz") is None:
        yield found("server.stopped", address=where)
        return
    if not installation.server_runs:
        yield found("server.another", address=where)
        return
    answer = installation.local("/readyz")
    if answer is None or answer.status_code != 200:
        missing = answer.json().get("missing", []) if answer is not None else ["?"]
        yield found("server.not_ready", missing=", ".join(missing))


def clock(installation: Installation) -> Iterator[Finding]:
    """This machine's clock against those of the servers that answered above."""
    if not installation.offsets:
        raise NotChecked("credentials")
    for name, offset in installation.offsets.items():
        seconds = f"{-offset:+.0f}"
        if abs(offset) > _CLOCK_FAIL_S:
            yield found("clock.wrong", server=name, seconds=seconds)
        elif abs(offset) > _CLOCK_WARN_S:
            yield found("clock.off", server=name, seconds=seconds)


def _secret_key(own: Settings) -> Iterator[Finding]:
    if own.secret_key and len(own.secret_key) < _SECRET_GOOD:
        yield found("secrets.short", length=len(own.secret_key), wanted=_SECRET_GOOD)
    if not own.secret_key and (own.redis_url or own.database_url):
        yield found("secrets.not_shared")
    if secrets_in(own.data_dir, own).previous:
        yield found("secrets.previous")


def _can_write(folder: Path) -> bool:
    try:
        with tempfile.TemporaryFile(dir=folder):
            return True
    except OSError:
        return False


def _kept(folder: Path) -> list[Path]:
    return sorted(path for kind in _KEPT for path in folder.glob(kind) if path.is_file())


def _size(count: float) -> str:
    return f"{count / 1e9:.1f} GB"
