"""A change of whom concerns about adults go to is told to whoever held the role and to whoever holds it now."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection

from bot.contact_book import Contact, ContactBook, ContactRole
from bot.contact_store import ContactChange
from bot.duty import Duty
from bot.notices import NoticeKind, Notices
from bot.steps import role_words


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
