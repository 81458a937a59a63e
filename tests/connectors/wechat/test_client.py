from __future__ import annotations

import json
import socket

import pytest
import redis

from bot.model.errors import Permanent, RemoteError, RetryLater, WindowClosed
from bot.model.message import Option
from connectors.outbound import Bounds
from tests.connectors.wechat.conftest import HandClock, Parts, build_parts
from tests.connectors.wechat.fake_api import Answer, FakeApi, error
from tests.connectors.wechat.pushes import CITIZEN

SEND = "message/custom/send"


def json_answer(**fields: object) -> Answer:
    return Answer(json.dumps(fields).encode())


def test_text_goes_out_as_real_utf8(parts: Parts, api: FakeApi) -> None:
    parts.client.send_text(CITIZEN, "收到 <a href='x'>“好”</a>")
    (call,) = api.of(SEND)
    assert "收到 <a href='x'>“好”</a>".encode() in call.body
    assert b"\\u" not in call.body
    assert call.json == {
        "touser": CITIZEN,
        "msgtype": "text",
        "text": {"content": "收到 <a href='x'>“好”</a>"},
    }
    assert call.query == {"access_token": "T-1"}


def test_other_messages_have_the_documented_form(parts: Parts, api: FakeApi) -> None:
    parts.client.send_menu(CITIZEN, "满意吗？", [Option("5", "满意")], "谢谢")
    parts.client.typing(CITIZEN)
    parts.client.typing(CITIZEN, on=False)
    menu, *typing = [call.json for call in api.calls if call.path != "stable_token"]
    assert menu["msgmenu"] == {
        "head_content": "满意吗？",
        "list": [{"id": "5", "content": "满意"}],
        "tail_content": "谢谢",
    }
    assert [body["command"] for body in typing] == ["Typing", "CancelTyping"]


def test_notices_have_the_documented_form(parts: Parts, api: FakeApi) -> None:
    api.answers["message/template/send"] = json_answer(errcode=0, errmsg="ok", msgid=200228332)
    parts.client.bizsend(CITIZEN, "TPL", {"thing1": "路灯"}, page="http://a.cn")
    message_id = parts.client.template_send(
        CITIZEN, "TPL", {"thing1": "路灯"}, client_msg_id="d-1", url="http://a.cn"
    )
    assert message_id == "200228332"
    assert api.of("message/subscribe/bizsend")[0].json == {
        "touser": CITIZEN,
        "template_id": "TPL",
        "page": "http://a.cn",
        "data": {"thing1": {"value": "路灯"}},
    }
    sent = api.of("message/template/send")[0].json
    assert (sent["client_msg_id"], sent["url"]) == ("d-1", "http://a.cn")


def test_account_calls(parts: Parts, api: FakeApi) -> None:
    api.answers["qrcode/create"] = json_answer(ticket="TICKET", url="http://w.cn/q/1")
    api.answers["user/info"] = json_answer(subscribe=1, openid=CITIZEN)
    api.answers["getcallbackip"] = json_answer(ip_list=["1.2.3.4", "5.6.7.0/24"])
    parts.client.menu_create([{"type": "click", "name": "我要投诉", "key": "file"}])
    assert parts.client.qr_create("lamp_18") == "TICKET"
    assert parts.client.qr_create("lamp_18", expires_s=600) == "TICKET"
    assert parts.client.user_info(CITIZEN)["subscribe"] == 1
    assert parts.client.callback_ips() == ["1.2.3.4", "5.6.7.0/24"]
    assert "我要投诉".encode() in api.of("menu/create")[0].body
    names = [call.json["action_name"] for call in api.of("qrcode/create")]
    assert names == ["QR_LIMIT_STR_SCENE", "QR_STR_SCENE"]


class TestTokens:
    @pytest.mark.parametrize("code", [40001, 40014, 42001])
    def test_refused_token_is_renewed_once_and_the_call_replayed_once(
        self, parts: Parts, api: FakeApi, code: int
    ) -> None:
        parts.client.send_text(CITIZEN, "一")
        api.expire()
        api.queue(SEND, error(code))
        parts.client.send_text(CITIZEN, "二")
        assert api.count() == {SEND: 3, "stable_token": 2}
        assert api.of(SEND)[-1].query == {"access_token": "T-2"}
        assert api.forced == 0

    def test_storm_of_40001_costs_one_replay_and_one_forced_refresh(
        self, parts: Parts, api: FakeApi
    ) -> None:
        api.refuse_all_tokens = True
        with pytest.raises(RetryLater):
            parts.client.send_text(CITIZEN, "一")
        assert api.count()[SEND] == 2
        assert api.count()["stable_token"] <= 3
        for _ in range(20):
            with pytest.raises(RetryLater):
                parts.client.send_text(CITIZEN, "一")
        assert api.forced == 1
        assert api.count()["stable_token"] <= 4

    def test_service_resumes_after_the_storm(self, parts: Parts, api: FakeApi) -> None:
        api.refuse_all_tokens = True
        with pytest.raises(RetryLater):
            parts.client.send_text(CITIZEN, "一")
        api.refuse_all_tokens = False
        parts.client.send_text(CITIZEN, "二")

    def test_replayed_upload_carries_the_whole_file(self, parts: Parts, api: FakeApi) -> None:
        api.answers["media/upload"] = json_answer(type="image", media_id="M", created_at=1)
        api.queue("media/upload", error(42001))
        api.expire()
        assert parts.client.upload_media("image", "灯.jpg", b"\xff\xd8pixels", "image/jpeg") == "M"
        first, second = api.of("media/upload")
        assert b"\xff\xd8pixels" in first.body
        assert b"\xff\xd8pixels" in second.body
        assert b'name="media"' in second.body


def outcome_of(parts: Parts) -> RemoteError:
    with pytest.raises(RemoteError) as caught:
        parts.client.send_text(CITIZEN, "一")
    return caught.value


class TestFailures:
    @pytest.mark.parametrize(
        ("answer", "unknown"),
        [
            (Answer(b"{}", delay_s=0.6), True),
            (Answer(b"{}", drop=True), True),
            (Answer(b"bad gateway", status=502), True),
            (Answer(b"<html>login</html>"), True),
            (Answer(b"[1]"), True),
            (Answer(b'{"errcode": 0, "x": "\xff"}'), True),
            (error(-1, "system error"), False),
            (Answer(b"slow down", status=429), False),
        ],
    )
    def test_failures_worth_a_retry_say_whether_the_message_may_be_out(
        self, parts: Parts, api: FakeApi, answer: Answer, unknown: bool
    ) -> None:
        parts.tokens.get()
        api.queue(SEND, answer)
        failure = outcome_of(parts)
        assert isinstance(failure, RetryLater)
        assert failure.outcome_unknown is unknown
        assert api.count()[SEND] == 1

    def test_no_connection_means_that_nothing_went_out(
        self, store: redis.Redis, api: FakeApi, clock: HandClock
    ) -> None:
        build_parts(api.base, store, clock).tokens.get()
        with socket.socket() as closed:
            closed.bind(("127.0.0.1", 0))
            nobody = f"http://127.0.0.1:{closed.getsockname()[1]}"
            failure = outcome_of(build_parts(nobody, store, clock))
        assert isinstance(failure, RetryLater)
        assert failure.outcome_unknown is False

    def test_lost_answer_to_a_question_changes_nothing(self, parts: Parts, api: FakeApi) -> None:
        parts.tokens.get()
        api.queue("user/info", Answer(b"{}", drop=True))
        with pytest.raises(RetryLater) as caught:
            parts.client.user_info(CITIZEN)
        assert caught.value.outcome_unknown is False

    @pytest.mark.parametrize("answer", [Answer(b"gone", status=404), Answer(b"", status=302)])
    def test_wrong_address_is_permanent(self, parts: Parts, api: FakeApi, answer: Answer) -> None:
        api.queue(SEND, answer)
        assert isinstance(outcome_of(parts), Permanent)

    def test_neither_token_nor_secret_shows_in_an_error(self, parts: Parts, api: FakeApi) -> None:
        parts.tokens.get()
        api.queue(SEND, Answer(b"{}", drop=True))
        shown = str(outcome_of(parts))
        assert "T-1" not in shown
        assert "access_token" not in shown

    def test_code_given_as_text_is_understood(self, parts: Parts, api: FakeApi) -> None:
        api.queue(SEND, json_answer(errcode="45015", errmsg="out of time"))
        assert isinstance(outcome_of(parts), WindowClosed)


class TestMedia:
    def headers(self, kind: str, name: str = "") -> dict[str, str]:
        found = {"Content-Type": kind}
        return {**found, "Content-disposition": f'attachment; filename="{name}"'} if name else found

    def test_bytes_that_parse_as_json_are_still_a_medium(self, parts: Parts, api: FakeApi) -> None:
        api.answers["media/get"] = Answer(b"12345", self.headers("image/jpeg", "MID.jpg"))
        medium = parts.client.media_get("MID")
        assert (medium.content, medium.content_type, medium.filename) == (
            b"12345",
            "image/jpeg",
            "MID.jpg",
        )
        assert parts.messenger.media("MID") == (b"12345", "image/jpeg")

    @pytest.mark.parametrize("kind", ["text/plain", "application/octet-stream", ""])
    def test_disposition_alone_makes_a_medium(self, parts: Parts, api: FakeApi, kind: str) -> None:
        api.answers["media/get"] = Answer(b'{"errcode":0}', self.headers(kind, "MID.amr"))
        assert parts.client.media_get("MID").content == b'{"errcode":0}'

    def test_medium_without_disposition_is_known_by_its_type(
        self, parts: Parts, api: FakeApi
    ) -> None:
        api.answers["media/get"] = Answer(b"#!AMR\n", self.headers("audio/amr"))
        assert parts.client.media_get("MID").filename == ""

    def test_file_name_cannot_climb(self, parts: Parts, api: FakeApi) -> None:
        api.answers["media/get"] = Answer(b"x", self.headers("image/png", "../../etc/x.png"))
        assert parts.client.media_get("MID").filename == "x.png"

    @pytest.mark.parametrize("kind", ["text/plain", "application/json; encoding=utf-8"])
    def test_expired_medium_is_gone_for_good(self, parts: Parts, api: FakeApi, kind: str) -> None:
        api.queue("media/get", Answer(error(40007).body, self.headers(kind)))
        with pytest.raises(Permanent):
            parts.client.media_get("MID")

    def test_refused_token_is_seen_in_a_media_answer(self, parts: Parts, api: FakeApi) -> None:
        api.answers["media/get"] = Answer(b"x", self.headers("image/png", "x.png"))
        parts.tokens.get()
        api.expire()
        assert parts.client.media_get("MID").content == b"x"
        assert api.count() == {"stable_token": 2, "media/get": 2}

    def test_video_is_fetched_from_its_address(self, parts: Parts, api: FakeApi) -> None:
        api.answers["media/get"] = json_answer(video_url=f"{api.base}/cgi-bin/clip.mp4")
        api.queue("clip.mp4", Answer(b"\x00mp4", self.headers("video/mp4")))
        medium = parts.client.media_get("MID")
        assert (medium.content, medium.content_type) == (b"\x00mp4", "video/mp4")
        assert api.of("clip.mp4")[0].query == {}

    def test_empty_medium_is_asked_for_again(self, parts: Parts, api: FakeApi) -> None:
        api.answers["media/get"] = Answer(b"", self.headers("image/png", "x.png"))
        with pytest.raises(RetryLater):
            parts.client.media_get("MID")


class TestBoundedAnswers:
    @pytest.fixture
    def parts(self, api: FakeApi, store: redis.Redis, clock: HandClock) -> Parts:
        return build_parts(api.base, store, clock, Bounds(most_bytes=1000))

    def test_a_medium_larger_than_any_is_not_read_to_its_end(
        self, parts: Parts, api: FakeApi
    ) -> None:
        api.answers["media/get"] = Answer(b"x" * 1001, {"Content-Type": "image/jpeg"})
        with pytest.raises(Permanent):
            parts.client.media_get("M")
        api.answers["media/get"] = Answer(b"x" * 1000, {"Content-Type": "image/jpeg"})
        assert len(parts.client.media_get("M").content) == 1000

    def test_after_a_send_it_is_not_known_whether_the_message_is_out(
        self, parts: Parts, api: FakeApi
    ) -> None:
        api.answers[SEND] = Answer(b" " * 1001)
        error = outcome_of(parts)
        assert isinstance(error, RetryLater)
        assert error.outcome_unknown

    def test_an_answer_that_drips_is_given_up(
        self, api: FakeApi, store: redis.Redis, clock: HandClock
    ) -> None:
        hasty = build_parts(api.base, store, clock, Bounds(total_s=-1.0))
        with pytest.raises(RetryLater):
            hasty.client.media_get("M")

    def test_json_without_a_bottom_is_no_answer(
        self, api: FakeApi, store: redis.Redis, clock: HandClock
    ) -> None:
        api.answers[SEND] = Answer(b"[" * 100_000)
        error = outcome_of(build_parts(api.base, store, clock))
        assert isinstance(error, RetryLater)
        assert error.outcome_unknown
