"""`python -m bench.soak --store sqlite|postgres`: run, report, exit 1 unless it is 0 / 0 / 0 / 0."""

from __future__ import annotations

import argparse
import signal
import sys
import tempfile
from pathlib import Path

from bench.soak.report import report, write
from bench.soak.run import FORMS, Plan, Soak


def main() -> int:
    """Run the soak on each store asked for, one after the other."""
    parser = argparse.ArgumentParser(prog="bench.soak", description=__doc__)
    parser.add_argument("--store", choices=[*FORMS, "both"], default="both")
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--citizens", type=int, default=500)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rate", type=float, default=10.0, help="messages a second (10)")
    parser.add_argument("--out", type=Path, help="folder for the report and all logs")
    asked = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that what was started is ended
    stores = list(FORMS) if asked.store == "both" else [asked.store]
    passed = True
    for store in stores:
        base = asked.out or Path(tempfile.mkdtemp(prefix="minsheng-soak-"))
        folder = (base / store).resolve()
        folder.mkdir(parents=True, exist_ok=True)
        if any(folder.iterdir()):
            parser.error(f"{folder} is not empty: a run begins with nothing")
        plan = Plan(store, asked.minutes, asked.citizens, asked.seed, folder, asked.rate)
        outcome = Soak(plan).run()
        print(report(outcome))
        print(f"logs and this report: {write(outcome, folder)}")
        passed = passed and outcome.verdict.passed
    return 0 if passed else 1


if __name__ == "__main__":
    sys.exit(main())
