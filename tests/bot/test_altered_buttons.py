"""Buttons that nobody was shown: whatever an altered client sends, it gets one sentence, and nothing of anybody else's."""

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from bot.people import TELEGRAM, PersonRole
from bot.rendering import as_text
from bot.short_names import shortened
from bot.tables import contact_books, duties, escalations, people, readings, watches

if TYPE_CHECKING:
    from tests.bot.conftest import Staff

HEAD, DSL, DEPUTY, CHAIR, TEACHER, STRANGER = "1", "2", "3", "4", "77", "88"
MINUTE = timedelta(minutes=1)
FRIENDS = "Can I accept a friend request from a parent?"
BEATEN = "A child in my class has told me that her stepdad hits her"
KINDS = "nahditwesokclvgxy"
SECRETS = ("stepdad", "friend request from a parent", "Name77")
RUBBISH = [
    "",
    ":",
    "::::",
    "0",
    "-1",
    "ffffffffff",
    "a000000",
    "a000000:",
    ":a000000",
    "na000000:",
    "qa000000:ffffffff",
    "nz999999:",
    "x" * 64,
    "a" * 5000,
    "o:",
    "o:0",
    "all",
    "end:1",
    "1",
    "s:",
    "me:",
    "me:00000000",
    "right:",
    "' OR 1=1 --",
    "\x00",
    "👻",
    "٣٣٣",
]


def is_quiet(told: str) -> None:
    """Check that a reply is one of few sentences and holds nothing of what somebody else handed over."""
    assert told
    assert "Something went wrong" not in told
    assert not [word for word in SECRETS if word in told]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("account", [TEACHER, STRANGER])
def test_rubbish_is_answered_and_changes_nothing(linked: "Staff", kind: str, account: str) -> None:
    linked.say(BEATEN, DEPUTY)
    linked.press("Tell Mrs Reed now: my name and", DEPUTY)
    linked.round()
    linked.say("/help", account)  # from then on it is known where to write to them
    before = _rows(linked)
    for value in RUBBISH:
        linked.clock.wait(MINUTE)
        is_quiet(linked.press_value(f"{kind}:{value}", account))
        is_quiet(linked.press_value(f"{kind}{value}", account))
    assert _rows(linked) == before
    assert "friend requests" in linked.say(FRIENDS, TEACHER)  # what follows is a question as ever


@given(data=st.data())
@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_is_pressed_is_answered_in_a_sentence_and_is_never_a_fault(linked: "Staff", data: st.DataObject) -> None:
    known = _known(linked)
    pieces = st.sampled_from([*known, *RUBBISH, *"nqsucxotea", "me", "seen", "right"]) | st.text(max_size=12)
    value = ":".join([data.draw(st.sampled_from(KINDS)), *data.draw(st.lists(pieces, max_size=4))])
    account = data.draw(st.sampled_from([TEACHER, STRANGER, DEPUTY]))
    message = linked.chat.message(pressed=value, account=account, place=account, name=None)
    turn = linked.parts.conversation.turn(message, 1)
    assert turn.blocks
    is_quiet(as_text(turn.blocks))


def _known(staff: "Staff") -> list[str]:
    """Return ids and codes that there are, of an alert and of a question that others have handed over."""
    if not staff.seen[CHAIR] or "h:" not in str(staff.seen[CHAIR]):
        staff.say(BEATEN, CHAIR)
        staff.press("Tell Mrs Reed now: my name and", CHAIR)
        staff.say(FRIENDS, CHAIR)
        staff.press("Ask Mrs Harrison", CHAIR)
        staff.press("Send it with my name", CHAIR)
        staff.round()
    with staff.engine.connect() as connection:
        numbers = connection.scalars(select(escalations.c.id)).all()
    return [*numbers, *map(shortened, ("Mrs Harrison", "Mrs Reed", "hillside", "meadow", FRIENDS, BEATEN)), "a000000", "b000000"]


def _rows(staff: "Staff") -> list[object]:
    with staff.engine.connect() as connection:
        tables = (escalations, duties, contact_books, people, watches, readings)
        return [connection.execute(select(table)).all() for table in tables]


@pytest.mark.parametrize("account", [TEACHER, DEPUTY, CHAIR, HEAD, "9"])
def test_nobody_reads_answers_or_erases_what_was_sent_to_another(linked: "Staff", account: str) -> None:
    """The safeguarding lead's alert, whose id somebody has come to know; 9 is the headteacher of the other school."""
    linked.enrol(PersonRole.HEADTEACHER, "9", school="meadow")
    linked.say("/help", "9")
    linked.say(BEATEN)
    linked.press("Tell Mrs Reed now: my name and")
    linked.round()
    (number,) = {value.id for value in linked.parts.escalations.waiting_for("hillside", linked.parts.people.ids(TELEGRAM, DSL))}
    before = _rows(linked)
    for what in ("o", "t", "x", "e", "a", "s", "c", "q", "", "oo", "o:o"):
        told = linked.press_value(f"i:{what}:{number}", account)
        assert "This was not sent to you, so you cannot open or answer it." in told
    assert _rows(linked) == before


def test_an_answer_that_was_begun_is_sent_to_no_other_question(linked: "Staff") -> None:
    for account in (TEACHER, DEPUTY):
        linked.say(FRIENDS, account)
        linked.press("Ask Mrs Harrison", account)
        linked.press("Send it without my name", account)
    linked.round()
    first, second = (one.id for one in linked.parts.escalations.waiting_for("hillside", linked.parts.people.ids(TELEGRAM, HEAD)))
    linked.press_value(f"i:a:{first}", HEAD)
    linked.say("Yes, for you.", HEAD)
    assert "I do not have your answer any more" in linked.press_value(f"i:s:{second}", HEAD)
    linked.press_value(f"i:s:{first}", HEAD)
    linked.round()
    assert len(linked.told(TEACHER)) == 1
    assert linked.told(DEPUTY) == []


def test_what_was_to_be_sent_as_an_alert_is_not_sent_as_a_question(linked: "Staff") -> None:
    linked.say(FRIENDS)
    linked.press("Ask Mrs Harrison")
    value = linked.value("Send it without my name")
    linked.say(BEATEN)
    linked.press("Tell Mrs Reed now: my name and", name=None)
    for what in ("d:s", "d:u", "d:c", "d:n", "d:x", value):
        linked.press_value(what)
    linked.round()
    assert _told(linked) == {}
    assert "I am telling Mrs Reed now." in linked.say("Jo", name=None)


def test_an_answer_that_was_begun_is_not_sent_as_a_question(linked: "Staff") -> None:
    linked.say(FRIENDS)
    linked.press("Ask Mrs Harrison")
    linked.press("Send it without my name")
    linked.round()
    linked.told(HEAD)
    linked.press("Answer", HEAD)
    linked.say("Yes.", HEAD)
    for what in ("d:s", "d:u", "d:c", "d:n", "d:x"):
        linked.press_value(what, HEAD)
    linked.round()
    assert _told(linked) == {}
    assert "I send your answer, as yours." in linked.press("Send it", HEAD)


def _told(staff: "Staff") -> dict[str, list[str]]:
    return {account: said for account in list(staff.notices) if (said := staff.told(account))}
