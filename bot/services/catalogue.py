"""The backend's services and questions as last pulled.

They are kept in the record, so that a backend that is down does not stop the dialogue.
"""

from __future__ import annotations

import logging
from dataclasses import asdict, replace
from typing import Any

from bot.model.backend import Attribute, Service, ServiceType
from bot.ports import Backend
from bot.record import Record
from bot.services.directory import Directory

log = logging.getLogger(__name__)

_DOCUMENT = "backend.services"
NOTHING = Directory((), {})


class Catalogue:
    """Pulls and remembers the backend's services."""

    def __init__(
        self, record: Record, backend: Backend, *, until_pulled: Directory = NOTHING
    ) -> None:
        """`until_pulled` serves before the first pull: a backend that is down at the start stops no citizen.

        Its natures serve for good: no backend publishes any.
        """
        self._record = record
        self._backend = backend
        self._until_pulled = until_pulled
        self._directory: Directory | None = None

    def directory(self) -> Directory:
        """Return what was last pulled, by this process or another; our own catalogue before the first pull."""
        return self.pulled() or self._until_pulled

    def pulled(self) -> Directory | None:
        """Return what was last pulled, None before the first pull."""
        if self._directory is None:
            with self._record.unit() as unit:
                body = unit.documents.get(_DOCUMENT)
            self._directory = self._parsed(body) if body else None
        return self._directory

    def reload(self) -> None:
        """Forget what this process remembers, so that the next look reads the record."""
        self._directory = None

    def pull(self) -> int:
        """Ask the backend anew and keep it; returns the number of services. An empty answer changes nothing."""
        services = self._backend.services()
        if not services:
            log.warning("the backend publishes no services; keeping the earlier list")
            return 0
        attributes = {
            s.code: self._backend.definition(s.code) for s in services if s.has_attributes
        }
        body = {
            "services": [asdict(s) | {"type": s.type.value} for s in services],
            "attributes": {code: [asdict(a) for a in found] for code, found in attributes.items()},
        }
        with self._record.unit() as unit:
            unit.documents.put(_DOCUMENT, body)
        self._directory = self._parsed(body)
        return len(services)

    def _parsed(self, body: dict[str, Any]) -> Directory:
        return replace(_parse(body), natures=self._until_pulled.natures)


def _parse(body: dict[str, Any]) -> Directory:
    services = tuple(
        Service(**{**s, "keywords": tuple(s["keywords"]), "type": ServiceType(s["type"])})
        for s in body.get("services", ())
    )
    attributes = {
        code: tuple(
            Attribute(**{**a, "values": tuple((k, n) for k, n in a["values"])}) for a in found
        )
        for code, found in body.get("attributes", {}).items()
    }
    return Directory(services, attributes)
