"""Alerts wait for what a running product really says: a name that nobody serves would stay quiet for ever."""

from __future__ import annotations

import time

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.deploy.alerts import panels, promtool, rules, selectors
from tests.e2e.server import ProductServer

RULES = rules()
LAST = "minsheng_wechat_quota_limit"
"""What a server that has just started says last: a worker asks WeChat for it."""


@pytest.fixture
def exposition(server: ProductServer) -> str:
    deadline = time.monotonic() + 30
    while LAST + "{" not in (text := server.get("/metrics").text):
        assert time.monotonic() < deadline, text
        time.sleep(0.5)
    return text


@pytest.mark.parametrize(
    ("name", "expressions"),
    [*((name, [rule["expr"]]) for name, rule in RULES.items()), *panels().items()],
)
def test_every_series_an_alert_or_a_panel_reads_is_served(
    exposition: str, name: str, expressions: list[str]
) -> None:
    served = [
        (sample.name, sample.labels)
        for family in text_string_to_metric_families(exposition)
        for sample in family.samples
    ]
    for selector in {one for expr in expressions for one in selectors(expr)}:
        assert any(selector.takes(name, labels) for name, labels in served), selector


def test_names_units_and_texts_are_as_prometheus_wants_them(exposition: str) -> None:
    done = promtool("check", "metrics", text=exposition)
    assert done.returncode == 0, done.stdout + done.stderr
