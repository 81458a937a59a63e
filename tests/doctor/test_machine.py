"""This machine: settings, disk, secrets, data files, server; and the desk elsewhere."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.settings import ROOT
from simulator.config import SimulatorConfig
from tests.connectors.open311.backends import Call, HangUp, Say, as_json, backend
from tests.doctor.conftest import OF_LOOPBACK, Patient

DEMO = SimulatorConfig()


class TestSettings:
    def test_all_problems_come_at_once(self, patient: Patient) -> None:
        report = patient.examine(MINSHENG_PORT="x", MINSHENG_WECHAT_AES_KEY="short")
        problems = [c for c in report.document["checks"] if c["check"] == "settings"][0]["findings"]
        assert len(problems) == 2
        assert "MINSHENG_PORT" in problems[0]["says"] + problems[1]["says"]
        assert report.state("record") == "not_checked"

    def test_a_proxy_whose_word_is_not_taken_is_named(self, patient: Patient) -> None:
        public = {"MINSHENG_PUBLIC_URL": "https://hotline.example.gov.cn"}
        finding = patient.examine(**public).finding("settings.proxy")
        assert "MINSHENG_TRUSTED_PROXIES" in finding["says"]
        trusting = patient.examine(**public, MINSHENG_TRUSTED_PROXIES="127.0.0.1")
        assert trusting.state("settings") == "ok"

    def test_without_any_settings_it_says_what_is_missing_and_ends_with_1(
        self, tmp_path: Path
    ) -> None:
        kept = {k: v for k, v in os.environ.items() if not k.startswith("MINSHENG_")}
        done = subprocess.run(
            [sys.executable, "-m", "app.cli", "doctor", "--lang", "en"],
            cwd=ROOT,
            env=kept,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 1
        assert "MINSHENG_WECHAT_APP_ID is empty" in done.stdout
        assert done.stderr == ""

    def test_it_writes_nothing(self, patient: Patient, tmp_path: Path) -> None:
        fresh = tmp_path / "fresh"
        report = patient.examine(
            MINSHENG_DATA_DIR=str(fresh), MINSHENG_SIMULATOR="1", MINSHENG_ADMIN_PASSWORD=""
        )
        assert not fresh.exists()
        assert "模拟器" in report.finding("secrets.simulator")["says"]


class TestDisk:
    def test_a_folder_that_cannot_be_written_is_named(
        self, patient: Patient, tmp_path: Path
    ) -> None:
        in_the_way = tmp_path / "file"
        in_the_way.write_text("")
        finding = patient.examine(MINSHENG_DATA_DIR=str(in_the_way / "data")).finding(
            "disk.read_only"
        )
        assert "chown" in finding["remedy"]

    def test_a_full_one_is_told_apart_from_one_that_is_getting_full(
        self, patient: Patient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        import shutil

        for free, code, remedy in ((10**8, "full", "磁盘满"), (10**9, "low", "扩容")):
            usage = shutil._ntuple_diskusage(10**11, 10**11 - free, free)  # type: ignore[attr-defined]
            monkeypatch.setattr(shutil, "disk_usage", lambda _, usage=usage: usage)
            assert remedy in patient.examine().finding(f"disk.{code}")["remedy"]


class TestSecrets:
    def test_a_key_that_others_can_read_is_named_with_the_command(self, patient: Patient) -> None:
        key = Path(patient.environ["MINSHENG_DATA_DIR"]) / "secret.key"
        key.write_text("x" * 43)
        key.chmod(0o644)
        assert f"chmod 600 {key}" in patient.examine().finding("secrets.readable")["remedy"]
        key.chmod(0o600)
        assert patient.examine().state("secrets") == "ok"

    @pytest.mark.parametrize(
        ("changes", "code", "names"),
        [
            ({"MINSHENG_WECHAT_TOKEN": DEMO.token}, "demo", "MINSHENG_WECHAT_TOKEN"),
            ({"MINSHENG_WECHAT_APP_SECRET": DEMO.app_secret}, "demo", "APP_SECRET"),
            ({"MINSHENG_SECRET_KEY": "0123456789"}, "short", "MINSHENG_SECRET_KEY"),
            ({"MINSHENG_SECRET_KEY": ""}, "not_shared", "MINSHENG_SECRET_KEY"),
            ({"MINSHENG_WECHAT_AES_KEY": ""}, "plaintext", "MINSHENG_WECHAT_AES_KEY"),
            ({"MINSHENG_ADMIN_PASSWORD": "12345678"}, "weak_admin", "MINSHENG_ADMIN_PASSWORD"),
        ],
    )
    def test_a_weak_one_is_named(
        self, patient: Patient, changes: dict[str, str], code: str, names: str
    ) -> None:
        assert names in patient.examine(**changes).finding(f"secrets.{code}")["says"]

    def test_no_secret_stands_in_the_report(self, patient: Patient) -> None:
        said = json.dumps(patient.examine(MINSHENG_WECHAT_APP_SECRET="wrongSecret1").document)
        for name in ("APP_SECRET", "TOKEN", "AES_KEY"):
            assert patient.environ[f"MINSHENG_WECHAT_{name}"] not in said
        assert "wrongSecret1" not in said
        assert patient.environ["MINSHENG_SECRET_KEY"] not in said


def test_too_few_open_files_are_told_with_the_units_line(patient: Patient) -> None:
    code = (
        "import io, json, os, resource, sys\n"
        "resource.setrlimit(resource.RLIMIT_NOFILE, (1024, 1024))\n"
        "from app.cli import main\n"
        "sys.exit(main(['doctor', '--json']))\n"
    )
    assert resource.getrlimit(resource.RLIMIT_NOFILE)[1] > 1024
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={**os.environ, **patient.environ},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "LimitNOFILE" in done.stdout


class TestServer:
    @pytest.fixture
    def stranger(self) -> Iterator[str]:
        with backend(lambda call: Say(200, b"hello")) as other:
            yield other.url.rpartition(":")[2].partition("/")[0]

    def test_something_else_on_the_port_is_seen(self, patient: Patient, stranger: str) -> None:
        report = patient.examine(MINSHENG_PORT=stranger)
        assert "MINSHENG_PORT" in report.finding("server.another")["remedy"]

    def test_a_server_that_would_not_answer_says_what_is_missing(self, patient: Patient) -> None:
        def script(call: Call) -> Say:
            if call.path == "/healthz":
                return Say(200, b"ok")
            return as_json({"ready": False, "missing": ["worker"]}, 503)

        with backend(script) as other:
            port = other.url.rpartition(":")[2].partition("/")[0]
            finding = patient.examine(MINSHENG_PORT=port).finding("server.not_ready")
        assert "worker" in finding["says"]


class TestBackend:
    def test_nothing_is_filed(self, patient: Patient) -> None:
        before = patient.office.get("/requests.json").json()
        assert patient.examine().state("backend") == "ok"
        assert patient.office.get("/requests.json").json() == before

    @pytest.mark.parametrize(
        ("changes", "code", "remedy"),
        [
            ({"MINSHENG_BACKEND_API_KEY": "wrong"}, "key", "api_key"),
            ({"MINSHENG_BACKEND_URL": "http://127.0.0.1:9/v2"}, "unreachable", "自动补交"),
        ],
    )
    def test_what_keeps_complaints_here_is_named(
        self, patient: Patient, changes: dict[str, str], code: str, remedy: str
    ) -> None:
        report = patient.examine(**changes)
        assert remedy in report.finding(f"backend.{code}")["remedy"]
        assert report.code == 1

    @pytest.mark.parametrize(
        ("say", "code"),
        [
            (Say(403), "refused"),
            (Say(404), "address"),
            (Say(200, b"<!doctype html><title>Sign in</title>"), "not_open311"),
            (Say(500), "failing"),
            (as_json([]), "no_services"),
        ],
    )
    def test_each_way_of_not_being_a_backend_has_its_own_words(
        self, patient: Patient, say: Say, code: str
    ) -> None:
        with backend(lambda call: say) as other:
            report = patient.examine(MINSHENG_BACKEND_URL=other.url)
        assert len(report.finding(f"backend.{code}")["remedy"]) > 8

    @pytest.mark.parametrize(
        ("feed", "push", "codes"),
        [
            (Say(404), "", {"backend.no_news"}),
            (Say(404), "agreed-secret-of-both", set()),
            (Say(403), "", {"backend.feed_refused"}),
            (Say(500), "", {"backend.feed_failing"}),
        ],
    )
    def test_whether_news_would_arrive_is_said(
        self, patient: Patient, feed: Say, push: str, codes: set[str]
    ) -> None:
        def script(call: Call) -> Say:
            if "updates" in call.path:
                return feed
            if call.method == "POST":
                return as_json([{"code": 400, "description": "service_code"}], 400)
            return as_json([{"service_code": "1", "service_name": "灯", "metadata": False}])

        with backend(script) as other:
            report = patient.examine(
                MINSHENG_BACKEND_URL=other.url, MINSHENG_BACKEND_PUSH_SECRET=push
            )
        assert report.codes - OF_LOOPBACK == codes

    def test_questions_that_cannot_be_read_are_a_warning(self, patient: Patient) -> None:
        def script(call: Call) -> Say:
            if call.path.endswith("services.json"):
                return as_json([{"service_code": "7", "service_name": "灯", "metadata": True}])
            if "services/7" in call.path:
                raise HangUp
            return as_json([])

        with backend(script) as other:
            report = patient.examine(MINSHENG_BACKEND_URL=other.url)
        assert report.finding("backend.questions")["values"]["service"] == "7"
