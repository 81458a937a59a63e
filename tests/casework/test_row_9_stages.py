"""Row 9, 吉林 受理–转办–回复: an explicit state machine, every step with actor, time and note.

"Must be able to show": an illegal jump is refused; each step pushes a status to the citizen or records why not. (The digest of
typical cases belongs to the issue on insight.)
"""

from __future__ import annotations

from desk.model.case import State
from desk.model.flow import BACK, SAME
from desk.model.steps import Who
from desk.office.rules import Rules
from tests.casework.bench import BUREAU, CITIZEN_STEPS, DISTRICT, HOTLINE, SOLVED, STREET, Bench

WAY = (
    "received",
    "accepted",
    "dispatched",
    "signed",
    "in_progress",
    "replied",
    "followed_up",
    "closed",
    "archived",
)


def test_the_way_is_the_only_one(rules: Rules) -> None:
    """受理 → 转办 → 签收 → 办理 → 回复 → 回访 → 办结 → 归档: no step leads further ahead than the next stage."""
    for rule in rules.flow.steps.values():
        if rule.to in (SAME, BACK) or rule.to not in WAY:
            continue
        for state in rule.states:
            if state.value in WAY:
                assert WAY.index(rule.to) - WAY.index(state.value) <= 1, rule.code


def test_every_step_of_a_winding_life_has_actor_time_note_and_word(bench: Bench) -> None:
    number = bench.file()
    bench.act(number, "accept")
    bench.act(number, "dispatch", unit=BUREAU)
    bench.act(number, "return_up", BUREAU, note="社会生活噪声归属地")
    bench.act(number, "rule", unit=DISTRICT, note="按属地管理")
    bench.act(number, "sign", DISTRICT)
    bench.act(number, "send_down", DISTRICT, unit=STREET)
    bench.act(number, "sign", STREET)
    bench.act(number, "start", STREET)
    bench.act(number, "ask_material", STREET, note="请说明时段")
    bench.say(number, "add_material", note="晚上七点到十点")
    bench.say(number, "urge", note="请快一点")
    bench.pass_(days=1)
    bench.act(number, "reply", STREET, outcome=SOLVED)
    bench.pass_(days=8)
    bench.pass_(days=4)
    bench.pass_(days=31)
    steps = bench.steps(number)
    assert steps[-1].data["state"] == State.ARCHIVED.value
    assert len({step.name for step in steps}) >= 14
    for step in steps:
        assert step.at is not None
        assert bool(step.told) != bool(step.untold), step.name
        if step.actor.who is Who.STAFF:
            assert step.actor.name
            assert step.actor.unit
        if step.name in ("return_up", "rule", "ask_material", *CITIZEN_STEPS):
            assert step.note, step.name
    told = [update.description for update in bench.told(number)]
    assert told == [step.told for step in steps if step.told]


def test_the_feed_never_says_a_state_the_case_was_not_in(bench: Bench, rules: Rules) -> None:
    number = bench.to("archived")
    stands = [step.data["state"] for step in bench.steps(number) if step.told]
    assert [update.code for update in bench.told(number)] == stands
    assert {HOTLINE, DISTRICT} >= {step.actor.unit for step in bench.steps(number)} - {""}
    assert set(stands) <= {state.value for state in rules.flow.names}
