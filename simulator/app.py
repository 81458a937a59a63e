"""Building the simulator as one ASGI application that can be mounted or run alone."""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.routing import Route

from simulator.api.gate import ApiGate
from simulator.config import SimulatorConfig
from simulator.control.citizens import CitizenRoutes
from simulator.control.fate import FateRoutes
from simulator.control.reading import BadControl, as_error
from simulator.page import PageRoutes
from simulator.platform import Platform


def create_app(config: SimulatorConfig) -> Starlette:
    """Return the platform's API (`api/`), its control (`control/`) and the phone page (`/`).

    Nothing is contacted until a citizen acts. The platform itself is at `app.state.platform`.
    """
    platform = Platform(config)
    gate = ApiGate(platform)
    app = Starlette(
        routes=[
            Route("/api/{path:path}", gate.serve, methods=["GET", "POST"]),
            *CitizenRoutes(platform).routes(),
            *FateRoutes(platform).routes(),
            *PageRoutes(platform).routes(),
        ],
        exception_handlers={BadControl: as_error},
    )
    app.state.platform = platform
    return app
