"""Ways into the conversation that are not a sentence: menu, signs, following and leaving."""

from __future__ import annotations

from simulator.driver import Citizen, SimulatorDriver
from tests.e2e.desk import Desk
from tests.e2e.talk import a_complaint, file_case, told


def test_the_menu_of_the_account_is_there_and_its_buttons_are_answered(citizen: Citizen) -> None:
    assert "具体情况" in "".join(citizen.menu("complain"))
    assert "还没有提交过" in "".join(citizen.menu("progress"))
    assert "值班" in "".join(citizen.menu("person"))


def test_a_scanned_sign_tells_the_place(citizen: Citizen, desk: Desk) -> None:
    answers = citizen.scan("lamp-0001")
    assert "文二路 0001 号路灯" in "".join(answers)
    row = desk.wait_for(file_case(citizen, "这盏灯不亮了，晚上看不清路"))
    assert "文二路 0001 号路灯" in row["address"]
    assert desk.group_of(row["service_code"]) == "城建"


def test_following_by_a_sign_greets_and_keeps_the_place(driver: SimulatorDriver) -> None:
    stranger = driver.create_citizen("路人", follows=False)
    answer = "".join(stranger.follow("bin-0001"))
    assert "自动助手" in answer
    assert "江南大道" in answer


def test_following_greets_with_the_privacy_notice(driver: SimulatorDriver) -> None:
    stranger = driver.create_citizen("新人", follows=False)
    answer = "".join(stranger.follow())
    assert "自动助手" in answer
    assert "隐私" in answer


def test_who_left_is_not_written_to_and_finds_the_case_again(citizen: Citizen, desk: Desk) -> None:
    receipt = file_case(citizen, a_complaint())
    row = desk.wait_for(receipt)
    citizen.unfollow()
    assert desk.update(row["service_request_id"], "人不在的时候的进展").ok
    citizen.follow()
    progress = "".join(citizen.say("查进度"))
    assert receipt in progress
    assert len(told(citizen, "人不在的时候的进展")) <= 1
