"""Canned answers: whose they are, who may change them, what one may look like, and the first ones of a new record."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import requests

from app.catalog import Catalog
from app.settings import ROOT
from bot.model.conversation import WaitReason
from bot.model.staff import CannedAnswer
from bot.storage.record import SqlRecord
from console.canned import VARIABLES, check, seed
from tests.console.desk_side import START, Browser, audited, waits

SignIn = Callable[[str], Browser]


@pytest.fixture
def agent(browser_of: SignIn) -> Browser:
    return browser_of("1024")


@pytest.fixture
def supervisor(browser_of: SignIn) -> Browser:
    return browser_of("2001")


def put(browser: Browser, **changes: str) -> requests.Response:
    fields = {"code": "hd", "title": "好的", "text": "好的，马上办。"}
    token = browser.hidden("/canned", "csrf")
    return browser.post("/canned", {"csrf": token, **fields, **changes})


def remove(browser: Browser, answer_id: int | str) -> requests.Response:
    token = browser.hidden("/canned", "csrf")
    return browser.post("/canned/remove", {"csrf": token, "id": str(answer_id)})


def kept(record: SqlRecord, owner: str) -> list[CannedAnswer]:
    with record.reading() as unit:
        return [answer for answer in unit.canned.of(owner) if answer.owner == owner]


def shown(browser: Browser, whose: str) -> list[str]:
    return [c.text for c in browser.soup("/canned").select(f"[aria-labelledby={whose}] li .code")]


class TestWhose:
    def test_an_agents_own_is_seen_by_them_alone(
        self, agent: Browser, browser_of: SignIn, record: SqlRecord
    ) -> None:
        assert put(agent).headers["Location"] == "/console/canned?note=saved"
        assert [(a.code, a.title, a.text) for a in kept(record, "1024")] == [
            ("hd", "好的", "好的，马上办。")
        ]
        assert shown(agent, "own") == ["/hd"]
        for number in ("1031", "2001", "0001"):
            assert shown(browser_of(number), "own") == []

    def test_a_supervisors_is_everybodys_if_they_say_so(
        self, supervisor: Browser, agent: Browser, record: SqlRecord
    ) -> None:
        put(supervisor, owner="all")
        put(supervisor, code="mine")
        assert [a.code for a in kept(record, "")] == ["hd"]
        assert [a.code for a in kept(record, "2001")] == ["mine"]
        assert shown(agent, "everybodys") == ["/hd"]
        forms = agent.soup("/canned").select("[aria-labelledby=everybodys] form")
        assert forms == [], "no button that would be refused"

    def test_an_agent_cannot_make_change_or_remove_everybodys(
        self, agent: Browser, supervisor: Browser, record: SqlRecord
    ) -> None:
        assert put(agent, owner="all").status_code == 403
        put(supervisor, owner="all")
        (answer,) = kept(record, "")
        assert put(agent, id=str(answer.id), text="改了").status_code == 403
        assert remove(agent, answer.id).status_code == 403
        assert kept(record, "") == [answer]

    def test_nobody_touches_anothers_own(
        self, agent: Browser, supervisor: Browser, record: SqlRecord
    ) -> None:
        put(agent)
        (answer,) = kept(record, "1024")
        for owner in ("own", "all"):
            changed = put(supervisor, id=str(answer.id), text="改了", owner=owner)
            assert changed.status_code == 403
        assert remove(supervisor, answer.id).status_code == 403
        assert kept(record, "1024") == [answer]

    def test_observers_do_not_come_here(self, browser_of: SignIn) -> None:
        observer = browser_of("3001")
        assert observer.get("/canned").status_code == 403
        token = {"csrf": observer.hidden("/cases", "csrf")}
        assert observer.post("/canned", token).status_code == 403
        assert observer.post("/canned/remove", token).status_code == 403


class TestChanging:
    def test_it_is_changed_and_removed_and_each_is_written_down(
        self, agent: Browser, record: SqlRecord
    ) -> None:
        put(agent)
        (answer,) = kept(record, "1024")
        put(agent, id=str(answer.id), code="HD2", text="换句话")
        assert [(a.id, a.code, a.text) for a in kept(record, "1024")] == [
            (answer.id, "hd2", "换句话")
        ]
        assert remove(agent, answer.id).headers["Location"] == "/console/canned?note=removed"
        assert remove(agent, answer.id).status_code == 303, "gone is gone"
        assert kept(record, "1024") == []
        saved = audited(record, "canned answer saved")
        assert sorted(saved) == [
            ("1024", f"canned {answer.id}", "own /hd"),
            ("1024", f"canned {answer.id}", "own /hd2"),
        ]
        assert audited(record, "canned answer removed") == [
            ("1024", f"canned {answer.id}", "own /hd2")
        ]

    def test_an_owner_has_a_code_once(self, agent: Browser, record: SqlRecord) -> None:
        put(agent)
        again = put(agent, code="/HD", text="另一句")
        assert again.status_code == 422
        assert "已经有这个短码了" in again.text
        assert ">另一句</textarea>" in again.text
        put(agent, code="b")
        other, _ = kept(record, "1024")
        assert put(agent, id=str(other.id), code="hd").status_code == 422
        assert [a.code for a in kept(record, "1024")] == ["b", "hd"]

    def test_what_was_removed_meanwhile_is_not_lost(
        self, agent: Browser, record: SqlRecord
    ) -> None:
        answer = put(agent, id="4711", text="写了很久的话")
        assert answer.status_code == 422
        assert "刚刚被别人删除了" in answer.text
        assert ">写了很久的话</textarea>" in answer.text
        assert kept(record, "1024") == []

    @pytest.mark.parametrize(
        ("changes", "field"),
        [
            ({"code": ""}, "code"),
            ({"code": "h d"}, "code"),
            ({"code": "好的！"}, "code"),
            ({"code": "x" * 17}, "code"),
            ({"title": "  "}, "title"),
            ({"title": "名" * 31}, "title"),
            ({"text": " \r\n "}, "text"),
            ({"text": "长" * 501}, "text"),
            ({"text": "您好 {名字}"}, "text"),
            ({"text": "您好 {}"}, "text"),
        ],
    )
    def test_what_is_wrong_is_said_beside_the_field(
        self, agent: Browser, record: SqlRecord, changes: dict[str, str], field: str
    ) -> None:
        answer = put(agent, **changes)
        assert answer.status_code == 422
        assert answer.text.count(f'id="wrong-{field}"') == 1
        assert answer.text.count(f'aria-describedby="wrong-{field}"') == 1
        assert kept(record, "1024") == []

    @pytest.mark.parametrize("code", ["a", "你好", "2b", "x" * 16, "/hd", "／HD"])
    def test_codes_are_letters_digits_and_chinese(
        self, agent: Browser, record: SqlRecord, code: str
    ) -> None:
        assert put(agent, code=code).status_code == 303
        (answer,) = kept(record, "1024")
        assert answer.code == code.strip("/／").lower()

    @pytest.mark.parametrize("given", ["x", "-1", "1" * 11, "１"])
    def test_an_id_that_is_none_is_refused(self, agent: Browser, given: str) -> None:
        assert put(agent, id=given).status_code == 400
        assert remove(agent, given).status_code == 400

    def test_what_is_in_it_is_shown_as_text(self, agent: Browser) -> None:
        put(agent, title="<b>x", text="</textarea><script>alert(1)</script>")
        assert "<script>alert" not in agent.get("/canned").text


class TestVariables:
    def test_every_variable_is_explained_on_the_page(self, agent: Browser) -> None:
        named = [dt.text for dt in agent.soup("/canned").select("[aria-labelledby=variables] dt")]
        assert named == ["{工号}", "{姓名}", "{受理编号}", "{地点}", "{值班时间}"]

    def test_every_variable_is_filled_in_where_it_is_used(
        self, agent: Browser, record: SqlRecord
    ) -> None:
        put(agent, text="|".join(f"{{{name}}}" for name in VARIABLES))
        anna = waits(record, "anna", WaitReason.ASKED, START)
        (answer,) = agent.json(f"/conversations/{anna}/canned.json")["answers"]
        assert answer["text"] == "1024|王芳|（暂无）|（暂无）|工作日 8:30–18:00"


class TestFirstOnes:
    answers = Catalog.load(ROOT / "catalog").canned

    def test_the_shipped_ones_are_sound(self) -> None:
        assert len(self.answers) >= 10
        assert all(check(answer) == {} and answer.owner == "" for answer in self.answers)

    def test_a_new_record_gets_them_once(self, record: SqlRecord) -> None:
        seed(record, self.answers)
        found = kept(record, "")
        assert {a.code for a in found} == {a.code for a in self.answers}
        with record.unit() as unit:
            unit.canned.remove(found[0].id)
            found[1].text = "改过"
            unit.canned.put(found[1])
        seed(record, self.answers)
        assert [a.id for a in kept(record, "")] == [a.id for a in found[1:]]
        assert kept(record, "")[0].text == "改过"
