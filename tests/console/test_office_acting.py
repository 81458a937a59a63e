"""Carrying cases on over HTTP: what the forms send, what is refused and kept, who may do what, and what stays masked."""

from __future__ import annotations

import pytest
from bs4 import BeautifulSoup

from bot.storage.record import SqlRecord
from console.access import OFFICE_ROUTES, Permission
from desk.model.case import State, Verdict
from desk.records import Person, Place
from tests.console.desk_side import Browser, audited, complaint, store
from tests.console.office_side import (
    BESIDE,
    DISTRICT,
    PHONE,
    STREET,
    Desk,
    SignIn,
    desk,
    fresh_desk,
    press,
    sign_in,
)

__all__ = ["desk", "fresh_desk", "sign_in"]

BAD = "<img src=x onerror=alert(1)></textarea><script>alert(1)</script>"


def names_of(page: BeautifulSoup) -> set[str]:
    """Return the steps that a case's page offers."""
    return {
        str(form["action"]).rpartition("/")[2] for form in page.select("form[action*='/steps/']")
    }


def page_of(browser: Browser, number: str) -> BeautifulSoup:
    return browser.soup(f"/desk/cases/{number}")


class TestSteps:
    def test_dispatch_offers_the_suggested_unit_and_the_whole_tree(
        self, sign_in: SignIn, desk: Desk
    ) -> None:
        number = desk.file()
        desk.act(number, "accept")
        browser = sign_in("1024")
        page = page_of(browser, number)
        (select,) = page.select("form[action$='/dispatch'] select[name=unit]")
        chosen = select.select_one("option[selected]")
        assert chosen is not None
        assert chosen["value"] == STREET
        codes = {str(option["value"]) for option in select.select("option")}
        assert codes >= {unit.code for unit in desk.office.rules.units if unit.parent}
        assert press(browser, number, "dispatch", unit=DISTRICT).status_code == 303
        assert desk.case(number).unit == DISTRICT
        step = desk.office.store.steps(number)[-1]
        assert (step.actor.name, step.actor.unit) == ("1024 王芳", "12345")

    def test_a_return_needs_a_reason_and_the_ruling_binds(
        self, sign_in: SignIn, desk: Desk
    ) -> None:
        number = desk.sent()
        street, hotline = sign_in("5002"), sign_in("1024")
        refused = press(street, number, "return_up", note=" ")
        assert refused.status_code == 409
        assert "请写明原因或内容。" in refused.text
        gone = press(street, number, "return_up", note="不在我街道辖区")
        assert gone.headers["Location"] == "/console/desk?note=gone"
        assert street.get(f"/desk/cases/{number}").status_code == 404
        assert "不在我街道辖区" in page_of(hotline, number).text
        press(hotline, number, "rule", unit=STREET, note="地点在翠苑")
        assert desk.case(number).ruled
        again = press(street, number, "return_up", note="还是不对")
        assert again.status_code == 409
        assert "不能再退回" in again.text
        assert (
            "还是不对"
            in BeautifulSoup(again.text, "html.parser").select("details[open] textarea")[0].text
        )

    def test_an_answer_wants_its_template_edited_and_keeps_what_was_typed(
        self, sign_in: SignIn, desk: Desk
    ) -> None:
        number = desk.worked()
        browser = sign_in("5002")
        filled = press(browser, number, "reply", kind="explained", cause="", fill="1")
        (area,) = BeautifulSoup(filled.text, "html.parser").select("textarea[name=text]")
        assert "〔具体原因和依据〕" in area.text
        refused = press(
            browser, number, "reply", kind="explained", cause="资金或条件暂不具备", text=area.text
        )
        assert refused.status_code == 409
        page = BeautifulSoup(refused.text, "html.parser")
        assert page.select("details[open] .notice.bad")[0].text == "答复里还有〔〕没有填写。"
        assert page.select("input[name=kind][checked]")[0]["value"] == "explained"
        assert page.select("select[name=cause] option[selected]")[0].text == "资金或条件暂不具备"
        text = "明年预算才能安排。您可以先走东门。"
        sent = press(
            browser,
            number,
            "reply",
            kind="explained",
            cause="资金或条件暂不具备",
            text=text,
            body="别人",
            until="2099-01-01",
        )
        assert sent.status_code == 303
        outcome = desk.case(number).outcome
        assert outcome is not None
        assert (outcome.kind, outcome.unit, outcome.body, outcome.until) == (
            "explained",
            "翠苑街道办事处",
            "",
            None,
        )

    def test_every_other_step_of_a_unit(self, sign_in: SignIn, desk: Desk) -> None:
        number = desk.sent(to=DISTRICT)
        browser = sign_in("5001")
        for step, typed, state in (
            ("sign", {}, State.SIGNED),
            ("start", {}, State.IN_PROGRESS),
            ("ask_material", {"note": "哪一栋"}, State.WAITING),
            ("resume", {"note": "电话问到了"}, State.IN_PROGRESS),
            ("extend", {"note": "要排期", "day": "2027-01-15"}, State.IN_PROGRESS),
            ("say", {"note": "明天去"}, State.IN_PROGRESS),
            ("note", {"note": "打过电话"}, State.IN_PROGRESS),
            ("send_down", {"unit": STREET}, State.DISPATCHED),
        ):
            assert press(browser, number, step, **typed).status_code == 303, step
            assert desk.case(number).state is state, step
        assert names_of(page_of(browser, number)) == {"note"}
        page = page_of(sign_in("5002"), number)
        assert "首接单位" in page.text
        assert press(sign_in("5002"), number, "return_up", note="办不了").status_code == 303
        assert desk.case(number).unit == DISTRICT

    def test_every_other_step_of_the_hotline(self, sign_in: SignIn, desk: Desk) -> None:
        browser = sign_in("1024")
        number, other = desk.file(), desk.sent()
        assert press(browser, number, "grade", urgency="urgent", topic="供暖").status_code == 303
        case = desk.case(number)
        assert (case.urgency, case.topic, case.service) == ("urgent", "供暖", "1351")
        assert "请选择要改的" in press(browser, number, "grade").text
        assert press(browser, number, "merge", into="没有").status_code == 409
        assert press(browser, number, "merge", into=other).status_code == 303
        assert f"/desk/cases/{other}" in str(
            page_of(browser, number).select(".notice a")[0]["href"]
        )
        answered = desk.answered()
        assert press(browser, answered, "follow_up").status_code == 409
        press(
            browser, answered, "follow_up", solved="no", degree="1", contacted="no", reason="还在吵"
        )
        assert desk.case(answered).verdict == Verdict(False, "no", 1, None, None, "还在吵")
        assert "没有解决" in page_of(browser, answered).text
        assert press(browser, answered, "redo", note="市民不满意").status_code == 303
        assert desk.case(answered).state is State.IN_PROGRESS

    def test_a_merge_takes_the_citizens_receipt_number_too(
        self, sign_in: SignIn, desk: Desk, record: SqlRecord
    ) -> None:
        number, other = desk.file(), desk.sent()
        store(record, complaint(backend_id=other))
        press(sign_in("1024"), number, "merge", into="HZ-261123-0001")
        assert desk.case(number).merged_into == other
        found = sign_in("1024").get("/desk/search", q="hz-261123-0001")
        assert found.headers["Location"].endswith(f"/desk/cases/{other}")
        assert "HZ-261123-0001" in page_of(sign_in("1024"), other).select(".case-head")[0].text

    def test_a_second_press_is_the_same_step_and_an_old_page_is_refused(
        self, sign_in: SignIn, desk: Desk
    ) -> None:
        number = desk.worked()
        browser = sign_in("5002")
        (form,) = page_of(browser, number).select("form[action$='/note']")
        data = {str(i["name"]): str(i["value"]) for i in form.select("input")} | {"note": "一次"}
        path = f"/desk/cases/{number}/steps/note"
        assert [browser.post(path, data).status_code for _ in range(2)] == [303, 303]
        assert sum(step.name == "note" for step in desk.office.store.steps(number)) == 1
        refused = browser.post(path, {**data, "note": "第二次"})
        assert refused.status_code == 409
        assert "刚刚有了新的进展" in refused.text
        assert "第二次" in refused.text

    @pytest.mark.parametrize("step", ["file", "alert", "update", "no_answer", "nonsense"])
    def test_what_is_nobodys_step_is_refused(self, sign_in: SignIn, desk: Desk, step: str) -> None:
        number = desk.worked()
        browser = sign_in("5002")
        token = browser.hidden(f"/desk/cases/{number}", "csrf")
        answer = browser.post(f"/desk/cases/{number}/steps/{step}", {"csrf": token})
        assert answer.status_code == 409
        assert BeautifulSoup(answer.text, "html.parser").select("[role=alert]") != []


class TestRights:
    def test_the_buttons_are_those_of_ones_post(self, sign_in: SignIn, desk: Desk) -> None:
        number = desk.sent()
        expected = {
            "1024": {"grade", "merge", "note", "say"},
            "5001": {"note"},
            "5002": {"sign", "return_up", "note", "say"},
            "3001": set(),
            "5009": set(),
        }
        for who, steps in expected.items():
            assert names_of(page_of(sign_in(who), number)) == steps, who

    def test_another_units_case_is_not_there(self, sign_in: SignIn, desk: Desk) -> None:
        number = desk.sent()
        browser = sign_in("5003")
        token = browser.hidden("/desk/search", "csrf")
        assert browser.get(f"/desk/cases/{number}").status_code == 404
        for path in ("/steps/note", "/steps/sign", "/reveal"):
            answer = browser.post(
                f"/desk/cases/{number}{path}", {"csrf": token, "note": "x", "field": "phone"}
            )
            assert answer.status_code == 404, path
        assert len(desk.office.store.steps(number)) == 3
        desk.act(number, "return_up", STREET, note="不属我们")
        assert sign_in("5001").get(f"/desk/cases/{number}").status_code == 404
        desk.act(number, "rule", unit=BESIDE, note="属拱墅")
        assert browser.get(f"/desk/cases/{number}").status_code == 200

    def test_who_answers_for_a_case_sees_it_while_one_below_has_it(
        self, sign_in: SignIn, desk: Desk
    ) -> None:
        number = desk.worked(at=DISTRICT)
        desk.act(number, "send_down", DISTRICT, unit=STREET)
        assert sign_in("5001").get(f"/desk/cases/{number}").status_code == 200

    def test_an_observer_looks_and_does_nothing(self, sign_in: SignIn, desk: Desk) -> None:
        number = desk.sent()
        browser = sign_in("5009")
        token = browser.hidden("/desk/search", "csrf")
        for path in (f"/desk/cases/{number}/steps/note", f"/desk/cases/{number}/reveal"):
            answer = browser.post(path, {"csrf": token, "note": "x", "field": "phone"})
            assert answer.status_code == 403
            assert "您的账号没有这项权限" in answer.text
        page = page_of(browser, number)
        assert page.select(".reveal") == []

    def test_members_of_a_unit_see_no_conversation_and_no_complaint_of_others(
        self, sign_in: SignIn, record: SqlRecord
    ) -> None:
        store(record, complaint())
        browser = sign_in("5001")
        assert browser.get("/").headers["Location"] == "/console/desk"
        links = [str(a["href"]) for a in browser.soup("/desk").select("nav a")]
        assert links == ["/console/desk"]
        for path in ("/cases", "/cases/c1", "/live.json", "/colleagues.json", "/canned"):
            assert browser.get(path).status_code == 403, path

    def test_each_address_wants_its_role_and_the_forms_token(
        self, sign_in: SignIn, desk: Desk
    ) -> None:
        number = desk.sent()
        browser = sign_in("1024")
        assert {r.name for r in browser.app.routes} >= set(OFFICE_ROUTES)  # type: ignore[attr-defined]
        posts = [f"/desk/cases/{number}/steps/note", f"/desk/cases/{number}/reveal"]
        assert len(posts) == sum(p is Permission.CASEWORK for p in OFFICE_ROUTES.values())
        for path in posts:
            for data in ({}, {"csrf": "0" * 64}, {"csrf": sign_in("1024").hidden("/desk", "csrf")}):
                answer = browser.post(path, {"note": "x", "field": "phone", **data})
                assert answer.status_code == 403, path
        assert len(desk.office.store.steps(number)) == 3
        guest = Browser(browser.url)
        for path in ("/desk", "/desk/due", "/desk/units", "/desk/search", f"/desk/cases/{number}"):
            assert guest.get(path).status_code == 303
            assert browser.get(path).status_code == 200


class TestMasked:
    def test_who_told_it_is_masked_until_asked_and_that_is_written_down(
        self, sign_in: SignIn, desk: Desk, record: SqlRecord
    ) -> None:
        number = desk.sent(f"太吵了，打我电话 {PHONE}")
        desk.citizen(number, "add_material", note="换号了 13987654321")
        browser = sign_in("5002")
        page = page_of(browser, number)
        assert PHONE not in page.text
        assert "13987654321" not in page.text
        assert "王小明" not in page.text
        assert PHONE not in browser.soup("/desk").text
        token = browser.hidden("/desk", "csrf")
        path = f"/desk/cases/{number}/reveal"
        shown = browser.post(path, {"csrf": token, "field": "phone"})
        assert shown.text.count(PHONE) == 1
        assert "13987654321" not in shown.text
        headers = {"X-CSRF-Token": token}
        parts = browser.session.post(
            browser.url + path, json={"field": "words"}, headers=headers, timeout=10
        ).json()["parts"]
        assert parts["市民原话"].endswith(PHONE)
        assert parts["说明 4"] == "换号了 13987654321"
        assert audited(record, "office case revealed") == [
            ("5002", f"order {number}", "phone"),
            ("5002", f"order {number}", "words"),
        ]
        assert browser.post(path, {"csrf": token, "field": "x"}).status_code == 400

    def test_a_confidential_case_is_told_on_its_own_page_only(
        self, sign_in: SignIn, desk: Desk, record: SqlRecord
    ) -> None:
        secret = {"nature": "tip_off", "attributes": {"nature": ["tip_off"]}}
        number = desk.sent("卖假烟的在三楼", place=Place("文一路小学东门"), **secret)
        asked = desk.sent(
            "别说是我\n（请为市民保密，勿向被反映方透露其身份）", place=Place("文一路小学西门")
        )
        browser = sign_in("5002")
        listed = browser.soup("/desk").text
        for words in ("假烟", "文一路", "别说是我"):
            assert words not in listed
        for one in (number, asked):
            page = page_of(browser, one)
            assert "文一路" not in page.text
            assert "王" not in page.select("[data-part=称呼]")[0].text
            assert page_of(browser, one).select("[data-part=市民原话]")[0].text == "保密"
        assert len(audited(record, "office case viewed")) == 4, "each look is written down"

    def test_what_is_attached_to_a_confidential_case_is_hidden_with_the_words(
        self, sign_in: SignIn, desk: Desk
    ) -> None:
        urls = ("https://office.example/media/abc.def", "https://elsewhere.example/a.jpg")
        open_, secret = (
            desk.sent(nature=nature, attributes={"nature": [nature]}, media_urls=urls)
            for nature in ("complaint", "tip_off")
        )
        browser = sign_in("5002")
        page = page_of(browser, open_)
        assert [img["src"] for img in page.select(".photos img")] == ["/media/abc.def"]
        assert page.select(".photos a")[1]["href"] == urls[1]
        page = page_of(browser, secret)
        assert page.select(".photos") == []
        assert "有 2 个附件" in page.text
        (form,) = [f for f in page.select(".reveal") if f.select_one("[value=words]")]
        assert not form.has_attr("data-reveal"), "the attachments are on the next page only"
        token = browser.hidden("/desk", "csrf")
        path = f"/desk/cases/{secret}/reveal"
        for field, shown in (("phone", 0), ("words", 2)):
            text = browser.post(path, {"csrf": token, "field": field}).text
            assert len(BeautifulSoup(text, "html.parser").select(".photos a")) == shown

    def test_hostile_text_stays_text(self, sign_in: SignIn, desk: Desk) -> None:
        person = Person(first_name=BAD, phone=BAD)
        number = desk.worked(
            BAD,
            place=Place(BAD),
            person=person,
            media_urls=("javascript:alert(1)", "https://x/media/%22%3E<b>", "https://y/a.jpg"),
        )
        browser = sign_in("5002")
        refused = press(browser, number, "extend", note=BAD, day="2020-01-01")
        press(browser, number, "note", note=BAD)
        pages = [
            BeautifulSoup(refused.text, "html.parser"),
            page_of(browser, number),
            browser.soup("/desk"),
            browser.soup("/desk/search", q=BAD),
            browser.soup("/desk/due"),
        ]
        for page in pages:
            assert all(script.get("src") for script in page.select("script"))
            assert page.select("img[src=x], b[onclick]") == []
            assert not [
                a for a in page.select("a") if str(a.get("href", "")).startswith("javascript")
            ]
        assert "<script>" in pages[1].text


def test_without_the_embedded_desk_there_is_no_page_and_no_menu_entry(staff: Browser) -> None:
    for path in ("/desk", "/desk/due", "/desk/units", "/desk/search", "/desk/cases/1"):
        assert staff.get(path).status_code == 404, path
    assert "工单" not in staff.soup("/cases").select("nav")[0].text
    assert staff.soup("/accounts").select("[name=unit]") == []
