"""What the bot says of its own accord: to an address kept for days, with buttons that work and replies that name it."""

from collections.abc import Iterator

import msgspec
import pytest

from bot.layout import Heading
from bot.messages import Button, Refused, Reply
from tests.platforms.someone import PLATFORMS, There, on

SAID = "Mrs Reed has seen this."
NOTICE = Reply((Heading(SAID),), (Button("Open it", "x:1"), Button("Worried about a child?", "w")), reference="A1B2C3")
LONG_AGO = "Can I be friends online with former pupils?"


@pytest.fixture(params=PLATFORMS)
def there(request: pytest.FixtureRequest) -> Iterator[There]:
    with on(request.param) as there:
        yield there


def test_a_notice_reaches_the_person_alone_and_in_no_old_thread(there: There) -> None:
    address = there.address_of(there.platform.writes(LONG_AGO))
    assert address.private
    assert "former pupils" not in str(msgspec.to_builtins(address))
    assert there.says(NOTICE, address)
    (said,) = there.platform.alone()
    assert SAID in str(said)
    assert "thread_ts" not in said
    assert "reply_to_message" not in said


def test_a_reply_to_a_notice_names_it_and_another_message_does_not(there: There) -> None:
    first = there.platform.writes(LONG_AGO)
    (number,) = there.says(NOTICE, there.address_of(first))
    (said,) = there.platform.alone()
    answer = there.platform.replies(said, "Yes, you may.")
    assert (answer.text, answer.replies_to) == ("Yes, you may.", number)
    assert first.replies_to is None
    assert there.platform.writes("And at weekends?").replies_to is None


def test_the_buttons_of_a_notice_work(there: There) -> None:
    there.says(NOTICE, there.address_of(there.platform.writes(LONG_AGO)))
    (said,) = there.platform.alone()
    pressed = there.platform.presses(said, "Open it")
    assert (pressed.pressed, pressed.private, pressed.replies_to) == ("x:1", True, None)


def test_the_address_is_the_same_whatever_was_written_and_whatever_was_pressed(there: There) -> None:
    address = there.address_of(there.platform.writes(LONG_AGO))
    there.says(NOTICE, address)
    (said,) = there.platform.alone()
    for message in (
        there.platform.writes("hello"),
        there.platform.replies(said, "hello"),
        there.platform.presses(said, "Open it"),
        address,  # as it is taken when something is said there
    ):
        assert there.address_of(message) == address


def test_whoever_writes_is_named_as_the_platform_names_them(there: There) -> None:
    names = {"telegram": "Sam Teacher", "slack": "Sam Teacher", "teams": "Anne Teacher"}
    message = there.platform.writes(LONG_AGO)
    assert message.name == names[message.channel]
    assert there.address_of(message).name is None


def test_whoever_wrote_among_others_is_written_to_alone_where_the_platform_lets_a_bot_begin(there: There) -> None:
    message = there.platform.writes_elsewhere(LONG_AGO)
    address = there.platform.channel.address(message)
    if message.channel == "telegram":  # a bot cannot open a chat there
        assert address is None
        return
    assert address
    there.says(NOTICE, address)
    (said,) = there.platform.alone()
    assert SAID in str(said)
    assert there.platform.elsewhere() == []


def test_a_notice_to_somebody_who_has_gone_is_refused_and_shown_to_nobody_else(there: There) -> None:
    address = there.address_of(there.platform.writes(LONG_AGO))
    there.platform.blocks()
    with pytest.raises(Refused):
        there.says(NOTICE, address)
    assert there.platform.alone() == there.platform.elsewhere() == []
