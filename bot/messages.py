"""What passes between a channel and the conversation: a message in, replies out, and the calls that carry them."""

import json
from collections.abc import Awaitable, Callable
from enum import StrEnum
from typing import Any, Protocol

import msgspec
from msgspec import Struct
from starlette.routing import Route

from bot.layout import Block
from corpus.clause import Stance
from retrieval.decision import Outcome


class File(Struct, frozen=True):
    """A document that somebody sent, which stays where their platform keeps it until it is wanted.

    `size` is in bytes as the platform tells it, None where it does not; `reference` is what the channel finds it by, empty where
    the platform gives it to nobody but people.
    """

    name: str
    size: int | None
    reference: dict[str, Any]


class Message(Struct, frozen=True, kw_only=True):
    """Something that somebody wrote or pressed, on a channel.

    `account` is who, unique within the channel; `place` the thread or chat that follow-ups belong to; `text` as typed, without
    the mention of the bot; `pressed` the value of a button; `private` whether the asker alone sees what is said in that place;
    `tenant` the Slack workspace or the Microsoft tenant, `room` the channel within it; `attachment` what came that is no text
    ("photo", "voice message", "file"), and `files` are the documents among it, in a private chat alone: pictures, sounds and
    videos are never among them. `where` is the channel's own business: to whom and into what to reply. `name` is how the platform
    names whoever wrote: for the conversation alone, neither logged nor kept once the message is answered. `replies_to`
    is the message of the bot's that this one is a reply to, as `Channel.deliver` named it; None where it is none, or not told.
    """

    channel: str
    account: str
    place: str
    text: str = ""
    pressed: str = ""
    private: bool = True
    tenant: str | None = None
    room: str | None = None
    attachment: str | None = None
    files: tuple[File, ...] = ()
    where: dict[str, Any] = {}
    name: str | None = None
    replies_to: str | None = None

    def as_address(self, place: str, where: dict[str, Any]) -> "Message":
        """Return who wrote it, and nothing of what: to be written to alone in a place of their own, also much later."""
        return Message(channel=self.channel, account=self.account, place=place, tenant=self.tenant, where=where)


def checked(message: Message) -> Message:
    """Return a message that was made of a platform's JSON, such that it can be written down and read again.

    Half a pair of surrogates, which JSON may hold, is read as a question mark. Raises ValueError where something in it is of
    another type than its field, or is a number that JSON cannot hold.
    """
    written = json.dumps(msgspec.to_builtins(message), ensure_ascii=False, allow_nan=False)
    return msgspec.json.decode(written.encode("utf-8", "replace"), type=Message)


class Audience(StrEnum):
    """Who is to see a reply: whoever is where it was asked, or the asker alone."""

    HERE = "here"
    ASKER = "asker"


class Button(Struct, frozen=True):
    """What can be pressed under a reply; `value` is at most 64 bytes of ASCII and holds no words."""

    label: str
    value: str


class Reply(Struct, frozen=True):
    """What to say: pieces of text without markup, in order, and the buttons under them; `reference` tells two replies apart.

    `votes` are what the asker may say of an answer that is kept: that it helped, and that it did not; none for others.
    `outcome` and `stance` are those of the answer, None where it is none: a channel may colour by them, never say them. `refused`
    says that the message could not be read, or not be done; the first block says why.
    """

    blocks: tuple[Block, ...]
    buttons: tuple[Button, ...] = ()
    votes: tuple[Button, ...] = ()
    audience: Audience = Audience.HERE
    reference: str = ""
    outcome: Outcome | None = None
    stance: Stance | None = None
    refused: bool = False

    @property
    def all_buttons(self) -> tuple[Button, ...]:
        """The buttons with the votes among them, for where a platform has nothing of its own for votes; the last stays last."""
        return (*self.buttons[:-1], *self.votes, *self.buttons[-1:])


# One request to a platform, as JSON can hold it.
Call = dict[str, Any]
# Writes a message down under the platform's own key and sees to its answer; returns once it is written. What it raises, NotNow
# among it, means that it was not: the platform is to deliver it again.
Receive = Callable[[str, Message], Awaitable[None]]


class NotNow(Exception):  # noqa: N818  it is no error of ours
    """The platform could not take a call this time; `seconds` is how long it asks to wait, None where it does not say."""

    def __init__(self, reason: str, seconds: float | None = None) -> None:
        """Keep the reason and the wait."""
        super().__init__(reason)
        self.seconds = seconds


class Refused(Exception):  # noqa: N818  the same
    """The platform will never take this call: the chat is gone, or the bot is blocked there."""


class Writes(Protocol):
    """Where people are written to: a platform, or the chat page."""

    @property
    def name(self) -> str:
        """What the store calls the channel."""

    def address(self, message: Message) -> Message | None:
        """Return the address at which whoever wrote a message can be written to alone, days later too; None where there is none.

        It is a private message without words, which `render` takes as it takes any other.
        """

    def render(self, reply: Reply, message: Message) -> list[Call]:
        """Return the calls that say `reply` to `message`, or to an address, in order."""


class Channel(Writes, Protocol):
    """A platform on which people ask."""

    def routes(self) -> list[Route]:
        """Return the addresses at which the platform reaches us."""

    async def start(self, receive: Receive) -> None:
        """Begin to take messages in. One is acknowledged to the platform only after `receive` has returned."""

    async def stop(self) -> None:
        """Take no more in, and let go of all connections: nothing is delivered after that."""

    async def deliver(self, call: Call) -> str | None:
        """Make a call; return the id that a reply to what was said names (`Message.replies_to`), None where nobody can reply.

        Raises NotNow where it may work later, Refused where it never will.
        """

    async def fetch(self, file: File) -> bytes:
        """Return the content of a file that came with a message of this channel.

        Raises NotNow where it may work later, Refused where it never will, and DocumentError where it is larger than is read.
        """

    async def show_typing(self, message: Message) -> None:
        """Show that an answer is being looked for."""
