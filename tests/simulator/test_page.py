"""The phone page in a real Chromium, against an echoing callback."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.simulator.callback import Callback, Received, echo, text_reply
from tests.simulator.conftest import World

CHROMIUM = "/usr/bin/chromium"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    assert Path(CHROMIUM).exists(), "the page's tests need a system Chromium"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Browser, world: World) -> Iterator[Page]:
    yield from opened(browser, world, width=1280, height=800)


@pytest.fixture
def narrow(browser: Browser, world: World) -> Iterator[Page]:
    yield from opened(browser, world, width=390, height=844)


def opened(browser: Browser, world: World, *, width: int, height: int) -> Iterator[Page]:
    page = browser.new_page(viewport={"width": width, "height": height})
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("console", lambda m: problems.append(m.text) if m.type == "error" else None)
    page.on("request", lambda r: None if r.url.startswith(world.url) else problems.append(r.url))
    page.goto(f"{world.url}/")
    page.wait_for_selector("body[data-ready]")
    yield page
    page.close()
    assert problems == []


def bubbles(page: Page, direction: str) -> list[str]:
    return page.locator(f"[data-testid=bubble][data-direction={direction}]").all_inner_texts()


def say(page: Page, text: str) -> None:
    page.get_by_test_id("input").fill(text)
    page.get_by_test_id("send").click()


def test_a_word_is_said_and_answered(page: Page) -> None:
    say(page, "楼下烧烤店油烟大")
    answer = page.locator("[data-testid=bubble][data-via=passive]")
    expect(answer).to_have_text("收到：楼下烧烤店油烟大")
    assert bubbles(page, "in") == ["楼下烧烤店油烟大"]
    expect(page.get_by_test_id("input")).to_have_value("")


def test_text_is_never_taken_as_markup(page: Page) -> None:
    say(page, "<img src=x onerror=alert(1)>")
    expect(page.locator("[data-testid=bubble][data-via=passive]")).to_have_text(
        "收到：<img src=x onerror=alert(1)>"
    )


def test_an_option_is_tapped(page: Page, world: World) -> None:
    link = '<a href="weixin://bizmsgmenu?msgmenucontent=确认&msgmenuid=ok">1. 确认</a>'

    def answer(callback: Callback, received: Received) -> bytes:
        if "bizmsgmenuid" in received.fields:
            return echo(callback, received)
        return text_reply(callback, received, f"核对一下：\n{link}")

    world.callback.answer = answer
    say(page, "您好")
    page.get_by_test_id("option").click()
    expect(page.get_by_text("收到：确认")).to_be_visible()


def test_a_fault_is_told(page: Page, world: World) -> None:
    world.callback.answer = lambda callback, received: b"oops"
    say(page, "您好")
    notice = page.locator("[data-testid=bubble][data-kind=notice]")
    expect(notice).to_have_text("该公众号提供的服务出现故障，请稍后再试")


def test_pictures_places_and_voices_are_sent(page: Page, world: World) -> None:
    page.get_by_test_id("plus").click()
    page.get_by_test_id("plus-picture").click()
    page.get_by_test_id("picture-barbecue").click()
    expect(page.locator("[data-kind=image] img")).to_be_visible()
    page.get_by_test_id("plus").click()
    page.get_by_test_id("plus-pin").click()
    page.get_by_test_id("place").first.click()
    expect(page.locator("[data-kind=location]")).to_contain_text("康恩贝大厦")
    page.get_by_test_id("plus").click()
    page.get_by_test_id("plus-voice").click()
    expect(page.locator("[data-kind=voice]")).to_be_visible()
    kinds = {line["kind"] for line in world.driver.citizen("李女士").messages()}
    assert kinds == {"image", "location", "voice"}


def test_who_does_not_follow_first_follows(page: Page, world: World) -> None:
    page.get_by_test_id("citizen-switch").select_option(label="小陈")
    page.get_by_test_id("follow").click()
    expect(page.get_by_test_id("input")).to_be_visible()
    expect(page.locator("[data-testid=exchange][data-outcome=accepted]")).to_contain_text("关注")
    assert world.callback.of_kind("Event", "subscribe")


def test_a_new_citizen_is_made(page: Page) -> None:
    page.get_by_test_id("citizen-switch").select_option("new")
    page.get_by_test_id("new-name").fill("赵大妈")
    page.get_by_test_id("new-citizen").click()
    expect(page.get_by_test_id("follow")).to_be_visible()
    expect(page.locator("#citizen-switch option:checked")).to_have_text("赵大妈")


def test_the_menu_appears_and_is_tapped(page: Page, world: World) -> None:
    subs = [{"type": "click", "name": "转人工", "key": "AGENT"}]
    menu = {"button": [{"name": "帮助", "sub_button": subs}]}
    world.account.post("menu/create", menu)
    page.get_by_test_id("menu-toggle").click()
    page.get_by_test_id("menu-帮助").click()
    page.get_by_test_id("menu-AGENT").click()
    done = page.locator("[data-testid=exchange][data-outcome=accepted]")
    expect(done).to_contain_text("转人工")
    assert world.callback.of_kind("EventKey", "AGENT")


def test_notices_typing_and_staff_are_shown(page: Page, world: World) -> None:
    citizen = world.driver.citizen("李女士")
    say(page, "您好")
    expect(page.get_by_text("收到：您好")).to_be_visible()
    typing = {"touser": citizen.openid, "command": "Typing"}
    world.account.post("message/custom/typing", typing)
    expect(page.get_by_test_id("typing")).to_be_visible()
    world.account.send_text(citizen.openid, "我是 1024")
    expect(page.get_by_text("我是 1024")).to_be_visible()
    expect(page.get_by_test_id("typing")).to_have_count(0)
    page.get_by_test_id("plus").click()
    page.get_by_test_id("plus-bell").click()
    page.get_by_test_id("consent-once").first.click()
    expect(page.get_by_text("已同意接收通知")).to_be_visible()
    data = {"thing3": {"value": "已转办"}}
    template_id = world.config.notice_template_id
    body = {"touser": citizen.openid, "template_id": template_id, "data": data}
    assert world.account.post("message/subscribe/bizsend", body)["errcode"] == 0
    expect(page.locator("[data-via=bizsend]")).to_contain_text("已转办")


def test_the_panel_shows_raw_xml_and_moves_the_clock(page: Page, world: World) -> None:
    say(page, "您好")
    exchange = page.locator("[data-testid=exchange][data-outcome=replied]")
    exchange.locator("summary").first.click()
    expect(exchange).to_contain_text("<![CDATA[您好]]>")
    expect(exchange).to_contain_text("第 1 次")
    page.get_by_test_id("tab-allowance").click()
    expect(page.get_by_test_id("ledger")).to_contain_text("还能发 5 条")
    page.get_by_test_id(f"advance-{48 * 3600}").click()
    expect(page.get_by_text("窗口都已关闭")).to_be_visible()
    page.get_by_test_id("tab-faults").click()
    page.get_by_test_id("fault-add").click()
    expect(page.get_by_test_id("fault")).to_contain_text("-1")


def test_an_answer_for_another_citizen_is_counted(page: Page, world: World) -> None:
    world.driver.citizen("王大爷").say("您好")
    expect(page.locator("#citizen-switch")).to_contain_text("王大爷（1）")
    page.get_by_test_id("citizen-switch").select_option(label="王大爷（1）")
    expect(page.get_by_text("收到：您好")).to_be_visible()


def test_on_a_phone_the_panel_is_a_drawer(narrow: Page) -> None:
    expect(narrow.get_by_test_id("panel")).not_to_be_visible()
    width = narrow.evaluate("document.documentElement.scrollWidth")
    assert width <= 390
    narrow.get_by_test_id("panel-toggle").click()
    expect(narrow.get_by_test_id("panel")).to_be_visible()
    narrow.get_by_role("button", name="收起面板").click()
    expect(narrow.get_by_test_id("panel")).not_to_be_visible()


def test_every_control_has_a_name(page: Page) -> None:
    page.get_by_test_id("plus").click()
    nameless = page.evaluate(
        """() => [...document.querySelectorAll('button, input, select, textarea')]
        .filter(e => !e.ariaLabel && !e.textContent.trim() && !e.closest('label'))
        .map(e => e.outerHTML)"""
    )
    assert nameless == []
