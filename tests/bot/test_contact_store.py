"""The contacts in the store: one book a school, saved whole; and whom a change of an allegation's route concerns."""

from datetime import date, datetime
from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace
from sqlalchemy import event, select, update

from bot.contact_book import ChangedNumber, Contact, ContactBook, ContactRole, OnPhones
from bot.contact_store import ContactChange, Contacts, to_be_told
from bot.errors import BotError
from bot.school_year import Days, Season, read_hours
from bot.tables import contact_books
from corpus.tenancy import writing_at
from corpus.versions import School, Versions

if TYPE_CHECKING:
    from tests.conftest import Clock

HEAD = Contact("Mrs Harrison", (ContactRole.HEADTEACHER, ContactRole.DSL), ("01473 123456",))
CHAIR = Contact("Dr Shah", (ContactRole.GOVERNORS,), (), "chair@school.example")
DEPUTY = Contact("Mr Reed", (ContactRole.DEPUTY_DSL,), ("01473 123457",), None, read_hours("any time", Season.TERM))
BOOK = ContactBook(
    hours=read_hours("08:30-15:30", Season.TERM),
    terms=(Days(date(2026, 11, 2), date(2026, 12, 18)),),
    telegram_in_hours=OnPhones.REMIND,
    numbers={"nhs": ChangedNumber("111", "2026-11")},
    contacts=(HEAD, CHAIR, DEPUTY),
)


@pytest.fixture
def contacts(store: Versions, clock: "Clock") -> Contacts:
    store.add_school(School("meadow", "Meadow School", "Meadow"))
    return Contacts(store.engine, clock)


def holding(*people: Contact) -> ContactBook:
    return replace(BOOK, contacts=people)


def test_a_school_that_has_saved_nothing_has_an_empty_book(contacts: Contacts) -> None:
    assert contacts.book("hillside") == ContactBook()


def test_what_was_saved_is_read_and_is_that_schools_alone(contacts: Contacts) -> None:
    contacts.save("hillside", BOOK, "the office")
    assert contacts.book("hillside") == BOOK
    assert contacts.book("meadow") == ContactBook()
    contacts.save("hillside", holding(CHAIR), "the office")
    assert contacts.book("hillside") == holding(CHAIR)


def test_when_and_by_whom_it_was_saved_last_is_kept(contacts: Contacts, store: Versions, clock: "Clock") -> None:
    contacts.save("hillside", BOOK, "the office")
    clock.time = datetime.fromisoformat("2026-11-24T09:00")
    contacts.save("hillside", BOOK, "x" * 500)
    with store.engine.connect() as connection:
        row = connection.execute(select(contact_books)).one()
    assert (row.school_id, row.changed_at, row.changed_by) == ("hillside", clock.time, "x" * 200)


def test_a_school_that_is_not_there_is_named_with_those_that_are(contacts: Contacts) -> None:
    for refused in (lambda: contacts.book("hilside"), lambda: contacts.save("hilside", BOOK, "the office")):
        with pytest.raises(BotError, match=r"^There is no school called hilside: choose one of hillside, meadow\.$"):
            refused()


def test_what_another_process_saved_is_read(contacts: Contacts, store: Versions, clock: "Clock") -> None:
    contacts.save("hillside", BOOK, "the office")
    assert contacts.book("hillside") == BOOK
    Contacts(store.engine, clock).save("hillside", holding(HEAD), "the office")
    assert contacts.book("hillside") == holding(HEAD)


def test_a_book_is_decoded_once(contacts: Contacts) -> None:
    contacts.save("hillside", BOOK, "the office")
    assert contacts.book("hillside") is contacts.book("hillside")


def test_what_is_saved_in_a_transaction_that_fails_is_not_saved(contacts: Contacts, store: Versions) -> None:
    contacts.save("hillside", BOOK, "the office")

    def fail() -> None:
        with writing_at(store.engine, "hillside") as connection:
            contacts.save("hillside", holding(CHAIR), "the office", connection)
            assert contacts.book("hillside", connection) == holding(CHAIR)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert contacts.book("hillside") == BOOK


def test_reading_writes_nothing(contacts: Contacts, store: Versions) -> None:
    contacts.save("hillside", BOOK, "the office")
    statements: list[str] = []
    event.listen(store.engine, "before_cursor_execute", lambda *given: statements.append(given[2]))
    contacts.book("hillside")
    assert {statement.split()[0] for statement in statements} <= {"BEGIN", "SELECT"}


def test_a_book_of_a_newer_version_is_not_half_read(contacts: Contacts, store: Versions) -> None:
    contacts.save("hillside", BOOK, "the office")
    with store.engine.begin() as connection:
        connection.execute(update(contact_books).values(document=b'{"unknown": 1}'))
    with pytest.raises(Exception, match="unknown"):
        contacts.book("hillside")


NEW_HEAD = Contact("Ms Obi", (ContactRole.HEADTEACHER,), ("01473 123459",))
OFFICER = Contact("Suffolk's officer", (ContactRole.DESIGNATED_OFFICER,), ("0345 600 0000",))
RUNG_ELSEWHERE = replace(CHAIR, phones=("01473 123459",))
IN_CONFLICT = replace(CHAIR, conflicts=("Mrs Harrison",))
NEW_CHAIR = Contact("Mr Hall", (ContactRole.GOVERNORS,), ("01473 123459",))
BOTH = replace(HEAD, roles=(*HEAD.roles, ContactRole.GOVERNORS))
DSL_ALONE = replace(HEAD, roles=(ContactRole.DSL,))


@pytest.mark.parametrize(
    ("after", "changes"),
    [
        (BOOK, []),
        (holding(HEAD, CHAIR, replace(DEPUTY, phones=("01473 123459",))), []),  # to whom no allegation goes
        (holding(HEAD, CHAIR), []),
        (replace(BOOK, hours=None, terms=()), []),
        (holding(CHAIR, HEAD, DEPUTY), []),
        (holding(HEAD, RUNG_ELSEWHERE, DEPUTY), [ContactChange(ContactRole.GOVERNORS, CHAIR, RUNG_ELSEWHERE)]),
        (
            holding(HEAD, IN_CONFLICT, DEPUTY),
            [ContactChange(ContactRole.GOVERNORS, CHAIR, IN_CONFLICT), ContactChange(ContactRole.HEADTEACHER, HEAD, HEAD)],
        ),
        (holding(HEAD, CHAIR, DEPUTY, OFFICER), [ContactChange(ContactRole.DESIGNATED_OFFICER, None, OFFICER)]),
        (holding(HEAD, DEPUTY), [ContactChange(ContactRole.GOVERNORS, CHAIR, None)]),
        (holding(DSL_ALONE, CHAIR, DEPUTY), [ContactChange(ContactRole.HEADTEACHER, HEAD, None)]),
        (  # whoever shares the role knows of it, and whose turn comes later now
            holding(HEAD, NEW_CHAIR, CHAIR, DEPUTY),
            [ContactChange(ContactRole.GOVERNORS, CHAIR, CHAIR), ContactChange(ContactRole.GOVERNORS, None, NEW_CHAIR)],
        ),
        (  # a conflict that another declares takes the chair out of the way too
            holding(HEAD, CHAIR, replace(DEPUTY, conflicts=("Dr Shah",))),
            [ContactChange(ContactRole.GOVERNORS, CHAIR, CHAIR)],
        ),
        (
            holding(NEW_HEAD, CHAIR, DEPUTY),
            [ContactChange(ContactRole.HEADTEACHER, HEAD, None), ContactChange(ContactRole.HEADTEACHER, None, NEW_HEAD)],
        ),
        (
            holding(BOTH, DEPUTY),
            [
                ContactChange(ContactRole.GOVERNORS, CHAIR, None),
                ContactChange(ContactRole.GOVERNORS, None, BOTH),
                ContactChange(ContactRole.HEADTEACHER, HEAD, BOTH),
            ],
        ),
    ],
)
def test_what_changes_for_whom_allegations_go_to_is_returned(
    contacts: Contacts, after: ContactBook, changes: list[ContactChange]
) -> None:
    contacts.save("hillside", BOOK, "the office")
    assert contacts.save("hillside", after, "the office") == changes


def test_those_who_share_a_role_are_told_when_their_order_changes(contacts: Contacts) -> None:
    contacts.save("hillside", holding(HEAD, CHAIR, NEW_CHAIR), "the office")
    changes = contacts.save("hillside", holding(HEAD, NEW_CHAIR, CHAIR), "the office")
    assert to_be_told(changes) == ["Dr Shah", "Mr Hall"]


def test_the_first_book_names_everybody_to_whom_allegations_go(contacts: Contacts) -> None:
    assert contacts.save("hillside", BOOK, "the office") == [
        ContactChange(ContactRole.GOVERNORS, None, CHAIR),
        ContactChange(ContactRole.HEADTEACHER, None, HEAD),
    ]


# What is in force of the chair of governors


NEW_NUMBER = replace(CHAIR, email=None, phones=("01473 999999",))
PAL = Contact("Mr Pal", (ContactRole.GOVERNORS,), ("01473 999999",))


def confirm(contacts: Contacts, store: Versions, name: str) -> bool:
    """Note that somebody confirms to be chair; return whether the book has such a chair."""
    with writing_at(store.engine, "hillside") as connection:
        return contacts.confirm_chair(connection, "hillside", name)


def chairs(contacts: Contacts) -> list[Contact]:
    """Return whom staff are told of as chair."""
    return list(contacts.in_force("hillside").holders(ContactRole.GOVERNORS))


@pytest.mark.parametrize("people", [(HEAD, NEW_NUMBER), (HEAD, PAL), (HEAD,), (HEAD, PAL, NEW_NUMBER)])
def test_what_the_chair_has_confirmed_holds_whatever_is_written(
    contacts: Contacts, store: Versions, people: tuple[Contact, ...]
) -> None:
    contacts.save("hillside", BOOK, "the office")
    assert confirm(contacts, store, "Dr Shah")
    contacts.save("hillside", holding(*people), "the headteacher")
    assert chairs(contacts) == [CHAIR]
    assert HEAD in contacts.in_force("hillside").contacts
    assert contacts.book("hillside") == holding(*people)  # what was written is there to be confirmed


def test_a_headteacher_written_down_as_chair_stays_headteacher_alone(contacts: Contacts, store: Versions) -> None:
    contacts.save("hillside", BOOK, "the office")
    confirm(contacts, store, "Dr Shah")
    contacts.save("hillside", holding(replace(HEAD, roles=(*HEAD.roles, ContactRole.GOVERNORS))), "the headteacher")
    assert chairs(contacts) == [CHAIR]
    assert HEAD in contacts.in_force("hillside").contacts


def test_a_new_chair_holds_once_they_confirm(contacts: Contacts, store: Versions) -> None:
    contacts.save("hillside", BOOK, "the office")
    confirm(contacts, store, "Dr Shah")
    contacts.save("hillside", holding(HEAD, PAL), "the office")
    assert confirm(contacts, store, "Mr Pal")
    assert chairs(contacts) == [PAL]


def test_an_absence_of_the_chair_holds_at_once_and_a_conflict_once_it_is_confirmed(contacts: Contacts, store: Versions) -> None:
    """A conflict with the headteacher, that the chair knows nothing of, would lead complaints past the chair."""
    friend, away = replace(CHAIR, conflicts=("Mr Reed",)), (Days(date(2026, 12, 1), date(2026, 12, 4)),)
    contacts.save("hillside", holding(HEAD, friend), "the office")
    confirm(contacts, store, "Dr Shah")
    contacts.save("hillside", holding(HEAD, replace(CHAIR, conflicts=("Mrs Harrison",), away=away)), "the office")
    assert chairs(contacts) == [replace(CHAIR, conflicts=("Mr Reed",), away=away)]
    confirm(contacts, store, "Dr Shah")
    assert chairs(contacts) == [replace(CHAIR, conflicts=("Mrs Harrison",), away=away)]


@pytest.mark.parametrize("name", ["Mrs Harrison", "Mr Pal", "", "dr shah"])
def test_only_the_chair_in_the_book_can_be_confirmed(contacts: Contacts, store: Versions, name: str) -> None:
    contacts.save("hillside", BOOK, "the office")
    assert not confirm(contacts, store, name)
    contacts.save("hillside", holding(HEAD, NEW_NUMBER), "the office")
    assert chairs(contacts) == [NEW_NUMBER]  # nobody has confirmed anything, so that the book holds


def test_what_one_school_confirms_is_not_anothers(contacts: Contacts, store: Versions) -> None:
    for school in ("hillside", "meadow"):
        contacts.save(school, BOOK, "the office")
    confirm(contacts, store, "Dr Shah")
    for school in ("hillside", "meadow"):
        contacts.save(school, holding(HEAD, NEW_NUMBER), "the office")
    assert list(contacts.in_force("meadow").holders(ContactRole.GOVERNORS)) == [NEW_NUMBER]
    assert chairs(contacts) == [CHAIR]
