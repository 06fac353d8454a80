"""What a school should still write down of whom its staff turn to."""

from datetime import date
from pathlib import Path

import pytest
from msgspec.structs import replace

from bot.contact_book import Contact, ContactBook, ContactRole
from bot.contact_file import read_book, with_contact
from bot.contact_gaps import gaps

TODAY = date(2026, 11, 21)
FULL = read_book((Path(__file__).parents[2] / "deploy" / "contacts.example.yaml").read_text(encoding="utf-8"), "the example")


def without(*roles: ContactRole) -> ContactBook:
    """Return the full book in which nobody holds these roles."""
    held = [replace(contact, roles=tuple(role for role in contact.roles if role not in roles)) for contact in FULL.contacts]
    return replace(FULL, contacts=tuple(contact for contact in held if contact.roles))


def told(book: ContactBook, nation: str = "England", today: date = TODAY) -> list[str]:
    return [gap.sentence for gap in gaps(book, nation, today)]


def test_a_school_that_has_written_everything_is_told_nothing() -> None:
    assert told(FULL) == []


@pytest.mark.parametrize(
    ("role", "words", "unsafe"),
    [
        (ContactRole.HEADTEACHER, "Nobody is named as headteacher", True),
        (ContactRole.DSL, "Nobody is named as designated safeguarding lead (DSL)", True),
        (ContactRole.DEPUTY_DSL, "Nobody is named as deputy DSL", False),
        (ContactRole.GOVERNORS, "Nobody is named as chair of governors", False),
        (ContactRole.DESIGNATED_OFFICER, "The council's designated officer (LADO) is not named", False),
        (ContactRole.SOCIAL_CARE, "The council's social care is not named", False),
        (ContactRole.SOCIAL_CARE_OUT_OF_HOURS, "The council's social care out of hours", False),
    ],
)
def test_a_role_without_anyone_is_named(role: ContactRole, words: str, unsafe: bool) -> None:
    (gap,) = gaps(without(role), "England", TODAY)
    assert gap.sentence.startswith(words)
    assert "add a contact with the role" in gap.sentence
    assert gap.unsafe is unsafe


@pytest.mark.parametrize("nation", ["Wales", "Scotland", "Northern Ireland"])
def test_a_designated_officer_is_missed_in_england_alone(nation: str) -> None:
    assert told(without(ContactRole.DESIGNATED_OFFICER), nation) == []


def test_what_safety_needs_comes_first() -> None:
    found = gaps(ContactBook(), "England", TODAY)
    assert [gap.unsafe for gap in found] == sorted((gap.unsafe for gap in found), reverse=True)
    assert sum(gap.unsafe for gap in found) == 2


def test_a_dsl_without_a_phone_is_named() -> None:
    book = with_contact(FULL, "Mrs Harrison", {"phone": ""})
    assert told(book) == [
        "Mrs Harrison is DSL and has no phone number: add one, since a child at risk cannot wait for an e-mail."
    ]


def test_whoever_cannot_be_reached_is_named() -> None:
    book = with_contact(FULL, "Dr Shah", {"email": ""})
    assert told(book) == ["Dr Shah cannot be reached: add a phone number or an e-mail address."]


def test_whoever_is_both_headteacher_and_chair_is_named() -> None:
    (sentence,) = told(with_contact(FULL, "Mrs Harrison", {"roles": ["head", "dsl", "chair"]}))
    assert sentence.startswith("Mrs Harrison is both headteacher and chair of governors")


def test_where_nobody_can_be_rung_at_night_or_at_the_weekend_that_is_said() -> None:
    by_day = with_contact(without(ContactRole.SOCIAL_CARE_OUT_OF_HOURS), "Mr Reed", {"hours": "08:00-17:00"})
    (_, sentence) = told(by_day)
    assert sentence.startswith("Nobody can be rung at night and at the weekend")
    on_saturday = with_contact(by_day, "Mr Reed", {"hours": "Sat 9:00-12:00"})
    assert len(told(on_saturday)) == 1
    with_e_mail_alone = with_contact(on_saturday, "Mr Reed", {"phone": ""})
    assert len(told(with_e_mail_alone)) == 2


@pytest.mark.parametrize(
    ("today", "words"),
    [
        (date(2027, 6, 20), None),
        (date(2027, 6, 21), "The last term that is given ends on Tuesday 20 July 2027: add the next ones under terms."),
        (date(2027, 7, 21), "The last term that is given ended on Tuesday 20 July 2027: add the next ones under terms."),
    ],
)
def test_terms_that_run_out_within_thirty_days_are_named(today: date, words: str | None) -> None:
    assert told(FULL, today=today) == ([words] if words else [])


def test_a_school_that_has_not_given_its_terms_or_its_hours_is_told_what_follows() -> None:
    book = ContactBook(contacts=FULL.contacts)
    assert told(book) == [
        "The school's hours are not given: add them, such as 08:30-15:30.",
        "The terms are not given, so that half-terms and holidays count as school days: add them under terms.",
    ]


def test_nobody_in_particular_is_asked_for_twice() -> None:
    two = replace(FULL, contacts=(*FULL.contacts, Contact("Ms Obi", (ContactRole.DSL,), ("01473 123459",))))
    assert told(two) == []
