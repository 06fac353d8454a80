"""The ledger of what was erased and who was removed: in the store, and in a file beside it that outlives the store.

Each entry is written in the transaction of the removal that it tells of, so that a backup holds it just where it holds what the
removal left. A restored backup is cleaned of whatever the ledger has and the backup has not.
"""

import logging
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path

import msgspec
from msgspec import Struct
from sqlalchemy import Connection, Engine, select

from bot.errors import BotError
from bot.tables import removals
from corpus.tables import insert_into
from corpus.tenancy import reading_across

FILE_NAME = "removals.jsonl"
# No transaction goes on for so long: what is older than the newest entry by this was copied out with it.
_LATEST_COMMIT = timedelta(hours=1)
BEGINNING = datetime(1970, 1, 1)  # noqa: DTZ001  as the store keeps it

_log = logging.getLogger("policybot")


class Removed(StrEnum):
    """What was removed: somebody's access, what was kept of an asker, a duty, a watched rule, the words of an escalation."""

    PERSON = "person"
    ASKER = "asker"
    DUTY = "duty"
    WATCH = "watch"
    ESCALATION = "escalation"


# What is not known by a number.
_UNNUMBERED = (Removed.ASKER, Removed.ESCALATION)


class Removal(Struct, frozen=True):
    """An entry: `object` is the number of the person or the row, of an asker the keyed hash of the account; `at` is in UTC."""

    school_id: str
    kind: Removed
    object: str
    at: datetime


def note_removal(connection: Connection, school_id: str, kind: Removed, objects: Iterable[str | int], at: datetime) -> None:
    """Note in the ledger that these were removed, in the transaction of a school that does so."""
    write(connection, [Removal(school_id, kind, str(one), at) for one in objects])


def write(connection: Connection, entries: Iterable[Removal]) -> None:
    """Add entries to the ledger in the store; one that is there already stays."""
    rows = [msgspec.structs.asdict(entry) for entry in entries]
    if rows:
        connection.execute(insert_into(connection.dialect.name, removals).on_conflict_do_nothing(), rows)


def noted(engine: Engine, since: datetime = BEGINNING) -> list[Removal]:
    """Return the entries of the ledger in a store, of all schools, from a moment on, the first first."""
    columns = [removals.c[name] for name in Removal.__struct_fields__]
    with reading_across(engine) as connection:
        rows = connection.execute(select(*columns).where(removals.c.at >= since).order_by(removals.c.at)).all()
    return [Removal(row.school_id, Removed(row.kind), row.object, row.at) for row in rows]


def read(file: Path) -> list[Removal]:
    """Return the entries in a file of the ledger, the first first.

    A last line that was not written whole is left out: its writer writes it again. Raises BotError where the file cannot be read
    or is none of the ledger.
    """
    try:
        lines = file.read_bytes().split(b"\n")[:-1]
    except OSError as error:
        raise BotError(f"The removals file {file} cannot be read: {error.strerror}.") from None
    try:
        entries = [msgspec.json.decode(line, type=Removal) for line in lines]
    except (msgspec.DecodeError, UnicodeDecodeError):
        entries = None
    if entries is None or not all(entry.kind in _UNNUMBERED or entry.object.isdecimal() for entry in entries):
        raise BotError(
            f"{file} is no removals file, or is damaged: give the file {FILE_NAME} from the data folder, or a whole copy of it."
        )
    return entries


class Ledger:
    """The ledger of a store and its file; any number of processes may copy it out at once."""

    def __init__(self, engine: Engine, file: Path) -> None:
        """Keep the store and the file."""
        self._engine = engine
        self._file = file
        self._copied: set[Removal] | None = None

    def copy_out(self) -> None:
        """Add to the file what the store has noted since, and make the file where there is none; it is there after a power cut.

        Raises OSError where it cannot be written.
        """
        if self._file.exists() and self._copied is not None:
            newest = max((entry.at - _LATEST_COMMIT for entry in self._copied), default=BEGINNING)
            if self._copied.issuperset(noted(self._engine, newest)):
                return
        entries = noted(self._engine)
        with _held(self._file):
            # Another process may have been here.
            self._copied = set(read(self._file)) if self._file.exists() else set()
            missing = [entry for entry in entries if entry not in self._copied]
            _append(self._file, missing)
            self._copied.update(missing)

    def keep_up(self) -> None:
        """Copy out, as `copy_out`, once there is something to copy; where that fails, say so in the log."""
        try:
            # A file is taken for the ledger of whatever is restored: that of an empty store would be none.
            if self._file.exists() or noted(self._engine):
                self.copy_out()
        except (OSError, BotError):
            _log.exception("The removals file cannot be written, so a restored backup may bring back what was erased")


@contextmanager
def _held(file: Path) -> Iterator[None]:
    """Keep other processes from a file meanwhile."""
    import fcntl  # which Windows does not have

    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    descriptor = os.open(file.with_suffix(".lock"), os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _append(file: Path, entries: Iterable[Removal]) -> None:
    is_new = not file.exists()
    descriptor = os.open(file, os.O_RDWR | os.O_CREAT, 0o600)
    with os.fdopen(descriptor, "r+b") as written:
        # What a power cut left of a last line is written over.
        written.seek(0)
        whole = written.read().rfind(b"\n") + 1
        written.truncate(whole)
        written.seek(whole)
        written.writelines(msgspec.json.encode(entry) + b"\n" for entry in entries)
        written.flush()
        os.fsync(written.fileno())
    if is_new:
        sync_folder(file.parent)


def sync_folder(folder: Path) -> None:
    """Wait until the names in a folder are on the disk."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
