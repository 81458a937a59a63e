"""The keyring: what data are encrypted and hashed with, kept in the record, itself sealed by the installation's secret.

So the secret can change without a citizen being lost: the keys of hashes and of links stay for good, a new key for
sealing is put in front of the older ones, and only the keyring has to be sealed anew at once. All else is sealed anew
at leisure (`app/reseal.py`). Decision 0016.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace

from cryptography.fernet import Fernet, InvalidToken

from app.secrets import Secrets, derived, fingerprint
from app.settings import BadSettings
from bot.record import Record

DOCUMENT = "keyring"


class KeyringLocked(BadSettings):
    """The record's keyring was sealed with another secret than those given."""

    def __init__(self) -> None:
        super().__init__(
            [
                "the record was sealed with another secret key: set MINSHENG_SECRET_KEY to that one, or"
                " MINSHENG_SECRET_KEY_PREVIOUS while a new one is rolled out; without it nobody can find their"
                " conversation again and no phone number can be opened"
            ]
        )


@dataclass(frozen=True)
class Keyring:
    """The keys in use.

    Attributes:
        seals: Fernet keys, the one that seals first; the older ones still open.
        pseudonym: of the hash under which a citizen's conversation is kept. It never changes.
        media: signs links to media. It never changes: links lie at the backend as long as the case does.
        trace: of the hash by which a sealed number is found again. It never changes.
    """

    seals: tuple[str, ...] = field(repr=False)
    pseudonym: str = field(repr=False)
    media: str = field(repr=False)
    trace: str = field(repr=False)

    @classmethod
    def founded_on(cls, secret: str) -> Keyring:
        """Return the first keyring: the keys that were derived from the secret before there was one."""
        return cls(
            seals=(base64.urlsafe_b64encode(derived(secret, "seal")).decode(),),
            pseudonym=derived(secret, "pseudonym").hex(),
            media=derived(secret, "media").hex(),
            trace=derived(secret, "trace").hex(),
        )

    def with_new_seal(self) -> Keyring:
        """Return it with a fresh key in front."""
        return replace(self, seals=(Fernet.generate_key().decode(), *self.seals))

    def locked(self, secret: str) -> str:
        """Return it sealed with this secret."""
        return _lock(secret).encrypt(json.dumps(asdict(self)).encode()).decode()

    @classmethod
    def unlocked(cls, token: str, secret: str) -> Keyring | None:
        """Return the keyring that was sealed with this secret, None if it was another."""
        try:
            data = json.loads(_lock(secret).decrypt(token.encode()))
        except InvalidToken:
            return None
        return cls(**{**data, "seals": tuple(data["seals"])})


def _lock(secret: str) -> Fernet:
    return Fernet(base64.urlsafe_b64encode(derived(secret, "keyring")))


class KeyringStore:
    """The keyring as the record keeps it: one sealed copy for each secret that may open it."""

    def __init__(self, record: Record, secrets: Secrets) -> None:
        self._record = record
        self._secrets = secrets

    def load(self) -> Keyring:
        """Return the keyring; of a record that has none, the one that `keep` would put there.

        Raises:
            KeyringLocked: none of our secrets opens it.
            bot.ports.Unavailable: the record cannot be read.
        """
        with self._record.reading() as unit:
            copies = unit.documents.get(DOCUMENT)
        return Keyring.founded_on(self._secrets.all[-1]) if copies is None else self._open(copies)

    def keep(self) -> Keyring:
        """Put a keyring into a record that has none, and see to it that the current secret opens it.

        A secret that is new to it brings a new key for sealing along. Raises as `load` does.
        """
        with self._record.unit() as unit:
            oldest = self._secrets.all[-1]
            founded = Keyring.founded_on(oldest)
            unit.documents.put_new(DOCUMENT, {fingerprint(oldest): founded.locked(oldest)})
            copies = unit.documents.get(DOCUMENT, lock=True)
            ring = self._open(copies)
            if fingerprint(self._secrets.current) not in copies:
                ring = ring.with_new_seal()
                copies = {fingerprint(s): ring.locked(s) for s in self._secrets.all}
                unit.documents.put(DOCUMENT, copies)
        return ring

    def drop_others(self) -> int:
        """Let no other secret open it than the current one; returns how many did. Raises as `load` does."""
        current = fingerprint(self._secrets.current)
        with self._record.unit() as unit:
            copies = unit.documents.get(DOCUMENT, lock=True)
            if current not in copies:
                raise KeyringLocked
            unit.documents.put(DOCUMENT, {current: copies[current]})
        return len(copies) - 1

    def _open(self, copies: Mapping[str, str]) -> Keyring:
        for secret in self._secrets.all:
            token = copies.get(fingerprint(secret))
            ring = Keyring.unlocked(token, secret) if token else None
            if ring is not None:
                return ring
        raise KeyringLocked
