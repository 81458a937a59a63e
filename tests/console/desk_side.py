"""A console in a thread over a real record, a browser without pictures, and a backend that writes down what it is told."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, timezone
from functools import cache
from pathlib import Path
from typing import Any

import requests
import yaml
from bs4 import BeautifulSoup
from starlette.applications import Starlette

from bot.model.complaint import Complaint
from bot.model.conversation import Conversation, Direction, Line, WaitReason
from bot.model.delivery import Allowance
from bot.model.errors import RemoteError
from bot.model.nature import NatureTable
from bot.model.office import Office
from bot.model.staff import Role, StaffMember
from bot.model.status import StatusTable
from bot.storage.record import SqlRecord
from console.passwords import hashed

ROOT = Path(__file__).resolve().parents[2]
PASSWORD = "正确的密码-correct"
SECRET = "a secret of the tests, long enough"
#: The accounts of every test's record, all with `PASSWORD`: number → name and role.
ACCOUNTS = {
    "0001": ("管理员", Role.ADMINISTRATOR),
    "1024": ("王芳", Role.AGENT),
    "1031": ("李强", Role.AGENT),
    "2001": ("赵敏", Role.SUPERVISOR),
    "3001": ("观察员", Role.OBSERVER),
}
#: Role → the account of the tables that try every role.
NUMBER_OF = {
    Role.OBSERVER: "3001",
    Role.AGENT: "1024",
    Role.SUPERVISOR: "2001",
    Role.ADMINISTRATOR: "0001",
}
START = datetime(2026, 11, 23, 2, 0, tzinfo=timezone.utc)  # 10:00 in Hangzhou, a Monday


def catalog(name: str) -> Any:
    return yaml.safe_load((ROOT / "catalog" / name).read_text(encoding="utf-8"))


@cache
def office() -> Office:
    return Office.parse(catalog("office.yml"))


@cache
def natures() -> NatureTable:
    return NatureTable.parse(catalog("natures.yml"))


@cache
def statuses() -> StatusTable:
    return StatusTable.parse(catalog("statuses.yml"))


@dataclass
class HandClock:
    """A clock that moves when told to."""

    time: datetime = START

    def now(self) -> datetime:
        return self.time

    def forward(self, **span: float) -> None:
        self.time += timedelta(**span)


@dataclass
class RecordingBackend:
    """Keeps what it is told; fails as long as `failure` is set."""

    told: list[dict[str, Any]] = field(default_factory=list)
    failure: RemoteError | None = None

    def post_update(
        self,
        service_request_id: str,
        *,
        update_id: str,
        status: str,
        description: str,
        at: datetime,
    ) -> None:
        if self.failure is not None:
            raise self.failure
        if any(t["update_id"] == update_id for t in self.told):
            return
        self.told.append(
            {
                "service_request_id": service_request_id,
                "update_id": update_id,
                "status": status,
                "description": description,
                "at": at,
            }
        )


@dataclass
class Platform:
    """What the console asks of WeChat: the allowance of a citizen, and that somebody writes."""

    allowed: Allowance | RemoteError = field(default_factory=lambda: Allowance(5))
    typed: list[str] = field(default_factory=list)
    failure: RemoteError | None = None

    def allowance(self, citizen: str) -> Allowance:
        if isinstance(self.allowed, RemoteError):
            raise self.allowed
        return self.allowed

    def typing(self, citizen: str) -> None:
        if self.failure is not None:
            raise self.failure
        self.typed.append(citizen)


class Browser:
    """A browser that follows forms as they stand on the page.

    `app` is the console it looks at and `token` its form token, where a fixture knew them.
    """

    app: Starlette
    token: str = ""

    def __init__(self, url: str) -> None:
        self.url = url
        self.session = requests.Session()
        self.session.trust_env = False

    def get(self, path: str, **params: str) -> requests.Response:
        return self.session.get(self.url + path, params=params, timeout=10, allow_redirects=False)

    def post(self, path: str, data: dict[str, str] | None = None) -> requests.Response:
        return self.session.post(
            self.url + path, data=data or {}, timeout=10, allow_redirects=False
        )

    def json(self, path: str, **params: str) -> Any:
        answer = self.get(path, **params)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def act(self, path: str, **body: Any) -> requests.Response:
        """Post as the desk's script does, with the token of its page."""
        return self.session.post(
            self.url + path, json=body, headers={"X-CSRF-Token": self._token()}, timeout=10
        )

    def upload(self, path: str, content: bytes, **fields: str) -> requests.Response:
        """Post a picture as the desk's script does."""
        files = {"picture": ("a.jpg", content, "image/jpeg")}
        headers = {"X-CSRF-Token": self._token(), "Accept": "application/json"}
        return self.session.post(
            self.url + path, data=fields, files=files, headers=headers, timeout=10
        )

    def _token(self) -> str:
        if not self.token:
            found = self.soup("/password").select_one("meta[name=csrf]")
            assert found is not None
            self.token = str(found["content"])
        return self.token

    def soup(self, path: str, **params: str) -> BeautifulSoup:
        answer = self.get(path, **params)
        assert answer.status_code == 200, answer.text
        return BeautifulSoup(answer.text, "html.parser")

    def submit(self, path: str, ending: str, **changes: str) -> requests.Response:
        """Open a page, fill in the form whose action ends so, and send it."""
        (form,) = self.soup(path).select(f"form[action$='{ending}']")
        data = {str(i["name"]): str(i.get("value", "")) for i in form.select("input[name]")}
        return self.post(str(form["action"]).removeprefix("/console"), {**data, **changes})

    def sign_in(self, password: str = PASSWORD, **changes: str) -> requests.Response:
        return self.submit("/sign-in", "/sign-in", password=password, **changes)

    def hidden(self, path: str, name: str) -> str:
        found = self.soup(path).find("input", {"name": name})
        assert found is not None
        return str(found["value"])


def add_accounts(record: SqlRecord) -> None:
    """Store the accounts; one hash serves them all, since making one takes long."""
    kept = hashed(PASSWORD)
    with record.unit() as unit:
        for number, (name, role) in ACCOUNTS.items():
            assert unit.staff.add(StaffMember(number, name, role, START, START, kept))


def waits(record: SqlRecord, citizen: str, reason: WaitReason, since: datetime, *said: str) -> str:
    """Let a citizen say something and wait; returns the conversation's id."""
    with record.unit() as unit:
        conversation = unit.conversations.open(f"hash-of-{citizen}", citizen)
        for number, words in enumerate(said):
            unit.conversations.add_line(line(conversation.id, f"{citizen}:{number}", words, since))
        conversation.wait_for_person(reason, since)
        conversation.last_said_at = since
        unit.conversations.save(conversation)
    return conversation.id


def speaks(record: SqlRecord, conversation_id: str, *lines: Line) -> None:
    """Add lines to a transcript."""
    with record.unit() as unit:
        for entry in lines:
            unit.conversations.add_line(replace(entry, conversation_id=conversation_id))


def now_of(record: SqlRecord, conversation_id: str) -> Conversation:
    """Return how a conversation stands."""
    with record.reading() as unit:
        found = unit.conversations.get(conversation_id)
    assert found is not None
    return found


def change(record: SqlRecord, conversation_id: str, **values: Any) -> None:
    """Set what a test needs of a conversation."""
    with record.unit() as unit:
        found = unit.conversations.get(conversation_id)
        assert found is not None
        vars(found).update(values)
        unit.conversations.save(found)


def audited(record: SqlRecord, action: str) -> list[tuple[str, str, str]]:
    """Return who did it to what, with the detail, oldest first."""
    with record.reading() as unit:
        found = unit.audit.entries(action=action)
    return [(entry.number, entry.subject, entry.detail) for entry in reversed(found)]


def line(conversation_id: str, key: str, words: str, at: datetime = START, **changes: Any) -> Line:
    fields: dict[str, Any] = {"direction": Direction.CITIZEN, "kind": "text", "data": {}}
    return Line(conversation_id=conversation_id, key=key, text=words, at=at, **(fields | changes))


def complaint(number: int = 1, **changes: Any) -> Complaint:
    fields: dict[str, Any] = {
        "id": f"c{number}",
        "receipt": f"HZ-261123-{number:04d}",
        "conversation_id": "hash-of-anna",
        "service_code": "1351",
        "service_name": "社会生活噪声",
        "service_group": "环保",
        "description": "小区里从早到晚有人甩鞭子\n我的电话 138****5678",
        "summary": "户外活动噪声扰民",
        "place": "人民路18号",
        "confirmed_at": START + timedelta(minutes=number),
        "contact_phone": "SEALED-PHONE-TOKEN",
        "sealed": {"138****5678": "SEALED-ORIGINAL"},
        "consent": "2026-11",
        "backend_id": f"2026-{number}",
        "stage": "filed",
    }
    return Complaint(**(fields | changes))


def store(record: SqlRecord, *cases: Complaint) -> None:
    with record.unit() as unit:
        for case in cases:
            unit.complaints.add(case)
