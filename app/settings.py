"""The environment, read once and checked whole: every problem is named at once, in words that say what to do."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

#: WeChat's console takes 3 to 32 letters and digits; the platform in front of us may be a test's.
_TOKEN = re.compile(r"[A-Za-z0-9_.-]{3,64}")
_AES_KEY = re.compile(r"[A-Za-z0-9]{43}")
SECRET_LEAST = 8
LOG_FORMATS = ("json", "text")
LOG_LEVELS = ("info", "debug", "warning")
ROOT = Path(__file__).resolve().parent.parent


class BadSettings(Exception):
    """The environment cannot work; the message lists every problem."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(f"- {p}" for p in problems))
        self.problems = problems


@dataclass(frozen=True)
class Settings:
    """One installation's settings (design: external contract). Empty means the embedded default."""

    host: str = "127.0.0.1"
    port: int = 8000
    data_dir: Path = Path("var")
    database_url: str = field(default="", repr=False)  # may carry a password
    redis_url: str = field(default="", repr=False)
    app_id: str = ""
    app_secret: str = field(default="", repr=False)
    token: str = field(default="", repr=False)
    aes_key: str = field(default="", repr=False)
    aes_key_previous: str = field(default="", repr=False)
    api_base: str = "https://api.weixin.qq.com"
    notice_template_id: str = ""
    template_message_id: str = ""
    backend_url: str = ""
    backend_api_key: str = field(default="", repr=False)
    backend_jurisdiction: str = ""
    backend_push_secret: str = field(default="", repr=False)
    public_url: str = ""
    secret_key: str = field(default="", repr=False)
    secret_key_previous: str = field(default="", repr=False)
    backend_poll_s: float = 60.0
    simulator: bool = False
    admin_password: str = field(default="", repr=False)
    log_format: str = ""
    log_level: str = ""
    metrics_port: int = 0
    trusted_proxies: tuple[str, ...] = ()

    @property
    def local_url(self) -> str:
        """The address at which this machine reaches the server."""
        host = "127.0.0.1" if self.host in ("0.0.0.0", "::", "") else self.host
        return f"http://{host}:{self.port}"

    @property
    def uses_desk(self) -> bool:
        """True when the embedded desk is the backend."""
        return not self.backend_url

    @property
    def record_url(self) -> str:
        """SQLAlchemy address of the record."""
        return self.database_url or f"sqlite:///{self.data_dir.resolve() / 'minsheng.db'}"

    @property
    def metrics_dir(self) -> Path:
        """Where the processes of one server count together."""
        return self.data_dir.resolve() / "metrics"

    @property
    def desk_url(self) -> str:
        """SQLAlchemy address of the desk's own tables."""
        return self.database_url or f"sqlite:///{self.data_dir.resolve() / 'desk.db'}"


def read(environ: Mapping[str, str]) -> Settings:
    """Read and check `MINSHENG_*`; raises `BadSettings` naming every problem."""
    get = _Reader(environ)
    settings = Settings(
        host=get.text("HOST", "127.0.0.1"),
        port=get.number("PORT", 8000, most=65535),
        data_dir=Path(get.text("DATA_DIR", "var")),
        database_url=get.text("DATABASE_URL"),
        redis_url=get.text("REDIS_URL"),
        app_id=get.text("WECHAT_APP_ID"),
        app_secret=get.text("WECHAT_APP_SECRET"),
        token=get.text("WECHAT_TOKEN"),
        aes_key=get.text("WECHAT_AES_KEY"),
        aes_key_previous=get.text("WECHAT_AES_KEY_PREVIOUS"),
        api_base=get.url("WECHAT_API_BASE", "https://api.weixin.qq.com"),
        notice_template_id=get.text("NOTICE_TEMPLATE_ID"),
        template_message_id=get.text("TEMPLATE_MESSAGE_ID"),
        backend_url=get.url("BACKEND_URL"),
        backend_api_key=get.text("BACKEND_API_KEY"),
        backend_jurisdiction=get.text("BACKEND_JURISDICTION"),
        backend_push_secret=get.text("BACKEND_PUSH_SECRET"),
        public_url=get.url("PUBLIC_URL"),
        secret_key=get.text("SECRET_KEY"),
        secret_key_previous=get.text("SECRET_KEY_PREVIOUS"),
        backend_poll_s=get.seconds("BACKEND_POLL_S", 60.0),
        simulator=get.switch("SIMULATOR"),
        admin_password=get.text("ADMIN_PASSWORD"),
        log_format=get.choice("LOG_FORMAT", LOG_FORMATS),
        log_level=get.choice("LOG_LEVEL", LOG_LEVELS),
        metrics_port=get.port("METRICS_PORT"),
        trusted_proxies=get.networks("TRUSTED_PROXIES"),
    )
    problems = get.problems + _problems(settings) + _misfits(settings)
    if problems:
        raise BadSettings(problems)
    return settings


def _problems(s: Settings) -> list[str]:
    problems = []
    if not s.simulator:
        for name, value in (
            ("APP_ID", s.app_id),
            ("APP_SECRET", s.app_secret),
            ("TOKEN", s.token),
        ):
            if not value:
                problems.append(
                    f"MINSHENG_WECHAT_{name} is empty: copy it from the account's console"
                )
    if s.token and not _TOKEN.fullmatch(s.token):
        problems.append("MINSHENG_WECHAT_TOKEN must be 3 to 32 letters and digits")
    for name, key in (("AES_KEY", s.aes_key), ("AES_KEY_PREVIOUS", s.aes_key_previous)):
        if key and not _AES_KEY.fullmatch(key):
            problems.append(f"MINSHENG_WECHAT_{name} must be exactly 43 letters and digits")
    problems += _secret_problems(s)
    if s.database_url and not s.database_url.startswith(("postgresql", "sqlite")):
        problems.append("MINSHENG_DATABASE_URL must be a postgresql:// or sqlite:// address")
    if s.redis_url and not s.redis_url.startswith(("redis://", "rediss://", "unix://")):
        problems.append("MINSHENG_REDIS_URL must be a redis://, rediss:// or unix:// address")
    return problems


def _misfits(s: Settings) -> list[str]:
    stores = (("DATABASE_URL", s.database_url), ("REDIS_URL", s.redis_url))
    problems = [
        f"MINSHENG_{name} has a port that is none" for name, u in stores if not _has_port(u)
    ]
    if s.aes_key_previous and not s.aes_key:
        problems.append("MINSHENG_WECHAT_AES_KEY_PREVIOUS is set without MINSHENG_WECHAT_AES_KEY")
    return problems


def _has_host(url: str) -> bool:
    """Say whether an address names a host, and a port that can be one if any."""
    try:
        parts = urlsplit(url)
        return bool(parts.netloc) and (parts.port is None or parts.port > 0)
    except ValueError:
        return False


def _has_port(url: str) -> bool:
    """Say whether the port of a store's address, if it names one, can be one; its host may be a socket."""
    try:
        return urlsplit(url).port != 0
    except ValueError:
        return False


def _secret_problems(s: Settings) -> list[str]:
    both = (("SECRET_KEY", s.secret_key), ("SECRET_KEY_PREVIOUS", s.secret_key_previous))
    problems = [
        f"MINSHENG_{name} is shorter than {SECRET_LEAST} characters"
        for name, secret in both
        if secret and len(secret) < SECRET_LEAST
    ]
    if s.secret_key and s.secret_key == s.secret_key_previous:
        problems.append("MINSHENG_SECRET_KEY_PREVIOUS is the same as MINSHENG_SECRET_KEY")
    return problems


class _Reader:
    """Reads typed values and collects what is wrong with them."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ
        self.problems: list[str] = []

    def text(self, name: str, default: str = "") -> str:
        return self._environ.get(f"MINSHENG_{name}", "").strip() or default

    def number(self, name: str, default: int, *, most: int) -> int:
        raw = self.text(name, str(default))
        if raw.isdigit() and 0 < int(raw) <= most:
            return int(raw)
        self.problems.append(
            f"MINSHENG_{name} must be a whole number from 1 to {most}, not {raw!r}"
        )
        return default

    def port(self, name: str) -> int:
        """Return a port, 0 if none is named."""
        return self.number(name, 0, most=65535) if self.text(name) else 0

    def networks(self, name: str) -> tuple[str, ...]:
        """Return addresses and networks that stand side by side with commas between them."""
        given = tuple(part.strip() for part in self.text(name).split(",") if part.strip())
        for each in given:
            try:
                ipaddress.ip_network(each)
            except ValueError:
                self.problems.append(
                    f"MINSHENG_{name} must be addresses or networks like 10.0.0.0/8, not {each!r}"
                )
        return given

    def choice(self, name: str, words: tuple[str, ...]) -> str:
        raw = self.text(name)
        if raw and raw not in words:
            self.problems.append(f"MINSHENG_{name} must be {' or '.join(words)}, not {raw!r}")
        return raw

    def seconds(self, name: str, default: float) -> float:
        raw = self.text(name, str(default))
        try:
            value = float(raw)
        except ValueError:
            value = 0.0
        if 0 < value <= 86400:
            return value
        self.problems.append(f"MINSHENG_{name} must be seconds between 0 and 86400, not {raw!r}")
        return default

    def switch(self, name: str) -> bool:
        raw = self.text(name, "0").lower()
        if raw not in ("0", "1", "true", "false", "yes", "no"):
            self.problems.append(f"MINSHENG_{name} must be 0 or 1, not {raw!r}")
        return raw in ("1", "true", "yes")

    def url(self, name: str, default: str = "") -> str:
        raw = self.text(name, default).rstrip("/")
        if raw and not raw.startswith(("http://", "https://")):
            self.problems.append(f"MINSHENG_{name} must start with http:// or https://")
        elif raw and not _has_host(raw):
            self.problems.append(f"MINSHENG_{name} names no host, or a port that is none: {raw!r}")
        return raw
