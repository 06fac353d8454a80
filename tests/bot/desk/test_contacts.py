"""The pages of the contacts: what the office changes, what is refused with everything that was typed, and who is told of it."""

import re
from typing import TYPE_CHECKING, Any

import pytest

from bot.audit import Action
from bot.contact_book import ContactBook, ContactRole, OnPhones
from bot.contact_changes import CHANGED_SINCE
from bot.contact_file import read_book, to_yaml
from bot.desk.contact_forms import ROLES
from bot.desk.contacts import GONE, MEANWHILE
from bot.people import TELEGRAM, PersonRole
from bot.short_names import shortened
from tests.platforms.at_desk import Desk, Seat, words_of

if TYPE_CHECKING:
    from tests.bot.conftest import Staff

CHAIR = "4"
HIT = "The headteacher hit a child"
BOOK = """
hours: 08:30-15:30
terms: [2026-11-02 - 2026-12-18]
contacts:
  - {name: Mrs Harrison, roles: [head, dsl], phone: 01473 123456}
  - {name: Mr Reed, roles: [deputy dsl], phone: 01473 123457, hours: any time, conflicts: [Mrs Harrison]}
"""
REED = f"/contacts/{shortened('Mr Reed')}"
HARRISON = f"/contacts/{shortened('Mrs Harrison')}"


@pytest.fixture
def office(desk: Desk) -> Seat:
    """Somebody of the office at the desk of a school with two contacts."""
    desk.parts.contacts.save("hillside", read_book(BOOK, "contacts.yaml"), "the office")
    return desk.seat(PersonRole.OFFICE)


def book_of(desk: Desk) -> ContactBook:
    return desk.parts.contacts.book("hillside")


def state(seat: Seat, path: str) -> str:
    """Return what names the state at which somebody opens a form."""
    return re.findall(r'name="state" value="(\w*)"', seat.get(path).text)[0]


def key(seat: Seat) -> str:
    """Return what makes forms somebody's own, from a page that is always there."""
    return re.findall(r'name="form_key" value="(\w+)"', seat.get("/people/invite").text)[0]


def save(seat: Seat, path: str, *, opened: str | None = None, do: str = "save", **fields: Any) -> Any:
    """Fill in a form and press its button; `opened` is the state at which it was opened, if not just now."""
    return seat.post(path, do, state=state(seat, path) if opened is None else opened, **fields)


def test_a_contact_is_added_changed_and_taken_out_and_each_change_is_in_the_trail(desk: Desk, office: Seat) -> None:
    obi = {"name": "Ms Obi", "roles": ["it", "office"], "phone": "01473 123458\r\n07700 900124\r\n", "email": "it@a.example"}
    away = {"away_first": ["2026-12-01", "2026-12-04"], "away_last": ["", "2026-12-05"]}
    added = save(office, "/contacts/new", **obi, **away, hours="Mon 9:00-12:00", conflicts="Mr Reed")
    assert "Ms Obi is added." in words_of(added)
    assert to_yaml(book_of(desk)).endswith(
        "- name: Ms Obi\n  roles: [IT, office]\n  phone: [01473 123458, 07700 900124]\n  email: it@a.example\n"
        "  hours: Monday 9:00-12:00 in term time\n  away: [2026-12-01, 2026-12-04 - 2026-12-05]\n  conflicts: [Mr Reed]\n"
    )
    renamed = save(office, REED, name="Mr Reed-Jones", roles="deputy_dsl", phone="01473 123457")
    assert "Mr Reed-Jones is saved." in words_of(renamed)
    assert [one.conflicts for one in book_of(desk).contacts] == [(), (), ("Mr Reed-Jones",)]
    save(office, f"/contacts/{shortened('Ms Obi')}", do="first")
    assert [one.name for one in book_of(desk).contacts] == ["Ms Obi", "Mrs Harrison", "Mr Reed-Jones"]
    assert "The contact is taken out." in words_of(save(office, f"/contacts/{shortened('Ms Obi')}", do="remove"))
    assert [one.name for one in book_of(desk).contacts] == ["Mrs Harrison", "Mr Reed-Jones"]
    told = [(entry.who.split()[0], entry.action) for entry in desk.parts.audit.of("hillside")]
    assert told == [("office", Action.CHANGED_CONTACTS)] * 4


def test_what_a_form_shows_is_saved_without_a_change(desk: Desk, office: Seat) -> None:
    before = book_of(desk)
    shown = {"name": "Mr Reed", "roles": "deputy_dsl", "phone": "01473 123457", "hours": "any time", "conflicts": "Mrs Harrison"}
    assert "Nothing is changed" in words_of(save(office, REED, **shown))
    year = {"hours": "Monday to Friday 8:30-15:30 in term time", "terms_first": "2026-11-02", "terms_last": "2026-12-18"}
    assert "Nothing is changed" in words_of(
        save(office, "/contacts/year", **year, telegram_in_hours="answer", confirm_within="10")
    )
    assert book_of(desk) == before
    assert desk.parts.audit.of("hillside") == []


@pytest.mark.parametrize(
    ("path", "fields", "told"),
    [
        (
            "/contacts/new",
            {"phone": "01473 999999"},
            "Write a name: of the person, or of the office that answers. Tick at least one",
        ),
        ("/contacts/new", {"name": "mr reed", "roles": "it", "phone": "01473 999999"}, "mr reed is a contact already: "),
        (REED, {"name": "Mrs Harrison", "roles": "it", "phone": "01473 999999"}, "Mrs Harrison stands twice: "),
        (REED, {"name": "Mr Reed", "roles": "it", "phone": "123"}, "Mr Reed: phone: “123” is no telephone number: "),
        (REED, {"name": "Mr Reed", "roles": "it", "hours": "often"}, "Mr Reed: hours: “often” is no day: "),
        (
            REED,
            {"name": "Mr Reed", "roles": "it", "away_last": "2026-12-04"},
            "Away: write the first day too, beside the last day",
        ),
        ("/contacts/year", {"hours": "8:30", "confirm_within": "99"}, "School hours: “8:30” needs one beginning and one end: "),
        (
            "/contacts/year",
            {"telegram_in_hours": "remind", "office_hours": "9:00-12:00"},
            "School hours: write them too, such as 8:30",
        ),
        ("/contacts/year", {"terms_first": "2026-09-02"}, "Terms: write the last day too, beside the first day 2026-09-02."),
        ("/contacts/year", {"confirm_within": "99"}, "Minutes until the next person is told: “99” is no number of minutes"),
        ("/contacts/numbers", {"nhs_number": "111"}, "NHS: checked is missing: "),
        ("/contacts/numbers", {"nhs_number": "12345678", "nhs_checked": "2026-11"}, "NHS: “12345678” is no telephone number: "),
    ],
)
def test_what_is_wrong_is_said_with_all_that_was_typed_and_nothing_changes(
    desk: Desk, office: Seat, path: str, fields: dict[str, str], told: str
) -> None:
    before = book_of(desk)
    answer = save(office, path, **fields)
    assert (answer.status_code, told in words_of(answer)) == (400, True), words_of(answer)
    for name, value in fields.items():
        chosen = name in ("roles", "telegram_in_hours")
        typed = (
            [f'value="{value}" checked']
            if chosen
            else [f'value="{value}">', f'value="{value}" placeholder', f">{value}</textarea>"]
        )
        assert any(one in answer.text for one in typed), (name, value)
    assert book_of(desk) == before


def test_of_two_who_change_a_contact_at_once_the_later_is_told_and_loses_nothing(desk: Desk, office: Seat) -> None:
    headteacher, opened = desk.seat(), state(office, REED)
    save(headteacher, REED, name="Mr Reed", roles="deputy_dsl", phone="01473 111111")
    save(headteacher, HARRISON, name="Mrs Harrison", roles=["headteacher", "dsl"], phone="01473 123456", hours="any time")
    typed = {"name": "Mr Reed", "roles": "deputy_dsl", "phone": "01473 222222"}
    late = save(office, REED, opened=opened, **typed)
    assert late.status_code == 400
    assert f"{MEANWHILE} If you press the button once more, this is what you change: Mr Reed: phone is changed from" in words_of(
        late
    )
    assert "01473 222222" in late.text
    (shown,) = set(re.findall(r'name="state" value="(\w+)"', late.text))
    assert "Mr Reed is saved." in words_of(save(office, REED, opened=shown, **typed))
    harrison, reed = book_of(desk).contacts
    assert (reed.phones, harrison.hours is not None) == (("01473 222222",), True)

    opened = state(office, REED)
    save(headteacher, REED, do="remove")
    gone = office.send(REED, {"form_key": key(office), "do": "save", "state": opened, **typed})
    assert (gone.status_code, GONE in words_of(gone)) == (400, True)


def test_hours_terms_and_rules_and_national_numbers_are_changed(desk: Desk, office: Seat) -> None:
    terms = {"terms_first": ["2027-01-05", "2026-11-02", ""], "terms_last": ["2027-02-12", "2026-12-18", ""]}
    rules = {"telegram_in_hours": "hold_back", "confirm_within": "5", "anonymous_questions": "no"}
    save(office, "/contacts/year", hours="8:45-15:15", **terms, closed_first="2026-11-27", closed_last="", **rules)
    save(office, "/contacts/numbers", posh_number="0344 381 4773", posh_checked="2026-11")
    book = book_of(desk)
    assert [str(days.first) for days in book.terms] == ["2026-11-02", "2027-01-05"]
    assert (book.telegram_in_hours, book.confirm_within, book.anonymous) == (OnPhones.HOLD_BACK, 5, False)
    assert book.national("posh").number == "0344 381 4773"
    assert len(book.contacts) == 2
    words = office.words("/contacts")
    for said in (
        "Monday to Friday 8:45-15:15 in term time",
        "5 January 2027 to 12 February 2027",
        "27 November 2026",
        "Point them to where they can ask at work",
        "Professionals Online Safety Helpline: 0344 381 4773, checked by the school in November 2026",
    ):
        assert said in words


def test_the_page_says_whom_staff_are_told_of_now_and_what_is_missing(desk: Desk, office: Seat) -> None:
    words = office.words("/contacts")
    assert "A worry about a child Mrs Harrison, the designated safeguarding lead (DSL): 01473 123456." in words
    assert "A concern about a colleague Mrs Harrison, the headteacher: 01473 123456." in words
    assert "Nobody is named as chair of governors" in words
    assert "I cannot write to them yet: ask them to write /duty to me." in words
    assert desk.seat(school="meadow").words("/contacts").count("Nobody is named as headteacher") == 1


def test_the_chair_looks_and_changes_nothing(desk: Desk, office: Seat) -> None:
    before, chair = book_of(desk), desk.seat(PersonRole.CHAIR)
    page = chair.get("/contacts").text
    assert "Mrs Harrison" in page
    assert "/contacts/" not in page
    for path in ("/contacts/new", "/contacts/year", "/contacts/numbers", REED):
        assert chair.get(path).status_code == 403
        assert chair.send(path, {"form_key": key(chair), "do": "save", "name": "Mr Reed", "roles": "it"}).status_code == 403
    assert book_of(desk) == before


def test_a_change_of_the_chair_is_told_and_holds_once_the_chair_confirms_it_at_the_desk(linked: "Staff", desk: Desk) -> None:
    path, person = f"/contacts/{shortened('Ms Okoro')}", desk.parts.people.access(TELEGRAM, CHAIR)[0].person
    assert person
    headteacher, chair = desk.seat(), desk.sign_in(person)
    opened = chair.get("/contacts").text
    changed = save(headteacher, path, name="Ms Okoro", roles="governors", phone="01473 999999")
    assert "This changes whom a concern about an adult goes to. I tell: Ms Okoro. Until Ms Okoro confirms" in words_of(changed)
    linked.round()
    (told,) = linked.told(CHAIR)
    assert re.search(r"Now: Ms Okoro: 01473 999999\.\nChanged by the headteacher \(person \d+\)\.", told)
    assert (
        "Until Ms Okoro confirms how the chair of governors is reached, staff are told: Ms Okoro: 01473 123459."
        in chair.words("/contacts")
    )
    contact, stale = (re.findall(rf'name="{name}" value="(\w+)"', opened)[0] for name in ("contact", "shown"))
    late = chair.post("/contacts", "confirm", contact=contact, shown=stale)
    assert (late.status_code, CHANGED_SINCE in words_of(late)) == (400, True)
    shown = re.findall(r'name="shown" value="(\w+)"', chair.get("/contacts").text)[0]
    for other in (headteacher, desk.seat(PersonRole.CHAIR)):
        refused = other.send("/contacts", {"form_key": key(other), "do": "confirm", "contact": contact, "shown": shown})
        assert (refused.status_code, "Only the chair of governors confirms this" in words_of(refused)) == (400, True)
    assert "999999" not in linked.say(HIT)
    assert "Thank you." in words_of(chair.post("/contacts", "confirm", contact=contact, shown=shown))
    assert "Tell Ms Okoro, the chair of governors, now: 01473 999999." in linked.say(HIT)
    assert [entry.action for entry in desk.parts.audit.of("hillside")] == [Action.CHANGED_CONTACTS, Action.CONFIRMED_CHAIR]


def test_every_role_can_be_ticked() -> None:
    assert set(ROLES) == set(ContactRole)
