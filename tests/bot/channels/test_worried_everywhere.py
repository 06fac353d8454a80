"""Whatever a channel says, refusals and faults included, the way to "Worried about a child?" stands with it."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from bot.contact_book import ContactBook, OnPhones
from bot.conversation import AT_FAULT, MOST_A_MINUTE, MOST_OF_A_STRANGER, Turn
from bot.layout import WORRIED, WORRIED_NOW, Heading
from bot.messages import Audience, Button, Reply
from bot.school_year import Season, read_hours
from tests.platforms.slack_server import Refuses
from tests.platforms.someone import PLATFORMS, InTeams, OnSlack, OnTelegram, There, on

if TYPE_CHECKING:
    from tests.conftest import Chat

FRIENDS = "can I accept a parent's friend request?"
BEATEN = "a boy has told me his dad beats him every night"
REPLY = Reply((Heading("Not allowed."),), (Button(WORRIED, "w"),), audience=Audience.ASKER, reference="A1B2C3")
IN_SCHOOL_TIME = ContactBook(hours=read_hours("8:00-15:30", Season.TERM), telegram_in_hours=OnPhones.HOLD_BACK)


@pytest.fixture(params=PLATFORMS)
def there(request: pytest.FixtureRequest) -> Iterator[There]:
    with on(request.param) as there:
        yield there


@pytest.fixture
def turns(chat: "Chat") -> dict[str, Turn]:
    """What is said to people, of every kind there is."""
    stranger = chat.message(FRIENDS)
    said = {
        "a stranger": chat.parts.conversation.turn(stranger, 1),
        "a stranger who goes on": chat.parts.conversation.turn(stranger, MOST_OF_A_STRANGER + 1),
        "a stranger's worry": chat.turn(BEATEN),
        "a wrong code": chat.turn("/join ABCDE-FGHJK"),
    }
    chat.join()
    said |= {
        "an answer": chat.turn(FRIENDS),
        "what no policy covers": chat.turn("where can I park my car?"),
        "a worry": chat.turn(BEATEN),
        "the asker at risk": chat.turn("I want to end my life"),
        "small talk": chat.turn("hello"),
        "a command": chat.turn("/privacy"),
        "what only the asker may see": chat.turn("/whoami"),
        "what cannot be read": chat.turn("можно ли мне"),
        "a photo": chat.turn("", attachment="photo"),
        "a button of long ago": chat.turn(pressed="s:nothing.1.here"),
        "too many questions": chat.parts.conversation.turn(chat.message(FRIENDS), MOST_A_MINUTE + 1),
        "a fault": AT_FAULT,
    }
    chat.parts.contacts.save("hillside", IN_SCHOOL_TIME, "the office")
    return said | {"in school time": chat.turn(FRIENDS)}


def test_each_turn_is_of_the_kind_that_it_stands_for(turns: dict[str, Turn]) -> None:
    assert len({turn.blocks for turn in turns.values()}) == len(turns) - 1  # a stranger's worry is a worry
    assert all(turn.blocks for turn in turns.values())


@pytest.mark.parametrize("is_alone", [True, False], ids=["alone", "among others"])
def test_whatever_is_said_has_the_way_to_the_urgent_route_below_it(there: There, turns: dict[str, Turn], is_alone: bool) -> None:
    platform = there.platform
    alone = platform.writes("hello")
    message = alone if is_alone else platform.writes_elsewhere("hello")
    for kind, turn in turns.items():
        for reply in turn.replies(message):
            seen = platform.alone() + platform.elsewhere()
            there.says(reply, message)
            said = [one for one in platform.alone() + platform.elsewhere() if one not in seen]
            assert said, kind
            assert WORRIED in str(said[-1]), kind


def test_whoever_cannot_be_written_to_alone_on_telegram_has_a_link_that_opens_the_urgent_route(chat: "Chat") -> None:
    with on("telegram") as there:
        assert isinstance(there.platform, OnTelegram)
        assert there.says(REPLY, there.platform.writes_elsewhere("hello")) == [None]
        (way,) = there.platform.elsewhere()
        assert WORRIED_NOW in way["text"]
        links = {one["text"]: one["url"] for row in way["reply_markup"]["inline_keyboard"] for one in row}
        _, _, written = links[WORRIED].partition("?start=")
    for text in (f"/start {written}", f"/start {written.upper()}"):
        assert "Tell the designated safeguarding lead (DSL) now" in chat.told(text)
    chat.join()
    assert "Tell the designated safeguarding lead (DSL) now" in chat.told(f"/start {written}")


def test_whoever_cannot_be_written_to_alone_in_teams_is_told_in_the_thread_what_to_do_about_a_worry() -> None:
    with on("teams") as there:
        assert isinstance(there.platform, InTeams)
        message = there.platform.writes_elsewhere("hello")
        there.platform.blocks()
        assert there.says(REPLY, message) == [None]
        (told,) = there.platform.elsewhere()
    assert WORRIED in str(told)
    assert "ring 999" in str(told)


@pytest.mark.parametrize("error", ["invalid_blocks", "msg_blocks_too_long"])
def test_where_slack_takes_only_words_the_words_say_what_to_do_about_a_worry(error: str) -> None:
    with on("slack") as there:
        assert isinstance(there.platform, OnSlack)
        message = there.platform.writes("hello")
        there.platform.server.fail("chat.postMessage", Refuses(error))
        there.says(REPLY, message)
        (told,) = there.platform.alone()
    assert told["text"].endswith(WORRIED_NOW)


def test_whoever_takes_no_direct_messages_on_slack_has_the_button_where_she_asked() -> None:
    with on("slack") as there:
        assert isinstance(there.platform, OnSlack)
        message = there.platform.writes_elsewhere("hello")
        there.platform.server.fail("conversations.open", Refuses("user_disabled"))
        assert there.says(REPLY, message) == [None]
        (told,) = there.platform.server.seen_by("U1STAFF", "C1STAFF")
    assert told["visible_to"] == "U1STAFF"
    assert WORRIED in str(told["blocks"])
