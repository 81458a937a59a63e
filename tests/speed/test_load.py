"""Load that does not wait for a slow server, and what is made of its answers."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import psutil
import pytest

from bench.speed import report, stock
from bench.speed.accounting import one_core, processor_s
from bench.speed.drain import Drained
from bench.speed.load import Load, Request, Run
from bench.speed.measure import BadAnswers, Measured, check
from bench.speed.systems import Echo
from bench.speed.talk import STEPS, Said, said

STALL_S = 0.6
STALLED_AT = 10
SLOW_S = 0.2


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:  # noqa: N802
        body = self.rfile.read(int(self.headers["Content-Length"]))
        server = self.server
        assert isinstance(server, _Server)
        with server.turn:
            server.seen += 1
            if server.seen == STALLED_AT:
                time.sleep(STALL_S)
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Stay silent."""


class _Server(ThreadingHTTPServer):
    """Answers one after the other and stands still once."""

    daemon_threads = True
    request_queue_size = 512

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.turn, self.seen = threading.Lock(), 0
        threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()


@pytest.fixture
def load() -> Iterator[Load]:
    server = _Server()
    url = f"http://127.0.0.1:{server.server_address[1]}/"
    yield Load(lambda what: Request(url, what.words.encode(), "text/plain"))
    server.shutdown()


def slow(run: Run) -> int:
    return sum(wait > SLOW_S for wait in run.waits_s)


def test_everybody_who_was_due_during_a_standstill_waited(load: Load) -> None:
    run = load.arriving(60.0, 1.5)
    assert run.failed == 0
    assert slow(run) >= 10


def test_one_who_waits_for_answers_sees_the_standstill_once(load: Load) -> None:
    run = load.at_once(1, 1.0)
    assert run.failed == 0
    assert len(run.waits_s) > STALLED_AT
    assert slow(run) >= 1
    assert run.percentile_ms(0.5) < SLOW_S * 1000


def test_each_citizen_tells_one_complaint_in_order(load: Load) -> None:
    run = load.arriving(40.0, 1.0)
    again = load.arriving(40.0, 1.0)
    people = Counter(what.citizen for what, _ in [*run.answers, *again.answers])
    assert not {w.citizen for w, _ in run.answers} & {w.citizen for w, _ in again.answers}
    assert max(people.values()) <= STEPS
    assert said(7, 3).words == "确认"
    assert said(7, 0).words != said(8, 0).words


def test_processor_time_is_counted_with_the_children() -> None:
    me = psutil.Process().pid
    before = processor_s([me], lambda _: "all")["all"]
    end = time.process_time() + 0.3
    while time.process_time() < end:
        pass
    assert processor_s([me], lambda _: "all")["all"] - before >= 0.25


def test_all_threads_of_a_tree_go_to_one_core_and_back() -> None:
    me, everywhere = psutil.Process(), os.sched_getaffinity(0)
    stop = threading.Event()
    other = threading.Thread(target=stop.wait)
    other.start()
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    try:
        with one_core([child.pid]):
            assert os.sched_getaffinity(child.pid) == {min(everywhere)}
            mine = {frozenset(os.sched_getaffinity(t.id)) for t in me.threads()}
            assert mine == {frozenset(everywhere - {min(everywhere)} or everywhere)}
        assert os.sched_getaffinity(child.pid) == everywhere
        assert {frozenset(os.sched_getaffinity(t.id)) for t in me.threads()} == {
            frozenset(everywhere)
        }
    finally:
        stop.set()
        child.communicate(b"\n")


def test_the_echo_answers_what_it_was_told(tmp_path: Path) -> None:
    echo = Echo(tmp_path)
    echo.start()
    try:
        run = Load(echo.writes).at_once(2, 0.3)
    finally:
        echo.stop()
    assert run.failed == 0
    assert all(echo.words_of(answer) == what.words for what, answer in run.answers)
    check(echo, run)


def test_figures_of_wrong_answers_are_refused(tmp_path: Path) -> None:
    echo = Echo(tmp_path)
    silent = Run(1.0, [0.1], 0, [(said(1, 0), b"success")])
    with pytest.raises(BadAnswers, match="empty"):
        check(echo, silent)
    echo.ends_with = "已提交"
    request = echo.writes(Said(1, 3, "确认"))
    with pytest.raises(BadAnswers, match="did not end"):
        check(echo, Run(1.0, [0.1], 0, [(said(1, 3), request.body)]))


def test_stock_rasa_gets_our_domain_and_rules_and_diet() -> None:
    same = stock.same()
    assert "validate_complaint_form" in same["domain"]["actions"]
    assert same["domain"]["forms"]["complaint_form"]["required_slots"]
    assert len(same["rules"]["rules"]) > 20
    names = [part["name"] for part in same["config"]["pipeline"]]
    assert "DIETClassifier" in names
    assert "nlu.components.learned.CitizenIntentClassifier" not in names
    assert [policy["name"] for policy in same["config"]["policies"]] == ["RulePolicy"]
    bare = stock.bare()
    assert "actions" not in bare["domain"]
    assert set(bare["domain"]["forms"]["complaint_form"]["required_slots"]) == {
        "details",
        "place",
        "phone",
        "confirmed",
    }


def test_the_report_holds_every_figure(tmp_path: Path) -> None:
    measured = Measured(
        "ours",
        ready_after_s=5.25,
        per_core=200.2,
        rate=99.6,
        cost_ms=Counter({"worker": 4.0, "gateway": 1.0}),
        memory_mb=Counter({"worker": 500}),
        waits_ms={0.5: (10.0, 20.0), 0.8: (30.0, 40.0)},
        late={0.5: 0, 0.8: 3},
        after_ms={10: 8.0, 1000: 8.4},
    )
    drains = [Drained(n, 100.0 * n - 20 * (n - 1), Counter({"worker": 5.0})) for n in (1, 2)]
    text = report.table([measured], {"record": 1.25}, drains)
    for figure in (
        "**200**",
        "5.00 (worker 4.00, gateway 1.00)",
        "30 / 40, 3 never",
        "1000: 8.4",
        "record 1.25",
    ):
        assert figure in text
    assert "two workers against one: **1.80**" in text
    waits = {"waits_ms": {0.5: (1.0, 2.0), 0.8: (1.0, 2.0)}, "late": {0.5: 0, 0.8: 0}}
    too_fast = Measured("echo", per_core=5000.0, rate=9000.0, **waits)  # type: ignore[arg-type]
    assert "| 1 / 2 (at 2000/s) |" in report.table([measured, too_fast], {}, [])
    report.draw([too_fast], tmp_path / "alone.png")
    report.draw([measured, too_fast], tmp_path / "speed.png")
    assert (tmp_path / "speed.png").read_bytes().startswith(b"\x89PNG")
