"""The settings that every command reads, from the environment and policybot.yaml; the channels' are in bot/configuration.py.

pydantic stays out of here: a command in the terminal would wait for it.
"""

import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple, TypeAlias, TypeVar

from bot.errors import SettingsError, in_short
from corpus.tables import sqlite_url

# How many bytes the indexes of schools may take together unless it is set, and how many a megabyte has.
MEGABYTE = 1024 * 1024
INDEX_MEMORY = 256 * MEGABYTE
MOST_MEGABYTES = 1024 * 1024  # a terabyte
LOOPBACK = ("127.0.0.1", "::1", "localhost")
PREFIX = "POLICYBOT_"
FILE_NAME = "policybot.yaml"

# What stands behind a key of the file; nothing is read as a number there, nor as a truth value.
Value: TypeAlias = "str | list[Value] | dict[str, Value] | None"
Kind = TypeVar("Kind")

# In the environment or the file, under these names in both.
_EITHER = ("database_url", "bind", "metrics_bind", "public_url", "demo", "index_memory")
# In the environment alone: where the file is cannot stand in it, and a key that guards data is not kept among settings.
_ENVIRONMENT_ONLY = (
    "POLICYBOT_HOME",
    "POLICYBOT_CONFIG",
    "POLICYBOT_SECRET_KEY",
    "POLICYBOT_SECRET_KEY_FILE",
    "POLICYBOT_MIGRATION_URL",
)
VARIABLES = (*_ENVIRONMENT_ONLY, *(PREFIX + key.upper() for key in _EITHER))
# What bot/configuration.py reads; a test holds these against it.
SECTIONS = ("slack", "telegram", "teams", "entra", "email", "retention_days", "escalation_days")
# Where the schools' hours stood before they stood with the contacts.
_MOVED = "schools"

# Kubernetes tells each container of the services beside it, and one called policybot then has our prefix.
# A plain POLICYBOT_PORT is one of those only where it holds tcp://10.0.0.1:80 or the like; else it is somebody's mistake.
_OF_KUBERNETES = re.compile(
    r"POLICYBOT_(\w+_)?(SERVICE_(HOST|PORT(_\w+)?)=.*|PORT_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?=.*|PORT=(tcp|udp|sctp)://.*)"
)


@dataclass(frozen=True, slots=True)
class Settings:
    """`home` is the data folder, `host` and `port` are where the server listens.

    `database_url` is the store's address, `migration_url` that for whoever upgrades it, None where that is the same.
    `metrics` is the host and port at which Prometheus is told what was counted, None where it is told nothing.
    `index_memory` is how many bytes the schools' indexes may take together.
    `secret` or `secret_file` is set where a secret key was given; `file` is policybot.yaml, and `sections` is what that holds
    for bot/configuration.py, not yet checked.
    """

    home: Path
    database_url: str = field(repr=False)  # it may hold a password
    migration_url: str | None = field(repr=False)  # as well
    host: str
    port: int
    metrics: tuple[str, int] | None
    public_url: str | None
    demo: bool
    index_memory: int
    secret: str | None = field(repr=False)
    secret_file: Path | None
    file: Path
    sections: Mapping[str, Value] = field(repr=False)  # they may hold tokens


class _Given(NamedTuple):
    """A value, and its name as the person wrote it: that of a variable, or a key of the file."""

    name: str
    value: str

    @property
    def shown(self) -> str:
        """Both as an error shows them: on one line, and not all of a long value."""
        return f"{self.name}={in_short(self.value)}"


def read_settings(environment: Mapping[str, str] = os.environ) -> Settings:
    """Return the settings that an environment and its policybot.yaml give; the environment wins.

    Raises SettingsError with every problem, one a line, each naming the variable or the key and what to do.
    """
    home = Path(environment.get("POLICYBOT_HOME") or _default_home(environment)).expanduser().absolute()
    file, written = _read_file(environment, home)
    problems = [*_unknown_variables(environment), *_unknown_keys(written, file)]

    def given(key: str, otherwise: str = "") -> _Given:
        variable, in_file = PREFIX + key.upper(), written.get(key)
        if environment.get(variable) or not in_file:
            return _Given(variable, environment.get(variable) or otherwise)
        if not isinstance(in_file, str):
            problems.append(f"{key} in {file} is to be one value: write it after the colon, on the same line.")
            return _Given(key, otherwise)
        return _Given(key, in_file)

    bind = given("bind", "127.0.0.1:8080")
    host, port = _tried(_read_bind, bind, ("", 0), problems)
    demo = _tried(_read_flag, given("demo"), False, problems)
    index_memory = _tried(_read_megabytes, given("index_memory", str(INDEX_MEMORY // MEGABYTE)), INDEX_MEMORY, problems)
    metrics_bind = given("metrics_bind")
    metrics = _tried(_read_bind, metrics_bind, None, problems) if metrics_bind.value else None
    for one, at in ((bind, host), (metrics_bind, metrics and metrics[0])):
        if demo and at and at not in LOOPBACK:
            problems.append(f"{one.shown} is not this machine's own address: demo mode listens on 127.0.0.1 only.")
    if metrics and metrics[1] == port:
        problems.append(f"{metrics_bind.shown} has the port of {bind.name}: choose another port for it.")
    database_url, public_url = given("database_url", sqlite_url(home)).value, given("public_url").value
    secret, secret_file = environment.get("POLICYBOT_SECRET_KEY"), environment.get("POLICYBOT_SECRET_KEY_FILE")
    if secret and secret_file:
        problems.append("POLICYBOT_SECRET_KEY and POLICYBOT_SECRET_KEY_FILE are both set: keep one of them.")
    if problems:
        raise SettingsError("\n".join(problems))
    return Settings(
        home=home,
        database_url=database_url,
        migration_url=environment.get("POLICYBOT_MIGRATION_URL") or None,
        host=host,
        port=port,
        metrics=metrics,
        public_url=public_url.rstrip("/") or None,
        demo=demo,
        index_memory=index_memory,
        secret=secret or None,
        secret_file=Path(secret_file).expanduser().absolute() if secret_file else None,
        file=file,
        sections={key: written[key] for key in SECTIONS if written.get(key) is not None},
    )


def not_known(name: str, known: Iterable[str], where: str = "") -> str:
    """Return the sentence that says that nothing is called `name` there, and which of the `known` names is nearest."""
    from difflib import get_close_matches

    comparable = {one.removeprefix(PREFIX).lower(): one for one in known}  # what all variables share says nothing of likeness
    nearest = get_close_matches(name.upper().removeprefix(PREFIX).lower(), list(comparable), n=1)
    if nearest:
        return f"{in_short(name)}{where} is not known: did you mean {comparable[nearest[0]]}? Correct it or take it out."
    return f"{in_short(name)}{where} is not known: take it out; README.md lists the settings."


def _default_home(environment: Mapping[str, str]) -> str:
    return os.path.join(environment.get("XDG_DATA_HOME") or "~/.local/share", "policybot")


def _read_file(environment: Mapping[str, str], home: Path) -> tuple[Path, dict[str, Value]]:
    """Return where policybot.yaml is or would be, and what it holds."""
    named = environment.get("POLICYBOT_CONFIG")
    file = Path(named).expanduser().absolute() if named else home / FILE_NAME
    if not os.path.exists(file):  # where it may not be looked for, the store says what is wrong with the folder
        if named:
            raise SettingsError(f"POLICYBOT_CONFIG={named} is no file: write the path of a {FILE_NAME}, or take it out.")
        return file, {}
    from bot.settings_file import read_settings_file  # only whoever has a file waits for the library that reads it

    return file, read_settings_file(file)


def _unknown_variables(environment: Mapping[str, str]) -> Iterator[str]:
    for name, value in environment.items():
        section = name.removeprefix(PREFIX).partition("__")[0]
        if name in VARIABLES or not name.upper().startswith(PREFIX) or section in [key.upper() for key in SECTIONS]:
            continue
        if _OF_KUBERNETES.fullmatch(f"{name}={value}"):
            continue
        from bot.configuration import VARIABLES as OF_SECTIONS  # slow to load, and wanted only to name what is meant

        yield not_known(name, [*VARIABLES, *OF_SECTIONS])


def _unknown_keys(written: Mapping[str, Value], file: Path) -> Iterator[str]:
    for key in written:
        if key in _EITHER or key in SECTIONS:
            continue
        if key == _MOVED:
            yield (
                f"{key} in {file} is not read any more: a school's hours now stand with its contacts. Write them there with "
                "policybot contacts --school and its id, then take this out."
            )
            continue
        variable = PREFIX + key.upper()
        if variable in _ENVIRONMENT_ONLY:
            yield f"{key} cannot stand in {file}: set {variable} in the environment instead."
            continue
        from bot.configuration import KEYS  # as above

        yield not_known(key, [*_EITHER, *KEYS], f" in {file}")


def _tried(read: Callable[[_Given], Kind], given: _Given, otherwise: Kind, problems: list[str]) -> Kind:
    """Return what `read` makes of a value; where it refuses, note its sentence among the problems."""
    try:
        return read(given)
    except SettingsError as error:
        problems.append(str(error))
        return otherwise


def _read_bind(given: _Given) -> tuple[str, int]:
    host, _, port = given.value.rpartition(":")
    if not host or not re.fullmatch(r"[0-9]{1,5}", port) or not 0 < int(port) < 65536:
        raise SettingsError(f"{given.shown} is no address: write it as 127.0.0.1:8080.")
    return host.strip("[]"), int(port)


def _read_megabytes(given: _Given) -> int:
    if not re.fullmatch(r"[0-9]{1,9}", given.value) or not 1 <= int(given.value) <= MOST_MEGABYTES:
        wanted = f"set it to a whole number from 1 to {MOST_MEGABYTES}, such as 256"
        raise SettingsError(f"{given.name}={given.value} is no number of megabytes: {wanted}.")
    return int(given.value) * MEGABYTE


def _read_flag(given: _Given) -> bool:
    if given.value.lower() in ("", "0", "false", "no"):
        return False
    if given.value.lower() in ("1", "true", "yes"):
        return True
    raise SettingsError(f"{given.shown} is neither yes nor no: set it to 1 or 0.")
