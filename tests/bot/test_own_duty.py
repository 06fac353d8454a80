"""/duty: who may say that they are a contact, when they are on call, and how they give it up; what the chair confirms."""

from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select

from bot.own_duty import NOT_FOR_YOU, NOT_ON_A_PAGE
from bot.people import SLACK, TELEGRAM, WEB, PersonRole
from bot.sections import GONE
from bot.short_names import shortened
from bot.tables import duties

if TYPE_CHECKING:
    from tests.bot.conftest import Staff

HEAD, DSL, DEPUTY, CHAIR, TEACHER = "1", "2", "3", "4", "77"
BEATEN = "A child in my class has told me that her stepdad hits her"
NAMES = {HEAD: "Mrs Harrison", DSL: "Mrs Reed", DEPUTY: "Mr Jones", CHAIR: "Ms Okoro"}
ON_PAGE: dict[str, Any] = {"channel": WEB, "name": None}


def contacts(staff: "Staff") -> list[str | None]:
    """Return the contacts that somebody is."""
    with staff.engine.connect() as connection:
        return list(connection.scalars(select(duties.c.contact).order_by(duties.c.contact)))


def claims(staff: "Staff", role: PersonRole, account: str) -> list[str]:
    """Return whom somebody of a role is offered to be."""
    staff.enrol(role, account)
    staff.say("/duty", account)
    return [label.removeprefix("I am ") for label in staff.labels(account) if label.startswith("I am ")]


@pytest.mark.parametrize(
    ("role", "offered"),
    [
        (PersonRole.HEADTEACHER, ["Mrs Harrison"]),
        (PersonRole.DSL, ["Mrs Reed", "Mr Jones"]),
        (PersonRole.CHAIR, ["Ms Okoro"]),
    ],
)
def test_people_are_offered_the_contacts_of_their_role(staff: "Staff", role: PersonRole, offered: list[str]) -> None:
    assert claims(staff, role, "5") == offered


@pytest.mark.parametrize("role", [PersonRole.STAFF, PersonRole.OFFICE, PersonRole.ADMINISTRATOR])
def test_others_are_told_that_it_is_not_for_them(staff: "Staff", role: PersonRole) -> None:
    staff.enrol(role, "5")
    for told in (
        staff.say("/duty", "5"),
        staff.say("/duty Monday 8:00-9:00", "5"),
        *(staff.press_value(f"t:{what}", "5") for what in ("test", "seen", "right", "end", f"me:{shortened('Mrs Reed')}")),
    ):
        assert NOT_FOR_YOU in told
    assert contacts(staff) == []


@pytest.mark.parametrize(
    ("role", "name"),
    [
        (PersonRole.DSL, "Mrs Harrison"),
        (PersonRole.DSL, "Ms Okoro"),
        (PersonRole.HEADTEACHER, "Mrs Reed"),
        (PersonRole.HEADTEACHER, "Ms Okoro"),
        (PersonRole.CHAIR, "Mrs Harrison"),
        (PersonRole.CHAIR, "Mrs Nobody"),
    ],
)
def test_nobody_takes_on_what_is_another_roles_even_by_an_altered_button(staff: "Staff", role: PersonRole, name: str) -> None:
    staff.enrol(role, "5")
    assert GONE in staff.press_value(f"t:me:{shortened(name)}", "5")
    assert contacts(staff) == []


def test_who_is_headteacher_and_chair_in_one_is_claimed_as_the_chair(staff: "Staff") -> None:
    """Of several roles that which decides over the others' complaints counts."""
    staff.write_book("contacts: [{name: Dr Both, roles: [head, chair of governors, dsl], phone: 01473 123456}]")
    assert claims(staff, PersonRole.HEADTEACHER, "5") == []
    assert claims(staff, PersonRole.DSL, "6") == []
    assert claims(staff, PersonRole.CHAIR, "7") == ["Dr Both"]


def test_a_contact_is_taken_once(staff: "Staff") -> None:
    staff.link(DSL)
    assert claims(staff, PersonRole.DSL, "5") == ["Mr Jones"]
    assert GONE in staff.press_value(f"t:me:{shortened('Mrs Reed')}", "5")
    assert contacts(staff) == ["Mrs Reed"]


def test_a_contact_whose_bearer_has_left_can_be_taken_again(staff: "Staff") -> None:
    staff.link(DSL)
    staff.parts.people.remove("hillside", *staff.parts.people.ids(TELEGRAM, DSL))
    assert claims(staff, PersonRole.DSL, "5") == ["Mrs Reed", "Mr Jones"]
    staff.press("I am Mrs Reed", "5")
    staff.test("5")
    staff.say(BEATEN)
    staff.press("Tell Mrs Reed now")
    staff.round()
    assert len(staff.told("5")) == 1


def test_where_the_school_has_written_nobody_down_one_is_told_what_to_do(staff: "Staff") -> None:
    staff.write_book("hours: 08:30-15:30")
    staff.enrol(PersonRole.DSL, DSL)
    assert "Your school has not written you down as a contact yet." in staff.say("/duty", DSL)


def test_duty_shows_what_staff_are_told_and_whether_alerts_arrive(staff: "Staff") -> None:
    staff.link(DSL, tested=False)
    told = staff.say("/duty", DSL)
    for sentence in (
        "You are Mrs Reed: the designated safeguarding lead (DSL).",
        "Staff are told: 01473 123457",
        "On call: any time.",
        "You have confirmed no test alert. Staff can alert you once you have confirmed one.",
    ):
        assert sentence in told
    staff.test(DSL)
    assert "Staff can alert you at one tap." in staff.say("/duty", DSL)


# Hours on call


def test_hours_on_call_win_over_those_of_the_book(linked: "Staff") -> None:
    linked.at("2026-11-23T20:00")
    assert "Tell Mrs Reed" in linked.say(BEATEN)
    assert "You are on call: Monday to Friday 7:00-17:00 all year." in linked.say("/duty Monday-Friday 7:00-17:00 all year", DSL)
    assert "Tell Mr Jones" in linked.say(BEATEN)
    assert "On call: Monday to Friday 7:00-17:00 all year." in linked.say("/duty", DSL)


@pytest.mark.parametrize(
    "hours",
    [
        "Monday 17:00-8:00",
        "Monday 8:00-12:00, Monday 11:00-13:00",
        "Monday 8:00-8:00",
        "Monday 25:00-26:00",
        "whenever I feel like it",
        "Blursday 8:00-9:00",
        "x" * 5000,
    ],
)
def test_hours_that_cannot_be_are_refused_in_one_sentence_and_change_nothing(linked: "Staff", hours: str) -> None:
    told = linked.say(f"/duty {hours}", DSL)
    assert "\n" not in told
    assert len(told) < 400
    assert "On call: any time." in linked.say("/duty", DSL)


def test_hours_before_one_has_said_who_one_is_are_refused(staff: "Staff") -> None:
    staff.enrol(PersonRole.DSL, DSL)
    assert "Say first who you are: write /duty." in staff.say("/duty Monday 8:00-9:00", DSL)


# Giving it up, and leaving


def test_whoever_gives_it_up_is_alerted_no_more_and_asked_anew_who_they_are(linked: "Staff") -> None:
    linked.say("/duty", DSL)
    assert "You are no longer a contact of your school here." in linked.press("I am no longer a contact", DSL)
    linked.say(BEATEN)
    assert not [label for label in linked.labels() if "Mrs Reed" in label]
    assert "Who are you?" in linked.say("/duty", DSL)


def test_whoever_takes_it_on_again_has_to_confirm_a_test_again(linked: "Staff") -> None:
    linked.say("/duty", DSL)
    linked.press("I am no longer a contact", DSL)
    linked.say("/duty", DSL)
    linked.press("I am Mrs Reed", DSL)
    linked.say(BEATEN)
    assert not [label for label in linked.labels() if "Tell Mrs Reed" in label]


@pytest.mark.parametrize("role", [PersonRole.STAFF, PersonRole.HEADTEACHER])
def test_whoever_gets_another_role_is_a_contact_no_more(linked: "Staff", role: PersonRole) -> None:
    """A chair of governors who becomes headteacher must not go on getting what is about the headteacher."""
    linked.enrol(role, CHAIR)
    linked.say("The headteacher hit a child")
    assert not [label for label in linked.labels() if label.startswith("Tell Ms Okoro")]
    assert contacts(linked) == ["Mr Jones", "Mrs Harrison", "Mrs Reed"]


def test_whoever_left_a_workspace_and_comes_back_as_staff_is_a_contact_no_more(staff: "Staff") -> None:
    """A workspace's people are only marked as gone: their duty must not come back with them."""
    person = staff.enrol(PersonRole.DSL, DSL, SLACK)
    staff.say("/duty", DSL, channel=SLACK)
    staff.press("I am Mrs Reed", DSL, channel=SLACK)
    staff.parts.people.remove("hillside", person.id)
    staff.enrol(PersonRole.STAFF, DSL, SLACK)
    assert contacts(staff) == []


def test_an_invitation_to_the_same_role_changes_nothing(linked: "Staff") -> None:
    linked.enrol(PersonRole.DSL, DSL)
    assert "You are Mrs Reed" in linked.say("/duty", DSL)


# On the chat page


def test_on_the_chat_page_one_can_be_a_contact_and_no_test_is_offered(staff: "Staff") -> None:
    staff.enrol(PersonRole.HEADTEACHER, HEAD, WEB)
    staff.say("/duty", HEAD, **ON_PAGE)
    assert NOT_ON_A_PAGE in staff.press("I am Mrs Harrison", HEAD, **ON_PAGE)
    assert "Send me a test alert" not in staff.labels(HEAD)
    staff.say("/duty", HEAD, **ON_PAGE)
    assert "Send me a test alert" not in staff.labels(HEAD)


# The chair of governors


OTHER_NUMBER = """
contacts:
  - {name: Mrs Harrison, roles: [head], phone: 01473 123456}
  - {name: Ms Okoro, roles: [chair of governors], phone: 01473 999999}
"""
OTHER_CHAIR = """
contacts:
  - {name: Mrs Harrison, roles: [head], phone: 01473 123456}
  - {name: Mr Pal, roles: [chair of governors], phone: 01473 999999}
"""
HIT = "The headteacher hit a child"


@pytest.mark.parametrize(
    "book", [OTHER_NUMBER, OTHER_CHAIR, "contacts: [{name: Mrs Harrison, roles: [head, chair of governors]}]"]
)
def test_a_change_of_the_chair_holds_only_after_the_chair_has_confirmed_it(linked: "Staff", book: str) -> None:
    linked.write_book(book)
    told = linked.say(HIT)
    assert "Tell Ms Okoro, the chair of governors, now: 01473 123459." in told
    assert "999999" not in linked.say("/contacts")


def test_a_new_chair_confirms_what_stands_above_the_button(linked: "Staff") -> None:
    linked.write_book(OTHER_CHAIR)
    linked.enrol(PersonRole.CHAIR, "5")
    linked.say("/duty", "5")
    assert "Staff are told: 01473 999999." in linked.press("I am Mr Pal", "5")
    assert "Tell Ms Okoro, the chair of governors, now: 01473 123459." in linked.say(HIT)
    linked.press("That is right", "5")
    assert "Tell Mr Pal, the chair of governors, now: 01473 999999." in linked.say(HIT)


def test_a_headteacher_cannot_confirm_for_the_chair(linked: "Staff") -> None:
    linked.write_book(OTHER_NUMBER)
    value = f"t:right:{shortened('Ms Okoro: 01473 999999.')}"
    for account in (HEAD, DSL):
        linked.press_value(value, account)
    assert "999999" not in linked.say(HIT)


def test_before_any_chair_has_confirmed_the_book_holds(staff: "Staff") -> None:
    assert "Tell Ms Okoro, the chair of governors, now: 01473 123459." in staff.say(HIT)
    staff.write_book(OTHER_NUMBER)
    assert "01473 999999" in staff.say(HIT)
