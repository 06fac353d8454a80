"""A school at which the bot can reach people: its contacts are written down, linked, and have confirmed that alerts arrive."""

import sqlite3
from collections import defaultdict
from collections.abc import Callable, Sequence
from contextlib import closing
from copy import deepcopy
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from bot.contact_file import read_book
from bot.messages import Call, Message, Reply
from bot.people import TELEGRAM, Person, PersonRole
from bot.rendering import as_text

if TYPE_CHECKING:
    from tests.conftest import Beginnings, Chat, Clock

# Accounts of Telegram's; the platform names each by them.
HEAD, DSL, DEPUTY, CHAIR, TEACHER = "1", "2", "3", "4", "77"
BOOK = """
hours: 08:30-15:30
contacts:
  - name: Mrs Harrison
    roles: [head]
    phone: 01473 123456
  - name: Mrs Reed
    roles: [dsl]
    phone: 01473 123457
    hours: any time
  - name: Mr Jones
    roles: [deputy dsl]
    phone: 01473 123458
    hours: any time
  - name: Ms Okoro
    roles: [chair of governors]
    phone: 01473 123459
"""
CONTACTS = {
    HEAD: ("Mrs Harrison", PersonRole.HEADTEACHER),
    DSL: ("Mrs Reed", PersonRole.DSL),
    DEPUTY: ("Mr Jones", PersonRole.DSL),
    CHAIR: ("Ms Okoro", PersonRole.CHAIR),
}


class Staff:
    """The people of hillside, each with a private chat, in which they see replies and what the bot says of its own accord."""

    def __init__(self, chat: "Chat", clock: "Clock") -> None:
        self.chat = chat
        self.parts = chat.parts
        self.book = BOOK
        self.engine = chat.parts.indexes.versions.engine
        self.clock = clock
        self.seen: dict[str, list[Reply]] = defaultdict(list)
        self.notices: dict[str, list[Reply]] = defaultdict(list)  # those of its own accord alone
        self.blocked: set[str] = set()  # accounts that the platform refuses to write to
        self.gone: set[str] = set()  # channels that are not set up any more
        self.said: dict[str, str] = {}  # by account: the id under which a reply to the last notice comes back
        self._numbers = count()
        self.is_down = False  # whether no platform takes anything

    def enrol(self, role: PersonRole, account: str, channel: str = TELEGRAM, school: str = "hillside") -> Person:
        """Let somebody in, in a role."""
        return self.parts.people.enrol(self.parts.people.invite(school, role)[1], channel, account)

    def write_book(self, text: str, school: str = "hillside") -> None:
        """Keep what a school writes of its contacts."""
        self.parts.contacts.save(school, read_book(text, "contacts.yaml"), "the office")

    def add_to_book(self, lines: str) -> None:
        """Keep the contacts of hillside with more lines."""
        self.write_book(f"{lines}\n{BOOK}")

    def set_hours(self, hours: str) -> None:
        """Keep when the headteacher is at work."""
        self.write_book(BOOK.replace("123456", f"123456\n    hours: {hours}"))

    def say(self, text: str = "", account: str = TEACHER, **fields: Any) -> str:
        """Return the words of the reply to a message of somebody's private chat."""
        own = {"account": account, "place": account, "name": f"Name{account}"}
        replies = self.chat.say(text, **(own | fields))
        self.seen[account] += replies
        return "\n".join(as_text(reply.blocks) for reply in replies)

    def value(self, label: str, account: str = TEACHER) -> str:
        """Return the value of the last button that begins so, of those that somebody has been shown."""
        for reply in reversed(self.seen[account]):
            for button in reply.buttons:
                if button.label.startswith(label):
                    return button.value
        raise AssertionError(f"{account} has not been shown a button “{label}”")

    def labels(self, account: str = TEACHER) -> list[str]:
        """Return what can be pressed under the last that somebody was shown."""
        return [button.label for button in self.seen[account][-1].buttons]

    def press(self, label: str, account: str = TEACHER, **fields: Any) -> str:
        """Press the last button that begins so; return the words of the reply."""
        return self.say(account=account, pressed=self.value(label, account), **fields)

    def press_value(self, value: str, account: str = TEACHER, **fields: Any) -> str:
        """Press a button of this value, as an altered client could; return the words of the reply."""
        return self.say(account=account, pressed=value, **fields)

    def round(self) -> None:
        """Say what is due, and what follows from whether it arrived."""
        for _ in range(3):
            for deliveries in self.parts.outgoing.put_out(self._rendered):
                for delivery in deliveries:
                    account = delivery.call["to"]
                    if self.is_down:
                        self.parts.deliveries.postpone(delivery, "down", None)
                    elif account in self.blocked:
                        self.parts.deliveries.drop(delivery, "blocked")
                    else:
                        self.said[account] = f"{account} {next(self._numbers)}"
                        self.parts.deliveries.sent(delivery, self.said[account])

    def _rendered(self, reply: Reply, address: Message) -> Sequence[Call] | None:
        if address.channel in self.gone:
            return None
        if not self.is_down and address.account not in self.blocked:
            self.seen[address.account].append(reply)
            self.notices[address.account].append(reply)
        return [{"to": address.account, "words": as_text(reply.blocks)}]

    def told(self, account: str = TEACHER) -> list[str]:
        """Return what was said to somebody of the bot's own accord since it was last asked for, one text each."""
        told = [as_text(reply.blocks) for reply in self.notices[account]]
        self.notices[account].clear()
        return told

    def wait(self, **time: float) -> None:
        """Let time go by, and what falls due be said."""
        self.clock.wait(timedelta(**time))
        self.round()

    def at(self, moment: str) -> None:
        """Let the time come, and what falls due be said."""
        self.clock.time = datetime.fromisoformat(moment)
        self.round()

    def link(self, account: str, *, tested: bool = True, **fields: Any) -> None:
        """Let a contact of the book say who they are, and confirm a test alert."""
        name, role = CONTACTS[account]
        self.enrol(role, account)
        self.say("/duty", account, **fields)
        self.press(f"I am {name}", account, **fields)
        if role is PersonRole.CHAIR:
            self.press("That is right", account, **fields)
        if tested:
            self.test(account)

    def test(self, account: str) -> None:
        """Let somebody ask for a test alert and confirm it."""
        self.say("/duty", account)
        self.press("Send me a test alert", account)
        self.round()
        self.press("It has reached me", account)
        self.notices[account].clear()


@pytest.fixture
def staff(chat: "Chat", clock: "Clock", beginnings: "Beginnings") -> Staff:
    """Hillside with a teacher, and with contacts whom nobody has taken on to be."""
    staff = Staff(chat, clock)

    def make() -> None:
        staff.write_book(BOOK)
        staff.enrol(PersonRole.STAFF, TEACHER)

    beginnings.fill(chat.parts.indexes.versions, "staff", make)
    return staff


@pytest.fixture
def linked(staff: Staff, beginnings: "Beginnings") -> Staff:
    """Hillside, whose headteacher, two safeguarding leads and chair of governors can be alerted."""

    def make() -> tuple[datetime, dict[str, list[Reply]], dict[str, str]]:
        for account in CONTACTS:
            staff.link(account)
        return staff.clock.time, deepcopy(staff.seen), dict(staff.said)

    staff.clock.time, seen, said = beginnings.fill(staff.chat.parts.indexes.versions, "linked", make)
    staff.seen.update(deepcopy(seen))
    staff.said.update(said)
    return staff


@pytest.fixture
def plain_words_in_store(staff: Staff, tmp_path: Path) -> Callable[..., list[str]]:
    """Return which of these words stand, in any capitals, in the store: in a copy of it that holds nothing deleted."""

    def found(*words: str) -> list[str]:
        copy = tmp_path / "copy.sqlite"
        copy.unlink(missing_ok=True)
        with closing(sqlite3.connect(staff.engine.url.database or "")) as connection:
            connection.execute("VACUUM INTO ?", (str(copy),))
        held = copy.read_bytes().lower()
        return [word for word in words if word.lower().encode() in held]

    return found
