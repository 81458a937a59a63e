"""A member of staff at the console: takes whoever wants a person, answers their numbered sentences, gives them back."""

from __future__ import annotations

import hashlib
import re
import threading
import time
from typing import Any

import requests

from bench.soak.citizen import Tokens
from bench.soak.evidence import Evidence, Told
from bench.soak.presence import OpenPage
from bench.world.phones import plain_session
from bench.world.product import ADMIN_PASSWORD

_ACCOUNT = "管理员"
_CSRF = re.compile(r'name="csrf"\s+(?:value|content)="([^"]+)"')
_MARK = re.compile(r"记号(Q\d{6})")
_LOOK_S = 0.7
_PATIENCE_S = 8.0
_AT_ONCE = 8
_ENOUGH = 2
_HELD_MOST_S = 30.0


class _SignedOut(Exception):
    """The console wants a password again."""


class Clerk:
    """One browser's worth of requests, again and again; what the console confirmed is owed to the citizen."""

    def __init__(self, url: str, evidence: Evidence, tokens: Tokens) -> None:
        self._base = f"{url}/console"
        self._evidence = evidence
        self._tokens = tokens
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._work, name="clerk", daemon=True)
        self._session = plain_session()
        self._csrf = ""
        self._page = OpenPage(self._base, self._cookies)
        self._seen: dict[str, int] = {}
        self._answered: dict[str, int] = {}
        self._since: dict[str, float] = {}
        self._owed: dict[str, str] = {}

    def start(self) -> None:
        """Begin."""
        self._page.start()
        self._thread.start()

    def stop(self, *, within_s: float = 60.0) -> None:
        """Take nobody more, give everybody back, and end."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(within_s)
        self._page.stop()

    def _work(self) -> None:
        while not self._stop.wait(_LOOK_S):
            self._try(self._look)
        deadline = time.monotonic() + 40
        while not self._try(self._leave) and time.monotonic() < deadline:
            time.sleep(_LOOK_S)

    def _try(self, what: Any) -> bool:
        try:
            if not self._csrf:
                self._sign_in()
            what()
        except _SignedOut:
            self._csrf = ""
        except (requests.RequestException, ValueError):
            pass  # the console is being restarted: again in a moment
        else:
            return True
        return False

    def _cookies(self) -> str:
        """Return the session's cookies as a browser sends them, "" while signed out."""
        if not self._csrf:
            return ""
        return "; ".join(f"{name}={value}" for name, value in self._session.cookies.items())

    def _sign_in(self) -> None:
        self._session = plain_session()
        page = self._session.get(f"{self._base}/sign-in", timeout=_PATIENCE_S)
        form = {"account": _ACCOUNT, "password": ADMIN_PASSWORD, "csrf": _csrf(page.text)}
        self._session.post(f"{self._base}/sign-in", data=form, timeout=_PATIENCE_S)
        self._csrf = _csrf(self._session.get(f"{self._base}/", timeout=_PATIENCE_S).text)

    def _look(self) -> None:
        mine = self._rows("mine")
        for row in mine:
            self._serve(row["id"])
        for row in self._rows("waiting")[: max(_AT_ONCE - len(mine), 0)]:
            if self._post(row["id"], "claim", {}):
                self._since[row["id"]] = time.monotonic()

    def _leave(self) -> None:
        for row in self._rows("mine"):
            self._serve(row["id"])
            self._post(row["id"], "give-back", {"keep_form": True})

    def _serve(self, conversation: str) -> None:
        """Answer every new sentence once; after enough of them, or of waiting, give the citizen back."""
        after = self._seen.get(conversation)
        news = self._get(
            f"conversations/{conversation}.json", {} if after is None else {"after": after}
        )
        for line in news["lines"]:
            mark = _MARK.search(line["text"])
            if line["side"] == "citizen" and mark and self._is_to_us(mark.group(1)):
                self._answer(conversation, mark.group(1))
            self._seen[conversation] = int(line["id"])
        held = time.monotonic() - self._since.setdefault(conversation, time.monotonic())
        is_enough = self._answered.get(conversation, 0) >= _ENOUGH or held > _HELD_MOST_S
        if is_enough and self._post(conversation, "give-back", {"keep_form": True}):
            self._answered.pop(conversation, None)
            self._since.pop(conversation, None)

    def _is_to_us(self, mark: str) -> bool:
        return any(s.token == mark and s.role == "to staff" for s in self._evidence.said)

    def _answer(self, conversation: str, mark: str) -> None:
        token = self._owed.setdefault(mark, f"S{self._tokens.number():06d}")
        text = f"{token}您好，您说的{mark}看到了"
        key = hashlib.sha256(mark.encode()).hexdigest()[:32]
        if not self._post(conversation, "answer", {"text": text, "key": key}):
            return  # somebody else has the citizen now: nothing was said
        citizen = next(s.citizen for s in self._evidence.said if s.token == mark)
        self._evidence.answers.append(Told(token, time.time(), citizen=citizen))
        self._answered[conversation] = self._answered.get(conversation, 0) + 1

    def _rows(self, tab: str) -> list[dict[str, Any]]:
        return list(self._get("live.json", {"tab": tab})["rows"])

    def _get(self, path: str, query: dict[str, Any]) -> dict[str, Any]:
        answer = self._session.get(
            f"{self._base}/{path}", params=query, timeout=_PATIENCE_S, allow_redirects=False
        )
        return _read(answer)

    def _post(self, conversation: str, act: str, body: dict[str, Any]) -> bool:
        """Do something; False if the console says that it may not be. Raises until it is known."""
        answer = self._session.post(
            f"{self._base}/conversations/{conversation}/{act}",
            json=body,
            headers={"X-CSRF-Token": self._csrf},
            timeout=_PATIENCE_S,
            allow_redirects=False,
        )
        if answer.status_code in (404, 409):
            return False
        return bool(_read(answer)["ok"])


def _csrf(page: str) -> str:
    found = _CSRF.search(page)
    if found is None:
        raise ValueError("no token in the page")
    return found.group(1)


def _read(answer: requests.Response) -> dict[str, Any]:
    if answer.status_code in (302, 303, 401, 403):
        raise _SignedOut
    answer.raise_for_status()
    return dict(answer.json())
