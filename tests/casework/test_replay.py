"""The log alone says everything: states and clocks of 2,000 cases that lived at random are recomputed from it."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from desk.model.case import State, replay
from desk.model.steps import CITIZEN, Actor
from desk.office.stepping import Refused, Wanted
from desk.storage.casebook import found_by
from desk.storage.engine import open_engine
from desk.storage.tables import requests
from tests.casework.bench import ANGRY, BUREAU, DISTRICT, HAPPY, HOTLINE, SOLVED, STREET, Bench

CASES, MOVES = 2000, 12


def test_states_and_clocks_of_2000_cases(bench: Bench, database: str) -> None:
    dice = random.Random(20261128)
    count = CASES if database == "sqlite" else CASES // 10
    numbers = [_live(bench, dice) for _ in range(count)]
    kept = _columns(bench)
    assert len(kept) == count
    stages: set[str] = set()
    for number in numbers:
        case = replay(number, bench.steps(number))
        assert case is not None
        assert kept[number] == found_by(case)
        stages.add(case.state.value)
    reached = {state.value for state in State}
    assert stages == reached if database == "sqlite" else len(stages) > 8


def _columns(bench: Bench) -> dict[str, dict[str, Any]]:
    engine = open_engine(bench.office.config.database_url)
    names = list(found_by(bench.case(bench.file())))
    with engine.begin() as connection:
        wanted = sa.select(requests.c.id, *(requests.c[name] for name in names))
        rows = connection.execute(wanted).all()
    engine.dispose()
    newest = max(row.id for row in rows)  # the one just filed to learn the names
    return {
        row.id: {name: getattr(row, name) for name in names} for row in rows if row.id != newest
    }


def _live(bench: Bench, dice: random.Random) -> str:
    number = bench.file(service_code=dice.choice(["1351", "0701", "0712", "1112"]))
    for _ in range(dice.randrange(MOVES * 2)):
        case = bench.case(number)
        actor = _somebody(bench, dice, case.unit)
        open_to = bench.office.rules.flow.open_to(actor, case, bench.office.rules.units)
        forward = [rule for rule in open_to if rule.to not in ("same", "withdrawn", "merged")]
        if open_to:
            rule = dice.choice(forward if forward and dice.random() < 0.7 else open_to)
            try:
                bench.office.casework.act(number, rule.code, actor, _wanted(dice, bench, number))
            except Refused:
                continue
        bench.clock.pass_(minutes=dice.randrange(300))
        if dice.random() < 0.05:
            bench.clock.pass_(days=dice.randrange(4))
            with bench.office.store.writing() as book:
                bench.office.casework.tick(book, number)
    return number


def _somebody(bench: Bench, dice: random.Random, unit: str) -> Actor:
    units = [HOTLINE, unit or HOTLINE, unit or HOTLINE]
    return dice.choice([CITIZEN, *(bench.staff(code) for code in units)])


def _wanted(dice: random.Random, bench: Bench, number: str) -> Wanted:
    day = (bench.clock.now() + timedelta(days=dice.randrange(1, 40))).date()
    return Wanted(
        note="因为",
        unit=dice.choice([DISTRICT, STREET, BUREAU]),
        outcome=SOLVED,
        verdict=dice.choice([HAPPY, ANGRY]),
        day=day,
        into=f"{number[:9]}{max(int(number[9:]) - 1, 1):04d}",
        urgency=dice.choice(["", "urgent"]),
        topic=dice.choice([None, "防汛"]),
    )
