"""The chair of governors is told in a private chat what waits, at work, and the headteacher what became of it."""

from datetime import date
from typing import TYPE_CHECKING

import pytest

from bot.contact_file import read_book
from bot.people import PersonRole
from corpus.clause import Correction, RulingNote, Stance

if TYPE_CHECKING:
    from tests.bot.conftest import Staff

HEAD, CHAIR = "1", "4"
DAY = date(2026, 11, 23)
LOOSER = Correction("Mrs Harrison", DAY, "we have always let them", Stance.ALLOWED)
MORNING, EVENING = "2026-11-24T08:30", "2026-11-23T19:30"


@pytest.fixture
def proposer(staff: "Staff") -> str:
    """The headteacher, as the trail names her; she and the chair have each written to the bot."""
    head = staff.enrol(PersonRole.HEADTEACHER, HEAD)
    staff.enrol(PersonRole.CHAIR, CHAIR)
    for account in (HEAD, CHAIR):
        staff.say("hello", account)
    return head.in_trail


def correct(staff: "Staff", who: str) -> int:
    """Propose a looser correction of a rule; return the proposal's number."""
    number = staff.parts.publication.correct("hillside", "staff", 1, "1.1", LOOSER, who=who)
    assert number
    return number


def test_the_chair_is_told_in_working_hours_and_the_headteacher_what_was_decided(staff: "Staff", proposer: str) -> None:
    staff.at(EVENING)
    number = correct(staff, proposer)
    staff.round()
    assert staff.told(CHAIR) == []
    assert [one.state for one in staff.parts.chair_requests.of("hillside")[number]] == ["not sent yet"]
    staff.at(MORNING)
    (told,) = staff.told(CHAIR)
    assert told == (
        "Hillside Primary School asks you, as chair of governors, to approve a correction of “Staff policy”, 1.1.\n"
        "It is looser than what holds now:\nBefore: not allowed. Now: allowed. That is looser.\n"
        "To read it and decide, write /desk to me."
    )
    (asked,) = staff.parts.chair_requests.of("hillside")[number]
    assert asked.way.endswith(", on Telegram")
    assert asked.state == "sent Tuesday 24 November 2026, 08:30"
    staff.parts.proposals.refuse("hillside", number, "chair 2", "Not before the meeting.")
    staff.round()
    assert staff.told(HEAD) == [
        "The chair of governors has refused a correction of “Staff policy”, 1.1.\n"
        "The chair says: “Not before the meeting.”\nNothing changes for staff."
    ]
    number = correct(staff, proposer)
    staff.parts.publication.approve("hillside", number, "chair 2")
    staff.round()
    assert staff.told(HEAD)[0].endswith("Staff are answered by it from now on.")
    assert staff.told(CHAIR) == []  # it was decided before she was told


def test_what_is_taken_back_before_the_chair_is_at_work_is_told_to_nobody(staff: "Staff", proposer: str) -> None:
    staff.at(EVENING)
    staff.parts.proposals.withdraw("hillside", correct(staff, proposer), proposer)
    staff.at(MORNING)
    assert (staff.told(CHAIR), staff.told(HEAD)) == ([], [])


def test_a_request_goes_to_no_chair_who_has_left_and_one_that_does_not_arrive_is_shown(staff: "Staff", proposer: str) -> None:
    staff.blocked.add(CHAIR)
    number = correct(staff, proposer)
    staff.round()
    (asked,) = staff.parts.chair_requests.of("hillside")[number]
    assert asked.state == "could not be sent (Monday 23 November 2026, 08:30)"
    assert staff.parts.chair_requests.reach("hillside").ways == ["on Telegram"]
    staff.say("/leave", CHAIR)
    staff.press("Leave", CHAIR)
    assert staff.parts.chair_requests.reach("hillside").ways == []
    assert correct(staff, proposer) not in staff.parts.chair_requests.of("hillside")


def test_a_ruling_is_told_without_a_title_and_who_proposed_at_the_command_line_is_told_nothing(
    staff: "Staff", proposer: str
) -> None:
    note = RulingNote("Mrs Harrison", DAY, date(2027, 3, 1), "Can I accept a friend request from a parent?", None, None)
    number = staff.parts.publication.rule("hillside", "Staff may do so.", Stance.ALLOWED, note, "command line: bursar")
    assert number
    staff.round()
    (told,) = staff.told(CHAIR)
    assert told.startswith("Hillside Primary School asks you, as chair of governors, to approve a ruling of the headteacher.\n")
    staff.parts.proposals.refuse("hillside", number, "chair 2")
    staff.round()
    assert staff.told(HEAD) == []


def test_an_address_that_the_chair_confirmed_stays_the_chairs_whatever_the_book_says_later(staff: "Staff") -> None:
    contacts = staff.parts.contacts
    book = "contacts:\n  - {name: Ms Okoro, roles: [chair], email: okoro@governors.example}\n"
    contacts.save("hillside", read_book(book, "the book"), "the office")
    with staff.engine.begin() as connection:
        contacts.confirm_chair(connection, "hillside", "Ms Okoro")
    contacts.save("hillside", read_book(book.replace("okoro@", "head@"), "the book"), "the headteacher")
    assert contacts.chair_emails("hillside") == ["okoro@governors.example"]
    assert contacts.has_confirmed_chair("hillside")
