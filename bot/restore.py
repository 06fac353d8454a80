"""A backup is put into an empty store, and cleaned, in one transaction, of what was erased or ended since it was made.

So there is no moment at which whoever serves could let somebody in who was removed, or show what was erased.
"""

from base64 import b64decode
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, Integer, MetaData, Table, delete, func, insert, select, text, update
from sqlalchemy.exc import DataError, IntegrityError, SQLAlchemyError

from bot.audit import Action, Audit, at_command_line
from bot.backup import Checked, Heading, Row, check, damaged, lines, tables_of
from bot.errors import BotError
from bot.escalations import Escalations, OpenAlert, State
from bot.notices import Notices
from bot.people import end_access
from bot.records import Records
from bot.removals import Removal, Removed, write
from bot.row_security import secure
from bot.schema import HEAD, bring_to, changing, found_schema, is_known, store_failed, why
from bot.sealing import Seal
from bot.tables import (
    backups,
    conversations,
    desk_links,
    desk_sessions,
    duties,
    escalations,
    events,
    invitations,
    leases,
    notices,
    outbox,
    people,
    questions,
    sessions,
    unfinished,
    watches,
)
from corpus.tables import metadata, schools

_AT_ONCE = 100  # rows
# Numbers that must be given once go on so far after the last of the backup: what was given since is on somebody's list, or page.
NUMBERS_LEFT_OUT = 1000


@dataclass(frozen=True, slots=True)
class Kept:
    """How long questions are kept, and what was handed over after it came to its end."""

    questions: timedelta
    escalations: timedelta


@dataclass(frozen=True, slots=True)
class Restored:
    """What came of a restore.

    `removed` counts what was removed again, by kind; `unsaid` the calls and notices that are not made again, `unanswered` the
    messages that nobody answers any more, `invitations` those that were open. `alerts` are the worries about a child that nobody
    had taken on, by the names of the schools.
    """

    backup: Checked
    removed: Counter[Removed]
    unsaid: int
    unanswered: int
    invitations: int
    alerts: Sequence[tuple[str, OpenAlert]]


def restore(
    engine: Engine,
    file: Path,
    ledger: Collection[Removal] | None,
    *,
    key: bytes,
    kept: Kept,
    login: str | None,
    now: Callable[[], datetime],
) -> Restored:
    """Put a backup into the store, wholly or not at all, and return what came of it.

    `ledger` is what was ever erased and removed, None where that is lost; `key` is the installation's secret; `login` is who
    serves, None for whoever restores. Raises BotError where the backup is damaged or too new, the store is not empty or cannot
    be written, or the ledger is not that of the backup's store.
    """
    backup = check(file)
    if not is_known(backup.head.schema):
        raise BotError(
            f"The backup {file} was made by a newer version of policybot ({backup.head.policybot}): restore it with that version."
        )
    if ledger is not None and not backup.removals.issubset(ledger):
        raise BotError(
            f"The removals given are not those of the store that {file} was made of: they lack some that the backup has. Give "
            "the removals file of that store, whole and newer than the backup."
        )
    try:
        with changing(engine) as connection:
            _require_empty(connection)
            _prepare(connection, backup.head.schema)
            try:
                _load(connection, file, backup.head.schema)
            except (KeyError, ValueError, TypeError):
                raise damaged(file) from None
            except (IntegrityError, DataError) as error:
                raise BotError(f"The backup {file} does not fit into this store: {why(error)}.") from None
            if backup.head.schema != HEAD:
                bring_to(connection, HEAD)
            _number_on(connection, backup.end.numbers)
            restored = _clean(connection, backup, ledger or (), key=key, kept=kept, now=now)
            if connection.dialect.name == "postgresql":
                secure(connection, login)
    except SQLAlchemyError as error:
        raise store_failed(engine.url, error) from None
    return restored


def _require_empty(connection: Connection) -> None:
    found = found_schema(connection)
    if found is None:
        return
    if connection.dialect.name == "postgresql":
        _let_owner_in(connection, schools)
    if not is_known(found):
        raise BotError("The store was made by a newer version of policybot: upgrade this one, or choose another store.")
    if connection.scalar(select(func.count()).select_from(schools)):
        raise BotError(
            "The store is not empty, and a backup is restored into an empty one: move the old store away, or name a new one in "
            "POLICYBOT_DATABASE_URL."
        )


def _let_owner_in(connection: Connection, table: Table) -> None:
    """Let whoever owns a table on PostgreSQL reach its rows, which else is for schools alone, until it is secured again."""
    connection.execute(text(f"ALTER TABLE {table.name} NO FORCE ROW LEVEL SECURITY"))


def _prepare(connection: Connection, schema: str) -> None:
    """Make a store that has no school one of this schema, in which there is nothing at all."""
    if found_schema(connection) == schema:
        for table in reversed(tables_of(connection, schema)):
            if connection.dialect.name == "postgresql":
                _let_owner_in(connection, table)
            connection.execute(delete(table))
        return
    ours = {*metadata.tables, "alembic_version"}
    found = MetaData()
    found.reflect(connection, only=lambda name, _: name in ours)
    found.drop_all(connection)
    bring_to(connection, schema)


def _load(connection: Connection, file: Path, schema: str) -> None:
    tables = {table.name: table for table in tables_of(connection, schema)}
    table, columns, waiting = None, list[str](), list[dict[str, object]]()

    def put() -> None:
        if table is not None and waiting:
            connection.execute(insert(table), waiting)
            waiting.clear()

    for line in lines(file):
        if isinstance(line, Heading):
            put()
            table, columns = tables[line.table], line.columns
        elif isinstance(line, list) and table is not None:
            waiting.append(_values(table, columns, line))
            if len(waiting) == _AT_ONCE:
                put()
    put()


def _values(table: Table, columns: Sequence[str], row: Row) -> dict[str, object]:
    return {name: _value(table, name, written) for name, written in zip(columns, row, strict=True)}


def _value(table: Table, name: str, written: Any) -> object:
    kind = table.c[name].type.python_type
    if written is None:
        return None
    if kind is bytes:
        return b64decode(written, validate=True)
    if kind in (date, datetime):
        return kind.fromisoformat(written)
    return written


def _number_on(connection: Connection, numbers: dict[str, int]) -> None:
    """Let each table give numbers that it has not given before, nor since the backup where that must not be."""
    for table in metadata.sorted_tables:
        column = table.c.get("id")
        if column is None or not isinstance(column.type, Integer):
            continue
        given_once = table.dialect_options["sqlite"]["autoincrement"]
        last = max(connection.scalar(select(func.max(column))) or 0, numbers.get(table.name, 0))
        if given_once:
            last += NUMBERS_LEFT_OUT
        named = {"name": table.name, "last": last}
        if connection.dialect.name == "postgresql":
            if last:
                connection.execute(text("SELECT setval(pg_get_serial_sequence(:name, 'id'), :last)"), named)
        elif given_once:
            connection.execute(text("DELETE FROM sqlite_sequence WHERE name = :name"), named)
            connection.execute(text("INSERT INTO sqlite_sequence (name, seq) VALUES (:name, :last)"), named)


def _clean(
    connection: Connection, backup: Checked, ledger: Collection[Removal], *, key: bytes, kept: Kept, now: Callable[[], datetime]
) -> Restored:
    """End what would have ended since, and say nothing again; within the transaction."""
    there = {row.id: row.name for row in connection.execute(select(schools.c.id, schools.c.name).order_by(schools.c.name))}
    since = sorted(
        (entry for entry in ledger if entry not in backup.removals and entry.school_id in there), key=lambda entry: entry.at
    )
    removed = Counter[Removed]()
    for entry in since:
        removed[entry.kind] += _remove(connection, entry)
    write(connection, since)
    ended = connection.execute(delete(invitations).where(invitations.c.expires_at > now())).rowcount
    for table in (invitations, sessions, desk_links, desk_sessions, conversations, unfinished, leases):
        connection.execute(delete(table))
    unsaid = connection.execute(delete(outbox).where(outbox.c.call.is_not(None))).rowcount
    unsaid += connection.execute(delete(notices)).rowcount
    # They stay without their words: a platform that brings one again finds it there.
    answered = update(events).where(events.c.message.is_not(None)).values(message=None, leased_until=None)
    unanswered = connection.execute(answered).rowcount
    connection.execute(update(schools).values(round_at=None))
    connection.execute(insert(backups).values(made_at=backup.head.made_at))
    engine = connection.engine
    records = Records(engine, key, now, kept.questions)
    handed_over = Escalations(engine, Seal(key), Notices(engine, now), now, kept.escalations)
    trail, alerts = Audit(engine, now), []
    for school_id, name in there.items():
        records.clear(school_id, connection)
        handed_over.clear(school_id, connection)
        trail.note(connection, school_id, at_command_line(), Action.RESTORED)
        alerts += [(name, alert) for alert in handed_over.alert_again(connection, school_id, backup.head.made_at)]
    return Restored(backup, removed, unsaid, unanswered, ended, alerts)


def _remove(connection: Connection, entry: Removal) -> int:
    """Remove again what an entry of the ledger says; return how much of it was there."""
    at, number = entry.at, entry.object
    match entry.kind:
        case Removed.PERSON:
            # A number may be another's who joined later: in a store that was once restored without this ledger.
            return len(end_access(connection, entry.school_id, (people.c.id == int(number)) & (people.c.since <= at), at))
        case Removed.ASKER:
            asked = delete(questions).where(questions.c.asker == number, questions.c.asked_at <= at)
            return min(connection.execute(asked.where(questions.c.school_id == entry.school_id)).rowcount, 1)
        case Removed.DUTY:
            of_person = select(people.c.id).where(people.c.id == int(number), people.c.since <= at)
            duty = delete(duties).where(duties.c.person_id.in_(of_person))
            return connection.execute(duty.where(duties.c.school_id == entry.school_id)).rowcount
        case Removed.WATCH:
            watch = delete(watches).where(watches.c.id == int(number), watches.c.made_at <= at)
            return connection.execute(watch.where(watches.c.school_id == entry.school_id)).rowcount
        case Removed.ESCALATION:
            gone = {"content": None, "asker_address": None, "next_at": None, "state": State.CLOSED, "closed_at": at}
            words = update(escalations).where(escalations.c.id == number).values(**gone)
            return connection.execute(words.where(escalations.c.school_id == entry.school_id)).rowcount
