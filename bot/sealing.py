"""Words that only this installation can read again, sealed with a key made of its secret: a copy of the store tells nothing."""

import base64
import hmac
from functools import cached_property
from typing import TYPE_CHECKING, TypeVar

import msgspec

if TYPE_CHECKING:
    from cryptography.fernet import Fernet

Kind = TypeVar("Kind")


class Unreadable(Exception):  # noqa: N818  it is told as a fault, or shown as a gap
    """What was sealed with another secret, or was changed since."""


class Seal:
    """Seals and opens what JSON can hold; https://github.com/fernet/spec has the form."""

    def __init__(self, key: bytes) -> None:
        """Keep the installation's secret."""
        self._key = key

    @cached_property
    def _fernet(self) -> "Fernet":
        from cryptography.fernet import Fernet  # tens of milliseconds, which a question in the terminal does not need

        return Fernet(base64.urlsafe_b64encode(hmac.digest(self._key, b"seal", "sha256")))

    def sealed(self, content: object) -> bytes:
        """Return content sealed."""
        return self._fernet.encrypt(msgspec.json.encode(content))

    def opened(self, sealed: bytes, kind: type[Kind]) -> Kind:
        """Return what was sealed. Raises Unreadable where it cannot be opened."""
        from cryptography.fernet import InvalidToken

        try:
            return msgspec.json.decode(self._fernet.decrypt(sealed), type=kind)
        except (InvalidToken, msgspec.DecodeError) as error:
            raise Unreadable("sealed with another key, or changed") from error
