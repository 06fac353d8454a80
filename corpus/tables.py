"""The engine, and the tables of schools, policies, versions and clauses; bot adds its own to the same metadata."""

import sqlite3
import time
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
    make_url,
    text,
)

from corpus.tenancy import ACROSS_ROLE, SCHOOL_ROLE, SETTING, across, guard

if TYPE_CHECKING:
    from sqlalchemy.dialects import postgresql, sqlite

# How long to wait for somebody else who writes, in milliseconds.
LOCK_WAIT = 10_000

# Where PostgreSQL tells of a school whose revision has gone up.
PUBLISHED = "policybot_published"
# A server that does not answer must be known as such before whoever asks gives up: times in seconds, and in milliseconds.
_OF_POSTGRESQL: dict[str, Any] = {
    "use_native_hstore": False,  # it would be looked for on each new connection
    "pool_pre_ping": True,  # after a restart of the server the first transaction finds a connection that lives
    "pool_size": 10,
    "max_overflow": 10,
    "pool_timeout": 5,
    "connect_args": {"connect_timeout": 3, "keepalives_idle": 5, "keepalives_interval": 2, "tcp_user_timeout": 5000},
}

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
    Column("round_at", DateTime),  # when what is done again and again for a school is to be done next; null for at once
    Index("ix_schools_round_at", "round_at"),
    info=across("id name short_name nation revision round_at", "update"),
)

policies = Table(
    "policies",
    metadata,
    Column("school_id", ForeignKey("schools.id"), primary_key=True),
    Column("slug", String(64), primary_key=True),
    Column("current", Integer),  # the number of the version that is published now; null before the first
    info=across("school_id slug current"),
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
    info=across("school_id slug number published_by"),
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
    """Return the engine of the store at `url`, on which no statement crosses from one school to another.

    SQLite is set to WAL, foreign keys and a wait of 10 s for a lock. Raises ArgumentError where it is no address, ImportError
    where its driver is missing.
    """
    address = make_url(url)
    if address.drivername == "postgresql":
        address = address.set(drivername="postgresql+psycopg")
    if address.get_backend_name() == "postgresql":
        engine = create_engine(address, hide_parameters=True, **_OF_POSTGRESQL)  # errors repeat what people write
        event.listen(engine, "begin", _begin_postgresql)
    else:
        engine = create_engine(address, hide_parameters=True)
        event.listen(engine, "connect", _set_up_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    guard(engine)
    return engine


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


def _begin_postgresql(connection: Connection) -> None:
    options = connection.get_execution_options()
    school = options.get("school")
    if school is None and not options.get("across"):
        return  # the schema is looked at or changed
    asked = "SELECT set_config('role', %(role)s, true), set_config(%(setting)s, %(school)s, true)"
    if school is not None and options.get("writes"):
        # As on SQLite: what a transaction has read of its school holds until it ends.
        asked += ", pg_advisory_xact_lock(hashtextextended(%(school)s, 0))"
    role = ACROSS_ROLE if school is None else SCHOOL_ROLE
    connection.exec_driver_sql(asked, {"role": role, "setting": SETTING, "school": school or ""})


def _begin_sqlite(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE" if connection.get_execution_options().get("writes") else "BEGIN")
