"""Who has read what a school announced: as they said here, or as they signed on paper; a table that governors can be shown."""

import csv
import io
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, Engine, insert, select, update

from bot.clock import local
from bot.deliveries import Announced
from bot.errors import BotError, in_quotes
from bot.people import Person, has_access
from bot.staff_list import LONGEST_NAME
from bot.tables import announcements, people, readings
from corpus.tables import insert_into
from corpus.tenancy import reading_across, reading_at, school_of

# What a spreadsheet would take for the beginning of a formula.
_FORMULA = ("=", "+", "-", "@")


@dataclass(frozen=True, slots=True)
class Reading:
    """A row of the table: `name` is how the office knows somebody, by the number of an invitation or as it wrote down.

    `sent_at` is when the announcement arrived, None where it has not; `entered_by` who wrote down that they signed on paper, None
    where they said so here; `has_left` says that they can ask here no more.
    """

    name: str
    sent_at: datetime | None
    read_at: datetime | None
    entered_by: str | None
    has_left: bool


class Readings:
    """Readings in a store; `now` is the time in UTC. Announcements are of the school that is named, those of others are none."""

    def __init__(self, engine: Engine, now: Callable[[], datetime]) -> None:
        """Keep the store and the clock."""
        self._engine = engine
        self._now = now

    def begin(self, connection: Connection, announcement_id: int, staff: Sequence[Person]) -> None:
        """Note that an announcement is for these people."""
        written = insert_into(connection.dialect.name, readings)
        # The office may have written down before they joined that they signed on paper.
        noted = written.on_conflict_do_update(
            index_elements=["announcement_id", "name"], set_={"person_id": written.excluded.person_id}
        )
        which = {"school_id": school_of(connection), "announcement_id": announcement_id}
        rows = [{**which, "person_id": person.id, "name": _known_as(person)} for person in staff]
        if rows:
            connection.execute(noted, rows)

    def of_person(self, connection: Connection, announcement_id: int, person_id: int) -> Reading | None:
        """Return what is noted of somebody and an announcement; None where it is not for them."""
        found = select(readings).where(*_of(school_of(connection), announcement_id), readings.c.person_id == person_id)
        row = connection.execute(found).one_or_none()
        return Reading(row.name, row.sent_at, row.read_at, row.entered_by, has_left=False) if row else None

    def settled(self, connection: Connection, about: Announced, _channel: str, arrived: bool, _said: str | None) -> None:
        """Note, in the transaction that does, that an announcement has arrived with somebody; the first time counts."""
        if arrived and about.announcement_id is not None:
            hers = (*_of(about.school_id, about.announcement_id), readings.c.person_id == about.person_id)
            connection.execute(update(readings).where(*hers, readings.c.sent_at.is_(None)).values(sent_at=self._now()))

    def confirm(self, connection: Connection, announcement_id: int, person_ids: Collection[int]) -> None:
        """Note that somebody, who is one of these people, has read an announcement; the first time counts."""
        hers = (*_of(school_of(connection), announcement_id), readings.c.person_id.in_(person_ids))
        connection.execute(update(readings).where(*hers, readings.c.read_at.is_(None)).values(read_at=self._now()))

    def read_at(self, school_id: str, announcement_id: int, person_ids: Collection[int]) -> datetime | None:
        """Return when somebody, who is one of these people, said that they have read an announcement, None where not yet.

        Raises BotError where it is not for them, or asks nobody to confirm.
        """
        hers = (*_of(school_id, announcement_id), readings.c.person_id.in_(person_ids))
        announced = (announcements.c.school_id == school_id, announcements.c.to_confirm)
        asked = select(readings.c.read_at).join(announcements).where(*hers, *announced)
        with reading_at(self._engine, school_id) as connection:
            found: Sequence[datetime | None] = connection.scalars(asked).all()
        if not found:
            raise BotError("There is nothing here for you to confirm: ask your school office what to read.")
        return found[0]

    def count_of(self, person_ids: Collection[int]) -> int:
        """Return how often somebody, who is one of these people, is on a list of who has read something, at all schools."""
        with reading_across(self._engine) as connection:
            return len(connection.scalars(select(readings.c.id).where(readings.c.person_id.in_(person_ids))).all())

    def sign_on_paper(self, connection: Connection, school_id: str, announcement_id: int, name: str, who: str) -> None:
        """Note that somebody has signed on paper, as `who` writes down: who stands in the table by that name, or is new in it.

        Raises BotError where there is no such announcement, the name cannot be one, or is noted already.
        """
        name = " ".join(name.split())
        if not name or len(name) > LONGEST_NAME or not name.isprintable():
            raise BotError(f"Write the name of whoever signed, or their number, in at most {LONGEST_NAME} characters.")
        _require(connection, school_id, announcement_id)
        known = select(readings).where(*_of(school_id, announcement_id), readings.c.name == name)
        row = connection.execute(known).one_or_none()
        if row and row.read_at:
            raise BotError(
                f"{in_quotes(name)} is noted already, {_day(row.read_at)}: tell two of the same name apart by an initial."
            )
        values = {"read_at": self._now(), "entered_by": who}
        if row:
            connection.execute(update(readings).where(readings.c.school_id == school_id, readings.c.id == row.id).values(values))
        else:
            which = {"school_id": school_id, "announcement_id": announcement_id}
            connection.execute(insert(readings).values(**which, name=name, **values))

    def table(self, school_id: str, announcement_id: int) -> list[Reading]:
        """Return who has and has not read an announcement: those who have not come first, who have left last; by name.

        Raises BotError where there is no such announcement.
        """
        with reading_at(self._engine, school_id) as connection:
            _require(connection, school_id, announcement_id)
            there = select(people.c.id).where(people.c.school_id == school_id, has_access(self._now()))
            known = set(connection.scalars(there))
            rows = connection.execute(select(readings).where(*_of(school_id, announcement_id))).all()
        found = [
            Reading(
                row.name,
                row.sent_at,
                row.read_at,
                row.entered_by,
                has_left=row.person_id is not None and row.person_id not in known,
            )
            for row in rows
        ]
        return sorted(found, key=lambda one: (one.has_left, one.read_at is not None, _in_order(one.name)))

    def as_csv(self, school_id: str, announcement_id: int) -> str:
        """Return the table for a spreadsheet; as `table`."""
        written = io.StringIO()
        rows = csv.writer(written)
        rows.writerow(("Who", "Arrived", "Read", "How", "Left"))
        for one in self.table(school_id, announcement_id):
            how = "" if one.read_at is None else f"on paper, entered by {one.entered_by}" if one.entered_by else "confirmed here"
            rows.writerow((_no_formula(one.name), _day(one.sent_at), _day(one.read_at), how, "yes" if one.has_left else ""))
        return written.getvalue()


def _of(school_id: str, announcement_id: int | None) -> tuple[ColumnElement[bool], ...]:
    return readings.c.school_id == school_id, readings.c.announcement_id == announcement_id


def _require(connection: Connection, school_id: str, announcement_id: int) -> None:
    found = select(announcements.c.id).where(announcements.c.id == announcement_id, announcements.c.school_id == school_id)
    if connection.scalar(found) is None:
        raise BotError("There is no such announcement: choose one from the list.")


def _known_as(person: Person) -> str:
    """Return how the office can tell who somebody is, as `policybot people` lists them; it holds when they have left, too."""
    return f"Invitation {person.invitation}" if person.invitation else f"Person {person.id}"


def _in_order(name: str) -> tuple[str, int]:
    """Return what sorts `Invitation 9` before `Invitation 10`."""
    words, _, number = name.rpartition(" ")
    return (words, int(number)) if number.isascii() and number.isdigit() else (name, 0)


def _day(moment: datetime | None) -> str:
    return f"{local(moment):%Y-%m-%d %H:%M}" if moment else ""


def _no_formula(name: str) -> str:
    return f"'{name}" if name.startswith(_FORMULA) else name
