"""A record that is in use already comes through a migration with everything in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.config import Config

from bot.model.conversation import Conversation, Holder, WaitReason
from bot.model.staff import Handoff
from bot.storage.database import MIGRATIONS, open_engine
from bot.storage.record import SqlRecord
from tests.builders import NOON, SetClock

HOUR = timedelta(hours=1)
CONVERSATION = sa.text(
    "INSERT INTO conversation (id, citizen, version, holder, following, waiting_since, waiting_reason,"
    " notice_version, last_said_at, snapshot, created_at)"
    " VALUES (:id, :citizen, 7, :holder, :following, :since, :reason, '2026-11', :said, :snapshot, :said)"
)
LINE = sa.text(
    "INSERT INTO line (conversation_id, key, direction, kind, text, at, data)"
    " VALUES ('waiting', 'm1', 'citizen', 'text', '路灯不亮', :at, '{}')"
)
COMPLAINT = sa.text(
    "INSERT INTO complaint (id, receipt, conversation_id, service_code, service_name, service_group, description,"
    " summary, place, datum, answers, contact_phone, contact_name, visibility, consent, confirmed_at, backend_id,"
    " backend_token, status, stage, status_text, sealed, nature, division, division_code, wish, repeated)"
    " VALUES ('k1', 'HZ-1', 'waiting', '0712', '市政', '城建', '路灯不亮', '', '文二路', 'gcj02', '{}', '', '',"
    " 'public', '', :at, 'B-1', '', 'submitted', 'filed', '', '{}', '', '', '', '', :repeated)"
)

UPDATE = sa.text(
    "INSERT INTO complaint_update (complaint_id, update_id, status, text, at, received_at)"
    " VALUES ('k1', 'u1', 'in_progress', '已派单', :at, :at)"
)


@pytest.fixture
def opened(new_url: Callable[[], str]) -> Iterator[sa.engine.Engine]:
    engine = open_engine(new_url())
    yield engine
    engine.dispose()


def go(engine: sa.engine.Engine, where: Callable[[Config, str], None], version: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["engine"] = engine
    where(config, version)


def stored(moment: datetime) -> datetime:
    """Return a time as the columns keep it."""
    return moment.astimezone(timezone.utc).replace(tzinfo=None)


def fill(engine: sa.engine.Engine) -> None:
    """Store what the first version could hold: one waits, one is held by staff, one left, one has no reason."""
    rows: dict[str, dict[str, Any]] = {
        "waiting": {"since": stored(NOON - HOUR), "reason": "emergency"},
        "taken": {"holder": "staff", "since": stored(NOON), "reason": "asked"},
        "left": {"citizen": None, "following": False},
        "calm": {"snapshot": '{"slots": {"place": "文二路"}}'},
    }
    plain = {"holder": "bot", "following": True, "since": None, "reason": None, "snapshot": None}
    with engine.begin() as connection:
        for name, row in rows.items():
            values = {**plain, "citizen": f"o{name}", "said": stored(NOON), **row, "id": name}
            connection.execute(CONVERSATION, values)
        connection.execute(LINE, {"at": stored(NOON)})
        connection.execute(COMPLAINT, {"at": stored(NOON), "repeated": False})


class TestStaffAndHandoffs:
    def test_what_is_stored_stays(self, opened: sa.engine.Engine) -> None:
        go(opened, command.upgrade, "0001")
        fill(opened)
        go(opened, command.upgrade, "head")
        with SqlRecord(opened, SetClock()).unit() as unit:
            assert unit.conversations.get("calm") == Conversation(
                id="calm",
                citizen="ocalm",
                version=7,
                notice_version="2026-11",
                last_said_at=NOON,
                snapshot={"slots": {"place": "文二路"}},
            )
            left = unit.conversations.get("left")
            assert left is not None
            assert (left.citizen, left.following) == (None, False)
            assert [row.text for row in unit.conversations.transcript("waiting")] == ["路灯不亮"]
            complaint = unit.complaints.get("k1")
            assert complaint is not None
            assert (complaint.receipt, complaint.filed_by) == ("HZ-1", "")

    def test_who_waits_waits_on_and_nobody_is_held_without_a_name(
        self, opened: sa.engine.Engine
    ) -> None:
        go(opened, command.upgrade, "0001")
        fill(opened)
        go(opened, command.upgrade, "head")
        with SqlRecord(opened, SetClock()).unit() as unit:
            waiting = unit.conversations.waiting()
            assert [(c.id, c.holder, c.waiting_reason) for c in waiting] == [
                ("waiting", Holder.BOT, WaitReason.EMERGENCY),
                ("taken", Holder.BOT, WaitReason.ASKED),
            ]
            assert unit.conversations.staffed() == []
            found = [unit.handoffs.open_of(name) for name in ("waiting", "taken", "left", "calm")]
            assert [None if one is None else (one.reason, one.asked_at) for one in found] == [
                ("emergency", NOON - HOUR),
                ("asked", NOON),
                None,
                None,
            ]
            unit.handoffs.add(Handoff("calm", "asked", NOON))  # an id that none of them has
            assert unit.handoffs.open_of("calm") is not None

    def test_the_way_back_keeps_what_the_first_version_knew(self, opened: sa.engine.Engine) -> None:
        go(opened, command.upgrade, "0001")
        fill(opened)
        go(opened, command.upgrade, "head")
        go(opened, command.downgrade, "0001")
        with opened.connect() as connection:
            names = set(sa.inspect(connection).get_table_names())
            kept = connection.execute(sa.text("SELECT id FROM conversation ORDER BY id"))
            assert [row.id for row in kept] == ["calm", "left", "taken", "waiting"]
        assert not names & {"staff", "staff_session", "audit_entry", "handoff", "shift"}
        go(opened, command.upgrade, "head")
        with SqlRecord(opened, SetClock()).unit() as unit:
            assert len(unit.conversations.waiting()) == 2
            assert unit.handoffs.open_of("waiting") is not None


class TestAfterFiling:
    def test_a_case_and_its_updates_come_through_with_nothing_known_besides(
        self, opened: sa.engine.Engine
    ) -> None:
        go(opened, command.upgrade, "0002")
        with opened.begin() as connection:
            connection.execute(COMPLAINT, {"at": stored(NOON), "repeated": False})
            connection.execute(UPDATE, {"at": stored(NOON)})
        go(opened, command.upgrade, "head")
        with SqlRecord(opened, SetClock()).unit() as unit:
            case = unit.complaints.get("k1", lock=True)
            assert case is not None
            assert (case.status_code, case.agency, case.due_at, case.callback) == ("", "", None, {})
            (step,) = unit.complaints.steps("k1")
            assert (step.status, step.text, step.code, step.agency) == (
                "in_progress",
                "已派单",
                "",
                "",
            )
            assert unit.complaints.has_update("k1", "u1")
            case.callback = {"step": "solved"}
            unit.complaints.save(case)

    def test_the_way_back_keeps_the_case(self, opened: sa.engine.Engine) -> None:
        go(opened, command.upgrade, "0002")
        with opened.begin() as connection:
            connection.execute(COMPLAINT, {"at": stored(NOON), "repeated": False})
            connection.execute(UPDATE, {"at": stored(NOON)})
        go(opened, command.upgrade, "0003")
        go(opened, command.downgrade, "0002")
        with opened.connect() as connection:
            columns = {c["name"] for c in sa.inspect(connection).get_columns("complaint")}
            kept = connection.execute(sa.text("SELECT receipt FROM complaint")).scalar_one()
            told = connection.execute(sa.text("SELECT text FROM complaint_update")).scalar_one()
        assert (kept, told) == ("HZ-1", "已派单")
        assert not columns & {"status_code", "agency", "due_at", "callback"}
