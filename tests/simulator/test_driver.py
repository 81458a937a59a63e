"""What the driver reads off a phone: pictures of the account, what it may still send, whether it is typing."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from simulator.driver import Citizen
from tests.simulator.conftest import World
from tests.simulator.test_account_api import upload

SEND, TYPING = "message/custom/send", "message/custom/typing"


@pytest.fixture
def citizen(world: World) -> Citizen:
    found = world.driver.citizen("李女士")
    found.say("您好")
    return found


def send_image(world: World, citizen: Citizen, media_id: str, kind: str = "image") -> int:
    body: dict[str, Any] = {"touser": citizen.openid, "msgtype": kind, kind: {"media_id": media_id}}
    return int(world.account.post(SEND, body)["errcode"])


def typing(world: World, citizen: Citizen, command: str = "Typing") -> int:
    body = {"touser": citizen.openid, "command": command}
    return int(world.account.post(TYPING, body)["errcode"])


class TestPictures:
    def test_those_of_the_account_are_seen_oldest_first(
        self, world: World, citizen: Citizen
    ) -> None:
        citizen.send_image(b"\xff\xd8mine")
        assert citizen.pictures() == []
        for pixels in (b"first", b"second"):
            media_id = upload(world, "image", "a.png", pixels)["media_id"]
            assert send_image(world, citizen, media_id) == 0
            assert citizen.wait_for_picture() == pixels
        assert citizen.pictures() == [b"first", b"second"]
        assert citizen.messages()[-1]["via"] == "custom"

    def test_only_newer_ones_if_asked_so(self, world: World, citizen: Citizen) -> None:
        media_id = upload(world, "image", "a.png", b"first")["media_id"]
        send_image(world, citizen, media_id)
        citizen.wait_for_picture()
        newest = citizen.messages()[-1]["id"]
        assert citizen.pictures(after=newest) == []
        with pytest.raises(TimeoutError, match="no picture"):
            citizen.wait_for_picture(0.0, after=newest)

    @pytest.mark.parametrize(
        ("kind", "name"), [("voice", "a.mp3"), ("video", "a.mp4"), ("thumb", "a.jpg")]
    )
    def test_what_was_uploaded_as_something_else_is_no_picture(
        self, world: World, citizen: Citizen, kind: str, name: str
    ) -> None:
        answer = upload(world, kind, name, b"data")
        media_id = answer.get("media_id") or answer["thumb_media_id"]
        assert send_image(world, citizen, media_id) == 40007
        assert (citizen.pictures(), citizen.allowance()) == ([], 5)

    def test_nor_is_a_picture_a_voice(self, world: World, citizen: Citizen) -> None:
        media_id = upload(world, "image", "a.png", b"pixels")["media_id"]
        assert send_image(world, citizen, media_id, "voice") == 40007
        assert send_image(world, citizen, media_id) == 0

    def test_one_that_is_unknown_expired_or_none_is_refused(
        self, world: World, citizen: Citizen
    ) -> None:
        media_id = upload(world, "image", "a.png", b"pixels")["media_id"]
        assert send_image(world, citizen, "never-uploaded") == 40007
        assert send_image(world, citizen, "") == 41006
        world.driver.advance(3 * 86400)
        citizen.say("还在吗")
        assert send_image(world, citizen, media_id) == 40007

    def test_a_medium_that_is_gone_is_an_error_of_the_page(self, world: World) -> None:
        with pytest.raises(requests.HTTPError):
            world.driver.medium("never-uploaded")


class TestAllowance:
    def test_a_picture_costs_as_much_as_a_text(self, world: World, citizen: Citizen) -> None:
        media_id = upload(world, "image", "a.png", b"pixels")["media_id"]
        assert citizen.allowance() == 5
        send_image(world, citizen, media_id)
        world.account.send_text(citizen.openid, "您好")
        assert citizen.allowance() == 3
        codes = [send_image(world, citizen, media_id) for _ in range(4)]
        assert codes == [0, 0, 0, 45047]
        assert citizen.allowance() == 0

    def test_who_said_nothing_allows_nothing(self, world: World) -> None:
        assert world.driver.citizen("王大爷").allowance() == 0

    def test_it_ends_with_the_window(self, world: World, citizen: Citizen) -> None:
        world.driver.advance(48 * 3600)
        assert citizen.allowance() == 0


class TestTyping:
    def test_it_is_seen_until_it_runs_out(self, world: World, citizen: Citizen) -> None:
        assert not citizen.sees_typing()
        assert typing(world, citizen) == 0
        citizen.wait_for_typing()
        world.driver.advance(16)
        assert not citizen.sees_typing()
        assert citizen.allowance() == 5

    def test_it_is_taken_back(self, world: World, citizen: Citizen) -> None:
        typing(world, citizen)
        assert typing(world, citizen, "CancelTyping") == 0
        assert not citizen.sees_typing()

    def test_shown_already_it_is_refused_and_stays(self, world: World, citizen: Citizen) -> None:
        assert [typing(world, citizen) for _ in range(2)] == [0, 45081]
        assert citizen.sees_typing()

    def test_long_after_the_citizen_wrote_it_may_not_be_shown(
        self, world: World, citizen: Citizen
    ) -> None:
        world.driver.advance(31)
        assert typing(world, citizen) == 45080
        with pytest.raises(TimeoutError, match="nobody is typing"):
            citizen.wait_for_typing(0.0)

    def test_an_unknown_command_is_refused(self, world: World, citizen: Citizen) -> None:
        assert typing(world, citizen, "Sleeping") == 45072

    def test_one_citizens_phone_is_not_anothers(self, world: World, citizen: Citizen) -> None:
        typing(world, citizen)
        assert not world.driver.citizen("王大爷").sees_typing()
