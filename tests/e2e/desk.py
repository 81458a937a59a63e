"""The embedded desk as its clerks' software sees it: Open311 over HTTP, nothing else."""

from __future__ import annotations

import time
import uuid
from datetime import datetime, timezone
from typing import Any

import requests

from tests.e2e.server import API_KEY

FILED_WITHIN_S = 60.0


class Desk:
    """Calls of one desk."""

    def __init__(self, url: str) -> None:
        self._url = f"{url}/open311/v2"
        self._session = requests.Session()
        self._session.trust_env = False

    def requests_with(self, words: str) -> list[dict[str, Any]]:
        """Return all requests whose description holds the words."""
        rows = self._get("requests.json")
        return [row for row in rows if words in (row["description"] or "")]

    def wait_for(self, words: str, within_s: float = FILED_WITHIN_S) -> dict[str, Any]:
        """Return the one request whose description holds the words; more than one is an error."""
        deadline = time.monotonic() + within_s
        while time.monotonic() < deadline:
            found = self.requests_with(words)
            assert len(found) < 2, f"filed {len(found)} times: {words}"
            if found:
                return found[0]
            time.sleep(0.1)
        raise AssertionError(f"not at the desk within {within_s} s: {words}")

    def group_of(self, service_code: str) -> str:
        """Return the group that the service belongs to."""
        services = self._get("services.json")
        return next(str(s["group"]) for s in services if s["service_code"] == service_code)

    def update(
        self,
        request_id: str,
        text: str,
        *,
        status: str = "IN_PROGRESS",
        at: datetime | None = None,
        update_id: str = "",
    ) -> requests.Response:
        """Post an update; it happened now unless told otherwise."""
        moment = at or datetime.now(timezone.utc)
        form = {
            "api_key": API_KEY,
            "service_request_id": request_id,
            "update_id": update_id or uuid.uuid4().hex,
            "status": status,
            "updated_datetime": moment.isoformat(timespec="seconds"),
            "description": text,
        }
        url = f"{self._url}/servicerequestupdates.json"
        return self._session.post(url, data=form, timeout=10)

    def _get(self, path: str) -> Any:
        answer = self._session.get(
            f"{self._url}/{path}", params={"api_key": API_KEY, "page_size": "1000"}, timeout=10
        )
        answer.raise_for_status()
        return answer.json()
