"""Each alert fires when its trouble is there, stays quiet when it is not, and says what to do, in Chinese."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import yaml

from tests.deploy.alerts import ALERTS, FOLDER, ROOT, panels, promtool, rules, selectors

RULES = rules()


@dataclass(frozen=True)
class Case:
    """One alert, the series at which it fires (after so long, with these labels), and at which it does not.

    Values are in promtool's form, one each 15 s: `0x8 5x200` is nine times 0, then 201 times 5.
    """

    alert: str
    trouble: dict[str, str]
    ordinary: dict[str, str]
    after: str = "20m"
    labels: dict[str, str] = field(default_factory=dict)


def told(outcome: str, rung: str, kind: str = "reply") -> str:
    return f'minsheng_deliveries_total{{kind="{kind}",outcome="{outcome}",rung="{rung}"}}'


LAST = 'minsheng_backend_last_success_timestamp_seconds{call="%s"}'
UP = 'up{job="minsheng",instance="%s"}'
EMERGENCY = 'minsheng_handoffs_oldest_wait_seconds{reason="emergency"}'
ASKED = 'minsheng_handoffs_oldest_wait_seconds{reason="asked"}'
FILING = 'minsheng_delivery_oldest_age_seconds{kind="filing"}'
AMENDMENT = 'minsheng_delivery_oldest_age_seconds{kind="amendment"}'
OLDEST, WORKERS = "minsheng_inbox_oldest_age_seconds", "minsheng_workers"
CALLS = 'minsheng_wechat_calls_total{operation="%s",code="%s"}'
LEFT, LIMIT = "minsheng_wechat_quota_remaining", "minsheng_wechat_quota_limit"
SEND = '{operation="message/custom/send"}'
PARKED = 'minsheng_turns_total{outcome="parked"}'
FAILED = 'minsheng_turns_total{outcome="failed"}'

CASES = [
    Case(
        "MinshengUnreachable",
        {UP % "a": "1x8 0x200", UP % "b": "0x200"},
        {UP % "a": "1x200", UP % "b": "0x200"},
    ),
    Case(
        "MinshengPartDown",
        {
            'minsheng_up{part="redis",instance="a"}': "1x8 0x200",
            'minsheng_up{part="record",instance="a"}': "1x200",
        },
        {  # one gateway cannot reach it, the other can
            'minsheng_up{part="redis",instance="a"}': "0x200",
            'minsheng_up{part="redis",instance="b"}': "1x200",
        },
        labels={"part": "redis"},
    ),
    Case(
        "MinshengMessagesWait",
        {OLDEST: "0x8 61x200", WORKERS: "2x200"},
        {OLDEST: "0x8 100x4 1x200", WORKERS: "2x200"},  # a short jam
    ),
    Case(
        "MinshengMessagesWait",
        {OLDEST: "0x200", WORKERS: "0x200"},
        {OLDEST: "0x200", WORKERS: "0x4 1x200"},  # while the model is loaded
    ),
    Case(
        "MinshengEmergencyUnattended",
        {EMERGENCY: "0x8 601x200", ASKED: "0x200"},
        {EMERGENCY: "0x8 590x200", ASKED: "4000x200"},
    ),
    Case(
        "MinshengProcessDown",
        {UP % "a": "1x200", UP % "b": "1x8 0x200"},
        {UP % "a": "1x200", UP % "b": "1x40 0x20 1x200"},
        labels={"job": "minsheng", "instance": "b"},
    ),
    Case(
        "MinshengAnswersLate",
        {told("sent", "custom"): "0+1x200", told("sent", "passive"): "0+3x200"},
        {told("sent", "custom"): "0+1x200", told("sent", "passive"): "0+9x200"},
    ),
    Case(
        "MinshengFilingsWait",
        {FILING: "1801x200", AMENDMENT: "0x200"},
        {FILING: "1700x200", AMENDMENT: "2000x200"},  # a verdict may still grow for half an hour
    ),
    Case(
        "MinshengBackendSilent",
        {LAST % "services": "60x400", LAST % "updates": "60+15x400"},
        {  # a backend that pushes is never polled with success
            LAST % "services": "0+15x400",
            LAST % "updates": "0x400",
        },
        after="60m",
    ),
    Case(
        "MinshengBackendSilent",
        {LAST % "services": "60+15x400", LAST % "updates": "60x400"},
        {LAST % "services": "0+15x400", LAST % "updates": "60+15x400"},
        after="60m",
    ),
    Case(
        "MinshengDeliveryFailed",
        {told("failed", "none", "filing"): "0x20 1x400", told("failed", "none", "media"): "0x400"},
        {told("failed", "none", "filing"): "3x400", told("failed", "none", "media"): "0x20 1x400"},
        labels={"kind": "filing"},
    ),
    Case(
        "MinshengWeChatRefuses",
        {CALLS % ("stable_token", "40164"): "0x40 1x200"},
        {CALLS % ("stable_token", "-1"): "0+1x200", CALLS % ("stable_token", "0"): "0+1x200"},
        labels={"operation": "stable_token", "code": "40164"},
    ),
    Case(
        "MinshengQuotaLow",
        {LEFT + SEND: "9000x200", LIMIT + SEND: "100000x200"},
        {LEFT + SEND: "11000x200", LIMIT + SEND: "100000x200"},
        labels={"operation": "message/custom/send"},
    ),
    Case(
        "MinshengMessageParked",
        {PARKED: "0x20 1x200", FAILED: "0x20 3x200"},
        {PARKED: "2x200", FAILED: "0x20 2x200"},
    ),
    Case(
        "MinshengWorkersRestart",
        {"minsheng_worker_ends_total": "0x20 2 3 4 5x200"},
        {"minsheng_worker_ends_total": "0x20 1x200"},
        after="10m",
    ),
]


def test_prometheus_takes_the_rules_and_the_example() -> None:
    for check, path in (("rules", ALERTS), ("config", FOLDER / "prometheus.example.yml")):
        done = promtool("check", check, str(path))
        assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.alert)
def test_it_fires_at_its_trouble_and_at_nothing_else(case: Case, tmp_path: Path) -> None:
    rule = RULES[case.alert]
    expected = {
        "exp_labels": {**rule["labels"], **case.labels},
        "exp_annotations": rule["annotations"],
    }
    tests = [
        {
            "interval": "15s",
            "input_series": [{"series": s, "values": v} for s, v in series.items()],
            "alert_rule_test": [
                {"eval_time": case.after, "alertname": case.alert, "exp_alerts": alerts}
            ],
        }
        for series, alerts in ((case.trouble, [expected]), (case.ordinary, []))
    ]
    path = tmp_path / "test.yml"
    path.write_text(
        yaml.safe_dump(
            {"rule_files": [str(ALERTS)], "evaluation_interval": "15s", "tests": tests},
            allow_unicode=True,
        ),
        "utf-8",
    )
    done = promtool("test", "rules", str(path))
    assert done.returncode == 0, done.stdout + done.stderr


def test_prometheus_takes_the_dashboards_expressions(tmp_path: Path) -> None:
    recorded = [
        {"record": f"panel:{number}", "expr": expr}
        for number, expr in enumerate(expr for exprs in panels().values() for expr in exprs)
    ]
    path = tmp_path / "panels.yml"
    path.write_text(yaml.safe_dump({"groups": [{"name": "panels", "rules": recorded}]}), "utf-8")
    done = promtool("check", "rules", str(path))
    assert done.returncode == 0, done.stdout + done.stderr
    assert len(recorded) >= 15


def test_every_alert_is_tried() -> None:
    assert {case.alert for case in CASES} == set(RULES)


def test_alerts_are_few_and_pages_fewer() -> None:
    severities = [rule["labels"]["severity"] for rule in RULES.values()]
    assert len(severities) <= 15
    assert set(severities) == {"page", "ticket"}
    assert severities.count("page") <= 4


@pytest.mark.parametrize("name", RULES)
def test_whoever_is_woken_reads_what_it_means_and_what_to_do_first(name: str) -> None:
    annotations = RULES[name]["annotations"]
    assert set(annotations) == {"summary", "citizen", "first", "runbook"}
    for text in annotations.values():
        assert re.search(r"[一-鿿]{4}", text)
        assert "{{" not in text  # what is filled in is in the labels
    assert annotations["runbook"].startswith("docs/operations.md ")


@pytest.mark.parametrize("name", RULES)
def test_the_section_it_names_is_in_the_operators_book(name: str) -> None:
    section = re.search("“(.+)”", RULES[name]["annotations"]["runbook"])
    assert section is not None
    headings = re.findall(r"(?m)^#+ (.+)$", (ROOT / "docs" / "operations.md").read_text("utf-8"))
    assert section[1] in headings


def test_expressions_are_read_as_prometheus_reads_them() -> None:
    """The check of names against a running server sees every selector."""
    for rule in RULES.values():
        found = selectors(rule["expr"])
        assert len(found) >= ("minsheng_" in rule["expr"])
    assert sum(len(selectors(rule["expr"])) for rule in RULES.values()) >= 13
