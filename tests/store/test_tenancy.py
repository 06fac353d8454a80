"""No statement of one school's transaction reaches another school's rows: the program refuses it, and PostgreSQL again."""

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import pytest
from sqlalchemy import Engine, Table, bindparam, delete, exists, func, insert, or_, select, text, update
from sqlalchemy.exc import DBAPIError, ProgrammingError

import bot.tables
from bot.row_security import statements
from corpus.tables import insert_into, metadata, schools, versions
from corpus.tenancy import (
    ACROSS,
    Across,
    Unbound,
    reading_across,
    reading_at,
    school_column,
    school_of,
    writing_across,
    writing_at,
)
from corpus.versions import School, Versions

pytestmark = pytest.mark.both_stores
ALL = metadata.sorted_tables
OWNED = [table for table in ALL if school_column(table) is not None]
SHARED = {"backups", "events", "leases", "outbox", "tallies"}
NOW = datetime(2026, 11, 23, 8, 30)  # noqa: DTZ001  as the store keeps it
HERS, THEIRS = "hillside", "meadow"
people, questions, conversations = bot.tables.people, bot.tables.questions, bot.tables.conversations


@pytest.fixture
def engine(store: Versions) -> Engine:
    store.add_school(School(THEIRS, "Meadow School", "Meadow"))
    return store.engine


@pytest.fixture
def full(engine: Engine) -> Engine:
    """A store in which each school has a row of everything."""
    with engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(text("SET session_replication_role = replica"))  # rows refer to nothing
        else:
            connection.exec_driver_sql("PRAGMA foreign_keys=OFF")
        for number, school in enumerate((HERS, THEIRS), 1):
            for table in OWNED:
                if table is not schools:
                    connection.execute(insert(table).values(_row(table, school, number)))
    return engine


def _row(table: Table, school: str, number: int) -> dict[str, object]:
    values: dict[str, object] = {"published_at": NOW} if table is versions else {}
    for column in table.columns:
        if column.name == "school_id":
            values[column.name] = school
        elif not column.nullable or column.primary_key:
            kind = column.type.python_type
            made = {datetime: NOW, date: NOW.date(), bytes: b"x", bool: False, int: number, str: f"x{number}"}
            values[column.name] = made[kind]
    return values


def ids(engine: Engine, table: Table, school: str) -> set[Any]:
    column = school_column(table)
    assert column is not None
    with reading_at(engine, school) as connection:
        return set(connection.scalars(select(column).where(column == school)))


def test_every_table_says_whose_its_rows_are_or_that_they_are_nobodys() -> None:
    assert {table.name for table in ALL if school_column(table) is None} == SHARED


def test_of_every_table_a_school_reads_changes_and_deletes_its_own_rows_alone(full: Engine) -> None:
    for table in OWNED:
        try_to_reach_another_school(full, table)


def try_to_reach_another_school(full: Engine, table: Table) -> None:
    column = school_column(table)
    assert column is not None
    assert ids(full, table, HERS) == {HERS}
    # Without the school, with another, and with a way round.
    for condition in (None, column == THEIRS, or_(column == HERS, column == THEIRS), column != HERS, column.in_([HERS, THEIRS])):
        for statement in (select(table), delete(table), update(table).values({column.name: HERS})):
            whole = statement if condition is None else statement.where(condition)
            with writing_at(full, HERS) as connection, pytest.raises(Unbound):
                connection.execute(whole)
    if table is not schools:
        with writing_at(full, HERS) as connection, pytest.raises(Unbound):
            connection.execute(insert(table).values(_row(table, THEIRS, 3)))
    for open_transaction in (reading_at, writing_at):
        with open_transaction(full, HERS) as connection, pytest.raises(Unbound):
            connection.execute(select(func.count()).select_from(table))


def test_across_schools_only_what_a_table_allows_is_done(full: Engine) -> None:
    for table in OWNED:
        try_across_schools(full, table)


def try_across_schools(full: Engine, table: Table) -> None:
    allowed = table.info.get(ACROSS, Across())
    tries = {"select": select(table), "delete": delete(table), "insert": insert(table).values(_row(table, HERS, 9))}
    if table is not schools:
        tries["update"] = update(table).values(school_id=HERS)
    for verb, statement in tries.items():
        if verb in allowed.verbs or (verb == "select" and allowed.reads):
            continue
        with writing_across(full) as connection, pytest.raises(Unbound):
            connection.execute(statement)
    if allowed.reads:
        with reading_across(full) as connection:
            columns = [table.c[name] for name in allowed.reads]
            assert len(connection.execute(select(*columns)).all()) == 2


def test_outside_a_transaction_that_says_whose_it_is_no_school_is_read(engine: Engine) -> None:
    def of_program() -> None:
        Versions(engine, lambda: NOW).engine.connect().close()

    of_program()
    with engine.execution_options(across=False, school=None).connect() as connection, pytest.raises(Unbound):
        connection.execution_options(owner=False).execute(select(people))


def test_a_transaction_across_schools_is_no_schools(engine: Engine) -> None:
    with reading_across(engine) as connection, pytest.raises(Unbound):
        school_of(connection)
    with reading_at(engine, HERS) as connection:
        assert school_of(connection) == HERS


BOUND: list[tuple[str, Callable[[], Any], dict[str, object]]] = [
    ("a value", lambda: select(people).where(people.c.school_id == HERS), {}),
    ("a parameter", lambda: select(people).where(people.c.school_id == bindparam("whose")), {"whose": HERS}),
    ("a list of one", lambda: select(people).where(people.c.school_id.in_([HERS])), {}),
    (
        "by way of another table",
        lambda: (
            select(people.c.id).join(questions, questions.c.school_id == people.c.school_id).where(people.c.school_id == HERS)
        ),
        {},
    ),
    (
        "within another statement",
        lambda: select(people.c.id).where(
            people.c.school_id == HERS,
            exists().where(questions.c.school_id == people.c.school_id, questions.c.asker == people.c.account),
        ),
        {},
    ),
    ("an alias", lambda: select(people.alias().c.id).where(people.alias().c.id == 1), {}),
]


@pytest.mark.parametrize(("_name", "statement", "values"), BOUND[:-1], ids=[name for name, _, _ in BOUND[:-1]])
def test_what_is_bound_to_the_school_runs_whichever_way_it_is_bound(
    engine: Engine, _name: str, statement: Callable[[], Any], values: dict[str, object]
) -> None:
    with reading_at(engine, HERS) as connection:
        assert connection.execute(statement(), values).all() == []
    with reading_at(engine, THEIRS) as connection, pytest.raises(Unbound):
        connection.execute(statement(), values)


def test_an_alias_and_what_is_joined_are_bound_too(engine: Engine) -> None:
    other = people.alias()
    joined = people.join(questions, questions.c.asker == people.c.account)
    loose = [
        select(other.c.id),
        select(people.c.id).where(people.c.school_id == HERS, exists().where(other.c.account == people.c.account)),
        select(questions.c.id).select_from(joined).where(people.c.school_id == HERS),
        select(people.c.id).where(people.c.school_id == HERS, people.c.account.in_(select(questions.c.asker))),
        select(people.c.id).where(or_(people.c.school_id == HERS, people.c.id > 0)),
        select(people.c.id).where(~(people.c.school_id == HERS)),
    ]
    for statement in loose:
        with reading_at(engine, HERS) as connection, pytest.raises(Unbound):
            connection.execute(statement)


def test_of_several_rows_that_are_written_at_once_each_is_the_schools(engine: Engine) -> None:
    def rows(*whose: str) -> list[dict[str, object]]:
        return [_row(conversations, school, number) for number, school in enumerate(whose)]

    for written in (insert(conversations), insert_into(engine.dialect.name, conversations)):
        with writing_at(engine, HERS) as connection, pytest.raises(Unbound):
            connection.execute(written, rows(HERS, THEIRS))
        with writing_at(engine, HERS) as connection, pytest.raises(Unbound):
            connection.execute(written.values(rows(HERS, THEIRS)))
    with writing_at(engine, HERS) as connection:
        connection.execute(insert(conversations), rows(HERS, HERS))


# What PostgreSQL does where the program did not


@pytest.fixture
def raw(full: Engine) -> Callable[[str, str], list[Any]]:
    """Run a statement of plain text, which the program cannot look through, in a school's transaction."""

    def run(school: str, statement: str) -> list[Any]:
        with writing_at(full, school) as connection:
            result = connection.execute(text(statement))
            return list(result) if result.returns_rows else [result.rowcount]

    return run


@pytest.mark.server_alone
def test_postgresql_gives_a_school_no_row_of_another(raw: Callable[[str, str], list[Any]]) -> None:
    for table in OWNED:
        column = school_column(table)
        assert column is not None
        assert [row[0] for row in raw(HERS, f"SELECT {column.name} FROM {table.name}")] == [HERS]  # noqa: S608
        if table.name in ("audit", "removals"):
            continue
        assert raw(HERS, f"DELETE FROM {table.name} WHERE {column.name} = '{THEIRS}'") == [0]  # noqa: S608
        assert raw(HERS, f"UPDATE {table.name} SET {column.name} = '{HERS}' WHERE {column.name} = '{THEIRS}'") == [0]  # noqa: S608
        with pytest.raises(ProgrammingError, match="row-level security"):
            raw(HERS, f"UPDATE {table.name} SET {column.name} = '{THEIRS}'")  # noqa: S608


@pytest.mark.server_alone
def test_postgresql_lets_nobody_change_what_is_only_added(raw: Callable[[str, str], list[Any]]) -> None:
    for statement in (
        "DELETE FROM audit",
        "UPDATE audit SET who = 'nobody'",
        "DROP TABLE audit",
        "CREATE TABLE mine (id int)",
        "DELETE FROM removals",
        "UPDATE removals SET object = '9'",
    ):
        with pytest.raises(DBAPIError, match=r"permission denied|must be owner"):
            raw(HERS, statement)


@pytest.mark.server_alone
def test_postgresql_reads_across_schools_only_the_columns_that_are_allowed(full: Engine) -> None:
    for table in OWNED:
        allowed = table.info.get(ACROSS, Across())
        for column in table.columns:
            statement = text(f"SELECT {column.name} FROM {table.name}")  # noqa: S608
            with reading_across(full) as connection:
                if column.name in allowed.reads:
                    assert len(list(connection.execute(statement))) == 2
                else:
                    with pytest.raises(ProgrammingError, match="permission denied"):
                        connection.execute(statement)


@pytest.mark.server_alone
def test_the_policies_in_the_store_are_those_that_the_program_would_make(engine: Engine) -> None:
    catalogue = text("SELECT relname, relrowsecurity AND relforcerowsecurity FROM pg_class WHERE relkind = 'r'")
    grants = text(
        "SELECT grantee, table_name, column_name, privilege_type FROM information_schema.column_privileges "
        "WHERE grantee LIKE 'policybot_%'"
    )
    policies = text("SELECT tablename, policyname, roles, qual FROM pg_policies")
    with engine.begin() as connection:
        secured = {name for name, is_secured in connection.execute(catalogue) if is_secured}
        before = [set(map(tuple, map(str, connection.execute(one).all()))) for one in (grants, policies)]
        for statement in statements():
            connection.execute(text(statement))
        after = [set(map(tuple, map(str, connection.execute(one).all()))) for one in (grants, policies)]
    assert secured >= {table.name for table in OWNED}
    assert before == after


def test_what_is_read_at_one_moment_stays_so_while_others_write(engine: Engine) -> None:
    with reading_at(engine, HERS) as connection:
        before = connection.scalar(select(func.count()).where(versions.c.school_id == HERS))
        with engine.begin() as other:
            made = {"slug": "a", "number": 0, "document": b"", "made_at": NOW}
            other.execute(insert(versions).values(school_id=HERS, **made))
        assert connection.scalar(select(func.count()).where(versions.c.school_id == HERS)) == before
