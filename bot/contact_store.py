"""The contacts of each school in the store: one book a school, saved whole."""

from collections.abc import Callable, Iterable
from contextlib import nullcontext
from datetime import datetime
from functools import lru_cache
from typing import NamedTuple

import msgspec
from sqlalchemy import Connection, Engine, bindparam, delete, select, update

from bot.contact_book import ALLEGATION_ROLES, Contact, ContactBook, ContactRole
from bot.errors import BotError
from bot.people import EMAIL
from bot.removals import Removed, note_removal
from bot.tables import contact_books, people
from corpus.tables import insert_into, schools
from corpus.tenancy import reading_across, reading_at, writing_at
from corpus.versions import no_such_school

# Asked for each question, so made once.
_IN_FORCE = select(contact_books.c.document, contact_books.c.confirmed_chair).where(
    contact_books.c.school_id == bindparam("school")
)
# Whoever changed it last; longer names are cut.
LONGEST_NAME = 200


class ContactChange(NamedTuple):
    """Somebody in a role to whom allegations go, in which something changed.

    `before` is None for a new holder, `after` for one who is no more; both are the same for whoever shares the role with them,
    and for whom another contact now names, or no longer names, as a conflict.
    """

    role: ContactRole
    before: Contact | None
    after: Contact | None


class Contacts:
    """The contact books of a store."""

    def __init__(self, engine: Engine, now: Callable[[], datetime]) -> None:
        """Keep the store; `now` is the time in UTC."""
        self._engine = engine
        self._now = now

    def book(self, school_id: str, within: Connection | None = None) -> ContactBook:
        """Return a school's book, an empty one where none was saved.

        `within` a transaction that writes, nobody else changes it until that ends. Raises BotError where there is no such school.
        """
        wanted = select(schools.c.id, contact_books.c.document).outerjoin(contact_books).where(schools.c.id == school_id)
        with nullcontext(within) if within else reading_at(self._engine, school_id) as connection:
            found = connection.execute(wanted).one_or_none()
        if found is None:
            with reading_across(self._engine) as connection:
                known = list(connection.scalars(select(schools.c.id).order_by(schools.c.id)))
            raise BotError(no_such_school(school_id, known))
        return _decoded(found.document) if found.document else ContactBook()

    def save(self, school_id: str, book: ContactBook, by: str, within: Connection | None = None) -> list[ContactChange]:
        """Keep a book in the place of the school's last one, and return what that changed for whom allegations go to.

        `by` is who did it; `within` is a transaction that writes, one of its own unless given. Raises BotError where there is no
        such school.
        """
        with nullcontext(within) if within else writing_at(self._engine, school_id) as connection:
            before = self.book(school_id, connection)
            values = {"document": msgspec.json.encode(book), "changed_at": self._now(), "changed_by": by[:LONGEST_NAME]}
            insert = insert_into(self._engine.dialect.name, contact_books).values(school_id=school_id, **values)
            connection.execute(insert.on_conflict_do_update(index_elements=["school_id"], set_=values))
            self._end_access_by_mail(connection, school_id)
        return allegation_changes(before, book)

    def in_force(self, school_id: str, within: Connection | None = None) -> ContactBook:
        """Return the book by which staff are told whom to turn to: of the chair of governors what the chair last confirmed.

        So nobody can turn complaints about themselves to themselves by changing how the chair is reached.
        """
        return self._written_and_in_force(school_id, within)[1]

    def _written_and_in_force(self, school_id: str, within: Connection | None) -> tuple[ContactBook, ContactBook]:
        with nullcontext(within) if within else reading_at(self._engine, school_id) as connection:
            row = connection.execute(_IN_FORCE, {"school": school_id}).one_or_none()
        book = _decoded(row.document) if row else ContactBook()
        in_force = _with_chair(book, _decoded_chair(row.confirmed_chair)) if row and row.confirmed_chair else book
        return book, in_force

    def confirm_chair(self, connection: Connection, school_id: str, name: str) -> bool:
        """Note, within a transaction, that the chair of governors of this name confirms what the book says of them.

        Returns whether the book has such a chair.
        """
        chair = next((one for one in self.book(school_id, connection).holders(ContactRole.GOVERNORS) if one.name == name), None)
        if chair is None:
            return False
        values = {"confirmed_chair": msgspec.json.encode(chair)}
        connection.execute(update(contact_books).where(contact_books.c.school_id == school_id).values(**values))
        self._end_access_by_mail(connection, school_id)
        return True

    def has_confirmed_chair(self, school_id: str) -> bool:
        """Tell whether a chair of governors has confirmed what staff are told of them."""
        confirmed = select(contact_books.c.confirmed_chair).where(contact_books.c.school_id == school_id)
        with reading_at(self._engine, school_id) as connection:
            return connection.scalar(confirmed) is not None

    def chair_emails(self, school_id: str, within: Connection | None = None) -> list[str]:
        """Return the e-mail addresses, in small letters, that the chair of governors as in force reads and no other contact.

        One that the headteacher or the office reads too would let them approve what they ask for; so would a headteacher who is
        down as the chair.
        """
        written, book = self._written_and_in_force(school_id, within)
        chairs = [one for one in book.holders(ContactRole.GOVERNORS) if ContactRole.HEADTEACHER not in one.roles]
        others = {
            one.email.lower()
            for one in (*book.contacts, *written.contacts)
            if one.email and (ContactRole.GOVERNORS not in one.roles or ContactRole.HEADTEACHER in one.roles)
        }
        return list(dict.fromkeys(one.email.lower() for one in chairs if one.email and one.email.lower() not in others))

    def _end_access_by_mail(self, connection: Connection, school_id: str) -> None:
        """End the access of whoever was let in by an e-mail address that is not the chair's any more, links and sessions too."""
        theirs = (people.c.school_id == school_id, people.c.channel == EMAIL)
        still = self.chair_emails(school_id, connection)
        gone = delete(people).where(*theirs, people.c.account.not_in(still)).returning(people.c.id)
        note_removal(connection, school_id, Removed.PERSON, connection.scalars(gone).all(), self._now())


def allegation_changes(before: ContactBook, after: ContactBook) -> list[ContactChange]:
    """Return all holders, old and new, of each allegation role of which two books do not say the same.

    The order is part of it, since the first is turned to first; so are conflicts that others declare, which redirect too.
    """
    changes = []
    for role in sorted(ALLEGATION_ROLES):
        if _seen(before, role) != _seen(after, role):
            olds, news = ({contact.name: contact for contact in book.holders(role)} for book in (before, after))
            changes += [ContactChange(role, olds.get(name), news.get(name)) for name in dict.fromkeys((*olds, *news))]
    return changes


def _with_chair(book: ContactBook, chair: Contact) -> ContactBook:
    """Return a book in which this one alone is chair, as confirmed, whatever else it says of them."""
    others = []
    for contact in book.contacts:
        roles = tuple(role for role in contact.roles if role is not ContactRole.GOVERNORS)
        if contact.name != chair.name and roles:
            others.append(msgspec.structs.replace(contact, roles=roles))
    now = book.named(chair.name)
    if now:
        chair = msgspec.structs.replace(chair, away=now.away)
    return msgspec.structs.replace(book, contacts=(*others, chair))


@lru_cache(maxsize=1024)
def _decoded_chair(document: bytes) -> Contact:
    return msgspec.json.decode(document, type=Contact)


def to_be_told(changes: Iterable[ContactChange]) -> list[str]:
    """Return the names of those who are to know of changes to whom allegations go to."""
    return list(dict.fromkeys(one.name for change in changes for one in (change.before, change.after) if one))


def _seen(book: ContactBook, role: ContactRole) -> list[tuple[Contact, set[str]]]:
    """Return who holds a role, each with the names of those who declare a conflict with them."""
    return [(holder, {other.name for other in book.contacts if holder.name in other.conflicts}) for holder in book.holders(role)]


@lru_cache(maxsize=1024)
def _decoded(document: bytes) -> ContactBook:
    return msgspec.json.decode(document, type=ContactBook)
