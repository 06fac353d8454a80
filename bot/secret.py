"""The secret key of an installation, the keyed hashes made with it, and the hashes as which tokens are kept."""

import hmac
import os
import secrets
import tempfile
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

from bot.errors import BotError, SettingsError
from bot.settings import Settings

LEAST_CHARACTERS = 32
FILE_NAME = "secret.key"
HOW_TO_MAKE = 'python3 -c "import secrets; print(secrets.token_urlsafe(48))"'


def secret_key(settings: Settings) -> bytes:
    """Return the key: the one that the settings give, else the data folder's, made now where there is none yet.

    Raises SettingsError where it is too short, cannot be read, or is missing on PostgreSQL, whose replicas must share one.
    """
    longer = f"make a longer one with {HOW_TO_MAKE}"
    if settings.secret is not None:
        return _checked(settings.secret, "POLICYBOT_SECRET_KEY", longer)
    if settings.secret_file is not None:
        return _checked(_read(settings.secret_file), f"POLICYBOT_SECRET_KEY_FILE={settings.secret_file}", longer)
    if not settings.database_url.startswith("sqlite"):
        raise SettingsError(
            "POLICYBOT_SECRET_KEY is missing, which every replica on one store must share: "
            f"make one with {HOW_TO_MAKE}, keep it safe, and set it for each."
        )
    path = settings.home / FILE_NAME
    if not os.path.exists(path):
        _make(path)
    return _checked(_read(path), str(path), "bring the file back from a backup")


def key_file(settings: Settings) -> Path | None:
    """Return the file that holds the key or will hold it, None where the key is in the environment or nowhere."""
    if settings.secret is not None:
        return None
    if settings.secret_file is not None:
        return settings.secret_file
    return settings.home / FILE_NAME if settings.database_url.startswith("sqlite") else None


def keyed_hash(key: bytes, purpose: str, *parts: str) -> str:
    """Return the HMAC-SHA256, in hex, of the parts under the key; another purpose gives another hash of the same parts.

    Each part goes in with its length before it, so that ("ab", "c") and ("a", "bc") differ.
    """
    digest = hmac.new(key, digestmod="sha256")
    for part in (purpose, *parts):
        encoded = part.encode("utf-8", "surrogatepass")  # a platform's JSON may hold half a pair
        digest.update(len(encoded).to_bytes(8, "big") + encoded)
    return digest.hexdigest()


def key_mark(key: bytes) -> str:
    """Return by what one key is told from another, which says nothing of the key."""
    return keyed_hash(key, "mark")


def token_hash(token: str) -> str:
    """Return the SHA-256, in hex, of a token or a code that is too long to be guessed, so that it need not be kept itself."""
    return sha256(token.encode("utf-8", "surrogatepass")).hexdigest()  # whatever is sent as a token can be looked for


def _checked(text: str, name: str, remedy: str) -> bytes:
    stripped = text.strip()
    if len(stripped) < LEAST_CHARACTERS:
        raise SettingsError(
            f"{name} holds {len(stripped)} characters, and a secret key has at least {LEAST_CHARACTERS}: {remedy}."
        )
    return stripped.encode()


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise SettingsError(f"The secret key in {path} cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise SettingsError(f"The secret key in {path} is not text: bring the file back from a backup.") from None


def _make(path: Path) -> None:
    """Put a new key at `path` whole, unless another process was quicker: then that one's stays."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{FILE_NAME}-")  # of mode 0600
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                file.write(secrets.token_urlsafe(48) + "\n")
                file.flush()
                os.fsync(file.fileno())  # what is hashed with it is worth nothing once it is lost
            with suppress(FileExistsError):
                os.link(temporary, path)  # unlike a rename, it never replaces what is there
        finally:
            os.unlink(temporary)
    except OSError as error:
        raise BotError(
            f"The secret key {path} cannot be written ({error.strerror}): choose another data folder with POLICYBOT_HOME, "
            "or set POLICYBOT_SECRET_KEY."
        ) from None
