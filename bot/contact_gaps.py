"""What a school should still write down about whom its staff turn to."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import NamedTuple

from bot.contact_book import Contact, ContactBook, ContactRole
from bot.contact_file import ROLE_NAMES
from bot.steps import ENGLAND

# Who looks at the school's contacts is told so long before that its terms end.
TERMS_END_SOON = timedelta(days=30)
_SATURDAY = 5

# Without one of these a worry about a child, or about a colleague, has nobody at school to go to.
_NEEDED = {
    ContactRole.HEADTEACHER: "nobody is named as headteacher, to whom a concern about a colleague goes",
    ContactRole.DSL: "nobody is named as designated safeguarding lead (DSL)",
}
_WANTED = {
    ContactRole.DEPUTY_DSL: "nobody is named as deputy DSL, for when the DSL cannot be reached",
    ContactRole.GOVERNORS: "nobody is named as chair of governors, to whom a concern about the headteacher goes",
    ContactRole.DESIGNATED_OFFICER: "the council's designated officer (LADO) is not named",
    ContactRole.SOCIAL_CARE: "the council's social care is not named",
    ContactRole.SOCIAL_CARE_OUT_OF_HOURS: "the council's social care out of hours, its emergency duty team, is not named",
}
_ENGLISH = frozenset({ContactRole.DESIGNATED_OFFICER})  # elsewhere there is no such office


class Gap(NamedTuple):
    """What is missing, with what to do; `unsafe` where a worry about a child or a colleague has nobody at school to go to."""

    sentence: str
    unsafe: bool = False


def gaps(book: ContactBook, nation: str, today: date) -> list[Gap]:
    """Return what a school of this nation should still fill in, what safety needs first."""
    missing = [
        Gap(f"{told}: add a contact with the role {ROLE_NAMES[role][0]}", unsafe=True)
        for role, told in _NEEDED.items()
        if not book.holders(role)
    ]
    advice = (Gap(sentence) for sentence in (*_roles(book, nation), *_ways(book), *_year(book, today)))
    return [gap._replace(sentence=f"{gap.sentence[0].upper()}{gap.sentence[1:]}.") for gap in (*missing, *advice)]


def _roles(book: ContactBook, nation: str) -> Iterator[str]:
    for role, told in _WANTED.items():
        if not book.holders(role) and (role not in _ENGLISH or nation == ENGLAND):
            yield f"{told}: add a contact with the role {ROLE_NAMES[role][0]}"
    chairs = book.holders(ContactRole.GOVERNORS)
    for head in book.holders(ContactRole.HEADTEACHER):
        if head in chairs:
            both = f"{head.name} is both headteacher and chair of governors"
            yield f"{both}, so that a concern about them would go to themselves: name another chair"


def _ways(book: ContactBook) -> Iterator[str]:
    for contact in book.contacts:
        if not contact.phones and not contact.email:
            yield f"{contact.name} cannot be reached: add a phone number or an e-mail address"
        elif not contact.phones and ContactRole.DSL in contact.roles:
            yield f"{contact.name} is DSL and has no phone number: add one, since a child at risk cannot wait for an e-mail"
    if not any(_is_reached_out_of_hours(contact) for contact in book.contacts):
        yield "nobody can be rung at night and at the weekend: add the emergency duty team, or somebody whose hours are any time"


def _is_reached_out_of_hours(contact: Contact) -> bool:
    if not contact.phones:
        return False
    if ContactRole.SOCIAL_CARE_OUT_OF_HOURS in contact.roles:
        return True
    return contact.hours is not None and (
        not contact.hours.spans or any(span.weekday >= _SATURDAY for span in contact.hours.spans)
    )


def _year(book: ContactBook, today: date) -> Iterator[str]:
    if not book.hours:
        yield "the school's hours are not given: add them, such as 08:30-15:30"
    if not book.terms:
        yield "the terms are not given, so that half-terms and holidays count as school days: add them under terms"
        return
    last = book.terms[-1].last
    if last - today < TERMS_END_SOON:
        told = f"{'ended' if last < today else 'ends'} on {last:%A} {last.day} {last:%B %Y}"
        yield f"the last term that is given {told}: add the next ones under terms"
