"""Check of the callback as WeChat's console makes it: a signed GET to the public address, answered with the exact bytes.

Done from this machine, so it proves name, certificate, proxy and server, not the way from WeChat's network to here;
that one WeChat itself is asked about (`wechat.reach`).
"""

from __future__ import annotations

import http.client
import ipaddress
import secrets
import socket
import ssl
import time
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import SplitResult, urlencode, urlsplit

from app.bootstrap import account_of
from app.doctor.findings import Finding, NotChecked, found
from app.doctor.installation import Installation
from connectors.wechat.callback import PATH
from connectors.wechat.probe import verification

_PATIENCE_S = 5.0  # as long as WeChat waits (contract 2)
_PORTS = {"http": 80, "https": 443}  # contract 1.1
_RENEW_DAYS = 21
_MOST_BYTES = 4096
_BOM = b"\xef\xbb\xbf"
#: X509_V_ERR_* of OpenSSL → our finding.
_CERTIFICATE = {
    9: "certificate_expired",
    10: "certificate_expired",
    18: "certificate_untrusted",
    19: "certificate_untrusted",
    20: "certificate_untrusted",
    21: "certificate_untrusted",
    62: "certificate_name",
    64: "certificate_name",
}
_BEHIND_PROXY = (502, 503, 504)


@dataclass(frozen=True)
class _Answer:
    """What came back, and until when the certificate is good (seconds since 1970; 0 without TLS)."""

    status: int
    body: bytes
    location: str
    good_until: float


def check(installation: Installation) -> Iterator[Finding]:
    """Verify the callback."""
    public = installation.settings.public_url
    if not public:
        yield found("callback.no_address")
        return
    where = urlsplit(public)
    yield from _address(where)
    echostr = str(secrets.randbelow(10**18) + 10**18)
    query = verification(account_of(installation.settings), installation.now, echostr)
    try:
        answer = _get(where, query)
    except OSError as error:
        yield _no_answer(installation, error, public)
        return
    except http.client.HTTPException as error:
        yield found("callback.not_http", address=public, error=type(error).__name__)
        return
    if answer.status in _BEHIND_PROXY:
        _only_with_server(installation)
    code = judge(answer.status, answer.body, echostr.encode())
    if code:
        shown = answer.body[:60].decode("utf-8", "replace").strip()
        yield found(code, status=answer.status, location=answer.location, body=shown)
    elif _takes_forged(where, query):
        yield found("callback.takes_forged")
    yield from _certificate(answer)


def judge(status: int, body: bytes, echostr: bytes) -> str:
    """Return which finding an answer is; "" for the right one. Exact bytes are wanted (contract 1.2)."""
    if status != 200:
        return _status(status)
    if body == echostr:
        return ""
    if body.startswith(_BOM) and body.removeprefix(_BOM) == echostr:
        return "callback.bom"
    bare = body.removeprefix(_BOM).strip()
    if bare == echostr:
        return "callback.newline"
    if bare.strip(b"\"'") == echostr:
        return "callback.quoted"
    return "callback.html" if bare.startswith(b"<") else "callback.other"


def _status(status: int) -> str:
    if 300 <= status < 400:
        return "callback.redirect"
    if status in (401, 403):
        return "callback.refused"
    if status == 404:
        return "callback.not_found"
    return "callback.no_server" if status in _BEHIND_PROXY else "callback.status"


def _address(where: SplitResult) -> Iterator[Finding]:
    port = where.port or _PORTS[where.scheme]
    if port != _PORTS[where.scheme]:
        yield found("callback.port", port=port, scheme=where.scheme, wanted=_PORTS[where.scheme])
    if where.scheme != "https":
        yield found("callback.no_tls")
    if _is_inside(where.hostname or ""):
        yield found("callback.inside", host=where.hostname)


def _is_inside(host: str) -> bool:
    try:
        return not ipaddress.ip_address(host).is_global
    except ValueError:
        return host == "localhost" or host.endswith((".local", ".internal"))


def _get(where: SplitResult, query: dict[str, str]) -> _Answer:
    host = where.hostname or ""
    connection: http.client.HTTPConnection
    if where.scheme == "https":
        context = ssl.create_default_context()
        connection = http.client.HTTPSConnection(
            host, where.port, timeout=_PATIENCE_S, context=context
        )
    else:
        connection = http.client.HTTPConnection(host, where.port, timeout=_PATIENCE_S)
    try:
        connection.request("GET", f"{where.path}{PATH}?{urlencode(query)}")
        good_until = _good_until(connection.sock)
        response = connection.getresponse()
        body = response.read(_MOST_BYTES)
        return _Answer(response.status, body, response.getheader("Location", ""), good_until)
    finally:
        connection.close()


def _good_until(connected: socket.socket) -> float:
    if not isinstance(connected, ssl.SSLSocket):
        return 0.0
    certificate = connected.getpeercert() or {}
    return float(ssl.cert_time_to_seconds(str(certificate["notAfter"])))


def _certificate(answer: _Answer) -> Iterator[Finding]:
    if answer.good_until:
        days = int((answer.good_until - time.time()) // 86_400)
        if days < _RENEW_DAYS:
            yield found("callback.certificate_ends", days=days)


def _takes_forged(where: SplitResult, query: dict[str, str]) -> bool:
    forged = {**query, "signature": "0" * 40}
    try:
        answer = _get(where, forged)
    except (OSError, http.client.HTTPException):
        return False
    return answer.status == 200 and query["echostr"].encode() in answer.body


def _no_answer(installation: Installation, error: OSError, public: str) -> Finding:
    if isinstance(error, ssl.SSLCertVerificationError):
        code = _CERTIFICATE.get(error.verify_code, "certificate_untrusted")
        return found(f"callback.{code}", reason=error.verify_message)
    if isinstance(error, ssl.SSLError):
        return found("callback.tls", reason=error.reason or "?")
    if isinstance(error, socket.gaierror):
        return found("callback.no_name", host=urlsplit(public).hostname)
    _only_with_server(installation)
    code = "slow" if isinstance(error, TimeoutError) else "unreachable"
    return found(f"callback.{code}", address=public, error=type(error).__name__)


def _only_with_server(installation: Installation) -> None:
    """While the server of this machine is stopped, that nothing answers is no news."""
    if not installation.server_runs:
        raise NotChecked("server")
