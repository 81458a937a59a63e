"""Twenty citizens at once: every exchange inside the first attempt, nobody gets another's answer."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from statistics import median
from typing import Any

from simulator.driver import Citizen
from tests.e2e.desk import Desk
from tests.e2e.server import ProductServer
from tests.e2e.talk import receipt_in

CITIZENS = 20


def test_twenty_citizens_at_once_are_answered_passively_and_not_mixed_up(
    server: ProductServer, desk: Desk, record_property: Callable[[str, object], None]
) -> None:
    together = threading.Barrier(CITIZENS)
    numbers = [3000 + 7 * n for n in range(CITIZENS)]
    with ThreadPoolExecutor(CITIZENS) as pool:
        done = list(pool.map(lambda n: talk(server, n, together), numbers))
    exchanges = [exchange for _, own in done for exchange in own]
    assert {e["outcome"] for e in exchanges} == {"replied"}
    assert {len(e["attempts"]) for e in exchanges} == {1}
    receipts = [receipt for receipt, _ in done]
    assert len(set(receipts)) == CITIZENS
    for number, receipt in zip(numbers, receipts, strict=True):
        row = desk.wait_for(receipt)
        assert f"莫干山路{number}号" in row["address"]
    times = sorted(int(e["elapsed_ms"]) for e in exchanges)
    record_property("exchange_ms_median", median(times))
    record_property("exchange_ms_max", times[-1])


def talk(
    server: ProductServer, number: int, together: threading.Barrier
) -> tuple[str, list[dict[str, Any]]]:
    citizen: Citizen = server.driver().create_citizen(f"市民{number}")
    together.wait(30)
    exchanges = []
    for words in (f"莫干山路{number}号门口的垃圾堆了一个星期没人清运", "大概一周了", "确认"):
        answers = citizen.say(words)
        exchanges.append(citizen.last["exchange"])
        assert str(number) in "".join(answers) or words == "确认", answers
    return receipt_in(answers), exchanges
