"""A month in figures: also once the questions themselves are gone, and nothing that is not the headteacher's to know."""

from datetime import date, timedelta
from typing import TYPE_CHECKING

from bot.people import PersonRole
from bot.records import RETENTION, Records
from bot.summary import Asked
from retrieval.decision import Outcome

if TYPE_CHECKING:
    from tests.bot.conftest import Staff

HEAD, CHAIR, TEACHER = "1", "4", "77"
KEY = b"a key that only the tests have"
FRIENDS, BOOKS = "Can I accept a friend request from a parent?", "Who books the minibus?"


def test_a_month_is_counted_beside_the_one_before_and_names_only_what_three_people_asked(linked: "Staff") -> None:
    colleagues = ["81", "82", "83"]
    for account in colleagues:
        linked.enrol(PersonRole.STAFF, account)
    linked.say(BOOKS)
    for account in (*colleagues, TEACHER, TEACHER):
        linked.say(FRIENDS, account)
    linked.say(FRIENDS, TEACHER, place="elsewhere")
    for vote in linked.seen[TEACHER][-1].votes:
        if vote.label == "This helped":
            linked.press_value(vote.value)
    linked.clock.wait(timedelta(days=10))
    for account in colleagues[:2]:
        linked.say(BOOKS, account)
    november, december = (linked.parts.summaries.of("hillside", date(2026, month, 30)) for month in (11, 12))
    assert november.month.outcomes == {Outcome.NOT_COVERED: 1, Outcome.ANSWERED: 6}
    assert november.month.answered_share == 6 / 7
    assert (november.month.helped, november.month.did_not_help) == (1, 0)
    (asked,) = november.most_asked
    assert asked == Asked(asked.what, people=4, times=6)
    assert (november.before.month, november.before.questions, november.before.answered_share) == ("2026-10", 0, None)
    assert december.before == november.month
    assert (december.month.questions, december.most_asked) == (2, ())

    Records(linked.engine, KEY, linked.clock, retention=timedelta(days=5)).clear("hillside")
    later = linked.parts.summaries.of("hillside", date(2026, 11, 1))
    assert later.month.outcomes == november.month.outcomes
    assert (later.month.counted_only, later.month.helped, later.most_asked) == (7, 0, ())
    linked.clock.wait(RETENTION)
    linked.parts.records.clear("hillside")
    assert linked.parts.summaries.of("hillside", date(2026, 12, 1)).month.outcomes == {Outcome.NOT_COVERED: 2}
    assert linked.parts.summaries.of("meadow", date(2026, 11, 1)).month.questions == 0


def test_how_long_the_headteacher_took_counts_only_what_went_to_her(linked: "Staff") -> None:
    for hours, account in ((1, "81"), (2, "82"), (6, "83"), (None, "84")):
        linked.enrol(PersonRole.STAFF, account)
        linked.say(FRIENDS, account)
        linked.press("Ask Mrs Harrison", account)
        linked.press("Send it without my name", account)
        linked.round()
        if hours:
            linked.clock.wait(timedelta(hours=hours))
            linked.press("Answer", HEAD)
            linked.say("No.", HEAD)
            linked.press("Send it", HEAD)
            linked.clock.wait(timedelta(days=1))
    linked.say("My headteacher is bullying me")
    linked.press("Ask Ms Okoro")
    linked.say("My headteacher is bullying me")
    linked.press("Send it without my name")
    linked.wait(days=3)
    assert linked.told(CHAIR)
    month = linked.parts.summaries.of("hillside", date(2026, 11, 23)).month
    assert (month.to_headteacher, month.answered) == (4, 3)
    assert month.hours is not None
    assert round(month.hours, 2) == 2
