"""What stands on PostgreSQL behind corpus/tenancy.py: two roles that may do no more than it lets transactions do, row by row.

The policies hold for the owner of the tables too (https://www.postgresql.org/docs/current/ddl-rowsecurity.html), so that a
statement which somehow got past the program finds no row of another school.
"""

from collections.abc import Iterator
from contextlib import suppress

from sqlalchemy import Connection, Table, text
from sqlalchemy.exc import IntegrityError, ProgrammingError

import bot.tables  # noqa: F401  so that the metadata knows the bot's own tables
from bot.errors import BotError
from corpus.tables import metadata
from corpus.tenancy import ACROSS, ACROSS_ROLE, SCHOOL_ROLE, SETTING, Across, school_column

# Rows that are only ever added.
_ONLY_ADDED = frozenset({"audit", "removals"})
_EVERYTHING = "SELECT, INSERT, UPDATE, DELETE"


def secure(connection: Connection, login: str | None) -> None:
    """Make the roles and the policies of every table, within the transaction that has brought the schema up to date.

    `login` is who serves, None for whoever is connected. Raises BotError where whoever is connected may not make roles.
    """
    _make_roles(connection, login)
    for statement in statements():
        connection.execute(text(statement))


def statements() -> Iterator[str]:
    """Yield what makes the policies and grants of every table; where they are made already it makes them anew."""
    roles = f"{SCHOOL_ROLE}, {ACROSS_ROLE}"
    yield f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {roles}"
    yield f"GRANT SELECT ON alembic_version TO {roles}"
    for table in metadata.sorted_tables:
        column = school_column(table)
        if column is None:
            yield f"GRANT {_EVERYTHING} ON {table.name} TO {roles}"
            continue
        yield f"ALTER TABLE {table.name} ENABLE ROW LEVEL SECURITY"
        yield f"ALTER TABLE {table.name} FORCE ROW LEVEL SECURITY"
        is_its_own = f"{column.name} = current_setting('{SETTING}', true)"
        yield from _policy(table, "of_school", f"TO {SCHOOL_ROLE} USING ({is_its_own})")
        yield f"GRANT {'SELECT, INSERT' if table.name in _ONLY_ADDED else _EVERYTHING} ON {table.name} TO {SCHOOL_ROLE}"
        allowed = table.info.get(ACROSS)
        if allowed:
            yield from _policy(table, "across_schools", f"TO {ACROSS_ROLE} USING (true)")
            yield f"GRANT {_granted(table, allowed)} ON {table.name} TO {ACROSS_ROLE}"


def _granted(table: Table, allowed: Across) -> str:
    reads = ", ".join(allowed.reads)
    granted = [f"SELECT ({reads})"]
    for verb in allowed.verbs:
        granted.append(verb.upper())
    return ", ".join(granted)


def _policy(table: Table, name: str, rule: str) -> Iterator[str]:
    yield f"DROP POLICY IF EXISTS {name} ON {table.name}"
    yield f"CREATE POLICY {name} ON {table.name} {rule}"


def _make_roles(connection: Connection, login: str | None) -> None:
    for role in (SCHOOL_ROLE, ACROSS_ROLE):
        try:
            if not _is_there(connection, role):
                # Roles are the whole server's: beside this store another may be begun at this moment.
                with suppress(IntegrityError), connection.begin_nested():
                    connection.execute(text(f"CREATE ROLE {role} NOLOGIN"))
            is_member = text("SELECT pg_has_role(COALESCE(:login, current_user::text)::name, :role, 'MEMBER')")
            if not connection.scalar(is_member, {"login": login, "role": role}):
                whom = connection.dialect.identifier_preparer.quote(login) if login else "CURRENT_USER"
                connection.execute(text(f"GRANT {role} TO {whom}"))
        except ProgrammingError as error:
            raise BotError(
                f"The store's user may not make the roles that keep schools apart ({str(error.orig).splitlines()[0]}): "
                f"let an administrator of the database run CREATE ROLE {SCHOOL_ROLE} NOLOGIN; CREATE ROLE {ACROSS_ROLE} NOLOGIN; "
                f"GRANT {SCHOOL_ROLE}, {ACROSS_ROLE} TO the store's user; then start policybot again."
            ) from None


def _is_there(connection: Connection, role: str) -> bool:
    return connection.scalar(text("SELECT 1 FROM pg_roles WHERE rolname = :role"), {"role": role}) is not None
