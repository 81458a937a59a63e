"""Every way to fail becomes one of four kinds, and says whether the filing may have arrived."""

from __future__ import annotations

import socket
import threading
from datetime import datetime, timezone
from pathlib import Path

import pytest

from bot.model.backend import Filing
from bot.model.errors import Duplicate, Permanent, RemoteError, RetryLater
from connectors.open311 import Open311Client
from tests.connectors.open311.backends import Call, HangUp, Say, as_json, as_xml, backend

COMPLAINT = Filing(service_code="7", description="d", address_string="a")
NOW = datetime(2026, 11, 23, tzinfo=timezone.utc)
PACKAGE = Path(__file__).resolve().parents[3] / "connectors" / "open311"


def failure(client: Open311Client, *, post: bool) -> RemoteError:
    with pytest.raises(RemoteError) as caught:
        client.file(COMPLAINT) if post else client.updates(NOW, NOW)
    assert caught.value.remote == "backend"
    return caught.value


@pytest.mark.parametrize(
    ("status", "unknown"),
    [(429, False), (503, False), (408, False), (500, True), (502, True), (504, True), (599, True)],
)
@pytest.mark.parametrize("post", [True, False])
def test_busy_and_broken_backends_are_tried_again(status: int, unknown: bool, post: bool) -> None:
    with backend(lambda call: Say(status, b"oops", {"Retry-After": "7"})) as office:
        error = failure(office.client(), post=post)
        assert len(office.calls) == 1
    assert isinstance(error, RetryLater)
    assert error.outcome_unknown is (unknown and post)
    assert error.retry_after_s == 7.0


@pytest.mark.parametrize("status", [301, 307, 400, 401, 403, 404, 413, 422, 501])
@pytest.mark.parametrize("as_it_is_written", [as_json, None])
def test_refusals_are_permanent_and_keep_the_backends_words(
    status: int, as_it_is_written: object
) -> None:
    said = (
        as_json([{"code": status, "description": "缺少地点"}], status)
        if as_it_is_written
        else as_xml(
            f"<errors><error><code>{status}</code><description>缺少地点</description></error></errors>",
            status,
        )
    )
    with backend(lambda call: said) as office:
        error = failure(office.client(), post=True)
    assert type(error) is Permanent
    assert (error.code, error.message) == (str(status), "缺少地点")


@pytest.mark.parametrize(
    "words", ["Duplicate request", "This has already been reported", "重复提交"]
)
def test_a_refusal_that_says_duplicate_counts_as_there(words: str) -> None:
    with backend(lambda call: as_json([{"code": 400, "description": words}], 400)) as office:
        assert type(failure(office.client(), post=True)) is Duplicate


def test_nobody_listening_means_nothing_was_sent() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    error = failure(Open311Client(f"http://127.0.0.1:{port}", api_key="geheim"), post=True)
    assert isinstance(error, RetryLater)
    assert not error.outcome_unknown
    assert "geheim" not in str(error)


@pytest.mark.parametrize("post", [True, False])
def test_a_connection_lost_after_sending_leaves_the_outcome_open(post: bool) -> None:
    def script(call: Call) -> Say:
        raise HangUp

    with backend(script) as office:
        error = failure(office.client(api_key="geheim"), post=post)
    assert isinstance(error, RetryLater)
    assert error.outcome_unknown is post
    assert "geheim" not in str(error)


@pytest.mark.parametrize("post", [True, False])
def test_a_backend_that_does_not_answer_leaves_the_outcome_open(post: bool) -> None:
    let_go = threading.Event()

    def script(call: Call) -> Say:
        let_go.wait(10)
        raise HangUp

    with backend(script) as office:
        error = failure(office.client(timeout_s=0.2), post=post)
        let_go.set()
    assert isinstance(error, RetryLater)
    assert error.outcome_unknown is post


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\x00\xff\xfe garbage",
        b"<broken><xml>",
        b"42",
        b"[" * 100_000,
        b'<!DOCTYPE a [<!ENTITY b "c">]><services>&b;</services>',
        b"<a>" * 500 + b"</a>" * 500,
    ],
)
def test_an_answer_that_cannot_be_read_leaves_the_outcome_open(body: bytes) -> None:
    with backend(lambda call: Say(200, body)) as office:
        posted = failure(office.client(), post=True)
        assert office.asked == ["POST /v2/requests.json"]
        asked = failure(office.client(), post=False)
    assert isinstance(posted, RetryLater)
    assert posted.outcome_unknown
    assert isinstance(asked, RetryLater)
    assert not asked.outcome_unknown


def test_an_answer_that_breaks_off_leaves_the_outcome_open() -> None:
    with backend(lambda call: Say(200, b"[{", {"Transfer-Encoding": "chunked"})) as office:
        error = failure(office.client(), post=True)
    assert isinstance(error, RetryLater)
    assert error.outcome_unknown


def test_an_answer_without_end_is_not_read_to_its_end() -> None:
    with backend(lambda call: Say(200, b" " * (9 * 1024 * 1024))) as office:
        error = failure(office.client(), post=False)
    assert isinstance(error, RetryLater)


def test_a_filing_stored_behind_a_500_is_found_by_looking() -> None:
    stored: list[str] = []

    def script(call: Call) -> Say:
        if call.method == "POST":
            stored.append(call.fields["description"])
            return Say(500, b"boom")
        return as_json(
            [{"service_request_id": n, "description": d} for n, d in enumerate(stored, 1)]
        )

    with backend(script) as office:
        client = office.client()
        error = failure(client, post=True)
        assert isinstance(error, RetryLater)
        assert error.outcome_unknown
        (row,) = client.find(service_code="7", start=NOW, end=NOW)
    assert (row.id, row.description) == ("1", "d")


@pytest.mark.parametrize("url", ["ftp://example.invalid", "no scheme at all", "http://"])
def test_a_wrong_address_is_permanent(url: str) -> None:
    assert type(failure(Open311Client(url), post=True)) is Permanent


def test_the_client_never_imports_the_desk() -> None:
    sources = [path.read_text(encoding="utf-8") for path in PACKAGE.glob("*.py")]
    assert len(sources) >= 5
    assert not any("import desk" in text or "from desk" in text for text in sources)
