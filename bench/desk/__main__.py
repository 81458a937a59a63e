"""From a citizen's thumb to every open console: milliseconds until a line is in the DOM, and how 500 rows behave.

`python -m bench.desk [--conversations 50] [--consoles 5] [--lines 25]`; needs /usr/bin/chromium. Both ends read the clock
of this machine; the way goes through the simulated platform, the callback, Redis, a turn, the record and the socket.
"""

from __future__ import annotations

import argparse
import tempfile
import threading
import time
from pathlib import Path
from statistics import median, quantiles

from playwright.sync_api import Browser, Page, sync_playwright

from bench.desk.product import Product
from simulator.driver import Citizen

_CHROMIUM = "/usr/bin/chromium"
_ACCOUNTS = ("1024", "1031", "2001", "3001", "0001")
_PAUSE_S = 2.2  # a citizen who writes faster is asked to slow down (catalog/limits.yml)
_TALK_S = 6.0
_WATCH = """() => {
  window.seenAt = {}; window.longest = 0;
  const look = (node) => {
    for (const found of (node.textContent || "").matchAll(/BENCH\\d{5}/g)) window.seenAt[found[0]] ??= Date.now();
  };
  new MutationObserver((changes) => changes.forEach((change) => {
    change.addedNodes.forEach(look);
    if (change.type === "characterData") look(change.target);
  })).observe(document.body, { childList: true, subtree: true, characterData: true });
  new PerformanceObserver((list) => list.getEntries().forEach((e) => {
    window.longest = Math.max(window.longest, e.duration);
  })).observe({ entryTypes: ["longtask"] });
}"""


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="bench.desk")
    parser.add_argument("--conversations", type=int, default=50)
    parser.add_argument("--consoles", type=int, default=5)
    parser.add_argument("--lines", type=int, default=25)
    parser.add_argument("--rows", type=int, default=500)
    asked = parser.parse_args()
    with (
        tempfile.TemporaryDirectory() as folder,
        Product(Path(folder)) as product,
        sync_playwright() as playwright,
    ):
        product.open_all_day()
        arguments = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        browser = playwright.chromium.launch(executable_path=_CHROMIUM, args=arguments)
        citizens = _all_claimed(product, asked.conversations)
        _to_every_console(product, browser, citizens, asked)
        _many_rows(product, browser, citizens[0], asked)
        browser.close()


def _all_claimed(product: Product, count: int) -> list[Citizen]:
    """Return so many citizens who are talking with agent 1024."""
    driver = product.driver()
    citizens = [driver.create_citizen(f"测{number}") for number in range(count)]
    for citizen in citizens:
        citizen.say("转人工")
    agent = product.agent("1024")
    waiting = agent.waiting()
    assert len(waiting) >= count, f"{len(waiting)} wait, not {count}"
    for conversation in waiting:
        agent.claim(conversation)
    return citizens


def _to_every_console(
    product: Product, browser: Browser, citizens: list[Citizen], asked: argparse.Namespace
) -> None:
    """Measure lines of one citizen in all consoles while the others talk too."""
    spoken = citizens[0]
    spoken.say("BENCH00000", wait=False)
    pages = [_console(product, browser, number) for number in _ACCOUNTS[: asked.consoles]]
    for page in pages:
        page.get_by_role("tab", name="全部").click()
        page.get_by_test_id("row").filter(has_text="BENCH00000").first.click()
        page.get_by_test_id("line").filter(has_text="BENCH00000").first.wait_for()
        page.evaluate(_WATCH)
    stop = threading.Event()
    talkers = [
        threading.Thread(target=_talk, args=(product, citizen, stop), daemon=True)
        for citizen in citizens[1:]
    ]
    for talker in talkers:
        talker.start()
        time.sleep(_TALK_S / len(talkers))  # one after the other, as people do
    sent = {}
    for number in range(1, asked.lines + 1):
        token = f"BENCH{number:05d}"
        sent[token] = time.time() * 1000
        spoken.say(token, wait=False)
        time.sleep(_PAUSE_S)
    stop.set()
    delays, missing = [], 0
    for page in pages:
        seen = page.evaluate("() => window.seenAt")
        delays += [seen[token] - at for token, at in sent.items() if token in seen]
        missing += sum(token not in seen for token in sent)
    print(
        f"{len(citizens)} conversations, {len(pages)} consoles, {asked.lines} lines, {missing} missing"
    )
    _print("line in the DOM of every console", delays)


def _many_rows(
    product: Product, browser: Browser, citizen: Citizen, asked: argparse.Namespace
) -> None:
    """Measure the list with many live conversations."""
    product.seed(asked.rows)
    page = _console(product, browser, "1031")
    page.evaluate(_WATCH)
    began = time.monotonic()
    page.get_by_role("tab", name="全部").click()
    page.get_by_test_id("row").nth(asked.rows - 1).wait_for(state="attached", timeout=60_000)
    listed = (time.monotonic() - began) * 1000
    page.evaluate("() => { window.longest = 0; }")
    sent = {}
    for number in range(20_001, 20_021):
        token = f"BENCH{number:05d}"
        sent[token] = time.time() * 1000
        citizen.say(token, wait=False)
        time.sleep(_PAUSE_S)
    seen = page.evaluate("() => window.seenAt")
    delays = [seen[token] - at for token, at in sent.items() if token in seen]
    print(f"{asked.rows} live conversations listed after {listed:.0f} ms")
    _print("row changed in the list", delays)
    print(
        f"longest task of the page while rows change: {page.evaluate('() => window.longest'):.0f} ms"
    )


def _console(product: Product, browser: Browser, account: str) -> Page:
    page = browser.new_context(viewport={"width": 1280, "height": 800}).new_page()
    page.goto(f"{product.url}/console/")
    page.get_by_label("账号").fill(account)
    page.get_by_label("密码").fill(product.password)
    page.keyboard.press("Enter")
    page.locator("main[data-ready]").wait_for()
    return page


def _talk(product: Product, citizen: Citizen, stop: threading.Event) -> None:
    mine = product.driver().citizen(citizen.openid)
    number = 0
    while not stop.wait(_TALK_S):
        number += 1
        mine.say(f"还在吗，第 {number} 句", wait=False)


def _print(what: str, delays: list[float]) -> None:
    cuts = quantiles(delays, n=100)
    print(
        f"{what}: median {median(delays):.0f} ms, 95 % {cuts[94]:.0f} ms, 99 % {cuts[98]:.0f} ms, "
        f"longest {max(delays):.0f} ms ({len(delays)} measured)"
    )


if __name__ == "__main__":
    main()
