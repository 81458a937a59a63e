"""The log of a running product tells a message's and a case's whole story to whoever looks for one id."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

import pytest

from simulator.driver import Citizen, SimulatorDriver
from tests.e2e.desk import Desk
from tests.e2e.server import ProductServer
from tests.e2e.talk import a_complaint, file_case

Event = dict[str, Any]


def wait_for(server: ProductServer, wanted: Callable[[Event], bool], within_s: float = 15) -> Event:
    """Return the first line that is wanted; they are written a moment after what they tell of."""
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline:
        for event in server.events():
            if wanted(event):
                return event
        time.sleep(0.1)
    raise AssertionError(f"no such line:\n{server.log_tail(40)}")


def told_of(server: ProductServer, **ids: str) -> list[tuple[str, str]]:
    """Return who said what about these ids, in the order of the log."""
    return [
        (event["process"], event["event"])
        for event in server.events()
        if ids.items() <= event.items()
    ]


@pytest.fixture
def case(server: ProductServer, citizen: Citizen, desk: Desk) -> tuple[str, str]:
    """Return the receipt of a case that was filed, worked on and told of, and the words of it all."""
    words = a_complaint()
    receipt = file_case(citizen, words)
    news = f"已派执法人员到场，{receipt}三日内整改"
    desk.update(desk.wait_for(receipt)["service_request_id"], news)
    citizen.wait_for(news, 10)
    return receipt, words + news


def test_one_id_leads_from_the_callback_to_the_filing_and_on_to_the_notice(
    server: ProductServer, case: tuple[str, str]
) -> None:
    receipt, _ = case
    filed = wait_for(server, lambda e: e.get("receipt") == receipt and e.get("kind") == "filing")
    wait_for(server, lambda e: e.get("receipt") == receipt and e.get("kind") == "notice")
    assert filed["event"] == "delivery sent"
    assert filed["delivery"] == f"file:{filed['complaint']}"

    assert set(told_of(server, message=filed["message"])) == {
        ("serve", "message accepted and answered"),
        ("worker", "turn taken"),
        ("worker", "delivery sent"),
    }
    assert told_of(server, complaint=filed["complaint"]) == [
        ("worker", "delivery sent"),
        ("worker", "update taken"),
        ("worker", "delivery sent"),
    ]
    assert told_of(server, receipt=receipt) == told_of(server, complaint=filed["complaint"])


def test_lines_say_when_who_how_long_and_on_which_rung(
    server: ProductServer, case: tuple[str, str]
) -> None:
    receipt, _ = case
    notice = wait_for(server, lambda e: e.get("receipt") == receipt and e.get("kind") == "notice")
    assert (notice["rung"], notice["level"], notice["attempts"]) == ("custom", "info", 1)
    filed = wait_for(server, lambda e: e.get("receipt") == receipt and e.get("kind") == "filing")
    turn = wait_for(
        server, lambda e: e["event"] == "turn taken" and e.get("message") == filed["message"]
    )
    assert turn["outcome"] == "answered"
    assert 0 < turn["seconds"] < 5
    assert turn["worker"].split("-")[-2] == str(turn["pid"])
    assert datetime.fromisoformat(turn["timestamp"]).tzinfo is not None


def test_no_line_holds_a_citizens_words_or_open_id(
    server: ProductServer, citizen: Citizen, case: tuple[str, str]
) -> None:
    wait_for(server, lambda e: e.get("receipt") == case[0] and e.get("kind") == "notice")
    whole = server.log_tail(100_000)
    assert citizen.openid not in whole
    assert case[1][:12] not in whole
    assert "三日内整改" not in whole


def test_once_it_is_ready_every_line_is_one_json_object(
    server: ProductServer, case: tuple[str, str]
) -> None:
    """Whoever starts the server by hand reads addresses first, and how the training goes."""
    lines = server.log_tail(100_000).splitlines()
    ready = next(n for n, line in enumerate(lines) if line.startswith("[minsheng] ready"))
    assert len(lines) > ready + 5
    assert [line for line in lines[ready + 1 :] if not line.startswith("{")] == []


@pytest.fixture
def unverified(driver: SimulatorDriver) -> Iterator[None]:
    """An account that lost its verification: 48001 from every sending interface."""
    driver.account(verified=False)
    yield
    driver.account(verified=True)


def test_a_notice_that_took_no_rung_says_why_and_with_what_it_was_told(
    server: ProductServer, citizen: Citizen, desk: Desk, unverified: None
) -> None:
    receipt = file_case(citizen, a_complaint())
    desk.update(desk.wait_for(receipt)["service_request_id"], "只能下次再说的进展")
    held = wait_for(server, lambda e: e.get("receipt") == receipt and e.get("kind") == "notice")
    assert held["event"] == "delivery held"
    assert held["tried"] == ["custom: 48001", "bizsend: 48001", "template: 48001"]
    citizen.say("有消息吗")
    told = wait_for(
        server, lambda e: e.get("delivery") == held["delivery"] and e.get("rung") == "reply"
    )
    assert told["event"] == "delivery sent"
    assert told["complaint"] == held["complaint"]
    turn = wait_for(
        server, lambda e: e["event"] == "turn taken" and e["message"] == told["message"]
    )
    assert turn["outcome"] == "answered"


def test_a_retry_is_a_warning_with_its_code_and_then_it_went_well(
    server: ProductServer, citizen: Citizen, desk: Desk, driver: SimulatorDriver
) -> None:
    receipt = file_case(citizen, a_complaint())
    driver.fault("message/custom/send", errcode=-1)
    desk.update(desk.wait_for(receipt)["service_request_id"], "晚一点才到的进展")
    citizen.wait_for("晚一点才到的进展", 20)

    def notices() -> list[Event]:
        return [
            event
            for event in server.events()
            if event.get("receipt") == receipt and event.get("kind") == "notice"
        ]

    wait_for(server, lambda _: len(notices()) == 2)
    assert [(n["event"], n["level"], n.get("error")) for n in notices()] == [
        ("delivery retry", "warning", "wechat -1"),
        ("delivery sent", "info", None),
    ]
