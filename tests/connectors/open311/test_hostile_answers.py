"""Whatever a backend answers, the client gives values or one of the four kinds of error."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from bot.model.backend import Amendment, CitizenAct, Filing
from bot.model.errors import RemoteError
from connectors.open311 import Open311Client
from tests.connectors.open311.backends import Say, backend

NOW = datetime(2026, 11, 23, tzinfo=timezone.utc)
QUIET = settings(deadline=None, suppress_health_check=list(HealthCheck))

TEXTS = st.one_of(
    st.text(max_size=20),
    st.text(st.characters(categories=["Cc", "Cs", "Cn"]), max_size=6),
    st.sampled_from(
        ["", "0", "9" * 400, "-1", "1e999", "nan", "²", "2026-11-23T12:00:00+08:00", "2026-13-45"]
        + ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "2026-11-23", "open", "true"]
        + ["duplicate", "Infinity", "\x00", "\ud800", "]]>", "&a;"]
    ),
)  # fmt: skip
NAMES = st.sampled_from(
    ["services", "service", "service_requests", "request", "service_code", "service_name", "keywords"]
    + ["metadata", "type", "group", "groups", "attributes", "attribute", "values", "value", "key"]
    + ["name", "code", "order", "variable", "automated", "service_request_id", "token", "status"]
    + ["service_notice", "lat", "long", "requested_datetime", "updated_datetime", "update_id"]
    + ["description", "errors", "error", "service_requests_updates", "request_update", "media_url"]
    + ["expected_datetime", "external_status_code", "service_definition", "html", "x"]
)  # fmt: skip
JSON = st.recursive(
    st.one_of(TEXTS, st.none(), st.booleans(), st.integers(), st.floats(), st.just(10**400)),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(NAMES, inner, max_size=6)),
    max_leaves=15,
)
XML = st.recursive(
    st.tuples(NAMES, TEXTS).map(lambda e: f"<{e[0]}>{e[1]}</{e[0]}>"),
    lambda inner: st.tuples(NAMES, st.lists(inner, max_size=5)).map(
        lambda e: f"<{e[0]}>{''.join(e[1])}</{e[0]}>"
    ),
    max_leaves=15,
)
BODIES = st.one_of(
    JSON.map(lambda value: json.dumps(value).encode()),
    XML.map(lambda text: text.encode("utf-8", "surrogatepass")),
    st.binary(max_size=60),
    st.sampled_from([b"[" * 100_000, b'{"a":' * 100_000, b"<a>" * 50_000, b'[{"lat": ' + b"9" * 5000])
    | st.sampled_from([b'<?xml version="1.0" encoding="utf-7"?><a/>', b"<!DOCTYPE a><a/>"]),
)  # fmt: skip
CALLS: list[Callable[[Open311Client], Any]] = [
    lambda c: c.services(),
    lambda c: c.definition("0701"),
    lambda c: c.file(Filing(service_code="0701", description="d")),
    lambda c: c.resolve_token("t"),
    lambda c: c.find(service_code="0701", start=NOW - timedelta(days=1), end=NOW),
    lambda c: c.request("1"),
    lambda c: c.updates(NOW - timedelta(days=1), NOW),
    lambda c: c.post_update("1", update_id="u", status="open", description="d", at=NOW),
    lambda c: c.add_update(Amendment("u", "1", CitizenAct.MATERIAL, NOW, "d")),
]


@dataclass
class Odd:
    """A backend that answers everything alike."""

    url: str = ""
    said: Say = field(default_factory=Say)


@pytest.fixture(scope="module")
def odd() -> Iterator[Odd]:
    answers = Odd()
    with backend(lambda _: answers.said) as running:
        answers.url = running.url
        yield answers


@QUIET
@given(
    st.sampled_from(CALLS),
    st.sampled_from([200, 200, 200, 201, 204, 302, 400, 404, 410, 429, 500, 503]),
    BODIES,
)
@example(CALLS[6], 200, b'[{"service_request_id": 1e400, "updated_datetime": 1e400}]')
@example(CALLS[0], 200, b'[{"service_code": ' + b"9" * 5000 + b"}]")
def test_only_the_known_kinds_of_error_are_raised(
    odd: Odd, call: Callable[[Open311Client], Any], status: int, body: bytes
) -> None:
    odd.said = Say(status, body)
    client = Open311Client(odd.url, api_key="k", timeout_s=5)
    with contextlib.suppress(RemoteError):
        call(client)
