"""What is wrong with the account at WeChat, by the codes that WeChat answers with, and what mends it."""

from __future__ import annotations

import pytest

from app.doctor.wechat import _ISSUING
from simulator.app import create_app
from simulator.config import SimulatorConfig
from simulator.driver import SimulatorDriver
from tests.doctor.conftest import OF_LOOPBACK, Patient
from tests.simulator.conftest import AccountServer, serve


class TestCredentials:
    @pytest.mark.parametrize(
        ("setting", "value", "code", "remedy"),
        [
            ("MINSHENG_WECHAT_APP_ID", "wx0", "credentials.app_id", "MINSHENG_WECHAT_APP_ID"),
            ("MINSHENG_WECHAT_APP_SECRET", "x", "credentials.secret", "重置 AppSecret"),
        ],
    )
    def test_a_wrong_one_is_told_by_its_setting(
        self, patient: Patient, setting: str, value: str, code: str, remedy: str
    ) -> None:
        report = patient.examine(**{setting: value})
        assert remedy in report.finding(code)["remedy"]
        assert report.code == 1

    def test_the_address_that_wechat_saw_is_named_for_the_whitelist(self, patient: Patient) -> None:
        patient.simulator.account(whitelist=["203.0.113.7"])
        finding = patient.examine().finding("credentials.whitelist")
        assert finding["values"]["address"] == "127.0.0.1"
        assert "加上 127.0.0.1" in finding["remedy"]
        assert "40164" in finding["says"]

    def test_on_the_whitelist_all_is_well(self, patient: Patient) -> None:
        patient.simulator.account(whitelist=["127.0.0.1"])
        assert patient.examine().state("credentials") == "ok"

    @pytest.mark.parametrize("errcode", sorted(set(_ISSUING) - {"-1"}))
    def test_each_code_of_the_token_endpoint_has_its_remedy(
        self, patient: Patient, errcode: str
    ) -> None:
        report = patient.wechat("stable_token", errcode=int(errcode))
        finding = report.finding(f"credentials.{_ISSUING[errcode]}")
        assert len(finding["remedy"]) > 8
        assert report.state("rights") == "not_checked"

    def test_a_busy_platform_is_a_warning(self, patient: Patient) -> None:
        report = patient.wechat("stable_token", errcode=-1)
        assert report.finding("credentials.busy")["level"] == "warn"

    def test_a_code_that_nobody_knows_is_shown(self, patient: Patient) -> None:
        report = patient.wechat("stable_token", errcode=40066)
        assert "40066" in report.finding("credentials.other")["says"]

    def test_a_platform_that_cannot_be_reached_is_a_matter_of_the_network(
        self, patient: Patient
    ) -> None:
        report = patient.examine(MINSHENG_WECHAT_API_BASE="http://127.0.0.1:9")
        assert "出口" in report.finding("credentials.unreachable")["remedy"]

    def test_the_servers_token_stays_good(self, patient: Patient) -> None:
        base = patient.environ["MINSHENG_WECHAT_API_BASE"].removesuffix("/api")
        held = AccountServer(base, patient.account).token
        patient.examine()
        assert AccountServer(base, patient.account).token == held


class TestRights:
    @pytest.mark.parametrize(
        ("path", "code", "names"),
        [
            ("message/custom/send", "rights.custom_send", "客服消息"),
            ("qrcode/create", "rights.qr", "二维码"),
            ("menu/get", "rights.menu", "菜单"),
            ("template/get_all_private_template", "rights.template", "模板消息"),
            ("newtmpl/gettemplate", "rights.subscription", "订阅通知"),
        ],
    )
    def test_the_missing_one_is_named(
        self, patient: Patient, path: str, code: str, names: str
    ) -> None:
        report = patient.wechat(path, errcode=48001)
        assert names in report.finding(code)["says"]
        assert {c for c in report.codes if c.startswith("rights.")} == {code}

    def test_an_unverified_account_lacks_what_needs_verification(self, patient: Patient) -> None:
        patient.simulator.account(verified=False)
        report = patient.examine()
        lacked = {"rights.custom_send", "rights.qr", "rights.template", "rights.subscription"}
        assert lacked <= report.codes

    def test_no_citizen_notices_the_check(self, patient: Patient) -> None:
        patient.examine()
        for citizen in patient.simulator.get("control/citizens"):
            assert patient.simulator.citizen(citizen["openid"]).messages() == []

    def test_what_fails_for_another_reason_is_a_warning(self, patient: Patient) -> None:
        report = patient.wechat("menu/get", errcode=-1)
        assert "menu/get" in report.finding("rights.unknown")["says"]


class TestMenu:
    def test_an_account_without_one_is_told_the_command(self, patient: Patient) -> None:
        report = patient.wechat("menu/get", errcode=46003)
        assert "minsheng menu" in report.finding("menu.none")["remedy"]

    def test_another_menu_than_the_catalogs_is_seen(self, patient: Patient) -> None:
        base = patient.environ["MINSHENG_WECHAT_API_BASE"].removesuffix("/api")
        old = {"button": [{"type": "click", "name": "老菜单", "key": "old"}]}
        AccountServer(base, patient.account).post("menu/create", old)
        assert "老菜单" in patient.examine().finding("menu.other")["says"]


class TestTemplates:
    @pytest.mark.parametrize(
        "setting", ["MINSHENG_NOTICE_TEMPLATE_ID", "MINSHENG_TEMPLATE_MESSAGE_ID"]
    )
    def test_an_id_that_the_account_does_not_have_is_named(
        self, patient: Patient, setting: str
    ) -> None:
        finding = patient.examine(**{setting: "nobody's"}).finding("templates.unknown")
        assert setting in finding["says"]

    def test_ids_in_the_wrong_setting_are_seen(self, patient: Patient) -> None:
        """The two lists of the platform are apart, and so are the two settings."""
        swapped = patient.examine(
            MINSHENG_NOTICE_TEMPLATE_ID=patient.account.message_template_id,
            MINSHENG_TEMPLATE_MESSAGE_ID=patient.account.notice_template_id,
        )
        assert "templates.unknown" in swapped.codes

    def test_without_any_the_48_hours_are_explained(self, patient: Patient) -> None:
        report = patient.examine(MINSHENG_NOTICE_TEMPLATE_ID="", MINSHENG_TEMPLATE_MESSAGE_ID="")
        assert "48 小时" in report.finding("templates.none")["says"]


def test_fields_that_differ_from_the_catalogs_are_named() -> None:
    from app.doctor.wechat import _fields

    there = frozenset({"thing3", "time4", "thing9"})
    filled = frozenset({"character_string1", "thing3", "time4"})
    (finding,) = _fields("template", "MINSHENG_TEMPLATE_MESSAGE_ID", there, filled)
    assert finding.values["missing"] == "character_string1"
    assert finding.values["unfilled"] == "thing9"


class TestQuota:
    PATH = "/cgi-bin/message/custom/send"

    @pytest.mark.parametrize(
        ("left", "code", "remedy"), [(0, "quota.gone", "零点"), (2, "quota.low", "别的程序")]
    )
    def test_what_is_nearly_used_up_is_named(
        self, patient: Patient, left: int, code: str, remedy: str
    ) -> None:
        base = patient.environ["MINSHENG_WECHAT_API_BASE"].removesuffix("/api")
        account = AccountServer(base, patient.account)
        for _ in range(25):
            account.send_text("oNobody", "-")
        used = account.post("openapi/quota/get", {"cgi_path": self.PATH})["quota"]["used"]
        # The doctor's own look at the right is one call of it.
        patient.simulator.account(daily_limit={self.PATH: used + 1 + left})
        try:
            finding = patient.examine().finding(code)
        finally:
            patient.simulator.account(daily_limit={self.PATH: 500_000})
        assert finding["values"]["call"] == "message/custom/send"
        assert remedy in finding["remedy"]


class TestReach:
    def test_a_callback_that_wechat_cannot_reach_is_a_warning(self, patient: Patient) -> None:
        config = SimulatorConfig(
            **{**vars(patient.account), "callback_url": "http://127.0.0.1:9/wechat"}
        )
        server, thread, port = serve(create_app(config))
        try:
            report = patient.examine(MINSHENG_WECHAT_API_BASE=f"http://127.0.0.1:{port}/api")
        finally:
            server.should_exit = True
            thread.join(5)
        assert report.finding("reach.lost")["values"]["percent"] == "100"

    def test_a_console_without_a_server_address_is_named(self, patient: Patient) -> None:
        report = patient.wechat("callback/check", errcode=40201)
        assert "基本配置" in report.finding("reach.not_set")["remedy"]


def test_a_clock_that_is_off_is_measured_against_the_platforms(patient: Patient) -> None:
    from app.doctor.installation import Installation
    from app.doctor.machine import clock

    installation = Installation(patient.environ)
    installation.sign_in()
    assert abs(installation.offsets["WeChat"]) < 5
    assert list(clock(installation)) == []
    for offset, code in ((100.0, "clock.off"), (-301.0, "clock.wrong")):
        installation.offsets["WeChat"] = offset
        (finding,) = clock(installation)
        assert finding.code == code
        assert finding.values["seconds"] == f"{-offset:+.0f}"


def test_all_is_well_where_all_is_well(patient: Patient) -> None:
    assert patient.examine().codes - OF_LOOPBACK == set()
    assert isinstance(patient.simulator, SimulatorDriver)
