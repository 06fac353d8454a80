"""A message as the store keeps it while it waits, and as the address that is left of it."""

import msgspec

from bot.messages import File, Message

WRITTEN = Message(
    channel="telegram",
    account="77",
    place="-1001/5",
    text="what a person wrote",
    pressed="w",
    private=False,
    tenant="T1",
    room="R1",
    attachment="photo",
    files=(File("phones.docx", 9, {"url": "https://files.slack.com/secret"}),),
    where={"chat": -1001},
    name="Sam Teacher",
    replies_to="-1001/9",
)


def test_a_message_that_was_written_down_before_names_and_replies_were_read_is_read_still() -> None:
    row = b'{"channel":"slack","account":"T1/U1","place":"D1","text":"hello","private":true,"where":{"user":"U1"}}'
    read = msgspec.json.decode(row, type=Message)
    assert read == Message(channel="slack", account="T1/U1", place="D1", text="hello", where={"user": "U1"})
    assert (read.name, read.replies_to) == (None, None)


def test_a_message_waits_in_the_store_with_all_that_it_holds() -> None:
    assert msgspec.json.decode(msgspec.json.encode(WRITTEN), type=Message) == WRITTEN


def test_an_address_tells_who_and_where_and_nothing_of_what_was_written_nor_by_what_name() -> None:
    address = WRITTEN.as_address("77", {"chat": 77})
    assert address == Message(channel="telegram", account="77", place="77", tenant="T1", where={"chat": 77})
    assert address.private
    for words in ("wrote", "Sam", "photo", "phones", "secret", "-1001"):
        assert words not in msgspec.json.encode(address).decode()
