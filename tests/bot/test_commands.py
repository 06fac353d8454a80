"""What can be asked of the bot itself: each command however it is written, and what it tells, deletes and ends."""

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select

from bot.commands import COMMANDS, read_command
from bot.layout import WORRIED, ClauseQuote
from bot.people import SLACK, TEAMS, TELEGRAM, WEB
from bot.rendering import as_text
from bot.tables import conversations, people, questions, sessions

if TYPE_CHECKING:
    from tests.conftest import Chat, Clock

FRIENDS = "can I accept a parent's friend request?"
MINIBUS = "how do I book the minibus"


def rows(chat: "Chat", table: Any) -> list[Any]:
    with chat.parts.indexes.versions.engine.connect() as connection:
        return list(connection.execute(select(table)))


SPELLINGS = [
    ("/help", ("help", "")),
    ("/HELP", ("help", "")),
    (" /help ", ("help", "")),
    ("/help@school_policy_bot", ("help", "")),
    ("/start", ("help", "")),
    ("Start", ("help", "")),
    ("help!", ("help", "")),
    ("/start ABCDE-FGHJK", ("join", "ABCDE-FGHJK")),
    ("/join@bot ABCDE-FGHJK", ("join", "ABCDE-FGHJK")),
    ("/Join\nABCDE FGHJK", ("join", "ABCDE FGHJK")),
    ("/join\t ABCDE", ("join", "ABCDE")),
    ("/join", ("join", "")),
    ("who am I?", ("whoami", "")),
    ("/whoami", ("whoami", "")),
    ("privacy", ("privacy", "")),
    ("My data.", ("mydata", "")),
    ("forget me", ("forget", "")),
    ("change school", ("school", "")),
    ("Leave my school", ("leave", "")),
    ("/worried", ("worried", "")),
    ("/worried About Sam", ("worried", "About Sam")),
    ("/policy", None),
    ("/", None),
    ("//help", ("help", "")),
    ("/help/me", None),
    ("/hélp", None),
    ("forget me not: may pupils bring flowers?", None),
    ("can I leave my school at lunch", None),
    ("start of term", None),
    ("", None),
    ("İ/help", None),
]


@pytest.mark.parametrize(("written", "read"), SPELLINGS, ids=[repr(written) for written, _ in SPELLINGS])
def test_a_command_is_read_however_it_is_written_and_a_question_is_none(written: str, read: tuple[str, str] | None) -> None:
    assert read_command(written) == read


def test_every_command_that_is_listed_is_understood_and_fits_the_platforms_menus() -> None:
    for command in COMMANDS:
        assert read_command(f"/{command.name}") == (command.name, "")
        # Telegram: 1 to 32 small letters, figures and underscores (core.telegram.org/bots/api#botcommand).
        assert command.name.isalpha()
        assert command.name.islower()
        assert len(command.name) <= 32
        assert len(command.summary) <= 40


def test_help_fits_on_one_phone_screen_and_offers_examples(chat: "Chat") -> None:
    chat.join()
    (reply,) = chat.say("/help")
    lines = sum(len(paragraph) // 38 + 1 for paragraph in as_text(reply.blocks).splitlines())
    assert lines <= 14
    assert len(reply.buttons) == 4
    assert reply.buttons[-1].label == WORRIED


def test_whoami_tells_the_school_the_role_the_day_and_the_end(chat: "Chat", clock: "Clock") -> None:
    chat.say(f"/join {chat.invite('hillside', clock() + timedelta(days=1))}")
    told = chat.told("/whoami")
    assert told.startswith(
        "You ask of Hillside Primary School.\nYou joined Monday 23 November 2026, 08:30, as a member of staff."
    )
    assert "Your access ends Tuesday 24 November 2026, 08:30." in told
    assert "Telegram account's number" in told


@pytest.mark.parametrize(
    ("channel", "words"), [(TELEGRAM, "delete the chat in Telegram"), (SLACK, "Slack keeps"), (TEAMS, "Microsoft Teams keeps")]
)
def test_privacy_says_what_the_platform_keeps_besides(chat: "Chat", channel: str, words: str) -> None:
    chat.join(channel=channel)
    told = chat.told("/privacy", channel=channel)
    assert words in told
    assert "90 days" in told
    for command in ("/mydata", "/forget"):
        assert command in told


def test_mydata_shows_exactly_what_is_kept_of_her_at_every_school_and_nothing_of_others(chat: "Chat") -> None:
    for account in ("77", "78"):
        chat.join(account=account)
    chat.join("meadow")
    chat.say(pressed=chat.button("Hillside", "/school"))
    assert "I keep no question of yours." in chat.told("/mydata")
    chat.say(FRIENDS)
    chat.say(pressed=chat.button("Meadow", "/school"))
    chat.say(MINIBUS)
    chat.say("am I allowed to strike")
    chat.say("who books the hall for parties", account="78")
    lines = chat.told("/mydata").splitlines()
    assert lines[0] == "I keep 2 questions of yours."
    kept = [line for line in lines if ": " in line and "Monday" in line and "joined" not in line]
    assert kept == [
        f"Monday 23 November 2026, 08:30, Hillside Primary School: {FRIENDS}",
        f"Monday 23 November 2026, 08:30, Meadow School: {MINIBUS}",
    ]
    assert {row.question for row in rows(chat, questions)} == {FRIENDS, MINIBUS, "who books the hall for parties"}
    assert chat.told("/mydata", account="78").splitlines()[0] == "I keep one question of yours."


def test_forget_deletes_everything_of_hers_at_every_school_and_nothing_of_others(chat: "Chat") -> None:
    chat.join(account="78")
    chat.join("hillside")
    chat.join("meadow")
    for name in ("Hillside", "Meadow"):
        chat.say(pressed=chat.button(name, "/school"))
        chat.say(FRIENDS, place="one")
        chat.say(MINIBUS, place="two")
    chat.say(FRIENDS, account="78", place="78")
    hers = chat.parts.records.asker(chat.message())
    assert len([row for row in rows(chat, questions) if row.asker == hers]) == 4
    assert chat.told("/forget").startswith("I have deleted your 4 questions.")
    assert not [row for table in (questions, conversations) for row in rows(chat, table) if row.asker == hers]
    assert len(rows(chat, questions)) == len(rows(chat, conversations)) == 1
    assert "There was nothing of yours to delete." in chat.told("/forget")
    assert "friend requests" in chat.told(FRIENDS)


def test_forgetting_one_question_says_so(chat: "Chat") -> None:
    chat.join()
    chat.say(FRIENDS)
    assert chat.told("/forget").startswith("I have deleted your question.")


def test_leave_asks_first_and_ends_the_access_and_what_is_kept_at_the_button(chat: "Chat") -> None:
    chat.join()
    chat.say(FRIENDS)
    leave = chat.button("Leave Hillside now", "/leave")
    assert "not allowed" in chat.told(FRIENDS)
    assert "You have left Hillside Primary School" in chat.told(pressed=leave)
    assert rows(chat, people) == rows(chat, questions) == rows(chat, conversations) == []
    assert "I do not know you yet" in chat.told(pressed=leave)


def test_the_button_to_leave_one_school_does_not_leave_another(chat: "Chat") -> None:
    chat.join("hillside")
    leave = chat.button("Leave Hillside now", "/leave")
    chat.join("meadow")
    chat.say(pressed=chat.button("Meadow", "/school"))
    assert "Choose the school first" in chat.told(pressed=leave)
    assert len(chat.parts.people.access(TELEGRAM, "77")) == 2


def test_on_the_web_page_joining_is_the_pages_own_and_leaving_ends_the_session(chat: "Chat") -> None:
    person = chat.join(channel=WEB)
    chat.parts.people.open_session(person, shared=False)
    code = chat.invite("meadow")
    assert "open the page /join" in chat.told(f"/join {code}", channel=WEB)
    assert len(chat.parts.people.invitations("meadow")) == 1
    chat.say(pressed=chat.button("Leave Hillside now", "/leave", channel=WEB), channel=WEB)
    assert rows(chat, sessions) == []


def test_school_tells_the_only_one_and_offers_several(chat: "Chat") -> None:
    chat.join()
    assert chat.told("/school") == "You ask of Hillside Primary School."
    chat.join("meadow")
    (reply,) = chat.say("my school")
    assert [button.label for button in reply.buttons] == ["Hillside", "Meadow", WORRIED]


@pytest.mark.parametrize("command", [command.name for command in COMMANDS if command.name != "worried"])
def test_no_command_quotes_a_policy_or_is_kept(chat: "Chat", command: str) -> None:
    chat.join()
    for reply in chat.say(f"/{command}"):
        assert not [block for block in reply.blocks if isinstance(block, ClauseQuote)]
        assert reply.buttons[-1].label == WORRIED
    assert rows(chat, questions) == rows(chat, conversations) == []


def test_leaving_one_school_deletes_what_is_kept_there_and_nothing_elsewhere(chat: "Chat") -> None:
    chat.join("hillside")
    chat.join("meadow")
    for school in ("Hillside", "Meadow"):
        chat.say(pressed=chat.button(school, "/school"))
        chat.say(FRIENDS)
    chat.say(pressed=chat.button("Leave Meadow now", "/leave"))
    assert {row.school_id for row in rows(chat, questions)} == {"hillside"}


def test_mydata_shows_what_is_remembered_for_a_quarter_of_an_hour_too(chat: "Chat", clock: "Clock") -> None:
    chat.join()
    chat.say(FRIENDS)
    assert f"so that you can go on asking: {FRIENDS}" in chat.told("/mydata")
    clock.wait(timedelta(minutes=16))
    assert "go on asking" not in chat.told("/mydata")
