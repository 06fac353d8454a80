"""Taking on to be a contact of one's school: who one is, when one is on call, and whether alerts arrive."""

from collections.abc import Sequence
from functools import partial

from sqlalchemy import Connection

from bot.clock import spoken
from bot.contact_book import Contact, ContactRole
from bot.contact_changes import reached
from bot.contact_store import Contacts
from bot.duties import Duties
from bot.duty import Duty
from bot.errors import BotError
from bot.handover import address_of
from bot.layout import Block, Heading, Paragraph
from bot.messages import Button, Message
from bot.notices import NoticeKind, Notices
from bot.people import WEB, Person, PersonRole
from bot.roster import Roster
from bot.school_year import Season, read_hours, spoken_hours
from bot.sections import GONE
from bot.short_names import shortened
from bot.steps import role_words
from bot.turn import Asker, Turn, said

# What a button asks for stands before the colon of its value.
I_AM, TEST, SEEN, RIGHT, END = "me", "test", "seen", "right", "end"
# Whom people of a role may say that they are: the first of these roles that a contact has decides.
_DECIDES = (
    (ContactRole.GOVERNORS, PersonRole.CHAIR),
    (ContactRole.HEADTEACHER, PersonRole.HEADTEACHER),
    (ContactRole.DSL, PersonRole.DSL),
    (ContactRole.DEPUTY_DSL, PersonRole.DSL),
)
NOT_FOR_YOU = "This is for the headteacher, the safeguarding leads and the chair of governors."
NOT_ON_A_PAGE = "Alerts cannot reach you on this page: write /duty to me in Slack, Microsoft Teams or Telegram."


class OwnDuty:
    """Answers whoever is, or is to be, a contact of their school."""

    def __init__(self, duties: Duties, contacts: Contacts, roster: Roster, notices: Notices) -> None:
        """Keep the parts."""
        self._duties = duties
        self._contacts = contacts
        self._roster = roster
        self._notices = notices

    def shown(self, asker: Asker, message: Message) -> Turn:
        """Return what somebody's duty is, or whom they may say that they are. Raises BotError where it is not for them."""
        person = _of_contacts(asker)
        duty = self._duty(asker, person)
        return self._state(asker, message, duty) if duty else self._claims(asker, person)

    def _claims(self, asker: Asker, person: Person) -> Turn:
        claims = self._claimable(asker, person)
        if not claims:
            return said(
                Heading("Your school has not written you down as a contact yet."),
                Paragraph("Ask your school office to add you to the school's contacts, then write /duty again."),
                private=True,
            )
        buttons = tuple(Button(f"I am {contact.name}", f"t:{I_AM}:{shortened(contact.name)}") for contact in claims)
        return said(
            Heading("Who are you?"),
            Paragraph("Then I can bring you what colleagues hand over to you."),
            buttons=buttons,
            private=True,
        )

    def _state(self, asker: Asker, message: Message, duty: Duty) -> Turn:
        contact = self._contact(asker, duty.contact)
        roles = ", ".join(role_words(role, asker.school.nation) for role in contact.roles) if contact else "no contact any more"
        how = contact.how if contact else ""
        hours = duty.hours or (contact.hours if contact else None)
        tested = (
            f"You confirmed a test alert {spoken(duty.tested_at)}." if duty.tested_at else "You have confirmed no test alert."
        )
        now = "Staff can alert you at one tap." if duty.alertable else "Staff can alert you once you have confirmed one."
        blocks = (
            Heading(f"You are {duty.contact}: {roles}."),
            Paragraph(f"Staff are told: {how}" if how else "Staff are told no number and no address of yours."),
            Paragraph(f"On call: {spoken_hours(hours)}." if hours else "On call: in school hours."),
            Paragraph(f"{tested} {now}"),
            Paragraph("To change when you are on call, write for example: /duty Monday-Friday 7:00-20:00 all year", aside=True),
        )
        test = (Button("Send me a test alert", f"t:{TEST}"),) if message.channel != WEB else ()
        right = self._to_confirm(asker, duty)
        buttons = (*right[1], *test, Button("I am no longer a contact", f"t:{END}"))
        return said(*blocks, *right[0], buttons=buttons, private=True)

    def _to_confirm(self, asker: Asker, duty: Duty) -> tuple[tuple[Block, ...], tuple[Button, ...]]:
        """Return what the school has written of its chair of governors, for the chair to confirm; nothing for others."""
        written = self._contacts.book(asker.school.id).named(duty.contact)
        if asker.person is None or written is None or not _right(asker.person, written):
            return (), ()
        return (Paragraph(f"Your school has written: {reached(written)}"),), _right(asker.person, written)

    def hours(self, asker: Asker, told: str) -> Turn:
        """Keep when somebody is on call. Raises BotError where that cannot be read, or they are no contact."""
        person = _of_contacts(asker)
        if self._duty(asker, person) is None:
            raise BotError("Say first who you are: write /duty.")
        hours = read_hours(told, Season.ALL_YEAR)
        keep = partial(self._duties.set_hours, person=person, hours=spoken_hours(hours))
        return Turn((Heading(f"You are on call: {spoken_hours(hours)}."),), private=True, keep=keep)

    def pressed(self, asker: Asker, message: Message, value: str) -> Turn:
        """Return what a button leads to. Raises BotError where it is not for whoever pressed it."""
        what, _, key = value.partition(":")
        person = _of_contacts(asker)
        if what == I_AM:
            return self._take_on(asker, message, person, key)
        duty = self._duty(asker, person)
        if duty is None:
            raise BotError(GONE)
        match what:
            case "test" | "seen" if message.channel == WEB:
                raise BotError(NOT_ON_A_PAGE)
            case "test":
                keep = partial(self._notices.put, school_id=person.school_id, kind=NoticeKind.TEST_ALERT, person_id=person.id)
                return Turn((Heading("A test alert is on its way to you."),), private=True, keep=keep)
            case "seen":
                return Turn(
                    (Heading("Thank you. Until the next half-term staff can alert you at one tap."),),
                    private=True,
                    keep=partial(self._duties.confirm_test, person=person),
                )
            case "right":
                if key != shortened(reached(self._contacts.book(person.school_id).named(duty.contact))):
                    raise BotError(
                        "That has been changed again since: look at the last message about it, and press the button there."
                    )
                return Turn(
                    (Heading("Thank you. Staff are told this from now on."),),
                    private=True,
                    keep=partial(self._confirm, asker=asker, contact=duty.contact),
                )
            case "end":
                keep = partial(self._duties.end, person=person)
                return Turn((Heading("You are no longer a contact of your school here."),), private=True, keep=keep)
        raise BotError(GONE)

    def _take_on(self, asker: Asker, message: Message, person: Person, key: str) -> Turn:
        contact = next((one for one in self._claimable(asker, person) if shortened(one.name) == key), None)
        if contact is None:
            raise BotError(GONE)

        keep = partial(self._duties.take_on, person=person, contact=contact.name, address=address_of(message))
        blocks = (
            Heading(f"Thank you, {contact.name}."),
            Paragraph(
                f"Staff are told: {contact.how}. If that is wrong, tell your school office."
                if contact.how
                else "Staff are told no number."
            ),
            Paragraph(NOT_ON_A_PAGE if message.channel == WEB else "Now let me try whether alerts reach you here."),
        )
        test = (Button("Send me a test alert", f"t:{TEST}"),) if message.channel != WEB else ()
        return Turn(blocks, (*_right(person, contact), *test), private=True, keep=keep)

    def _confirm(self, connection: Connection, asker: Asker, contact: str) -> None:
        """Note that the chair of governors confirms how they are reached."""
        if asker.person and asker.person.role is PersonRole.CHAIR:
            self._contacts.confirm_chair(connection, asker.school.id, contact)

    def _duty(self, asker: Asker, person: Person) -> Duty | None:
        return next((duty for duty in self._roster.duties(asker.school).values() if duty.person_id == person.id), None)

    def _contact(self, asker: Asker, name: str) -> Contact | None:
        return next((one for one in self._roster.directory(asker.school).contacts if one.name == name), None)

    def _claimable(self, asker: Asker, person: Person) -> Sequence[Contact]:
        taken = self._roster.duties(asker.school)
        known = self._contacts.book(asker.school.id).contacts or self._roster.directory(asker.school).contacts
        return [one for one in known if one.name not in taken and _needed(one) is person.role]


def _right(person: Person, contact: Contact) -> tuple[Button, ...]:
    """Return the button by which the chair of governors confirms what stands above it; none for others."""
    is_chair = person.role is PersonRole.CHAIR
    return (Button("That is right", f"t:{RIGHT}:{shortened(reached(contact))}"),) if is_chair else ()


def _needed(contact: Contact) -> PersonRole | None:
    """Return what somebody must be here to say that they are a contact; None where nobody can."""
    return next((needed for role, needed in _DECIDES if role in contact.roles), None)


def _of_contacts(asker: Asker) -> Person:
    if asker.person is None or asker.person.role not in {needed for _, needed in _DECIDES}:
        raise BotError(NOT_FOR_YOU)
    return asker.person
