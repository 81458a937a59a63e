"""`minsheng doctor` beside a server that runs: it sees all of it and disturbs none of it."""

from __future__ import annotations

import json
import subprocess
import sys

from simulator.driver import Citizen
from tests.e2e.server import ROOT, ProductServer

#: What a demo on loopback is, and a real installation is not.
OF_A_DEMO = {"secrets.simulator", "callback.port", "callback.inside", "callback.no_tls"}


def test_a_running_server_is_found_well_and_goes_on(
    server: ProductServer, citizen: Citizen
) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "app.cli", "doctor", "--json"],
        cwd=ROOT,
        env={**server.environment(), "MINSHENG_SIMULATOR": "1"},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    report = json.loads(done.stdout)
    found = {finding["code"] for check in report["checks"] for finding in check["findings"]}
    assert found - {"redis.parked"} == OF_A_DEMO  # other tests' messages may have been set aside
    assert done.returncode == 1
    assert [check["check"] for check in report["checks"] if check["waits_for"]] == []
    assert done.stderr == ""
    assert citizen.say("你好")
