"""Who is told of a change of whom concerns about adults go to, when, and what the chair confirms by a button."""

from datetime import datetime
from typing import TYPE_CHECKING

import pytest

from bot.contact_changes import tell_of_changes
from bot.contact_file import read_book
from bot.notices import NoticeKind
from bot.people import TELEGRAM
from corpus.tenancy import writing_at

if TYPE_CHECKING:
    from tests.bot.conftest import Staff

HEAD, DSL, DEPUTY, CHAIR, TEACHER = "1", "2", "3", "4", "77"
HIT = "The headteacher hit a child"


def change(staff: "Staff", old: str, new: str) -> list[str]:
    """Let the office change the book; return the names of those whom the bot cannot tell."""
    school = staff.parts.indexes.versions.schools(["hillside"])[0]
    year = staff.parts.contacts.book("hillside").year(school.nation)
    with writing_at(staff.engine, "hillside") as connection:
        book = read_book(staff.book.replace(old, new), "contacts.yaml")
        changes = staff.parts.contacts.save("hillside", book, "the office", connection)
        return tell_of_changes(
            connection,
            "hillside",
            school.nation,
            changes,
            book=staff.parts.contacts.in_force("hillside", connection),
            by="the office",
            duties=staff.parts.duties.of("hillside", year),
            notices=staff.parts.notices,
            due_at=staff.clock(),
        )


def test_a_new_number_of_the_chair_is_told_to_the_chair_alone(linked: "Staff") -> None:
    assert change(linked, "01473 123459", "01473 999999") == []
    linked.round()
    (told,) = linked.told(CHAIR)
    for sentence in (
        "Your school has changed how staff reach the chair of governors.",
        "Before: Ms Okoro: 01473 123459.",
        "Now: Ms Okoro: 01473 999999.",
        "Changed by the office.",
    ):
        assert sentence in told
    assert [linked.told(account) for account in (HEAD, DSL, DEPUTY)] == [[], [], []]


def test_the_chair_confirms_by_the_button(linked: "Staff") -> None:
    change(linked, "01473 123459", "01473 999999")
    linked.round()
    assert "999999" not in linked.say(HIT)
    assert "Staff are told this from now on." in linked.press("That is right", CHAIR)
    assert "Tell Ms Okoro, the chair of governors, now: 01473 999999." in linked.say(HIT)


def test_the_button_confirms_only_what_stands_above_it(linked: "Staff") -> None:
    """A second change that comes before the first was looked at must not be confirmed with it."""
    change(linked, "01473 123459", "01473 555555")
    linked.round()
    shown = linked.value("That is right", CHAIR)
    change(linked, "01473 123459", "01473 999999")
    linked.press_value(shown, CHAIR)
    assert "999999" not in linked.say(HIT)


def test_another_chair_is_told_to_the_old_one_and_named_as_not_told(linked: "Staff") -> None:
    assert change(linked, "Ms Okoro", "Mr Pal") == ["Mr Pal"]
    linked.round()
    (told,) = linked.told(CHAIR)
    assert "Before: Ms Okoro: 01473 123459." in told
    assert "Now: nobody." in told or "Mr Pal" in told
    assert "That is right" not in linked.labels(CHAIR)


def test_a_change_of_the_headteacher_is_told_to_the_headteacher(linked: "Staff") -> None:
    change(linked, "01473 123456", "01473 999999")
    linked.round()
    (told,) = linked.told(HEAD)
    assert "Your school has changed how staff reach the headteacher." in told
    assert "That is right" not in linked.labels(HEAD)


@pytest.mark.parametrize(("old", "new"), [("01473 123457", "01473 999999"), ("Mr Jones", "Mr Smith")])
def test_a_change_of_the_safeguarding_leads_is_told_to_nobody(linked: "Staff", old: str, new: str) -> None:
    assert change(linked, old, new) == []
    linked.round()
    assert [linked.told(account) for account in (HEAD, DSL, DEPUTY, CHAIR)] == [[], [], [], []]


def test_nobody_who_has_no_duty_is_written_to(staff: "Staff") -> None:
    assert change(staff, "01473 123459", "01473 999999") == ["Ms Okoro"]
    staff.round()
    assert staff.told(CHAIR) == []


def test_it_waits_until_it_is_due(linked: "Staff") -> None:
    with writing_at(linked.engine, "hillside") as connection:
        (chair,) = linked.parts.people.ids(TELEGRAM, CHAIR)
        words = {"role": "the chair of governors", "before": "a", "after": "b", "by": "the office", "confirms": False}
        due_at = datetime.fromisoformat("2026-11-23T10:00")
        linked.parts.notices.put(connection, "hillside", NoticeKind.CONTACT_CHANGED, person_id=chair, due_at=due_at, **words)
    linked.at("2026-11-23T09:59")
    assert linked.told(CHAIR) == []
    linked.at("2026-11-23T10:00")
    assert len(linked.told(CHAIR)) == 1
