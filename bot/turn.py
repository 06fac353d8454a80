"""What is said to a message, before any channel dresses it; and to whom."""

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import msgspec
from sqlalchemy import Connection

from bot.layout import WORRIED, Block, Heading, Paragraph
from bot.messages import Audience, Button, Message, Reply
from bot.people import Person
from corpus.clause import Stance
from corpus.versions import School
from retrieval.decision import Outcome

IN_PRIVATE = "I answer this where only you see it."
WORRIED_BUTTON = Button(WORRIED, "w")


@dataclass(frozen=True, slots=True)
class Tenancy:
    """A Slack workspace or a Microsoft tenant: the schools whose staff it holds, and the channels that belong to one of them."""

    schools: tuple[str, ...]
    rooms: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks, and of which school; `person` is None in the demonstration. `schools` are all that she may ask of.

    `revision` is the school's at this moment, None where it was not read; `address` where she can be written to alone later, None
    where the channel knows of none.
    """

    school: School
    schools: tuple[School, ...]
    person: Person | None
    revision: int | None = None
    address: Message | None = None


@dataclass(frozen=True, slots=True)
class Turn:
    """What to say to a message; `keep` writes what is to be kept of it, in the transaction that ends it.

    `private` says that nobody but the asker should see it; `school` is whose it is: whose clauses it shows, and where what is
    kept belongs; None where it is nobody's, or that of the one asked of, which the conversation fills in. With `once_fetched`
    there is nothing to say yet: the file of the message is wanted, and what to say
    is what this makes of its content.
    """

    blocks: tuple[Block, ...]
    buttons: tuple[Button, ...] = ()
    votes: tuple[Button, ...] = ()
    private: bool = False
    keep: Callable[[Connection], object] | None = None
    outcome: Outcome | None = None
    stance: Stance | None = None
    refused: bool = False
    school: School | None = None
    once_fetched: Callable[[bytes], "Turn"] | None = None

    @property
    def school_id(self) -> str | None:
        """The id of the school that it is of, None where it is of none."""
        return self.school.id if self.school else None

    def replies(self, message: Message) -> tuple[Reply, ...]:
        """Return the replies to a message that say it: to the asker alone where it is private and others are there."""
        if not self.blocks:
            return ()
        said = Reply(
            blocks=self.blocks,
            buttons=(*self.buttons, WORRIED_BUTTON),
            votes=self.votes,
            reference=secrets.token_hex(3).upper(),
            outcome=self.outcome,
            stance=self.stance,
            refused=self.refused,
        )
        if message.private or not self.private:
            return (said,)
        note = Reply((Paragraph(IN_PRIVATE),), buttons=(WORRIED_BUTTON,), reference=said.reference)
        return (msgspec.structs.replace(said, audience=Audience.ASKER), note)


def said(*blocks: Block, buttons: tuple[Button, ...] = (), private: bool = False) -> Turn:
    """Return a turn of which nothing is kept."""
    return Turn(blocks, buttons, private=private)


def refusal(sentence: str) -> Turn:
    """Return a turn that says why a message could not be read, or not be done."""
    return Turn((Heading(sentence),), refused=True)
