"""A small site, in the clear or with TLS, that answers the callback's check as a test tells it to."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from connectors.wechat.crypto import sign
from tests.doctor.certificates import Certificate


@dataclass(frozen=True)
class Said:
    """An answer."""

    body: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)


#: From the echostr of a rightly signed request to the answer.
Script = Callable[[str], Said]


def right(echostr: str) -> Said:
    return Said(echostr.encode())


@contextmanager
def site(
    script: Script, *, token: str, certificate: Certificate | None = None, checks: bool = True
) -> Iterator[int]:
    """Serve `/wechat` until the block ends; gives the port. With `checks`, a wrong signature is 403."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            query = {k: v[0] for k, v in parse_qs(urlsplit(self.path).query).items()}
            signed = sign(token, query.get("timestamp", ""), query.get("nonce", ""))
            is_right = not checks or signed == query.get("signature")
            said = script(query.get("echostr", "")) if is_right else Said(status=403)
            self.send_response(said.status)
            for name, value in {**said.headers, "Content-Length": str(len(said.body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(said.body)

        def log_message(self, *args: Any) -> None:
            pass

    class Server(ThreadingHTTPServer):
        def handle_error(self, *_: Any) -> None:  # a client that does not trust us hangs up
            pass

    server = Server(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    if certificate is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate.chain, certificate.key)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)
