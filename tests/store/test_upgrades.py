"""A store of each schema that was ever released, with rows in every table, is brought to the newest without losing any."""

from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, MetaData, Table, insert, select, text

from bot.migrations import alembic_config
from bot.schema import HEAD, open_store
from corpus.tables import metadata, open_engine, sqlite_url
from corpus.tenancy import owning, school_column
from tests.platforms import postgres

pytestmark = pytest.mark.both_stores
_HISTORY = ScriptDirectory.from_config(alembic_config()).walk_revisions()
RELEASED = sorted(script.revision for script in _HISTORY if script.revision != HEAD)
SCHOOLS = ("hillside", "meadow")
NOW = datetime(2026, 11, 23, 8, 30)  # noqa: DTZ001  as the store keeps it
# What a value of a migration's own must be for it to carry it over.
MEANT = {"published_at": NOW, "document": b"{}", "earlier": "[]", "line": '{"told":[1]}', "state": "sent", "notice": "alert"}


def upgrade(connection: Connection, to: str) -> None:
    config = alembic_config()
    config.attributes["connection"] = connection
    command.upgrade(config, to)


def row(table: Table, number: int) -> dict[str, object]:
    """Return a row of the school of a number; what it refers to has the same number."""
    values: dict[str, object] = {}
    for column in table.columns:
        kind = column.type.python_type
        made = {datetime: NOW, date: NOW.date(), bytes: b"x", bool: False, int: number, str: f"x{number}"}
        values[column.name] = MEANT.get(column.name, made[kind])
        if column.name == "school_id" or (table.name, column.name) == ("schools", "id"):
            values[column.name] = SCHOOLS[number - 1]
    return values


def contents(connection: Connection, tables: list[Table]) -> dict[str, list[Any]]:
    found = {}
    for table in tables:
        named = select(*(table.c[column.name] for column in table.columns))
        found[table.name] = sorted((tuple(one) for one in connection.execute(named)), key=repr)
    return found


@pytest.fixture
def url(dialect: str, tmp_path: Path) -> Iterator[str]:
    """The address of a store without any schema."""
    if dialect == "postgresql":
        with postgres.shared().database() as url:
            yield url
    else:
        yield sqlite_url(tmp_path)


@pytest.fixture
def engine(url: str) -> Iterator[Engine]:
    made = open_engine(url)
    yield made
    made.dispose()


def filled(engine: Engine, released: str) -> list[Table]:
    """Bring a store to a released schema and fill it; return its tables as they were."""
    with owning(engine).connect() as connection:
        upgrade(connection, released)
        old = MetaData()
        old.reflect(connection)
        tables = [table for table in old.sorted_tables if table.name != "alembic_version"]
        for table in tables:
            table.info["shared"] = True
            connection.execute(insert(table), [row(table, number) for number in (1, 2)])
        connection.commit()
    return tables


@pytest.mark.parametrize("released", [*(pytest.param(one, marks=pytest.mark.soak) for one in RELEASED[:-2]), *RELEASED[-2:]])
def test_every_row_of_every_released_schema_is_there_after_the_upgrade(engine: Engine, url: str, released: str) -> None:
    tables = filled(engine, released)
    with owning(engine).connect() as connection:
        before = contents(connection, tables)
    upgraded = open_store(url)
    with owning(upgraded).connect() as connection:
        assert connection.scalar(text("SELECT version_num FROM alembic_version")) == HEAD
        after = contents(connection, tables)
        whose = {table.name: school_column(metadata.tables[table.name]) for table in tables}
        schools = {name: sorted(connection.scalars(select(one))) for name, one in whose.items() if one is not None}
    upgraded.dispose()
    assert after == before
    # Each row says whose it is.
    assert schools == {name: list(SCHOOLS) for name in schools}


def test_what_a_replica_of_the_version_before_writes_goes_in_after_the_upgrade(engine: Engine, url: str) -> None:
    tables = filled(engine, RELEASED[-1])
    with owning(engine).connect() as connection:
        for table in reversed(tables):
            connection.execute(table.delete())
        connection.commit()
    upgraded = open_store(url)
    with owning(upgraded).connect() as connection:
        for table in tables:
            connection.execute(insert(table), [row(table, number) for number in (1, 2)])
        assert {name: len(rows) for name, rows in contents(connection, tables).items()} == {table.name: 2 for table in tables}
    upgraded.dispose()
