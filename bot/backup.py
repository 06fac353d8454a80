"""A backup: the whole of a store, as it was at one moment, in one file that either kind of store takes back.

The file is gzip, of lines of JSON, and after it one line with the SHA-256 of all before it:

    {"policybot": "0.1.0", "format": 1, "schema": "0009", "made_at": "2026-11-22T09:30:00", "key": "5e..."}
    {"table": "schools", "columns": ["id", "name", ...]}
    ["st-marys", "St Mary's Primary School", ...]
    {"rows": {"schools": 1, ...}, "numbers": {"invitations": 57, ...}}

Bytes stand in it as base64. `key` is not the secret key but a hash made with it, by which a restore knows whether it is the same.
"""

import gzip
import os
import tempfile
import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from datetime import datetime
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import IO, Any

import msgspec
from msgspec import Struct
from sqlalchemy import Connection, Engine, Integer, MetaData, Table, func, insert, select, text

from bot.errors import BotError
from bot.removals import Removal, sync_folder
from bot.schema import HEAD, found_schema
from bot.tables import backups, removals
from corpus.tables import metadata, schools
from corpus.tenancy import ACROSS_ROLE, SCHOOL_ROLE, SETTING, owning, reading_across, school_column, writing_across

FORMAT = 1
_TRAILER = b"sha256 %s\n"
_TRAILER_LENGTH = len(_TRAILER % (b"0" * 64))
# Rows are taken from the store a few at a time: some hold a whole policy.
_FEW = {"yield_per": 100}
_CHUNK = 1 << 20  # bytes
# A line longer than this is no row of ours: a policy with its source has some megabytes at most.
_LONGEST_LINE = 1 << 28


class Head(Struct, frozen=True):
    """The first line: by which version of policybot, of which schema, when, in UTC; `key` tells secret keys apart."""

    policybot: str
    format: int
    schema: str
    made_at: datetime
    key: str


class Heading(Struct, frozen=True):
    """The line before the rows of a table."""

    table: str
    columns: list[str]


class End(Struct, frozen=True):
    """The last line: how many rows each table has, and the last number that was given, where the store remembers it."""

    rows: dict[str, int]
    numbers: dict[str, int]


Row = list[str | int | float | bool | None]
Line = Head | Heading | Row | End


def write_backup(engine: Engine, file: Path, key: str, made_at: datetime) -> dict[str, int]:
    """Write a backup of the store to a file, for its owner alone, and read it again; return how many rows each table has.

    The store goes on being written to. The file is under its name only when it is whole and checked. Raises BotError where there
    is something of that name already, or the file cannot be written; nothing is left of it then.
    """
    if os.path.lexists(file):
        raise BotError(f"{file} is there already: choose another name for the backup.")
    try:
        descriptor, temporary = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}-", suffix=".part")  # of mode 0600
        try:
            with os.fdopen(descriptor, "wb") as raw:
                rows = _write(engine, raw, key, made_at)
                raw.flush()
                os.fsync(raw.fileno())
            if check(Path(temporary)).end.rows != rows:
                raise BotError(f"The backup {file} was not written as it should be: make sure that the disk is sound.")
            os.rename(temporary, file)
            sync_folder(file.parent)
        except BaseException:
            with suppress(FileNotFoundError):
                os.unlink(temporary)
            raise
    except OSError as error:
        raise BotError(f"The backup {file} cannot be written: {error.strerror}.") from None
    return rows


def note_backup(engine: Engine, made_at: datetime) -> None:
    """Note in the store that a backup was made."""
    with writing_across(engine) as connection:
        connection.execute(insert(backups).values(made_at=made_at))


def last_backup(engine: Engine) -> datetime | None:
    """Return when the last backup of a store was made, None where none was."""
    with reading_across(engine) as connection:
        made_at: datetime | None = connection.scalar(select(func.max(backups.c.made_at)))
    return made_at


class _Hashed:
    """A file that is written to, and the hash of what was written."""

    def __init__(self, raw: IO[bytes]) -> None:
        self._raw = raw
        self.digest = sha256()

    def write(self, data: bytes) -> int:
        self.digest.update(data)
        return self._raw.write(data)

    def flush(self) -> None:
        self._raw.flush()


def _write(engine: Engine, raw: IO[bytes], key: str, made_at: datetime) -> dict[str, int]:
    hashed, rows = _Hashed(raw), dict[str, int]()
    with (
        gzip.GzipFile(filename="", mode="wb", fileobj=hashed, compresslevel=6, mtime=0) as packed,
        _at_one_moment(engine) as store,
    ):

        def put(line: object) -> None:
            packed.write(msgspec.json.encode(line) + b"\n")

        schema = found_schema(store) or ""
        put(Head(version("policybot"), FORMAT, schema, made_at, key))
        for table in tables_of(store, schema):
            name = str(table.name)  # SQLAlchemy's own kind of text is none for JSON
            put(Heading(name, [str(column.name) for column in table.columns]))
            rows[name] = 0
            for row in _rows(store, table):
                put(list(row))
                rows[name] += 1
        put(End(rows, _numbers(store, rows)))
    raw.write(_TRAILER % hashed.digest.hexdigest().encode())
    return rows


def _at_one_moment(engine: Engine) -> Connection:
    """Return a transaction that sees the store as it was when it first read, however long it goes on."""
    options = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True} if engine.dialect.name == "postgresql" else {}
    return owning(engine).execution_options(**options).connect()


def tables_of(connection: Connection, schema: str) -> list[Table]:
    """Return the tables of a store of this schema, each after those that it refers to."""
    if schema == HEAD:
        return metadata.sorted_tables
    found = MetaData()
    found.reflect(connection, only=lambda name, _: name in metadata.tables)
    return found.sorted_tables


def _rows(connection: Connection, table: Table) -> Iterator[Any]:
    """Yield the rows of a table, school by school: on PostgreSQL nobody sees those of all at once, the owner least of all."""
    known = school_column(metadata.tables[table.name])
    column = None if known is None else table.c.get(known.name)
    if column is None:
        be(connection, None)
        yield from connection.execute(select(table), execution_options=_FEW)
        return
    be(connection, None)
    for school in connection.scalars(select(schools.c.id).order_by(schools.c.id)).all():
        be(connection, school)
        yield from connection.execute(select(table).where(column == school), execution_options=_FEW)


def _numbers(connection: Connection, tables: Iterable[str]) -> dict[str, int]:
    """Return the last number that each of these tables has given, deleted rows included, where the store remembers it."""
    if connection.dialect.name == "sqlite":
        return {name: last for name, last in connection.execute(text("SELECT name, seq FROM sqlite_sequence")) if name in tables}
    last_of = text("SELECT pg_sequence_last_value(pg_get_serial_sequence(:name, 'id'))")
    numbered = [name for name in tables if isinstance(metadata.tables[name].c.get("id", schools.c.id).type, Integer)]
    found = {name: connection.execute(last_of, {"name": name}).scalar() for name in numbered}
    return {name: last for name, last in found.items() if last is not None}


def be(connection: Connection, school: str | None) -> None:
    """Be, on PostgreSQL, in a school's role from now on to the end of the transaction, or in that which crosses schools."""
    if connection.dialect.name == "postgresql":
        asked = text("SELECT set_config('role', :role, true), set_config(:setting, :school, true)")
        role = ACROSS_ROLE if school is None else SCHOOL_ROLE
        connection.execute(asked, {"role": role, "setting": SETTING, "school": school or ""})


class Checked(Struct, frozen=True):
    """What is in a backup that is whole: its first line and its last, and what the ledger of removals then held."""

    head: Head
    end: End
    removals: frozenset[Removal]


def check(file: Path) -> Checked:
    """Read a backup from its beginning to its end; return what is in it.

    Raises BotError where it cannot be read, is damaged, or is no backup.
    """
    head, table, columns = None, "", list[str]()
    rows, noted = dict[str, int](), set[Removal]()
    for line in lines(file):
        match line:
            case Head():
                head = line
            case Heading():
                table, columns = line.table, line.columns
                rows[table] = 0
            case End() if head is not None and line.rows == rows:
                return Checked(head, line, frozenset(noted))
            case list() if rows and len(line) == len(columns):
                rows[table] += 1
                if table == removals.name:
                    noted.add(_removal(columns, line, file))
            case _:
                break
    raise damaged(file)


def _removal(columns: Sequence[str], row: Row, file: Path) -> Removal:
    try:
        return msgspec.convert(dict(zip(columns, row, strict=True)), Removal)
    except msgspec.ValidationError:
        raise damaged(file) from None


def lines(file: Path) -> Iterator[Line]:
    """Yield the lines of a backup, each read. Raises BotError, before the first, where the file is damaged, or no backup."""
    try:
        with open(file, "rb") as raw:
            length = _require_whole(raw, file)
            raw.seek(0)
            first = True
            for line in _unpacked(raw, length):
                yield _head(line, file) if first else _read(line)
                first = False
    except OSError as error:
        raise BotError(f"The backup {file} cannot be read: {error.strerror}.") from None
    except (zlib.error, msgspec.DecodeError, UnicodeDecodeError, _TooLong):
        raise damaged(file) from None


def damaged(file: Path) -> BotError:
    """Return the error that says that a file is no whole backup."""
    return BotError(f"{file} is damaged, or is no backup of policybot: take another backup, or another copy of this one.")


def _require_whole(raw: IO[bytes], file: Path) -> int:
    """Return where the hash begins in a file whose hash is right. Raises BotError where it is not."""
    digest, left = sha256(), os.fstat(raw.fileno()).st_size - _TRAILER_LENGTH
    length = left
    while left > 0:
        chunk = raw.read(min(_CHUNK, left))
        if not chunk:
            raise damaged(file)
        digest.update(chunk)
        left -= len(chunk)
    if length <= 0 or raw.read() != _TRAILER % digest.hexdigest().encode():
        raise damaged(file)
    return length


class _TooLong(Exception):  # noqa: N818  it is told as damage
    pass


def _unpacked(raw: IO[bytes], length: int) -> Iterator[bytes]:
    unpacking, begun = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16), b""
    while length > 0:
        packed = raw.read(min(_CHUNK, length))
        length -= len(packed)
        while packed:
            *whole, begun = (begun + unpacking.decompress(packed, _CHUNK)).split(b"\n")
            yield from whole
            if len(begun) > _LONGEST_LINE:
                raise _TooLong
            packed = unpacking.unconsumed_tail
    *whole, begun = (begun + unpacking.flush()).split(b"\n")
    yield from whole
    if begun or not unpacking.eof or unpacking.unused_data:
        raise _TooLong


def _head(line: bytes, file: Path) -> Head:
    found = msgspec.json.decode(line)
    if isinstance(found, dict) and isinstance(found.get("format"), int) and found["format"] > FORMAT:
        raise BotError(
            f"The backup {file} was made by a newer version of policybot ({found.get('policybot')}): restore it with that."
        )
    return msgspec.convert(found, Head)


def _read(line: bytes) -> Line:
    if line.startswith(b"["):
        return msgspec.json.decode(line, type=Row)
    if line.startswith(b'{"rows"'):
        return msgspec.json.decode(line, type=End)
    return msgspec.json.decode(line, type=Heading)
