"""Another backend than our desk, on its bad days: every confirmed case gets there, and gets there once."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator
from datetime import timedelta

import pytest

from bench.world.backend import LAMP, LITTER, NOISE, Backend
from simulator.driver import Citizen, SimulatorDriver
from tests.e2e.server import ProductServer
from tests.e2e.talk import RECEIPT, file_case, read_back, receipt_in, told


@pytest.fixture(scope="module")
def backend() -> Iterator[Backend]:
    made = Backend()
    yield made
    made.down()


@pytest.fixture(scope="module")
def product(backend: Backend, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ProductServer]:
    """A product whose backend is down when it starts and comes up later."""
    folder = tmp_path_factory.mktemp("outside")
    server = ProductServer(folder, MINSHENG_BACKEND_URL=backend.url)
    server.launch()
    server.wait_until("/healthz")
    assert server.get("/readyz").status_code == 503
    backend.up()
    server.wait_until("/readyz")
    yield server
    server.kill()


@pytest.fixture
def phones(product: ProductServer, backend: Backend) -> Iterator[SimulatorDriver]:
    yield product.driver()
    backend.be_well()


@pytest.fixture
def someone(phones: SimulatorDriver) -> Citizen:
    return phones.create_citizen(f"市民{uuid.uuid4().hex[:6]}")


def noise() -> str:
    number = uuid.uuid4().int % 100_000
    return f"拱墅区莫干山路{number}号院子里每天晚上跳广场舞，音响吵到十一点，持续两个月了"


def test_the_backends_own_services_are_used(someone: Citizen, backend: Backend) -> None:
    words = noise()
    receipt = file_case(someone, words)
    row = backend.wait_for(words)
    assert row["service_code"] == NOISE
    assert row["description"].splitlines()[-1].endswith(receipt)
    assert "莫干山路" in row["address"]
    backend.tell(row["service_request_id"], "外面的单位回了话")
    someone.wait_for("外面的单位回了话", 10)


def test_its_required_question_is_asked_and_answered(someone: Citizen, backend: Backend) -> None:
    number = uuid.uuid4().int % 100_000
    words = f"西湖区文三路{number}号门口的路灯不亮了，已经坏了半个月"
    asked = "".join(someone.say(words))
    assert "灯杆编号" in asked
    answer = "".join(someone.say("WS-0042"))
    assert "确认" in answer
    receipt_in(someone.say("确认"))
    row = backend.wait_for(words)
    form = next(f for f in backend.forms if words in f["description"])
    assert row["service_code"] == LAMP
    assert form["attribute[pole]"] == "WS-0042"


def test_a_token_becomes_a_number_later(someone: Citizen, backend: Backend) -> None:
    backend.tokens_wait = True
    number = uuid.uuid4().int % 100_000
    words = f"上城区解放路{number}号门口的垃圾一个星期没人清运，臭得很"
    receipt = file_case(someone, words)
    row = backend.wait_for(words)
    assert row["service_code"] == LITTER
    assert receipt in "".join(someone.say("查进度"))
    backend.tell(row["service_request_id"], "有了编号才认得的进展")
    time.sleep(1.5)  # a poll passes while the token has no number yet
    assert not told(someone, "有了编号才认得的进展")
    backend.tokens_wait = False
    someone.wait_for("有了编号才认得的进展", 10)
    assert len(backend.stored(words)) == 1


def test_a_token_that_cannot_be_resolved_holds_up_no_other_case(
    someone: Citizen, phones: SimulatorDriver, backend: Backend
) -> None:
    backend.tokens_fail = True
    litter = f"上城区解放路{uuid.uuid4().int % 100_000}号门口的垃圾一个星期没人清运"
    file_case(phones.create_citizen("等编号的"), litter)
    backend.wait_for(litter)
    words = noise()
    file_case(someone, words)
    backend.tell(backend.wait_for(words)["service_request_id"], "和别人的编号无关的进展")
    someone.wait_for("和别人的编号无关的进展", 10)


def test_news_that_is_entered_late_is_told_and_moves_nothing(
    someone: Citizen, backend: Backend
) -> None:
    words = noise()
    file_case(someone, words)
    number = backend.wait_for(words)["service_request_id"]
    backend.tell(number, "最新的进展", "fixed")
    someone.wait_for("最新的进展", 10)
    backend.tell(number, "补录的进展", "investigating", ago=timedelta(hours=6))
    assert "调查中" in someone.wait_for("补录的进展", 10)
    assert "已解决" in "".join(someone.say("查进度"))


def test_a_blackbox_backend_gets_it_once(someone: Citizen, backend: Backend) -> None:
    backend.says_nothing = True
    words = noise()
    receipt = file_case(someone, words)
    backend.wait_for(words)
    time.sleep(4)  # the schedule's first retry would have come
    assert len(backend.stored(words)) == 1
    assert receipt in "".join(someone.say("查进度"))


def test_down_at_confirmation_the_receipt_comes_at_once_and_the_case_later(
    someone: Citizen, backend: Backend
) -> None:
    words = noise()
    read_back(someone, words)
    backend.down()
    receipt = receipt_in(someone.say("确认"))
    assert len(someone.last["exchange"]["attempts"]) == 1
    assert receipt in "".join(someone.say("查进度"))
    time.sleep(3)
    backend.up()
    row = backend.wait_for(words, 60)
    assert row["description"].splitlines()[-1].endswith(receipt)


def test_stored_before_a_500_it_is_found_and_not_filed_again(
    someone: Citizen, backend: Backend
) -> None:
    backend.fails_after_storing = 1
    words = noise()
    file_case(someone, words)
    row = backend.wait_for(words)
    backend.tell(row["service_request_id"], "找到了原来那件")
    someone.wait_for("找到了原来那件", 30)
    assert len(backend.stored(words)) == 1


def test_a_slow_backend_holds_nobody_up(
    someone: Citizen, phones: SimulatorDriver, backend: Backend
) -> None:
    other = phones.create_citizen("别人")
    file_case(other, noise())
    row = backend.wait_for(told_receipt(other))
    backend.slow_s = 30.0
    words = noise()
    file_case(someone, words)
    backend.wait_for(words)
    backend.slow_s = 0.0
    backend.tell(row["service_request_id"], "不该等别人的件")
    other.wait_for("不该等别人的件", 10)
    backend.tell(backend.wait_for(words)["service_request_id"], "慢的那件也认得")
    someone.wait_for("慢的那件也认得", 45)
    assert len(backend.stored(words)) == 1


def test_kill_9_after_confirmation_loses_nothing_and_files_once(
    product: ProductServer, backend: Backend
) -> None:
    """The whole group is killed while the case waits for its backend; the same folder and port go on."""
    citizen = product.driver().citizen("李女士")
    words = noise()
    read_back(citizen, words)
    backend.down()
    receipt = receipt_in(citizen.say("确认"))
    product.kill()
    product.launch()
    backend.up()
    product.wait_until("/readyz")
    again = product.driver().citizen("李女士")
    row = backend.wait_for(words, 60)
    assert row["description"].splitlines()[-1].endswith(receipt)
    assert receipt in "".join(again.say("查进度"))
    backend.tell(row["service_request_id"], "重启以后的进展")
    again.wait_for("重启以后的进展", 15)
    assert len(backend.stored(words)) == 1


def told_receipt(citizen: Citizen) -> str:
    found = RECEIPT.findall("".join(m["text"] for m in citizen.messages()))
    return str(found[-1])
