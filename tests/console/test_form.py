"""The citizen's complaint at the desk: filled in from what was told, checked, filed once, and the citizen is told."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from app.sealing import KeySealer
from bot.model.backend import Attribute
from bot.model.complaint import Complaint, Medium
from bot.model.conversation import Direction, WaitReason
from bot.model.draft import Draft
from bot.model.staff import CannedAnswer
from bot.services.directory import Directory
from bot.storage.record import SqlRecord
from tests.console.desk_side import (
    START,
    Browser,
    HandClock,
    audited,
    change,
    complaint,
    line,
    speaks,
    store,
    waits,
)

KEY, OTHER = "0" * 31 + "a", "0" * 31 + "b"
PHONE, MASK = "13812345678", "138****5678"
NOISE, ASKING = "1351", "1352"
QUESTIONS = (
    Attribute("note", "还有什么要说", order=9),
    Attribute(
        "when",
        "什么时候吵",
        "singlevaluelist",
        required=True,
        datatype_description="选一个",
        values=(("day", "白天"), ("night", "夜里")),
        order=1,
    ),
    Attribute("what", "什么声音", "multivaluelist", values=(("a", "音响"), ("b", "鞭子")), order=2),
    Attribute("count", "几次", "number", order=3),
    Attribute("shown", "只是说明", variable=False),
    Attribute("nature", "隐藏", required=True, automated=True),
)


@pytest.fixture
def directory(shipped: Directory) -> Directory:
    """The shipped catalogue, in which one service asks."""
    assert shipped.service(NOISE)
    assert shipped.service(ASKING)
    return replace(shipped, attributes={**shipped.attributes, ASKING: QUESTIONS})


@pytest.fixture
def anna(record: SqlRecord, sealer: KeySealer) -> str:
    found = waits(record, "anna", WaitReason.ASKED, START, "转人工")
    data = {"sealed": {MASK: sealer.seal(PHONE), "3301****12": sealer.seal("an ID card")}}
    speaks(record, found, line(found, "p", f"电话 {MASK}", START - timedelta(hours=1), data=data))
    return found


@pytest.fixture
def fang(browser_of: Callable[[str], Browser], anna: str) -> Browser:
    """1024 王芳, who has claimed anna."""
    browser = browser_of("1024")
    assert browser.act(f"/conversations/{anna}/claim").status_code == 200
    return browser


def filled(**changes: Any) -> dict[str, Any]:
    form: dict[str, Any] = {
        "key": KEY,
        "service_code": NOISE,
        "said": "楼下半夜打桩\n天天如此",
        "place": "文二路 18 号",
        "phone": "",
        "name": "",
        "nature": "",
        "visibility": "",
        "answers": {},
        "media": [],
    }
    return form | changes


def filed(record: SqlRecord, conversation: str) -> list[Complaint]:
    with record.reading() as unit:
        return unit.complaints.of_conversation(conversation)


def problems(browser: Browser, conversation: str, **changes: Any) -> dict[str, str]:
    answer = browser.act(f"/conversations/{conversation}/file", **filled(**changes))
    assert answer.status_code == 422, answer.text
    return dict(answer.json()["problems"])


class TestShown:
    def test_it_holds_what_the_bot_knew_and_what_was_told_to_a_person_since(
        self, fang: Browser, record: SqlRecord, clock: HandClock, anna: str
    ) -> None:
        draft = Draft(
            said=["楼下半夜打桩"],
            place="文二路",
            phone=MASK,
            name="王女士",
            nature="complaint",
            category=NOISE,
            wondered=[NOISE, ASKING],
            answers={"when": "night"},
        )
        change(record, anna, snapshot={"slots": {"draft": draft.to_dict()}})
        speaks(
            record,
            anna,
            line(anna, "m1", "楼下半夜打桩", START + timedelta(minutes=1)),
            line(anna, "m2", "天天如此", START + timedelta(minutes=2)),
            line(anna, "b", "好", START + timedelta(minutes=3), direction=Direction.STAFF),
        )
        form = fang.json(f"/conversations/{anna}/form.json")
        assert len(form["key"]) == 32
        assert form["key"] != fang.json(f"/conversations/{anna}/form.json")["key"]
        shown = {name: form[name] for name in ("said", "place", "phone", "phones", "name")}
        assert shown == {
            "said": "楼下半夜打桩\n天天如此",
            "place": "文二路",
            "phone": MASK,
            "phones": [MASK],
            "name": "王女士",
        }
        assert (form["nature"], form["service_code"]) == ("complaint", NOISE)
        assert (form["likely"], form["answers"]) == ([NOISE, ASKING], {"when": "night"})
        assert {"code": "tip_off", "name": "举报"} in form["natures"]
        codes = [s["code"] for group in form["groups"] for s in group["services"]]
        assert NOISE in codes
        assert len(codes) == len(set(codes)) > 100

    def test_what_the_words_were_taken_for_is_offered_first(
        self, fang: Browser, record: SqlRecord, directory: Directory, anna: str
    ) -> None:
        service = directory.service(NOISE)
        assert service
        guess = {"name": service.name, "group": service.group, "confidence": 0.7}
        data = {"understood": {"intent": "report", "confidence": 0.9, "services": [guess]}}
        speaks(record, anna, line(anna, "m1", "吵", data=data))
        assert fang.json(f"/conversations/{anna}/form.json")["likely"] == [NOISE]

    def test_pictures_that_belong_to_no_case_may_be_chosen(
        self, fang: Browser, record: SqlRecord, anna: str
    ) -> None:
        with record.unit() as unit:
            for name, case in (("old", None), ("new", None), ("filed", "c9")):
                unit.media.add(Medium(name, anna, "image", "P", START, complaint_id=case))
        for name, minutes in (("old", -60), ("new", 1), ("filed", -50)):
            at = START + timedelta(minutes=minutes)
            speaks(record, anna, line(anna, name, "", at, kind="image", data={"medium": name}))
        media = fang.json(f"/conversations/{anna}/form.json")["media"]
        assert [(m["id"], m["kind"], m["chosen"]) for m in media] == [
            ("old", "image", False),
            ("new", "image", True),
        ]
        assert media[0]["url"] == "/console/media/old"

    def test_the_backends_questions_are_shown_and_its_own_fields_are_not(
        self, fang: Browser
    ) -> None:
        shown = fang.json(f"/services/{ASKING}.json")["questions"]
        assert [(q["code"], q["required"]) for q in shown] == [
            ("when", True),
            ("what", False),
            ("count", False),
            ("note", False),
        ]
        assert shown[0] == {
            "code": "when",
            "question": "什么时候吵",
            "hint": "选一个",
            "datatype": "singlevaluelist",
            "required": True,
            "values": [["day", "白天"], ["night", "夜里"]],
        }
        assert fang.get("/services/none.json").status_code == 404


class TestFiled:
    def test_it_is_filed_under_a_number_and_the_citizen_is_told(
        self, fang: Browser, record: SqlRecord, anna: str
    ) -> None:
        answer = fang.act(f"/conversations/{anna}/file", **filled(name="王女士", phone=MASK))
        (case,) = filed(record, anna)
        assert answer.json() == {
            "ok": True,
            "receipt": case.receipt,
            "url": f"/console/cases/{case.id}",
        }
        assert (case.description, case.place) == ("楼下半夜打桩\n天天如此", "文二路 18 号")
        assert (case.filed_by, case.contact_name) == ("1024", "王女士")
        assert case.contact_phone
        assert PHONE not in case.contact_phone
        told = fang.json(f"/conversations/{anna}.json")["lines"][-1]
        assert (told["side"], case.receipt in told["text"]) == ("system", True)
        assert audited(record, "complaint filed") == [
            ("1024", f"conversation {anna}", f"case {case.id}")
        ]

    def test_pressed_twice_it_is_one_case(
        self, fang: Browser, record: SqlRecord, anna: str
    ) -> None:
        path = f"/conversations/{anna}/file"
        receipts = [
            fang.act(path, **filled(key=key)).json()["receipt"] for key in (KEY, KEY, OTHER)
        ]
        assert receipts[0] == receipts[1] != receipts[2]
        assert len(filed(record, anna)) == 2

    def test_only_who_holds_the_citizen_files(
        self, fang: Browser, browser_of: Callable[[str], Browser], record: SqlRecord, anna: str
    ) -> None:
        answer = browser_of("1031").act(f"/conversations/{anna}/file", **filled())
        assert (answer.status_code, answer.json()["agent"]) == (409, "1024")
        assert filed(record, anna) == []

    def test_answers_go_along_and_those_to_another_services_questions_do_not(
        self, fang: Browser, record: SqlRecord, anna: str
    ) -> None:
        answers = {"when": "night", "what": ["a", "b"], "count": "3", "note": " ", "stale": "x"}
        form = filled(service_code=ASKING, answers=answers)
        assert fang.act(f"/conversations/{anna}/file", **form).status_code == 200
        (case,) = filed(record, anna)
        assert case.answers == {"when": "night", "what": ["a", "b"], "count": "3"}

    def test_pictures_of_this_citizen_go_along_and_nobody_elses(
        self, fang: Browser, record: SqlRecord, anna: str
    ) -> None:
        with record.unit() as unit:
            for name, of, case in (("own", anna, None), ("alien", "bo", None), ("old", anna, "c9")):
                unit.media.add(Medium(name, of, "image", "P", START, complaint_id=case))
        media = ["own", "alien", "old", "none", "own"]
        assert fang.act(f"/conversations/{anna}/file", **filled(media=media)).status_code == 200
        (case,) = filed(record, anna)
        with record.reading() as unit:
            assert [m.id for m in unit.media.of_complaint(case.id)] == ["own"]
            assert [m.id for m in unit.media.of_complaint("c9")] == ["old"]


class TestRefused:
    @pytest.mark.parametrize(
        ("changes", "fields"),
        [
            ({"service_code": "none"}, ["service_code"]),
            ({"said": " \n"}, ["said"]),
            ({"said": "长" * 4001}, ["said"]),
            ({"place": " "}, ["place"]),
            ({"place": "长" * 201}, ["place"]),
            ({"name": "长" * 51}, ["name"]),
            ({"nature": "riddle"}, ["nature"]),
            ({"visibility": "maybe"}, ["visibility"]),
            ({"phone": "12"}, ["phone"]),
            ({"phone": "139****9999"}, ["phone"]),
            ({"key": "x"}, ["key"]),
            ({"said": "", "place": ""}, ["said", "place"]),
            ({"service_code": ASKING}, ["answers.when"]),
            ({"service_code": ASKING, "answers": {"when": "noon"}}, ["answers.when"]),
            ({"service_code": ASKING, "answers": {"when": ["day", "night"]}}, ["answers.when"]),
            ({"service_code": ASKING, "answers": {"when": {"x": 1}}}, ["answers.when"]),
            (
                {"service_code": ASKING, "answers": {"when": "day", "what": ["a", "z"]}},
                ["answers.what"],
            ),
            (
                {"service_code": ASKING, "answers": {"when": "day", "count": "三"}},
                ["answers.count"],
            ),
            (
                {"service_code": ASKING, "answers": {"when": "day", "note": "长" * 1001}},
                ["answers.note"],
            ),
            ({"service_code": ASKING, "answers": ["day"]}, ["answers.when"]),
        ],
    )
    def test_each_field_says_what_is_wrong_with_it(
        self,
        fang: Browser,
        record: SqlRecord,
        anna: str,
        changes: dict[str, Any],
        fields: list[str],
    ) -> None:
        found = problems(fang, anna, **changes)
        assert list(found) == fields
        assert all(sentence.endswith("。") for sentence in found.values())
        assert filed(record, anna) == []
        assert audited(record, "complaint filed") == []

    @pytest.mark.parametrize("nature", ["inquiry", "suggestion", "praise"])
    def test_what_needs_no_place_is_filed_without_one(
        self, fang: Browser, anna: str, nature: str
    ) -> None:
        form = filled(place="", nature=nature)
        assert fang.act(f"/conversations/{anna}/file", **form).status_code == 200

    def test_nothing_is_filed_for_who_is_not_there(self, fang: Browser) -> None:
        assert fang.act("/conversations/nobody/file", **filled()).status_code == 404


class TestCanned:
    def test_variables_are_filled_in_and_ones_own_answer_comes_first(
        self, fang: Browser, record: SqlRecord, anna: str
    ) -> None:
        with record.unit() as unit:
            for answer in (
                CannedAnswer("hi", "问好", "您好，我是 {工号} {姓名}"),
                CannedAnswer("hi", "我的", "我是 {姓名}", owner="1024"),
                CannedAnswer("no", "编号", "编号 {受理编号}，地点{地点}，{值班时间}，{天气}"),
                CannedAnswer("hi", "别人的", "x", owner="1031"),
            ):
                assert unit.canned.put(answer)
        path = f"/conversations/{anna}/canned.json"
        own, shared = fang.json(path)["answers"]
        assert own == {"code": "hi", "title": "我的", "text": "我是 王芳", "is_own": True}
        assert shared["text"] == "编号 （暂无），地点（暂无），工作日 8:30–18:00，{天气}"
        assert not shared["is_own"]
        store(record, complaint(1, conversation_id=anna))
        assert fang.json(path)["answers"][1]["text"].startswith(
            "编号 HZ-261123-0001，地点人民路18号"
        )

    def test_the_place_of_a_confidential_case_is_not_filled_in(
        self, fang: Browser, record: SqlRecord, anna: str
    ) -> None:
        with record.unit() as unit:
            unit.canned.put(CannedAnswer("p", "地点", "地点：{地点}"))
        store(record, complaint(1, conversation_id=anna, visibility="confidential"))
        (answer,) = fang.json(f"/conversations/{anna}/canned.json")["answers"]
        assert answer["text"] == "地点：（暂无）"
