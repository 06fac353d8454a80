"""What staff are told of a new version, in private and in working hours, and the table of who has read it."""

import csv
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import event, select

from bot.announcements import I_HAVE_READ_IT, LONGEST_OWN
from bot.errors import BotError
from bot.people import SLACK, TELEGRAM, WEB, PersonRole
from bot.readings import Reading
from bot.tables import people
from corpus.tenancy import reading_at, writing_at
from tests.bot.conftest import BOOK
from tests.conftest import HILLSIDE_RULES

if TYPE_CHECKING:
    from tests.bot.conftest import Staff

HEAD, TEACHER, ASSISTANT, OFFICE, CHAIR = "1", "77", "78", "79", "4"
SOFTER = HILLSIDE_RULES.replace("must not accept friend requests from parents", "should not accept friend requests from parents")
TUESDAY, SATURDAY = "2026-11-24T09:00", "2026-11-28T10:00"
MONDAY_AFTER, NEXT_MONDAY, NEXT_TUESDAY = "2026-11-30T08:30", "2026-12-07T08:30", "2026-12-08T08:30"
NOTHING_TO_CONFIRM = "There is nothing here for you to confirm"


@pytest.fixture
def school(staff: "Staff", publish: Callable[..., int]) -> "Staff":
    """Hillside on Tuesday, with version 2 published; all but the assistant have written to the bot alone."""
    staff.enrol(PersonRole.HEADTEACHER, HEAD)
    staff.enrol(PersonRole.CHAIR, CHAIR)
    staff.enrol(PersonRole.OFFICE, OFFICE)
    staff.enrol(PersonRole.STAFF, ASSISTANT)
    for account in (HEAD, CHAIR, OFFICE, TEACHER):
        staff.say("/help", account)
    publish("hillside", SOFTER)
    staff.at(TUESDAY)
    return staff


def announce(staff: "Staff", version: int = 2, **options: Any) -> int:
    wanted: dict[str, Any] = {"since": 1, "own": "", "to_confirm": True, "who": "headteacher 2"}
    with writing_at(staff.engine, "hillside") as connection:
        number = staff.parts.announcements.announce(connection, "hillside", "staff", version, **(wanted | options))
    staff.round()
    return number


def table(staff: "Staff", number: int) -> dict[str, Reading]:
    return {one.name: one for one in staff.parts.readings.table("hillside", number)}


def sign(staff: "Staff", number: int, name: str, school: str = "hillside") -> None:
    with writing_at(staff.engine, school) as connection:
        staff.parts.readings.sign_on_paper(connection, school, number, name, "office 4")


def tidied(staff: "Staff", moment: str) -> None:
    staff.at(moment)
    staff.parts.outgoing.tidy()
    staff.round()


# Addresses


def test_a_private_chat_is_kept_once_and_goes_with_whoever_leaves(staff: "Staff") -> None:
    person = staff.enrol(PersonRole.STAFF, ASSISTANT, SLACK)

    def kept() -> Any:
        with staff.engine.connect() as connection:
            return connection.scalar(select(people.c.address).where(people.c.id == person.id))

    written: list[str] = []
    note = lambda *args: written.append(args[2]) if args[2].startswith("UPDATE people") else None  # noqa: E731
    event.listen(staff.engine, "before_cursor_execute", note)
    staff.say("/help", ASSISTANT, channel=SLACK, private=False)
    assert kept() is None
    for text in ("/help", "/whoami", "/help my phone"):
        staff.say(text, ASSISTANT, channel=SLACK)
    assert b"phone" not in kept()
    assert len(written) == 1
    staff.say("/help", ASSISTANT, channel=SLACK, place="another chat")
    assert b"another chat" in kept()
    assert len(written) == 2
    staff.say("/leave", ASSISTANT, channel=SLACK)
    staff.press("Leave Hillside now", ASSISTANT, channel=SLACK, place="a third chat")
    assert kept() is None
    assert staff.parts.people.admit("hillside", SLACK, ASSISTANT) is None


def test_whoever_joins_by_a_code_in_a_private_chat_can_be_written_to_from_then_on(staff: "Staff") -> None:
    staff.say(f"/join {staff.chat.invite('hillside')}", ASSISTANT)
    (person_id,) = staff.parts.people.ids(TELEGRAM, ASSISTANT)
    with reading_at(staff.engine, "hillside") as connection:
        address = staff.parts.people.address_of(connection, person_id)
        assert address is not None
        assert (address.account, address.text) == (ASSISTANT, "")


# Announcing


def test_staff_are_told_what_changed_and_who_says_what(school: "Staff") -> None:
    announce(school, own="Please talk to me <first>.")
    for account in (TEACHER, OFFICE):
        (told,) = school.told(account)
        assert told.startswith("Your school has published: Staff policy (May 2024).")
        assert "The headteacher adds: “Please talk to me <first>.”" in told
        assert "Less strict than before: 1.1 (Social media). Before: not allowed. Now: advised against." in told
        assert "“Staff should not accept friend requests from parents.”" in told
        assert I_HAVE_READ_IT in school.labels(account)
    assert [school.told(account) for account in (HEAD, CHAIR, ASSISTANT)] == [[], [], []]
    (announced,) = school.parts.announcements.of("hillside")
    assert "talk to me" not in announced.words
    assert school.parts.announcements.of("meadow") == []


def test_nobody_is_told_at_the_weekend_or_on_days_on_which_they_are_away(linked: "Staff", publish: Callable[..., int]) -> None:
    away = BOOK.replace("123458", "123458\n    away: [2026-11-30 - 2026-12-04]").replace("hours: any time", "hours: 08:30-15:30")
    linked.write_book(away)
    linked.say("/help")
    linked.at(SATURDAY)
    publish("hillside", SOFTER)
    announce(linked)
    reached = {DSL: MONDAY_AFTER, TEACHER: MONDAY_AFTER, DEPUTY: NEXT_MONDAY}
    for moment in (MONDAY_AFTER, NEXT_MONDAY):
        linked.at(moment)
        assert [account for account, first in reached.items() if linked.told(account)] == [
            account for account, first in reached.items() if first == moment
        ]


DSL, DEPUTY = "2", "3"


def test_what_asks_nobody_to_confirm_has_no_button_and_keeps_no_table(school: "Staff") -> None:
    number = announce(school, to_confirm=False)
    assert len(school.told()) == 1
    assert I_HAVE_READ_IT not in school.labels()
    assert table(school, number) == {}
    assert NOTHING_TO_CONFIRM in school.press_value(f"y:{number}")


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"own": "x" * (LONGEST_OWN + 1)}, "Your own words are longer than 500 characters: shorten them."),
        ({}, "Staff have been told of this version already"),
    ],
)
def test_what_cannot_be_announced_is_told_to_nobody(school: "Staff", options: dict[str, Any], sentence: str) -> None:
    announce(school)
    school.told()
    with pytest.raises(BotError, match=sentence):
        announce(school, **options)
    assert school.told() == []
    assert len(school.parts.announcements.of("hillside")) == 1


def test_an_earlier_version_that_holds_again_can_be_announced_again(school: "Staff") -> None:
    announce(school)
    school.parts.indexes.versions.roll_back("hillside", "staff", 1)
    announce(school, 1, since=2)
    assert "Stricter than before: 1.1" in school.told()[-1]


# Who has read it


def test_the_table_tells_governors_who_has_read_it_and_when_and_the_office_who_has_not(school: "Staff") -> None:
    number = announce(school)
    assert "I have noted that you have read it." in school.press(I_HAVE_READ_IT)
    school.wait(hours=1)
    assert "You said so already: Tuesday 24 November 2026, 09:00." in school.press(I_HAVE_READ_IT)
    names = {account: f"Invitation {school.parts.people.access(TELEGRAM, account)[0].person.invitation}"  # type: ignore[union-attr]
             for account in (TEACHER, OFFICE, ASSISTANT)}  # fmt: skip
    found = table(school, number)
    assert list(found) == [*sorted((names[OFFICE], names[ASSISTANT])), names[TEACHER]]
    assert found[names[TEACHER]].read_at
    assert found[names[OFFICE]].sent_at
    assert found[names[ASSISTANT]].sent_at is None  # nobody knows where to write to them
    sign(school, number, names[ASSISTANT])
    sign(school, number, "=Mrs  Smith")
    rows = list(csv.DictReader(school.parts.readings.as_csv("hillside", number).splitlines()))
    assert [(row["Who"], row["Arrived"], row["Read"], row["How"]) for row in rows] == [
        (names[OFFICE], "2026-11-24 09:00", "", ""),
        ("'=Mrs Smith", "", "2026-11-24 10:00", "on paper, entered by office 4"),
        (names[TEACHER], "2026-11-24 09:00", "2026-11-24 09:00", "confirmed here"),
        (names[ASSISTANT], "", "2026-11-24 10:00", "on paper, entered by office 4"),
    ]
    assert "Your school keeps whether you have read what it announced: one announcement." in school.say("/mydata")


def test_what_did_not_arrive_is_not_noted_as_sent(school: "Staff") -> None:
    school.blocked.add(TEACHER)
    number = announce(school)
    assert [one.sent_at is None for one in table(school, number).values()].count(True) == 2
    tidied(school, NEXT_TUESDAY)
    assert school.told() == []


@pytest.mark.parametrize("name", ["", "x" * 61, "Mrs\x00Smith", "Mrs Smith"])
def test_a_signature_without_a_name_or_noted_already_is_refused(school: "Staff", name: str) -> None:
    number = announce(school)
    sign(school, number, "Mrs Smith")
    before = table(school, number)
    with pytest.raises(BotError):
        sign(school, number, name)
    assert table(school, number) == before


def test_another_school_sees_signs_and_confirms_nothing_of_it(school: "Staff") -> None:
    number = announce(school)
    school.enrol(PersonRole.STAFF, "9", school="meadow")
    assert NOTHING_TO_CONFIRM in school.press_value(f"y:{number}", "9")
    for ask in (lambda: school.parts.readings.table("meadow", number), lambda: sign(school, number, "Mrs Smith", "meadow")):
        with pytest.raises(BotError, match="There is no such announcement"):
            ask()
    assert not any(one.read_at for one in table(school, number).values())


def test_whoever_has_left_stays_in_the_table_and_is_not_reminded(school: "Staff") -> None:
    number = announce(school)
    school.parts.people.remove("hillside", *school.parts.people.ids(TELEGRAM, TEACHER))
    assert [one.has_left for one in table(school, number).values()] == [False, False, True]
    school.told()
    tidied(school, NEXT_TUESDAY)
    assert school.told() == []


# Reminding


def test_whoever_has_not_confirmed_is_reminded_once_after_five_school_days(school: "Staff") -> None:
    announce(school)
    school.press(I_HAVE_READ_IT, OFFICE)
    for account in (TEACHER, OFFICE):
        school.told(account)
    tidied(school, "2026-12-01T08:45")
    assert school.told() == []
    tidied(school, "2026-12-01T09:00")
    (told,) = school.told()
    assert told.startswith("You have not said yet that you have read this: Staff policy (May 2024).")
    assert school.told(OFFICE) == school.told(ASSISTANT) == []
    assert "I have noted" in school.press(I_HAVE_READ_IT)
    for moment in ("2026-12-08T09:00", "2026-12-15T09:00"):
        tidied(school, moment)
        assert school.told() == []


def test_nobody_is_reminded_of_what_holds_no_more_or_was_read_since_the_reminder_was_written(
    school: "Staff", publish: Callable[..., int]
) -> None:
    announce(school)
    school.told()
    school.clock.time += timedelta(days=11)  # a Saturday: the reminder waits for Monday
    school.parts.outgoing.tidy()
    school.press(I_HAVE_READ_IT)
    school.at(NEXT_MONDAY)
    assert school.told() == []
    assert len(school.told(OFFICE)) == 2
    publish("hillside", HILLSIDE_RULES)
    announce(school, 3, since=2)
    publish("hillside", SOFTER)
    tidied(school, "2027-01-18T09:00")
    assert len(school.told(OFFICE)) == 1  # the announcement, and no reminder of it


# New starters


def test_whoever_joins_later_is_asked_to_read_the_policy_too(school: "Staff") -> None:
    number = announce(school)
    school.at(SATURDAY)
    school.say(f"/join {school.chat.invite('hillside')}", "80")
    school.round()
    assert school.told("80") == []
    school.at(MONDAY_AFTER)
    (told,) = school.told("80")
    assert told.startswith("You are new here. Your school asks everybody to read this: Staff policy (May 2024).")
    assert "Less strict" not in told
    school.press(I_HAVE_READ_IT, "80")
    assert [one.read_at is not None for one in table(school, number).values()] == [False, False, False, True]


def test_whoever_was_there_and_not_reached_is_told_once_they_write(school: "Staff") -> None:
    announce(school)
    school.say("/help", ASSISTANT)
    school.say("/help", ASSISTANT)
    school.round()
    (told,) = school.told(ASSISTANT)
    assert "Less strict than before" in told


def test_a_new_starter_is_asked_nothing_that_holds_no_more_that_she_signed_or_that_is_not_for_her(
    school: "Staff", publish: Callable[..., int]
) -> None:
    number = announce(school)
    signed, code = school.parts.people.invite("hillside", PersonRole.STAFF)
    sign(school, number, f"Invitation {signed.id}")
    school.say(f"/join {code}", "80")
    school.enrol(PersonRole.CHAIR, "81")
    school.say("/help", "81")
    publish("hillside", HILLSIDE_RULES)
    school.say(f"/join {school.chat.invite('hillside')}", "82")
    school.round()
    assert [school.told(account) for account in ("80", "81", "82")] == [[], [], []]
    assert table(school, number)[f"Invitation {signed.id}"].read_at


def test_on_the_chat_page_it_waits_and_links_to_the_whole_policy(staff: "Staff", publish: Callable[..., int]) -> None:
    staff.enrol(PersonRole.STAFF, "6", WEB)
    staff.say("/help", "6", channel=WEB)
    publish("hillside", SOFTER)
    announce(staff)
    (waits,) = staff.parts.deliveries.waiting(WEB, "6")
    assert "The whole policy: /policies/hillside/staff/2" in waits.call["words"]
