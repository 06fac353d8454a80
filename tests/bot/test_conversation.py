"""The conversation: who is told what, of which school, and what is said when; whatever is written."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from bot.answer import KEEPS_NOTHING
from bot.bootstrap import Indexes
from bot.contact_book import Contact, ContactBook, ContactRole, OnPhones
from bot.conversation import (
    LEFT,
    MOST_A_MINUTE,
    MOST_OF_A_STRANGER,
    NO_TEXT,
    NOT_CONNECTED,
    ONLY_TEXT,
    STRANGER,
    TOO_MANY,
    WAIT,
    WHICH_SCHOOL,
)
from bot.layout import WORRIED, ClauseQuote, Heading
from bot.messages import Audience, Reply
from bot.people import SLACK, TEAMS, TELEGRAM, WEB
from bot.rendering import as_text
from bot.school_year import Season, read_days, read_hours
from bot.sections import GONE
from bot.tables import questions
from bot.turn import IN_PRIVATE, Asker, Tenancy
from retrieval.decision import Outcome

if TYPE_CHECKING:
    from tests.conftest import Chat, Clock

FRIENDS = "can I accept a parent's friend request?"
BEATEN = "a boy has told me his dad beats him every night"
ALLEGATION = "Mr Jones hit a child in the corridor today"
STRIKE = "am I allowed to strike"
NOT_VALID = "That code is not valid"
OF_A_SCHOOL = ("Hillside", "Meadow", "friend requests", "badges", "phones")
MINUTE = timedelta(minutes=1)
TRUST = {(SLACK, "T1"): Tenancy(("hillside", "meadow"), {"C-meadow": "meadow"}), (SLACK, "T2"): Tenancy(("hillside",))}
IN_SLACK = {"channel": SLACK, "tenant": "T1", "room": "C1"}


@pytest.fixture
def trust(chat_of: "Callable[..., Chat]") -> "Chat":
    """Where one Slack workspace holds two schools, and another one of them."""
    return chat_of(tenancies=TRUST)


def labels(reply: Reply) -> list[str]:
    return [button.label for button in reply.buttons]


# Strangers


@pytest.mark.parametrize(("channel", "tenant"), [(TELEGRAM, None), (SLACK, "unknown"), (TEAMS, "unknown")])
def test_a_stranger_is_told_nothing(chat: "Chat", channel: str, tenant: str | None) -> None:
    for number, text in enumerate(
        [FRIENDS, "hello", "/help", "/whoami", "/mydata", "/school", "/forget", "/leave", "", "/start"]
    ):
        (reply,) = chat.say(text, channel=channel, tenant=tenant, account=str(number))
        assert reply.blocks == (Heading(NOT_CONNECTED if channel == TEAMS else STRANGER),)
        assert labels(reply) == [WORRIED]


def test_a_strangers_buttons_tell_nothing(chat: "Chat") -> None:
    chat.join(account="78")
    labels = ("Show the whole section", "Not what I meant", "Keep this answer")
    taken = [chat.button(label, FRIENDS, account="78") for label in labels]
    for pressed in (*taken, "c:1", "l:1"):
        assert chat.told(pressed=pressed) == STRANGER


def test_a_stranger_who_fears_for_a_child_is_given_the_national_numbers_and_nothing_of_any_school(chat: "Chat") -> None:
    for fields in ({"text": BEATEN}, {"text": "/worried"}, {"pressed": "w"}, {"channel": TEAMS, "tenant": "x", "text": BEATEN}):
        told = chat.told(**fields)
        assert "999" in told
        assert not any(words in told for words in OF_A_SCHOOL)


def test_a_stranger_who_goes_on_is_told_once_to_wait_and_then_nothing_for_a_minute(chat: "Chat", clock: "Clock") -> None:
    told = [chat.say(FRIENDS) for _ in range(MOST_OF_A_STRANGER + 3)]
    assert [as_text(replies[0].blocks) for replies in told[:-2]] == [STRANGER] * MOST_OF_A_STRANGER + [WAIT]
    assert told[-2:] == [(), ()]
    assert "999" in chat.told(BEATEN)
    assert chat.told(FRIENDS, account="another") == STRANGER
    clock.wait(MINUTE)
    assert chat.told(FRIENDS) == STRANGER


def test_what_is_urgent_is_told_a_stranger_privately_too(chat: "Chat") -> None:
    answer, note = chat.say(BEATEN, private=False)
    assert answer.audience is Audience.ASKER
    assert as_text(note.blocks) == IN_PRIVATE


# Invitations


@pytest.mark.parametrize(
    "written", ["/start {code}", "/join {code}", "/JOIN {code}", "/join@school_bot {small}", "/join\n{code}", " /join  {code} "]
)
def test_a_code_lets_one_person_in_however_it_is_written(chat: "Chat", written: str) -> None:
    code = chat.invite("hillside")
    text = written.format(code=code, small=code.lower())
    assert "Welcome. You now ask of Hillside Primary School." in chat.told(text)
    assert "not allowed" in chat.told(FRIENDS)
    assert NOT_VALID in chat.told(text, account="78")
    assert chat.told(FRIENDS, account="78") == STRANGER


def test_codes_are_not_tried_beyond_five_in_a_minute(chat: "Chat", clock: "Clock") -> None:
    for _ in range(MOST_OF_A_STRANGER):
        assert NOT_VALID in chat.told("/join AAAAA-AAAAA")
    code = chat.invite("hillside")
    assert chat.told(f"/join {code}") == WAIT
    assert chat.say(f"/join {code}") == ()
    clock.wait(MINUTE)
    assert "Welcome" in chat.told(f"/join {code}")


@pytest.mark.parametrize("tenant", ["T2", "unknown"])
def test_a_code_of_a_school_outside_the_workspace_is_refused_and_not_used_up(trust: "Chat", tenant: str) -> None:
    code = trust.invite("meadow")
    assert NOT_VALID in trust.told(f"/join {code}", channel=SLACK, tenant=tenant)
    assert "Welcome. You now ask of Meadow School." in trust.told(f"/join {code}", **IN_SLACK)


def test_a_code_written_in_a_group_is_answered_privately(chat: "Chat") -> None:
    for code in (chat.invite("hillside"), "AAAAA-AAAAA"):
        answer, note = chat.say(f"/join {code}", private=False)
        assert (answer.audience, as_text(note.blocks)) == (Audience.ASKER, IN_PRIVATE)


def test_a_pass_that_is_over_is_over(chat: "Chat", clock: "Clock") -> None:
    chat.told(f"/join {chat.invite('hillside', clock() + MINUTE)}")
    assert "not allowed" in chat.told(FRIENDS)
    clock.wait(MINUTE)
    assert chat.told(FRIENDS) == STRANGER


# Workspaces and their schools


def test_whoever_a_workspace_of_one_school_holds_asks_without_a_code(trust: "Chat") -> None:
    told = trust.told(FRIENDS, channel=SLACK, tenant="T2")
    assert "Hillside's policy of May 2024: not allowed." in told
    assert "Asked of" not in told


def test_a_workspace_that_is_not_known_is_not_let_in_by_a_code_taken_elsewhere(trust: "Chat") -> None:
    trust.join(channel=SLACK)
    assert trust.told(FRIENDS, channel=SLACK, tenant="unknown") == STRANGER
    assert trust.told(FRIENDS, channel=TEAMS, tenant="T1") == NOT_CONNECTED


def test_in_a_trust_the_school_is_chosen_once_and_named_in_each_reply(trust: "Chat") -> None:
    (choice,) = trust.say(FRIENDS, **IN_SLACK)
    assert as_text(choice.blocks) == WHICH_SCHOOL
    assert labels(choice) == ["Hillside", "Meadow", WORRIED]
    assert "You now ask of Meadow School." in trust.told(pressed=choice.buttons[1].value, **IN_SLACK)
    for text in (FRIENDS, "hello", "/help", "how do I book the minibus", "помогите мне"):
        assert "Asked of: Meadow School." in trust.told(text, **IN_SLACK)
    assert "friend requests from parents whom they know already" in trust.told(FRIENDS, **IN_SLACK)


def test_a_channel_that_belongs_to_a_school_is_answered_of_that_school_whatever_was_chosen(trust: "Chat") -> None:
    choice = trust.button("Hillside", FRIENDS, **IN_SLACK)
    trust.say(pressed=choice, **IN_SLACK)
    assert "Asked of: Meadow School." in trust.told(FRIENDS, **IN_SLACK | {"room": "C-meadow"})
    assert "Asked of: Hillside Primary School." in trust.told(FRIENDS, **IN_SLACK)


def test_changing_the_school_is_not_held_back_after_some_questions(chat: "Chat") -> None:
    chat.join("hillside")
    chat.join("meadow")
    other = chat.button("Meadow", "/school")
    for _ in range(MOST_OF_A_STRANGER):
        chat.say("/help")
    assert "You now ask of Meadow School." in chat.told(pressed=other)


@pytest.mark.parametrize("pressed", ["c:", "c:meadow", "c:00000000"])
def test_a_school_that_is_not_hers_cannot_be_chosen(chat: "Chat", pressed: str) -> None:
    chat.join("hillside")
    (reply,) = chat.say(pressed=pressed)
    assert labels(reply) == ["Hillside", WORRIED]
    assert "Hillside" in chat.told(FRIENDS)


def test_nothing_of_the_context_carries_over_to_the_other_school(chat: "Chat") -> None:
    for school in ("hillside", "meadow"):
        chat.join(school)
    hillside, meadow = (chat.button(name, "/school") for name in ("Hillside", "Meadow"))
    chat.say(pressed=hillside)
    chat.say(FRIENDS)
    assert chat.parts.records.earlier(chat.message(), "hillside") == [FRIENDS]
    chat.say(pressed=meadow)
    assert chat.parts.records.earlier(chat.message(), "meadow") == []
    chat.say("how do I book the minibus")
    assert chat.parts.records.earlier(chat.message(), "meadow") == ["how do I book the minibus"]
    assert chat.parts.records.earlier(chat.message(), "hillside") == [FRIENDS]


@pytest.mark.parametrize("label", ["Show the whole section", "Not what I meant", "Keep this answer"])
def test_a_button_shows_the_clause_of_its_own_school_and_says_so_after_the_other_was_chosen(chat: "Chat", label: str) -> None:
    for school in ("hillside", "meadow"):
        chat.join(school)
    hillside, meadow = (chat.button(name, "/school") for name in ("Hillside", "Meadow"))
    chat.say(pressed=hillside)
    pressed = chat.button(label, FRIENDS)
    chat.say(pressed=meadow)
    told = chat.told(pressed=pressed)
    assert "Asked of: Hillside Primary School." in told
    assert "Meadow" not in told
    assert "Asked of: Meadow School." in chat.told(FRIENDS)


def test_whoever_has_left_one_school_of_a_trust_can_read_nothing_of_it_by_a_button_kept(trust: "Chat", clock: "Clock") -> None:
    hillside, meadow = (trust.button(name, FRIENDS, **IN_SLACK) for name in ("Hillside", "Meadow"))
    trust.say(pressed=meadow, **IN_SLACK)
    trust.say(pressed=hillside, **IN_SLACK)
    section = trust.button("Show the whole section", FRIENDS, **IN_SLACK)
    trust.say(pressed=trust.button("Leave Hillside now", "/leave", **IN_SLACK), **IN_SLACK)
    trust.parts.people.choose(next(one.person for one in trust.parts.people.access(SLACK, "77") if one.school.id == "meadow"))
    assert "friend requests" not in trust.told(pressed=section, **IN_SLACK)
    assert "friend requests from parents whom they know already" in trust.told(FRIENDS, **IN_SLACK)
    clock.wait(MINUTE)
    assert LEFT in trust.told(pressed=hillside, **IN_SLACK)


def test_whoever_left_or_was_removed_stays_out_of_the_workspace_until_a_new_code(trust: "Chat") -> None:
    fields = {"channel": SLACK, "tenant": "T2"}
    trust.say(pressed=trust.button("Leave Hillside now", "/leave", **fields), **fields)
    assert trust.told(FRIENDS, **fields) == LEFT
    assert "999" in trust.told(BEATEN, **fields)
    trust.told(FRIENDS, account="78", **fields)
    (other,) = trust.parts.people.of("hillside")
    trust.parts.people.remove("hillside", other.id)
    assert trust.told(FRIENDS, account="78", **fields) == LEFT
    for account in ("77", "78"):
        assert "Welcome" in trust.told(f"/join {trust.invite('hillside')}", account=account, **fields)
        assert "not allowed" in trust.told(FRIENDS, account=account, **fields)


# Follow-ups


def test_a_follow_up_is_read_after_the_question_before_it(chat: "Chat", clock: "Clock") -> None:
    chat.join()
    chat.say(FRIENDS)
    assert "friend requests from pupils" in chat.told("What about pupils?")
    chat.say(FRIENDS)
    clock.wait(15 * MINUTE)
    assert "do not settle" in chat.told("What about pupils?")


@pytest.mark.parametrize("elsewhere", [{"place": "other"}, {"account": "78"}])
def test_a_follow_up_is_of_the_same_place_and_the_same_person(chat: "Chat", elsewhere: dict[str, str]) -> None:
    chat.join()
    chat.join(account="78")
    chat.say(FRIENDS, place="group")
    assert "do not settle" in chat.told("What about pupils?", **{"place": "group"} | elsewhere)


@pytest.mark.parametrize("question", [STRIKE, ALLEGATION])
def test_what_is_sensitive_or_alleged_is_not_even_remembered_for_a_follow_up(chat: "Chat", question: str) -> None:
    chat.join()
    chat.say(question)
    assert chat.parts.records.earlier(chat.message(), "hillside") == []


# Rate


def test_the_twenty_first_question_in_a_minute_is_refused_kindly_unless_it_is_urgent(chat: "Chat", clock: "Clock") -> None:
    chat.join()
    for _ in range(MOST_A_MINUTE):
        assert TOO_MANY not in chat.told("hello")
    (refused,) = chat.say("hello")
    assert (as_text(refused.blocks), refused.refused, labels(refused)) == (TOO_MANY, True, [WORRIED])
    for urgent in ({"text": BEATEN}, {"text": "/worried"}, {"pressed": "w"}):
        assert "safeguarding lead" in chat.told(**urgent)
    clock.wait(MINUTE)
    assert TOO_MANY not in chat.told("hello")


def test_in_the_demonstration_nobody_shares_a_limit_with_others(chat: "Chat", schools: Indexes) -> None:
    school = schools.of("hillside").school
    asker, message = Asker(school, (school,), None), chat.message(FRIENDS, channel=WEB, account="")
    turn = chat.parts.conversation.turn_of(asker, message, MOST_A_MINUTE + 1, [])
    assert turn.outcome is Outcome.ANSWERED


# Privately


@pytest.mark.parametrize("question", [BEATEN, STRIKE, "can I take Friday off for my miscarriage", "/worried", ALLEGATION])
def test_an_urgent_or_sensitive_question_in_a_channel_is_answered_to_the_asker_and_the_channel_is_told_only_that(
    chat: "Chat", question: str
) -> None:
    chat.join()
    answer, note = chat.say(question, private=False)
    assert (answer.audience, note.audience) == (Audience.ASKER, Audience.HERE)
    assert (as_text(note.blocks), labels(note), note.outcome, note.stance) == (IN_PRIVATE, [WORRIED], None, None)
    assert answer.reference == note.reference
    assert len(chat.say(question)) == 1


def test_any_other_question_is_answered_where_it_was_asked(chat: "Chat") -> None:
    chat.join()
    (answer,) = chat.say(FRIENDS, private=False)
    assert answer.audience is Audience.HERE


@pytest.mark.parametrize(
    ("question", "concerns"),
    [
        ("A colleague is posting about the school, what do I do?", True),
        ("My headteacher posts about pupils, what do I do?", True),
        (FRIENDS, False),
    ],
)
def test_of_a_question_about_somebody_at_school_she_is_told_that_nothing_is_kept(
    chat: "Chat", question: str, concerns: bool
) -> None:
    chat.join()
    assert (KEEPS_NOTHING in chat.told(question)) is concerns
    kept = chat.parts.records.of(chat.parts.records.asker(chat.message()))
    assert bool(kept) is not concerns


def test_the_names_and_hours_of_the_schools_contacts_stand_in_an_answer(chat: "Chat") -> None:
    head = Contact("Mrs Harrison", (ContactRole.HEADTEACHER,), ("01632 960001",), hours=read_hours("9:00-17:00", Season.TERM))
    chat.parts.contacts.save("hillside", ContactBook(contacts=(head,)), "the office")
    chat.join()
    assert "Speak to: Mrs Harrison, the headteacher: 01632 960001, from today at 9:00." in chat.told(FRIENDS)
    others = chat.button("Not what I meant", FRIENDS)
    assert "speak to: Mrs Harrison, the headteacher: 01632 960001, from today at 9:00." in chat.told(pressed=others)


def test_more_rules_on_a_question_about_the_headteacher_do_not_name_her(chat: "Chat") -> None:
    head = Contact("Mrs Harrison", (ContactRole.HEADTEACHER,), ("01632 960001",))
    chat.parts.contacts.save("hillside", ContactBook(contacts=(head,)), "the office")
    chat.join()
    about_her = "My headteacher accepts friend requests from pupils"
    pressed = chat.button("Not what I meant", about_her)
    for told in (chat.told(about_her), chat.told(pressed=pressed)):
        assert "Mrs Harrison" not in told
    assert "If it is none of them, speak to: whomever my answer above names." in chat.told(pressed=pressed)


@pytest.mark.parametrize("command", ["/whoami", "/mydata", "/forget", "/leave"])
def test_nobody_else_in_a_group_sees_what_a_command_tells_of_her(chat: "Chat", command: str) -> None:
    chat.join()
    answer, note = chat.say(command, private=False)
    assert (answer.audience, as_text(note.blocks)) == (Audience.ASKER, IN_PRIVATE)


# The child first


@pytest.mark.parametrize("text", ["/worried", "/worried he came in without a coat again", "/WORRIED\nabout Sam"])
def test_the_command_opens_the_urgent_route_whatever_stands_after_it(chat: "Chat", text: str) -> None:
    chat.join()
    turn = chat.turn(text)
    assert turn.outcome is Outcome.URGENT
    assert "999" in as_text(turn.blocks)


@pytest.mark.parametrize("text", [BEATEN + " " + "please tell me what to do about it. " * 200, BEATEN + " помогите" * 30])
def test_what_cannot_be_read_whole_is_urgent_all_the_same(chat: "Chat", text: str) -> None:
    chat.join()
    assert chat.turn(text).outcome is Outcome.URGENT


@pytest.mark.parametrize("text", ["x" * 40_000, "помогите мне с политикой", "\U0001f600", "\x00\u202e"])
def test_what_cannot_be_read_is_said_in_one_sentence(chat: "Chat", text: str) -> None:
    chat.join()
    (reply,) = chat.say(text)
    assert len(reply.blocks) == 1
    assert reply.refused


# Attachments


@pytest.mark.parametrize("what", ["photo", "voice message", "file"])
def test_an_attachment_is_not_opened_and_the_words_with_it_are_answered(chat: "Chat", what: str) -> None:
    chat.join()
    assert chat.told(attachment=what) == NO_TEXT.format(what=what)
    told = chat.told(FRIENDS, attachment=what)
    assert "not allowed" in told
    assert ONLY_TEXT.format(what=what) in told


# School hours on personal phones


def in_hours(chat: "Chat", on_phones: OnPhones, school: str = "hillside") -> "Chat":
    """Let a school say what the bot does from 8 to 16 in its autumn term."""
    book = ContactBook(
        hours=read_hours("8:00-16:00", Season.TERM),
        terms=(read_days("2026-11-02 - 2026-12-18"),),
        closed=(read_days("2026-11-27"),),
        telegram_in_hours=on_phones,
    )
    chat.parts.contacts.save(school, book, "the office")
    return chat


@pytest.mark.parametrize("on_phones", OnPhones)
def test_in_its_hours_a_school_may_have_phones_answered_reminded_or_held_back(chat: "Chat", on_phones: OnPhones) -> None:
    chat.join()
    plain = chat.told(FRIENDS, channel=TELEGRAM)
    told = in_hours(chat, on_phones).told(FRIENDS, channel=TELEGRAM)
    if on_phones is OnPhones.ANSWER:
        assert told == plain
    elif on_phones is OnPhones.REMIND:
        assert plain in told
        assert "It is school time" in told
        assert "Staff must not use their personal mobile phones during school hours." in told
    else:
        assert "here after 16:00" in told
        assert "friend requests" not in told
    asked = 1 if on_phones is OnPhones.HOLD_BACK else 2
    assert chat.parts.records.earlier(chat.message(), "hillside") == [FRIENDS] * asked


@pytest.mark.parametrize("on_phones", OnPhones)
def test_what_is_urgent_is_answered_in_any_hours(chat: "Chat", on_phones: OnPhones) -> None:
    in_hours(chat, on_phones).join()
    for told in (chat.told(BEATEN), chat.told("/worried")):
        assert "999" in told
        assert "school time" not in told


def test_hours_are_a_schools_own_and_for_phones(chat_of: "Callable[..., Chat]") -> None:
    chat = in_hours(chat_of(tenancies={(SLACK, "T"): Tenancy(("hillside",))}), OnPhones.HOLD_BACK)
    chat.join()
    chat.join("meadow", account="78")
    assert "not allowed" in chat.told(FRIENDS, channel=SLACK, tenant="T")
    assert "school time" not in chat.told(FRIENDS, account="78")
    assert "school time" in chat.told(FRIENDS)


@pytest.mark.parametrize(
    ("moment", "in_school"),
    [
        ("2026-11-23T07:59", False),
        ("2026-11-23T08:00", True),
        ("2026-11-23T15:59", True),
        ("2026-11-23T16:00", False),
        ("2026-11-21T10:00", False),  # a Saturday
        ("2026-11-27T10:00", False),  # a Friday on which the school is closed
        ("2026-10-28T10:00", False),  # a Wednesday before the term
    ],
)
def test_phones_are_held_back_while_school_is_in_session(chat: "Chat", clock: "Clock", moment: str, in_school: bool) -> None:
    in_hours(chat, OnPhones.HOLD_BACK).join()
    clock.time = datetime.fromisoformat(moment)
    assert ("It is school time" in chat.told(FRIENDS)) is in_school


def test_a_school_without_a_rule_on_phones_reminds_without_one(chat: "Chat") -> None:
    in_hours(chat, OnPhones.REMIND, "meadow").join("meadow")
    blocks = chat.turn("must I wear my badge").blocks
    assert "It is school time" in as_text(blocks)
    assert not [block for block in blocks if isinstance(block, ClauseQuote) and "phones" in block.title]


# Buttons


@pytest.mark.parametrize(
    "pressed", ["e:9", "e:-1", "e:" + "1" * 5000, "e:²", "x", ":", "s", "k:" + "9" * 5000, "o:", "o::", "l:", "\U0001f600:"]
)
def test_a_button_that_means_nothing_is_refused_in_one_sentence(chat: "Chat", pressed: str) -> None:
    chat.join()
    (reply,) = chat.say(pressed=pressed)
    assert len(reply.blocks) == 1
    assert reply.refused


def test_an_example_is_asked_at_a_press(chat: "Chat") -> None:
    chat.join()
    assert "not allowed" in chat.told(pressed=chat.button("Can I accept a parent's friend request?", "hello"))


def test_not_what_i_meant_takes_no_more_clauses_than_it_was_given(chat: "Chat") -> None:
    chat.join()
    pressed = chat.button("Not what I meant", FRIENDS)
    assert "None of them is certain to be" in chat.told(pressed=pressed)
    assert chat.told(pressed=f"{pressed},{pressed.rpartition(',')[2]}") == GONE


# Whatever is written

ANYTHING = st.text(st.characters(), max_size=300) | st.text("/ joinwrydsf:abc019@", max_size=60)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    text=ANYTHING,
    pressed=st.just("") | ANYTHING,
    attachment=st.none() | st.just("photo"),
    private=st.booleans(),
    known=st.booleans(),
)
def test_whatever_is_written_is_answered_with_the_way_to_the_child_first(
    chat: "Chat", text: str, pressed: str, attachment: str | None, *, private: bool, known: bool
) -> None:
    if known and not chat.parts.people.access(TELEGRAM, "77"):
        chat.join()
    message = chat.message(text, pressed=pressed, attachment=attachment, private=private, account="77" if known else "stranger")
    reply, *note = chat.parts.conversation.turn(message, 1).replies(message)
    assert reply.blocks
    assert labels(reply)[-1] == WORRIED
    assert all(one.blocks and one.audience is Audience.HERE for one in note)
    late = chat.parts.conversation.turn(message, MOST_OF_A_STRANGER + 2)
    assert late.blocks or not known
    assert replace(late, keep=None)


# What the asker says of an answer


def vote(chat: "Chat", label: str, text: str = FRIENDS, **fields: Any) -> str:
    (reply,) = chat.say(text, **fields)
    return next(button.value for button in reply.votes if button.label == label)


def helped(chat: "Chat") -> list[bool | None]:
    with chat.parts.indexes.versions.engine.connect() as connection:
        return list(connection.scalars(select(questions.c.helped)))


def test_a_vote_is_noted_without_a_name_and_the_last_one_counts(chat: "Chat") -> None:
    chat.join()
    up, down = (vote(chat, label) for label in ("This helped", "This did not help"))
    assert "without your name" in chat.told(pressed=up)
    assert helped(chat) == [True, None]
    chat.say(pressed=f"v:0:{up.rpartition(':')[2]}")
    chat.say(pressed=down)
    assert helped(chat) == [False, False]


def test_nobody_votes_on_anothers_question(chat: "Chat") -> None:
    chat.join()
    chat.join(account="78")
    assert "nothing to note it beside" in chat.told(pressed=vote(chat, "This helped"), account="78")
    assert helped(chat) == [None]


@pytest.mark.parametrize("text", ["hello", "a pupil told me that her dad hits her", "am I allowed to strike", "/help"])
def test_there_is_no_vote_on_what_is_not_kept(chat: "Chat", text: str) -> None:
    chat.join()
    (reply,) = chat.say(text)
    assert reply.votes == ()


@pytest.mark.parametrize("value", ["v", "v:", "v:2:abc", "v:1", "v:1:nobodys", "v:one:1"])
def test_a_vote_that_is_none_does_no_harm(chat: "Chat", value: str) -> None:
    chat.join()
    assert chat.told(pressed=value)
    assert helped(chat) == []
