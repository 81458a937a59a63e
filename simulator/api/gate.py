"""The one door of the API: ordered faults, token, rights, quota, the operation, the record.

Every answer is HTTP 200 with a code in its body, except an ordered HTTP fault (contract 5.2).
"""

from __future__ import annotations

import asyncio
import json
import time
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from simulator.api import account, custom, files, notices, tokens
from simulator.api.call import Answer, ApiCall, Binary, Endpoint, Upload
from simulator.errors import ApiError
from simulator.faults import Fault
from simulator.platform import Platform
from simulator.store import Exchange

ENDPOINTS: dict[str, Endpoint] = {
    endpoint.path: endpoint
    for module in (tokens, custom, notices, files, account)
    for endpoint in module.ENDPOINTS
}
_JSON = "application/json; encoding=utf-8"
_SHOWN_BYTES = 20_000


class LostAnswer(Response):
    """Breaks the connection instead of answering: the caller cannot know what happened."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002
        """Abort the server's transport; where there is none, promise a body and never send it."""
        transport = getattr(getattr(receive, "__self__", None), "transport", None)
        if transport is not None:
            transport.abort()
            return
        headers = [(b"content-length", b"64"), (b"content-type", _JSON.encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})


class ApiGate:
    """Serves every `/cgi-bin/...` path."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform

    async def serve(self, request: Request) -> Response:
        """Answer one call and record it with everything that crossed the wire."""
        path = "/" + request.path_params["path"]
        call = await _read(request, path)
        exchange = self._open(request, call)
        began = time.monotonic()
        fault = self._platform.faults.take(path)
        if fault is not None and fault.slow_s:
            await asyncio.sleep(fault.slow_s)
        status, answer = self._answer(request.method, call, fault)
        self._close(exchange, call, status, answer, fault)
        exchange.elapsed_ms = int((time.monotonic() - began) * 1000)
        self._platform.store.publish_exchange(exchange)
        if fault is not None and fault.lost:
            return LostAnswer()
        return _response(status, answer)

    def _answer(self, method: str, call: ApiCall, fault: Fault | None) -> tuple[int, Answer]:
        if fault is not None and fault.http_status:
            return fault.http_status, Binary(b"", "text/html")
        try:
            if fault is not None and fault.errcode:
                raise ApiError(fault.errcode, _detail(fault.errcode, call))
            return 200, self._run(method, call)
        except ApiError as error:
            return (404, {}) if error.code == 404 else (200, error.to_json())

    def _run(self, method: str, call: ApiCall) -> Answer:
        endpoint = ENDPOINTS.get(call.path)
        if endpoint is None:
            raise ApiError(40066)
        if method != endpoint.method:
            raise ApiError(43002 if endpoint.method == "POST" else 43001)
        if endpoint.needs_token:
            self._platform.tokens.check(call.query.get("access_token", ""))
        if endpoint.needs_verified and not self._platform.verified:
            raise ApiError(48001)
        self._platform.quotas.count(call.path)
        return endpoint.operation(self._platform, call)

    def _open(self, request: Request, call: ApiCall) -> Exchange:
        exchange = self._platform.store.open_exchange(
            "api",
            call.path.removeprefix("/cgi-bin/"),
            openid=_subject(call),
            at=self._platform.clock.now(),
        )
        exchange.request = {
            "method": request.method,
            "url": f"{call.path}?{request.url.query}" if request.url.query else call.path,
            "body": f"[{len(call.upload.data)} bytes]" if call.upload else _shown(call.body),
        }
        return exchange

    def _close(
        self, exchange: Exchange, call: ApiCall, status: int, answer: Answer, fault: Fault | None
    ) -> None:
        code = 0 if isinstance(answer, Binary) else int(answer.get("errcode", 0))
        body = f"[{len(answer.data)} bytes]" if isinstance(answer, Binary) else _dump(answer)
        exchange.response = {"status": status, "body": body}
        exchange.outcome = "ok" if status == 200 and not code else "error"
        exchange.reason = str(code) if code else ("" if status == 200 else f"http_{status}")
        if fault is not None and fault.lost:
            exchange.outcome, exchange.reason = "lost", "connection lost after the work"
        self._platform.stats.api_called(call.path, code)


async def _read(request: Request, path: str) -> ApiCall:
    query = dict(request.query_params)
    caller = request.client.host if request.client else ""
    if not request.headers.get("content-type", "").startswith("multipart/form-data"):
        return ApiCall(path, query, await request.body(), caller=caller)
    async with request.form() as form:
        part: Any = form.get("media")
        if part is None or isinstance(part, str):
            return ApiCall(path, query, caller=caller)
        upload = Upload(part.filename or "", await part.read())
        return ApiCall(path, query, upload=upload, caller=caller)


def _detail(code: int, call: ApiCall) -> str:
    return tokens.not_listed(call.caller) if code == 40164 else ""


def _subject(call: ApiCall) -> str:
    try:
        return str(call.json().get("touser", ""))
    except ApiError:
        return call.query.get("openid", "")


def _response(status: int, answer: Answer) -> Response:
    if not isinstance(answer, Binary):
        return Response(_dump(answer), status_code=status, media_type=_JSON)
    headers = {"Cache-Control": "no-cache"}
    if answer.filename:
        headers["Content-disposition"] = f'attachment; filename="{answer.filename}"'
    return Response(answer.data, status, headers, media_type=answer.content_type)


def _dump(answer: dict[str, Any]) -> str:
    return json.dumps(answer, ensure_ascii=False, separators=(",", ":"))


def _shown(body: bytes) -> str:
    return body[:_SHOWN_BYTES].decode(errors="replace")
