"""Keys made once in the data folder, and what is encrypted or signed with them."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import hmac
import os
import secrets
import tempfile
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken
from itsdangerous import BadSignature, URLSafeSerializer


def kept_secret(folder: Path, name: str) -> str:
    """Return the secret kept under this name, made at the first call; the file is readable by its owner only."""
    path = folder / name
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        _make(path)
    return path.read_text(encoding="ascii").strip()


def _make(path: Path) -> None:
    """Put a new secret there whole, unless another process was faster: nobody may read it half written."""
    handle, draft = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")  # mode 600
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(secrets.token_urlsafe(32))
        file.flush()
        os.fsync(file.fileno())
    with contextlib.suppress(FileExistsError):
        os.link(draft, path)
    Path(draft).unlink()


def session_secret(secret: str) -> str:
    """Return what signs staff sessions: derived, so that it is long whatever the secret's length."""
    return _derived(secret, "sessions").hex()


def fingerprint(secret: str) -> str:
    """Return what tells two secrets apart and reveals neither; "" of none."""
    return _derived(secret, "fingerprint").hex()[:16] if secret else ""


def _derived(secret: str, purpose: str) -> bytes:
    return hmac.new(secret.encode(), purpose.encode(), hashlib.sha256).digest()


class KeySealer:
    """Encrypts personal data, and gives citizens pseudonyms, with keys derived from one secret."""

    def __init__(self, secret: str) -> None:
        self._fernet = Fernet(base64.urlsafe_b64encode(_derived(secret, "seal")))
        self._pseudonyms = _derived(secret, "pseudonym")

    def seal(self, text: str) -> str:
        """Return the encrypted form."""
        return self._fernet.encrypt(text.encode()).decode()

    def unseal(self, sealed: str) -> str:
        """Return the original; "" if it was sealed with another key."""
        try:
            return self._fernet.decrypt(sealed.encode()).decode()
        except InvalidToken:
            return ""

    def pseudonym(self, citizen: str) -> str:
        """Return the keyed hash under which a citizen's conversation is kept."""
        return hmac.new(self._pseudonyms, citizen.encode(), hashlib.sha256).hexdigest()


class MediaLinks:
    """Signed links to media: whoever has the link may see the picture, nobody can guess one."""

    def __init__(self, secret: str, public_url: str) -> None:
        self._serializer = URLSafeSerializer(_derived(secret, "media"))
        self._public_url = public_url

    def url(self, medium_id: str) -> str:
        """Return the absolute address of one medium."""
        return f"{self._public_url}/media/{self._serializer.dumps(medium_id)}"

    def medium_id(self, signed: str) -> str | None:
        """Return which medium a link is for, None for a forged one."""
        try:
            return str(self._serializer.loads(signed))
        except BadSignature:
            return None
