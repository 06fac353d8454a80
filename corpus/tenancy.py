"""Transactions of one school, and the few that cross schools: a statement that reaches for another school's rows is not run.

Each transaction says at its beginning whose it is. Before a statement runs, each table in it that holds schools' rows must be
bound to that school, by a value that is compared with the table's school or by another table that is bound. On PostgreSQL
row-level security stands behind that: https://www.postgresql.org/docs/current/ddl-rowsecurity.html
"""

import re
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import (
    Alias,
    BindParameter,
    BooleanClauseList,
    Column,
    ColumnElement,
    Connection,
    Delete,
    Engine,
    FromClause,
    Insert,
    Join,
    Select,
    Table,
    Update,
    event,
)
from sqlalchemy.sql import operators
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.elements import BinaryExpression
from sqlalchemy.sql.visitors import iterate

# The roles of PostgreSQL in which transactions run: of one school, and across schools.
SCHOOL_ROLE, ACROSS_ROLE = "policybot_school", "policybot_across"
# Where PostgreSQL's policies find whose transaction it is.
SETTING = "policybot.school"


class Unbound(Exception):  # noqa: N818  a fault in this program, which nobody else can mend
    """A statement that is not bound to the school of its transaction."""


@dataclass(frozen=True, slots=True)
class Across:
    """What transactions that cross schools may do with a table: read these columns, and each of `verbs`."""

    reads: tuple[str, ...] = ()
    verbs: tuple[str, ...] = ()


# In the `info` of a table: what may be done with it across schools; and that its rows are no school's.
ACROSS, SHARED = "across", "shared"


def across(reads: str = "", *verbs: str) -> dict[str, object]:
    """Return the `info` of a table of schools' rows of which these columns are read across schools, and that is written so."""
    return {ACROSS: Across(tuple(reads.split()), verbs)}


def of_no_school() -> dict[str, object]:
    """Return the `info` of a table whose rows are no school's."""
    return {SHARED: True}


def school_column(table: Table) -> Column[Any] | None:
    """Return the column that says whose a table's rows are; None where they are no school's.

    Raises Unbound where a table says neither.
    """
    if table.info.get(SHARED):
        return None
    column = table.c.get("id" if table.name == "schools" else "school_id")
    if column is None:
        raise Unbound(f"Nothing says whose the rows of {table.name} are.")
    return column


def reading_at(engine: Engine, school_id: str) -> AbstractContextManager[Connection]:
    """Return a transaction that reads what is one school's, all of it as it was at one moment."""
    return engine.execution_options(school=school_id, **_at_one_moment(engine)).connect()


def writing_at(engine: Engine, school_id: str) -> AbstractContextManager[Connection]:
    """Return a transaction that writes what is one school's; nobody else writes there from its beginning on."""
    return engine.execution_options(school=school_id, writes=True).begin()


def reading_across(engine: Engine) -> AbstractContextManager[Connection]:
    """Return a transaction that reads across schools what their tables allow, all of it as it was at one moment."""
    return engine.execution_options(across=True, **_at_one_moment(engine)).connect()


def writing_across(engine: Engine) -> AbstractContextManager[Connection]:
    """Return a transaction that writes what is no school's, and across schools what their tables allow."""
    return engine.execution_options(across=True, writes=True).begin()


def _at_one_moment(engine: Engine) -> dict[str, Any]:
    # On SQLite every transaction that reads is one.
    if engine.dialect.name == "sqlite":
        return {}
    return {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}


def owning(engine: Engine) -> Engine:
    """Return the engine for whoever looks after the store as a whole: its schema, its backups. Nothing is checked there."""
    return engine.execution_options(owner=True)


def school_of(connection: Connection) -> str:
    """Return the school whose transaction it is. Raises Unbound where it is no school's."""
    school = connection.get_execution_options().get("school")
    if school is None:
        raise Unbound("This is done within the transaction of a school.")
    return str(school)


def guard(engine: Engine) -> None:
    """Let no statement run on an engine that is not bound to the school of its transaction."""
    event.listen(engine, "before_cursor_execute", _check)


def _check(connection: Connection, _cursor: object, _statement: str, _parameters: object, context: Any, _many: bool) -> None:
    options, compiled = connection.get_execution_options(), context.compiled
    if compiled is None or compiled.statement is None or context.isddl or options.get("owner"):
        return
    needs = _NEEDS.get(compiled)
    if needs is None:
        needs = _NEEDS[compiled] = _needs_of(compiled)
    school = options.get("school")
    if school is None:
        _check_across(needs, is_across=options.get("across", False))
        return
    if needs.unbound:
        raise Unbound(f"A statement is not bound to a school: {', '.join(needs.unbound)}.")
    for values in context.compiled_parameters:
        for key in needs.keys:
            if not all(value == school for value in _given(values, key)):
                raise Unbound(f"A statement of the transaction of {school} is bound to another school.")


def _given(values: Mapping[str, Any], key: str) -> Iterator[Any]:
    """Yield what is given for a parameter of a statement, each value where it is a list, which the engine has spread out."""
    if key in values:
        yield values[key]
        return
    for name, value in values.items():
        whole, _, number = name.rpartition("_")
        if whole == key and number.isdigit():
            yield value


def _check_across(needs: "_Needs", *, is_across: bool) -> None:
    for table, verb in needs.touched:
        if school_column(table) is None:
            continue
        allowed = table.info.get(ACROSS) if is_across else None
        if allowed is None or not (verb in allowed.verbs or (verb == "select" and allowed.reads)):
            raise Unbound(f"A statement crosses schools that may not: {verb} {table.name}.")


@dataclass(frozen=True, slots=True)
class _Needs:
    """What a statement touches, and how it is bound: all of the values of `keys` must be the school; `unbound` must be none."""

    touched: tuple[tuple[Table, str], ...]
    keys: tuple[str, ...]
    unbound: tuple[str, ...]


# A compiled statement is kept by the engine and run again and again: it is looked through once. Another engine, or the same when
# it has forgotten it, compiles a statement anew that has the same key, under which SQLAlchemy takes one for the other.
_NEEDS: WeakKeyDictionary[Any, _Needs] = WeakKeyDictionary()
_NEEDS_BY_KEY: dict[Any, _Needs] = {}


def _needs_of(compiled: SQLCompiler) -> _Needs:
    if compiled.cache_key is None:
        return _needs(compiled)
    key = (compiled.cache_key.key, tuple(compiled.bind_names.values()))
    if key not in _NEEDS_BY_KEY:
        _NEEDS_BY_KEY[key] = _needs(compiled)
    return _NEEDS_BY_KEY[key]


def _needs(compiled: SQLCompiler) -> _Needs:
    equal = _Equalities()
    touched: dict[tuple[Table, str], None] = {}
    places: dict[FromClause, Table] = {}
    inserted: list[str] = []
    for part in iterate(compiled.statement):
        match part:
            case Insert(table=Table() as table):
                touched[table, "insert"] = None
                column = school_column(table)
                if column is not None:
                    named = re.compile(rf"{column.key}(_m\d+)?")
                    found = [key for key in compiled.binds if named.fullmatch(key)]
                    inserted += found or [""]
            case Update(table=Table() as table) | Delete(table=Table() as table):
                touched[table, part.__visit_name__] = None
                places[table] = table
                equal.add(part.whereclause)
            case Select():
                equal.add(part.whereclause)
                for source in part.get_final_froms():
                    for place in _leaves(source, equal):
                        whose = place.element if isinstance(place, Alias) else place
                        if isinstance(whose, Table):
                            touched[whose, "select"] = None
                            places[place] = whose
    bound = equal.bound()
    keys = {compiled.bind_names[value] for place in places for value in bound.get(place, ())}
    unbound = [table.name for place, table in places.items() if school_column(table) is not None and place not in bound]
    if "" in inserted:
        unbound.append("what is inserted")
    return _Needs(tuple(touched), tuple(keys | set(inserted) - {""}), tuple(unbound))


def _leaves(source: FromClause, equal: "_Equalities") -> Iterator[FromClause]:
    if isinstance(source, Join):
        equal.add(source.onclause)
        yield from _leaves(source.left, equal)
        yield from _leaves(source.right, equal)
    else:
        yield source


class _Equalities:
    """Which tables' schools a statement compares with each other, and with which values."""

    def __init__(self) -> None:
        self._pairs: list[tuple[FromClause, FromClause]] = []
        self._values: dict[FromClause, set[BindParameter[Any]]] = {}

    def add(self, condition: ColumnElement[Any] | None) -> None:
        """Note what a condition compares: each part of it, where all must hold."""
        match condition:
            case BooleanClauseList(operator=operators.and_):
                for part in condition.clauses:
                    self.add(part)
            case BinaryExpression(operator=(operators.eq | operators.in_op), left=left, right=right):
                whose, other = _place(left), _place(right)
                if whose is not None and other is not None:
                    self._pairs.append((whose, other))
                elif whose is not None and isinstance(right, BindParameter):
                    self._values.setdefault(whose, set()).add(right)
                elif other is not None and isinstance(left, BindParameter):
                    self._values.setdefault(other, set()).add(left)

    def bound(self) -> dict[FromClause, set[BindParameter[Any]]]:
        """Return the tables whose school is a value, directly or by way of another table, with those values."""
        found = dict(self._values)
        growing = True
        while growing:
            growing = False
            for one, other in (pair for both in self._pairs for pair in (both, both[::-1])):
                if one in found and other not in found:
                    found[other] = found[one]
                    growing = True
        return found


def _place(side: Any) -> FromClause | None:
    """Return the table, or the alias of one, of which something is the column of the school; None where it is none."""
    table = getattr(side, "table", None)
    whose = table.element if isinstance(table, Alias) else table
    if not isinstance(whose, Table):
        return None
    column = school_column(whose)
    return table if column is not None and side.key == column.key else None
