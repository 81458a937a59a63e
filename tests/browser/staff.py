"""Members of staff in browsers of their own, acting on the desk by what they see on it."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from simulator.driver import Citizen
from tests.browser.screens import DESKTOP, is_loopback
from tests.e2e.server import ProductServer

SLOWLY_MS = 15_000
REFUSED = (
    "the server responded with a status of 409"  # how Chromium reports an act that came too late
)
GONE = ("net::ERR_", "WebSocket connection to")  # what Chromium says of a line that is cut


class Member:
    """One member of staff at the desk; `problems` are script errors and requests to foreign hosts."""

    def __init__(
        self,
        chromium: Browser,
        server: ProductServer,
        account: str,
        size: tuple[int, int] = DESKTOP,
        url: str = "",
    ) -> None:
        self.account = account
        self.problems: list[str] = []
        self.context: BrowserContext = chromium.new_context(
            viewport={"width": size[0], "height": size[1]}
        )
        self.page: Page = self.context.new_page()
        self.page.on("pageerror", lambda error: self.problems.append(f"script: {error}"))
        self.page.on("console", lambda m: self._heard(m.text) if m.type == "error" else None)
        self.page.on(
            "request", lambda r: None if is_loopback(r.url) else self.problems.append(r.url)
        )
        self.url = f"{url or server.url}/console"
        self._password = (server.folder / "data" / "admin.password").read_text().strip()

    def sign_in(self, path: str = "/") -> Member:
        """Sign in and wait until the desk shows its list."""
        self.page.goto(self.url + path)
        self.page.get_by_label("账号").fill(self.account)
        self.page.get_by_label("密码").fill(self._password)
        self.page.keyboard.press("Enter")
        expect(self.page.locator("main[data-ready]")).to_be_visible(timeout=SLOWLY_MS)
        return self

    def row(self, words: str) -> Locator:
        """Return the row of the list that holds the words."""
        return self.page.get_by_test_id("row").filter(has_text=words)

    def open(self, words: str, tab: str = "等待") -> None:
        """Open the conversation whose row holds the words."""
        self.page.get_by_role("tab", name=tab).click()
        self.row(words).first.click(timeout=SLOWLY_MS)
        expect(self.lines.first).to_be_visible(timeout=SLOWLY_MS)

    def claim(self, words: str) -> None:
        """Open a waiting conversation and take it."""
        self.open(words)
        self.page.get_by_test_id("claim").click()
        expect(self.page.get_by_test_id("holder")).to_contain_text("您", timeout=SLOWLY_MS)

    def answer(self, words: str) -> Locator:
        """Write to the citizen; returns the line."""
        self.page.get_by_test_id("mode-answer").click()
        self.page.get_by_test_id("composer").fill(words)
        self.page.get_by_test_id("send").click()
        line = self.line(words)
        expect(line).to_be_visible(timeout=SLOWLY_MS)
        return line

    def note(self, words: str) -> None:
        """Write a note for colleagues."""
        self.page.get_by_test_id("mode-note").click()
        self.page.get_by_test_id("composer").fill(words)
        self.page.get_by_test_id("send").click()
        expect(self.line(words)).to_have_attribute("data-side", "note", timeout=SLOWLY_MS)

    def give_back(self) -> None:
        """Give the open conversation back to the bot."""
        self.page.get_by_test_id("give-back").click()
        self.page.get_by_role("button", name="交还", exact=True).click()
        expect(self.page.get_by_test_id("holder")).to_contain_text("机器人", timeout=SLOWLY_MS)

    @property
    def lines(self) -> Locator:
        """The lines of the open conversation."""
        return self.page.get_by_test_id("line")

    def line(self, words: str) -> Locator:
        """Return the line of the open conversation that holds the words."""
        return self.lines.filter(has_text=words)

    def close(self) -> None:
        """Close the browser's window; nothing unexpected may have happened in it."""
        self.context.close()
        assert self.problems == []

    def _heard(self, text: str) -> None:
        if REFUSED not in text and not any(words in text for words in GONE):
            self.problems.append(text)


Hire = Callable[..., Member]
"""What puts somebody at the desk; options as `Member`'s."""


def bot_lines(citizen: Citizen, *, after: str, until: str) -> list[str]:
    """Return what the phone was sent between two lines of the house, without what staff said."""
    texts = [m["text"] for m in citizen.messages() if m["direction"] == "out"]
    first = next(n for n, text in enumerate(texts) if after in text)
    last = next(n for n, text in enumerate(texts) if until in text)
    return texts[first + 1 : last]
