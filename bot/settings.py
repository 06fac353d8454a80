"""The settings, read from the environment once; nothing else reads it."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from bot.errors import SettingsError
from corpus.tables import sqlite_url

LOOPBACK = ("127.0.0.1", "::1", "localhost")


@dataclass(frozen=True, slots=True)
class Settings:
    """`home` is the data folder, `database_url` the store's address, `host` and `port` where the server listens."""

    home: Path
    database_url: str
    host: str
    port: int
    public_url: str | None
    demo: bool


def read_settings(environment: Mapping[str, str] = os.environ) -> Settings:
    """Return the settings that an environment gives. Raises SettingsError, naming the variable and what it may be."""
    home = Path(environment.get("POLICYBOT_HOME") or _default_home(environment)).expanduser().absolute()
    host, port = _read_bind(environment.get("POLICYBOT_BIND") or "127.0.0.1:8080")
    demo = _read_flag("POLICYBOT_DEMO", environment.get("POLICYBOT_DEMO", ""))
    if demo and host not in LOOPBACK:
        raise SettingsError(
            f"POLICYBOT_BIND={host}:{port} is not this machine's own address: demo mode listens on 127.0.0.1 only."
        )
    return Settings(
        home=home,
        database_url=environment.get("POLICYBOT_DATABASE_URL") or sqlite_url(home),
        host=host,
        port=port,
        public_url=(environment.get("POLICYBOT_PUBLIC_URL") or "").rstrip("/") or None,
        demo=demo,
    )


def _default_home(environment: Mapping[str, str]) -> str:
    return os.path.join(environment.get("XDG_DATA_HOME") or "~/.local/share", "policybot")


def _read_bind(value: str) -> tuple[str, int]:
    host, _, port = value.rpartition(":")
    if not host or not (port.isascii() and port.isdigit()) or not 0 < int(port) < 65536:
        raise SettingsError(f"POLICYBOT_BIND={value} is no address: write it as 127.0.0.1:8080.")
    return host.strip("[]"), int(port)


def _read_flag(name: str, value: str) -> bool:
    if value.lower() in ("", "0", "false", "no"):
        return False
    if value.lower() in ("1", "true", "yes"):
        return True
    raise SettingsError(f"{name}={value} is neither yes nor no: set it to 1 or 0.")
