"""One call to a backend: send, read within bounds, find out which of JSON and XML it speaks.

GeoReport v2 makes `.xml` mandatory and `.json` optional. JSON is tried first; what once worked is kept to.
A POST is sent a second time only after an answer that says it was not looked at (404, 406, 415).
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import requests

from connectors.open311 import errors
from connectors.open311.wire import Unreadable, error_text, is_error, parse, records

MAX_BYTES = 8 * 1024 * 1024
_CHUNK = 64 * 1024
_NOT_THIS_FORMAT = (404, 406, 415)
_FORM = {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}

Pairs = list[tuple[str, str]]


@dataclass(frozen=True)
class _Answer:
    status: int
    data: Any  # None when the body could not be read
    retry_after: str | None

    @property
    def is_success(self) -> bool:
        return 200 <= self.status < 300

    @property
    def is_of_the_specification(self) -> bool:
        if self.data is None:
            return False
        return self.is_success or bool(error_text(self.data))


class Transport:
    """The HTTP side of the client. Usable from several threads at once."""

    def __init__(
        self, base_url: str, *, jurisdiction: str, timeout_s: float, session: requests.Session
    ) -> None:
        self._base = base_url.rstrip("/")
        self._jurisdiction = jurisdiction
        self._timeout_s = timeout_s
        self._session = session
        self._suffix = ""

    def get(self, path: str, params: Pairs) -> Any:
        """Return the document of a GET; raises a `RemoteError`."""
        return self._call("GET", path, params)

    def post(self, path: str, form: Pairs) -> Any:
        """Return the document that answers a POST; raises a `RemoteError`."""
        return self._call("POST", path, form)

    def _call(self, method: str, path: str, pairs: Pairs) -> Any:
        if self._jurisdiction:
            pairs = [*pairs, ("jurisdiction_id", self._jurisdiction)]
        suffixes = (self._suffix,) if self._suffix else ("json", "xml")
        answer = self._send(method, f"{path}.{suffixes[0]}", pairs)
        used = suffixes[0]
        if len(suffixes) > 1 and _is_other_format_worth_it(method, answer):
            second = self._send(method, f"{path}.{suffixes[1]}", pairs)
            if second.is_of_the_specification or not answer.is_of_the_specification:
                answer, used = second, suffixes[1]
        if answer.is_success and answer.is_of_the_specification:
            self._suffix = used
        return _settle(answer, is_post=method == "POST")

    def _send(self, method: str, path: str, pairs: Pairs) -> _Answer:
        is_post = method == "POST"
        try:
            with self._session.request(
                method,
                f"{self._base}/{path}",
                params=None if is_post else pairs,
                data=urlencode(pairs, errors="replace") if is_post else None,
                headers=_FORM if is_post else None,
                timeout=self._timeout_s,
                allow_redirects=False,
                stream=True,
            ) as response:
                content = self._read(response)
        except requests.RequestException as error:
            raise errors.from_exception(error, is_post=is_post) from None
        return _Answer(response.status_code, _parsed(content), response.headers.get("Retry-After"))

    def _read(self, response: requests.Response) -> bytes:
        """Read the body; one without end, in bytes or in time, counts as an answer that broke off."""
        deadline = time.monotonic() + self._timeout_s
        content = bytearray()
        for chunk in response.iter_content(_CHUNK):
            content += chunk
            if len(content) > MAX_BYTES or time.monotonic() > deadline:
                raise requests.exceptions.ChunkedEncodingError
        return bytes(content)


def _is_other_format_worth_it(method: str, answer: _Answer) -> bool:
    if answer.status in _NOT_THIS_FORMAT:
        return True
    return method == "GET" and answer.is_success and answer.data is None


def _parsed(content: bytes) -> Any:
    try:
        return parse(content)
    except Unreadable:
        return None


def _settle(answer: _Answer, *, is_post: bool) -> Any:
    described = error_text(answer.data)
    if not answer.is_success:
        raise errors.from_status(
            answer.status, described, is_post=is_post, retry_after=answer.retry_after
        )
    if answer.data is None:
        raise errors.unreadable(is_post=is_post)
    found = records(answer.data)
    if found and all(is_error(record) for record in found):
        raise errors.from_status(_body_status(found[0]), described, is_post=is_post)
    return answer.data


def _body_status(record: Any) -> int:
    """Some backends answer 200 and put the real code into the body."""
    code = str(record.get("code", ""))
    return int(code) if code.isascii() and code.isdigit() and 400 <= int(code) < 600 else 400
