"""Run the simulator alone: `python -m simulator --port 8100 --callback-url http://...`."""

from __future__ import annotations

import argparse
from dataclasses import fields
from pathlib import Path

import uvicorn

from simulator.app import create_app
from simulator.config import Mode, SimulatorConfig

_DEFAULTS = SimulatorConfig()


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="simulator", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8100)
    parser.add_argument("--journal", type=Path, help="file that every change is written to")
    for field in fields(SimulatorConfig):
        default = getattr(_DEFAULTS, field.name)
        flag = f"--{field.name.replace('_', '-')}"
        if field.name == "mode":
            parser.add_argument(flag, choices=[m.value for m in Mode], default=Mode.SAFE.value)
        elif isinstance(default, bool):
            parser.add_argument(flag, action=argparse.BooleanOptionalAction, default=default)
        elif isinstance(default, (int, float)):
            parser.add_argument(flag, type=type(default), default=default)
        else:
            shown = default.value if hasattr(default, "value") else default
            parser.add_argument(flag, default=shown)
    return parser.parse_args()


def main() -> None:
    """Serve until interrupted."""
    arguments = vars(_arguments())
    host, port = arguments.pop("host"), arguments.pop("port")
    journal: Path | None = arguments.pop("journal")
    app = create_app(SimulatorConfig(**arguments))
    if journal is not None:
        app.state.platform.feed.keep(journal)
    uvicorn.run(app, host=host, port=port, ws="none", access_log=False, timeout_graceful_shutdown=2)


if __name__ == "__main__":
    main()
