"""Live handoffs in real browsers: a citizen on the phone page, members of staff at the desk, nobody left alone."""

from __future__ import annotations

import os
import signal
import uuid
from time import sleep

from playwright.sync_api import Browser, Page, expect

from bench.world.balancer import Balancer
from simulator.driver import Citizen
from tests.browser.screens import PHONE, shoot
from tests.browser.staff import SLOWLY_MS, Hire, Member, bot_lines
from tests.e2e.desk import Desk
from tests.e2e.server import ProductServer

GONE_WITHIN_S = 60


def token(words: str) -> str:
    """Return words that no other test says."""
    return f"{words}{uuid.uuid4().hex[:8]}"


def phone_page(chromium: Browser, server: ProductServer, citizen: Citizen) -> Page:
    """Open the citizen's phone."""
    page = chromium.new_page(viewport={"width": PHONE[0], "height": PHONE[1]})
    page.goto(f"{server.url}/simulator/")
    page.wait_for_selector("body[data-ready]")
    page.get_by_test_id("citizen-switch").select_option(citizen.openid)
    return page


def type_on(page: Page, words: str) -> None:
    page.get_by_test_id("input").fill(words)
    page.keyboard.press("Enter")


def test_one_of_two_gets_the_citizen_and_the_bot_is_silent_until_given_back(
    chromium: Browser, staffed: ProductServer, who: Citizen, hire: Hire
) -> None:
    """The whole story: asked for, raced for, answered, noted, filed on behalf, given back."""
    phone = phone_page(chromium, staffed, who)
    first, second = hire("1024"), hire("1031")
    asked = token("电梯坏了没人管，转人工 ")
    type_on(phone, asked)
    expect(phone.get_by_text("正在叫同事")).to_be_visible(timeout=SLOWLY_MS)
    for member in (first, second):
        expect(member.page).to_have_title("(1) 接待 · 民声值班台", timeout=SLOWLY_MS)
        member.open(asked)
        shoot(member.page, f"desk-waiting-{member.account}")

    for member in (first, second):
        member.page.get_by_test_id("claim").evaluate(
            "button => setTimeout(() => button.click(), 50)"
        )
    for member in (first, second):
        expect(member.page.get_by_test_id("holder")).to_contain_text("接待", timeout=SLOWLY_MS)
    holders = {m.account: m.page.get_by_test_id("holder").inner_text() for m in (first, second)}
    winners = [m for m in (first, second) if "您" in holders[m.account]]
    assert len(winners) == 1, holders
    winner = winners[0]
    loser = second if winner is first else first
    assert winner.account in holders[loser.account]
    expect(loser.page.get_by_test_id("refused")).to_contain_text(winner.account)
    expect(phone.get_by_text(f"工号 {winner.account} 已接入")).to_be_visible(timeout=SLOWLY_MS)

    line = winner.answer("您好，我是值班的，电梯在哪个小区？")
    expect(line.get_by_test_id("state")).to_have_attribute("data-state", "sent", timeout=SLOWLY_MS)
    expect(phone.get_by_text("电梯在哪个小区？")).to_be_visible(timeout=SLOWLY_MS)
    place = token("春江花园3幢")
    type_on(phone, f"{place}，一个月了")
    for member in (first, second):
        expect(member.line(place)).to_be_visible(timeout=SLOWLY_MS)
    winner.note("老人多，催一下物业")
    expect(loser.line("老人多，催一下物业")).to_be_visible(timeout=SLOWLY_MS)
    winner.page.get_by_test_id("mode-answer").click()
    winner.page.get_by_test_id("composer").press_sequentially("我替您")
    expect(loser.page.get_by_test_id("typing")).to_contain_text(winner.account, timeout=SLOWLY_MS)
    shoot(loser.page, "desk-watching")

    receipt = file_on_behalf(winner, place)
    expect(phone.get_by_text(receipt)).to_be_visible(timeout=SLOWLY_MS)
    row = Desk(staffed.url).wait_for(receipt)
    assert place in row["address"]
    assert place in row["description"]
    shoot(winner.page, "desk-filed")
    winner.give_back()
    expect(phone.get_by_text(f"工号 {winner.account} 已结束")).to_be_visible(timeout=SLOWLY_MS)
    joined, left = f"工号 {winner.account} 已接入", f"工号 {winner.account} 已结束"
    between = bot_lines(who, after=joined, until=left)
    assert len(between) == 2, between  # the question and the receipt, both the agent's
    assert not any("老人多" in text for text in between)
    type_on(phone, "谢谢")
    expect(phone.locator("[data-testid=bubble][data-direction=out]").last).not_to_contain_text(
        "已结束", timeout=SLOWLY_MS
    )
    shoot(phone, "phone-after-handoff")
    phone.close()


def file_on_behalf(member: Member, place: str) -> str:
    """Fill the citizen's form in and file it; returns the receipt number."""
    member.page.get_by_test_id("file-open").click()
    form = member.page.get_by_test_id("file-dialog")
    expect(form).to_be_visible(timeout=SLOWLY_MS)
    kind = form.get_by_role("combobox", name="办什么事（类别）")
    kind.fill("电梯")
    member.page.get_by_role("option").filter(has_text="电梯").first.click()
    form.get_by_label("地点").fill(place)
    shoot(member.page, "desk-form")
    form.get_by_role("button", name="提交", exact=True).click()
    receipt = member.page.get_by_test_id("receipt")
    expect(receipt).to_be_visible(timeout=SLOWLY_MS)
    number = receipt.inner_text().strip()
    member.page.keyboard.press("Escape")
    return number


def test_a_killed_browser_leaves_no_citizen_alone(
    who: Citizen, hire: Hire, chromium: Browser, staffed: ProductServer
) -> None:
    watcher = hire("1031")
    doomed = Member(chromium, staffed, "1024").sign_in()
    asked = token("说不清楚，转人工 ")
    who.say(asked)
    doomed.claim(asked)
    who.wait_for("工号 1024 已接入", 20)
    doomed.context.close()  # like a crash: nothing is said any more
    who.wait_for("工号 1024 暂时离开", GONE_WITHIN_S)
    watcher.claim(asked)
    who.wait_for("工号 1031 已接入", 20)
    watcher.answer("我来接着办")
    who.wait_for("我来接着办", 20)


def test_with_nobody_left_the_bot_takes_the_citizen_back(
    who: Citizen, chromium: Browser, staffed: ProductServer
) -> None:
    alone = Member(chromium, staffed, "1024").sign_in()
    asked = token("路灯的事，转人工 ")
    who.say(asked)
    alone.claim(asked)
    who.wait_for("工号 1024 已接入", 20)
    alone.context.close()
    who.wait_for("现在没有别的同事在", GONE_WITHIN_S)
    assert who.say("那要多久能处理")  # the bot answers again


def test_the_sixth_answer_is_held_and_goes_out_when_the_citizen_writes(
    who: Citizen, hire: Hire
) -> None:
    agent = hire("1024")
    asked = token("想问问进度，转人工 ")
    who.say(asked)
    agent.claim(asked)
    who.wait_for("工号 1024 已接入", 20)
    sleep(
        1.1
    )  # WeChat's times are whole seconds: a message of the same one would be taken for a repeat
    who.say("在的")
    expect(agent.page.get_by_test_id("allowance")).to_have_attribute(
        "data-left", "5", timeout=SLOWLY_MS
    )
    for number in range(1, 6):
        line = agent.answer(f"第{number}句")
        expect(line.get_by_test_id("state")).to_have_attribute(
            "data-state", "sent", timeout=SLOWLY_MS
        )
    expect(agent.page.get_by_test_id("allowance")).to_have_attribute(
        "data-left", "0", timeout=SLOWLY_MS
    )
    sixth = agent.answer("第6句")
    expect(sixth.get_by_test_id("state")).to_have_attribute("data-state", "held", timeout=SLOWLY_MS)
    shoot(agent.page, "desk-held")
    assert not any("第6句" in m["text"] for m in who.messages())
    who.say("还在吗")
    who.wait_for("第6句", 20)
    expect(sixth.get_by_test_id("state")).to_have_attribute("data-state", "sent", timeout=SLOWLY_MS)
    texts = [m["text"] for m in who.messages() if m["direction"] == "out"]
    assert [t for t in texts if t.endswith("句")] == [f"第{n}句" for n in range(1, 7)]


def test_a_citizen_is_handed_to_a_colleague_and_taken_over_by_the_supervisor(
    who: Citizen, hire: Hire
) -> None:
    one, other, chief = hire("1024"), hire("1031"), hire("2001")
    asked = token("物业乱收费，转人工 ")
    who.say(asked)
    one.claim(asked)
    one.page.get_by_test_id("hand-to").click()
    dialog = one.page.get_by_test_id("hand-dialog")
    dialog.get_by_role("radio", name="1031").check()
    dialog.get_by_label("捎句话").fill("他要收费标准")
    shoot(one.page, "desk-hand-to")
    dialog.get_by_role("button", name="转给").click()
    who.wait_for("工号 1031 接着为您服务", 20)
    other.open(asked, tab="我的")
    expect(other.page.get_by_test_id("holder")).to_contain_text("您", timeout=SLOWLY_MS)
    expect(other.line("他要收费标准")).to_be_visible(timeout=SLOWLY_MS)
    chief.open(asked, tab="全部")
    chief.page.get_by_test_id("take-over").click()
    who.wait_for("工号 2001 接着为您服务", 20)
    expect(other.page.get_by_test_id("holder")).to_contain_text("2001", timeout=SLOWLY_MS)
    chief.answer("我来处理")
    who.wait_for("我来处理", 20)


def test_what_was_said_while_the_network_was_away_is_there_once(
    who: Citizen, hire: Hire, staffed: ProductServer
) -> None:
    cable = Balancer([staffed.port])
    cable.start()
    agent = hire("1024", url=cable.url)
    asked = token("网络测试，转人工 ")
    who.say(asked)
    agent.claim(asked)
    cable.cut()
    expect(agent.page.get_by_test_id("connection")).to_be_visible(timeout=SLOWLY_MS)
    said = [token(f"断网时的第{n}句") for n in range(1, 4)]
    for words in said:
        who.say(words)
    cable.up()
    for words in said:
        expect(agent.line(words)).to_have_count(1, timeout=SLOWLY_MS)
    expect(agent.page.get_by_test_id("connection")).to_be_hidden(timeout=SLOWLY_MS)
    order = [t for t in agent.lines.all_inner_texts() if "断网时的" in t]
    assert [next(w for w in said if w in text) for text in order] == said
    agent.give_back()
    cable.stop()


def test_pages_follow_again_after_the_server_was_started_anew(
    who: Citizen, hire: Hire, staffed: ProductServer
) -> None:
    watcher = hire("3001")
    asked = token("重启前说的")
    who.say(asked)
    watcher.open(asked, tab="全部")
    os.kill(redis_of(staffed), signal.SIGKILL)  # pub/sub breaks; the server starts it again
    later = token("重启后说的")
    who.say(later, patience_s=20)
    expect(watcher.line(later)).to_have_count(1, timeout=30_000)


def redis_of(server: ProductServer) -> int:
    from tests.e2e.test_five_seconds import redis_pid

    return redis_pid(server)


def test_a_citizen_is_served_by_keyboard_alone(who: Citizen, hire: Hire) -> None:
    agent = hire("1024")
    asked = token("键盘，转人工 ")
    who.say(asked)
    expect(agent.row(asked)).to_be_visible(timeout=SLOWLY_MS)
    keys = agent.page.keyboard
    agent.page.locator("body").press("j")
    for _ in range(10):
        if asked in agent.page.evaluate("document.activeElement.textContent"):
            break
        keys.press("j")
    keys.press("Enter")
    expect(agent.line(asked)).to_be_visible(timeout=SLOWLY_MS)
    keys.press("c")
    who.wait_for("工号 1024 已接入", 20)
    expect(agent.page.get_by_test_id("holder")).to_contain_text("您", timeout=SLOWLY_MS)
    keys.press("r")
    keys.type("用键盘回的")
    keys.press("Enter")
    who.wait_for("用键盘回的", 20)


def test_the_phone_shows_one_pane_at_a_time(who: Citizen, hire: Hire) -> None:
    agent = hire("1024", size=PHONE)
    asked = token("手机上，转人工 ")
    who.say(asked)
    expect(agent.row(asked)).to_be_visible(timeout=SLOWLY_MS)
    shoot(agent.page, "desk-list")
    agent.claim(asked)
    agent.answer("手机上回的")
    who.wait_for("手机上回的", 20)
    assert agent.page.evaluate("document.documentElement.scrollWidth") <= PHONE[0]
    shoot(agent.page, "desk-talk")
    agent.page.get_by_test_id("to-about").click()
    expect(agent.page.get_by_test_id("about")).to_be_visible()
    shoot(agent.page, "desk-about")
    agent.page.get_by_test_id("to-talk").click()
    agent.page.get_by_test_id("to-list").click()
    expect(agent.page.get_by_test_id("tabs")).to_be_visible()


def test_a_picture_goes_both_ways(who: Citizen, hire: Hire) -> None:
    agent = hire("1024")
    asked = token("看照片，转人工 ")
    who.say(asked)
    agent.claim(asked)
    who.send_image()
    picture = agent.lines.locator("img").first
    expect(picture).to_be_visible(timeout=SLOWLY_MS)
    expect(picture).to_have_js_property("complete", True, timeout=SLOWLY_MS)
    assert picture.evaluate("image => image.naturalWidth") > 0
    agent.page.get_by_test_id("picture-file").set_input_files("simulator/samples/rubbish.jpg")
    agent.page.get_by_role("button", name="发送图片").click()
    assert who.wait_for_picture(20)[:2] == b"\xff\xd8"


def test_a_number_is_shown_only_on_request(who: Citizen, hire: Hire) -> None:
    agent = hire("1024")
    asked = token("我的电话13812345678，转人工 ")
    who.say(asked)
    seen = asked.replace("13812345678", "138****5678")
    agent.open(seen)
    assert "13812345678" not in agent.page.content()
    agent.page.get_by_test_id("reveal").first.click()
    expect(agent.page.get_by_test_id("lines")).to_contain_text("13812345678", timeout=SLOWLY_MS)
