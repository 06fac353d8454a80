"""`policybot serve` on Telegram, killed again and again while people hand over alerts and questions, and answer them.

One process over SQLite, or three over PostgreSQL of which one at a time asks Telegram.

Whoever was told that something is on its way is taken at that word: it must reach its addressee, and nobody else, and once; and
what the addressee answers must reach whoever asked. A second copy may come only where the process was killed between Telegram's
taking a call and our noting that, which the store counts.

The process is `policybot`; the people and Telegram are in the test, and outlive it. KILLS_SEED repeats the choices of a run.
"""

import os
import random
import re
import time
from collections import Counter, deque
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from itertools import count, product
from multiprocessing.process import BaseProcess
from pathlib import Path
from shutil import copytree
from typing import Any

import pytest
from sqlalchemy import Engine, func, select

from bot.bootstrap import seed_demo
from bot.clock import now_utc
from bot.contact_book import Contact, ContactBook, ContactRole
from bot.contact_store import Contacts
from bot.conversation import FAULT
from bot.deliveries import MOST_ATTEMPTS, RESENT, Deliveries
from bot.escalations import State
from bot.people import TELEGRAM, People, PersonRole
from bot.schema import open_store
from bot.school_year import Season, read_hours
from bot.tables import escalations, events, notices, outbox
from corpus.tables import sqlite_url
from corpus.versions import Versions
from tests.platforms import hurried_serve
from tests.platforms.hurried_serve import LEASE
from tests.platforms.postgres import own
from tests.platforms.served import free_port
from tests.platforms.telegram_server import TOKEN, Fault, Someone, TelegramServer

KEY = "a secret key that only these tests have, and long enough"
SCHOOLS = ("coniston", "wellesley", "chase-terrace")
AWAY = SCHOOLS[0]  # where the safeguarding lead has blocked the bot
BY_BUTTON = SCHOOLS[1]  # where the headteacher answers by the button under a question; elsewhere by a reply to it
HEAD, DSL, DEPUTY = "Mrs Harrison", "Mrs Reed", "Mr Jones"
CONTACTS = {
    HEAD: (ContactRole.HEADTEACHER, PersonRole.HEADTEACHER),
    DSL: (ContactRole.DSL, PersonRole.DSL),
    DEPUTY: (ContactRole.DEPUTY_DSL, PersonRole.DSL),
}
# Nobody writes so much that the bot asks them to wait; after it was away for a while it hears all of it at once.
MOST_ACTS, A_WHILE = 48, 244.0  # seconds
AT_ONCE = 12  # so many hand something over at a time
STUCK = 120.0  # seconds in which the bot says nothing
TAKEN = Fault(200, done=True, hanging=5)  # Telegram has taken a call, and does not say so yet
# So many processes must have died of a message, each after the lease of the one before, until that is told as a fault.
SOONEST_FAULT = (MOST_ATTEMPTS - 0.5) * LEASE.total_seconds()
READS = 0.3  # seconds that nobody is quicker than
COMES = "^(A colleague asks for you now|A question for you from)"
MISREAD = "\nn:"  # what an answer from the policies has under it
COLOURS = ("red", "blue", "green", "yellow", "orange", "purple", "pink", "brown", "black", "white", "grey")
THINGS = ("hat", "coat", "scarf", "jumper", "bag", "umbrella", "cup", "chair", "basket", "blanket", "box", "shirt")
PLACES = ("hall", "kitchen", "office", "library", "garden", "corridor", "classroom", "cupboard", "basement", "entrance")
WORDS = tuple(f"{colour} {thing} in the {place}" for colour, thing, place in product(COLOURS, THINGS, PLACES))

Json = dict[str, Any]
Act = Callable[[], object]
# What somebody does next, or a pattern of what is in the message that they wait for.
Script = Generator[Act | str, Any, None]


class Death(StrEnum):
    """When the process is killed."""

    STARTING = "while it starts"
    RUNNING = "while it runs"
    HEARING = "just after somebody wrote or pressed"
    TAKEN = "when Telegram has taken a call and not said so"


# People


def words_of(message: Json) -> str:
    """Return all that a message holds, what its buttons mean included."""
    rows = message.get("reply_markup", {}).get("inline_keyboard", [])
    return "\n".join([message["text"], *(one["callback_data"] for row in rows for one in row)])


def button_of(message: Json, label: str) -> str:
    """Return what the first button means whose label begins so."""
    rows = message["reply_markup"]["inline_keyboard"]
    return next(str(one["callback_data"]) for row in rows for one in row if one["text"].startswith(label))


class Person:
    """Somebody with a telephone, who acts by a script: what it waits for is looked for in what the bot says to them."""

    def __init__(self, telegram: TelegramServer, who: Someone) -> None:
        self.who = who
        self.heard: dict[str, int] = {}  # what was said, and the number of the message that first said it
        self.copies: list[tuple[int, int]] = []  # the numbers of a message and of a copy of it
        self.faults = self.misread = 0
        self._telegram = telegram
        self._script: Script | None = None
        self._next: Act | str | None = None  # None once the script has ended
        self._again: Act | None = None
        self._acts: deque[float] = deque()
        self._last = 0
        self._unused: list[tuple[float, Json]] = []  # when it was heard, and the message

    def writes(self, text: str) -> Act:
        return lambda: self._telegram.writes(self.who, text)

    def replies(self, message: Json, text: str) -> Act:
        return lambda: self._telegram.writes(self.who, text, replying_to=message["message_id"])

    def presses(self, message: Json, label: str) -> Act:
        return lambda: self._telegram.presses(self.who, message, button_of(message, label))

    def begins(self, script: Script) -> None:
        self._script, self._next = script, next(script)

    def waits_for(self, pattern: str) -> bool:
        return self._next == pattern

    @property
    def is_done(self) -> bool:
        return self._next is None

    def lives(self) -> int:
        """Do what the script says, as far as it goes for now; return how often they wrote or pressed."""
        self._listen()
        acts = 0
        while self._next is not None:
            if callable(self._next):
                if not self._may_act():
                    break
                self._again = self._next
                self._act(self._next)
                acts += 1
                self._go_on(None)
            elif (found := self._find(self._next)) is not None:
                self._go_on(found)
            else:
                break
        return acts

    def _may_act(self) -> bool:
        while self._acts and self._acts[0] < time.monotonic() - A_WHILE:
            self._acts.popleft()
        return len(self._acts) < MOST_ACTS

    def _act(self, act: Act) -> None:
        self._acts.append(time.monotonic())
        act()

    def _go_on(self, found: Json | None) -> None:
        assert self._script
        self._next = next(self._script, None) if found is None else self._sent(found)

    def _sent(self, found: Json) -> Act | str | None:
        assert self._script
        try:
            return self._script.send(found)
        except StopIteration:
            return None

    def _find(self, wanted: str) -> Json | None:
        read = time.monotonic() - READS
        for number, (heard, message) in enumerate(self._unused):
            if heard < read and re.search(wanted, words_of(message), re.DOTALL):
                del self._unused[number]
                return message
        return None

    def _listen(self) -> None:
        for message in self._telegram.messages(self.who):
            number = message["message_id"]
            if number <= self._last:
                continue
            self._last, said = number, words_of(message)
            if FAULT in said:  # so many processes died of what they wrote that it was given up: they try again, as they are told
                if self.faults and self._acts and time.monotonic() < self._acts[-1] + SOONEST_FAULT:
                    continue  # a copy
                assert self._again
                self.faults += 1
                self._act(self._again)
            elif said in self.heard:
                self.copies.append((self.heard[said], number))
            else:
                self.heard[said] = number
                self._unused.append((time.monotonic(), message))

    def __repr__(self) -> str:
        last = [words_of(one) for one in self._telegram.messages(self.who)[-3:]]
        return f"{self.who.first_name} {self.who.last_name} waits for {self._next}, heard last {last}"

    def was_told(self, words: str) -> bool:
        return any(words in said for said in self.heard)


@dataclass
class Handed:
    """What somebody hands over, with words in it that nothing else has; and what the bot promised of it."""

    words: str
    school: str
    asker: Person
    is_alert: bool
    promise: str = ""

    @property
    def addressee(self) -> str:
        """Whom it must reach: whom the promise names, or the next in line where they have blocked the bot."""
        named = next(name for name in CONTACTS if name in self.promise)
        return DEPUTY if (self.school, named) == (AWAY, DSL) else named


def question_of(words: str) -> str:
    return f"Can I leave a {words} overnight?"


def words_asked(question: str) -> str:
    return next(words for words in WORDS if words in question)


def answer_to(words: str) -> str:
    """Return an answer that shows to which question it is."""
    return f"Yes, the {words} may stay."


def joins(person: Person, code: str) -> Script:
    yield person.writes(f"/start {code}")
    # Where the process died after it had let them in, it finds the code used, and says so.
    yield r"^Welcome\.|You already ask of"


def takes_on(person: Person, code: str, name: str, *, by_reply: bool) -> Script:
    """Join, say who one is, let the bot try whether alerts arrive; then take on and answer whatever comes."""
    yield from joins(person, code)
    yield person.writes("/duty")
    yield person.presses((yield r"^Who are you\?"), f"I am {name}")
    yield person.presses((yield f"^Thank you, {name}"), "Send me a test alert")
    yield "^A test alert is on its way to you"
    yield person.presses((yield "^This is a test alert"), "It has reached me")
    yield "^Thank you. Until the next half-term staff can alert you"
    while True:
        came = yield COMES
        number = button_of(came, "").rpartition(":")[2]
        if came["text"].startswith("A colleague"):
            yield person.presses(came, "Open it")
            yield person.presses((yield f"They wrote:.*i:t:{number}"), "I am dealing with it")
            yield f"^Thank you. I am telling them that you are dealing with it.*{number}"
        else:
            yield from answers(person, came, number, by_reply=by_reply)


def answers(person: Person, came: Json, number: str, *, by_reply: bool) -> Script:
    """Answer a question by a reply to it, or by its button."""
    asked = words_asked(came["text"])
    thanked = f"^Thank you. I send your answer.*{asked}"
    if by_reply:
        yield person.replies(came, answer_to(asked))
        if (yield f"{thanked}|{MISREAD}")["text"].startswith("Thank you."):
            return
        # The process died before it noted by which message the question had come, and took the reply for another question.
        person.misread += 1
    yield person.presses(came, "Answer")
    yield f"^Write your answer in your next message.*{number}"
    yield person.writes(answer_to(asked))
    yield person.presses((yield f"as your answer:.*i:s:{number}"), "Send it")
    yield thanked


def alerts(handed: Handed, code: str) -> Script:
    """Join, and hand an alert over."""
    person = handed.asker
    yield from joins(person, code)
    yield person.writes(f"a child told me that her dad hits her, by the {handed.words}")
    yield person.presses((yield "999.*\na:"), f"Tell {DSL} now: my name and what I wrote")
    handed.promise = (yield "^I am telling")["text"].splitlines()[0]
    yield r"is dealing with it \("


def asks(handed: Handed, code: str, *, changed: bool) -> Script:
    """Join, and hand a question over; where it is `changed`, in other words than first written, and without a name."""
    person = handed.asker
    yield from joins(person, code)
    yield person.writes("Where can I park my car?" if changed else question_of(handed.words))
    yield person.presses((yield "\nh:"), "Ask ")
    if changed:
        yield person.presses((yield "^This goes to"), "Change the wording")
        yield "^Write your question in your next message"
        yield person.writes(question_of(handed.words))
    preview = yield f"^This goes to.*{handed.words}"
    yield person.presses(preview, "Send it without my name" if changed else "Send it with my name")
    handed.promise = (yield "^Sent to")["text"].splitlines()[0]
    yield f"has answered your question.*{answer_to(handed.words)}"


def told_of(handed: Handed) -> range:
    """Return how many different messages somebody gets who hands something over."""
    if handed.is_alert:  # welcome, the route, told, passed on, delivered (which may come too late to be told), opened, taken on
        passed_on = handed.school == AWAY
        return range(5 + passed_on, 7 + passed_on)
    changed = "without your name" in handed.promise  # shown what goes, asked for the wording
    number = 7 if changed else 5  # welcome, answer, what goes, sent, the headteacher's answer
    return range(number, number + 1)


# The bot that dies


def waiting(engine: Engine) -> Counter[str]:
    """Return how much of what is in a store is still to be dealt with, by table."""
    columns = {"events": events.c.message, "outbox": outbox.c.call, "notices": notices.c.id}
    with engine.connect() as connection:
        found = {name: select(func.count()).where(column.is_not(None)) for name, column in columns.items()}
        return +Counter({name: connection.scalar(counted) or 0 for name, counted in found.items()})


class Town:
    """Some schools on one `policybot`, which dies; their people, who live on; and Telegram between them."""

    def __init__(self, telegram: TelegramServer, homes: Sequence[Path], engine: Engine, seed: int) -> None:
        """Let those of each school whom the others turn to say so to the bot, before anything happens."""
        self.handed: list[Handed] = []
        self.deaths: list[tuple[Death, int]] = []  # when, and the number of the last message that Telegram had taken
        self.everybody: list[Person] = []
        self._telegram = telegram
        self._homes = homes
        self._engine = engine
        self._people = People(engine, now_utc)
        self._random = random.Random(seed)  # noqa: S311  no secret
        self._words = iter(self._random.sample(WORDS, len(WORDS)))
        self._numbers = count(1000)
        self._acts = 0
        self.addressees = {(school, name): self._addressee(school, name) for school in SCHOOLS for name in CONTACTS}
        self._polls = 0
        self._processes = [self._started(home) for home in homes]
        self._live(lambda: all(person.waits_for(COMES) for person in self.addressees.values()))
        telegram.blocks(self.addressees[AWAY, DSL].who)
        self.bystanders = [self._bystander(school) for school in SCHOOLS]

    def _person(self, name: str, script: Callable[[Person], Script]) -> Person:
        first, _, last = name.partition(" ")
        number = next(self._numbers)
        person = Person(self._telegram, Someone(number, first, last_name=last or None))
        person.begins(script(person))
        self.everybody.append(person)
        return person

    def _code(self, school: str, role: PersonRole = PersonRole.STAFF) -> str:
        return self._people.invite(school, role)[1]

    def _addressee(self, school: str, name: str) -> Person:
        code, by_reply = self._code(school, CONTACTS[name][1]), school != BY_BUTTON
        return self._person(name, lambda person: takes_on(person, code, name, by_reply=by_reply))

    def _bystander(self, school: str) -> Person:
        return self._person("Kim", lambda person: joins(person, self._code(school)))

    def _started(self, home: Path) -> BaseProcess:
        self._polls = self._telegram.begun("getUpdates")
        settings = {
            "HOME": str(home),
            "DATABASE_URL": self._engine.url.render_as_string(hide_password=False),
            "SECRET_KEY": KEY,
            "BIND": f"127.0.0.1:{free_port()}",
            "TELEGRAM__TOKEN": TOKEN,
            "TELEGRAM__API_BASE_URL": self._telegram.address,
        }
        return hurried_serve.start(settings, home / "log")

    @property
    def log(self) -> str:
        """What all the processes together wrote of their faults."""
        return "".join((home / "log").read_text() for home in self._homes)

    @property
    def _busy(self) -> list[Handed]:
        return [one for one in self.handed if not one.asker.is_done]

    def hand_over(self, deaths: int) -> None:
        """Let people hand over and answer while the process dies so many times, and then until nothing is left to be said."""
        for _ in range(deaths):
            self._die()
        self._live(lambda: not self._busy and not waiting(self._engine))
        self._live_once()
        self.stop()

    def stop(self) -> None:
        for process in self._processes:
            process.kill()
            process.join()

    def _die(self) -> None:
        when, after = self._random.choice(list(Death)), self._random.uniform(0, 1.5)
        if when is not Death.STARTING:
            self._live(lambda: self._telegram.begun("getUpdates") > self._polls, joining=True)
        begins = time.monotonic()
        self._live(lambda: time.monotonic() > begins + after, joining=True)
        if when is Death.HEARING:
            acts = self._acts
            self._live(lambda: self._acts > acts, joining=True)
        elif when is Death.TAKEN:
            said = self._telegram.begun("sendMessage")
            self._telegram.fails("sendMessage", TAKEN)
            self._live(lambda: self._telegram.begun("sendMessage") > said, joining=True)
        number = self._random.randrange(len(self._homes))
        self._processes[number].kill()
        self._processes[number].join()
        self._processes[number] = self._started(self._homes[number])
        self.deaths.append(
            (when, max(one["message_id"] for who in self.everybody for one in self._telegram.messages(who.who)[-1:]))
        )

    def _live(self, until: Callable[[], bool], *, joining: bool = False) -> None:
        """Let everybody do what they are about to until something is so; `joining`, somebody new as soon as somebody is done.

        Raises AssertionError where the bot says nothing for long.
        """
        said, since = 0, time.monotonic()
        while not until():
            if joining and len(self._busy) < AT_ONCE:
                self._join()
            self._live_once()
            if said != (said := self._telegram.begun("sendMessage")):
                since = time.monotonic()
            assert time.monotonic() < since + STUCK, self._told()

    def _told(self) -> str:
        """Return who waits for what, and heard what last: for whoever reads why it is stuck."""
        last = [one for one in self.everybody if not one.is_done]
        return f"nothing is said any more; in the store: {waiting(self._engine)}; {last}; {self.log[-3000:]}"

    def _live_once(self) -> None:
        begun, ends = self._telegram.begun("sendMessage"), time.monotonic() + 0.05
        for person in [*self.everybody]:
            self._acts += person.lives()
        self._telegram.wait(lambda: self._telegram.begun("sendMessage") > begun or time.monotonic() > ends)

    def _join(self) -> None:
        words, school = next(self._words), self._random.choice(SCHOOLS)
        kind = self._random.randrange(4)

        def script(person: Person) -> Script:
            handed = Handed(words, school, person, is_alert=kind < 2)
            self.handed.append(handed)
            return alerts(handed, self._code(school)) if handed.is_alert else asks(handed, self._code(school), changed=kind == 2)

        self._person(f"Sam {words}", script)


@contextmanager
def a_store(url: str) -> Iterator[Engine]:
    """Yield a store where each school has said whom its staff turn to, and that they are there at any hour."""
    opened = open_store(url)
    hours = read_hours("any time", Season.ALWAYS)
    contacts = tuple(Contact(name=name, roles=(role,), hours=hours) for name, (role, _) in CONTACTS.items())
    for school in SCHOOLS:
        Contacts(opened, now_utc).save(school, ContactBook(hours=hours, confirm_within=60, contacts=contacts), "the office")
    yield opened
    opened.dispose()


@pytest.mark.parametrize("deaths", [4, pytest.param(500, marks=pytest.mark.soak)])
def test_what_was_promised_arrives_once_and_is_answered_however_often_the_process_is_killed(home: Path, deaths: int) -> None:
    with a_store(sqlite_url(home)) as engine:
        hand_over(engine, [home], deaths)


@pytest.mark.parametrize("deaths", [pytest.param(number, marks=pytest.mark.soak) for number in (20, 300)])
def test_what_was_promised_arrives_once_whichever_of_three_replicas_is_killed(home: Path, tmp_path: Path, deaths: int) -> None:
    homes = [copytree(home, tmp_path / f"replica-{number}", symlinks=True) for number in range(3)]
    with own() as server:
        url = server.url(server.create())
        seeding = open_store(url)
        seed_demo(Versions(seeding, now_utc))
        seeding.dispose()
        with a_store(url) as engine:
            hand_over(engine, homes, deaths)


def hand_over(engine: Engine, homes: Sequence[Path], deaths: int) -> None:
    """Let people hand over while processes die, one for each of `homes`; hold what came of it against what was promised."""
    seed = int(os.environ.get("KILLS_SEED") or random.randrange(10**6))  # noqa: S311  no secret
    print(f"KILLS_SEED={seed}")  # noqa: T201  for whoever repeats it
    with TelegramServer() as telegram:
        town = Town(telegram, homes, engine, seed)
        try:
            town.hand_over(deaths)
        finally:
            town.stop()
    resent = Deliveries(engine, now_utc).counted(now_utc().date() - timedelta(days=1)).get((TELEGRAM, RESENT), 0)
    copies = [copy for person in town.everybody for copy in person.copies]
    questions = sum(not one.is_alert for one in town.handed)
    figures = {
        "killed": Counter(str(when) for when, _ in town.deaths),
        "alerts": sum(one.is_alert for one in town.handed),
        "questions": questions,
        "messages": sum(len(person.heard) for person in town.everybody),
        "copies": len(copies),
        "resent": resent,
        "replies misread": sum(person.misread for person in town.everybody),
        "faults told": sum(person.faults for person in town.everybody),
    }
    print(figures)  # noqa: T201  the same
    assert "Traceback" not in town.log
    assert not waiting(engine)
    assert all(one.promise for one in town.handed)
    for one in town.handed:
        addressee = town.addressees[one.school, one.addressee]
        reached = [person for person in town.everybody if person is not one.asker and person.was_told(one.words)]
        assert reached == [addressee], one.promise
        assert len(one.asker.heard) in told_of(one), one.asker
    assert [len(person.heard) for person in town.bystanders] == [1] * len(SCHOOLS)
    with engine.connect() as connection:
        kept = connection.execute(select(escalations.c.state, func.count()).group_by(escalations.c.state)).all()
    assert {state for state, _ in kept} <= {State.ANSWERED, State.CLOSED}
    assert sum(number for _, number in kept) == len(town.handed)
    assert len(copies) <= resent
    for first, copy in copies:
        assert any(first <= last < copy for _, last in town.deaths), f"{copy} was said after {first} though nothing was killed"
