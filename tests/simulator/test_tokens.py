"""Both issuing endpoints: isolation, overlap, forced refresh, and the three invalid codes."""

from __future__ import annotations

import pytest
import requests

from simulator.clock import VirtualClock
from simulator.errors import ApiError
from simulator.tokens import TokenService
from tests.simulator.conftest import World


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock()


@pytest.fixture
def service(clock: VirtualClock) -> TokenService:
    return TokenService(clock)


def code_of(service: TokenService, token: str) -> int:
    try:
        service.check(token)
    except ApiError as error:
        return error.code
    return 0


def test_the_plain_endpoint_issues_anew_and_the_old_one_lives_five_minutes(
    service: TokenService, clock: VirtualClock
) -> None:
    first, _ = service.issue()
    second, expires_in = service.issue()
    assert (first != second, expires_in) == (True, 7200)
    clock.advance(299)
    assert code_of(service, first) == 0
    clock.advance(2)
    assert code_of(service, first) == 40001
    assert code_of(service, second) == 0


def test_the_stable_endpoint_repeats_itself_until_the_last_five_minutes(
    service: TokenService, clock: VirtualClock
) -> None:
    first, _ = service.issue_stable()
    clock.advance(6000)
    assert service.issue_stable()[0] == first
    clock.advance(901)
    second, _ = service.issue_stable()
    assert second != first
    assert code_of(service, first) == code_of(service, second) == 0
    clock.advance(300)
    assert code_of(service, first) == 42001


def test_a_forced_refresh_ends_the_old_one_at_once_but_not_twice_in_30_s(
    service: TokenService, clock: VirtualClock
) -> None:
    first, _ = service.issue_stable()
    second, _ = service.issue_stable(force=True)
    assert code_of(service, first) == 40001
    assert service.issue_stable(force=True)[0] == second
    clock.advance(31)
    assert service.issue_stable(force=True)[0] != second


def test_only_twenty_forced_refreshes_a_day(service: TokenService, clock: VirtualClock) -> None:
    seen = set()
    for _ in range(25):
        seen.add(service.issue_stable(force=True)[0])
        clock.advance(31)
    assert len(seen) == 20


def test_the_endpoints_leave_each_other_alone(service: TokenService) -> None:
    plain, _ = service.issue()
    stable, _ = service.issue_stable()
    service.issue_stable(force=True)
    assert code_of(service, plain) == 0
    assert code_of(service, stable) == 40001


@pytest.mark.parametrize(("token", "code"), [("", 41001), ("made-up", 40014)])
def test_missing_and_unknown(service: TokenService, token: str, code: int) -> None:
    assert code_of(service, token) == code


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"grant_type": "x"}, 40002),
        ({"appid": ""}, 41002),
        ({"appid": "wxother"}, 40013),
        ({"secret": ""}, 41004),
        ({"secret": "wrong"}, 40125),
    ],
)
def test_who_may_have_a_token(world: World, change: dict[str, str], code: int) -> None:
    given = {**world.account.credentials(), **change}
    url = world.account.base
    plain = requests.get(f"{url}/token", given, timeout=5)
    stable = requests.post(f"{url}/stable_token", json=given, timeout=5)
    assert plain.json()["errcode"] == stable.json()["errcode"] == code
    assert plain.status_code == stable.status_code == 200


def test_a_stale_token_is_refused_and_token_requests_are_counted(world: World) -> None:
    citizen = world.driver.citizen("李女士")
    citizen.say("您好")
    old = world.account.stable_token()["access_token"]
    world.driver.advance(7201)
    assert world.account.send_text(citizen.openid, "a", token=old) == 42001
    fresh = world.account.stable_token()["access_token"]
    assert world.account.send_text(citizen.openid, "a", token=fresh) == 0
    world.driver.account(revoke_tokens=True)
    assert world.account.send_text(citizen.openid, "a", token=fresh) == 40001
    assert world.driver.stats()["token_requests"] == 2
    assert world.driver.stats()["api_errors"] == {"42001": 1, "40001": 1}
