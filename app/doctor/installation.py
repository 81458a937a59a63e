"""What the checks look at: the settings and, opened when first asked for, everything that they name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from functools import cached_property
from typing import Any

import redis
import requests

from app.bootstrap import CATALOG, account_of, backend_url
from app.catalog import BadCatalog, Catalog
from app.doctor.findings import NotChecked
from app.embedded_redis import EmbeddedRedis, is_in_use
from app.serve import with_demo_account
from app.settings import BadSettings, Settings, read
from bot.storage.motion.connect import open_sync
from connectors.open311 import Open311Client
from connectors.outbound import make_session, same_server
from connectors.wechat.http import reaches
from connectors.wechat.probe import WeChatProbe

LOCAL_TIMEOUT_S = 5.0


class Installation:
    """One installation, as its environment describes it. Making one opens, writes and contacts nothing.

    Attributes:
        problems: what is wrong with the settings; then `settings` cannot be had.
        offsets: how many seconds each server's clock is ahead of ours, by its name, once it has answered.
    """

    def __init__(self, environ: Mapping[str, str]) -> None:
        self.problems: list[str] = []
        self.offsets: dict[str, float] = {}
        self._settings: Settings | None = None
        self._signed_in = False
        try:
            self._settings = _without_making_keys(read(environ))
        except BadSettings as error:
            self.problems = error.problems

    @property
    def settings(self) -> Settings:
        """The settings, once they are good."""
        if self._settings is None:
            raise NotChecked("settings")
        return self._settings

    @property
    def now(self) -> datetime:
        """This machine's time."""
        return datetime.now(timezone.utc)

    @property
    def catalog(self) -> Catalog:
        """The data files, once they are good."""
        try:
            return self.loaded_catalog
        except BadCatalog as error:
            raise NotChecked("catalog") from error

    @cached_property
    def loaded_catalog(self) -> Catalog:
        """The data files; raises `BadCatalog`."""
        return Catalog.load(CATALOG)

    @property
    def owns_redis(self) -> bool:
        """True when Redis is the embedded one."""
        return not self.settings.redis_url

    @cached_property
    def embedded_redis_runs(self) -> bool:
        """True while a server runs the embedded Redis of the data folder."""
        return is_in_use(self.settings.data_dir / "redis")

    @cached_property
    def redis(self) -> redis.Redis:
        """A client of Redis; of the embedded one only while its server runs, which alone may start it."""
        if not self.owns_redis:
            return open_sync(self.settings.redis_url)
        if not self.embedded_redis_runs:
            raise NotChecked("server")
        return open_sync(EmbeddedRedis(self.settings.data_dir / "redis").url)

    def local(self, path: str) -> requests.Response | None:
        """GET an address of the server on this machine; None when nothing listens."""
        try:
            with make_session(same_server(self.settings.local_url)) as session:
                session.trust_env = False
                url = self.settings.local_url + path
                return session.get(url, timeout=LOCAL_TIMEOUT_S, allow_redirects=False)
        except requests.RequestException:
            return None

    @cached_property
    def server_runs(self) -> bool:
        """True while this machine's server answers."""
        answer = self.local("/healthz")
        return answer is not None and answer.text == "ok"

    @cached_property
    def probe(self) -> WeChatProbe:
        """The account at WeChat, not signed in yet."""
        account = account_of(self.settings)
        session = make_session(reaches(account.api_base))
        return WeChatProbe(account, self._watched(session, "WeChat"))

    def sign_in(self) -> None:
        """Get a token; raises what the token endpoint said."""
        self.probe.sign_in()
        self._signed_in = True

    @property
    def api(self) -> WeChatProbe:
        """The account at WeChat, once there is a token."""
        if not self._signed_in:
            raise NotChecked("credentials")
        return self.probe

    @cached_property
    def backend(self) -> Open311Client:
        """The backend; the embedded desk only while its server runs."""
        settings = self.settings
        if settings.uses_desk and not self.server_runs:
            raise NotChecked("server")
        return Open311Client(
            backend_url(settings),
            api_key=self._backend_key(),
            jurisdiction=settings.backend_jurisdiction,
            session=self._watched(make_session(same_server(backend_url(settings))), "backend"),
        )

    def _backend_key(self) -> str:
        settings, kept = self.settings, self.settings.data_dir / "desk.key"
        if settings.backend_api_key or not settings.uses_desk or not kept.is_file():
            return settings.backend_api_key
        return kept.read_text(encoding="ascii").strip()

    def _watched(self, session: requests.Session, name: str) -> requests.Session:
        """Note how far the other side's clock is from ours."""

        def note(response: requests.Response, *_: Any, **__: Any) -> None:
            moment = _date(response.headers.get("Date", ""))
            if moment is not None:
                self.offsets[name] = (moment - self.now).total_seconds()

        session.hooks["response"].append(note)
        return session


def _date(header: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(header)
    except (TypeError, ValueError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)


def _without_making_keys(settings: Settings) -> Settings:
    """Return the settings as the server has them; unlike the server, write no password for a demo."""
    if not settings.simulator:
        return settings
    given = settings.admin_password
    return replace(
        with_demo_account(replace(settings, admin_password=given or "-")), admin_password=given
    )
