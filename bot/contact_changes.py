"""A change of a school's contacts: kept, noted, and told to whoever held, or holds, a role that concerns about adults go to."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, Engine

from bot.audit import Action, Audit
from bot.contact_book import Contact, ContactBook, ContactRole
from bot.contact_store import ContactChange, Contacts, to_be_told
from bot.duties import Duties
from bot.duty import Duty
from bot.errors import BotError
from bot.notices import NoticeKind, Notices
from bot.roster import WORKING_HOURS
from bot.short_names import shortened
from bot.steps import role_words
from corpus.tenancy import writing_at
from corpus.versions import School

CHANGED_SINCE = "That has been changed again since: look at it once more."


class Changed(NamedTuple):
    """The book of a school before a change and after it; `told` are the names of those whom the bot tells, `not_told` cannot."""

    before: ContactBook
    after: ContactBook
    told: Sequence[str]
    not_told: Sequence[str]

    @property
    def words(self) -> str:
        """Whom the change concerns, as whoever made it is told; "" where it moves no concern about an adult."""
        if not self.told and not self.not_told:
            return ""
        told = f" I tell: {', '.join(self.told)}." if self.told else ""
        by_hand = f" Tell these yourself: {', '.join(self.not_told)}." if self.not_told else ""
        return f"This changes whom a concern about an adult goes to.{told}{by_hand}"


class ContactChanges:
    """Changes the contacts of the schools of a store; `now` is the time in UTC."""

    def __init__(
        self,
        engine: Engine,
        contacts: Contacts,
        *,
        duties: Duties,
        notices: Notices,
        audit: Audit,
        now: Callable[[], datetime],
    ) -> None:
        """Keep the parts."""
        self._engine = engine
        self._contacts = contacts
        self._duties = duties
        self._notices = notices
        self._audit = audit
        self._now = now

    def change(self, school: School, change: Callable[[ContactBook], ContactBook], *, who: str, by: str) -> Changed:
        """Put what `change` makes of a school's book in its place, and tell whom that concerns; what changes nothing is not kept.

        `who` is how the audit trail names whoever does it, `by` how those whom it concerns are told of them. What `change` raises
        is raised, and nothing is changed.
        """
        with writing_at(self._engine, school.id) as connection:
            before = self._contacts.book(school.id, connection)
            after = change(before)
            if after == before:
                return Changed(before, after, (), ())
            year = before.year(school.nation)
            changes = self._contacts.save(school.id, after, by, connection)
            not_told = tell_of_changes(
                connection,
                school.id,
                school.nation,
                changes,
                book=self._contacts.in_force(school.id, connection),
                by=by,
                duties=self._duties.of(school.id, year, connection),
                notices=self._notices,
                due_at=year.next_opening(after.hours or WORKING_HOURS, self._now()) or self._now(),
            )
            self._audit.note(connection, school.id, who, Action.CHANGED_CONTACTS)
        return Changed(before, after, [name for name in to_be_told(changes) if name not in not_told], not_told)

    def confirm_chair(self, school_id: str, name: str, *, who: str, shown: str | None = None) -> bool:
        """Note that the chair of governors of this name confirms how they are reached; return whether there is such a chair.

        `shown` is the short name of what they were shown of it (`reached`). Raises BotError where that has been changed since.
        """
        with writing_at(self._engine, school_id) as connection:
            written = self._contacts.book(school_id, connection).named(name)
            if shown is not None and shown != shortened(reached(written)):
                raise BotError(CHANGED_SINCE)
            confirmed = self._contacts.confirm_chair(connection, school_id, name)
            if confirmed:
                self._audit.note(connection, school_id, who, Action.CONFIRMED_CHAIR)
        return confirmed


def tell_of_changes(
    connection: Connection,
    school_id: str,
    nation: str,
    changes: Sequence[ContactChange],
    *,
    book: ContactBook,
    by: str,
    duties: Sequence[Duty],
    notices: Notices,
    due_at: datetime,
) -> list[str]:
    """Keep a notice to everybody concerned whom the bot can write to; return the names of those whom it cannot.

    `book` is what is in force, by which the chair of governors is known; `by` is who made the changes, `due_at` when the school
    is next at work.
    """
    people = {duty.contact: duty.person_id for duty in duties}
    chairs = [one.name for one in book.holders(ContactRole.GOVERNORS)]
    not_told: dict[str, None] = {}
    for change in changes:
        # Where complaints about the headteacher end, if not with the chair, the chair is to know too.
        others = chairs if change.role is ContactRole.DESIGNATED_OFFICER else []
        concerned = dict.fromkeys((*(one.name for one in (change.before, change.after) if one), *others))
        for name in concerned:
            if name not in people:
                not_told[name] = None
                continue
            notices.put(
                connection,
                school_id,
                NoticeKind.CONTACT_CHANGED,
                person_id=people[name],
                due_at=due_at,
                role=role_words(change.role, nation),
                before=reached(change.before),
                after=reached(change.after),
                by=by,
                confirms=change.role is ContactRole.GOVERNORS and change.after is not None and change.after.name == name,
            )
    return list(not_told)


def reached(contact: Contact | None) -> str:
    """Return how a contact is reached, in words."""
    if contact is None:
        return "nobody."
    conflicts = f", in conflict with {' and '.join(contact.conflicts)}" if contact.conflicts else ""
    return f"{contact.name}{f': {contact.how}' if contact.how else ''}{conflicts}."
