"""The report of a run, as text: the four figures, what was killed, and every finding with its exchanges."""

from __future__ import annotations

import time
from collections import Counter
from pathlib import Path

from bench.soak.evidence import Evidence
from bench.soak.run import Outcome
from bench.soak.verdict import Finding, Verdict

_SHOWN_MOST = 40


def report(outcome: Outcome) -> str:
    """Return the report."""
    plan, verdict, evidence = outcome.plan, outcome.verdict, outcome.evidence
    rows = [
        "",
        f"SOAK on {plan.store}: {'PASSED' if verdict.passed else 'FAILED'}",
        f"  {plan.citizens} citizens, {plan.minutes:g} minutes of load at up to "
        f"{plan.per_second:g} messages/s, seed {plan.seed}, {outcome.took_s:.0f} s in all",
        *_volume(evidence),
        f"  kills: {_counted(verdict.kills)}",
        f"  troubles: {', '.join(_troubles(evidence)) or 'none'}",
        "",
        f"  lost {len(verdict.lost)} / filed twice {len(verdict.filed_twice)} / "
        f"told twice {len(verdict.told_twice)} / out of order {len(verdict.out_of_order)}",
        f"  beside that: {len(verdict.ambiguous)} told again after a send of unknown outcome, "
        f"{len(verdict.faulted)} never accepted (the citizen saw the fault notice)",
    ]
    if verdict.too_few:
        rows.append(f"  too few kills of: {', '.join(verdict.too_few)}")
    for name, found in _lists(verdict):
        rows += _listed(name, found, evidence)
    return "\n".join(rows)


def write(outcome: Outcome, folder: Path) -> Path:
    """Write the report beside the logs and return its path."""
    path = folder / "report.txt"
    path.write_text(report(outcome) + "\n" + outcome.last_words + "\n", encoding="utf-8")
    return path


def _volume(evidence: Evidence) -> list[str]:
    pushes = list(evidence.pushes.values())
    outcomes = Counter(push.outcome for push in pushes)
    sends = Counter(send.outcome for send in evidence.sends if send.path == "message/custom/send")
    waits = sorted(push.ended_at - push.at for push in pushes if push.outcome == "replied")
    median = waits[len(waits) // 2] if waits else 0.0
    late = waits[int(len(waits) * 0.95)] if waits else 0.0
    return [
        f"  {len(pushes)} messages and events ({_counted(outcomes)}); "
        f"passive answers: median {median * 1000:.0f} ms, 95 % within {late * 1000:.0f} ms",
        f"  {len(evidence.cases)} cases, {len(evidence.updates)} updates, "
        f"{len(evidence.answers)} answers of staff; customer-service sends: {_counted(sends)}",
    ]


def _troubles(evidence: Evidence) -> list[str]:
    names = Counter(name for _, name in evidence.troubles if not name.endswith(": over"))
    return [f"{name} × {count}" for name, count in names.items()]


def _lists(verdict: Verdict) -> list[tuple[str, list[Finding]]]:
    return [
        ("LOST", verdict.lost),
        ("FILED TWICE", verdict.filed_twice),
        ("TOLD TWICE", verdict.told_twice),
        ("OUT OF ORDER", verdict.out_of_order),
        ("told again after an unknown outcome (no fault)", verdict.ambiguous),
        ("never accepted (no fault)", verdict.faulted),
    ]


def _listed(name: str, found: list[Finding], evidence: Evidence) -> list[str]:
    if not found:
        return []
    rows = ["", f"  {name}"]
    for finding in found[:_SHOWN_MOST]:
        ids = ", ".join(map(str, finding.exchanges))
        rows.append(f"    {finding.token}  {finding.citizen}  {finding.why}  [{ids}]")
        rows += [f"      {row}" for row in _trail(finding, evidence)]
    if len(found) > _SHOWN_MOST:
        rows.append(f"    … and {len(found) - _SHOWN_MOST} more")
    return rows


def _trail(finding: Finding, evidence: Evidence) -> list[str]:
    rows = []
    for number in finding.exchanges:
        push = evidence.pushes.get(number)
        if push is not None:
            rows.append(f"{_clock(push.at)} said: {' / '.join(push.attempts)} -> {push.outcome}")
    for send in evidence.sends:
        if send.citizen == finding.citizen and finding.token in send.body:
            took = send.ended_at - send.at
            rows.append(f"{_clock(send.at)} sent by {send.path}: {send.outcome}, {took:.1f} s")
    for line in evidence.lines:
        if line.citizen == finding.citizen and finding.token in line.text:
            rows.append(f"{_clock(line.at)} shown as line {line.id} ({line.via})")
    return sorted(rows)


def _clock(moment: float) -> str:
    return time.strftime("%H:%M:%S", time.localtime(moment)) + f"{moment % 1:.2f}"[1:]


def _counted(counts: Counter[str]) -> str:
    return ", ".join(f"{name} {count}" for name, count in sorted(counts.items())) or "none"
