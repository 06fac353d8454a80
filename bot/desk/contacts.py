"""The pages of whom staff turn to and when: the contacts, the hours and terms of the school, the national numbers."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import partial

import msgspec
from starlette.responses import Response
from starlette.routing import Route

from bot.clock import day_of
from bot.contact_book import Contact, ContactBook, ContactRole
from bot.contact_changes import CHANGED_SINCE, Changed, ContactChanges, reached
from bot.contact_file import differences, with_contact, with_first, with_values, without_contact
from bot.contact_gaps import gaps
from bot.contact_store import Contacts
from bot.desk import contact_forms as forms
from bot.desk.gate import Done, Gate, Visit
from bot.desk.words import EVERYBODY, OFFICE
from bot.directory import Route as Way
from bot.duty import Duty
from bot.errors import BotError
from bot.people import ROLE_WORDS, PersonRole
from bot.roster import Roster
from bot.school_year import Days, spoken_hours
from bot.short_names import shortened
from corpus.dates import spoken_day

# The matters of which the page says whom staff are told of now.
MATTERS = {
    Way.CHILD: "A worry about a child",
    Way.ALLEGATION: "A concern about a colleague",
    Way.THREAT: "A threat to somebody at school",
    Way.ORDINARY: "Any other question",
}
# Who says to the bot who they are, so that it can write to them by itself.
REACHED_BY_BOT = frozenset({ContactRole.HEADTEACHER, ContactRole.GOVERNORS, ContactRole.DSL, ContactRole.DEPUTY_DSL})
MEANWHILE = "Somebody else changed this while you had it open."
GONE = "There is no such contact here: somebody took them out, or gave them another name."

Change = Callable[[ContactBook], ContactBook]
Part = Callable[[ContactBook], object]  # of a book, what a form shows and changes


class ContactPages:
    """The pages over the contacts of a school; `now` is the time in UTC."""

    def __init__(self, contacts: Contacts, changes: ContactChanges, roster: Roster, now: Callable[[], datetime]) -> None:
        """Keep the parts."""
        self._contacts = contacts
        self._changes = changes
        self._roster = roster
        self._now = now

    def routes(self, gate: Gate) -> list[Route]:
        """Return the addresses of the pages."""
        one = {"save": self._save, "first": self._put_first, "remove": self._remove}
        return [
            gate.page("/contacts", EVERYBODY, self._list, {"confirm": self._confirm}, label="Contacts"),
            gate.page("/contacts/new", OFFICE, self._new, {"save": self._add}),
            gate.page("/contacts/year", OFFICE, self._year, {"save": self._save_year}),
            gate.page("/contacts/numbers", OFFICE, self._numbers, {"save": self._save_numbers}),
            gate.page("/contacts/{contact}", OFFICE, self._contact, one),
        ]

    def _list(self, visit: Visit) -> Response:
        book, directory = self._contacts.book(visit.school.id), self._roster.directory(visit.school)
        duties = self._roster.duties(visit.school)
        return visit.page(
            "contacts",
            book=book,
            may_change=visit.role in OFFICE,
            gaps=gaps(book, visit.school.nation, day_of(self._now())),
            told=[(matter, directory.line(way)[:2]) for way, matter in MATTERS.items()],
            contacts=[(shortened(one.name), one, _state_of_duty(one, duties.get(one.name))) for one in book.contacts],
            unconfirmed=self._unconfirmed(visit, book),
            own=_own(visit, book, duties),
            is_chair=visit.role is PersonRole.CHAIR,
            roles=forms.ROLES,
            numbers=[book.national(key) for key in book.numbers],
            on_phones=forms.ON_PHONES,
            reached=reached,
            shortened=shortened,
            spoken_hours=spoken_hours,
            spoken_days=_spoken_days,
        )

    def _unconfirmed(self, visit: Visit, book: ContactBook) -> str:
        """Return whom staff are still told of as chair of governors, while the chair has not confirmed what the book says."""
        written = book.holders(ContactRole.GOVERNORS)
        holds = self._contacts.in_force(visit.school.id).holders(ContactRole.GOVERNORS)
        if not written or holds == written:
            return ""
        still = reached(holds[0] if holds else None)
        return f"Until {written[0].name} confirms how the chair of governors is reached, staff are told: {still}"

    def _confirm(self, visit: Visit) -> Response:
        own = _own(visit, self._contacts.book(visit.school.id), self._roster.duties(visit.school))
        if own is None:
            raise BotError("Only the chair of governors confirms this, and only of themselves.")
        if shortened(own.name) != visit.typed("contact"):
            raise BotError(CHANGED_SINCE)
        self._changes.confirm_chair(visit.school.id, own.name, who=visit.who, shown=visit.typed("shown"))
        raise Done("/contacts", "Thank you. Staff are told this from now on.")

    def _new(self, visit: Visit) -> Response:
        return self._contact_form(visit, None)

    def _contact(self, visit: Visit) -> Response:
        return self._contact_form(visit, _found(self._contacts.book(visit.school.id), visit.path("contact")))

    def _contact_form(self, visit: Visit, contact: Contact | None) -> Response:
        book = self._contacts.book(visit.school.id)
        return visit.page(
            "contact",
            contact=contact,
            fields=forms.contact_typed(visit.form) if visit.typed("do") == "save" else forms.contact_fields(contact),
            state=self._state(visit, book, partial(_found, key=shortened(contact.name))) if contact else "",
            others=[one.name for one in book.contacts if one != contact],
            at_school=forms.AT_SCHOOL,
            outside=forms.OUTSIDE_SCHOOL,
        )

    def _add(self, visit: Visit) -> Response:
        given = forms.contact_given(forms.contact_typed(visit.form))
        name = str(given["name"])

        def add(book: ContactBook) -> ContactBook:
            if book.named(" ".join(name.split())):
                raise BotError(
                    f"{name} is a contact already: change what stands there, or tell the two people apart by an initial."
                )
            return with_contact(book, name, given)

        raise self._done(visit, self._change(visit, add), f"{name} is added.")

    def _save(self, visit: Visit) -> Response:
        given = forms.contact_given(forms.contact_typed(visit.form))
        changed = self._change_contact(visit, lambda book, name: with_contact(book, name, given))
        raise self._done(visit, changed, f"{given['name']} is saved.")

    def _put_first(self, visit: Visit) -> Response:
        raise self._done(visit, self._change_contact(visit, with_first), "Staff turn to them first now.")

    def _remove(self, visit: Visit) -> Response:
        raise self._done(visit, self._change_contact(visit, without_contact), "The contact is taken out.")

    def _change_contact(self, visit: Visit, change: Callable[[ContactBook, str], ContactBook]) -> Changed:
        of_contact = partial(_found, key=visit.path("contact"))
        return self._change(visit, lambda book: change(book, of_contact(book).name), of_contact)

    def _year(self, visit: Visit) -> Response:
        book = self._contacts.book(visit.school.id)
        return visit.page(
            "contact-year",
            fields=forms.year_typed(visit.form) if visit.typed("do") == "save" else forms.year_fields(book),
            state=self._state(visit, book, _of_year),
            on_phones=forms.ON_PHONES,
        )

    def _save_year(self, visit: Visit) -> Response:
        given = forms.year_given(forms.year_typed(visit.form))
        raise self._done(
            visit, self._change(visit, lambda book: with_values(book, given), _of_year), "The hours and terms are saved."
        )

    def _numbers(self, visit: Visit) -> Response:
        book = self._contacts.book(visit.school.id)
        fields = forms.number_typed(visit.form) if visit.typed("do") == "save" else forms.number_fields(book)
        known = ContactBook()
        return visit.page(
            "contact-numbers",
            rows=[(key, known.national(key), *fields[key]) for key in fields],
            state=self._state(visit, book, _of_numbers),
        )

    def _save_numbers(self, visit: Visit) -> Response:
        given = forms.number_given(forms.number_typed(visit.form))
        raise self._done(visit, self._change(visit, lambda book: with_values(book, given), _of_numbers), "The numbers are saved.")

    def _change(self, visit: Visit, change: Change, part: Part | None = None) -> Changed:
        """Change the contacts; `part` is what the form showed, which nobody else may have changed meanwhile."""

        def checked(book: ContactBook) -> ContactBook:
            if part and visit.typed("state") != _state_of(part(book)):
                raise BotError(f"{MEANWHILE} {_would_change(book, change)}")
            return change(book)

        by = f"{ROLE_WORDS[visit.role]} (person {visit.person.id})"
        try:
            return self._changes.change(visit.school, checked, who=visit.who, by=by)
        except BotError as error:
            raise BotError(forms.in_words(str(error))) from None

    def _state(self, visit: Visit, book: ContactBook, part: Part) -> str:
        """Return what names the state of what a form shows: that at which it was opened, until a later one was looked at."""
        now = _state_of(part(book))
        return now if visit.problem.startswith(MEANWHILE) else visit.typed("state", now)

    def _done(self, visit: Visit, changed: Changed, words: str) -> Done:
        """Return where to go on after a change, and what to say there: of whom it concerns too."""
        if changed.after == changed.before:
            return Done("/contacts", "Nothing is changed: the contacts said the same.")
        unconfirmed = self._unconfirmed(visit, changed.after) if changed.words else ""
        return Done("/contacts", " ".join(filter(None, (words, changed.words, unconfirmed))))


def _state_of_duty(contact: Contact, duty: Duty | None) -> str:
    """Return whether staff can alert a contact through the bot, in a sentence; "" of those to whom nothing is handed over."""
    if REACHED_BY_BOT.isdisjoint(contact.roles):
        return ""
    if duty is None:
        return "I cannot write to them yet: ask them to write /duty to me."
    return "Staff can alert them through me." if duty.alertable else "They have confirmed no test alert lately: /duty sends one."


def _own(visit: Visit, book: ContactBook, duties: Mapping[str, Duty]) -> Contact | None:
    """Return the entry of the chair who looks at the page: the one they said that they are, else one that nobody took on."""
    if visit.role is not PersonRole.CHAIR:
        return None
    chairs = book.holders(ContactRole.GOVERNORS)
    said = next((name for name, duty in duties.items() if duty.person_id == visit.person.id), None)
    return next((one for one in chairs if (one.name == said if said else one.name not in duties)), None)


def _found(book: ContactBook, key: str) -> Contact:
    """Return the contact for whom a key stands. Raises BotError where there is none."""
    found = next((one for one in book.contacts if shortened(one.name) == key), None)
    if found is None:
        raise BotError(GONE)
    return found


def _of_year(book: ContactBook) -> ContactBook:
    return msgspec.structs.replace(book, contacts=(), numbers={})


def _of_numbers(book: ContactBook) -> object:
    return book.numbers


def _state_of(part: object) -> str:
    return shortened(msgspec.json.encode(part).decode())


def _would_change(book: ContactBook, change: Change) -> str:
    """Return what a form changes of the book as it is now, for whoever typed it before that was so."""
    try:
        told: Sequence[str] = differences(book, change(book))
    except BotError:
        told = ()
    if not told:
        return "Look at it once more, then save it."
    return "\n".join(("If you press the button once more, this is what you change:", *told))


def _spoken_days(days: Days) -> str:
    first, last = spoken_day(days.first), spoken_day(days.last)
    return first if first == last else f"{first} to {last}"
