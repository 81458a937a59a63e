"""How fast the office's pages are with a hundred thousand cases: each page twenty times, median and longest.

`python -m bench.office [--postgres] [--cases 100000] [--times 20]`; one gateway, asked over HTTP, one request at a time. Every
case has a log that makes it what its row says (`desk.model.case.apply`); almost a fifth of them are still open.
"""

from __future__ import annotations

import argparse
import random
import re
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any
from zoneinfo import ZoneInfo

import requests
from sqlalchemy.engine import Connection

from app.bootstrap import CATALOG, SystemClock
from bench.world.phones import plain_environ, plain_session
from bench.world.processes import Kept, wait_for_port
from bench.world.product import ADMIN_PASSWORD, MINSHENG, ManyMachines
from bot.model.staff import Role, StaffMember
from bot.storage.database import open_engine as open_record
from bot.storage.record import SqlRecord
from console import passwords
from desk.model.case import Case, Outcome, Verdict, apply
from desk.model.clocks import ANSWER, SIGN
from desk.model.steps import CITIZEN, SYSTEM, Actor, Step, Who
from desk.office.rules import NORMAL, URGENT, Rules, load_rules
from desk.storage.casebook import found_by
from desk.storage.engine import open_engine
from desk.storage.tables import requests as request_table
from desk.storage.tables import steps as step_table

ZONE = ZoneInfo("Asia/Shanghai")
LIMIT_MS = 300
_AT_ONCE = 2000
_DAYS = 180
_WORDS = ("楼下的店天天半夜还在吵", "小区门口的路灯坏了", "人行道上堆满了单车", "水管漏水没有人修", "垃圾好几天没有人收")  # fmt: skip
_RARE, _COMMON = "烟熏火燎", "路灯"
_TOKEN = re.compile(r'name="csrf" value="([0-9a-f]+)"')
#: How far a case came → how many of a thousand; the steps on the way there.
_FATES = {
    "received": 10, "accepted": 10, "returned": 5, "dispatched": 30, "signed": 20, "in_progress": 100,
    "waiting": 10, "replied": 30, "followed_up": 10, "closed": 50, "archived": 725,
}  # fmt: skip
_WAY = ("file", "accept", "dispatch", "sign", "start", "reply", "follow_up", "close", "archive")
_STEPS = {
    "received": _WAY[:1], "accepted": _WAY[:2], "returned": (*_WAY[:3], "return_up"), "dispatched": _WAY[:3],
    "signed": _WAY[:4], "in_progress": _WAY[:5], "waiting": (*_WAY[:5], "ask_material"), "replied": _WAY[:6],
    "followed_up": _WAY[:7], "closed": _WAY[:8], "archived": _WAY,
}  # fmt: skip
_AFTER = {
    "file": "received", "accept": "accepted", "dispatch": "dispatched", "return_up": "returned", "sign": "signed",
    "start": "in_progress", "ask_material": "waiting", "reply": "replied", "follow_up": "followed_up",
    "close": "closed", "archive": "archived",
}  # fmt: skip


def main() -> None:
    """Fill, ask and print."""
    parser = argparse.ArgumentParser(prog="bench.office")
    parser.add_argument("--postgres", action="store_true")
    parser.add_argument("--cases", type=int, default=100_000)
    parser.add_argument("--times", type=int, default=20)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        office = OneGateway(Path(folder), postgres=asked.postgres)
        office.start({"MINSHENG_SIMULATOR": "1"})
        try:
            began = time.monotonic()
            some = Filling(load_rules(CATALOG / "services.yml", ZONE)).fill(office, asked.cases)
            store = "PostgreSQL" if asked.postgres else "SQLite"
            print(f"{asked.cases} cases in {store} after {time.monotonic() - began:.0f} s")
            for number in ("0001", "5001"):
                measure(office.url, number, some, asked.times)
        finally:
            office.stop()


class OneGateway(ManyMachines):
    """A gateway alone with its stores: the pages need no worker."""

    def __init__(self, folder: Path, *, postgres: bool) -> None:
        super().__init__(folder)
        self._postgres = postgres
        data = folder / "gateway-0"
        data.mkdir()
        cluster = f"postgresql://minsheng@/minsheng?host={self._cluster}"
        self.desk_url = cluster if postgres else f"sqlite:///{data / 'desk.db'}"
        self.record_url = cluster if postgres else f"sqlite:///{data / 'minsheng.db'}"

    def start(self, settings: dict[str, str]) -> None:
        """Start the stores and the gateway, which makes the tables."""
        self._start_redis()
        environ = {
            **settings,
            "MINSHENG_REDIS_URL": f"redis://127.0.0.1:{self._redis_port}/0",
            "MINSHENG_ADMIN_PASSWORD": ADMIN_PASSWORD,
            "MINSHENG_PORT": str(self._ports[0]),
            "MINSHENG_DATA_DIR": str(self._folder / "gateway-0"),
        }
        if self._postgres:
            self._start_postgres()
            environ["MINSHENG_DATABASE_URL"] = self.desk_url
        self.url = f"http://127.0.0.1:{self._ports[0]}"
        log = self._log("gateway-0")
        kept = Kept("gateway", [*MINSHENG, "gateway"], environ=plain_environ(**environ), log=log)
        self._add("gateway", kept)
        wait_for_port(self._ports[0], within_s=90)

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Open one transaction on the desk's tables."""
        engine = open_engine(self.desk_url)
        with engine.execution_options(writes=True).begin() as connection:
            yield connection
        engine.dispose()


@dataclass(frozen=True)
class Some:
    """Cases to look at: one that a street works on, and one that was archived."""

    worked: str
    archived: str


class Filling:
    """Makes cases with their logs; the same ones each time."""

    def __init__(self, rules: Rules) -> None:
        self._rules = rules
        self._random = random.Random(1)
        self._now = datetime.now(ZONE).replace(microsecond=0)
        self._streets = [unit for unit in rules.units if unit.level == "street"]
        self._services = [s for s in rules.services.values() if rules.group(s.code) == "环保"]
        self._clocks: dict[tuple[Any, ...], dict[str, Any]] = {}

    def fill(self, office: OneGateway, count: int) -> Some:
        """Store so many cases and an account of a district."""
        _add_member(office.record_url)
        fates = self._random.choices(list(_FATES), list(_FATES.values()), k=count)
        seen: dict[str, str] = {}
        for start in range(0, count, _AT_ONCE):
            rows, logs = [], []
            for number, fate in enumerate(fates[start : start + _AT_ONCE], start=start):
                case, row, steps = self._case(number, fate)
                rows.append(row)
                logs += [_log_row(case.id, step) for step in steps]
                if case.unit.startswith("330106"):
                    seen[fate] = case.id
            with office.writing() as connection:
                connection.execute(request_table.insert(), rows)
                connection.execute(step_table.insert(), logs)
        with office.writing() as connection:
            connection.exec_driver_sql("ANALYZE")
        return Some(seen["in_progress"], seen["archived"])

    def _case(self, number: int, fate: str) -> tuple[Case, dict[str, Any], list[Step]]:
        filed_at = self._filed_at(fate)
        case_id = f"{filed_at:%Y%m%d}-{number:06d}"
        service, street = self._random.choice(self._services), self._random.choice(self._streets)
        kind = {"service": service.code, "division": street.division, "urgency": self._urgency()}
        case: Case | None = None
        steps: list[Step] = []
        for name in _STEPS[fate]:
            at = min(filed_at + timedelta(minutes=40 * len(steps)), self._now)
            data = self._data(name, kind, street.code, at)
            actor = _actor(name, street.code)
            steps.append(Step(len(steps) + 1, name, at, actor, data=data, untold="内部手续"))
            case = apply(case_id, case, steps[-1])
        assert case is not None
        while case.next_alert is not None and case.next_alert <= self._now:
            steps.append(self._alert(case))
            case = apply(case_id, case, steps[-1])
        return case, self._row(number, case), steps

    def _filed_at(self, fate: str) -> datetime:
        is_open = fate not in ("replied", "followed_up", "closed", "archived")
        days = self._random.random() * (9 if is_open else _DAYS)
        return self._now - timedelta(days=days, minutes=400)

    def _urgency(self) -> str:
        return URGENT if self._random.random() < 0.02 else NORMAL

    def _data(self, name: str, kind: dict[str, str], unit: str, at: datetime) -> dict[str, Any]:
        data: dict[str, Any] = {"state": _AFTER[name]}
        if name == "file":
            data |= kind
        elif name == "dispatch":
            data |= {"path": [unit], "clocks": self._started(kind, at)}
        elif name == "return_up":
            data |= {"path": []}
        elif name == "reply":
            data["outcome"] = Outcome("solved", "已经处理好了。", unit).as_dict()
        elif name == "follow_up":
            data["verdict"] = vars(Verdict(True, "yes", 5, 4, 4))
        return data

    def _started(self, kind: dict[str, str], at: datetime) -> dict[str, Any]:
        """Return both clocks; those in working days are the same for all cases of a day."""
        key = (kind["service"], kind["urgency"], at.date() if kind["urgency"] == NORMAL else at)
        if key not in self._clocks:
            rule = self._rules.clock_rule(
                service=kind["service"], urgency=kind["urgency"], topic=""
            )
            clocks = self._rules.clocks
            self._clocks[key] = {
                SIGN: clocks.start(rule.sign, rule, at).as_dict(),
                ANSWER: clocks.start(rule.answer, rule, at).as_dict(),
            }
        return self._clocks[key]

    def _alert(self, case: Case) -> Step:
        name, clock = min(
            (pair for pair in case.running.items() if pair[1].next_alert is not None),
            key=lambda pair: pair[1].alerts[pair[1].given],
        )
        climbed = [case.unit, *self._rules.units.above(case.unit)]
        unit = climbed[min(max(clock.given - 1, 0), len(climbed) - 1)]
        alert = {"clock": name, "unit": unit, "is_over": clock.given > 0}
        data = {"state": case.state.value, "alert": alert}
        return Step(case.version + 1, "alert", clock.alerts[clock.given], SYSTEM, data=data)

    def _row(self, number: int, case: Case) -> dict[str, Any]:
        words = (
            f"{self._random.choice(_WORDS)}，第 {number} 次反映，住在附近的人都睡不好，希望有人来看看。"
            * 2
        )
        return {
            "id": case.id,
            "service_code": case.service,
            "description": words + (_RARE if number % 1000 == 7 else ""),
            "address": f"{self._rules.units.name(case.unit)[:2]}路{number % 300}号",
            "address_id": "",
            "lat": None,
            "long": None,
            "person": {"first_name": "王小明", "phone": "13812345678"},
            "attributes": {"nature": ["complaint"], "division_code": [case.division]},
            "media_urls": [],
            "nature": "complaint",
            "division_code": case.division,
            "state": self._rules.flow.words[case.state],
            "status_notes": "",
            "state_from": None,
            "requested_at": case.filed_at,
            "updated_at": case.changed_at,
            "token": None,
            **found_by(case),
        }


def measure(url: str, number: str, some: Some, times: int) -> None:
    """Ask each page so many times as the member with this work number."""
    base = f"{url}/console"
    browser = sign_in(base, number)
    tabs = ("todo", "waiting", "soon", "late", "below", "answered")
    paths = [
        *(f"/desk?tab={tab}" for tab in tabs),
        "/desk?tab=below&page=20",
        "/desk/due",
        "/desk/units",
        "/desk/search",
        f"/desk/search?q={_RARE}",
        f"/desk/search?q={_COMMON}",
        "/desk/search?q=没有这样的话",
        f"/desk/search?q={some.worked}",
        "/desk/search?state=archived&page=40",
        "/desk/search?unit=330106005&service=1351",
        f"/desk/cases/{some.worked}",
        f"/desk/cases/{some.archived}",
    ]
    for path in paths:
        took = []
        for _ in range(times):
            began = time.perf_counter()
            answer = browser.get(base + path, timeout=60)
            took.append((time.perf_counter() - began) * 1000)
            assert answer.status_code == 200, (path, answer.status_code)
        mark = "" if max(took) < LIMIT_MS else "  SLOW"
        print(f"{number}  {path:45} median {median(took):4.0f} ms  max {max(took):4.0f} ms{mark}")


def sign_in(base: str, number: str) -> requests.Session:
    """Return a browser that is signed in."""
    browser = plain_session()
    found = _TOKEN.search(browser.get(f"{base}/sign-in", timeout=30).text)
    assert found is not None
    form = {"csrf": found[1], "account": number, "password": ADMIN_PASSWORD, "next": "/desk"}
    assert browser.post(f"{base}/sign-in", data=form, timeout=30).status_code == 200
    return browser


def _add_member(record_url: str) -> None:
    """Make an account of a district, whose password is the administrator's."""
    engine = open_record(record_url)
    clock = SystemClock()
    with SqlRecord(engine, clock).unit() as unit:
        first = unit.staff.get("0001")
        assert first is not None
        kept = first.password_hash or passwords.hashed(ADMIN_PASSWORD)
        member = StaffMember("5001", "周区", Role.AGENT, clock.now(), clock.now(), kept)
        unit.staff.add(replace(member, unit="330106"))
    engine.dispose()


def _actor(name: str, unit: str) -> Actor:
    if name == "file":
        return CITIZEN
    hotline = name in ("accept", "dispatch", "close", "archive", "follow_up")
    return Actor(Who.STAFF, "5001 周区", "12345" if hotline else unit)


def _log_row(case_id: str, step: Step) -> dict[str, Any]:
    return {
        "request_id": case_id,
        "number": step.number,
        "name": step.name,
        "at": step.at,
        "who": step.actor.who.value,
        "actor": step.actor.name,
        "actor_unit": step.actor.unit,
        "note": step.note,
        "data": dict(step.data),
        "told": step.told,
        "untold": step.untold,
        "key": None,
    }


if __name__ == "__main__":
    main()
