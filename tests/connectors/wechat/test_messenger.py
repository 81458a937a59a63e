from __future__ import annotations

import pytest

from bot.model.errors import Permanent, RetryLater, WindowClosed
from bot.model.message import Option, Reply
from tests.connectors.wechat.conftest import HandClock, Parts
from tests.connectors.wechat.fake_api import Answer, FakeApi, error
from tests.connectors.wechat.pushes import CITIZEN
from tests.connectors.wechat.test_ledger import note

SEND = "message/custom/send"
LONG = Reply("很长的回答。" * 300)  # three messages


@pytest.fixture
def open_parts(parts: Parts, clock: HandClock) -> Parts:
    note(parts.ledger, CITIZEN, "message", clock.now())
    parts.tokens.get()
    return parts


def left(parts: Parts) -> int:
    return parts.messenger.allowance(CITIZEN).left


def texts(api: FakeApi) -> list[str]:
    return [call.json["text"]["content"] for call in api.of(SEND)]


def test_reply_goes_out_with_its_choices(open_parts: Parts, api: FakeApi) -> None:
    open_parts.messenger.send(CITIZEN, Reply("满意吗？", (Option("5", "满意"),)))
    (text,) = texts(api)
    assert text.startswith("满意吗？\n<a href=")
    assert left(open_parts) == 4


def test_long_reply_goes_out_in_order_and_costs_its_parts(open_parts: Parts, api: FakeApi) -> None:
    open_parts.messenger.send(CITIZEN, LONG)
    assert "".join(texts(api)) == LONG.text
    assert left(open_parts) == 5 - len(texts(api)) == 2


@pytest.mark.parametrize("rest", [0, 2])
def test_nothing_is_called_when_the_allowance_does_not_reach(
    open_parts: Parts, api: FakeApi, clock: HandClock, rest: int
) -> None:
    open_parts.ledger.spend(CITIZEN, clock.now(), 5 - rest)
    with pytest.raises(WindowClosed):
        open_parts.messenger.send(CITIZEN, LONG)
    assert api.of(SEND) == []
    assert left(open_parts) == rest


def test_reply_that_no_window_allows_is_permanent(open_parts: Parts, api: FakeApi) -> None:
    with pytest.raises(Permanent):
        open_parts.messenger.send(CITIZEN, Reply("很长的回答。" * 900))
    assert api.of(SEND) == []


@pytest.mark.parametrize("code", [45015, 45047, 48002, 43004])
def test_platform_that_says_closed_corrects_the_ledger(
    open_parts: Parts, api: FakeApi, code: int
) -> None:
    api.queue(SEND, error(code))
    with pytest.raises(WindowClosed):
        open_parts.messenger.send(CITIZEN, Reply("一"))
    assert left(open_parts) == 0


@pytest.mark.parametrize(
    ("answer", "rest"),
    [
        (error(-1), 5),
        (error(45002), 5),
        (Answer(b"", drop=True), 4),
        (Answer(b"", status=502), 4),
    ],
)
def test_only_what_may_have_arrived_is_paid_for(
    open_parts: Parts, api: FakeApi, answer: Answer, rest: int
) -> None:
    api.queue(SEND, answer)
    with pytest.raises((RetryLater, Permanent)):
        open_parts.messenger.send(CITIZEN, Reply("一"))
    assert left(open_parts) == rest


def test_failure_after_the_first_part_counts_as_unknown(open_parts: Parts, api: FakeApi) -> None:
    sent = Answer(b'{"errcode":0,"errmsg":"ok"}')
    api.queue(SEND, sent, error(-1))
    with pytest.raises(RetryLater) as caught:
        open_parts.messenger.send(CITIZEN, LONG)
    assert caught.value.outcome_unknown is True
    assert left(open_parts) == 4


def test_empty_reply_costs_nothing(open_parts: Parts, api: FakeApi) -> None:
    open_parts.messenger.send(CITIZEN, Reply(" "))
    assert (api.of(SEND), left(open_parts)) == ([], 5)


def test_notices_are_fitted_before_they_go(parts: Parts, api: FakeApi) -> None:
    api.answers["message/template/send"] = Answer(b'{"errcode":0,"errmsg":"ok","msgid":7}')
    values = {"thing1": "人民路十八号门口的路灯坏了好几天没有人来修理", "phrase2": "已办结"}
    parts.messenger.notify_subscription(CITIZEN, "TPL", values)
    assert parts.messenger.notify_template(CITIZEN, "TPL", values, client_msg_id="d") == "7"
    for call in (*api.of("message/subscribe/bizsend"), *api.of("message/template/send")):
        assert call.json["data"]["thing1"]["value"] == "人民路十八号门口的路灯坏了好几天没有人…"


def test_notice_that_cannot_fit_is_permanent_and_not_sent(parts: Parts, api: FakeApi) -> None:
    with pytest.raises(Permanent):
        parts.messenger.notify_subscription(CITIZEN, "TPL", {"time1": "昨天"})
    assert api.calls == []


def test_missing_consent_is_a_closed_window_and_leaves_the_ledger(
    open_parts: Parts, api: FakeApi
) -> None:
    api.queue("message/subscribe/bizsend", error(43101))
    with pytest.raises(WindowClosed):
        open_parts.messenger.notify_subscription(CITIZEN, "TPL", {"thing1": "路灯"})
    assert left(open_parts) == 5


@pytest.mark.parametrize("code", [45080, 45081])
def test_typing_that_may_not_be_shown_is_no_failure(parts: Parts, api: FakeApi, code: int) -> None:
    api.queue("message/custom/typing", error(code))
    parts.messenger.typing(CITIZEN)
    assert api.count()["message/custom/typing"] == 1


UPLOAD = "media/upload"
PIXELS = b"\xff\xd8pixels"


class TestPictures:
    def test_one_is_uploaded_and_sent_for_one_message(
        self, open_parts: Parts, api: FakeApi
    ) -> None:
        api.answers[UPLOAD] = Answer(b'{"media_id":"M"}')
        open_parts.messenger.send_picture(CITIZEN, PIXELS, "image/jpeg; charset=binary")
        (upload,) = api.of(UPLOAD)
        assert PIXELS in upload.body
        assert b'filename="picture.jpg"' in upload.body
        assert [call.json["image"] for call in api.of(SEND)] == [{"media_id": "M"}]
        assert left(open_parts) == 4

    def test_nothing_is_uploaded_that_could_not_be_sent(self, parts: Parts, api: FakeApi) -> None:
        with pytest.raises(WindowClosed):
            parts.messenger.send_picture(CITIZEN, PIXELS, "image/jpeg")
        assert api.calls == []

    @pytest.mark.parametrize(
        ("content", "content_type"),
        [
            (PIXELS, "image/webp"),
            (PIXELS, "text/html"),
            (b"", "image/png"),
            (b"x" * (10 * 1024 * 1024 + 1), "image/png"),
        ],
    )
    def test_what_wechat_never_takes_is_permanent_and_costs_nothing(
        self, open_parts: Parts, api: FakeApi, content: bytes, content_type: str
    ) -> None:
        with pytest.raises(Permanent):
            open_parts.messenger.send_picture(CITIZEN, content, content_type)
        assert (api.of(UPLOAD), left(open_parts)) == ([], 5)

    @pytest.mark.parametrize("answer", [Answer(b"", drop=True), error(-1)])
    def test_a_lost_upload_reached_nobody(
        self, open_parts: Parts, api: FakeApi, answer: Answer
    ) -> None:
        api.queue(UPLOAD, answer)
        with pytest.raises(RetryLater) as caught:
            open_parts.messenger.send_picture(CITIZEN, PIXELS, "image/png")
        assert not caught.value.outcome_unknown
        assert (api.of(SEND), left(open_parts)) == ([], 5)

    def test_a_refused_upload_is_not_paid_for(self, open_parts: Parts, api: FakeApi) -> None:
        api.queue(UPLOAD, error(40005))
        with pytest.raises(Permanent):
            open_parts.messenger.send_picture(CITIZEN, PIXELS, "image/png")
        assert left(open_parts) == 5

    @pytest.mark.parametrize(
        ("answer", "is_unknown", "rest"),
        [(Answer(b"", drop=True), True, 4), (error(-1), False, 5)],
    )
    def test_only_the_message_itself_may_have_arrived(
        self, open_parts: Parts, api: FakeApi, answer: Answer, is_unknown: bool, rest: int
    ) -> None:
        api.answers[UPLOAD] = Answer(b'{"media_id":"M"}')
        api.queue(SEND, answer)
        with pytest.raises(RetryLater) as caught:
            open_parts.messenger.send_picture(CITIZEN, PIXELS, "image/png")
        assert caught.value.outcome_unknown is is_unknown
        assert left(open_parts) == rest

    def test_a_window_that_wechat_calls_closed_is_closed(
        self, open_parts: Parts, api: FakeApi
    ) -> None:
        api.answers[UPLOAD] = Answer(b'{"media_id":"M"}')
        api.queue(SEND, error(45015))
        with pytest.raises(WindowClosed):
            open_parts.messenger.send_picture(CITIZEN, PIXELS, "image/gif")
        assert left(open_parts) == 0
