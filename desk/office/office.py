"""One office: its rules, its record, and the work on its cases. Open311, the staff's pages and the clock share it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timezone, tzinfo
from zoneinfo import ZoneInfo

from desk.config import DeskConfig
from desk.model.steps import Actor, Who
from desk.office.casework import Casework
from desk.office.lists import CaseLists
from desk.office.rules import Rules, load_rules
from desk.office.timekeeper import Timekeeper
from desk.storage.engine import open_engine
from desk.storage.sealing import seal_with
from desk.storage.store import DeskStore


@dataclass(frozen=True)
class DeskOffice:
    """The parts of one office, made by `open_office`."""

    config: DeskConfig
    rules: Rules
    store: DeskStore
    casework: Casework
    lists: CaseLists
    timekeeper: Timekeeper

    @property
    def zone(self) -> tzinfo:
        """The office's time zone."""
        return ZoneInfo(self.config.time_zone)

    def now(self) -> datetime:
        """The current time, to the second as GeoReport v2 shows it."""
        return _now(self.config)

    def staff(self, name: str, unit: str) -> Actor:
        """Return a member of staff as an actor; without a unit they are the hotline's own."""
        return Actor(Who.STAFF, name, unit or self.rules.units.root.code)

    def close(self) -> None:
        """Give the database connections back."""
        self.store.close()


def open_office(config: DeskConfig) -> DeskOffice:
    """Open an office. Its database must be up to date (`desk.storage.upgrade`); its catalogue is checked here.

    Raises:
        desk.services.CatalogError: the catalogue breaks its rules.
    """
    zone = ZoneInfo(config.time_zone)
    rules = load_rules(config.services_path, zone)
    engine = open_engine(config.database_url)
    if config.sealing is not None:
        seal_with(engine, config.sealing)
    store = DeskStore(engine)
    casework = Casework(store, rules, now=lambda: _now(config), zone=zone)
    timekeeper = Timekeeper(store, rules, casework, lambda: _now(config))
    return DeskOffice(config, rules, store, casework, CaseLists(engine, config.sealing), timekeeper)


def _now(config: DeskConfig) -> datetime:
    return config.now() if config.now else datetime.now(timezone.utc).replace(microsecond=0)
