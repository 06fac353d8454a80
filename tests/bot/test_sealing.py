"""What is sealed: read again with the same secret alone, and not told by what is stored."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.escalations import Content
from bot.messages import Message
from bot.sealing import Seal, Unreadable

KEY = b"a key that only the tests have"
WORDS = Content(name="Jo Bloggs", question="May I?", headline="Not allowed.", ref="a.1.b", answer="Yes.")


@given(st.text(), st.none() | st.text())
def test_what_is_sealed_is_opened_as_it_was(name: str, answer: str | None) -> None:
    content = Content(name=name, answer=answer)
    assert Seal(KEY).opened(Seal(KEY).sealed(content), Content) == content


def test_an_address_is_opened_as_it_was() -> None:
    address = Message(channel="slack", account="U1", place="D1", tenant="T1", where={"thread": ["1", 2, None]})
    assert Seal(KEY).opened(Seal(KEY).sealed(address), Message) == address


def test_nothing_of_it_can_be_read_in_what_is_stored() -> None:
    sealed = Seal(KEY).sealed(WORDS)
    assert not [word for word in (b"Bloggs", b"May I", b"allowed", b"Yes") if word in sealed]


def test_the_same_is_sealed_otherwise_each_time() -> None:
    """Who compares two rows learns not even that they say the same."""
    assert Seal(KEY).sealed(WORDS) != Seal(KEY).sealed(WORDS)


def test_another_secret_opens_nothing() -> None:
    with pytest.raises(Unreadable):
        Seal(b"another").opened(Seal(KEY).sealed(WORDS), Content)


@pytest.mark.parametrize("place", [0, 1, 20, 40, -1, -20])
def test_what_was_changed_is_not_opened(place: int) -> None:
    sealed = bytearray(Seal(KEY).sealed(WORDS))
    sealed[place] ^= 1
    with pytest.raises(Unreadable):
        Seal(KEY).opened(bytes(sealed), Content)


@pytest.mark.parametrize("sealed", [b"", b"plain words", b"\x00" * 100, "ß".encode() * 20])
def test_what_was_never_sealed_is_not_opened(sealed: bytes) -> None:
    with pytest.raises(Unreadable):
        Seal(KEY).opened(sealed, Content)


def test_what_was_sealed_as_something_else_is_not_opened() -> None:
    with pytest.raises(Unreadable):
        Seal(KEY).opened(Seal(KEY).sealed(["no", "content"]), Content)
