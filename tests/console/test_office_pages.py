"""The pages on the desk's cases over HTTP: whose turn it is, what is due, units, finding, and nothing where there is nothing."""

from __future__ import annotations

import pytest
from bs4 import BeautifulSoup

from tests.console.desk_side import Browser, HandClock, audited
from tests.console.office_side import (
    BESIDE,
    DISTRICT,
    STREET,
    Desk,
    SignIn,
    desk,
    fresh_desk,
    press,
    sign_in,
)

__all__ = ["desk", "fresh_desk", "sign_in"]


def numbers(page: BeautifulSoup) -> list[str]:
    return [found.text for found in page.select(".order .number")]


def counts(page: BeautifulSoup) -> dict[str, int]:
    links = page.select(".tabs a")
    assert len(links) >= 5
    return {
        str(link.find(string=True, recursive=False)).strip(): int(link.select_one(".many").text)  # type: ignore[union-attr]
        for link in links
    }


class TestQueue:
    def test_with_nothing_to_do_each_tab_says_so(self, sign_in: SignIn) -> None:
        for number in ("1024", "5001", "5002", "3001"):
            browser = sign_in(number)
            page = browser.soup("/desk")
            tabs = [str(a["href"]).partition("?")[2] for a in page.select(".tabs a")]
            assert len(tabs) == {"1024": 5, "3001": 5, "5001": 6, "5002": 5}[number]
            for tab in tabs:
                empty = browser.soup(f"/desk?{tab}").select_one(".empty .big")
                assert empty is not None
                assert "没有" in empty.text, tab
        assert "待我处理" in page.text

    def test_the_hotline_sees_what_waits_for_it_the_oldest_first(
        self, sign_in: SignIn, desk: Desk
    ) -> None:
        first, second = desk.file("甲事"), desk.file("乙事")
        desk.act(second, "accept")
        third = desk.sent("丙事")
        desk.act(third, "return_up", STREET, note="不属我们")
        page = sign_in("1024").soup("/desk")
        assert numbers(page) == [first, second, third]
        assert counts(page)["待我处理"] == 3
        chips = [" ".join(chip.text.split()) for chip in page.select(".chips a")]
        assert chips == ["待受理 1", "待转办 1", "退回待裁定 1"]
        hotline = sign_in("1024")
        assert numbers(hotline.soup("/desk?tab=todo&state=returned")) == [third]
        assert numbers(hotline.soup("/desk?tab=todo&state=closed")) == [first, second, third]
        steps = [found.text.strip() for found in page.select(".order .step")]
        assert steps == ["受理", "转办", "裁定"]

    def test_the_obvious_step_is_one_press_in_the_row(self, sign_in: SignIn, desk: Desk) -> None:
        number = desk.file()
        hotline = sign_in("1024")
        answer = hotline.submit("/desk", f"/{number}/steps/accept")
        assert answer.headers["Location"] == "/console/desk?tab=todo&note=done"
        assert desk.case(number).state.value == "accepted"
        desk.act(number, "dispatch", unit=STREET)
        street = sign_in("5002")
        for state in ("signed", "in_progress"):
            ending = {"signed": "sign", "in_progress": "start"}[state]
            assert street.submit("/desk", f"/steps/{ending}").status_code == 303
            assert desk.case(number).state.value == state

    def test_each_case_stands_in_its_tabs(
        self, sign_in: SignIn, desk: Desk, clock: HandClock
    ) -> None:
        waiting = desk.worked("等补充的")
        desk.act(waiting, "ask_material", STREET, note="是哪一栋")
        answered = desk.answered()
        late = desk.worked("超期的")
        clock.forward(days=9)
        soon = desk.sent("刚到的", DISTRICT)
        browser = sign_in("5001")
        page = browser.soup("/desk")
        assert counts(page) == {
            "待我处理": 1, "待市民补充": 0, "即将到期": 1, "已超期": 1, "下级单位": 2, "已回复": 1,
        }  # fmt: skip
        for tab, expected in {
            "todo": [soon],
            "waiting": [],
            "soon": [soon],
            "late": [late],
            "below": [late, waiting],
            "answered": [answered],
        }.items():
            assert numbers(browser.soup(f"/desk?tab={tab}")) == expected, tab
        page = sign_in("5002").soup("/desk?tab=waiting")
        assert numbers(page) == [waiting]
        assert page.select_one(".due.paused") is not None
        assert browser.soup("/desk?tab=late").select_one(".due.late") is not None
        assert counts(sign_in("1024").soup("/desk"))["待回访"] == 1

    def test_a_unit_below_can_be_looked_into_one_beside_cannot(
        self, sign_in: SignIn, desk: Desk
    ) -> None:
        number = desk.sent()
        browser = sign_in("5001")
        page = browser.soup(f"/desk?unit={STREET}")
        assert numbers(page) == [number]
        assert "翠苑街道办事处" in page.select("h1")[0].text
        assert page.select(".order .step") == [], "only the street itself signs"
        assert "我的工作" in browser.soup(f"/desk?unit={BESIDE}").select("h1")[0].text

    def test_long_lists_have_pages(self, sign_in: SignIn, desk: Desk) -> None:
        filed = [desk.file(f"第 {n} 件") for n in range(53)]
        browser = sign_in("1024")
        first = browser.soup("/desk")
        assert numbers(first) == filed[:50]
        (more,) = first.select("a[rel=next]")
        second = browser.soup(str(more["href"]).removeprefix("/console"))
        assert numbers(second) == filed[50:]
        assert second.select("a[rel=next]") == []
        assert numbers(browser.soup("/desk?page=0&tab=nonsense")) == filed[:50]


class TestDue:
    def test_alerts_climb_and_are_filtered_by_level(
        self, sign_in: SignIn, desk: Desk, clock: HandClock
    ) -> None:
        old = desk.worked("很久的")
        clock.forward(days=8)
        young = desk.worked("新的")
        browser = sign_in("5001")
        page = browser.soup("/desk/due")
        assert numbers(page) == [old]
        told = page.select_one(".climb")
        assert told is not None
        assert "1 级" in told.text
        clock.forward(days=3)
        desk.office.timekeeper.run_once()
        browser = sign_in("5001")
        page = browser.soup("/desk/due?level=3")
        assert numbers(page) == [old]
        told = page.select_one(".climb")
        assert told is not None
        assert "翠苑街道办事处 → 西湖区人民政府 → 市热线受理中心" in told.text
        assert numbers(browser.soup("/desk/due?level=1")) == []
        assert young not in page.text
        assert "超期 1" in browser.soup("/desk/due").select(".by-unit")[0].text

    def test_the_level_is_what_the_desk_told(
        self, sign_in: SignIn, desk: Desk, clock: HandClock
    ) -> None:
        number = desk.worked()
        seen = set()
        for _ in range(16):
            clock.forward(days=1)
            while desk.office.timekeeper.run_once():
                pass
            told = [s for s in desk.office.store.steps(number) if "alert" in s.data]
            over = sum(
                s.data["alert"]["is_over"] for s in told if s.data["alert"]["clock"] == "answer"
            )
            if not told:
                continue
            page = sign_in("5001").soup("/desk/due")
            assert numbers(page) == [number]
            said = "".join(line.text for line in page.select(".climb"))
            assert said.strip().startswith(f"{over} 级" if over else ""), (over, said)
            assert bool(said) == bool(over)
            seen.add(over)
        assert seen == {0, 1, 2, 3}

    def test_a_unit_sees_its_own_part(self, sign_in: SignIn, desk: Desk, clock: HandClock) -> None:
        desk.worked(at=STREET)
        clock.forward(days=20)
        assert sign_in("5003").soup("/desk/due").select(".empty") != []
        assert len(numbers(sign_in("1024").soup("/desk/due"))) == 1


class TestUnits:
    def test_each_unit_stands_in_the_tree_with_its_counts(
        self, sign_in: SignIn, desk: Desk, clock: HandClock
    ) -> None:
        desk.worked(at=STREET)
        clock.forward(days=20)
        desk.sent(to=DISTRICT)
        page = sign_in("1024").soup("/desk/units")
        assert len(page.select(".unit, summary")) >= 240
        (row,) = [d for d in page.select("summary") if "西湖区" in d.text]
        assert " ".join(row.text.split()) == "西湖区人民政府 超期 1 在办 2"
        page = sign_in("5001").soup("/desk/units")
        assert "拱墅区" not in page.text
        assert "翠苑街道办事处" in page.text
        page = sign_in("5002").soup("/desk/units")
        assert "没有下级单位" in page.text


class TestSearch:
    @pytest.mark.parametrize(
        ("asked", "found"),
        [
            ({"q": "烧烤"}, ["烧烤"]),
            ({"q": "人民路"}, ["烧烤"]),
            ({"state": "dispatched"}, ["路灯"]),
            ({"service": "0712"}, ["路灯"]),
            ({"unit": DISTRICT}, ["路灯"]),
            ({"unit": "12345"}, ["烧烤"]),
            ({"urgency": "urgent"}, []),
            ({"q": "没有的"}, []),
            ({}, ["路灯", "烧烤"]),
        ],
    )
    def test_by_words_place_service_state_unit(
        self, sign_in: SignIn, desk: Desk, asked: dict[str, str], found: list[str]
    ) -> None:
        from desk.records import Place

        desk.file("烧烤", place=Place("人民路18号"))
        desk.sent("路灯", service_code="0712")
        page = sign_in("1024").soup("/desk/search", **asked)
        assert [words.text for words in page.select(".summary")] == found
        assert bool(page.select(".empty")) == (not found)

    def test_by_number_and_within_what_one_may_see(self, sign_in: SignIn, desk: Desk) -> None:
        number = desk.sent()
        found = sign_in("5001").get("/desk/search", q=f" {number} ")
        assert found.headers["Location"] == f"/console/desk/cases/{number}"
        assert numbers(sign_in("5003").soup("/desk/search", q=number)) == []
        assert numbers(sign_in("5003").soup("/desk/search", unit=DISTRICT)) == []
        assert sign_in("5003").get("/desk/search", q="\0'%_\\").status_code == 200

    def test_hidden_words_find_nothing(self, sign_in: SignIn, desk: Desk) -> None:
        number = desk.sent("卖假烟", nature="tip_off", attributes={"nature": ["tip_off"]})
        browser = sign_in("5001")
        assert numbers(browser.soup("/desk/search", q="假烟")) == []
        assert numbers(browser.soup("/desk/search", state="dispatched")) == [number]

    def test_fifty_a_page(self, sign_in: SignIn, desk: Desk) -> None:
        for n in range(51):
            desk.file(f"第 {n} 件")
        browser = sign_in("1024")
        (more,) = browser.soup("/desk/search", q="件").select("a[rel=next]")
        assert numbers(browser.soup(str(more["href"]).removeprefix("/console")))


class TestCase:
    def test_the_whole_history_with_what_the_citizen_was_told(
        self, sign_in: SignIn, desk: Desk
    ) -> None:
        number = desk.sent()
        desk.act(number, "note", STREET, note="打过电话")
        page = sign_in("1024").soup(f"/desk/cases/{number}")
        entries = [" ".join(e.text.split()) for e in page.select(".step-entry")]
        assert len(entries) == 4
        assert entries[0].startswith("内部备注 翠苑街道办事处 1 某人")
        assert "未告知市民：内部备注" in entries[0]
        assert "单位：翠苑街道办事处" in entries[1]
        assert "告知市民：您反映的问题已转给翠苑街道办事处办理" in entries[1]
        assert "未告知市民：市民提交时已得到编号" in entries[3]

    def test_a_citizens_reopening_is_shown(self, sign_in: SignIn, desk: Desk) -> None:
        number = desk.answered()
        desk.citizen(number, "redo", note="昨晚又来了")
        page = sign_in("5002").soup(f"/desk/cases/{number}")
        first = page.select(".step-entry")[0]
        assert "重办 市民" in " ".join(first.text.split())
        assert "昨晚又来了" in first.text
        assert "市民要求重办" in page.select("h1")[0].text
        row = sign_in("5002").soup("/desk").select(".order")[0]
        assert "重办" in row.text

    def test_a_case_is_there_or_not(self, sign_in: SignIn) -> None:
        for number in ("1", "%00", "%2e%2e", "20261123-0001"):
            assert sign_in("1024").get(f"/desk/cases/{number}").status_code == 404

    def test_a_look_is_written_down(self, sign_in: SignIn, desk: Desk, record: object) -> None:
        number = desk.file()
        browser: Browser = sign_in("1024")
        for _ in range(2):
            browser.soup(f"/desk/cases/{number}")
        assert press(browser, number, "accept").status_code == 303
        assert audited(record, "office case viewed") == [("1024", f"order {number}", "")]  # type: ignore[arg-type]
        assert audited(record, "office step taken") == [("1024", f"order {number}", "accept")]  # type: ignore[arg-type]
