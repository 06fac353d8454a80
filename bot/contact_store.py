"""The contacts of each school in the store: one book a school, saved whole."""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime
from functools import lru_cache
from typing import NamedTuple

import msgspec
from sqlalchemy import Connection, Engine, select

from bot.contact_book import ALLEGATION_ROLES, Contact, ContactBook, ContactRole
from bot.errors import BotError
from bot.tables import contact_books
from corpus.tables import insert_into, schools, writing
from corpus.versions import no_such_school

# Whoever changed it last; longer names are cut.
LONGEST_NAME = 200


class ContactChange(NamedTuple):
    """What changed about somebody to whom allegations go: before, None for a new holder; after, None for one who is no more."""

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
        school = select(schools.c.id).where(schools.c.id == school_id)
        with self._transaction(within) as connection:
            if connection.scalar(school.with_for_update() if within else school) is None:
                known = list(connection.scalars(select(schools.c.id).order_by(schools.c.id)))
                raise BotError(no_such_school(school_id, known))
            document = connection.scalar(select(contact_books.c.document).where(contact_books.c.school_id == school_id))
        return _decoded(document) if document else ContactBook()

    def save(self, school_id: str, book: ContactBook, by: str, within: Connection | None = None) -> list[ContactChange]:
        """Keep a book in the place of the school's last one, and return what that changed for whom allegations go to.

        `by` is who did it; `within` is a transaction that writes, one of its own unless given. Raises BotError where there is no
        such school.
        """
        with nullcontext(within) if within else writing(self._engine) as connection:
            before = self.book(school_id, connection)
            values = {"document": msgspec.json.encode(book), "changed_at": self._now(), "changed_by": by[:LONGEST_NAME]}
            insert = insert_into(self._engine.dialect.name, contact_books).values(school_id=school_id, **values)
            connection.execute(insert.on_conflict_do_update(index_elements=["school_id"], set_=values))
        return allegation_changes(before, book)

    def _transaction(self, within: Connection | None) -> AbstractContextManager[Connection]:
        return nullcontext(within) if within else self._engine.begin()


def allegation_changes(before: ContactBook, after: ContactBook) -> list[ContactChange]:
    """Return what two books say otherwise of each contact in an allegation role, whatever it is: a conflict redirects too."""
    changes = []
    for role in sorted(ALLEGATION_ROLES):
        olds, news = ({contact.name: contact for contact in book.holders(role)} for book in (before, after))
        for name in dict.fromkeys((*olds, *news)):
            if olds.get(name) != news.get(name):
                changes.append(ContactChange(role, olds.get(name), news.get(name)))
    return changes


@lru_cache(maxsize=1024)
def _decoded(document: bytes) -> ContactBook:
    return msgspec.json.decode(document, type=ContactBook)
