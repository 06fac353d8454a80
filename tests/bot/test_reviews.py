"""Reminders of reviews and of rulings that lapse: when, to whom, once each, late rather than never, in working hours."""

from collections.abc import Callable
from datetime import date
from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from bot.people import PersonRole
from bot.reviews import Ending
from corpus.building import build_policy
from corpus.clause import RULINGS, RulingNote
from corpus.dates import PolicyDate
from corpus.tables import versions
from corpus.versions import Versions

if TYPE_CHECKING:
    from tests.bot.conftest import Staff

HEAD, SECOND_HEAD, OFFICE, TEACHER = "1", "5", "79", "77"
RULES = "1. Gifts\n\n1.1 Staff must tell the school office of each gift.\n"
LONG_AGO = "2024-05-01T10:00"
Bring = Callable[..., int]


@pytest.fixture
def bring(staff: "Staff", store: Versions) -> Bring:
    """Publish a policy of hillside that is due for review, or that holds rulings, as of a day; return its version."""

    def build(title: str, due: str | None, *, on: str = LONG_AGO, ruling: RulingNote | None = None) -> int:
        slug = RULINGS if ruling else title.lower()
        built = build_policy(RULES, school="hillside", slug=slug, title=title, source_name=title)
        dated = replace(built, review_due=PolicyDate(due) if due else None)
        store.save_draft(dated.with_clauses(lambda clause: replace(clause, ruling=ruling)), RULES)
        number = store.publish("hillside", slug, "the headteacher")
        with store.engine.begin() as connection:
            row = (versions.c.slug == slug, versions.c.number == number)
            connection.execute(versions.update().where(*row).values(published_at=staff.clock().fromisoformat(on)))
        return number

    return build


def look(staff: "Staff", moment: str, *accounts: str) -> list[list[str]]:
    """Return what each of these is told of its own accord at a moment; of the headteacher unless others are named."""
    staff.at(moment)
    staff.parts.outgoing.tidy()
    staff.round()
    return [staff.told(account) for account in accounts or (HEAD,)]


@pytest.fixture
def head(staff: "Staff") -> "Staff":
    """Hillside, whose headteacher can be written to."""
    staff.enrol(PersonRole.HEADTEACHER, HEAD)
    staff.say("/help", HEAD)
    return staff


def test_the_headteacher_is_reminded_a_month_ahead_and_on_the_day_and_then_no_more(head: "Staff", bring: Bring) -> None:
    bring("Gifts", "2027-02-24")
    assert look(head, "2027-01-24T12:00") == [[]]
    assert look(head, "2027-01-25T07:00") == [[]]  # before school
    ((ahead,),) = look(head, "2027-01-25T09:00")
    assert ahead == "A policy of your school needs its review.\nGifts: it is due for review on 24 February 2027."
    assert look(head, "2027-02-23T09:00") == [[]]
    ((due,),) = look(head, "2027-02-24T09:00")
    assert "Gifts: it is due for review today." in due
    for later in ("2027-02-24T10:00", "2027-02-25T09:00", "2027-05-25T09:00"):
        assert look(head, later) == [[]]


def test_a_month_is_due_from_its_first_day_and_overdue_after_its_last(head: "Staff", bring: Bring) -> None:
    bring("Gifts", "2027-03")
    ((ahead,),) = look(head, "2027-02-01T09:00")
    assert "Gifts: it is due for review in March 2027." in ahead
    ((due,),) = look(head, "2027-03-01T09:00")
    assert "Gifts: it is due for review this month, March 2027." in due
    day = Ending("Gifts", "2027-03")
    assert day.spoken(date(2027, 3, 31)) == "Gifts: it is due for review this month, March 2027."
    assert day.spoken(date(2027, 4, 1)) == "Gifts: it was due for review in March 2027."


def test_after_days_without_a_process_what_was_missed_is_told_once_and_never_both(head: "Staff", bring: Bring) -> None:
    bring("Gifts", "2027-02-24")
    ((told,),) = look(head, "2027-03-02T09:00")
    assert "Gifts: it was due for review on 24 February 2027." in told
    assert look(head, "2027-03-03T09:00") == [[]]


def test_what_was_known_when_the_version_was_published_is_not_called_to_mind(head: "Staff", bring: Bring) -> None:
    bring("Gifts", "2018-05")
    bring("Gifts", "2018-05", on="2026-11-20T10:00")
    bring("Phones", "2026-12-10", on="2026-11-20T10:00")
    bring("Trips", None)
    assert look(head, "2026-11-23T09:00") == [[]]
    ((due,),) = look(head, "2026-12-10T09:00")
    assert "Phones: it is due for review today." in due


def test_each_version_is_reminded_of_by_itself_and_several_policies_together(head: "Staff", bring: Bring) -> None:
    bring("Gifts", "2027-02-24")
    bring("Phones", "2027-02-20")
    ((told,),) = look(head, "2027-01-25T09:00")
    assert told.startswith("Please look at these: they come to their end.")
    assert "Gifts: it is due for review on 24 February 2027." in told
    assert "Phones: it is due for review on 20 February 2027." in told
    bring("Gifts", "2027-02-26", on="2027-01-26T09:00")
    ((told,),) = look(head, "2027-01-27T09:00")
    assert told.endswith("Gifts: it is due for review on 26 February 2027.")


def test_where_no_headteacher_is_there_the_office_is_told_and_where_nobody_is_the_first_who_comes(
    staff: "Staff", bring: Bring
) -> None:
    bring("Gifts", "2026-12-20")
    assert look(staff, "2026-11-23T09:00", TEACHER) == [[]]
    staff.enrol(PersonRole.OFFICE, OFFICE)
    staff.say("/help", OFFICE)
    assert [len(told) for told in look(staff, "2026-11-24T09:00", OFFICE, TEACHER)] == [1, 0]
    for account in (HEAD, SECOND_HEAD):
        staff.enrol(PersonRole.HEADTEACHER, account)
        staff.say("/help", account)
    bring("Phones", "2026-12-21")
    assert [len(told) for told in look(staff, "2026-11-25T09:00", HEAD, SECOND_HEAD, OFFICE)] == [1, 1, 0]


def test_another_schools_headteacher_is_told_nothing(head: "Staff", bring: Bring) -> None:
    head.enrol(PersonRole.HEADTEACHER, "9", school="meadow")
    head.say("/help", "9")
    bring("Gifts", "2026-12-20")
    assert [len(told) for told in look(head, "2026-11-23T09:00", HEAD, "9")] == [1, 0]


def test_a_ruling_is_reminded_of_a_fortnight_before_it_lapses_however_often_its_policy_is_published(
    head: "Staff", bring: Bring
) -> None:
    ruling = RulingNote("Mrs J Harrison, headteacher", date(2026, 1, 5), date(2027, 2, 26), "May I accept flowers?")
    bring("Rulings of the headteacher", None, ruling=ruling)
    assert look(head, "2027-02-11T09:00") == [[]]
    ((told,),) = look(head, "2027-02-12T09:00")
    assert told == "A ruling comes to its end.\n1.1 lapses at the end of 26 February 2027: then the policies alone hold."
    bring("Rulings of the headteacher", None, ruling=ruling)
    assert look(head, "2027-02-15T09:00") == [[]]
    bring("Rulings of the headteacher", None, ruling=replace(ruling, until=date(2027, 6, 1)))
    assert len(look(head, "2027-06-02T09:00")[0]) == 1
    assert Ending("Ruling 1", "2027-06-01", is_ruling=True).spoken(date(2027, 6, 2)) == (
        "Ruling 1 has lapsed at the end of 1 June 2027: now the policies alone hold."
    )


def test_a_ruling_made_for_less_than_a_fortnight_is_not_called_to_mind(head: "Staff", bring: Bring) -> None:
    short = RulingNote("Mrs J Harrison, headteacher", date(2026, 11, 23), date(2026, 12, 4), "May I accept flowers?")
    bring("Rulings of the headteacher", None, ruling=short)
    assert look(head, "2026-12-03T09:00") == [[]]
