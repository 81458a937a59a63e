"""News over a real web socket: what changed, who writes, who is there; who may listen, and when it ends."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest
import redis
import websockets
from websockets.exceptions import ConnectionClosed, InvalidStatusCode

from bot.model.conversation import Holder, WaitReason
from bot.model.errors import RetryLater
from bot.model.staff import Presence
from bot.ports import CHANGED, PRESENCE
from bot.storage.motion.connect import open_sync
from bot.storage.motion.presences import RedisPresences
from bot.storage.record import SqlRecord
from console.pages.watching import Watching
from console.parts import ServingParts
from tests.console.conftest import OpenConsole
from tests.console.desk_side import START, Browser, Platform, change, waits

PATIENCE_S = 15.0
MARK = {"topic": "changed", "conversation": "the end"}
BrowserOf = Callable[[str], Browser]


class Page:
    """An open page: it answers beats by itself, as the desk's script does."""

    def __init__(self, socket: Any, *, answers: bool = True) -> None:
        self._socket = socket
        self._answers = answers

    async def next(self) -> dict[str, Any]:
        """Return what the server says next, beats left out."""
        while True:
            news: dict[str, Any] = json.loads(
                await asyncio.wait_for(self._socket.recv(), PATIENCE_S)
            )
            if news != {"topic": "beat"}:
                return news
            if self._answers:
                await self.say({"beat": True})

    async def until(self, topic: str) -> dict[str, Any]:
        while True:
            news = await self.next()
            if news["topic"] == topic:
                return news

    async def before_mark(self) -> list[dict[str, Any]]:
        """Return everything up to `MARK`."""
        found = []
        while (news := await self.next()) != MARK:
            found.append(news)
        return found

    async def say(self, words: Any) -> None:
        await self._socket.send(words if isinstance(words, str | bytes) else json.dumps(words))

    async def closed(self) -> int:
        """Return the code with which the server closes."""
        try:
            while True:
                await self.next()
        except ConnectionClosed:
            return int(self._socket.close_code)


@asynccontextmanager
async def opened(
    browser: Browser, *, answers: bool = True, origin: str | None = None
) -> AsyncIterator[Page]:
    """Open the desk's socket as a browser does, with its cookie and origin."""
    site = browser.url.removesuffix("/console")
    cookies = "; ".join(f"{c.name}={c.value}" for c in browser.session.cookies)
    async with websockets.connect(
        f"{browser.url.replace('http', 'ws', 1)}/events",
        origin=site if origin is None else origin,
        extra_headers={"Cookie": cookies},
    ) as socket:
        yield Page(socket, answers=answers)


async def in_thread(act: Callable[[], Any]) -> Any:
    return await asyncio.get_running_loop().run_in_executor(None, act)


def run(work: Awaitable[None]) -> None:
    async def all_of_it() -> None:
        await work

    asyncio.run(all_of_it())


@pytest.fixture
def anna(record: SqlRecord) -> str:
    return waits(record, "anna", WaitReason.ASKED, START, "转人工")


@pytest.fixture
def fang(browser_of: BrowserOf) -> Browser:
    return browser_of("1024")


@pytest.fixture
def qiang(browser_of: BrowserOf) -> Browser:
    return browser_of("1031")


def test_a_page_is_told_to_read_all_and_then_what_changes(fang: Browser, anna: str) -> None:
    async def story() -> None:
        async with opened(fang) as page:
            assert await page.until("resync") == {"topic": "resync"}
            await in_thread(lambda: fang.act(f"/conversations/{anna}/claim"))
            assert await page.until("changed") == {"topic": "changed", "conversation": anna}

    run(story())


def test_every_open_page_hears_of_it(fang: Browser, qiang: Browser, serving: ServingParts) -> None:
    async def story() -> None:
        async with opened(fang) as one, opened(qiang) as two, opened(qiang) as three:
            pages = (one, two, three)
            for page in pages:
                await page.until("resync")
            serving.live.publish(CHANGED, {"conversation": "x"})
            for page in pages:
                assert (await page.until("changed"))["conversation"] == "x"

    run(story())


def test_whose_page_answers_is_there_and_all_are_told(
    fang: Browser, qiang: Browser, serving: ServingParts
) -> None:
    async def story() -> None:
        async with opened(qiang) as page:
            await page.until("resync")
            await page.until("presence")  # their own coming
            async with opened(fang) as other:
                await other.until("resync")
                await other.until("presence")
                await page.until("presence")
                assert serving.presences.present() == dict.fromkeys(
                    ("1024", "1031"), Presence.READY
                )
            await in_thread(lambda: qiang.act("/presence", presence="away"))
            await page.until("presence")
            assert serving.presences.present()["1031"] is Presence.AWAY

    run(story())


def test_who_closes_the_page_is_gone_after_a_grace_and_all_are_told(
    fang: Browser, qiang: Browser, serving: ServingParts
) -> None:
    async def story() -> None:
        async with opened(qiang) as page:
            await page.until("resync")
            async with opened(fang) as other:
                while "1024" not in serving.presences.present():  # the first may be Qiang's own
                    await other.until("presence")
            while "1024" in serving.presences.present():
                await page.until("presence")

    run(story())


def test_an_observers_page_counts_for_nobody(
    browser_of: BrowserOf, platform: Platform, serving: ServingParts, anna: str
) -> None:
    async def story() -> None:
        async with opened(browser_of("3001")) as page:
            await page.until("resync")
            await page.say({"beat": True})
            await page.say({"typing": anna})
            await page.say({"beat": True})
            serving.live.publish(CHANGED, {"conversation": "the end"})
            assert await page.before_mark() == []
        assert serving.presences.present() == {}

    run(story())


def test_that_a_colleague_writes_is_seen_by_others_and_by_the_citizen_they_hold(
    fang: Browser, qiang: Browser, record: SqlRecord, platform: Platform, anna: str
) -> None:
    change(record, anna, holder=Holder.STAFF, agent="1024")

    async def story() -> None:
        async with opened(fang) as one, opened(fang) as own, opened(qiang) as other:
            for page in (one, own, other):
                await page.until("resync")
            await one.say({"typing": anna})
            assert await other.until("typing") == {
                "topic": "typing",
                "conversation": anna,
                "number": "1024",
                "name": "王芳",
            }
            await one.say({"typing": anna})  # too soon: heard by nobody
            await other.say({"typing": anna})  # who does not hold the citizen
            assert (await one.until("typing"))["number"] == "1031"
        assert platform.typed == ["anna"]

    run(story())


def test_one_does_not_hear_oneself_write(
    fang: Browser, serving: ServingParts, record: SqlRecord, anna: str, qiang: Browser
) -> None:
    async def story() -> None:
        async with opened(fang) as one, opened(qiang) as other:
            for page in (one, other):
                await page.until("resync")
            await one.say({"typing": anna})
            await other.until("typing")
            serving.live.publish(CHANGED, {"conversation": "the end"})
            assert [n["topic"] for n in await one.before_mark() if n["topic"] != "presence"] == []

    run(story())


def test_a_citizen_is_told_at_most_every_ten_seconds_and_wechats_no_is_no_harm(
    guest: Browser, record: SqlRecord, platform: Platform, clock: Any, anna: str
) -> None:
    change(record, anna, holder=Holder.STAFF, agent="1024")
    watching = Watching(guest.app.state.site, "")
    with record.reading() as unit:
        fang = unit.staff.get("1024")
        qiang = unit.staff.get("1031")
    assert fang
    assert qiang
    watching.types(qiang, anna)
    watching.types(fang, "nobody")
    assert platform.typed == []
    for seconds, told in ((0, 1), (9, 1), (1, 2)):
        clock.forward(seconds=seconds)
        watching.types(fang, anna)
        assert platform.typed == ["anna"] * told
    platform.failure = RetryLater("wechat", "-1", "busy")
    clock.forward(seconds=10)
    watching.types(fang, anna)
    platform.failure = None
    clock.forward(seconds=10)
    change(record, anna, citizen=None, following=False)
    watching.types(fang, anna)
    assert platform.typed == ["anna"] * 2


def test_a_page_that_is_not_signed_in_or_not_ours_hears_nothing(
    guest: Browser, fang: Browser
) -> None:
    async def refused(browser: Browser, origin: str | None = None) -> None:
        with pytest.raises(InvalidStatusCode) as refusal:
            async with opened(browser, origin=origin):
                pass
        assert refusal.value.status_code == 403

    run(refused(Browser(guest.url)))
    run(refused(fang, "http://evil.example"))


@pytest.fixture
def quick(open_console: OpenConsole) -> Browser:
    """1024 on a console that beats quickly."""
    browser = open_console(beat_s=0.3)
    assert browser.sign_in(account="1024").status_code == 303
    return browser


def test_a_session_that_ends_ends_the_socket_with_a_code_of_its_own(quick: Browser) -> None:
    async def story() -> None:
        async with opened(quick) as page:
            await page.until("resync")
            await in_thread(lambda: quick.submit("/password", "/sign-out"))
            assert await page.closed() == 4401

    run(story())


def test_an_account_that_is_turned_off_hears_no_more(quick: Browser, record: SqlRecord) -> None:
    async def story() -> None:
        async with opened(quick) as page:
            await page.until("resync")
            with record.unit() as unit:
                member = unit.staff.get("1024")
                assert member
                member.active = False
                unit.staff.save(member)
            assert await page.closed() == 4401

    run(story())


def test_a_page_that_answers_no_beat_is_let_go(quick: Browser) -> None:
    async def story() -> None:
        async with opened(quick, answers=False) as page:
            assert await page.closed() == 1001

    run(story())


def test_a_page_that_answers_stays(quick: Browser, serving: ServingParts) -> None:
    async def story() -> None:
        async with opened(quick) as page:
            socket = page._socket
            for _ in range(6):  # twice as long as a silent one would stay
                while json.loads(await socket.recv()) != {"topic": "beat"}:
                    pass
                await page.say({"beat": True})
            serving.live.publish(CHANGED, {"conversation": "the end"})
            await page.before_mark()

    run(story())


@pytest.mark.parametrize(
    "nonsense",
    ["{", "[]", "7", '"beat"', '{"beat": 1, "typing": 2}', "[" * 400, "x" * 100_000, "null"],
)
def test_nonsense_is_not_answered_and_ends_nothing(
    fang: Browser, serving: ServingParts, nonsense: str
) -> None:
    async def story() -> None:
        async with opened(fang) as page:
            await page.until("resync")
            await page.say(nonsense)
            await page.say({"beat": True})
            await page.until("presence")
            serving.live.publish(CHANGED, {"conversation": "the end"})
            await page.before_mark()

    run(story())


def test_bytes_end_the_socket_quietly(fang: Browser) -> None:
    async def story() -> None:
        async with opened(fang) as page:
            await page.until("resync")
            await page.say(b"\0\xff")
            assert await page.closed() in (1000, 1006, 1011, 1003)

    run(story())


def test_after_redis_was_lost_a_page_is_told_to_read_all_again(
    fang: Browser, serving: ServingParts, client: redis.Redis
) -> None:
    async def story() -> None:
        async with opened(fang) as page:
            await page.until("resync")
            assert client.execute_command("CLIENT", "KILL", "TYPE", "pubsub") == 1
            await page.until("resync")
            serving.live.publish(CHANGED, {"conversation": "the end"})
            await page.before_mark()

    run(story())


def test_while_redis_is_away_a_beat_ends_nothing(guest: Browser, serving: ServingParts) -> None:
    away = RedisPresences(open_sync("redis://127.0.0.1:1"))
    site = replace(guest.app.state.site, serving=replace(serving, presences=away))
    watching = Watching(site, "")
    watching.beaten("1024")
    watching.left("1024")
    watching.tell_if_gone("1024")
    assert not watching.is_signed_in()


def test_a_beat_that_was_on_its_way_when_the_page_went_counts_for_nothing(
    guest: Browser, serving: ServingParts
) -> None:
    gone, open_still = (Watching(guest.app.state.site, "") for _ in range(2))
    gone.left("1024")
    gone.beaten("1024")
    assert serving.presences.present() == {}

    open_still.beaten("1024")
    assert "1024" in serving.presences.present()


def test_the_list_and_colleagues_are_shown_while_redis_is_away(
    serving: ServingParts, open_console: OpenConsole
) -> None:
    away = replace(serving, presences=RedisPresences(open_sync("redis://127.0.0.1:1")))
    browser = open_console(serving=away)
    browser.sign_in(account="1024")
    assert browser.json("/live.json")["me"]["presence"] == "gone"
    assert {c["presence"] for c in browser.json("/colleagues.json")["colleagues"]} == {"gone"}
    assert browser.act("/presence", presence="away").status_code == 503


def test_presence_is_news(serving: ServingParts, fang: Browser) -> None:
    async def story() -> None:
        async with opened(fang) as page:
            await page.until("resync")
            await page.until("presence")
            serving.live.publish(PRESENCE, {})
            assert await page.until("presence") == {"topic": "presence"}

    run(story())
