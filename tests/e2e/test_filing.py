"""From the citizen's words to the desk: a text through the callback, the form, the confirmation, the filing."""

from __future__ import annotations

import math

import requests

from simulator.driver import Citizen, SimulatorDriver
from tests.e2e.desk import Desk
from tests.e2e.talk import a_complaint, file_case, read_back, receipt_in

METRE = 1e-5
"""About a metre, in degrees of latitude."""


def test_a_complaint_reaches_the_desk_in_the_citizens_own_words(
    citizen: Citizen, desk: Desk
) -> None:
    words = a_complaint()
    receipt = file_case(citizen, words)
    row = desk.wait_for(words)
    assert words in row["description"]
    assert row["description"].splitlines()[-1].endswith(receipt)
    assert "文二路" in row["address"]
    assert desk.group_of(row["service_code"]) == "环保"
    assert row["status"] == "open"


def test_all_messages_on_the_matter_are_in_the_description(citizen: Citizen, desk: Desk) -> None:
    drips = ["我要投诉", "楼下广场舞每天吵到晚上十一点，没法睡觉", "拱墅区大关路88号翠苑小区南门"]
    answers = [citizen.say(words) for words in drips]
    if "确认" not in "".join(answers[-1]):
        read_back(citizen, "跳过")
    receipt = receipt_in(citizen.say("确认"))
    row = desk.wait_for(receipt)
    for words in drips[1:]:
        assert words in row["description"]
    assert "大关路88号" in row["address"]


def test_a_pin_is_filed_in_wgs84(citizen: Citizen, desk: Desk) -> None:
    shared = (30.187680, 120.210810)
    citizen.send_location(*shared, "康恩贝大厦")
    words = "门口的路灯坏了半个多月，晚上一片漆黑，老人摔倒过"
    receipt = file_case(citizen, words)
    row = desk.wait_for(receipt)
    assert "康恩贝大厦" in row["address"]
    again = to_gcj02(float(row["lat"]), float(row["long"]))
    assert math.dist(again, shared) < 2 * METRE
    assert math.dist((float(row["lat"]), float(row["long"])), shared) > 100 * METRE


def test_a_picture_is_filed_and_can_be_fetched(
    citizen: Citizen, desk: Desk, driver: SimulatorDriver
) -> None:
    picture = b"\xff\xd8\xff\xe0" + bytes(range(256)) * 40 + b"\xff\xd9"
    read_back(citizen, a_complaint())
    citizen.send_image(picture)
    row = desk.wait_for(receipt_in(citizen.say("确认")))
    assert row["media_url"]
    answer = requests.get(row["media_url"], timeout=10)
    assert answer.status_code == 200
    assert answer.content == picture
    assert answer.headers["content-type"].startswith("image/")
    link = row["media_url"]
    spoilt = link[:-5] + ("a" if link[-5] != "a" else "b") + link[-4:]  # the last one has idle bits
    assert requests.get(spoilt, timeout=10).status_code == 404


def test_a_picture_is_fetched_again_after_a_fault_of_the_api(
    citizen: Citizen, desk: Desk, driver: SimulatorDriver
) -> None:
    driver.fault("media/get", errcode=-1)
    citizen.send_image()
    row = desk.wait_for(file_case(citizen, a_complaint()))
    assert requests.get(row["media_url"], timeout=10).content.startswith(b"\xff\xd8")


def test_a_picture_that_is_gone_does_not_keep_the_case_back(
    citizen: Citizen, desk: Desk, driver: SimulatorDriver
) -> None:
    driver.fault("media/get", errcode=40007)
    citizen.send_image()
    row = desk.wait_for(file_case(citizen, a_complaint()))
    assert row["media_url"] is None


def test_a_voice_is_kept_as_evidence_and_words_are_asked_for(citizen: Citizen, desk: Desk) -> None:
    answers = citizen.send_voice()
    assert "打几个字" in "".join(answers)
    row = desk.wait_for(file_case(citizen, a_complaint()))
    assert row["media_url"]
    answer = requests.get(row["media_url"], timeout=10)
    assert answer.status_code == 200
    assert answer.content.startswith(b"#!AMR")


def to_gcj02(lat: float, long: float) -> tuple[float, float]:
    """The published forward transform (WGS-84 to GCJ-02), as a check of the product's way back."""
    x, y, pi = long - 105.0, lat - 35.0, math.pi
    common = 20 * math.sin(6 * x * pi) + 20 * math.sin(2 * x * pi)
    d_lat = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * math.sqrt(abs(x))
    d_lat += (common + 20 * math.sin(y * pi) + 40 * math.sin(y / 3 * pi)) * 2 / 3
    d_lat += (160 * math.sin(y / 12 * pi) + 320 * math.sin(y * pi / 30)) * 2 / 3
    d_long = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * math.sqrt(abs(x))
    d_long += (common + 20 * math.sin(x * pi) + 40 * math.sin(x / 3 * pi)) * 2 / 3
    d_long += (150 * math.sin(x / 12 * pi) + 300 * math.sin(x / 30 * pi)) * 2 / 3
    a, ee = 6378245.0, 0.00669342162296594323
    magic = 1 - ee * math.sin(lat / 180 * pi) ** 2
    d_lat = d_lat * 180 / (a * (1 - ee) / (magic * math.sqrt(magic)) * pi)
    d_long = d_long * 180 / (a / math.sqrt(magic) * math.cos(lat / 180 * pi) * pi)
    return lat + d_lat, long + d_long
