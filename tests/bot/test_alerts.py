"""An alert at one tap: what is sent and to whom, what the asker is told of it, and who is told when nobody takes it on."""

from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select, update

from bot.escalations import Overtaken
from bot.layout import Heading
from bot.messages import Message
from bot.people import TELEGRAM, WEB, PersonRole
from bot.tables import duties, escalation_messages, escalations
from bot.turn import Asker, Turn
from corpus.tenancy import writing_at

if TYPE_CHECKING:
    from tests.bot.conftest import Staff

HEAD, DSL, DEPUTY, CHAIR, TEACHER = "1", "2", "3", "4", "77"
BEATEN = "A child in my class has told me that her stepdad hits her"
ALLEGATION = "A teaching assistant hit a child in the corridor today"
MY_NAME = "Tell Mrs Reed now: my name"
MY_WORDS = "Tell Mrs Reed now: my name and what I wrote"


def name_only(staff: "Staff", whom: str = "Mrs Reed") -> None:
    """Send an alert with no more than a name."""
    staff.say(BEATEN)
    (button,) = [one for one in staff.seen[TEACHER][-1].buttons if one.label == f"Tell {whom} now: my name"]
    staff.press_value(button.value)


def with_words(staff: "Staff", text: str = BEATEN) -> None:
    """Send an alert with what was written."""
    staff.say(text)
    staff.press(MY_WORDS)


# What is offered, and what the tap sends


def test_an_urgent_reply_offers_to_tell_the_safeguarding_lead(linked: "Staff") -> None:
    linked.say(BEATEN)
    assert linked.labels()[:3] == [MY_NAME, MY_WORDS, "Not this person"]


def test_the_tap_says_what_is_sent_and_that_nobody_has_seen_it(linked: "Staff") -> None:
    linked.say(BEATEN)
    told = linked.press(MY_WORDS)
    assert "I am telling Mrs Reed now." in told
    assert "Nobody has seen this yet: ring 01473 123457." in told
    assert "your name and what you wrote" in told
    assert "Telling me is not reporting" in told
    assert "If nobody takes it on in 10 minutes, I tell Mr Jones too." in told


def test_an_alert_reaches_the_safeguarding_lead_at_once_and_says_nothing_before_it_is_opened(linked: "Staff") -> None:
    with_words(linked, "Ella Smith in year 4 has told me that her stepdad hits her")
    linked.round()
    (alert,) = linked.told(DSL)
    assert "A colleague asks for you now. It is urgent." in alert
    assert not [word for word in ("Ella", "Smith", "stepdad", "hits", "year 4", "Name77") if word in alert]


def test_what_was_written_is_shown_once_the_alert_is_opened_without_names_and_numbers(linked: "Staff") -> None:
    with_words(linked, "Ella Smith has told me that her stepdad hits her, her number is 07700 900123")
    linked.round()
    shown = linked.press("Open it", DSL)
    assert "Name77 asks for you now." in shown
    assert "stepdad hits her" in shown
    assert not [word for word in ("Ella", "Smith", "900123") if word in shown]


def test_without_the_words_the_lead_is_told_the_name_alone(linked: "Staff") -> None:
    name_only(linked)
    linked.round()
    shown = linked.press("Open it", DSL)
    assert "Name77 asks for you now." in shown
    assert "They have not sent what it is about: ask them." in shown
    assert "stepdad" not in shown


@pytest.mark.parametrize(
    "text",
    ["I am off sick with depression and a child in my class has told me that her stepdad hits her", "/worried", ALLEGATION],
)
def test_words_that_are_not_remembered_are_not_offered_to_be_sent(linked: "Staff", text: str) -> None:
    linked.say(text)
    assert linked.labels()[0].startswith("Tell ")
    assert not [label for label in linked.labels() if label.endswith("what I wrote")]


def test_whoever_passes_somebody_by_is_offered_no_words_that_would_not_go(linked: "Staff") -> None:
    linked.say(BEATEN)
    linked.press("Not this person")
    for label in [label for label in linked.labels() if label.startswith("Tell ")]:
        sent = "your name and what you wrote" if label.endswith("what I wrote") else "your name, and not what it is about"
        assert sent in linked.press(label)


def test_no_alert_holds_words_that_are_no_longer_remembered(linked: "Staff") -> None:
    linked.say(BEATEN)
    linked.clock.wait(linked.parts.records.retention)
    linked.test(DSL)
    told = linked.press(MY_WORDS)
    assert "your name, and not what it is about" in told


def test_where_the_platform_gives_no_name_the_asker_is_asked_for_it(linked: "Staff") -> None:
    linked.say(BEATEN)
    assert "Write your name in your next message" in linked.press(MY_WORDS, name=None)
    linked.round()
    assert linked.told(DSL) == []
    assert "I am telling Mrs Reed now." in linked.say("Jo Bloggs", name=None)
    linked.round()
    assert "Jo Bloggs asks for you now." in linked.press("Open it", DSL)


@pytest.mark.parametrize("name", ["   ", "x" * 101])
def test_a_name_that_will_not_do_is_refused_and_asked_for_again(linked: "Staff", name: str) -> None:
    linked.say(BEATEN)
    linked.press(MY_WORDS, name=None)
    linked.say(name, name=None, attachment="photo")
    linked.round()
    assert linked.told(DSL) == []
    assert "I am telling Mrs Reed now." in linked.say("Jo", name=None)


def test_a_name_is_asked_for_until_it_is_given_and_then_no_more(linked: "Staff") -> None:
    """Whatever comes of it, the message after the name is a question again."""
    for _ in range(2):
        linked.say(BEATEN)
        linked.press(MY_WORDS, name=None)
        linked.say("Jo", name=None)
    assert "friend requests" in linked.say("Can I accept a friend request from a parent?", name=None)


def test_a_name_that_comes_too_late_is_not_lost_in_silence(linked: "Staff") -> None:
    linked.say(BEATEN)
    linked.press(MY_WORDS, name=None)
    for account in (HEAD, DSL, DEPUTY):
        linked.say("/duty", account)
        linked.press("I am no longer a contact", account)
    assert "I cannot tell anybody for you just now. Turn to them yourself:" in linked.say("Jo", name=None)
    assert "friend requests" in linked.say("Can I accept a friend request from a parent?", name=None)


# To whom


def test_where_nobody_has_confirmed_a_test_alert_there_is_no_button_and_the_numbers_stand(staff: "Staff") -> None:
    staff.link(DSL, tested=False)
    told = staff.say(BEATEN)
    assert "01473 123457" in told
    assert not [label for label in staff.labels() if label.startswith("Tell")]


def test_where_the_first_cannot_be_alerted_the_next_who_can_is_offered(staff: "Staff") -> None:
    staff.link(DSL, tested=False)
    staff.link(DEPUTY)
    staff.say(BEATEN)
    assert staff.labels()[0] == "Tell Mr Jones now: my name"


def test_a_safeguarding_lead_who_asks_is_not_told_by_herself(linked: "Staff") -> None:
    linked.say(BEATEN, DSL)
    assert linked.labels(DSL)[0] == "Tell Mr Jones now: my name"
    linked.press("Tell Mr Jones now", DSL)
    linked.round()
    assert linked.told(DSL) == ["It has arrived with Mr Jones (08:30).\nNobody has seen this yet: ring 01473 123458."]
    assert len(linked.told(DEPUTY)) == 1


def test_not_this_person_leads_to_the_next_who_can_be_told_by_name(linked: "Staff") -> None:
    linked.say(BEATEN)
    linked.press("Not this person")
    assert linked.labels()[0] == "Tell Mr Jones now: my name"
    linked.press("Tell Mr Jones now")
    linked.round()
    assert linked.told(DSL) == []
    assert len(linked.told(DEPUTY)) == 1


def test_a_duty_that_ended_between_the_reply_and_the_tap_leads_to_the_next(linked: "Staff") -> None:
    linked.say(BEATEN)
    linked.say("/duty", DSL)
    linked.press("I am no longer a contact", DSL)
    assert "I am telling Mr Jones now." in linked.press(MY_NAME)


def test_whose_access_ended_between_the_reply_and_the_tap_is_not_told(linked: "Staff") -> None:
    linked.say(BEATEN)
    linked.parts.people.remove("hillside", *linked.parts.people.ids(TELEGRAM, DSL))
    assert "I am telling Mr Jones now." in linked.press(MY_NAME)


def test_an_allegation_goes_to_one_person_alone(linked: "Staff") -> None:
    linked.say(ALLEGATION)
    assert "I am telling Mrs Harrison now." in linked.press("Tell Mrs Harrison now")
    linked.round()
    for _ in range(5):
        linked.wait(minutes=15)
    assert len(linked.told(HEAD)) == 1
    assert [linked.told(account) for account in (DSL, DEPUTY, CHAIR)] == [[], [], []]
    assert "Nobody whom I can tell has taken it on. Do not wait for me." in linked.told(TEACHER)[-1]


@pytest.mark.parametrize("text", ["The headteacher hit a child", "Mrs Harrison hit a child", "mrs. harrison hit a child today"])
def test_an_allegation_about_the_headteacher_goes_to_the_chair_alone(linked: "Staff", text: str) -> None:
    linked.say(text)
    assert "Tell Ms Okoro now: my name" in linked.labels()
    linked.press("Tell Ms Okoro now")
    for _ in range(5):
        linked.wait(minutes=15)
    assert len(linked.told(CHAIR)) == 1
    assert [linked.told(account) for account in (HEAD, DSL, DEPUTY)] == [[], [], []]
    assert "Nothing waits for you." in linked.say("/inbox", HEAD)


def test_at_the_limit_of_questions_a_minute_somebody_can_still_be_told(linked: "Staff") -> None:
    linked.say(BEATEN)
    value = linked.value(MY_NAME)
    for _ in range(25):
        linked.say("/help")
    assert "I am telling Mrs Reed now." in linked.press_value(value)


# Tests of alerts


@pytest.mark.parametrize(
    ("terms", "begins"),
    [
        ("", "2027-01-01"),
        ("terms: [2026-11-02 - 2026-12-18, 2027-01-05 - 2027-02-12, 2027-02-22 - 2027-03-25]\n", "2027-01-05"),
    ],
)
def test_a_test_lasts_until_a_week_into_the_next_half_term(staff: "Staff", terms: str, begins: str) -> None:
    staff.add_to_book(terms)
    staff.link(DSL)
    for days, offered in ((-1, True), (0, True), (6, True), (7, False), (30, False)):
        staff.at(f"{begins}T12:00")
        staff.clock.wait(timedelta(days=days))
        staff.say(BEATEN)
        assert (MY_NAME in staff.labels()) is offered, days


def test_a_test_of_the_half_term_before_the_last_counts_no_more(staff: "Staff") -> None:
    staff.link(DSL)
    staff.at("2027-02-16T12:00")
    staff.say(BEATEN)
    assert MY_NAME not in staff.labels()


def test_at_the_beginning_of_a_half_term_a_test_alert_is_sent_once_in_school_hours(linked: "Staff") -> None:
    linked.parts.outgoing.tidy()
    linked.round()
    assert linked.told(DSL) == []
    linked.at("2027-01-01T00:30")
    for _ in range(3):
        linked.parts.outgoing.tidy()
        linked.round()
    assert linked.told(DSL) == []  # it is a bank holiday, and then a weekend
    linked.at("2027-01-04T08:29")
    assert linked.told(DSL) == []
    linked.at("2027-01-04T08:30")
    linked.parts.outgoing.tidy()
    linked.round()
    (test,) = linked.told(DSL)
    assert "This is a test alert. No child is at risk." in test
    linked.press("It has reached me", DSL)
    linked.at("2027-02-10T12:00")
    linked.say(BEATEN)
    assert MY_NAME in linked.labels()


def test_nobody_who_never_had_a_test_is_sent_one_unasked(staff: "Staff") -> None:
    staff.link(DSL, tested=False)
    staff.at("2027-01-11T12:00")
    staff.parts.outgoing.tidy()
    staff.round()
    assert staff.told(DSL) == []


# What the asker is told


def test_the_asker_is_told_of_delivery_of_opening_and_of_taking_on(linked: "Staff") -> None:
    with_words(linked)
    linked.round()
    assert linked.told() == ["It has arrived with Mrs Reed (08:30).\nNobody has seen this yet: ring 01473 123457."]
    linked.clock.wait(timedelta(minutes=2))
    linked.press("Open it", DSL)
    linked.round()
    (opened,) = linked.told()
    assert opened.startswith("Mrs Reed has opened it (08:32).")
    linked.press("I am dealing with it", DSL)
    linked.round()
    assert linked.told() == ["Mrs Reed is dealing with it (08:32)."]
    linked.wait(hours=2)
    assert linked.told() == []
    assert linked.told(DEPUTY) == []


def test_to_open_an_alert_again_tells_the_asker_nothing_new(linked: "Staff") -> None:
    with_words(linked)
    linked.round()
    for _ in range(3):
        linked.press("Open it", DSL)
    linked.round()
    assert len([one for one in linked.told() if "has opened it" in one]) == 1


def test_each_who_opens_an_alert_is_told_of_once(linked: "Staff") -> None:
    with_words(linked)
    linked.round()
    linked.press("Open it", DSL)
    linked.wait(minutes=11)
    for _ in range(3):
        linked.press("Open it", DEPUTY)
    linked.round()
    told = [one for one in linked.told() if "has opened it" in one]
    assert [one.split(" has")[0] for one in told] == ["Mrs Reed", "Mr Jones"]


def test_after_the_schools_time_the_next_is_told_and_the_asker(linked: "Staff") -> None:
    with_words(linked)
    linked.round()
    linked.told()
    linked.wait(minutes=9)
    assert linked.told(DEPUTY) == []
    linked.wait(minutes=1)
    assert len(linked.told(DEPUTY)) == 1
    passed, arrived = linked.told()
    assert "Nobody has taken it on yet. I am telling Mr Jones now, too." in passed
    assert "Nobody has seen this yet: ring 01473 123458." in passed
    assert "It has arrived with Mr Jones" in arrived


def test_a_school_may_set_another_time(linked: "Staff") -> None:
    linked.add_to_book("confirm_within: 5")
    with_words(linked)
    linked.round()
    linked.wait(minutes=4, seconds=59)
    assert linked.told(DEPUTY) == []
    linked.wait(seconds=1)
    assert len(linked.told(DEPUTY)) == 1


def test_whoever_only_opened_it_is_not_waited_for(linked: "Staff") -> None:
    with_words(linked)
    linked.round()
    linked.press("Open it", DSL)
    linked.wait(minutes=10)
    assert len(linked.told(DEPUTY)) == 1


def test_at_the_end_of_the_line_the_asker_is_told_that_nobody_has_taken_it_on(linked: "Staff") -> None:
    with_words(linked)
    for _ in range(5):
        linked.wait(minutes=10)
    assert [len(linked.told(account)) for account in (DSL, DEPUTY, HEAD, CHAIR)] == [1, 1, 1, 0]
    last = linked.told()[-1]
    assert "Nobody whom I can tell has taken it on. Do not wait for me." in last
    assert "999" in last
    linked.wait(hours=5)
    assert linked.told() == []


def test_an_alert_that_cannot_be_delivered_goes_on_at_once(linked: "Staff") -> None:
    linked.blocked.add(DSL)
    with_words(linked)
    linked.round()
    assert len(linked.told(DEPUTY)) == 1
    assert "I am telling Mr Jones now, too." in linked.told()[0]


def test_an_alert_to_a_channel_that_is_gone_goes_on_at_once_to_the_end(linked: "Staff") -> None:
    with_words(linked)
    linked.gone.add(TELEGRAM)
    linked.round()
    linked.round()
    with linked.engine.connect() as connection:
        (row,) = connection.execute(select(escalations)).all()
    assert row.next_at is None
    assert row.state == "sent"


def test_whose_duty_ended_before_it_arrived_is_passed_by_at_once(linked: "Staff") -> None:
    with_words(linked)
    linked.parts.people.remove("hillside", *linked.parts.people.ids(TELEGRAM, DSL))
    linked.round()
    assert len(linked.told(DEPUTY)) == 1


def test_while_a_platform_is_away_an_alert_goes_on_in_time(linked: "Staff") -> None:
    linked.is_down = True
    with_words(linked)
    linked.round()
    linked.is_down = False
    linked.wait(minutes=10)
    assert len(linked.told(DEPUTY)) == 1


def test_an_alert_at_night_goes_out_at_once(linked: "Staff") -> None:
    linked.at("2026-11-28T23:30")
    with_words(linked)
    linked.round()
    assert len(linked.told(DSL)) == 1
    assert len(linked.told()) == 1


# Twice


def test_a_second_tap_says_that_it_was_sent(linked: "Staff") -> None:
    with_words(linked)
    linked.clock.wait(timedelta(minutes=1))
    assert "I have told Mrs Reed already (08:30)." in linked.press(MY_WORDS)
    linked.round()
    assert len(linked.told(DSL)) == 1


def test_the_words_can_follow_the_name(linked: "Staff") -> None:
    name_only(linked)
    assert "I am telling Mrs Reed now." in linked.press(MY_WORDS)
    linked.round()
    assert len(linked.told(DSL)) == 2


def test_another_child_is_another_alert(linked: "Staff") -> None:
    with_words(linked)
    linked.say("A boy in year 5 has bruises all over his arms and says his mum did it")
    assert "I am telling Mrs Reed now." in linked.press(MY_WORDS)
    linked.round()
    assert len(linked.told(DSL)) == 2


def test_what_nobody_took_on_last_week_keeps_nobody_from_being_told_today(linked: "Staff") -> None:
    name_only(linked)
    linked.wait(days=7)
    linked.told(DSL)
    name_only(linked)
    linked.round()
    assert len(linked.told(DSL)) == 1


def test_two_who_take_it_on_at_once_are_one(linked: "Staff") -> None:
    with_words(linked)
    linked.round()
    linked.wait(minutes=11)
    (number,) = {linked.value("Open it", account).split(":")[2] for account in (DSL, DEPUTY)}
    kept = linked.parts.escalations
    found = kept.find(number)
    assert found
    (dsl,), (deputy,) = (linked.parts.people.ids(TELEGRAM, account) for account in (DSL, DEPUTY))
    engine = linked.engine
    with writing_at(engine, "hillside") as connection:
        kept.take_on(connection, found, dsl)
    with writing_at(engine, "hillside") as connection, pytest.raises(Overtaken):
        kept.take_on(connection, found, deputy)
    linked.told()
    linked.round()
    assert linked.told() == ["Mrs Reed is dealing with it (08:41)."]
    assert "Somebody took this on" in linked.press_value(f"i:t:{number}", DEPUTY)


def test_to_open_it_while_another_takes_it_on_takes_nothing_back(linked: "Staff") -> None:
    with_words(linked)
    linked.round()
    linked.wait(minutes=11)
    number = linked.value("Open it", DSL).split(":")[2]
    kept, engine = linked.parts.escalations, linked.engine
    looked_at = kept.find(number)
    assert looked_at
    (dsl,), (deputy,) = (linked.parts.people.ids(TELEGRAM, account) for account in (DSL, DEPUTY))
    with writing_at(engine, "hillside") as connection:
        kept.take_on(connection, looked_at, dsl)
    with writing_at(engine, "hillside") as connection:
        kept.see(connection, looked_at, deputy)
    after = kept.find(number)
    assert after
    assert after.state == "answered"
    assert "somebody is dealing with it" in linked.say("/sent")


# What the addressee can do


def test_only_who_was_told_can_open_it(linked: "Staff") -> None:
    with_words(linked)
    linked.round()
    number = linked.value("Open it", DSL).split(":")[2]
    for account in (HEAD, DEPUTY, CHAIR, TEACHER):
        for what in "otxeascq":
            told = linked.press_value(f"i:{what}:{number}", account)
            assert "This was not sent to you, so you cannot open or answer it." in told
    linked.round()
    assert len(linked.told()) == 1


def test_an_alert_can_be_copied_and_then_erased(linked: "Staff", plain_words_in_store: Callable[..., list[str]]) -> None:
    with_words(linked)
    linked.round()
    linked.press("Open it", DSL)
    assert "press “I am dealing with it” first" in linked.press_value(f"i:e:{linked.value('Open it', DSL).split(':')[2]}", DSL)
    linked.press("I am dealing with it", DSL)
    copied = linked.press("Copy it", DSL)
    for words in ("by Name77", "stepdad hits her", "Delivered:", "Opened:", "Taken on:", "Told: Mrs Reed.", "Reference:"):
        assert words in copied
    assert "The words are erased here." in linked.press("It is in our records", DSL)
    assert "The words of this are no longer kept here." in linked.press("Open it", DSL)
    assert "The words of this are no longer kept here." in linked.press("Copy it", DSL)
    assert ": closed." in linked.say("/sent")
    with linked.engine.connect() as connection:
        (row,) = connection.execute(select(escalations)).all()
    assert row.content is None
    assert row.asker_address is None


def test_an_alert_cannot_be_answered_by_a_reply(linked: "Staff") -> None:
    with_words(linked)
    linked.round()
    with linked.engine.connect() as connection:
        (said,) = connection.scalars(select(escalation_messages.c.message)).all()
    told = linked.say("I am coming", DSL, replies_to=said)
    assert "An alert cannot be answered here" in told


def test_inbox_shows_the_alert_until_it_is_taken_on(linked: "Staff") -> None:
    with_words(linked)
    linked.round()
    assert "One thing waits for you." in linked.say("/inbox", DSL)
    linked.press("Open: an alert", DSL)
    linked.press("I am dealing with it", DSL)
    assert "Nothing waits for you." in linked.say("/inbox", DSL)


def test_inbox_still_shows_the_alert_to_who_was_passed_by(linked: "Staff") -> None:
    with_words(linked)
    linked.round()
    linked.wait(minutes=10)
    for account in (DSL, DEPUTY):
        assert "One thing waits for you." in linked.say("/inbox", account)


# What is kept


def test_no_word_of_it_stands_in_the_store_in_plain_text(linked: "Staff", plain_words_in_store: Callable[..., list[str]]) -> None:
    words = ("stepdad", "hits her", "Name77")
    with_words(linked)
    linked.round()
    linked.press("Open it", DSL)
    linked.wait(minutes=11)
    linked.press("I am dealing with it", DSL)
    linked.wait(minutes=16)
    linked.parts.outgoing.tidy()
    assert plain_words_in_store(*words, "Mrs Reed") == ["Mrs Reed"]  # whom the school wrote down


def test_a_receipt_can_be_brought_for_two_days_after_it_was_taken_on(linked: "Staff") -> None:
    with_words(linked)
    linked.round()
    linked.press("Open it", DSL)
    linked.press("I am dealing with it", DSL)
    for days, there in ((1.9, True), (0.2, False)):
        linked.wait(days=days)
        linked.parts.outgoing.tidy()
        with linked.engine.connect() as connection:
            assert (connection.scalar(select(escalations.c.asker_address)) is not None) is there


def test_an_alert_is_deleted_a_year_after_it_was_taken_on(linked: "Staff") -> None:
    with_words(linked)
    linked.round()
    linked.wait(days=30)
    linked.press("Open it", DSL)
    linked.press("I am dealing with it", DSL)
    for days, kept in ((364.9, 1), (0.2, 0)):
        linked.wait(days=days)
        linked.parts.outgoing.tidy()
        with linked.engine.connect() as connection:
            assert len(connection.execute(select(escalations)).all()) == kept


def test_what_another_secret_sealed_is_told_as_erased(linked: "Staff") -> None:
    with_words(linked)
    linked.round()
    with linked.engine.begin() as connection:
        connection.execute(update(escalations).values(content=b"sealed with another key"))
    assert "The words of this are no longer kept here." in linked.press("Open it", DSL)


# On the chat page


def test_on_the_chat_page_nobody_becomes_one_who_can_be_alerted(staff: "Staff") -> None:
    staff.enrol(PersonRole.DSL, DSL, WEB)
    on_page = {"channel": WEB, "name": None}
    staff.say("/duty", DSL, **on_page)
    assert "Alerts cannot reach you on this page" in staff.press("I am Mrs Reed", DSL, **on_page)
    for value in ("t:test", "t:seen"):
        assert "Alerts cannot reach you on this page" in staff.press_value(value, DSL, **on_page)
    with staff.engine.connect() as connection:
        assert connection.scalars(select(duties.c.tested_at)).all() == [None]
    staff.say(BEATEN)
    assert not [label for label in staff.labels() if label.startswith("Tell")]


def on_page(staff: "Staff", earlier: list[str], **fields: str) -> Turn:
    """Return the turn of a message of somebody who is signed in to the chat page, which itself remembers what was asked."""
    (person,) = [one for one in staff.parts.people.of("hillside") if one.channel == WEB]
    school = staff.parts.indexes.versions.schools(["hillside"])[0]
    message = Message(channel=WEB, account=person.account, place="page", **fields)
    turn = staff.parts.conversation.turn_of(Asker(school, (school,), person), message, 1, earlier)
    if turn.keep:
        with writing_at(staff.engine, "hillside") as connection:
            turn.keep(connection)
    return turn


def test_from_the_chat_page_an_alert_goes_with_a_name_and_its_receipts_wait_for_the_page(linked: "Staff") -> None:
    linked.enrol(PersonRole.STAFF, "a page", WEB)
    offered = on_page(linked, [], text=BEATEN).buttons
    (value,) = [button.value for button in offered if button.label == MY_WORDS]
    assert on_page(linked, [BEATEN], pressed=value).blocks[0] == Heading(
        "Write your name in your next message: then I tell them at once."
    )
    linked.round()
    assert linked.told(DSL) == []
    assert on_page(linked, [BEATEN], text="Jo Bloggs").blocks[0] == Heading("I am telling Mrs Reed now.")
    linked.round()
    shown = linked.press("Open it", DSL)
    assert "Jo Bloggs asks for you now." in shown
    assert "stepdad hits her" in shown
    linked.round()
    waiting = [delivery.call["words"] for delivery in linked.parts.deliveries.waiting(WEB, "a page")]
    assert [one.split(" (")[0] for one in waiting] == ["It has arrived with Mrs Reed", "Mrs Reed has opened it"]


def test_in_the_demonstration_nobody_is_alerted_or_asked(linked: "Staff") -> None:
    school = linked.parts.indexes.versions.schools(["hillside"])[0]
    nobody = Asker(school, (school,), None)
    for text in (BEATEN, "Can I accept a friend request from a parent?"):
        turn = linked.parts.conversation.turn_of(nobody, Message(channel=WEB, account="", place="", text=text), 1, [])
        assert not [button.label for button in turn.buttons if button.label.startswith(("Tell ", "Ask "))]
