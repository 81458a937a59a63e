"""A citizen with a phone: follow, complain, confirm, and hear from the office, without reloading once."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, Page, expect

from simulator.driver import Citizen
from tests.browser.screens import DESKTOP, shoot
from tests.e2e.desk import Desk
from tests.e2e.talk import RECEIPT

CHANGCHUN = "自家小区长期受户外活动噪声影响，从早到晚不断有人唱歌、甩鞭子、跳广场舞，多次投诉未果"
PLACE = "长春市朝阳区卫星路虹桥小区"
SAID = "[data-testid=bubble][data-direction=out][data-via=passive]"
SLOWLY_MS = 15_000


def say(page: Page, text: str) -> Locator:
    """Type and send; returns the newest answer once it is there."""
    answers = page.locator(SAID)
    before = answers.count()
    page.get_by_test_id("input").fill(text)
    page.keyboard.press("Enter")
    expect(answers).to_have_count(before + 1, timeout=SLOWLY_MS)
    return answers.last


def follow(page: Page, citizen: Citizen) -> None:
    page.get_by_test_id("citizen-switch").select_option(citizen.openid)
    page.get_by_test_id("follow").click()
    expect(page.locator(SAID).last).to_contain_text("自动助手", timeout=SLOWLY_MS)


def receipt_on(page: Page) -> str:
    answer = page.locator(SAID).last
    expect(answer).to_contain_text("已提交", timeout=SLOWLY_MS)
    found = RECEIPT.search(answer.inner_text())
    assert found
    return found.group()


def test_from_following_to_the_offices_answer(stranger: Citizen, page: Page, desk: Desk) -> None:
    follow(page, stranger)
    shoot(page, "1-followed")
    answer = say(page, CHANGCHUN)
    expect(answer).to_contain_text(re.compile("地点|在哪"))
    shoot(page, "2-asked")
    read_back = say(page, PLACE)
    for _ in range(3):
        if "确认" in read_back.inner_text():
            break
        read_back = say(page, "跳过")
    expect(read_back).to_contain_text("虹桥小区")
    expect(read_back).to_contain_text("确认")
    shoot(page, "3-read-back")
    say(page, "确认")
    receipt = receipt_on(page)
    shoot(page, "4-receipt")
    row = desk.wait_for(receipt)
    assert CHANGCHUN in row["description"]
    assert "虹桥小区" in row["address"]
    assert desk.group_of(row["service_code"]) == "环保"
    text = "街道已与领舞者约定：早八点前、晚八点后不得使用音响。"
    desk.update(row["service_request_id"], text)
    news = page.locator("[data-testid=bubble][data-via=custom]")
    expect(news).to_contain_text(text, timeout=10_000)
    expect(news).to_contain_text("办理中")
    expect(news).to_be_in_viewport()
    shoot(page, "5-update")


def test_an_option_can_be_tapped(stranger: Citizen, page: Page, desk: Desk) -> None:
    follow(page, stranger)
    say(page, "我要投诉")
    say(page, "西湖区文三路90号")
    answers = page.locator(SAID)
    if page.get_by_test_id("option").count() == 0:
        say(page, "楼下那台机器嗡嗡个不停")
    shoot(page, "6-options")
    before = answers.count()
    page.get_by_test_id("option").first.click()
    expect(answers).to_have_count(before + 1, timeout=SLOWLY_MS)
    for _ in range(3):
        if "确认" in answers.last.inner_text():
            break
        say(page, "跳过")
    expect(answers.last).to_contain_text("确认")
    option = page.get_by_test_id("option").filter(has_text="确认")
    if option.count():
        before = answers.count()
        option.last.click()
        expect(answers).to_have_count(before + 1, timeout=SLOWLY_MS)
    else:
        say(page, "确认")
    desk.wait_for(receipt_on(page))


def test_the_panel_shows_what_crossed_the_wire(
    stranger: Citizen, page: Page, size: tuple[int, int]
) -> None:
    follow(page, stranger)
    say(page, "您好")
    if size != DESKTOP:
        page.get_by_test_id("panel-toggle").click()
    page.get_by_test_id("only-mine").check()
    exchange = page.locator("[data-testid=exchange][data-outcome=replied]").first
    exchange.locator("summary").first.click()
    expect(exchange).to_contain_text("<![CDATA[您好]]>")
    expect(exchange).to_contain_text("msg_signature")
    expect(exchange).to_contain_text("第 1 次")
    shoot(page, "7-panel")


def test_the_menu_is_there(stranger: Citizen, page: Page) -> None:
    follow(page, stranger)
    page.get_by_test_id("menu-toggle").click()
    page.get_by_test_id("menu-progress").click()
    expect(page.locator(SAID).last).to_contain_text("还没有提交过", timeout=SLOWLY_MS)
    shoot(page, "8-menu")


def test_the_scan_sheet_offers_a_sign_that_is_known(stranger: Citizen, page: Page) -> None:
    follow(page, stranger)
    page.get_by_test_id("plus").click()
    page.get_by_test_id("plus-scan").click()
    shoot(page, "9-scan")
    page.get_by_test_id("scene").press("Enter")
    expect(page.locator(SAID).last).to_contain_text("路灯", timeout=SLOWLY_MS)
