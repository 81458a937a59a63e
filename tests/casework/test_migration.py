"""A desk that is in use comes through the migration with its requests, their words and a log that begins with them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timezone

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.config import Config

from app.settings import ROOT
from desk.config import DeskConfig
from desk.model.case import State, replay
from desk.office.office import open_office
from desk.office.stepping import Wanted
from desk.storage.engine import open_engine
from desk.storage.migrate import MIGRATIONS, VERSION_TABLE

THEN = datetime(2026, 11, 20, 2, 0, tzinfo=timezone.utc)
REQUEST = sa.text(
    "INSERT INTO desk_request (id, service_code, description, address, address_id, person, attributes, media_urls,"
    " nature, division_code, state, status_notes, requested_at, updated_at)"
    " VALUES (:id, '1351', '太吵', '文二路', '', :person, '{}', '[]', 'complaint', '330106', :state, '', :at, :at)"
)
UPDATE = sa.text(
    "INSERT INTO desk_update (update_id, request_id, state, description, media_urls, updated_at, received_at)"
    " VALUES ('u1', :id, :state, '已派人', '[]', :at, :at)"
)
PERSON = '{"first_name": "", "last_name": "", "phone": "138", "email": "", "device_id": "", "account_id": ""}'


def go(url: str, where: Callable[[Config, str], None], version: str) -> None:
    engine = open_engine(url)
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["version_table"] = VERSION_TABLE
    with engine.execution_options(writes=True).begin() as connection:
        config.attributes["connection"] = connection
        where(config, version)
    engine.dispose()


@pytest.fixture
def url(new_url: Callable[[], str]) -> str:
    """A desk of the first version with an open, a worked-on and a closed request."""
    made = new_url()
    go(made, command.upgrade, "desk0001")
    engine = open_engine(made)
    with engine.execution_options(writes=True).begin() as connection:
        at = THEN.replace(tzinfo=None) if "sqlite" in made else THEN
        for number, word in (("1", "open"), ("2", "in_progress"), ("3", "fixed")):
            values = {"id": number, "state": word, "at": at}
            connection.execute(REQUEST, {**values, "person": PERSON})
            if word != "open":
                connection.execute(UPDATE, values)
    engine.dispose()
    return made


def test_up_with_what_was_filed_before(url: str) -> None:
    go(url, command.upgrade, "head")
    office = open_office(DeskConfig(url, "key", ROOT / "catalog" / "services.yml"))
    cases = {number: replay(number, office.store.steps(number)) for number in ("1", "2", "3")}
    assert [case.state for case in cases.values() if case] == [
        State.RECEIVED,
        State.ACCEPTED,
        State.CLOSED,
    ]
    assert all(case and case.service == "1351" for case in cases.values())
    request = office.store.request("3")
    assert request is not None
    assert (request.state, request.stage, request.person.phone) == ("fixed", "closed", "138")
    actor = office.staff("张三", "")
    assert office.casework.act("1", "accept", actor, Wanted()).state is State.ACCEPTED
    office.close()


def test_and_down_again(url: str) -> None:
    go(url, command.upgrade, "head")
    go(url, command.downgrade, "desk0001")
    engine = open_engine(url)
    with engine.begin() as connection:
        assert sa.inspect(connection).has_table("desk_request")
        assert not sa.inspect(connection).has_table("desk_step")
        rows = connection.execute(sa.text("SELECT id, state FROM desk_request ORDER BY id")).all()
    engine.dispose()
    assert [tuple(row) for row in rows] == [("1", "open"), ("2", "in_progress"), ("3", "fixed")]
