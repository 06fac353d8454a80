"""A question for the headteacher: what is sent and when, the answer that comes back, and what never reaches her."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from bot.escalations import Overtaken
from bot.people import TELEGRAM, PersonRole
from bot.tables import escalation_messages, escalations, notices, outbox, questions, unfinished
from corpus.tenancy import writing_at

if TYPE_CHECKING:
    from tests.bot.conftest import Staff

HEAD, DSL, DEPUTY, CHAIR, TEACHER = "1", "2", "3", "4", "77"
FRIENDS = "Can I accept a friend request from a parent?"
COUSIN = "May I accept one from my own cousin, who is a parent here?"
BEATEN = "A child in my class has told me that her stepdad hits her"
NOT_YOURS = "This was not sent to you, so you cannot open or answer it."
MEADOW_BOOK = "contacts: [{name: Mr Marsh, roles: [head], phone: 01473 223456}]"
MINUTE = timedelta(minutes=1)
NO_DRAFT = "I have nothing of yours to send: /sent shows what I have sent. Else ask your question again."
GRIEVANCES = [
    "My headteacher is bullying me",
    "The head keeps shouting at me in front of parents, what can I do?",
    "The head posted a photo of my class on her own Instagram",
    "Mrs Harrison is bullying me",
    "Mrs Harrison posted a photo of pupils on her own Facebook",
]


def send(staff: "Staff", how: str = "Send it with my name", text: str = FRIENDS, account: str = TEACHER) -> str:
    """Ask, and hand the question over."""
    staff.say(text, account)
    staff.press("Ask Mrs Harrison", account)
    return staff.press(how, account)


def answer(staff: "Staff", text: str = "Yes, but tell me first.") -> str:
    """Answer as the headteacher, by the button."""
    staff.press("Answer", HEAD)
    staff.say(text, HEAD)
    return staff.press("Send it", HEAD)


# What would be sent


def test_what_would_be_sent_is_shown_and_nothing_is_sent_by_showing_it(linked: "Staff") -> None:
    linked.say(FRIENDS)
    shown = linked.press("Ask Mrs Harrison")
    assert "This goes to Mrs Harrison, the headteacher:" in shown
    assert f"“{FRIENDS}”" in shown
    assert "with what I answered: Hillside's policy of May 2024: not allowed." in shown
    assert linked.labels()[:5] == [
        "Send it with my name",
        "Send it without my name",
        "Change the wording",
        "Not this person",
        "Do not send it",
    ]
    linked.wait(days=1)
    assert linked.told(HEAD) == []


def test_the_headteacher_gets_the_question_what_was_answered_and_the_clause(linked: "Staff") -> None:
    assert "Sent to Mrs Harrison, the headteacher, with your name." in send(linked)
    linked.round()
    (came,) = linked.told(HEAD)
    assert "A question for you from Name77:" in came
    assert f"“{FRIENDS}”" in came
    assert "I answered: Hillside's policy of May 2024: not allowed." in came
    assert "Staff must not accept friend requests from parents." in came


def test_without_a_name_nothing_tells_the_headteacher_who_asks(linked: "Staff") -> None:
    assert "without your name." in send(linked, "Send it without my name")
    linked.round()
    (came,) = linked.told(HEAD)
    assert "A question for you from somebody who has not given their name:" in came
    assert "Name77" not in came


def test_a_school_may_want_every_name(linked: "Staff") -> None:
    linked.add_to_book("anonymous_questions: no")
    linked.say(FRIENDS)
    linked.press("Ask Mrs Harrison")
    assert "Send it without my name" not in linked.labels()
    value = linked.value("Send it with my name").replace("d:s", "d:u")
    linked.press_value(value)
    linked.round()
    assert linked.told(HEAD) == []


def test_the_wording_can_be_changed_and_what_was_answered_stays_with_it(linked: "Staff") -> None:
    linked.say(FRIENDS)
    linked.press("Ask Mrs Harrison")
    linked.press("Change the wording")
    shown = linked.say(COUSIN)
    assert f"“{COUSIN}”" in shown
    linked.press("Send it with my name")
    linked.round()
    (came,) = linked.told(HEAD)
    assert COUSIN in came
    assert FRIENDS not in came


def test_names_and_numbers_are_taken_out_of_the_question_and_of_its_new_wording(linked: "Staff") -> None:
    linked.say("Can I accept a friend request from Ella Smith's mum? Her number is 07700 900123")
    assert "900123" not in linked.press("Ask Mrs Harrison")
    linked.press("Change the wording")
    shown = linked.say("Ella Smith's mum has sent me a friend request, may I accept? 07700 900123")
    assert not [word for word in ("Ella", "Smith", "900123") if word in shown]


@pytest.mark.parametrize("label", ["Do not send it", "Change the wording"])
def test_what_is_not_sent_is_forgotten(linked: "Staff", label: str) -> None:
    linked.say(FRIENDS)
    linked.press("Ask Mrs Harrison")
    linked.press(label)
    if label == "Change the wording":
        assert "Nothing was sent." in linked.press("Do not ask")
    with linked.engine.connect() as connection:
        assert connection.execute(select(unfinished)).all() == []
    assert NO_DRAFT in linked.press("Send it with my name")


def test_after_a_quarter_of_an_hour_the_wording_is_forgotten(linked: "Staff") -> None:
    linked.say(FRIENDS)
    linked.press("Ask Mrs Harrison")
    linked.press("Change the wording")
    linked.wait(minutes=15)
    assert "friend requests" in linked.say(FRIENDS)  # it is a question again
    assert NO_DRAFT in linked.press("Send it with my name")
    linked.parts.outgoing.tidy()
    with linked.engine.connect() as connection:
        assert connection.execute(select(unfinished)).all() == []


def test_a_button_sends_only_what_stands_above_it(linked: "Staff") -> None:
    linked.say(FRIENDS)
    linked.press("Ask Mrs Harrison")
    first = linked.value("Send it with my name")
    linked.press("Change the wording")
    linked.say(COUSIN)
    linked.press_value(first)
    linked.round()
    assert linked.told(HEAD) == []
    linked.press("Send it with my name")
    linked.round()
    assert COUSIN in linked.told(HEAD)[0]


def test_a_button_sends_only_to_who_stands_above_it(linked: "Staff") -> None:
    linked.say(FRIENDS)
    linked.press("Ask Mrs Harrison")
    to_head = linked.value("Send it with my name")
    linked.press("Not this person")
    linked.press_value(to_head)
    linked.round()
    assert [linked.told(account) for account in (HEAD, CHAIR, DSL)] == [[], [], []]


def test_a_question_that_is_sent_twice_arrives_once(linked: "Staff") -> None:
    send(linked)
    assert NO_DRAFT in linked.press("Send it with my name")
    linked.round()
    assert len(linked.told(HEAD)) == 1


def test_two_taps_at_once_send_it_once(linked: "Staff") -> None:
    linked.say(FRIENDS)
    linked.press("Ask Mrs Harrison")
    chat, value = linked.chat, linked.value("Send it with my name")
    message = chat.message(pressed=value, name="Name77")
    turns = [linked.parts.conversation.turn(message, 1) for _ in range(2)]
    first, second = (turn.keep for turn in turns)
    assert first
    assert second
    with writing_at(linked.engine, "hillside") as connection:
        first(connection)
    with pytest.raises(Overtaken), writing_at(linked.engine, "hillside") as connection:
        second(connection)
    with linked.engine.connect() as connection:
        assert len(connection.execute(select(escalations)).all()) == 1


def test_a_wording_that_is_too_long_is_refused_and_asked_for_again(linked: "Staff") -> None:
    linked.say(FRIENDS)
    linked.press("Ask Mrs Harrison")
    linked.press("Change the wording")
    assert "shorten it to 4000 or fewer" in linked.say("may I " * 1000)
    assert COUSIN in linked.say(COUSIN)


def test_an_urgent_wording_leads_to_the_urgent_route_and_not_to_the_headteacher(linked: "Staff") -> None:
    linked.say(FRIENDS)
    linked.press("Ask Mrs Harrison")
    linked.press("Change the wording")
    told = linked.say(BEATEN)
    assert "ring 999" in told
    assert "Tell Mrs Reed" in told
    linked.round()
    assert linked.told(HEAD) == []


def test_an_urgent_message_is_not_taken_for_a_name(linked: "Staff") -> None:
    linked.say(FRIENDS, name=None)
    linked.press("Ask Mrs Harrison", name=None)
    assert "Write your name" in linked.press("Send it with my name", name=None)
    assert "ring 999" in linked.say(BEATEN, name=None)
    assert "Sent to Mrs Harrison" in linked.say("Jo Bloggs", name=None)
    linked.round()
    assert "A question for you from Jo Bloggs:" in linked.told(HEAD)[0]


def test_not_this_person_shows_the_question_to_the_next_who_can_be_asked(linked: "Staff") -> None:
    linked.say(FRIENDS)
    linked.press("Ask Mrs Harrison")
    told = linked.press("Not this person")
    assert "This goes to Mrs Harrison" not in told
    for _ in range(12):
        if "Not this person" not in linked.labels():
            break
        told = linked.press("Not this person")
        assert "This goes to Mrs Harrison" not in told
    assert "Turn to:" in told
    linked.round()
    assert linked.told(HEAD) == []


def test_a_headteacher_who_asks_is_not_asked_by_herself(linked: "Staff") -> None:
    linked.say(FRIENDS, HEAD)
    assert "Ask Mrs Harrison" not in linked.labels(HEAD)


def test_where_nobody_is_linked_nobody_can_be_asked(staff: "Staff") -> None:
    assert "Speak to: Mrs Harrison, the headteacher: 01473 123456." in staff.say(FRIENDS)
    assert not [label for label in staff.labels() if label.startswith("Ask ")]


def test_a_follow_up_is_sent_with_what_it_was_read_as(linked: "Staff") -> None:
    linked.say(FRIENDS)
    answered = linked.say("What about pupils?").split("\n")[0]
    shown = linked.press("Ask Mrs Harrison")
    assert "“What about pupils?”" in shown
    assert f"with what I answered: {answered}" in shown
    linked.press("Send it with my name")
    linked.round()
    assert "Staff must not accept friend requests from pupils." in linked.told(HEAD)[0]


def test_a_button_of_an_earlier_answer_sends_that_question(linked: "Staff") -> None:
    linked.say(FRIENDS)
    value = linked.value("Ask Mrs Harrison")
    linked.say("Do I have to lock my computer?")
    assert f"“{FRIENDS}”" in linked.press_value(value)


# When it reaches her


@pytest.mark.parametrize(
    ("asked", "reaches", "said"),
    [
        ("2026-11-23T15:29", "2026-11-23T15:29", "It is on its way."),
        ("2026-11-23T18:00", "2026-11-24T08:30", "It reaches them tomorrow at 8:30."),
        ("2026-11-27T16:00", "2026-11-30T08:30", "It reaches them on Monday at 8:30."),
        ("2026-10-23T16:00", "2026-11-02T08:30", "It reaches them"),  # half-term; the clocks change in it
        ("2026-12-18T16:00", "2027-01-05T08:30", "It reaches them"),
    ],
)
def test_it_waits_for_school_hours(linked: "Staff", asked: str, reaches: str, said: str) -> None:
    linked.add_to_book("terms: [2026-09-02 - 2026-10-23, 2026-11-02 - 2026-12-18, 2027-01-05 - 2027-02-12]")
    linked.at(asked)
    told = send(linked)
    linked.round()
    if asked != reaches:
        assert linked.told(HEAD) == []
        linked.at(f"{datetime.fromisoformat(reaches) - MINUTE}")
        assert linked.told(HEAD) == []
    linked.at(reaches)
    assert len(linked.told(HEAD)) == 1
    assert said.removeprefix("It reaches them on ").removeprefix("It reaches them ") in told


def test_it_waits_for_the_headteachers_own_hours(linked: "Staff") -> None:
    linked.set_hours("Tuesday 10:00-12:00")
    send(linked)
    linked.at("2026-11-24T09:59")
    assert linked.told(HEAD) == []
    linked.at("2026-11-24T10:00")
    assert len(linked.told(HEAD)) == 1


# The answer


def test_an_answer_by_the_button_is_shown_and_then_brought_as_hers(linked: "Staff") -> None:
    send(linked)
    linked.round()
    linked.press("Answer", HEAD)
    assert "This goes to whoever asked, as your answer:" in linked.say("Yes, but tell me first.", HEAD)
    linked.round()
    assert linked.told() == []
    linked.press("Send it", HEAD)
    linked.round()
    (came,) = linked.told()
    assert came.startswith("Mrs Harrison has answered your question.")
    assert f"You asked: “{FRIENDS}”" in came
    assert "Yes, but tell me first." in came
    assert "These are the words of Mrs Harrison, not of a policy." in came
    assert ": closed." in linked.say("/sent")


def test_an_answer_can_be_a_reply_to_the_message(linked: "Staff") -> None:
    send(linked)
    linked.round()
    assert "I send your answer, as yours." in linked.say("Yes.", HEAD, replies_to=linked.said[HEAD])
    linked.round()
    assert "Yes." in linked.told()[0]


def test_an_answer_can_be_a_reply_to_the_reminder(linked: "Staff") -> None:
    send(linked)
    linked.round()
    first = linked.said[HEAD]
    linked.wait(days=2)
    reminder = linked.said[HEAD]
    assert reminder != first
    linked.say("Yes.", HEAD, replies_to=reminder)
    linked.round()
    assert "Yes." in linked.told()[-1]


def test_an_answer_in_the_evening_waits_for_the_morning(linked: "Staff") -> None:
    send(linked)
    linked.round()
    linked.at("2026-11-23T19:00")
    assert "It reaches them tomorrow at 8:30." in answer(linked)
    linked.at("2026-11-24T08:29")
    assert linked.told() == []
    linked.at("2026-11-24T08:30")
    assert len(linked.told()) == 1


def test_an_answer_can_be_changed_or_left(linked: "Staff") -> None:
    send(linked)
    linked.round()
    linked.press("Answer", HEAD)
    linked.say("No.", HEAD)
    linked.press("Change it", HEAD)
    assert "On reflection, yes." in linked.say("On reflection, yes.", HEAD)
    assert "Nothing was sent." in linked.press("Do not send it", HEAD)
    assert "I do not have your answer any more" in linked.press("Send it", HEAD)
    linked.round()
    assert linked.told() == []


def test_an_answer_too_long_is_refused_and_asked_for_again(linked: "Staff") -> None:
    send(linked)
    linked.round()
    linked.press("Answer", HEAD)
    assert "shorten it to 2000 or fewer" in linked.say("y" * 2001, HEAD)
    assert "This goes to whoever asked" in linked.say("y" * 2000, HEAD)


def test_a_picture_is_no_answer(linked: "Staff") -> None:
    send(linked)
    linked.round()
    linked.press("Answer", HEAD)
    assert "I can send only words" in linked.say("", HEAD, attachment="photo")
    assert "I can send only words" in linked.say("", HEAD, attachment="photo", replies_to=linked.said[HEAD])


def test_a_question_is_answered_once(linked: "Staff") -> None:
    send(linked)
    linked.round()
    said = linked.said[HEAD]
    answer(linked)
    for told in (linked.press("Answer", HEAD), linked.say("And no.", HEAD, replies_to=said)):
        assert "This was answered Monday 23 November 2026" in told
    linked.round()
    assert len(linked.told()) == 1


def test_nobody_but_the_addressee_can_answer(linked: "Staff") -> None:
    send(linked)
    linked.round()
    said, number = linked.said[HEAD], linked.value("Answer", HEAD).split(":")[2]
    for account in (DSL, DEPUTY, CHAIR, TEACHER):
        assert NOT_YOURS in linked.say("No.", account, replies_to=said)
        for what in "otxeascq?":
            assert NOT_YOURS in linked.press_value(f"i:{what}:{number}", account)
    linked.round()
    assert linked.told() == []


def test_an_addressee_whose_access_ended_can_neither_read_nor_answer(linked: "Staff") -> None:
    send(linked)
    linked.round()
    said, value = linked.said[HEAD], linked.value("Answer", HEAD)
    linked.parts.people.remove("hillside", *linked.parts.people.ids(TELEGRAM, HEAD))
    for told in (linked.press_value(value, HEAD), linked.say("No.", HEAD, replies_to=said), linked.say("/inbox", HEAD)):
        assert "friend request" not in told
    linked.enrol(PersonRole.HEADTEACHER, HEAD)  # back as somebody else
    assert NOT_YOURS in linked.press_value(value, HEAD)


def test_an_asker_who_has_left_is_told_nothing_and_the_headteacher_is_told_so(linked: "Staff") -> None:
    send(linked)
    linked.round()
    linked.told(HEAD)
    linked.say("/leave")
    linked.press("Leave Hillside now")
    answer(linked)
    linked.round()
    assert linked.told() == []
    (told,) = linked.told(HEAD)
    assert "Your answer could not be brought to whoever asked" in told


def test_an_asker_who_has_blocked_the_bot_is_noted_and_the_headteacher_is_told(linked: "Staff") -> None:
    send(linked)
    linked.round()
    linked.told(HEAD)
    linked.blocked.add(TEACHER)
    answer(linked)
    linked.round()
    assert "Your answer could not be brought to whoever asked" in linked.told(HEAD)[0]
    with linked.engine.connect() as connection:
        (row,) = connection.execute(select(escalations)).all()
    assert row.state == "closed"
    assert row.asker_address is None


def test_a_headteacher_who_has_blocked_the_bot_leads_to_a_word_to_the_asker(linked: "Staff") -> None:
    linked.blocked.add(HEAD)
    send(linked)
    linked.round()
    (told,) = linked.told()
    assert "Your question has not arrived with Mrs Harrison." in told
    linked.wait(days=5)
    assert linked.told() == []


def test_a_headteacher_who_gave_up_before_it_came_leads_to_a_word_to_the_asker(linked: "Staff") -> None:
    linked.at("2026-11-23T19:00")
    send(linked)
    linked.say("/duty", HEAD)
    linked.press("I am no longer a contact", HEAD)
    linked.at("2026-11-24T08:30")
    assert linked.told(HEAD) == []
    (told,) = linked.told()
    assert "Your question has not arrived with" in told


# What waits too long


def test_after_two_school_days_the_headteacher_is_reminded_once_and_the_asker_told(linked: "Staff") -> None:
    linked.at("2026-11-26T14:00")
    send(linked)
    linked.round()
    linked.told(HEAD)
    linked.at("2026-11-30T13:59")
    assert (linked.told(HEAD), linked.told()) == ([], [])
    linked.at("2026-11-30T14:01")
    (reminded,), (told,) = linked.told(HEAD), linked.told()
    assert "This question waits for you since Thursday 26 November 2026, 14:00." in reminded
    assert "Mrs Harrison has not answered your question yet. I have reminded them." in told
    for _ in range(10):
        linked.wait(days=1)
    assert (linked.told(HEAD), linked.told()) == ([], [])


def test_what_was_answered_is_not_called_to_mind(linked: "Staff") -> None:
    send(linked)
    linked.round()
    answer(linked)
    linked.round()
    linked.told(HEAD)
    linked.told()
    linked.wait(days=5)
    assert (linked.told(HEAD), linked.told()) == ([], [])


def test_nobody_is_told_that_a_question_waits_which_was_answered_meanwhile(linked: "Staff") -> None:
    """The reminder waits for her next hours; before them she answers from /inbox."""
    linked.set_hours("Monday 8:00-12:00")
    send(linked)
    linked.round()
    linked.told(HEAD)
    linked.at("2026-11-25T12:00")
    answer(linked)
    linked.round()
    assert "has answered your question" in linked.told()[0]
    linked.at("2026-11-30T09:00")
    assert (linked.told(HEAD), linked.told()) == ([], [])


# What is kept of it


def test_sent_shows_the_asker_each_state(linked: "Staff") -> None:
    assert "You have handed nothing over." in linked.say("/sent")
    send(linked)
    assert "to Mrs Harrison: sent, not delivered yet." in linked.say("/sent")
    linked.round()
    assert "to Mrs Harrison: delivered." in linked.say("/sent")
    linked.press("Answer", HEAD)
    assert ": opened." in linked.say("/sent")
    linked.say("Yes.", HEAD)
    linked.press("Send it", HEAD)
    assert ": answered." in linked.say("/sent")
    linked.round()
    assert ": closed." in linked.say("/sent")
    assert "You have handed nothing over." in linked.say("/sent", DSL)


def test_inbox_shows_the_addressee_alone_what_waits(linked: "Staff") -> None:
    send(linked)
    linked.round()
    for account in (DSL, DEPUTY, CHAIR, TEACHER):
        assert "Nothing waits for you." in linked.say("/inbox", account)
    assert "One thing waits for you." in linked.say("/inbox", HEAD)
    assert FRIENDS in linked.press("Open: a question", HEAD)


def test_forget_leaves_it_and_says_so_and_mydata_counts_it(linked: "Staff") -> None:
    send(linked)
    assert "You have handed over: one thing. /sent lists them." in linked.say("/mydata")
    assert "What you handed over to somebody stays with them: one thing." in linked.say("/forget")
    linked.round()
    assert len(linked.told(HEAD)) == 1
    answer(linked)
    linked.round()
    assert len(linked.told()) == 1


def test_forget_deletes_what_was_not_sent(linked: "Staff") -> None:
    linked.say(FRIENDS)
    linked.press("Ask Mrs Harrison")
    linked.say("/forget")
    assert NO_DRAFT in linked.press("Send it with my name")


def test_where_the_asker_is_is_deleted_once_the_answer_has_arrived(linked: "Staff") -> None:
    send(linked)
    linked.round()
    answer(linked)
    for there in (True, False):
        with linked.engine.connect() as connection:
            assert (connection.scalar(select(escalations.c.asker_address)) is not None) is there
        linked.round()


def test_it_is_deleted_a_year_after_it_was_closed(linked: "Staff") -> None:
    send(linked)
    linked.wait(days=100)
    answer(linked)
    linked.round()
    for days, kept in ((364.9, 1), (0.2, 0)):
        linked.wait(days=days)
        linked.parts.outgoing.tidy()
        with linked.engine.connect() as connection:
            assert len(connection.execute(select(escalations)).all()) == kept
            assert len(connection.execute(select(escalation_messages)).all()) <= 2 * kept


def test_its_words_stand_nowhere_in_plain_text(linked: "Staff", plain_words_in_store: Callable[..., list[str]]) -> None:
    linked.say(FRIENDS)
    linked.press("Ask Mrs Harrison")
    linked.press("Change the wording")
    linked.say("May I accept my flamboyant cousin?")
    linked.press("Send it with my name")
    assert plain_words_in_store("flamboyant", "Name77") == []
    linked.round()
    linked.press("Answer", HEAD)
    linked.say("Yes, because of serendipity.", HEAD)
    linked.press("Send it", HEAD)
    linked.round()
    assert "serendipity" in linked.told()[0]
    linked.wait(minutes=16)
    assert plain_words_in_store("flamboyant", "serendipity", "Name77", "Mrs Reed") == ["Mrs Reed"]


# Several schools


def test_an_addressee_of_one_school_never_sees_anothers(linked: "Staff") -> None:
    linked.write_book(MEADOW_BOOK, "meadow")
    linked.enrol(PersonRole.HEADTEACHER, "9", school="meadow")
    linked.say("/duty", "9")
    linked.press("I am Mr Marsh", "9")
    send(linked)
    linked.round()
    number = linked.value("Answer", HEAD).split(":")[2]
    assert linked.told("9") == []
    assert "Nothing waits for you." in linked.say("/inbox", "9")
    for what in "otxeascq":
        assert NOT_YOURS in linked.press_value(f"i:{what}:{number}", "9")
    assert NOT_YOURS in linked.say("No.", "9", replies_to=linked.said[HEAD])


def test_somebody_at_two_schools_asks_the_headteacher_of_the_chosen_one(linked: "Staff") -> None:
    linked.write_book(MEADOW_BOOK, "meadow")
    linked.enrol(PersonRole.HEADTEACHER, "9", school="meadow")
    linked.say("/duty", "9")
    linked.press("I am Mr Marsh", "9")
    linked.enrol(PersonRole.STAFF, TEACHER, school="meadow")
    linked.say("/school")
    linked.press("Meadow")
    linked.say(FRIENDS)
    linked.press("Ask Mr Marsh")
    preview = linked.value("Send it with my name")
    linked.say("/school")
    linked.press("Hillside")
    assert NO_DRAFT in linked.press_value(preview)  # it was for the other school
    linked.say("/school")
    linked.press("Meadow")
    linked.press_value(preview)
    linked.round()
    assert len(linked.told("9")) == 1
    assert linked.told(HEAD) == []


# About the headteacher


@pytest.mark.parametrize(
    "text",
    [
        "Do I need Mrs Harrison's permission to post a photo?",
        "Should I tell Mrs Harrison about a message from a parent?",
        "Mrs Harrison said I can use my phone at lunchtime, is that right?",
    ],
)
def test_a_question_that_only_names_the_headteacher_is_one_for_her(linked: "Staff", text: str) -> None:
    linked.say(text)
    assert "Ask Mrs Harrison" in linked.labels()


def test_a_wording_that_accuses_the_headteacher_by_name_leads_to_the_urgent_route(linked: "Staff") -> None:
    linked.say(FRIENDS)
    linked.press("Ask Mrs Harrison")
    linked.press("Change the wording")
    assert "Tell Ms Okoro, the chair of governors, now" in linked.say("Mrs Harrison hit a child")


@pytest.mark.parametrize("text", GRIEVANCES)
def test_a_question_about_the_headteacher_is_never_for_her(linked: "Staff", text: str) -> None:
    linked.say(text)
    assert not [label for label in linked.labels() if "Harrison" in label]
    for _ in range(8):
        if "Not this person" not in linked.labels():
            break
        told = linked.press("Not this person")
        assert "Mrs Harrison" not in told
        assert not [label for label in linked.labels() if "Harrison" in label]
    linked.round()
    assert linked.told(HEAD) == []
    with linked.engine.connect() as connection:
        assert connection.execute(select(questions)).all() == []


@pytest.mark.parametrize("text", GRIEVANCES)
def test_a_question_about_the_headteacher_that_is_handed_over_leaves_no_trace_for_her(
    linked: "Staff", text: str, plain_words_in_store: Callable[..., list[str]]
) -> None:
    linked.say(text)
    linked.press("Ask Ms Okoro")
    shown = linked.say(text)
    assert "This goes to Ms Okoro, the chair of governors:" in shown
    linked.press("Send it without my name")
    linked.wait(days=10)
    assert len(linked.told(CHAIR)) == 2  # the question, and a reminder
    assert linked.told(HEAD) == []
    assert "Nothing waits for you." in linked.say("/inbox", HEAD)
    (head,) = linked.parts.people.ids(TELEGRAM, HEAD)
    with linked.engine.connect() as connection:
        assert connection.execute(select(questions)).all() == []
        for table in (notices, outbox):
            assert connection.execute(select(table).where(table.c.person_id == head)).all() == []
        (row,) = connection.execute(select(escalations)).all()
    assert row.person_id != head
    assert str(head) not in row.line.replace(str(row.person_id), "")
    assert plain_words_in_store("bullying", "shouting at me", "Instagram", "Facebook") == []


@pytest.mark.parametrize("text", GRIEVANCES)
def test_a_wording_that_is_about_the_headteacher_goes_past_her(linked: "Staff", text: str) -> None:
    linked.say(FRIENDS)
    linked.press("Ask Mrs Harrison")
    linked.press("Change the wording")
    shown = linked.say(text)
    assert "This goes to Mrs Harrison" not in shown
    linked.press("Send it without my name")
    linked.wait(days=10)
    assert linked.told(HEAD) == []
    assert "Nothing waits for you." in linked.say("/inbox", HEAD)


@pytest.mark.parametrize("text", GRIEVANCES)
def test_no_altered_button_turns_a_question_about_the_headteacher_to_her(linked: "Staff", text: str) -> None:
    linked.say(FRIENDS)
    ordinary = linked.value("Ask Mrs Harrison")
    linked.say(text)
    about = linked.value("Ask Ms Okoro")
    code = ordinary.split(":")[2]
    linked.press_value(f"h:{about.split(':')[1]}:{code}")
    if "Send it with my name" not in linked.labels():  # it is not remembered, and asked for
        linked.say(text)
    assert "This goes to Mrs Harrison" not in "".join(str(reply.blocks) for reply in linked.seen[TEACHER][-2:])
    if "Send it with my name" in linked.labels():
        linked.press("Send it with my name")
    linked.wait(days=10)
    assert linked.told(HEAD) == []
