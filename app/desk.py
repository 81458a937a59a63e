"""Opening the embedded desk, for the processes that serve it or keep its clocks."""

from __future__ import annotations

from app.bootstrap import CATALOG, backend_key
from app.settings import Settings
from desk.config import DeskConfig
from desk.office.office import DeskOffice, open_office
from desk.sealing import Sealing


def desk_office(settings: Settings, sealing: Sealing) -> DeskOffice | None:
    """Open the embedded desk; None when another system is the backend."""
    if not settings.uses_desk:
        return None
    return open_office(
        DeskConfig(
            database_url=settings.desk_url,
            api_key=backend_key(settings),
            services_path=CATALOG / "services.yml",
            jurisdiction=settings.backend_jurisdiction,
            sealing=sealing,
        )
    )
