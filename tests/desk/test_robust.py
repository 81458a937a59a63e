"""Whatever is thrown at the desk, it answers; whatever is thrown at once, it counts right."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from xml.etree import ElementTree

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from desk.storage import upgrade
from desk.storage.engine import open_engine
from desk.storage.migrate import VERSION_TABLE, head
from desk.storage.tables import metadata
from tests.desk.georeport import reason
from tests.desk.office import KEY, NOISE, Office, open_office

NAMES = [
    "api_key", "jurisdiction_id", "service_code", "description", "address_string", "address_id",
    "lat", "long", "media_url", "media_url[]", "attribute[scope]", "attribute[people]", "attribute[]",
    "attribute[", "phone", "service_request_id", "update_id", "status", "updated_datetime",
    "start_date", "end_date", "page", "page_size", "nature", "division_code", "extensions",
    "attribute[citizen_act]", "attribute[solved]", "attribute[contacted]", "attribute[degree]",
    "attribute[attitude]", "attribute[speed]", "attribute[nature]", "attribute[division_code]",
    "external_status_code", "agency_responsible", "expected_datetime", "email", "account_id",
]  # fmt: skip
VALUES = st.one_of(
    st.text(max_size=40),
    st.sampled_from(
        [
            KEY, NOISE, "0701", "1112", "open", "CLOSED", "nan", "-inf", "1e999", "９", "²", "0",
            "0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59", "2026-11-23T00:00:00Z",
            "material", "urge", "withdraw", "verdict", "redo", "yes", "true", "5", "330108", "a,b,,c",
            "2026-13-45", "T", "+08:00", "a\x00b", "\ud800", "]]>", "&#0;", "x" * 5000, "99999999999",
        ]
    ),
)  # fmt: skip
FIELDS = st.lists(st.tuples(st.sampled_from(NAMES), VALUES), max_size=8)
PATHS = st.sampled_from(
    [
        "/services",
        "/services/0701",
        "/requests",
        "/requests/1",
        "/tokens/1",
        "/servicerequestupdates",
    ]
    + ["/discovery", "/requests/%00", "/services/%ff%fe", "/requests/..%2f..", "/x"]
)
SUFFIXES = st.sampled_from([".json", ".xml", "", ".csv"])
QUIET = settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def target(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Office]:
    """A desk on each database: they differ in what they take for a text and a moment."""
    is_server = request.param == "postgresql"
    url = request.getfixturevalue("postgresql").make() if is_server else ""
    with open_office(tmp_path_factory.mktemp("fuzz"), "cc", database_url=url) as opened:
        yield opened


def check(answer: Any, suffix: str) -> None:
    assert answer.status_code < 500, answer.text
    if suffix == ".xml":
        ElementTree.fromstring(answer.content)
    else:
        answer.json()


@QUIET
@given(path=PATHS, suffix=SUFFIXES, fields=FIELDS)
def test_no_get_brings_it_down(
    target: Office, path: str, suffix: str, fields: list[tuple[str, str]]
) -> None:
    query = urlencode(fields, errors="surrogatepass")
    check(target.session.get(f"{target.url}{path}{suffix}?{query}", timeout=10), suffix)


ACTS = st.sampled_from(["material", "urge", "withdraw", "verdict", "redo", "", "steal"])
STEPS = ("accept", "dispatch", "sign", "start", "ask_material")
GOOD_FILING = [("api_key", KEY), ("service_code", NOISE), ("address_string", "a")]
GOOD_UPDATE = [
    ("api_key", KEY),
    ("service_request_id", "1"),
    ("update_id", "1"),
    ("status", "open"),
    ("updated_datetime", "2024-01-01T00:00:00Z"),
    ("description", "d"),
]


@QUIET
@given(update=st.booleans(), suffix=SUFFIXES, fields=FIELDS)
@example(update=False, suffix=".xml", fields=[("description", "\x00\x0b￿\U0001f600")])
@example(update=True, suffix=".json", fields=[("updated_datetime", "0001-01-01T00:00:00+23:59")])
def test_no_form_brings_it_down(
    target: Office, update: bool, suffix: str, fields: list[tuple[str, str]]
) -> None:
    path = "/servicerequestupdates" if update else "/requests"
    form = (GOOD_UPDATE if update else GOOD_FILING) + fields
    body = urlencode(form, errors="surrogatepass")
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    check(
        target.session.post(f"{target.url}{path}{suffix}", data=body, headers=headers, timeout=10),
        suffix,
    )


@QUIET
@given(act=ACTS, done=st.integers(0, 6), suffix=SUFFIXES, fields=FIELDS)
@example(act="redo", done=6, suffix=".xml", fields=[])
@example(act="material", done=5, suffix=".json", fields=[("media_url[]", "x" * 5000)])
@example(act="verdict", done=6, suffix=".json", fields=[("description", "长" * 4000)])
def test_no_update_of_a_case_brings_it_down(
    target: Office, act: str, done: int, suffix: str, fields: list[tuple[str, str]]
) -> None:
    """Posted by the citizen or by another system, wherever the case stands; afterwards it is still read and worked on."""
    number = target.file()
    target.carry(number, *(STEPS[:done] if done < 6 else (*STEPS[:4], "reply")))
    real = [("service_request_id", number), ("attribute[citizen_act]", act)]
    mine = [field for field in fields if field[0] != "service_request_id"]
    body = urlencode([*GOOD_UPDATE, *real, *mine], errors="surrogatepass")
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    url = f"{target.url}/servicerequestupdates{suffix}"
    for _ in range(2):
        check(target.session.post(url, data=body, headers=headers, timeout=10), suffix)
    for path in (f"/requests/{number}", "/servicerequestupdates"):
        for form in (".json", ".xml"):
            answer = target.get(path + form, api_key=KEY, extensions="true")
            check(answer, form)
            assert answer.status_code == 200
    stage = target.inside.store.request(number).stage
    if stage == "dispatched":
        target.carry(number, "sign", "start", "reply")
        assert target.status(number) == "closed"


@QUIET
@given(
    kind=st.sampled_from(
        [
            "application/json",
            "multipart/form-data",
            "multipart/form-data; boundary=b",
            "application/x-www-form-urlencoded",
            "text/xml",
            "",
        ]
    ),
    body=st.one_of(
        st.binary(max_size=200),
        st.sampled_from(
            [
                b"[" * 5000,
                b'{"api_key": {"a": 1}}',
                b'{"description": "\\ud800"}',
                b'{"api_key": [true, null, {"a": [1, [2]]}], "attribute": {"scope": {"a": "b"}}}',
                b"--b\r\nContent-Disposition: form-data\r\n\r\nx\r\n--b--",
                b"--b\r\nContent-Disposition: form-data; name=a\r\n\r\nx",
                b"&" * 1000,
                b"a=1&" * 1000,
            ]
        ),
    ),
)
def test_no_body_brings_it_down(target: Office, kind: str, body: bytes) -> None:
    for path in ("/requests.json", "/servicerequestupdates.json"):
        answer = target.session.post(
            target.url + path, data=body, headers={"Content-Type": kind}, timeout=10
        )
        check(answer, ".json")


@given(words=st.text(min_size=1, max_size=200))
@QUIET
@example(words="a\r\nb")
def test_what_was_said_comes_back_the_same_in_json_and_xml(target: Office, words: str) -> None:
    number = target.file(description=words, jurisdiction_id="cc")
    as_json = target.get(f"/requests/{number}.json", api_key=KEY).json()[0]["description"] or ""
    tree = ElementTree.fromstring(target.get(f"/requests/{number}.xml", api_key=KEY).content)
    as_xml = tree.findtext("request/description") or ""
    # XML reads a carriage return as a line feed (XML 1.0, section 2.11).
    assert as_xml.replace("\r\n", "\n").replace("\r", "\n") == as_json.replace(
        "\r\n", "\n"
    ).replace("\r", "\n")
    if words.isprintable() and words.strip():
        assert as_json == words


def test_many_citizens_at_once_get_different_numbers(fresh_office: Office) -> None:
    with ThreadPoolExecutor(8) as pool:
        numbers = list(pool.map(lambda _: fresh_office.file(), range(40)))
    assert len({number.split("-")[1] for number in numbers}) == 40
    assert max(numbers).endswith("-0040")


def test_the_same_update_at_once_is_kept_once(fresh_office: Office) -> None:
    number = fresh_office.file()
    with ThreadPoolExecutor(8) as pool:
        codes = list(pool.map(lambda _: fresh_office.tell(number).status_code, range(16)))
    assert sorted(codes) == [200] + [400] * 15


def test_the_migrations_make_the_tables_the_code_expects(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'd.db'}"
    upgrade(url)
    upgrade(url)
    engine = open_engine(url)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE})
        assert context.get_current_revision() == head()
        assert compare_metadata(context, metadata) == []
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2
    engine.dispose()


def test_a_writer_takes_the_lock_before_it_reads(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path / 'd.db'}")
    with (
        engine.execution_options(writes=True).begin(),
        sqlite3.connect(tmp_path / "d.db", timeout=0, isolation_level=None) as other,
        pytest.raises(sqlite3.OperationalError, match="locked"),
    ):
        other.execute("BEGIN IMMEDIATE")
    engine.dispose()


def test_a_desk_may_share_a_database_with_other_tables(tmp_path: Path) -> None:
    path = tmp_path / "shared.db"
    with sqlite3.connect(path) as other:
        other.execute("CREATE TABLE alembic_version (version_num TEXT)")
        other.execute("INSERT INTO alembic_version VALUES ('somebody else''s')")
    upgrade(f"sqlite:///{path}")
    with sqlite3.connect(path) as other:
        tables = {
            row[0] for row in other.execute("SELECT name FROM sqlite_master WHERE type='table'")
        }
    assert {"alembic_version", "desk_alembic_version", "desk_request", "desk_update"} <= tables


def test_a_lost_database_is_said_plainly(tmp_path: Path) -> None:
    with open_office(tmp_path) as office:
        office.file()
        with sqlite3.connect(tmp_path / "desk.db") as vandal:
            vandal.execute("DROP TABLE desk_update")
        answer = office.get("/servicerequestupdates.json")
        assert answer.status_code == 503
        assert answer.json()[0]["code"] == 503


def test_a_fault_of_ours_is_still_a_list_of_errors(tmp_path: Path) -> None:
    with open_office(tmp_path) as office:
        number = office.file()
        with sqlite3.connect(tmp_path / "desk.db") as vandal:
            vandal.execute("UPDATE desk_request SET attributes = '{'")
        path = f"/requests/{number}"
        in_json, in_xml = office.get(path + ".json"), office.get(path + ".xml")
        assert reason(in_json, in_xml, 500)
