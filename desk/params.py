"""What a caller sent, read once and checked: parameters, keys, times, windows, pages."""

from __future__ import annotations

import json
import math
import re
from collections.abc import AsyncGenerator, Iterable
from datetime import datetime, timedelta, tzinfo
from typing import Any
from urllib.parse import parse_qsl

from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request

from desk.faults import BadRequest, TooLarge
from desk.records import Page
from desk.wire import clean

BODY_LIMIT = 1024 * 1024
MAX_FIELDS = 200
MAX_DAYS = 90  # GeoReport v2, GET requests: 90 days or 1000 requests, whichever is smaller
MAX_ROWS = 1000
MAX_PAGE = 1_000_000
LIST_LIMIT = 20_000
_COMPACT_OFFSET = re.compile(r"(T.*[+-]\d\d)(\d\d)$")  # +0800: Python 3.10 wants +08:00


class Params:
    """Parameters by name; an empty one counts as absent (GeoReport v2)."""

    def __init__(self, pairs: Iterable[tuple[str, str]]) -> None:
        self._values: dict[str, list[str]] = {}
        for name, value in pairs:
            text = clean(value)
            if text.strip():
                self._values.setdefault(name, []).append(text)

    def text(self, name: str, limit: int = 1000) -> str:
        """Return the last value given, or ""."""
        values = self._values.get(name)
        if not values:
            return ""
        if len(values[-1]) > limit:
            raise BadRequest(f"{name} 太长，最多 {limit} 个字。")
        return values[-1]

    def needed(self, name: str, limit: int = 1000) -> str:
        """Return a value that must be there."""
        value = self.text(name, limit)
        if not value:
            raise BadRequest(f"缺少参数 {name}。")
        return value

    def many(self, name: str, limit: int = 2000) -> tuple[str, ...]:
        """Return every value given as `name` or `name[]`."""
        values = (*self._values.get(name, ()), *self._values.get(f"{name}[]", ()))
        if any(len(value) > limit for value in values):
            raise BadRequest(f"{name} 太长，最多 {limit} 个字。")
        return values

    def listed(self, name: str) -> tuple[str, ...]:
        """Return a comma list; "can be declared multiple times, comma delimited" (GET requests) is read both ways."""
        text = ",".join(self.many(name, LIST_LIMIT))
        if len(text) > LIST_LIMIT:
            raise BadRequest(f"{name} 太长，最多 {LIST_LIMIT} 个字。")
        return tuple(part.strip() for part in text.split(",") if part.strip())

    def number(self, name: str, bound: float) -> float | None:
        """Return a finite number within ±bound, or None if absent."""
        value = self.text(name, 64)
        if not value:
            return None
        try:
            number = float(value)
        except ValueError:
            number = math.nan
        if not abs(number) <= bound:  # also false for NaN
            raise BadRequest(f"{name} 不是有效的数值。")
        return number

    def whole(self, name: str, *, default: int, top: int) -> int:
        """Return a whole number between 1 and `top`."""
        value = self.text(name, 20)
        if not value:
            return default
        if not (value.isascii() and value.isdigit() and 1 <= int(value) <= top):
            raise BadRequest(f"{name} 应是 1 到 {top} 的整数。")
        return int(value)

    def time(self, name: str, zone: tzinfo) -> datetime | None:
        """Return an aware time; one without a zone is the office's."""
        value = self.text(name, 64)
        return parse_time(name, value, zone) if value else None

    def page(self) -> Page:
        """Return the part of the list that `page` and `page_size` ask for."""
        size = self.whole("page_size", default=MAX_ROWS, top=MAX_ROWS)
        return Page(limit=size, offset=(self.whole("page", default=1, top=MAX_PAGE) - 1) * size)

    def window(self, zone: tzinfo, now: datetime) -> tuple[datetime, datetime]:
        """Return start and end of the time asked for: at most 90 days, by default the last 90."""
        span = timedelta(days=MAX_DAYS)
        start, end = self.time("start_date", zone), self.time("end_date", zone)
        try:
            if start is None:
                end = end or now
                start = end - span
            elif end is None:
                end = start + span
        except OverflowError:
            raise BadRequest("时间范围无效。") from None
        if end - start > span:
            raise BadRequest(f"时间范围不能超过 {MAX_DAYS} 天。")
        return start, end

    def prefixed(self, prefix: str) -> dict[str, list[str]]:
        """Return `prefix[code]` and `prefix[code][]` as code -> values."""
        found: dict[str, list[str]] = {}
        for name, values in self._values.items():
            bare = name.removesuffix("[]")
            if bare.startswith(f"{prefix}[") and bare.endswith("]"):
                found.setdefault(bare[len(prefix) + 1 : -1], []).extend(values)
        return found


def parse_time(name: str, value: str, zone: tzinfo) -> datetime:
    """Read a W3C datetime; a lost "+" (sent unencoded in a query) is put back."""
    text = value.strip()
    if len(text) > 16 and text[-6] == " ":
        text = text[:-6] + "+" + text[-5:]
    text = _COMPACT_OFFSET.sub(r"\1:\2", re.sub("[Zz]$", "+00:00", text))
    try:
        moment = datetime.fromisoformat(text)
        aware = moment if moment.tzinfo else moment.replace(tzinfo=zone)
        aware.astimezone(zone) + timedelta(days=1)  # years at the edge cannot be shifted
        aware.astimezone(zone) - timedelta(days=1)
    except (ValueError, OverflowError):
        raise BadRequest(f"{name} 不是有效的时间，应如 2026-11-23T08:00:00+08:00。") from None
    return aware


def query_params(request: Request) -> Params:
    """Read the parameters of a GET."""
    return Params(request.query_params.multi_items())


async def body_params(request: Request) -> Params:
    """Read the parameters of a POST: form, multipart (its files are not kept) or JSON.

    In JSON `{"attribute": {"code": value}}` is what `attribute[code]=value` is in a form.
    """
    body = await _body(request)
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == "application/json":
        pairs = _json_pairs(body)
    elif kind == "multipart/form-data":
        pairs = await _multipart_pairs(request, body)
    else:
        pairs = _form_pairs(body)
    return Params([*request.query_params.multi_items(), *pairs])


async def _body(request: Request) -> bytes:
    chunks = bytearray()
    async for chunk in request.stream():
        chunks += chunk
        if len(chunks) > BODY_LIMIT:
            raise TooLarge
    return bytes(chunks)


def _form_pairs(body: bytes) -> list[tuple[str, str]]:
    try:
        return parse_qsl(
            body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=MAX_FIELDS
        )
    except ValueError:
        raise BadRequest("参数太多。") from None


async def _multipart_pairs(request: Request, body: bytes) -> list[tuple[str, str]]:
    async def stream() -> AsyncGenerator[bytes, None]:
        yield body

    parser = MultiPartParser(request.headers, stream(), max_fields=MAX_FIELDS)
    try:
        form = await parser.parse()
    except (MultiPartException, KeyError, UnicodeError):
        raise BadRequest("表单格式不正确。") from None
    return [(name, value) for name, value in form.multi_items() if isinstance(value, str)]


def _json_pairs(body: bytes) -> list[tuple[str, str]]:
    try:
        data = json.loads(body)
    except (ValueError, RecursionError):
        raise BadRequest("JSON 格式不正确。") from None
    if not isinstance(data, dict) or len(data) > MAX_FIELDS:
        raise BadRequest("JSON 应是一个对象。")
    pairs: list[tuple[str, str]] = []
    for name, value in data.items():
        inner = value if isinstance(value, dict) else {}
        pairs += [pair for key in inner for pair in _json_values(f"{name}[{key}]", inner[key])]
        pairs += _json_values(name, value)
    return pairs


def _json_values(name: str, value: Any) -> list[tuple[str, str]]:
    """Return what a form would have said; true and false as GeoReport v2 writes them."""
    items = value if isinstance(value, list) else [value]
    return [
        (name, str(item).lower() if isinstance(item, bool) else str(item))
        for item in items
        if isinstance(item, (str, int, float))
    ]
