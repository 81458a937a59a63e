"""Why WeChat's console would not accept the server address, told before anybody presses 提交."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.doctor.command import run
from tests.doctor.certificates import Authority
from tests.doctor.conftest import OF_LOOPBACK, Patient
from tests.doctor.site import Said, right, site

CALLBACK = "callback."


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.mark.parametrize(
    ("answer", "code", "remedy"),
    [
        (lambda e: Said(f'"{e}"'.encode()), "quoted", "JSON"),
        (lambda e: Said(b"\xef\xbb\xbf" + e.encode()), "bom", "改写"),
        (lambda e: Said(e.encode() + b"\n"), "newline", "改写"),
        (lambda e: Said(b"<!doctype html><h1>403</h1>"), "html", "拦截页"),
        (lambda e: Said(b"success"), "other", "/wechat"),
        (lambda e: Said(b""), "other", "/wechat"),
        (lambda e: Said(status=301, headers={"Location": "https://x/"}), "redirect", "最终地址"),
        (lambda e: Said(status=403), "refused", "MINSHENG_WECHAT_TOKEN"),
        (lambda e: Said(status=404), "not_found", "deploy/nginx"),
        (lambda e: Said(e.encode(), status=500), "status", "日志"),
    ],
)
def test_an_answer_that_wechat_does_not_take_is_named(
    patient: Patient, answer: object, code: str, remedy: str
) -> None:
    with site(answer, token=patient.account.token) as port:  # type: ignore[arg-type]
        report = patient.examine(MINSHENG_PUBLIC_URL=f"http://127.0.0.1:{port}")
    assert remedy in report.finding(CALLBACK + code)["remedy"]
    assert report.code == 1


def test_the_right_answer_leaves_only_what_loopback_cannot_have(patient: Patient) -> None:
    with site(right, token=patient.account.token) as port:
        report = patient.examine(MINSHENG_PUBLIC_URL=f"http://127.0.0.1:{port}")
    assert report.codes - OF_LOOPBACK == set()
    assert "callback.port" in report.codes


def test_another_token_in_the_running_server_is_seen(patient: Patient) -> None:
    with site(right, token="anotherToken") as port:
        report = patient.examine(MINSHENG_PUBLIC_URL=f"http://127.0.0.1:{port}")
    assert "Token" in report.finding("callback.refused")["says"]


def test_a_site_that_echoes_whatever_comes_is_seen(patient: Patient) -> None:
    with site(right, token="", checks=False) as port:
        report = patient.examine(MINSHENG_PUBLIC_URL=f"http://127.0.0.1:{port}")
    assert "冒充" in report.finding("callback.takes_forged")["says"]


def test_a_port_that_wechat_does_not_call_is_named(patient: Patient) -> None:
    report = patient.examine(MINSHENG_PUBLIC_URL="https://127.0.0.1:9443")
    assert "443" in report.finding("callback.port")["remedy"]


def test_without_a_public_address_that_is_what_is_said(patient: Patient) -> None:
    report = patient.examine(MINSHENG_PUBLIC_URL="")
    assert "MINSHENG_PUBLIC_URL" in report.finding("callback.no_address")["says"]


def test_a_name_that_does_not_exist_is_named(patient: Patient) -> None:
    report = patient.examine(MINSHENG_PUBLIC_URL="https://minsheng.invalid")
    assert report.finding("callback.no_name")["values"]["host"] == "minsheng.invalid"


def test_while_the_server_is_stopped_silence_is_no_finding(patient: Patient) -> None:
    report = patient.examine()
    assert not {c for c in report.codes if c.startswith(CALLBACK)} - OF_LOOPBACK
    assert "server.stopped" in report.codes


class TestCertificates:
    @pytest.fixture(autouse=True)
    def trust(self, authority: Authority, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("SSL_CERT_FILE", str(authority.root))

    @pytest.mark.parametrize(
        ("made", "code", "says"),
        [
            ({"days": -2, "age_days": 90}, "certificate_expired", "nginx"),
            ({"host": "127.0.0.2"}, "certificate_name", "域名"),
            ({"days": 9}, "certificate_ends", "续"),
        ],
    )
    def test_one_that_will_not_do_is_named(
        self, patient: Patient, authority: Authority, made: dict[str, object], code: str, says: str
    ) -> None:
        certificate = authority.issue(**({"host": "127.0.0.1"} | made))  # type: ignore[arg-type]
        with site(right, token=patient.account.token, certificate=certificate) as port:
            report = patient.examine(MINSHENG_PUBLIC_URL=f"https://127.0.0.1:{port}")
        assert says in report.finding(CALLBACK + code)["remedy"]

    def test_one_of_nobody_we_know_is_named(
        self, patient: Patient, tmp_path: Path, authority: Authority
    ) -> None:
        stranger = Authority(tmp_path).issue("127.0.0.1")
        with site(right, token=patient.account.token, certificate=stranger) as port:
            report = patient.examine(MINSHENG_PUBLIC_URL=f"https://127.0.0.1:{port}")
        assert "fullchain" in report.finding("callback.certificate_untrusted")["remedy"]

    def test_a_port_without_tls_is_named(self, patient: Patient) -> None:
        with site(right, token=patient.account.token) as port:
            report = patient.examine(MINSHENG_PUBLIC_URL=f"https://127.0.0.1:{port}")
        assert "TLS" in report.finding("callback.tls")["remedy"]

    def test_when_all_is_well_the_exit_code_is_0(
        self,
        patient: Patient,
        authority: Authority,
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        """With the name and the port that a real installation has; only the way there is the test's."""
        import socket

        connect = socket.create_connection
        certificate = authority.issue("12345.example.gov.cn")
        with site(right, token=patient.account.token, certificate=certificate) as port:

            def to_here(address: tuple[str, int], *rest: object, **options: object) -> object:
                if address == ("12345.example.gov.cn", 443):
                    address = ("127.0.0.1", port)
                return connect(address, *rest, **options)  # type: ignore[arg-type]

            monkeypatch.setattr(socket, "create_connection", to_here)
            public = {
                "MINSHENG_PUBLIC_URL": "https://12345.example.gov.cn",
                "MINSHENG_TRUSTED_PROXIES": "127.0.0.1",
            }
            environ = {**patient.environ, **public}
            assert run(environ, as_json=False, language="zh") == 0
        said = capsys.readouterr().out
        assert "✓ 回调地址" in said
        assert "✗" not in said
        assert said.splitlines()[-1] == "可以运行。警告 1 项。"  # the server is stopped
