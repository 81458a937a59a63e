"""Ordered faults, the record of calls, quotas."""

from __future__ import annotations

import json

import pytest
import requests

from tests.simulator.conftest import World

SEND = "message/custom/send"


@pytest.fixture
def openid(world: World) -> str:
    citizen = world.driver.citizen("李女士")
    citizen.say("您好")
    return citizen.openid


@pytest.mark.parametrize("code", [-1, 40001, 42001, 45047])
def test_a_code_for_n_calls(world: World, openid: str, code: int) -> None:
    world.driver.fault(SEND, errcode=code, times=2)
    codes = [world.account.send_text(openid, "a") for _ in range(3)]
    assert codes == [code, code, 0]


def test_an_http_error_is_no_json(world: World, openid: str) -> None:
    world.driver.fault(SEND, http_status=500)
    url = f"{world.account.base}/{SEND}?access_token={world.account.token}"
    assert requests.post(url, data=b"{}", timeout=5).status_code == 500


def test_accepted_and_then_lost(world: World, openid: str) -> None:
    token = world.account.token
    world.driver.fault(SEND, lost=True)
    with pytest.raises(requests.ConnectionError):
        world.account.send_text(openid, "到了吗", token=token)
    assert world.driver.citizen("李女士").messages()[-1]["text"] == "到了吗"
    assert world.driver.exchanges(kind="api")[-1]["outcome"] == "lost"
    assert world.account.send_text(openid, "再发", token=token) == 0


def test_slow_calls_time_out_at_the_caller(world: World, openid: str) -> None:
    token = world.account.token
    world.driver.fault("*", slow_s=0.4)
    url = f"{world.account.base}/getcallbackip"
    with pytest.raises(requests.ReadTimeout):
        requests.get(url, {"access_token": token}, timeout=0.1)
    assert requests.get(url, {"access_token": token}, timeout=5).json()["ip_list"]


def test_faults_can_be_cancelled(world: World, openid: str) -> None:
    world.driver.fault(SEND, errcode=-1, times=9)
    world.driver.clear_faults()
    assert world.account.send_text(openid, "a") == 0


def test_calls_are_recorded_as_they_crossed_the_wire(world: World, openid: str) -> None:
    world.account.send_text(openid, "您好")
    exchange = world.driver.exchanges(kind="api")[-1]
    assert exchange["openid"] == openid
    assert json.loads(exchange["request"]["body"])["text"]["content"] == "您好"
    assert json.loads(exchange["response"]["body"])["errcode"] == 0
    assert exchange["request"]["url"].startswith(f"/cgi-bin/{SEND}?access_token=")


def test_the_daily_limit_and_its_ten_clearings(world: World, openid: str) -> None:
    world.driver.account(daily_limit={f"/cgi-bin/{SEND}": 1})
    assert [world.account.send_text(openid, "a") for _ in range(2)] == [0, 45009]
    path = {"cgi_path": f"/cgi-bin/{SEND}"}
    usage = world.account.post("openapi/quota/get", path)
    assert usage["quota"] == {"daily_limit": 1, "used": 1, "remain": 0}
    clear = {"appid": world.config.app_id}
    codes = [world.account.post("clear_quota", clear)["errcode"] for _ in range(11)]
    assert codes == [0] * 10 + [48006]
    assert world.account.send_text(openid, "a") == 0
    world.driver.advance(86400)
    assert world.account.post("openapi/quota/get", path)["quota"]["used"] == 0
