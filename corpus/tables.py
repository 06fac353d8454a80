"""The engine, and the tables of schools, policies, versions and clauses; bot adds its own to the same metadata."""

import sqlite3
import time
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import (
    CheckConstraint,
    Column,
    Connection,
    DateTime,
    Engine,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    create_engine,
    event,
    text,
)

if TYPE_CHECKING:
    from sqlalchemy.dialects import postgresql, sqlite

# How long to wait for somebody else who writes, in milliseconds.
LOCK_WAIT = 10_000

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(column_0_N_label)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

schools = Table(
    "schools",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("name", String(200), nullable=False),
    Column("short_name", String(100), nullable=False),
    Column("nation", String(20), nullable=False),
    Column("revision", Integer, nullable=False, server_default=text("0")),
)

policies = Table(
    "policies",
    metadata,
    Column("school_id", ForeignKey("schools.id"), primary_key=True),
    Column("slug", String(64), primary_key=True),
    Column("current", Integer),  # the number of the version that is published now; null before the first
)

versions = Table(
    "versions",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("school_id", String(64), nullable=False),
    Column("slug", String(64), nullable=False),
    Column("number", Integer, nullable=False),  # 0 is the draft, of which there is one at most
    Column("document", LargeBinary, nullable=False),  # the policy as JSON
    Column("source", Text),  # the text it came from, null where it came as YAML
    Column("made_at", DateTime, nullable=False),
    Column("published_at", DateTime),
    Column("published_by", String(200)),
    Column("doubts", LargeBinary),  # of a draft, as JSON: what its reader was not certain of
    Column("edits", Integer, nullable=False, server_default=text("0")),  # how often the draft was changed since it was brought in
    Column("owner", String(200)),  # who answers for the policy at the school
    Column("approved_by", String(200)),
    Column("minutes", String(200)),  # where the governors' minutes say that it was approved
    UniqueConstraint("school_id", "slug", "number"),
    CheckConstraint("(number = 0) = (published_at IS NULL)", name="draft_is_unpublished"),
)
# What people confirmed or set right about the clauses of a published version, whose own document is never changed.
corrections = Table(
    "corrections",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("school_id", String(64), nullable=False),
    Column("slug", String(64), nullable=False),
    Column("version", Integer, nullable=False),
    Column("clause_id", String(100), nullable=False),
    Column("correction", LargeBinary),  # as JSON; null where somebody agreed with what was there
    Column("made_at", DateTime, nullable=False),
    Index("ix_corrections_school_id_slug_version", "school_id", "slug", "version"),
)
# Which clause ids a policy has ever given: an id is never given to another clause.
clauses = Table(
    "clauses",
    metadata,
    Column("school_id", String(64), primary_key=True),
    Column("slug", String(64), primary_key=True),
    Column("clause_id", String(100), primary_key=True),
    Column("first_version", Integer, nullable=False),
)

# Policies that a school has and has not brought in.
other_policies = Table(
    "other_policies",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("school_id", ForeignKey("schools.id"), nullable=False),
    Column("title", String(200), nullable=False),
    UniqueConstraint("school_id", "title"),
)


def open_engine(url: str) -> Engine:
    """Return the engine of the store at `url`; SQLite is set to WAL, foreign keys and a wait of 10 s for a lock."""
    engine = create_engine(url)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _set_up_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    return engine


def writing(engine: Engine) -> AbstractContextManager[Connection]:
    """Return a transaction that writes; on SQLite nobody else writes from its beginning on, not only from its first write."""
    return engine.execution_options(writes=True).begin()


def insert_into(dialect: str, table: Table) -> "sqlite.Insert | postgresql.Insert":
    """Return an insert, for a database of this dialect, that may say what to do where the row is there (`on_conflict_...`)."""
    from sqlalchemy.dialects import postgresql, sqlite  # tens of milliseconds, which a question in the terminal does not need

    return sqlite.insert(table) if dialect == "sqlite" else postgresql.insert(table)


def sqlite_url(folder: Path) -> str:
    """Return the address of the SQLite store in the data folder."""
    return f"sqlite:///{folder / 'policybot.sqlite'}"


def _set_up_sqlite(connection: Any, _record: object) -> None:
    # Left to itself the driver begins a transaction at the first write, so that what is read before is of another moment.
    connection.isolation_level = None
    connection.execute(f"PRAGMA busy_timeout={LOCK_WAIT}")
    _set_to_wal(connection)
    # What a platform is told that we have must be there after a power cut too: in WAL, NORMAL keeps it only from a process's end.
    for pragma in ("foreign_keys=ON", "synchronous=FULL"):
        connection.execute(f"PRAGMA {pragma}")


def _set_to_wal(connection: Any) -> None:
    # A new file is set to WAL under a lock for which SQLite does not wait, whatever the timeout: so the waiting is done here.
    give_up = time.monotonic() + LOCK_WAIT / 1000
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError:
            if time.monotonic() > give_up:
                raise
            time.sleep(0.01)
        else:
            return


def _begin_sqlite(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE" if connection.get_execution_options().get("writes") else "BEGIN")
