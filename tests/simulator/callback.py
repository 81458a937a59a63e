"""A tiny account server the tests control; its crypto is WeRoBot's, not the simulator's."""

from __future__ import annotations

import threading
import time
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from werobot.crypto import MessageCrypt

from simulator.config import Mode, SimulatorConfig


@dataclass
class Received:
    """One request as it came, and its message in clear."""

    query: dict[str, str]
    body: str
    xml: str = ""
    fields: dict[str, Any] = field(default_factory=dict)
    number: int = 0


Answer = Callable[["Callback", Received], "bytes | int | None"]


def text_reply(callback: Callback, received: Received, content: str) -> bytes:
    """A correct passive text in the account's mode."""
    xml = (
        f"<xml><ToUserName><![CDATA[{received.query['openid']}]]></ToUserName>"
        f"<FromUserName><![CDATA[{callback.config.original_id}]]></FromUserName>"
        f"<CreateTime>{int(time.time())}</CreateTime><MsgType><![CDATA[text]]></MsgType>"
        f"<Content><![CDATA[{content}]]></Content></xml>"
    )
    return callback.seal(xml, received.query["nonce"])


def echo(callback: Callback, received: Received) -> bytes:
    """Answer texts with their own words and everything else with `success`."""
    if received.fields.get("MsgType") != "text":
        return b"success"
    return text_reply(callback, received, f"收到：{received.fields['Content']}")


class _Server(ThreadingHTTPServer):
    request_queue_size = 128
    daemon_threads = True


class Callback:
    """Answers with `answer`: bytes (200), a number (that status), or None (says nothing)."""

    def __init__(self, config: SimulatorConfig) -> None:
        self.config = config
        self.crypt = MessageCrypt(config.token, config.aes_key, config.app_id)
        self.received: list[Received] = []
        self.answer: Answer = echo
        self.closing = threading.Event()
        self._lock = threading.Lock()
        self._server = _Server(("127.0.0.1", 0), self._handler())
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self.url = f"http://127.0.0.1:{self._server.server_port}/wechat"

    def __enter__(self) -> Callback:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        if not self.closing.is_set():
            self.close()

    def close(self) -> None:
        self.closing.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def seal(self, xml: str, nonce: str) -> bytes:
        if self.config.mode is not Mode.SAFE:
            return xml.encode()
        return self.crypt.encrypt_message(xml, str(int(time.time())), nonce).encode()

    def of_kind(self, name: str, value: str) -> list[Received]:
        return [r for r in self.received if r.fields.get(name) == value]

    def take(self, path: str, body: str) -> Received:
        query = dict(parse_qsl(urlsplit(path).query, keep_blank_values=True))
        received = Received(query, body)
        received.xml = self._opened(query, body)
        try:
            root = ElementTree.fromstring(received.xml)
            received.fields = {c.tag: c.text or "" if not len(c) else c for c in root}
        except ElementTree.ParseError:
            received.fields = {}
        with self._lock:
            self.received.append(received)
            received.number = len(self.received)
        return received

    def _opened(self, query: dict[str, str], body: str) -> str:
        if "msg_signature" not in query:
            return body
        encrypted = ElementTree.fromstring(body).findtext("Encrypt")
        opened = self.crypt.decrypt_message(
            query["timestamp"], query["nonce"], query["msg_signature"], encrypted
        )
        return opened.decode() if isinstance(opened, bytes) else opened

    def _handler(callback) -> type[BaseHTTPRequestHandler]:  # noqa: N805
        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *_: object) -> None:
                pass

            def do_GET(self) -> None:
                query = dict(parse_qsl(urlsplit(self.path).query))
                self.reply(200, query.get("echostr", "").encode())

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                received = callback.take(self.path, body)
                answer = callback.answer(callback, received)
                if answer is None:
                    callback.closing.wait(20)
                elif isinstance(answer, int):
                    self.reply(answer, b"")
                else:
                    self.reply(200, answer)

            def reply(self, status: int, body: bytes) -> None:
                try:
                    self.send_response(status)
                    self.send_header("Content-Length", str(len(body)))
                    self.end_headers()
                    self.wfile.write(body)
                except (BrokenPipeError, ConnectionResetError):
                    pass

        return Handler
