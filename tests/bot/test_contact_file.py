"""A school's contacts as a file: what it may say, what is refused and how, and that what is printed can be loaded again."""

import re
from datetime import date, time, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from bot.contact_book import ChangedNumber, Contact, ContactBook, ContactRole, OnPhones
from bot.contact_commands import skeleton
from bot.contact_file import (
    LONGEST_NAME,
    LONGEST_WAIT,
    ROLE_NAMES,
    differences,
    read_book,
    read_contact_role,
    to_yaml,
    with_contact,
    without_contact,
)
from bot.contact_gaps import gaps
from bot.errors import BotError
from bot.national_numbers import CHANGEABLE
from bot.school_year import Days, Season, Span, WeeklyHours, read_hours
from corpus.versions import School

EXAMPLE = Path(__file__).parents[2] / "deploy" / "contacts.example.yaml"
WHOLE = """\
hours: 08:30-15:30
office_hours: Monday-Friday 08:00-16:30
terms: [2026-11-02 - 2026-12-18, 2026-09-02 - 2026-10-23]
closed: 2026-11-27
telegram_in_hours: hold back
confirm_within: 15 minutes
anonymous_questions: no
numbers:
  nspcc_helpline: {number: 0808 800 5000, checked: 2026-11}
  shout: {number: 85258, checked: 2026-10}
contacts:
  - name: Mrs  Harrison
    roles: [Head, the DSL, headteacher]
    phone: 01473 123456
    email: head@school.example
    hours: 08:00-17:00
    away: 2026-12-01 - 2026-12-04
    conflicts: mr reed
  - name: Mr Reed
    roles: deputy_dsl
    phone: [01473 123457, 07700 900123]
    away: [2026-11-24, 2026-12-07 - 2026-12-08]
  - name: Suffolk's designated officer
    roles: [LADO]
    hours: Monday-Friday 09:00-17:00
  - name: Emergency duty team
    roles: [EDT]
    hours: Mon-Sun 17:00-00:00
"""


def contacts(*entries: str) -> str:
    """Return a file with contacts, each given as the keys after its name."""
    return "contacts:\n" + "".join(f"  - {{{entry}}}\n" for entry in entries)


def refusals(text: str) -> list[str]:
    with pytest.raises(BotError) as refused:
        read_book(text, "contacts.yaml")
    return str(refused.value).splitlines()


def test_a_file_says_whom_to_reach_and_when_in_the_words_of_an_office() -> None:
    book = read_book(WHOLE, "contacts.yaml")
    harrison, reed, officer, duty_team = book.contacts
    assert harrison == Contact(
        name="Mrs Harrison",
        roles=(ContactRole.HEADTEACHER, ContactRole.DSL),
        phones=("01473 123456",),
        email="head@school.example",
        hours=read_hours("08:00-17:00", Season.TERM),
        away=(Days(date(2026, 12, 1), date(2026, 12, 4)),),
        conflicts=("Mr Reed",),
    )
    assert reed.roles == (ContactRole.DEPUTY_DSL,)
    assert reed.phones == ("01473 123457", "07700 900123")
    assert reed.away == (Days(date(2026, 11, 24), date(2026, 11, 24)), Days(date(2026, 12, 7), date(2026, 12, 8)))
    assert officer.roles == (ContactRole.DESIGNATED_OFFICER,)
    assert book.terms == (Days(date(2026, 9, 2), date(2026, 10, 23)), Days(date(2026, 11, 2), date(2026, 12, 18)))
    assert book.closed == (Days(date(2026, 11, 27), date(2026, 11, 27)),)
    assert (book.telegram_in_hours, book.confirm_within, book.anonymous) == (OnPhones.HOLD_BACK, 15, False)
    assert book.numbers == {
        "nspcc_helpline": ChangedNumber("0808 800 5000", "2026-11"),
        "shout": ChangedNumber("85258", "2026-10"),
    }
    assert duty_team.hours is not None


def test_hours_that_say_nothing_of_it_hold_in_term_at_school_and_all_year_outside() -> None:
    harrison, _, officer, duty_team = read_book(WHOLE, "contacts.yaml").contacts
    seasons = [contact.hours.season for contact in (harrison, officer, duty_team) if contact.hours]
    assert seasons == [Season.TERM, Season.ALL_YEAR, Season.ALWAYS]


@pytest.mark.parametrize("text", ["", "\n# nothing yet\n", "contacts:\n", "hours:\ncontacts: []\nnumbers: {}\n"])
def test_everything_may_be_left_out(text: str) -> None:
    assert read_book(text, "contacts.yaml") == ContactBook()


WRONG = [
    ("contacts: [\n", ["contacts.yaml, line 2: this is not YAML: look at the indents, the colons and the quotes."]),
    (
        "- name: A",
        ["contacts.yaml, line 1: the file is to hold keys, each with a colon and its value, such as hours: 08:30-15:30."],
    ),
    ("hours: 08:30-15:30\nhours: 09:00-15:00", ["contacts.yaml, line 2: hours stands twice: take one out."]),
    (
        "hour: 08:30-15:30",
        ["hour is not known here: did you mean hours? Correct it or take it out."],
    ),
    (
        contacts("name: Mrs Lee, roles: dsl, fone: 01473 123456"),
        ["Mrs Lee: fone is not known here: did you mean phone? Correct it or take it out."],
    ),
    ("hours: any time", ["hours: write when school begins and when it ends, as 08:30-15:30."]),
    (
        "telegram_in_hours: remind",
        ["telegram_in_hours is remind, but the hours are not known: add them as hours: 08:30-15:30."],
    ),
    ("telegram_in_hours: never", ["telegram_in_hours: “never” is not one of answer, remind, hold_back: choose one."]),
    ("confirm_within: 0", [f"confirm_within: “0” is no number of minutes from 1 to {LONGEST_WAIT}: write it as 10."]),
    ("confirm_within: 1000000", [f"confirm_within: “1000000” is no number of minutes from 1 to {LONGEST_WAIT}: write it as 10."]),
    ("confirm_within: ²", [f"confirm_within: “²” is no number of minutes from 1 to {LONGEST_WAIT}: write it as 10."]),
    ("anonymous_questions: perhaps", ["anonymous_questions: “perhaps” is neither yes nor no: write one of them."]),
    ("hours: [08:30-15:30]", ["hours: write one value after the colon, on the same line."]),
    (
        "terms: [2026-09-02 - 2026-10-23, 2026-10-23 - 2026-12-18]",
        ["terms: 2026-09-02 - 2026-10-23 and 2026-10-23 - 2026-12-18 overlap: correct one of them."],
    ),
    (
        "numbers: {childline: {number: 0800 1111, checked: 2026-11}}",
        [f"numbers: childline is no national number here: choose from {', '.join(CHANGEABLE)}."],
    ),
    (
        "numbers: {emergency: {number: 0800 1111, checked: 2026-11}}",  # nobody sends those who ring 999 elsewhere
        [f"numbers: emergency is no national number here: choose from {', '.join(CHANGEABLE)}."],
    ),
    (
        "numbers: {nhs: {number: 111}}",
        ["numbers: nhs: checked is missing: write number and checked, the month in which you checked it."],
    ),
    (
        "numbers: {nhs: {number: 11, checked: last month}}",
        [
            "numbers: nhs: number: “11” is no telephone number: write it with its area code, as 01473 123456.",
            "numbers: nhs: checked: “last month” is no month: write it as 2026-11.",
        ],
    ),
    ("numbers: {nhs: 111}", ["numbers: nhs needs values of its own, as {number: 0808 800 5000, checked: 2026-11}."]),
    ("numbers: 111", ["numbers: write under it a name, a colon and its values, as in the example."]),
    ("contacts: Mrs Lee", ["contacts: begin each contact with a hyphen, as - name: Mrs Harrison."]),
    ("contacts: [Mrs Lee]", ["Contact 1: write it as - name: Mrs Harrison, with its roles and ways under it."]),
    (contacts("roles: dsl"), ["Contact 1: there is no name: write name: and who it is."]),
    (
        contacts(f"name: {'x' * (LONGEST_NAME + 1)}, roles: dsl"),
        [f"Contact 1: name: write the name in 1 to {LONGEST_NAME} letters, without characters that cannot be printed."],
    ),
    (
        contacts("name: Mrs Lee"),
        ["Mrs Lee: there is no role: write what staff turn to them for, as roles: [deputy dsl]."],
    ),
    (contacts("name: Mrs Lee, roles: [headtacher]"), ["Mrs Lee: roles: “headtacher” is no role: did you mean headteacher?"]),
    (
        contacts("name: Mrs Lee, roles: [caretaker]"),
        [
            "Mrs Lee: roles: “caretaker” is no role: choose from headteacher, deputy headteacher, DSL, deputy DSL, "
            "chair of governors, line manager, senior leadership team, IT, office, local authority, designated officer, "
            "social care, social care out of hours, police."
        ],
    ),
    (
        contacts("name: Mrs Lee, roles: dsl, phone: 0808 80 500"),
        ["Mrs Lee: phone: “0808 80 500” is no telephone number: write it with its area code, as 01473 123456."],
    ),
    (
        contacts("name: Mrs Lee, roles: dsl, email: lee.school.example"),
        ["Mrs Lee: email: “lee.school.example” is no e-mail address: write it as office@school.example."],
    ),
    (
        contacts("name: Mrs Lee, roles: dsl", "name: mrs lee, roles: it"),
        ["mrs lee stands twice: put both in one, or tell the two people apart by an initial."],
    ),
    (
        contacts("name: Mrs Lee, roles: dsl, conflicts: [Mr Lea]", "name: Mr Lee, roles: it"),
        ["Mrs Lee: conflicts: “Mr Lea” is no contact here: did you mean Mr Lee?"],
    ),
    (
        contacts("name: Mrs Lee, roles: dsl, conflicts: [Zoe]"),
        ["Mrs Lee: conflicts: “Zoe” is no contact here: choose from Mrs Lee."],
    ),
    (
        contacts("name: Mrs Lee, roles: dsl, conflicts: [mrs lee]"),
        ["Mrs Lee: conflicts: that is their own name: take it out."],
    ),
]


@pytest.mark.parametrize(("text", "told"), WRONG)
def test_what_is_wrong_is_named_with_what_to_do(text: str, told: list[str]) -> None:
    assert refusals(text) == told


@pytest.mark.parametrize(
    ("hours", "words"),
    [
        ("15:30-08:30", "does not end after it begins"),
        ("Mon 08:30-12:00, Mon 11:00-15:00", "overlap"),
        ("Mon-Fry 08:30-15:30", "Fry"),
        ("8 to 3", "“8” is no time"),
    ],
)
@pytest.mark.parametrize("where", ["hours", "office_hours", "Mrs Lee: hours"])
def test_hours_that_are_none_are_named_with_whose_they_are(where: str, hours: str, words: str) -> None:
    key = where.rpartition(" ")[2]
    text = f"{key}: {hours}" if key == where else f"contacts:\n  - name: Mrs Lee\n    roles: dsl\n    hours: {hours}\n"
    (told,) = refusals(text)
    assert told.startswith(f"{where}: ")
    assert words in told


@pytest.mark.parametrize("days", ["2026-02-30", "2026-12-04 - 2026-12-01", "next week"])
def test_days_that_are_none_are_named_with_whose_they_are(days: str) -> None:
    entry = f"name: Mrs Lee, roles: dsl, away: {days}"
    told = refusals(f"terms: [{days}]\nclosed: {days}\n{contacts(entry)}")
    of_whom = ["terms: ", "closed: ", "Mrs Lee: away: "]
    assert [sentence.startswith(one) for sentence, one in zip(told, of_whom, strict=True)] == [True] * 3


def test_all_problems_are_told_at_once() -> None:
    told = refusals("confirm_within: x\n" + contacts("name: A, roles: x", "name: B, phone: x", "roles: dsl"))
    assert len(told) == 5


def test_a_contact_need_not_have_a_way_to_be_reached_but_that_is_named_as_missing() -> None:
    book = read_book(contacts("name: Mrs Lee, roles: dsl"), "contacts.yaml")
    sentences = [gap.sentence for gap in gaps(book, "England", date(2026, 11, 21))]
    assert "Mrs Lee cannot be reached: add a phone number or an e-mail address." in sentences


@pytest.mark.parametrize(("role", "names"), ROLE_NAMES.items())
def test_every_role_is_known_by_its_value_and_by_what_people_call_it(role: ContactRole, names: tuple[str, ...]) -> None:
    for name in (role.value, *names):
        for written in (name, name.upper(), name.replace("'", "’"), f" The  {name}"):
            assert read_contact_role(written) is role


def test_every_role_has_a_name() -> None:
    assert set(ROLE_NAMES) == set(ContactRole)


def test_the_example_is_right_and_leaves_nothing_to_fill_in() -> None:
    book = read_book(EXAMPLE.read_text(encoding="utf-8"), EXAMPLE.name)
    assert gaps(book, "England", date(2026, 11, 21)) == []
    text = EXAMPLE.read_text(encoding="utf-8").replace("\n# ", " ")
    assert [word for word in (*(names[0] for names in ROLE_NAMES.values()), *CHANGEABLE) if word not in text] == []


@pytest.mark.parametrize("key", CHANGEABLE)
def test_every_number_that_a_school_may_change_can_be_written_as_it_ships(key: str) -> None:
    number = CHANGEABLE[key].number
    book = read_book(f"numbers: {{{key}: {{number: {number}, checked: 2026-12}}}}", "contacts.yaml")
    assert (book.national(key).number, book.national(key).checked) == (number, "2026-12")


def test_the_file_to_fill_in_says_nothing_until_a_mark_is_taken_away() -> None:
    text = skeleton(School("hillside", "Hillside Primary School", "Hillside"))
    assert read_book(text, "contacts.yaml") == ContactBook()
    filled_in = re.sub(r"^#(?! )", "", re.sub(r"^#(  +)", r"\1", text, flags=re.MULTILINE), flags=re.MULTILINE)
    book = read_book(filled_in, "contacts.yaml")
    assert [contact.name for contact in book.contacts] == ["Mrs Harrison", "The council's emergency duty team"]
    assert len(book.terms) == 2


# One book both ways

DAYS = st.dates(date(2026, 1, 1), date(2027, 12, 31))
STRETCHES = st.tuples(DAYS, st.integers(0, 60)).map(lambda pair: Days(pair[0], pair[0] + timedelta(pair[1])))
NAMES = (
    st.text(st.characters(exclude_categories=("C", "Z")) | st.just(" "), min_size=1, max_size=20)
    .map(lambda text: " ".join(text.split()))
    .filter(lambda name: bool(name) and name.isprintable())
) | st.sampled_from(
    ["null", "~", "yes", "0808", "2026-11-27", "- a", "a: b", "#x", "<<", "&a", "*a", "[x]", "{", "'", '"', "!x", "1e3"]
)
PHONES = st.sampled_from(["01473 123456", "07700 900123", "999", "+44 1473 123456", "01473 123456 x12"])
MINUTES = st.integers(0, 24 * 60 - 1)


def clock(minutes: int) -> time:
    return time(minutes // 60, minutes % 60)


@st.composite
def weekly_hours(draw: st.DrawFn) -> WeeklyHours:
    """Hours of some days of the week, one stretch a day."""
    weekdays = draw(st.sets(st.integers(0, 6), min_size=1))
    spans = []
    for weekday in sorted(weekdays):
        opens, closes = sorted(draw(st.tuples(MINUTES, MINUTES).filter(lambda pair: pair[0] != pair[1])))
        spans.append(Span(weekday, clock(opens), clock(closes)))
    return WeeklyHours(tuple(spans), draw(st.sampled_from(Season)))


@st.composite
def books(draw: st.DrawFn) -> ContactBook:
    """A book that a file can say."""
    names = draw(st.lists(NAMES, max_size=4, unique_by=str.casefold))
    people = tuple(
        Contact(
            name=name,
            roles=tuple(draw(st.lists(st.sampled_from(ContactRole), min_size=1, max_size=3, unique=True))),
            phones=tuple(draw(st.lists(PHONES, max_size=2, unique=True))),
            email=draw(st.sampled_from([None, "a.b@c.example", "o'neill+head@st-marys.sch.uk"])),
            hours=draw(st.none() | weekly_hours() | st.just(WeeklyHours((), Season.ALWAYS))),
            away=tuple(draw(st.lists(STRETCHES, max_size=2))),
            conflicts=tuple(
                draw(st.lists(st.sampled_from([one for one in names if one != name]), max_size=1)) if names[1:] else ()
            ),
        )
        for name in names
    )
    firsts = draw(st.lists(st.integers(0, 20), max_size=3, unique=True).map(sorted))
    begin = date(2026, 9, 1)
    hours = draw(st.none() | weekly_hours())
    return ContactBook(
        hours=hours,
        office_hours=draw(st.none() | weekly_hours()),
        terms=tuple(Days(begin + timedelta(30 * one), begin + timedelta(30 * one + 29)) for one in firsts),
        closed=tuple(draw(st.lists(STRETCHES, max_size=2))),
        telegram_in_hours=draw(st.sampled_from(OnPhones)) if hours else OnPhones.ANSWER,
        confirm_within=draw(st.integers(1, LONGEST_WAIT)),
        anonymous=draw(st.booleans()),
        numbers=draw(
            st.dictionaries(st.sampled_from(sorted(CHANGEABLE)), st.builds(ChangedNumber, PHONES, st.just("2026-11")), max_size=2)
        ),
        contacts=people,
    )


@given(books())
def test_what_is_printed_reads_back_to_the_same_book(book: ContactBook) -> None:
    assert read_book(to_yaml(book), "contacts.yaml") == book


@given(books(), books())
def test_two_books_differ_in_words_just_where_they_differ(book: ContactBook, other: ContactBook) -> None:
    assert differences(book, book) == []
    assert bool(differences(book, other)) is (book != other)


def test_another_order_of_the_contacts_is_told() -> None:
    after = replace(BOOK, contacts=BOOK.contacts[::-1])
    assert differences(BOOK, after) == ["The contacts stand in another order: staff turn to the first in a role first."]


# Changing one contact

BOOK = read_book(WHOLE, "contacts.yaml")


def test_a_contact_is_added_with_what_is_given() -> None:
    after = with_contact(BOOK, "Dr Shah", {"roles": ["chair"], "phone": ["01473 123458"]})
    assert after.contacts[:-1] == BOOK.contacts
    assert after.contacts[-1] == Contact("Dr Shah", (ContactRole.GOVERNORS,), ("01473 123458",))
    assert differences(BOOK, after) == ["Dr Shah is added: chair of governors."]


def test_of_a_contact_that_is_there_only_what_is_given_changes() -> None:
    after = with_contact(BOOK, "mr  REED", {"phone": ["01473 123459"], "away": [""]})
    assert after.named("Mr Reed") == Contact("Mr Reed", (ContactRole.DEPUTY_DSL,), ("01473 123459",))
    assert differences(BOOK, after) == [
        "Mr Reed: phone is changed from 01473 123457, 07700 900123 to 01473 123459.",
        "Mr Reed: away is taken out; it was 2026-11-24, 2026-12-07 - 2026-12-08.",
    ]


def test_what_is_wrong_with_one_contact_is_told_of_that_one() -> None:
    with pytest.raises(BotError, match=r"^Dr Shah: there is no role: "):
        with_contact(BOOK, "Dr Shah", {"phone": ["01473 123458"]})


def test_a_contact_is_taken_out() -> None:
    after = without_contact(BOOK, "emergency duty TEAM")
    assert after.contacts == BOOK.contacts[:-1]
    assert differences(BOOK, after) == ["Emergency duty team is taken out."]


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("Mr Read", "“Mr Read” is no contact here: did you mean Mr Reed?"),
        ("Mr Reed", "Mrs Harrison has Mr Reed as a conflict: end that first."),
    ],
)
def test_a_contact_that_is_not_there_or_is_still_named_is_not_taken_out(name: str, told: str) -> None:
    with pytest.raises(BotError) as refused:
        without_contact(BOOK, name)
    assert str(refused.value).startswith(told.partition(": did")[0])


def test_other_changes_are_told_in_the_words_of_the_file() -> None:
    after = read_book(WHOLE.replace("08:30-15:30", "08:45-15:30").replace("checked: 2026-10", "checked: 2026-11"), "x")
    assert differences(BOOK, after) == [
        "hours is changed from Monday to Friday 8:30-15:30 in term time to Monday to Friday 8:45-15:30 in term time.",
        "numbers is changed from nspcc_helpline 0808 800 5000, checked 2026-11, shout 85258, checked 2026-10 to "
        "nspcc_helpline 0808 800 5000, checked 2026-11, shout 85258, checked 2026-11.",
    ]
