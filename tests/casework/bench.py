"""What a test does at the desk, in few words: file a case, take steps as this one or that, look at it."""

from __future__ import annotations

from typing import Any

from desk.model.case import Case, Outcome, Verdict, replay
from desk.model.steps import CITIZEN, Actor, Step
from desk.office.office import DeskOffice
from desk.office.stepping import Wanted
from desk.records import NewRequest, Page, Person, Place, Update
from tests.builders import SetClock

HOTLINE, DISTRICT, STREET, BUREAU = "12345", "330106", "330106002", "huanjing"
NOISE = "1351"
CITIZEN_STEPS = ("add_material", "urge")
SOLVED = Outcome("solved", "已约谈六个广场舞队，22点后不再放音响。", "西湖区人民政府")
HAPPY = Verdict(contacted=True, solved="yes", degree=5, attitude=5, speed=4)
ANGRY = Verdict(contacted=False, solved="no", degree=1, attitude=2, speed=1, reason="还是很吵")


class Bench:
    """One office and the people at it."""

    def __init__(self, office: DeskOffice, clock: SetClock) -> None:
        self.office = office
        self.clock = clock

    def file(self, **values: Any) -> str:
        """File a case; returns its number."""
        given: dict[str, Any] = {
            "service_code": NOISE,
            "description": "每天晚上跳广场舞，音响很吵",
            "place": Place(address="文二路391号"),
            "person": Person(phone="13800000000", account_id="c1"),
            "division_code": DISTRICT,
        }
        number, _ = self.office.casework.file(NewRequest(**given | values))
        return number

    def staff(self, unit: str = HOTLINE) -> Actor:
        """Return somebody of a unit."""
        return self.office.staff(f"{unit} 的张三", unit)

    def act(self, number: str, name: str, by: str | Actor = HOTLINE, **wanted: Any) -> Case:
        """Take a step as somebody of a unit (or as this actor)."""
        actor = by if isinstance(by, Actor) else self.staff(by)
        return self.office.casework.act(number, name, actor, Wanted(**wanted))

    def say(self, number: str, name: str, **wanted: Any) -> Case:
        """Take a step as the citizen."""
        return self.act(number, name, CITIZEN, **wanted)

    def to(self, state: str, unit: str = DISTRICT, **filed: Any) -> str:
        """File a case and bring it to a state on the straight way; returns its number."""
        number = self.file(**filed)
        if state == "received":
            return number
        for name, by, wanted in _way(unit):
            case = self.act(number, name, by, **wanted)
            if case.state.value == state:
                return number
        raise AssertionError(f"no straight way to {state}")

    def case(self, number: str) -> Case:
        """Return the case as its log says."""
        case = replay(number, self.steps(number))
        assert case is not None
        return case

    def steps(self, number: str) -> list[Step]:
        """Return the log."""
        return self.office.store.steps(number)

    def names(self, number: str) -> list[str]:
        """Return the names of the steps."""
        return [step.name for step in self.steps(number)]

    def told(self, number: str) -> list[Update]:
        """Return what the feed says about a case."""
        now = self.clock.now()
        found = self.office.store.updates(now.replace(year=2020), now, Page(1000))
        return [update for update in found if update.request_id == number]

    def pass_(self, **span: float) -> None:
        """Let time pass, and the desk look at its clocks."""
        self.clock.pass_(**span)
        self.office.timekeeper.run_once()


def _way(unit: str) -> list[tuple[str, str | Actor, dict[str, Any]]]:
    return [
        ("accept", HOTLINE, {}),
        ("dispatch", HOTLINE, {"unit": unit}),
        ("sign", unit, {}),
        ("start", unit, {}),
        ("reply", unit, {"outcome": SOLVED}),
        ("follow_up", CITIZEN, {"verdict": ANGRY}),
        ("close", HOTLINE, {}),
        ("archive", HOTLINE, {}),
    ]
