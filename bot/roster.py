"""The people of a school as the bot can reach them: whom to turn to now, who can be written to, when they are at work."""

from collections import OrderedDict
from collections.abc import Callable, Iterable
from contextlib import nullcontext
from datetime import datetime
from threading import Lock
from typing import TypeVar

from sqlalchemy import Connection, Engine

from bot.bootstrap import Indexes
from bot.contact_book import Contact, ContactBook
from bot.contact_store import Contacts
from bot.directory import Directory, directory_of
from bot.duties import Duties
from bot.duty import Duty
from bot.messages import Message
from bot.school_year import SchoolYear, Season, read_hours, spoken_when
from corpus.tenancy import reading_at
from corpus.versions import School

# When somebody is at work of whom nobody has said it.
WORKING_HOURS = read_hours("Monday-Friday 8:00-18:00", Season.TERM)
# A question that waits for an answer for so many school days is called to mind.
OVERDUE_AFTER = 2  # school days
# Of so many schools it is remembered whom to turn to, for when the store is away.
MOST_SCHOOLS = 2000
_Id = TypeVar("_Id", int, int | None)


class Roster:
    """The people of each school, read anew each time; `now` is the time in UTC."""

    def __init__(self, engine: Engine, contacts: Contacts, duties: Duties, indexes: Indexes, now: Callable[[], datetime]) -> None:
        """Keep the parts."""
        self._engine = engine
        self._contacts = contacts
        self._duties = duties
        self._indexes = indexes
        self._now = now
        # What was last read: the store may be away at the next question. The school read longest ago stands first.
        self._lately: OrderedDict[str, tuple[ContactBook, dict[str, Duty]]] = OrderedDict()
        self._keeping = Lock()

    def book(self, school_id: str) -> ContactBook:
        """Return what a school wrote of its contacts and its year, as it is in force."""
        return self._contacts.in_force(school_id)

    def year(self, school: School) -> SchoolYear:
        """Return a school's year."""
        return self.book(school.id).year(school.nation)

    def duties(self, school: School) -> dict[str, Duty]:
        """Return those of a school's contacts whom the bot can write to, by name."""
        return {duty.contact: duty for duty in self._duties.of(school.id, self.year(school))}

    def directory(self, school: School) -> Directory:
        """Return whom to turn to at a school now."""
        policies = self._indexes.of(school.id, fresh=False).policies
        with reading_at(self._engine, school.id) as connection:
            book = self._contacts.in_force(school.id, connection)
            found = self._duties.of(school.id, book.year(school.nation), connection)
        duties = {duty.contact: duty for duty in found}
        with self._keeping:
            self._lately[school.id] = book, duties
            self._lately.move_to_end(school.id)
            if len(self._lately) > MOST_SCHOOLS:
                self._lately.popitem(last=False)
        return directory_of(school, policies, book, duties, self._now())

    def directory_lately(self, school: School) -> Directory | None:
        """Return whom to turn to at a school now by what was last read of it, not asking the store.

        None where nothing was, or the school's policies are not in memory any more.
        """
        index, lately = self._indexes.at_hand(school.id), self._lately.get(school.id)
        return directory_of(school, index.policies, *lately, self._now()) if index and lately else None

    def book_lately(self, school_id: str) -> ContactBook | None:
        """Return the book of a school as it was last read for `directory`; None where it was not."""
        lately = self._lately.get(school_id)
        return lately[0] if lately else None

    def name_of(self, school_id: str, person_id: int | None, within: Connection | None = None) -> str:
        """Return the name of the contact that a person of a school is; they may have stopped being one."""
        if person_id is None:
            return "somebody"
        with nullcontext(within) if within else reading_at(self._engine, school_id) as connection:
            return self._duties.contact_of(connection, person_id) or "somebody"

    def address_of(self, person_id: int, within: Connection) -> Message | None:
        """Return the private chat of somebody with a duty; None where they have none any more, or no access."""
        return self._duties.address_of(within, person_id)

    def at_work(self, school_id: str, person_id: int | None = None) -> datetime:
        """Return when somebody at a school is next at work, now if they are; a person by their own hours and absences."""
        return self.all_at_work(school_id, [person_id])[person_id]

    def all_at_work(self, school_id: str, person_ids: Iterable[_Id]) -> dict[_Id, datetime]:
        """Return when people of a school are next at work; as `at_work`."""
        now, (school,) = self._now(), self._indexes.versions.schools([school_id])
        book = self.book(school_id)
        year = book.year(school.nation)
        contacts = {duty.person_id: book.named(duty.contact) for duty in self.duties(school).values()}

        def at_work(contact: Contact | None) -> datetime:
            hours = (contact.hours if contact else None) or book.hours or WORKING_HOURS
            return year.next_opening(hours, now, contact.away if contact else ()) or now

        others = at_work(None)
        return {one: at_work(contacts[one]) if one in contacts else others for one in person_ids}

    def overdue(self, school_id: str, moment: datetime) -> datetime:
        """Return when something that came to somebody at a moment has waited too long."""
        (school,) = self._indexes.versions.schools([school_id])
        return self.year(school).after_school_days(moment, OVERDUE_AFTER)

    def spoken(self, moment: datetime) -> str:
        """Return a moment to come as people say it: `Monday at 8:00`."""
        return spoken_when(moment, self._now())
