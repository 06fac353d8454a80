"""The contacts of each school in the store: one book a school, saved whole."""

from collections.abc import Callable, Iterable
from contextlib import nullcontext
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
        with nullcontext(within) if within else self._engine.connect() as connection:
            found = connection.execute(wanted.with_for_update(of=schools) if within else wanted).one_or_none()
            if found is None:
                known = list(connection.scalars(select(schools.c.id).order_by(schools.c.id)))
                raise BotError(no_such_school(school_id, known))
        return _decoded(found.document) if found.document else ContactBook()

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


def to_be_told(changes: Iterable[ContactChange]) -> list[str]:
    """Return the names of those who are to know of changes to whom allegations go to."""
    return list(dict.fromkeys(one.name for change in changes for one in (change.before, change.after) if one))


def _seen(book: ContactBook, role: ContactRole) -> list[tuple[Contact, set[str]]]:
    """Return who holds a role, each with the names of those who declare a conflict with them."""
    return [(holder, {other.name for other in book.contacts if holder.name in other.conflicts}) for holder in book.holders(role)]


@lru_cache(maxsize=1024)
def _decoded(document: bytes) -> ContactBook:
    return msgspec.json.decode(document, type=ContactBook)
