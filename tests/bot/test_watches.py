"""Rules that somebody asked to be told of: what they are told when one changes, once, in private, in working hours."""

from collections.abc import Callable
from datetime import date
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import func, select

from bot.layout import ClauseQuote
from bot.people import SLACK, WEB, PersonRole
from bot.sections import GONE
from bot.tables import watches
from bot.watches import MOST_WATCHED, TELL_ME, UNREACHABLE
from corpus.building import build_policy
from corpus.clause import Correction, Stance
from corpus.versions import Versions
from tests.conftest import HILLSIDE_RULES

if TYPE_CHECKING:
    from tests.bot.conftest import Staff

TEACHER, OTHER = "77", "78"
FRIENDS = "Can I accept a friend request from a parent?"
LOCK = "Must I lock my computer when I leave the room?"
SOFTER = HILLSIDE_RULES.replace("must not accept friend requests from parents", "should not accept friend requests from parents")
WITHOUT = HILLSIDE_RULES.replace("1.1 Staff must not accept friend requests from parents.\n", "")
SATURDAY = "2026-11-28T10:00"
Publish = Callable[[str], None]


@pytest.fixture
def publishes(staff: "Staff") -> Publish:
    """Publish hillside's policy anew, as the desk does."""

    def build(rules: str) -> None:
        source = f"HILLSIDE PRIMARY SCHOOL\n\nStaff policy\n\nAdopted: May 2024\n\n{rules}"
        policy = build_policy(source, school="hillside", slug="staff", title=None, source_name="staff")

        def make(together: Versions) -> int:
            together.save_draft(policy, source)
            return together.publish("hillside", "staff", "the headteacher")

        change(staff, make)

    return build


def change(staff: "Staff", make: Callable[[Versions], object]) -> None:
    staff.parts.publication.change("hillside", make)
    staff.round()


def watch(staff: "Staff", question: str = FRIENDS, account: str = TEACHER) -> str:
    staff.say(question, account)
    return staff.press(TELL_ME, account)


def watched(staff: "Staff") -> int:
    with staff.engine.connect() as connection:
        return connection.scalar(select(func.count()).select_from(watches)) or 0


def test_a_changed_rule_is_told_with_its_new_words_once_in_working_hours(staff: "Staff", publishes: Publish) -> None:
    assert "I tell you when this rule changes: Staff policy, 1.1." in watch(staff)
    staff.at(SATURDAY)
    publishes(SOFTER)
    assert staff.told() == []
    staff.at("2026-11-30T08:30")
    quoted = [block for block in staff.notices[TEACHER][0].blocks if isinstance(block, ClauseQuote)]
    assert [block.words for block in quoted] == ["Staff should not accept friend requests from parents."]
    (told,) = staff.told()
    assert told.startswith("A rule that you asked me to watch has changed: Staff policy, 1.1.")
    assert "Its words have changed. Before: not allowed. Now: advised against." in told
    assert "Staff policy, 1.1, version 2" in told
    staff.wait(days=7)
    assert staff.told() == []


def test_what_stays_as_it_is_and_what_nobody_watches_is_told_to_nobody(staff: "Staff", publishes: Publish) -> None:
    watch(staff, LOCK)
    staff.enrol(PersonRole.STAFF, OTHER)
    staff.say(FRIENDS, OTHER)
    publishes(SOFTER)
    assert staff.told() == staff.told(OTHER) == []


def test_several_rules_are_told_together_and_each_person_of_her_own(staff: "Staff", publishes: Publish) -> None:
    staff.enrol(PersonRole.STAFF, OTHER)
    watch(staff)
    watch(staff, LOCK)
    watch(staff, LOCK, OTHER)
    publishes(SOFTER.replace("3.1 Staff must lock", "3.1 Staff must always lock"))
    (told,), (other,) = staff.told(), staff.told(OTHER)
    assert told.startswith("2 rules that you asked me to watch have changed.")
    assert "friend requests" not in other
    assert "always lock" in told
    assert "always lock" in other


def test_a_rule_that_is_gone_is_not_said_to_be_allowed_and_is_told_when_it_is_back(staff: "Staff", publishes: Publish) -> None:
    watch(staff)
    publishes(WITHOUT)
    (told,) = staff.told()
    assert "It is not in the new version any more. That does not mean that it is allowed." in told
    assert "A rule that is not in the policy now" in staff.say("/watching")
    change(staff, lambda together: together.roll_back("hillside", "staff", 1))
    (told,) = staff.told()
    assert "It is in the policy again." in told
    assert "Staff must not accept friend requests from parents." in told


def test_what_a_person_set_right_about_a_rule_is_told_without_new_words(staff: "Staff") -> None:
    watch(staff)
    correction = Correction("the headteacher", date(2026, 11, 23), "read it", stance=Stance.ALLOWED)
    change(staff, lambda together: together.correct("hillside", "staff", 1, {"1.1": correction}))
    (told,) = staff.told()
    assert "Staff policy, 1.1: Before: not allowed. Now: allowed." in told


def test_watched_rules_are_listed_and_ended_by_their_own_watcher_alone(staff: "Staff", publishes: Publish) -> None:
    watch(staff)
    assert "1. Staff policy, 1.1" in watch(staff)  # pressed again, all are listed
    assert watched(staff) == 1
    end = staff.value("Stop watching 1")
    staff.enrol(PersonRole.STAFF, OTHER)
    assert "I watch no rule for you." in staff.say("/watching", OTHER)
    assert "I do not watch that rule for you." in staff.press_value(end, OTHER)
    assert "I watch for you: one rule." in staff.say("/mydata")
    assert "I no longer watch that rule for you." in staff.press_value(end)
    publishes(SOFTER)
    assert staff.told() == []


def test_a_watch_ends_with_forget_and_with_leaving_also_where_a_workspace_lets_one_in_again(staff: "Staff") -> None:
    watch(staff)
    assert "I watch no rule for you any more." in staff.say("/forget")
    assert watched(staff) == 0
    for channel, account in ((SLACK, "5"), (WEB, "6")):
        person = staff.enrol(PersonRole.STAFF, account, channel)
        staff.say(FRIENDS, account, channel=channel)
        staff.press(TELL_ME, account, channel=channel)
        assert watched(staff) == 1
        staff.parts.people.remove("hillside", person.id)
        assert watched(staff) == 0


def test_it_is_offered_only_where_the_question_may_be_kept(staff: "Staff") -> None:
    staff.say(FRIENDS)
    assert TELL_ME in staff.labels()
    staff.say("I have accepted a friend request from a parent. What now?")
    assert "Show the whole section" in staff.labels()
    assert TELL_ME not in staff.labels()


def test_whoever_cannot_be_written_to_alone_is_told_so(staff: "Staff") -> None:
    staff.enrol(PersonRole.STAFF, OTHER)
    staff.say(FRIENDS, OTHER, private=False)
    assert UNREACHABLE in staff.press(TELL_ME, OTHER, private=False)
    assert watched(staff) == 0
    staff.say("/help", OTHER)
    assert "I tell you when this rule changes" in staff.press(TELL_ME, OTHER, private=False)


def test_a_rule_of_an_old_version_and_one_of_another_school_cannot_be_watched(staff: "Staff", publishes: Publish) -> None:
    staff.say(FRIENDS)
    old = staff.value(TELL_ME)
    staff.enrol(PersonRole.STAFF, "9", school="meadow")
    assert GONE in staff.press_value(old, "9")
    publishes(WITHOUT)
    assert "That rule is not in the policy any more" in staff.press_value(old)
    assert watched(staff) == 0


def test_nobody_watches_more_than_can_be_listed(staff: "Staff") -> None:
    watch(staff)
    with staff.engine.begin() as connection:
        of = {"school_id": "hillside", "slug": "staff", "person_id": connection.scalar(select(watches.c.person_id))}
        rows = [{**of, "clause_id": str(number), "made_at": staff.clock()} for number in range(MOST_WATCHED - 1)]
        connection.execute(watches.insert(), rows)
    assert f"I already watch {MOST_WATCHED} rules for you" in watch(staff, LOCK)
    assert watched(staff) == MOST_WATCHED
