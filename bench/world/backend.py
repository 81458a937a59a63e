"""An Open311 backend of somebody else, with its own services and bad days; it shares nothing with the desk.

It speaks GeoReport v2 as JSON: services, definitions, POST/GET requests, tokens, and mySociety's updates feed.
"""

from __future__ import annotations

import json
import threading
import time
import uuid
from datetime import datetime, timedelta, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from bench.world.processes import free_port

_NOW = timedelta()
LAMP, NOISE, LITTER = "LAMP-A", "NOISE-B", "LITTER-C"
SERVICES = [
    {"service_code": NOISE, "service_name": "噪音扰民", "group": "环境", "type": "realtime"},
    {"service_code": LAMP, "service_name": "路灯维修", "group": "市政", "type": "realtime"},
    {"service_code": LITTER, "service_name": "垃圾清运", "group": "市政", "type": "batch"},
]
KEYWORDS = {
    NOISE: "噪音,吵,广场舞,装修",
    LAMP: "路灯,不亮,照明",
    LITTER: "垃圾,清运,垃圾桶",
}
POLE = {
    "variable": True,
    "code": "pole",
    "datatype": "string",
    "required": True,
    "datatype_description": "写在灯杆上",
    "order": 1,
    "description": "灯杆编号是多少？",
}


class Backend:
    """One backend on a port of its own; its moods are attributes that a test sets."""

    def __init__(self) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}/v2"
        self.rows: list[dict[str, Any]] = []
        self.forms: list[dict[str, str]] = []
        self.updates: list[dict[str, str]] = []
        self.told_at: dict[str, float] = {}
        """When each update came into the feed, by its id (Unix seconds)."""
        self.lock = threading.Lock()
        self._server: ThreadingHTTPServer | None = None
        self.be_well()

    def be_well(self) -> None:
        """Forget every bad mood."""
        self.fails_after_storing = 0
        self.is_broken = False
        self.slow_s = 0.0
        self.tokens_wait = self.tokens_fail = False
        self.says_nothing = False

    def up(self) -> None:
        """Listen (again)."""
        if self._server is not None:
            return
        backend = self

        class Handler(_Handler):
            owner = backend

        self._server = ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def down(self) -> None:
        """Refuse connections."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    def stored(self, words: str) -> list[dict[str, Any]]:
        """Return what was stored with these words in its description."""
        with self.lock:
            return [row for row in self.rows if words in row["description"]]

    def wait_for(self, words: str, within_s: float = 60.0) -> dict[str, Any]:
        """Return the one stored request with these words; more than one is an error."""
        deadline = time.monotonic() + within_s
        while time.monotonic() < deadline:
            found = self.stored(words)
            assert len(found) < 2, f"stored {len(found)} times"
            if found:
                return found[0]
            time.sleep(0.1)
        raise AssertionError(f"not stored within {within_s} s: {words}")

    def updates_between(self, query: dict[str, list[str]]) -> list[dict[str, str]]:
        """Return the updates that happened in the window, as mySociety's extension says."""
        start, end = (_moment(query[name][0]) for name in ("start_date", "end_date"))
        with self.lock:
            return [u for u in self.updates if start <= _moment(u["updated_datetime"]) <= end]

    def tell(
        self, request_id: str, text: str, status: str = "in_progress", *, ago: timedelta = _NOW
    ) -> None:
        """Put an update into the feed; it happened so long ago."""
        update = {
            "update_id": uuid.uuid4().hex,
            "service_request_id": request_id,
            "status": status,
            "updated_datetime": _now(ago),
            "description": text,
        }
        with self.lock:
            self.updates.append(update)
            self.told_at[update["update_id"]] = time.time()

    def store(self, form: dict[str, str]) -> dict[str, Any]:
        """Keep a request."""
        with self.lock:
            row = {
                "service_request_id": f"B-{len(self.rows) + 1}",
                "token": uuid.uuid4().hex,
                "status": "open",
                "service_code": form.get("service_code", ""),
                "description": form.get("description", ""),
                "address": form.get("address_string", ""),
                "requested_datetime": _now(),
                "updated_datetime": _now(),
            }
            self.rows.append(row)
            self.forms.append(form)
            return row


class _Handler(BaseHTTPRequestHandler):
    owner: Backend
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:  # noqa: N802
        if self.owner.is_broken:
            self._say(500, [{"code": 500, "description": "everything is broken"}])
            return
        parts = urlsplit(self.path)
        path = parts.path.removeprefix("/v2/").removesuffix(".json")
        name, _, key = path.partition("/")
        owner = self.owner
        if name == "services" and not key:
            self._say(200, [_service(s) for s in SERVICES])
        elif name == "services":
            attributes = [POLE] if key == LAMP else []
            self._say(200, [{"service_code": key, "attributes": attributes}])
        elif name == "requests":
            with owner.lock:
                self._say(200, [{k: v for k, v in r.items() if k != "token"} for r in owner.rows])
        elif name == "tokens":
            self._token(key)
        elif name == "servicerequestupdates":
            self._say(200, owner.updates_between(parse_qs(parts.query)))
        else:
            self._say(404, [{"code": 404, "description": "not found"}])

    def do_POST(self) -> None:  # noqa: N802
        owner = self.owner
        raw = self.rfile.read(int(self.headers.get("Content-Length", "0"))).decode()
        form = {name: values[0] for name, values in parse_qs(raw).items()}
        if owner.is_broken:
            self._say(500, [{"code": 500, "description": "everything is broken"}])
            return
        row = owner.store(form)
        if owner.slow_s:
            time.sleep(owner.slow_s)
        if owner.fails_after_storing:
            owner.fails_after_storing -= 1
            self._say(500, [{"code": 500, "description": "something broke"}])
        elif owner.says_nothing:
            self._say(200, [{"service_notice": "thank you"}])
        elif form.get("service_code") == LITTER:
            self._say(200, [{"token": row["token"]}])
        else:
            self._say(200, [{"service_request_id": row["service_request_id"]}])

    def _token(self, token: str) -> None:
        owner = self.owner
        with owner.lock:
            row = next((r for r in owner.rows if r["token"] == token), None)
        if row is None:
            self._say(404, [{"code": 404, "description": "no such token"}])
        elif owner.tokens_fail:
            self._say(500, [{"code": 500, "description": "tokens are broken today"}])
        elif owner.tokens_wait:
            self._say(200, [{"token": token}])
        else:
            self._say(200, [{"token": token, "service_request_id": row["service_request_id"]}])

    def _say(self, status: int, body: Any) -> None:
        content = json.dumps(body, ensure_ascii=False).encode()
        try:
            self.send_response(status)
            self.send_header("Content-Type", "application/json; charset=utf-8")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True  # the caller did not wait

    def log_message(self, *_: Any) -> None:
        """Stay silent."""


def _service(service: dict[str, str]) -> dict[str, Any]:
    code = service["service_code"]
    return {**service, "metadata": code == LAMP, "keywords": KEYWORDS[code], "description": ""}


def _now(ago: timedelta = _NOW) -> str:
    return (datetime.now(timezone.utc) - ago).isoformat(timespec="seconds")


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text.replace("Z", "+00:00"))
