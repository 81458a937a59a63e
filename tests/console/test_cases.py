"""Complaints: the list, the search, one complaint, and telling the backend what was done."""

from __future__ import annotations

from datetime import timedelta

import pytest
from structlog.testing import capture_logs

from bot.model.complaint import Medium
from bot.model.delivery import Delivery, DeliveryKind, DeliveryState
from bot.model.errors import Permanent, RetryLater
from bot.storage.record import SqlRecord
from tests.console.conftest import OpenConsole
from tests.console.desk_side import START, Browser, RecordingBackend, complaint, store

WORDS = "已联系物业，今晚起 22 点后不再放音响。"


def receipts(staff: Browser, query: str = "") -> list[str]:
    return [n.text for n in staff.soup("/cases", q=query).select(".cases .number")]


def facts(staff: Browser) -> dict[str, str]:
    rows = staff.soup("/cases/c1").select("dl > div")
    return {row.dt.text: row.select("dd [data-part]")[0].text for row in rows if row.dt}


def filing(state: DeliveryState, **changes: object) -> Delivery:
    delivery = Delivery("file:c1", DeliveryKind.FILING, START, {}, complaint_id="c1", state=state)
    return vars(delivery).update(changes) or delivery


def test_no_case_yet_is_said_in_kind_words(staff: Browser) -> None:
    assert "还没有登记的事项" in staff.soup("/cases").text


def test_the_newest_case_stands_first_with_all_one_needs_to_know(
    staff: Browser, record: SqlRecord
) -> None:
    store(record, complaint(1), complaint(2, status="in_progress", stage="in_progress"))
    first, second = staff.soup("/cases").select(".cases li")
    text = " ".join(first.text.split())
    assert text == (
        "HZ-261123-0002 办理中 户外活动噪声扰民 环保 · 社会生活噪声 人民路18号 "
        "2026-11-23 10:02 后台编号 2026-2"
    )
    assert "已转交，等待受理" in second.text


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("HZ-261123-0001", [1]),
        ("hz-261123-0002", [2]),
        ("2026-2", [2]),
        ("路灯", [2]),
        ("人民路 噪声", [1]),
        ("甩鞭子", [1]),
        ("人民路 路灯", []),
        ("没有这个词", []),
        ("%", []),
        ("", [2, 1]),
    ],
)
def test_cases_are_found_by_number_or_by_words(
    staff: Browser, record: SqlRecord, query: str, found: list[int]
) -> None:
    lamp = complaint(
        2, summary="路灯不亮", description="路灯坏了", place="解放路", service_name="市政"
    )
    store(record, complaint(1), lamp)
    assert receipts(staff, query) == [f"HZ-261123-{n:04d}" for n in found]


def test_an_old_case_is_found_by_its_number_beyond_the_list(
    staff: Browser, record: SqlRecord
) -> None:
    store(record, *[complaint(n) for n in range(1, 306)])
    assert len(receipts(staff)) == 300
    assert receipts(staff, "HZ-261123-0001") == ["HZ-261123-0001"]


def test_what_was_searched_for_is_shown_as_text(staff: Browser) -> None:
    answer = staff.get("/cases", q='"><script>x</script>')
    assert "<script>x" not in answer.text
    assert "没有找到" in answer.text


def test_failed_deliveries_are_seen(staff: Browser, record: SqlRecord) -> None:
    assert "发送失败" not in staff.soup("/cases").text
    with record.unit() as unit:
        unit.deliveries.add(filing(DeliveryState.FAILED))
    assert "有 1 条发送失败" in staff.soup("/cases").text


def test_a_case_shows_all_its_fields(staff: Browser, record: SqlRecord) -> None:
    store(
        record,
        complaint(
            latitude=30.25, longitude=120.16, contact_name="王先生", answers={"scope": ["a", "b"]}
        ),
    )
    with record.unit() as unit:
        for number, kind in enumerate(["image", "image", "voice"]):
            unit.media.add(
                Medium(f"m{number}", "hash-of-anna", kind, "P", START, complaint_id="c1")
            )
        unit.media.store_bytes("m0", b"x", "image/jpeg")
    assert facts(staff) == {
        "地点": "人民路18号",
        "坐标": "30.250000, 120.160000（WGS84）",
        "图片和语音": "图片 2 件，语音 1 件（2 件还在下载）",
        "联系电话": "已留，但加密钥匙换过，无法还原",
        "称呼": "王**",
        "是否公开": "不公开（市民没有特别要求）",
        "登记方式": "市民自己提交",
        "后台编号": "2026-1",
        "确认时间": "2026-11-23 10:01",
        "告知书版本": "2026-11",
        "问答 scope": "a、b",
    }


def test_what_is_wanted_where_it_lies_and_that_it_came_up_before_are_seen(
    staff: Browser, record: SqlRecord
) -> None:
    told = complaint(
        nature="tip_off",
        wish="请查处这家店",
        repeated=True,
        division="浙江省杭州市西湖区",
        division_code="330106",
    )
    store(record, told, complaint(2, nature="praise", receipt="HZ-261123-0002"))
    shown = facts(staff)
    assert (shown["性质"], shown["诉求"], shown["行政区划"]) == (
        "举报",
        "请查处这家店",
        "浙江省杭州市西湖区",
    )
    assert "曾反映过" in staff.soup("/cases/c1").text
    assert "曾反映过" not in staff.soup("/cases/c2").text
    assert "举报 · 环保 · 社会生活噪声" in staff.soup("/cases").text
    assert receipts(staff, "表扬") == ["HZ-261123-0002"]
    assert receipts(staff, "曾反映过 西湖区") == ["HZ-261123-0001"]


def test_a_nature_the_catalogue_lost_is_shown_by_its_code(
    staff: Browser, record: SqlRecord
) -> None:
    store(record, complaint(nature="riddle"))
    assert facts(staff)["性质"] == "riddle"


def test_the_phone_is_on_no_page_neither_sealed_nor_clear(
    staff: Browser, record: SqlRecord
) -> None:
    store(record, complaint())
    for path in ("/cases", "/cases/c1", "/conversations/hash-of-anna"):
        assert "SEALED" not in staff.get(path).text
    assert "138****5678" in staff.soup("/cases/c1").text


def test_who_asked_for_confidence_is_not_named(staff: Browser, record: SqlRecord) -> None:
    store(record, complaint(visibility="confidential", contact_name="王小明"))
    assert "王小明" not in staff.get("/cases/c1").text
    assert facts(staff)["是否公开"] == "保密，勿透露市民身份"


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (DeliveryState.SENT, "转交后台：已送达"),
        (DeliveryState.FAILED, "转交后台：失败，需要人工查看，backend 403"),
        (
            DeliveryState.RETRY,
            "转交后台：稍后重试（试了 3 次），backend 503，下次 2026-11-23 10:00",
        ),
    ],
)
def test_where_the_filing_stands_is_told(
    staff: Browser, record: SqlRecord, state: DeliveryState, words: str
) -> None:
    store(record, complaint())
    error = {"failed": "backend 403", "retry": "backend 503"}.get(state.value, "")
    attempts = 3 if state is DeliveryState.RETRY else 1
    with record.unit() as unit:
        unit.deliveries.add(filing(state, error=error, attempts=attempts))
    assert words in " ".join(staff.soup("/cases/c1").text.split())


def test_the_backends_last_word_and_notices_that_wait_are_shown(
    staff: Browser, record: SqlRecord
) -> None:
    at = START + timedelta(hours=1)
    store(record, complaint(status="closed", stage="answered", status_at=at, status_text="已劝离"))
    with record.unit() as unit:
        unit.deliveries.add(
            Delivery(
                "notice:c1:u1",
                DeliveryKind.NOTICE,
                START,
                {"text": "t"},
                conversation_id="hash-of-anna",
                complaint_id="c1",
                state=DeliveryState.HELD,
            )
        )
    text = staff.soup("/cases/c1").text
    assert "已办结" in text
    assert "2026-11-23 11:00" in text
    assert "已劝离" in text
    assert "有 1 条通知暂时送不到" in text


def test_an_update_goes_to_the_backend_as_written(
    staff: Browser, record: SqlRecord, backend: RecordingBackend
) -> None:
    store(record, complaint())
    with capture_logs() as logs:
        answer = staff.submit("/cases/c1", "/updates", status="closed", words=f"  {WORDS}\r\n好。 ")
    assert (answer.status_code, answer.headers["Location"]) == (
        303,
        "/console/cases/c1?note=told",
    )
    (told,) = backend.told
    update_id = told.pop("update_id")
    assert told == {
        "service_request_id": "2026-1",
        "status": "closed",
        "description": f"{WORDS}\n好。",
        "at": START,
    }
    assert len(update_id) <= 100
    (entry,) = [e for e in logs if e["event"] == "update posted"]
    assert (entry["who"], entry["subject"], entry["detail"]) == ("0001", "case c1", update_id)
    assert "物业" not in str(logs)
    assert "进展已登记" in staff.soup("/cases/c1", note="told").text


def test_the_same_form_sent_twice_is_one_update_and_a_changed_one_is_another(
    staff: Browser, record: SqlRecord, backend: RecordingBackend
) -> None:
    store(record, complaint())
    form = {name: staff.hidden("/cases/c1", name) for name in ("csrf", "nonce")}
    form |= {"status": "in_progress", "words": WORDS}
    for changes in ({}, {}, {"words": "改过的话"}, {"status": "closed"}):
        assert staff.post("/cases/c1/updates", form | changes).status_code == 303
    assert [(t["status"], t["description"]) for t in backend.told] == [
        ("in_progress", WORDS),
        ("in_progress", "改过的话"),
        ("closed", WORDS),
    ]


@pytest.mark.parametrize(
    ("failure", "status", "words"),
    [
        (RetryLater("backend", "503", "busy"), 503, "后台暂时没有回应"),
        (RetryLater("backend", "t", "", outcome_unknown=True), 503, "重复提交不会登记两次"),
        (Permanent("backend", "400", "不认识的状态 <b>"), 502, "不认识的状态 &lt;b&gt;"),
    ],
)
def test_what_was_written_is_not_lost_when_the_backend_fails(
    staff: Browser,
    record: SqlRecord,
    backend: RecordingBackend,
    failure: RetryLater | Permanent,
    status: int,
    words: str,
) -> None:
    store(record, complaint())
    backend.failure = failure
    nonce = staff.hidden("/cases/c1", "nonce")
    form = {"csrf": staff.hidden("/", "csrf"), "nonce": nonce, "status": "planned", "words": WORDS}
    answer = staff.post("/cases/c1/updates", form)
    assert answer.status_code == status
    assert words in answer.text
    assert f">{WORDS}</textarea>" in answer.text
    assert 'value="planned" selected' in answer.text
    assert f'value="{nonce}"' in answer.text, "so that pressing again is the same update"
    backend.failure = None
    assert staff.post("/cases/c1/updates", form).status_code == 303


@pytest.mark.parametrize(
    "changes",
    [
        {"words": " \n"},
        {"words": "长" * 1001},
        {"status": "moon"},
        {"status": ""},
        {"nonce": "<x>"},
    ],
)
def test_an_update_that_makes_no_sense_is_not_sent(
    staff: Browser, record: SqlRecord, backend: RecordingBackend, changes: dict[str, str]
) -> None:
    store(record, complaint())
    fields = {"status": "open", "words": WORDS} | changes
    answer = staff.submit("/cases/c1", "/updates", **fields)
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text
    assert "<x>" not in answer.text
    assert backend.told == []


def test_a_case_without_a_backend_number_takes_no_update_yet(
    staff: Browser, record: SqlRecord, backend: RecordingBackend
) -> None:
    store(record, complaint(backend_id=""))
    assert "还没有后台编号" in staff.soup("/cases/c1").text
    token = staff.hidden("/cases/c1", "csrf")
    assert staff.post("/cases/c1/updates", {"csrf": token}).status_code == 409
    assert backend.told == []


def test_with_an_office_system_of_its_own_there_is_no_form(
    open_console: OpenConsole, record: SqlRecord
) -> None:
    store(record, complaint())
    staff = open_console(None)
    staff.sign_in()
    page = staff.soup("/cases/c1")
    assert "登记进展" not in page.text
    token = staff.hidden("/cases/c1", "csrf")
    assert staff.post("/cases/c1/updates", {"csrf": token}).status_code == 404


@pytest.mark.parametrize("path", ["/cases/unknown", "/nope", "/cases/../x", "/static/none.css"])
def test_what_is_not_there_is_said_kindly(staff: Browser, path: str) -> None:
    answer = staff.get(path)
    assert answer.status_code == 404
    assert "没有找到" in answer.text


def test_each_look_at_a_case_leaves_one_line_without_its_words(
    staff: Browser, record: SqlRecord
) -> None:
    store(record, complaint())
    with capture_logs() as logs:
        staff.soup("/cases/c1")
    assert [(e["event"], e["who"], e["subject"]) for e in logs] == [
        ("case viewed", "0001", "case c1")
    ]
    assert "鞭子" not in str(logs)
    assert "人民路" not in str(logs)
