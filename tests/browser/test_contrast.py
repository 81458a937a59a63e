"""Every word on the staff's pages can be read: contrast of at least 4.5 to 1, 3 to 1 for large text (WCAG 2.1 AA, 1.4.3)."""

from __future__ import annotations

import uuid

import pytest
from playwright.sync_api import expect

from simulator.driver import Citizen
from tests.browser.screens import DESKTOP, PHONE
from tests.browser.staff import SLOWLY_MS, Hire

LEAST_SEEN = 12
#: Text against the first ground behind it that is not see-through; what is hidden, disabled or only for ears is left out.
LOOK = """() => {
  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const rgba = (colour) => {
    canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = colour; canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data];
  };
  const over = (top, below) => top.slice(0, 3).map((v, i) => v * top[3] / 255 + below[i] * (1 - top[3] / 255));
  const light = (colour) => {
    const [r, g, b] = colour.map((v) => v / 255).map((v) => (v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const groundOf = (element) => {
    const layers = [];
    for (let at = element; at; at = at.parentElement) {
      const layer = rgba(getComputedStyle(at).backgroundColor);
      layers.push(layer);
      if (layer[3] === 255) break;
    }
    return layers.reverse().reduce((below, top) => over(top, below), [255, 255, 255]);
  };
  const found = { seen: 0, weak: [] };
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const element = node.parentElement;
    const words = node.textContent.trim();
    if (!words || !element.checkVisibility({ checkOpacity: true, checkVisibilityCSS: true })) continue;
    if (element.closest(":disabled, [aria-disabled=true], script, style, option")) continue;
    const box = element.getBoundingClientRect();
    if (box.width < 3 || box.height < 3) continue;
    const style = getComputedStyle(element);
    const ground = groundOf(element);
    const [a, b] = [light(over(rgba(style.color), ground)), light(ground)].sort((x, y) => y - x);
    const ratio = (a + 0.05) / (b + 0.05);
    const size = parseFloat(style.fontSize);
    const least = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700) ? 3 : 4.5;
    found.seen += 1;
    if (ratio < least) found.weak.push(`${words.slice(0, 20)} ${ratio.toFixed(2)}`);
  }
  return found;
}"""
PAGES = {
    "0001": ("/cases", "/board", "/shifts", "/canned", "/accounts", "/audit", "/password"),
    "1024": ("/",),
}


@pytest.mark.parametrize("size", [PHONE, DESKTOP], ids=["phone", "desktop"])
@pytest.mark.parametrize("account", sorted(PAGES))
def test_every_word_has_contrast_and_no_page_is_too_wide(
    hire: Hire, account: str, size: tuple[int, int]
) -> None:
    member = hire(account, size=size)
    for path in PAGES[account]:
        answer = member.page.goto(member.url + path)
        assert answer is not None
        assert answer.status == 200, path
        looked = member.page.evaluate(LOOK)
        assert looked["weak"] == [], path
        assert looked["seen"] >= LEAST_SEEN, path
        assert member.page.evaluate("document.documentElement.scrollWidth") <= size[0], path


def test_every_word_of_a_conversation_has_contrast(who: Citizen, hire: Hire) -> None:
    agent = hire("1024")
    asked = f"路灯不亮，电话13812345678，转人工 {uuid.uuid4().hex[:6]}"
    who.say(asked)
    seen = asked.replace("13812345678", "138****5678")
    agent.claim(seen)
    agent.note("给同事的话")
    agent.answer("您好")
    expect(agent.line("您好").get_by_test_id("state")).to_be_visible(timeout=SLOWLY_MS)
    looked = agent.page.evaluate(LOOK)
    assert looked["weak"] == []
    assert looked["seen"] >= 3 * LEAST_SEEN


def test_a_weak_word_is_noticed(hire: Hire) -> None:
    agent = hire("1024")
    agent.page.evaluate(
        """() => {
          const weak = document.createElement("p");
          weak.textContent = "看不清的字"; weak.style.color = "#bbb";
          document.querySelector("main").prepend(weak);
        }"""
    )
    assert any("看不清的字" in words for words in agent.page.evaluate(LOOK)["weak"])
