"""A small synchronous client of the control API, for tests and the conversation harness."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote

import requests

_POLL_S = 0.05
_TIMEOUT_S = 30.0
_UNSPOKEN = {"system"}


class SimulatorDriver:
    """Drives one simulator, e.g. `SimulatorDriver("http://127.0.0.1:8000/simulator")`."""

    def __init__(self, base_url: str) -> None:
        self._base = base_url.rstrip("/")
        self._session = requests.Session()
        self._session.trust_env = False

    def citizen(self, key: str) -> Citizen:
        """Return the citizen with this name or open id."""
        for row in self.get("control/citizens"):
            if key in (row["openid"], row["name"]):
                return Citizen(self, row)
        raise KeyError(key)

    def create_citizen(self, name: str, *, follows: bool = True) -> Citizen:
        """Make a new citizen, a follower unless told otherwise (no event is pushed)."""
        return Citizen(self, self.post("control/citizens", {"name": name, "follows": follows}))

    def advance(self, seconds: float) -> None:
        """Move the platform's clock forward."""
        self.post("control/clock", {"advance": seconds})

    def fault(self, path: str, **fault: Any) -> None:
        """Order a fault for an API path: errcode=, http_status=, lost=, slow_s=, times=1."""
        self.post("control/faults", {"path": path, **fault})

    def clear_faults(self) -> None:
        """Cancel all ordered faults."""
        self._check(self._session.delete(self._url("control/faults"), timeout=_TIMEOUT_S))

    def consent(
        self, openid: str, template_id: str = "", *, accept: bool = True, long_term: bool = False
    ) -> dict[str, Any]:
        """Answer the subscription popup; without an id the account's notice template is meant."""
        answer = {"accept": accept, "long_term": long_term}
        body = {"openid": openid, "template_id": template_id, **answer}
        return dict(self.post("control/consent?wait=1", body)["exchange"])

    def account(self, **settings: Any) -> None:
        """Change verified=, allowance_policy=, jitter_s=, daily_limit=, whitelist=, revoke_tokens=."""
        self.post("control/account", settings)

    def verify(self) -> bool:
        """Do the GET verification of the callback; True when it answered rightly."""
        return bool(self.post("control/verify", {})["outcome"] == "verified")

    def exchanges(self, *, after: int = 0, kind: str = "") -> list[dict[str, Any]]:
        """Return recorded exchanges, of one kind (push, api, verify) if given."""
        rows = self.get(f"control/exchanges?after={after}&limit=5000")
        return [row for row in rows if not kind or row["kind"] == kind]

    def stats(self) -> dict[str, Any]:
        """Return the counters."""
        return dict(self.get("control/stats"))

    def ledger(self, openid: str) -> dict[str, Any]:
        """Return what a citizen's acts still allow, and the consents."""
        return dict(self.get(f"control/ledger/{quote(openid)}"))

    def medium(self, media_id: str) -> bytes:
        """Return a medium's bytes, as the phone page loads them."""
        response = self._session.get(self._url(f"media/{quote(media_id)}"), timeout=_TIMEOUT_S)
        response.raise_for_status()
        return response.content

    def get(self, path: str) -> Any:
        """GET a control path."""
        return self._check(self._session.get(self._url(path), timeout=_TIMEOUT_S))

    def post(self, path: str, body: Mapping[str, Any]) -> Any:
        """POST JSON to a control path."""
        return self._check(self._session.post(self._url(path), json=body, timeout=_TIMEOUT_S))

    def post_file(self, path: str, name: str, data: bytes) -> Any:
        """POST one file to a control path."""
        files = {"file": (name, data)}
        return self._check(self._session.post(self._url(path), files=files, timeout=_TIMEOUT_S))

    def _url(self, path: str) -> str:
        return f"{self._base}/{path}"

    @staticmethod
    def _check(response: requests.Response) -> Any:
        if not response.ok:
            raise RuntimeError(f"{response.status_code} {response.text}")
        return response.json()


class Citizen:
    """One citizen's phone. Acting returns the texts that answered it; `last` holds the whole answer."""

    def __init__(self, driver: SimulatorDriver, row: Mapping[str, Any]) -> None:
        self._driver = driver
        self.openid: str = row["openid"]
        self.name: str = row["name"]
        self.last: dict[str, Any] = {}

    def say(
        self, text: str, *, wait: bool = True, patience_s: float = 0.0, **options: Any
    ) -> list[str]:
        """Send a text and return what was answered (nothing when the answer came later).

        With `patience_s`, an answer that was only `success` is given that long to arrive as a
        customer-service message. `options` go into the request: msg_id, create_time, bizmsgmenuid.
        """
        answers = self._act("text", {"content": text, **options}, wait=wait)
        if wait and not answers and patience_s:
            return self._later(patience_s)
        return answers

    def tap(self, option: Mapping[str, str] | str, *, wait: bool = True) -> list[str]:
        """Tap an option of a message: the option itself, or its id, text or label (newest first)."""
        chosen = self._find_option(option) if isinstance(option, str) else option
        body = {"content": chosen["text"], "bizmsgmenuid": chosen["id"]}
        return self._act("text", body, wait=wait)

    def send_image(
        self, data: bytes | None = None, *, name: str = "photo.jpg", wait: bool = True
    ) -> list[str]:
        """Send a picture, a built-in one when no data are given."""
        if data is None:
            return self._act("image", {}, wait=wait)
        path = f"{self._path('image')}{'?wait=1' if wait else ''}"
        return self._answers(self._driver.post_file(path, name, data))

    def send_voice(self, *, recognition: str | None = None, wait: bool = True) -> list[str]:
        """Send a voice message."""
        return self._act("voice", {"recognition": recognition}, wait=wait)

    def send_location(
        self, lat: float, long: float, label: str = "", *, wait: bool = True
    ) -> list[str]:
        """Send a pin (GCJ-02)."""
        return self._act("location", {"lat": lat, "long": long, "label": label}, wait=wait)

    def menu(self, key: str, *, wait: bool = True) -> list[str]:
        """Tap a menu button by key, URL or name."""
        return self._act("menu", {"key": key}, wait=wait)

    def follow(self, scene: str | None = None, *, wait: bool = True) -> list[str]:
        """Follow the account."""
        return self._act("follow", {"scene": scene}, wait=wait)

    def unfollow(self, *, wait: bool = True) -> list[str]:
        """Stop following."""
        return self._act("unfollow", {}, wait=wait)

    def scan(self, scene: str, *, wait: bool = True) -> list[str]:
        """Scan a parametric QR code."""
        return self._act("scan", {"scene": scene}, wait=wait)

    def event(
        self, name: str, fields: Mapping[str, Any] | None = None, *, wait: bool = True
    ) -> list[str]:
        """Push any event."""
        return self._act("event", {"event": name, "fields": dict(fields or {})}, wait=wait)

    def inject(self, xml: str, *, enveloped: bool = True, wait: bool = True) -> list[str]:
        """Push any body."""
        return self._act("inject", {"xml": xml, "enveloped": enveloped}, wait=wait)

    def messages(self, *, after: int = 0) -> list[dict[str, Any]]:
        """Return the chat's lines."""
        return list(self._driver.get(f"{self._path('messages')}?after={after}"))

    def pictures(self, *, after: int = 0) -> list[bytes]:
        """Return the pictures that the account sent, oldest first."""
        lines = [ln for ln in self.messages(after=after) if ln["direction"] == "out"]
        return [self._driver.medium(ln["media_id"]) for ln in lines if ln["kind"] == "image"]

    def allowance(self) -> int:
        """Return how many customer-service messages the platform still lets the account send."""
        return int(self._driver.ledger(self.openid)["left"])

    def sees_typing(self) -> bool:
        """Say whether the phone shows that the other side is typing."""
        return float(self._driver.get(self._path("state"))["typing_s"]) > 0

    def wait_for(self, substring: str, timeout_s: float = 10.0, *, after: int = 0) -> str:
        """Return the first answer that holds the words, or raise TimeoutError."""

        def found() -> list[str]:
            return [text for text in _texts(self.messages(after=after)) if substring in text]

        return str(self._wait(found, timeout_s, f"{substring!r} did not arrive")[0])

    def wait_for_picture(self, timeout_s: float = 10.0, *, after: int = 0) -> bytes:
        """Return the newest picture that the account sent, or raise TimeoutError."""
        found = self._wait(lambda: self.pictures(after=after), timeout_s, "no picture arrived")
        return bytes(found[-1])

    def wait_for_typing(self, timeout_s: float = 10.0) -> None:
        """Return once the phone shows the typing sign, or raise TimeoutError."""
        self._wait(self.sees_typing, timeout_s, "nobody is typing")

    def _wait(self, probe: Callable[[], Any], timeout_s: float, missing: str) -> Any:
        end = time.monotonic() + timeout_s
        while True:
            found = probe()
            if found:
                return found
            if time.monotonic() > end:
                raise TimeoutError(f"{missing} for {self.name}")
            time.sleep(_POLL_S)

    def _act(self, act: str, body: Mapping[str, Any], *, wait: bool) -> list[str]:
        path = f"{self._path(act)}{'?wait=1' if wait else ''}"
        return self._answers(self._driver.post(path, body))

    def _answers(self, answer: dict[str, Any]) -> list[str]:
        self.last = answer
        return _texts(answer["messages"])

    def _later(self, patience_s: float) -> list[str]:
        end = time.monotonic() + patience_s
        while time.monotonic() < end:
            texts = _texts(self.messages(after=self.last["exchange"]["id"]))
            if texts:
                return texts
            time.sleep(_POLL_S)
        return []

    def _find_option(self, wanted: str) -> Mapping[str, str]:
        for line in reversed(self.messages()):
            for option in line["options"]:
                if wanted in (option["id"], option["text"], option["label"]):
                    return dict(option)
        raise KeyError(wanted)

    def _path(self, act: str) -> str:
        return f"control/citizens/{quote(self.openid)}/{act}"


def _texts(lines: list[dict[str, Any]]) -> list[str]:
    return [
        line["text"]
        for line in lines
        if line["direction"] == "out" and line["kind"] not in _UNSPOKEN
    ]
