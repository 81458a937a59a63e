"""Several who work on one case at the same moment: one step is taken, the others are told why theirs is not."""

from __future__ import annotations

from collections.abc import Callable

from desk.model.case import State
from desk.office.stepping import Refused
from tests.casework.bench import BUREAU, DISTRICT, Bench
from tests.storage.racing import Race


def outcome_of(act: Callable[[], object]) -> Callable[[], str]:
    def run() -> str:
        try:
            act()
        except Refused:
            return "refused"
        return "done"

    return run


def test_of_two_dispatchers_one_sends_it(bench: Bench) -> None:
    for _ in range(5):
        number = bench.to("accepted")
        racers = [
            outcome_of(lambda n=number, u=unit: bench.act(n, "dispatch", unit=u))  # type: ignore[misc]
            for unit in (DISTRICT, BUREAU)
        ]
        assert sorted(Race(*racers).run()) == ["done", "refused"]
        assert bench.names(number).count("dispatch") == 1
        assert [step.number for step in bench.steps(number)] == [1, 2, 3]


def test_a_withdrawal_and_an_answer_do_not_both_happen(bench: Bench) -> None:
    for _ in range(5):
        number = bench.to("signed")
        race = Race(
            outcome_of(lambda n=number: bench.say(n, "withdraw")),  # type: ignore[misc]
            outcome_of(lambda n=number: bench.act(n, "start", DISTRICT)),  # type: ignore[misc]
        )
        results = race.run()
        assert results[0] == "done"  # the withdrawal is allowed before and after
        assert bench.case(number).state is State.WITHDRAWN


def test_filings_at_once_get_numbers_of_their_own(bench: Bench) -> None:
    numbers = Race(*[bench.file] * 6).run()
    assert len(set(numbers)) == 6
    assert all(len(bench.steps(number)) == 1 for number in numbers)
