"""Which libraries a listening process holds: what Rasa pins to old versions stays out of it (docs/security.md)."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
KEPT_OUT = {
    "rasa", "rasa_sdk", "tensorflow", "keras", "sanic", "aiohttp", "google.protobuf", "pymongo", "sklearn",
    "pydantic", "sentry_sdk", "skops", "joblib", "jsonpickle", "dask", "websockets", "wheel",
}  # fmt: skip
_LOADED = """
import json, sys
import app.cli, app.serve, app.gateway, app.bounded_http
import uvicorn.loops.auto, uvicorn.lifespan.on, uvicorn.protocols.websockets.wsproto_impl
json.dump(sorted(sys.modules), sys.stdout)
"""


def test_the_gateway_holds_nothing_of_rasa() -> None:
    done = subprocess.run(
        [sys.executable, "-c", _LOADED],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    loaded = set(json.loads(done.stdout))
    assert {"starlette", "uvicorn", "httptools", "connectors.wechat.callback"} <= loaded
    assert loaded & KEPT_OUT == set()
