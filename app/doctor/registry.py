"""All checks in the order in which things depend on each other, and running them one by one."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from app.doctor import backend, callback, machine, record, wechat
from app.doctor import redis as motion
from app.doctor.findings import Finding, NotChecked, found
from app.doctor.installation import Installation

log = logging.getLogger(__name__)

Check = Callable[[Installation], Iterator[Finding]]

CHECKS: dict[str, Check] = {
    "settings": machine.settings,
    "machine": machine.machine,
    "disk": machine.disk,
    "secrets": machine.secrets,
    "catalog": machine.catalog,
    "model": machine.model,
    "server": machine.server,
    "redis": motion.check,
    "record": record.check,
    "credentials": wechat.credentials,
    "rights": wechat.rights,
    "menu": wechat.menu,
    "templates": wechat.templates,
    "quota": wechat.quota,
    "reach": wechat.reach,
    "callback": callback.check,
    "backend": backend.check,
    "clock": machine.clock,
}


@dataclass(frozen=True)
class Result:
    """What one check found; `waits_for` names the check that has to pass before it can be made."""

    check: str
    findings: list[Finding] = field(default_factory=list)
    waits_for: str = ""
    seconds: float = 0.0


def examine(installation: Installation) -> Iterator[Result]:
    """Make all checks; whatever breaks in one of them is a finding too."""
    for name, check in CHECKS.items():
        began = time.monotonic()
        findings: list[Finding] = []
        waits_for = ""
        try:
            findings.extend(check(installation))
        except NotChecked as reason:
            waits_for = reason.waits_for
        except (
            Exception
        ) as error:  # the edge of the process: an operator is never shown a traceback
            log.debug("check %s broke", name, exc_info=True)
            findings.append(found("doctor.broken", check=name, error=type(error).__name__))
        yield Result(name, findings, waits_for, time.monotonic() - began)
