"""Who of a school's people has taken on to be one of its contacts: so that the bot may write to them by itself."""

from collections.abc import Callable, Sequence
from contextlib import nullcontext
from datetime import datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Connection, Engine, Row, and_, bindparam, delete, select, update

from bot.clock import day_of
from bot.duty import Duty
from bot.errors import BotError
from bot.messages import Message
from bot.people import Person, has_access
from bot.removals import Removed, note_removal
from bot.school_year import SchoolYear, Season, read_hours
from bot.tables import duties, people
from corpus.tables import insert_into
from corpus.tenancy import reading_at, school_of

# A half-term's test alert is due at its beginning: so long the one before it still counts.
TEST_LASTS_ON = timedelta(days=7)


_IS_PERSON = and_(people.c.id == duties.c.person_id, people.c.school_id == duties.c.school_id)
# Asked for each question, so made once.
_OF_SCHOOL = (
    select(duties)
    .join(people, _IS_PERSON)
    .where(duties.c.school_id == bindparam("school"), has_access(bindparam("now", type_=people.c.until.type)))
    .order_by(duties.c.person_id)
)


class Duties:
    """Duties in a store; `now` is the time in UTC."""

    def __init__(self, engine: Engine, now: Callable[[], datetime]) -> None:
        """Keep the store and the clock."""
        self._engine = engine
        self._now = now

    def of(self, school_id: str, year: SchoolYear, within: Connection | None = None) -> list[Duty]:
        """Return the duties of those of a school's people who still have access; read `within` a connection that is open."""
        with nullcontext(within) if within else reading_at(self._engine, school_id) as connection:
            found = connection.execute(_OF_SCHOOL, {"school": school_id, "now": self._now()}).all()
        return [self._duty(row, year) for row in found]

    def take_on(self, connection: Connection, person: Person, contact: str, address: Message) -> None:
        """Note that a person is this contact, reached in the chat of `address`. Raises BotError where somebody else is."""
        taken = (duties.c.school_id == person.school_id, duties.c.contact == contact, duties.c.person_id != person.id)
        others = select(people.c.channel).join(duties, _IS_PERSON).where(*taken, has_access(self._now()))
        if connection.execute(others).first():
            raise BotError(f"Somebody has already taken this on as {contact}. If it was you, give it up there first.")
        values = {"contact": contact, "address": msgspec.json.encode(address), "tested_at": None, "asked_at": None}
        key = {"person_id": person.id, "school_id": person.school_id}
        written = insert_into(connection.dialect.name, duties).values(**key, **values)
        connection.execute(written.on_conflict_do_update(index_elements=["person_id"], set_=values))

    def set_hours(self, connection: Connection, person: Person, hours: str | None) -> None:
        """Keep when a person is on call, as they wrote it; None for the hours in the book."""
        connection.execute(update(duties).where(*_one(person.school_id, person.id)).values(hours=hours))

    def confirm_test(self, connection: Connection, person: Person) -> None:
        """Note that a test alert has reached a person."""
        connection.execute(update(duties).where(*_one(person.school_id, person.id)).values(tested_at=self._now()))

    def end(self, connection: Connection, person: Person) -> None:
        """Note that a person is no longer a contact."""
        connection.execute(delete(duties).where(*_one(person.school_id, person.id)))
        note_removal(connection, person.school_id, Removed.DUTY, [person.id], self._now())

    def address_of(self, connection: Connection, person_id: int) -> Message | None:
        """Return the private chat of somebody with a duty; None where they have none any more, or no access."""
        reached = (*_one(school_of(connection), person_id), has_access(self._now()))
        found = select(duties.c.address).join(people, _IS_PERSON).where(*reached)
        address = connection.scalar(found)
        return msgspec.json.decode(address, type=Message) if address else None

    def contact_of(self, connection: Connection, person_id: int) -> str | None:
        """Return the name of the contact that a person is, None where they are none."""
        return connection.scalar(select(duties.c.contact).where(*_one(school_of(connection), person_id)))

    def to_test(self, connection: Connection, school_id: str, year: SchoolYear) -> Sequence[int]:
        """Return the people whose test alert is due again in this half-term, and note that they were sent one."""
        now = self._now()
        begins = _start_of(year, now)
        old = (duties.c.school_id == school_id, duties.c.tested_at < begins, has_access(now))
        unasked = duties.c.asked_at.is_(None) | (duties.c.asked_at < begins)
        found = select(duties.c.person_id).join(people, _IS_PERSON).where(*old, unasked)
        due = connection.scalars(found).all()
        asked = update(duties).where(duties.c.school_id == school_id, duties.c.person_id.in_(due))
        connection.execute(asked.values(asked_at=now))
        return due

    def _duty(self, row: Row[Any], year: SchoolYear) -> Duty:
        hours = read_hours(row.hours, Season.ALL_YEAR) if row.hours else None
        return Duty(row.person_id, row.contact, hours, self._is_alertable(row.tested_at, year), row.tested_at)

    def _is_alertable(self, tested_at: datetime | None, year: SchoolYear) -> bool:
        """Tell whether a test alert was confirmed in this half-term, or in the one before while this one has just begun."""
        if tested_at is None:
            return False
        now = self._now()
        begins = _start_of(year, now)
        return tested_at >= begins or (now < begins + TEST_LASTS_ON and tested_at >= _start_of(year, begins - timedelta(days=1)))


def _one(school_id: str, person_id: int) -> tuple[ColumnElement[bool], ...]:
    return duties.c.school_id == school_id, duties.c.person_id == person_id


def _start_of(year: SchoolYear, moment: datetime) -> datetime:
    first = year.half_term(day_of(moment)).first
    return datetime(first.year, first.month, first.day)  # noqa: DTZ001  as the store keeps it
