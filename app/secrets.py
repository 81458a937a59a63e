"""Secrets of an installation: from the environment, or made once in the data folder; and what is derived from them."""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import os
import secrets
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from app.settings import Settings

SECRET, PREVIOUS = "secret.key", "secret.key.previous"


@dataclass(frozen=True)
class Secrets:
    """What seals the keyring.

    Attributes:
        current: what everything is sealed with from now on.
        previous: the one before the last rotation, "" if there is none: it still opens.
    """

    current: str = field(repr=False)
    previous: str = field(default="", repr=False)

    @property
    def all(self) -> tuple[str, ...]:
        """The current one first."""
        return (self.current, self.previous) if self.previous else (self.current,)


def secrets_of(settings: Settings) -> Secrets:
    """Return the environment's secrets; without any those of the data folder, made at the first call."""
    if settings.secret_key:
        return Secrets(settings.secret_key, settings.secret_key_previous)
    current = kept_secret(settings.data_dir, SECRET)
    return Secrets(current, settings.secret_key_previous or _read(settings.data_dir / PREVIOUS))


def secrets_in(folder: Path, settings: Settings) -> Secrets:
    """Do the same for the files of a folder, and make nothing: a secret that is not there is ""."""
    if settings.secret_key:
        return Secrets(settings.secret_key, settings.secret_key_previous)
    previous = settings.secret_key_previous or _read(folder / PREVIOUS)
    return Secrets(_read(folder / SECRET), previous)


def renew_kept(folder: Path) -> None:
    """Put a new secret in the place of the data folder's, and keep the old one beside it.

    There is a secret at each moment. Raises `FileExistsError` while an earlier one is still kept.
    """
    kept_secret(folder, SECRET)
    os.link(folder / SECRET, folder / PREVIOUS)
    draft = _draft(folder / SECRET)
    draft.replace(folder / SECRET)


def forget_previous(folder: Path) -> None:
    """Remove the secret before the last rotation from the data folder."""
    (folder / PREVIOUS).unlink(missing_ok=True)


def _read(path: Path) -> str:
    return path.read_text(encoding="ascii").strip() if path.exists() else ""


def kept_secret(folder: Path, name: str) -> str:
    """Return the secret kept under this name, made at the first call; the file is readable by its owner only."""
    path = folder / name
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        _make(path)
    return path.read_text(encoding="ascii").strip()


def _make(path: Path) -> None:
    """Put a new secret there whole, unless another process was faster: nobody may read it half written."""
    draft = _draft(path)
    with contextlib.suppress(FileExistsError):
        os.link(draft, path)
    draft.unlink()


def _draft(path: Path) -> Path:
    handle, draft = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")  # mode 600
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(secrets.token_urlsafe(32))
        file.flush()
        os.fsync(file.fileno())
    return Path(draft)


def session_secret(secret: str) -> str:
    """Return what signs staff's forms: derived, so that it is long whatever the secret's length."""
    return derived(secret, "sessions").hex()


def fingerprint(secret: str) -> str:
    """Return what tells two secrets apart and reveals neither; "" of none."""
    return derived(secret, "fingerprint").hex()[:16] if secret else ""


def derived(secret: str, purpose: str) -> bytes:
    """Return 32 bytes for one purpose, from which neither the secret nor those of another purpose can be told."""
    return hmac.new(secret.encode(), purpose.encode(), hashlib.sha256).digest()
