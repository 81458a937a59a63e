"""The rungs by which news reaches a citizen (contract 6 and 7), and what the platform's faults do to them."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from simulator.driver import Citizen, SimulatorDriver
from tests.e2e.desk import Desk
from tests.e2e.record import deliveries
from tests.e2e.server import ProductServer
from tests.e2e.talk import a_complaint, file_case, told
from tests.e2e.test_updates import Case

BEYOND_THE_WINDOW_S = 49 * 3600.0


@pytest.fixture
def case(citizen: Citizen, desk: Desk) -> Case:
    receipt = file_case(citizen, a_complaint())
    return Case(citizen, receipt, desk.wait_for(receipt)["service_request_id"], desk)


@pytest.fixture
def unverified(driver: SimulatorDriver) -> Iterator[None]:
    """An account that lost its verification: 48001 from every sending interface."""
    driver.account(verified=False)
    yield
    driver.account(verified=True)


def ways_of(citizen: Citizen, words: str) -> list[str]:
    return [line["via"] for line in told(citizen, words)]


def wait_for_state(server: ProductServer, words: str, state: str) -> dict[str, object]:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        found = [d for d in deliveries(server, words) if d["state"] == state]
        if found:
            return found[0]
        time.sleep(0.1)
    raise AssertionError(f"no {state} delivery: {deliveries(server, words)}")


def test_inside_the_window_news_is_a_customer_service_message(case: Case) -> None:
    case.tell("窗口内的进展")
    case.wait("窗口内的进展")
    assert ways_of(case.citizen, "窗口内的进展") == ["custom"]


def test_beyond_the_window_with_consent_it_is_a_subscription_notice(
    case: Case, driver: SimulatorDriver, server: ProductServer
) -> None:
    driver.consent(case.citizen.openid, long_term=True)
    driver.advance(BEYOND_THE_WINDOW_S)
    case.tell("窗口外有同意的进展")
    notice = case.wait("回复任意字看全文")
    assert "办理中" in notice
    assert case.receipt in notice
    assert [m["via"] for m in case.citizen.messages()][-1] == "bizsend"
    assert "窗口外有同意的进展" in "".join(case.citizen.say("好"))
    assert len(told(case.citizen, "窗口外有同意的进展")) == 1
    sent = wait_for_state(server, "窗口外有同意的进展", "sent")
    assert any("receipt delivered" in step for step in sent["trail"])  # type: ignore[attr-defined]


def test_beyond_the_window_without_consent_it_is_a_template_message(
    case: Case, driver: SimulatorDriver, server: ProductServer
) -> None:
    driver.advance(BEYOND_THE_WINDOW_S)
    case.tell("窗口外没同意的进展")
    case.wait("回复任意字看全文")
    assert [m["via"] for m in case.citizen.messages()][-1] == "template"
    assert "窗口外没同意的进展" in "".join(case.citizen.say("看看"))
    assert "窗口外没同意的进展" not in "".join(case.citizen.say("谢谢"))
    sent = wait_for_state(server, "窗口外没同意的进展", "sent")
    assert any("receipt delivered" in step for step in sent["trail"])  # type: ignore[attr-defined]


@pytest.mark.usefixtures("unverified")
def test_without_any_rung_it_is_held_and_told_with_the_next_answer_once(
    case: Case, server: ProductServer
) -> None:
    case.tell("先留着的进展")
    wait_for_state(server, "先留着的进展", "held")
    assert not told(case.citizen, "先留着的进展")
    answer = "".join(case.citizen.say("您好"))
    assert "先留着的进展" in answer
    assert case.citizen.last["exchange"]["outcome"] == "replied"
    case.citizen.say("谢谢")
    assert len(told(case.citizen, "先留着的进展")) == 1


def test_the_sixth_message_in_a_window_is_not_sent_into_it(
    case: Case, server: ProductServer, driver: SimulatorDriver
) -> None:
    before = driver.stats()["api_errors"].get("45047", 0)
    for number in range(1, 7):
        case.tell(f"第{number}步进展")
    for number in range(1, 6):
        case.wait(f"第{number}步进展")
    wait_for_state(server, "第6步进展", "held")
    assert ways_of(case.citizen, "步进展") == ["custom"] * 5
    assert driver.stats()["api_errors"].get("45047", 0) == before
    assert "第6步进展" in "".join(case.citizen.say("有新消息吗"))
    assert len(told(case.citizen, "第6步进展")) == 1


@pytest.mark.parametrize("errcode", [-1, 40001, 42001])
def test_one_fault_of_the_api_delays_and_loses_nothing(
    case: Case, driver: SimulatorDriver, errcode: int
) -> None:
    before = driver.stats()["token_requests"]
    driver.fault("message/custom/send", errcode=errcode)
    case.tell("经过一次故障的进展")
    case.wait("经过一次故障的进展", 20)
    assert len(told(case.citizen, "经过一次故障的进展")) == 1
    assert driver.stats()["token_requests"] - before <= 3


def test_revoked_tokens_are_renewed_without_a_storm(case: Case, driver: SimulatorDriver) -> None:
    before = driver.stats()["token_requests"]
    driver.account(revoke_tokens=True)
    for number in range(4):
        case.tell(f"换证第{number}条")
    for number in range(4):
        case.wait(f"换证第{number}条", 20)
    assert driver.stats()["token_requests"] - before <= 2


def test_accepted_then_cut_is_repeated_at_most_once_and_marked(
    case: Case, driver: SimulatorDriver, server: ProductServer
) -> None:
    driver.fault("message/custom/send", lost=True)
    case.tell("不知到没到的进展")
    case.wait("不知到没到的进展")
    sent = wait_for_state(server, "不知到没到的进展", "sent")
    assert sent["repeats"] == 1
    assert 1 <= len(told(case.citizen, "不知到没到的进展")) <= 2


def test_cut_again_and_again_it_is_not_sent_a_third_time(
    case: Case, driver: SimulatorDriver, server: ProductServer
) -> None:
    driver.fault("message/custom/send", lost=True, times=5)
    case.tell("总是断线的进展")
    wait_for_state(server, "总是断线的进展", "failed")
    assert len(told(case.citizen, "总是断线的进展")) == 2
