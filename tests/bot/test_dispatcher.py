"""The dispatcher: from an event to its answer said, over a channel that fails on demand and processes that die."""

import asyncio
import os
import subprocess
import sys
import threading
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Never

import pytest
from sqlalchemy import select
from starlette.routing import Route

from bot.assembly import Parts, assemble
from bot.audit import Action
from bot.bootstrap import Indexes
from bot.clock import now_utc, today
from bot.conversation import AWAY, FAULT, NO_TEXT, NOTHING_KEPT
from bot.deliveries import ANSWERED_MEANWHILE, DROPPED, DUPLICATES, LEASE, MOST_ATTEMPTS, RESENT, UNDELIVERED, Deliveries
from bot.dispatcher import MOST_DOCUMENTS, Dispatcher
from bot.layout import Heading
from bot.messages import Call, File, Message, NotNow, Receive, Refused, Reply
from bot.outage import Meanwhile, StoreAway
from bot.people import SLACK, TELEGRAM, People, PersonRole
from bot.rendering import as_text
from bot.sent_files import NOT_GIVEN, NOT_NOW
from bot.tables import events, outbox, questions
from corpus.errors import DocumentError
from corpus.versions import Versions

if TYPE_CHECKING:
    from tests.conftest import Clock

pytestmark = pytest.mark.both_stores

KEY = b"a key that only the tests have"
HELP = "I find the rule in your school's policies that answers a question, and show it word for word."


class Platform:
    """A channel whose platform is a list: what was said; it does first what `faults` say, one for each call."""

    def __init__(self, name: str = TELEGRAM, *, split: bool = False) -> None:
        self.name = name
        self.said: list[str] = []
        self.faults: list[Callable[[], Awaitable[object]]] = []
        self.render_faults: list[Callable[[], object]] = []
        self.typing_faults: list[Callable[[], object]] = []
        self.rendered: list[Reply] = []
        self.receive: Receive
        self.begun = 0
        self.said_before_stop: list[str] = []
        self.files: dict[str, Callable[[], Awaitable[bytes]]] = {}  # the name of a file -> what becomes of fetching it
        self.fetched: list[str] = []
        self._split = split

    def routes(self) -> list[Route]:
        return []

    async def start(self, receive: Receive) -> None:
        self.receive = receive

    async def stop(self) -> None:
        self.said_before_stop = list(self.said)

    def address(self, message: Message) -> Message:
        return message.as_address(message.place, {})

    def render(self, reply: Reply, message: Message) -> list[Call]:
        self.rendered.append(reply)
        if self.render_faults:
            self.render_faults.pop(0)()
        texts = [getattr(block, "text", "") for block in reply.blocks]
        return [{"text": f"{message.place} {text}"} for text in (texts if self._split else texts[:1])]

    async def deliver(self, call: Call) -> None:
        self.begun += 1
        if self.faults:
            await self.faults.pop(0)()
        self.said.append(call["text"])

    async def fetch(self, file: File) -> bytes:
        self.fetched.append(file.name)
        return await self.files[file.name]()

    async def show_typing(self, _message: Message) -> None:
        for fault in self.typing_faults:
            fault()


def raising(error: Exception) -> Callable[[], Awaitable[None]]:
    async def fail() -> None:
        raise error

    return fail


async def hang() -> None:
    await asyncio.Event().wait()


async def until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(60):
        while not condition():
            await asyncio.sleep(0.005)


def helps(place: str = "D1", channel: str = TELEGRAM) -> Message:
    """Return a message that is answered at once, without any index."""
    return Message(channel=channel, account="77", place=place, text="/help")


@pytest.fixture(autouse=True)
def _hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is looked for every second is looked for all the time, and no retry waits for long."""
    for name, seconds in {"OUTBOX_EVERY": 0.03, "LEFT_BEHIND_EVERY": 0.03, "CLEAR_EVERY": 0.2, "NOTED_EVERY": 0.01}.items():
        monkeypatch.setattr(f"bot.dispatcher.{name}", seconds)
    monkeypatch.setattr("bot.outage.ASKED_AGAIN_AFTER", 0.01)
    monkeypatch.setattr("bot.dispatcher.TYPING_AFTER", 60.0)
    monkeypatch.setattr("bot.deliveries.SHORTEST_WAIT", 0.01)


@pytest.fixture
def parts(schools: Indexes) -> Parts:
    made = assemble(schools, KEY)
    for channel in (TELEGRAM, SLACK):
        made.people.enrol(made.people.invite("hillside", PersonRole.STAFF)[1], channel, "77")
    return made


def run(parts: Parts, *platforms: Platform, scene: Callable[[], Awaitable[None]]) -> None:
    """Play a scene while the dispatcher runs over these platforms."""

    async def play() -> None:
        async with Dispatcher(parts.conversation, parts.deliveries, parts.records, parts.outgoing, platforms).running():
            await scene()

    asyncio.run(play())


def rows(parts: Parts, table: Any) -> list[Any]:
    with parts.indexes.versions.engine.connect() as connection:
        return list(connection.execute(select(table)))


def counted(parts: Parts, what: str, channel: str = TELEGRAM) -> int:
    return parts.deliveries.counted(today() - timedelta(days=1000)).get((channel, what), 0)


def test_a_message_is_answered_once_however_often_it_comes_and_nothing_of_it_stays(parts: Parts) -> None:
    platform = Platform()

    async def scene() -> None:
        await asyncio.gather(*(platform.receive("Ev1", helps()) for _ in range(5)))
        await until(lambda: platform.said and not rows(parts, outbox))

    run(parts, platform, scene=scene)
    assert platform.said == [f"D1 {HELP}"]
    assert [row.message for row in rows(parts, events)] == [None]


def test_a_channel_that_cannot_be_started_is_logged_and_ends_it(parts: Parts, caplog: pytest.LogCaptureFixture) -> None:
    """What serves it tells the reason only as text, which is not logged."""

    class Away(Platform):
        async def start(self, receive: Receive) -> None:
            raise OSError("no route")

    with pytest.raises(OSError, match="no route"):
        run(parts, Away(), scene=lambda: pytest.fail("it is running"))
    assert "The channels could not be started" in caplog.text


def test_the_order_of_calls_is_kept_when_the_first_must_wait(parts: Parts) -> None:
    platform = Platform(split=True)
    platform.faults = [raising(NotNow("429", 0.05)), raising(NotNow("503")), raising(OSError("no route"))]

    async def scene() -> None:
        await platform.receive("Ev1", helps())
        await until(lambda: len(platform.said) == 4)

    run(parts, platform, scene=scene)
    assert len(platform.rendered) == 1
    assert platform.said == [f"D1 {block.text}" for block in platform.rendered[0].blocks]  # type: ignore[union-attr]
    assert rows(parts, outbox) == []


def test_a_call_that_the_platform_will_never_take_is_dropped_and_the_next_is_made(parts: Parts) -> None:
    platform = Platform(split=True)
    platform.faults = [raising(Refused("blocked by the user"))]

    async def scene() -> None:
        await platform.receive("Ev1", helps())
        await until(lambda: len(platform.said) == 3)

    run(parts, platform, scene=scene)
    assert counted(parts, DROPPED) == 1
    assert [(row.call, row.reason) for row in rows(parts, outbox)] == [(None, "blocked by the user")]


def test_a_slow_channel_holds_up_no_other(parts: Parts) -> None:
    slow, quick = Platform(TELEGRAM), Platform(SLACK)
    gate = asyncio.Event()
    slow.faults = [gate.wait for _ in range(60)]

    async def scene() -> None:
        for number in range(60):
            await slow.receive(f"Ev{number}", helps())
        await until(lambda: slow.begun >= 10)
        await quick.receive("Ev1", Message(channel=SLACK, account="77", place="D1", text="/help"))
        await until(lambda: quick.said)
        assert slow.said == []
        gate.set()

    run(parts, slow, quick, scene=scene)


def test_a_call_that_hangs_is_ended_and_made_again(parts: Parts, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.dispatcher.CALL_LASTS", 0.05)
    platform = Platform()
    platform.faults = [hang, hang]

    async def scene() -> None:
        await platform.receive("Ev1", helps())
        await until(lambda: platform.said and not rows(parts, outbox))

    run(parts, platform, scene=scene)
    assert (platform.begun, platform.said) == (3, [f"D1 {HELP}"])


def test_a_call_that_waited_so_long_that_its_lease_ran_out_is_made_once(
    schools: Indexes, parts: Parts, clock: "Clock", monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.dispatcher.MOST_AT_ONCE", 1)
    parts = assemble(schools, KEY, now=clock)
    platform = Platform()
    gates = [asyncio.Event() for _ in "abc"]
    platform.faults = [gate.wait for gate in gates]

    def leases_of_the_last() -> int:
        return int(rows(parts, outbox)[-1].attempts)

    async def scene() -> None:
        for number, place in enumerate("abc"):
            await platform.receive(place, helps(place))
            await until(lambda number=number: len(rows(parts, outbox)) == number + 1)
        await until(lambda: platform.begun == 1)
        clock.wait(timedelta(seconds=20))
        gates[0].set()
        await until(lambda: platform.begun == 2)
        clock.wait(timedelta(seconds=15))
        await until(lambda: leases_of_the_last() == 2)
        gates[2].set()
        gates[1].set()
        await until(lambda: not rows(parts, outbox))

    run(parts, platform, scene=scene)
    assert platform.said == [f"{place} {HELP}" for place in "abc"]


@pytest.mark.parametrize("fault", [None, RuntimeError("no such chat")])
def test_typing_is_shown_while_an_answer_takes_long_and_harms_nothing_where_it_fails(
    parts: Parts, monkeypatch: pytest.MonkeyPatch, fault: Exception | None
) -> None:
    monkeypatch.setattr("bot.dispatcher.TYPING_AFTER", 0.0)
    platform = Platform()
    typing = threading.Event()
    platform.render_faults = [lambda: typing.wait(60)]
    platform.typing_faults = [typing.set]
    if fault:
        platform.typing_faults.append(raise_now(fault))

    async def scene() -> None:
        await platform.receive("Ev1", helps())
        await until(lambda: platform.said)

    run(parts, platform, scene=scene)
    assert typing.is_set()
    assert platform.said == [f"D1 {HELP}"]


def raise_now(error: Exception) -> Callable[[], Never]:
    def fail() -> Never:
        raise error

    return fail


def test_no_typing_is_shown_where_the_answer_is_quick(parts: Parts) -> None:
    platform = Platform()
    shown: list[object] = []
    platform.typing_faults = [lambda: shown.append("typing")]

    async def scene() -> None:
        await platform.receive("Ev1", helps())
        await until(lambda: platform.said)

    run(parts, platform, scene=scene)
    assert shown == []


class Broken(Indexes):
    """Indexes whose store has gone."""

    def of(self, school_id: str, *, fresh: bool = True) -> Never:
        raise RuntimeError(f"the disk is gone with {school_id}, {fresh}")


def test_a_fault_of_ours_is_told_once(schools: Indexes, parts: Parts) -> None:
    parts = assemble(Broken(schools.versions, schools.knowledge), KEY)
    platform = Platform()

    async def scene() -> None:
        await platform.receive("Ev1", Message(channel=TELEGRAM, account="77", place="D1", text="can I wear jeans?"))
        await until(lambda: platform.said and not rows(parts, outbox))

    run(parts, platform, scene=scene)
    assert platform.said == [f"D1 {FAULT}"]


def test_what_cannot_be_rendered_is_tried_again_and_then_told(parts: Parts, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.deliveries.LEASE", timedelta(seconds=0.3))  # longer than a busy machine takes for an attempt
    platform = Platform()
    platform.render_faults = [raise_now(KeyError("where"))] * MOST_ATTEMPTS

    async def scene() -> None:
        await platform.receive("Ev1", helps())
        await until(lambda: platform.said and not rows(parts, outbox))

    run(parts, platform, scene=scene)
    assert len(platform.rendered) == MOST_ATTEMPTS + 1
    assert platform.rendered[-1].blocks == (Heading(FAULT),)
    assert f"D1 {FAULT}" in platform.said


def test_what_can_never_be_rendered_ends_counted_and_leaves_no_words(parts: Parts, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.deliveries.LEASE", timedelta(seconds=0.3))
    platform = Platform()
    platform.render_faults = [raise_now(KeyError("where"))] * 100

    async def scene() -> None:
        await platform.receive("Ev1", helps())
        await until(lambda: rows(parts, events)[0].message is None)

    run(parts, platform, scene=scene)
    assert platform.said == []
    assert len(platform.rendered) == MOST_ATTEMPTS + 1
    assert counted(parts, UNDELIVERED) == 1


def rename(parts: Parts, table: str, name: str) -> None:
    with parts.indexes.versions.engine.begin() as connection:
        connection.exec_driver_sql(f"ALTER TABLE {table} RENAME TO {name}")


@pytest.mark.files
def test_what_cannot_be_noted_of_a_call_is_logged(
    parts: Parts, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.dispatcher.NOTED_AGAIN", 3)
    platform = Platform()

    async def lose() -> None:
        rename(parts, "outbox", "lost")

    platform.faults = [lose]

    async def scene() -> None:
        await platform.receive("Ev1", helps())
        await until(lambda: "it may be made a second time" in caplog.text)
        rename(parts, "lost", "outbox")

    run(parts, platform, scene=scene)
    assert platform.said == [f"D1 {HELP}"]
    assert len(rows(parts, outbox)) == 1


@pytest.mark.server_alone
def test_nothing_is_acknowledged_that_could_not_be_written_down(parts: Parts) -> None:
    platform = Platform()

    async def scene() -> None:
        rename(parts, "events", "lost")
        with pytest.raises(Exception, match='relation "events" does not exist'):
            await platform.receive("Ev1", helps())
        rename(parts, "lost", "events")
        await platform.receive("Ev1", helps())
        await until(lambda: platform.said)

    run(parts, platform, scene=scene)
    assert platform.said == [f"D1 {HELP}"]


# The store away

FRIENDS = "Can I accept a friend request from a parent?"


@pytest.mark.files
def test_while_the_store_is_away_a_question_is_answered_of_whoever_was_known_lately_and_counted(parts: Parts) -> None:
    platform = Platform()

    def asked(account: str = "77", text: str = FRIENDS) -> Message:
        return Message(channel=TELEGRAM, account=account, place=f"D{account}", text=text)

    async def scene() -> None:
        await platform.receive("Ev0", asked())
        await until(lambda: platform.said and not rows(parts, outbox))
        rename(parts, "events", "lost")
        for key in ("Ev1", "Ev1", "Ev1"):  # the platform delivers it again
            await platform.receive(key, asked())
        await platform.receive("Ev2", asked(text="/mydata"))
        await platform.receive("Ev3", asked("78"))  # who was never known
        await platform.receive("Ev4", asked("78", "a boy told me his dad hits him"))
        rename(parts, "lost", "events")
        await until(lambda: counted(parts, ANSWERED_MEANWHILE) == 4 and counted(parts, DUPLICATES) == 2)
        await platform.receive("Ev1", asked())

    run(parts, platform, scene=scene)
    ruled, again, wait, stranger, urgent = (as_text(reply.blocks) for reply in platform.rendered)
    assert ruled.startswith("Hillside's policy of May 2024: not allowed.")
    assert again.startswith(ruled.partition("\n")[0])
    assert NOTHING_KEPT in again
    assert "“Staff must not accept friend requests from parents”" in again
    assert wait == stranger == AWAY
    assert "999" in urgent
    assert counted(parts, ANSWERED_MEANWHILE) == 4
    assert counted(parts, DUPLICATES) == 3
    assert len(rows(parts, questions)) == 1
    assert {row.message for row in rows(parts, events)} == {None}


@pytest.mark.files
def test_what_was_answered_while_the_store_was_away_is_handed_over_before_the_process_ends(
    parts: Parts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.dispatcher.OUTBOX_EVERY", 60)
    platform = Platform()

    async def scene() -> None:
        rename(parts, "events", "lost")
        await platform.receive("Ev1", helps())
        rename(parts, "lost", "events")

    run(parts, platform, scene=scene)
    assert len(platform.said) == 1
    assert counted(parts, ANSWERED_MEANWHILE) == 1


def test_what_was_handed_over_is_still_known_when_the_store_goes_away_again() -> None:
    meanwhile = Meanwhile()
    handed: list[object] = []

    def take(answered: object, duplicates: Mapping[str, int]) -> None:
        handed.append((answered, dict(duplicates)))

    assert meanwhile.begin("Ev1", helps(), "77") == 1
    meanwhile.hand_over(take)
    assert meanwhile.begin("Ev1", helps(), "77") is None
    with pytest.raises(StoreAway):
        meanwhile.hand_over(lambda _answered, _duplicates: raise_away())
    meanwhile.hand_over(take)
    meanwhile.hand_over(take)
    assert handed == [([(TELEGRAM, "Ev1", "77")], {}), ([], {TELEGRAM: 1})]


def raise_away() -> Never:
    raise StoreAway


@pytest.mark.files
def test_what_can_neither_be_written_down_nor_said_is_not_acknowledged_and_comes_again(parts: Parts) -> None:
    platform = Platform()
    platform.faults = [raising(NotNow("503"))]

    async def scene() -> None:
        rename(parts, "events", "lost")
        with pytest.raises(NotNow):
            await platform.receive("Ev1", helps())
        await platform.receive("Ev1", helps())
        rename(parts, "lost", "events")

    run(parts, platform, scene=scene)
    assert len(platform.said) == 1


@pytest.mark.files
def test_what_came_of_a_call_is_noted_once_the_store_is_back_so_that_it_is_made_once(parts: Parts) -> None:
    platform = Platform()
    said = asyncio.Event()

    async def scene() -> None:
        async def take() -> None:
            rename(parts, "outbox", "lost")
            said.set()

        platform.faults = [take]
        await platform.receive("Ev1", helps())
        await said.wait()
        await asyncio.sleep(0.1)
        rename(parts, "lost", "outbox")
        await until(lambda: not rows(parts, outbox))

    run(parts, platform, scene=scene)
    assert len(platform.said) == 1


# Files

PARKING = b"Parking Policy\n\n1. Cars\n\n1.1 Staff must park behind the hall.\n"
KEYS = b"Keys Policy\n\n1. Keys\n\n1.1 Staff must wear their keys.\n"
FOUND = "I found 1 clause in {}, and 2 things to look at."


def with_file(name: str, account: str = "78") -> Message:
    return Message(channel=TELEGRAM, account=account, place="D1", attachment="file", files=(File(name, None, {}),))


def giving(raw: bytes) -> Callable[[], Awaitable[bytes]]:
    async def give() -> bytes:
        return raw

    return give


@pytest.fixture
def with_head(parts: Parts) -> Parts:
    """A school whose headteacher is 78, where 77 is of the staff."""
    parts.people.enrol(parts.people.invite("hillside", PersonRole.HEADTEACHER)[1], TELEGRAM, "78")
    return parts


def test_a_file_is_fetched_if_it_is_wanted_and_what_goes_wrong_is_said(with_head: Parts, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.dispatcher.FETCH_LASTS", 0.5)
    platform = Platform()
    wrong = {
        "later.docx": (NotNow("503"), NOT_NOW),
        "slow.docx": (None, NOT_NOW),
        "refused.docx": (Refused("302"), NOT_GIVEN),
        "large {0}.docx": (DocumentError("large {0}.docx is too large."), "large {{0}}.docx is too large."),
        "odd.docx": (RuntimeError("of ours"), FAULT),
    }
    platform.files = {name: raising(error) if error else hang for name, (error, _) in wrong.items()}  # type: ignore[misc]
    platform.files["parking.txt"] = giving(PARKING)

    async def scene() -> None:
        await platform.receive("staff", with_file("parking.txt", "77"))
        for name in (*wrong, "parking.txt"):
            await platform.receive(name, with_file(name))
        await until(lambda: len(platform.said) == len(wrong) + 2)

    run(with_head, platform, scene=scene)
    said = {f"D1 {sentence.format(name=name)}" for name, (_, sentence) in wrong.items()}
    assert set(platform.said) == {*said, f"D1 {NO_TEXT.format(what='file')}", f"D1 {FOUND.format('parking.txt')}"}
    assert sorted(platform.fetched) == sorted([*wrong, "parking.txt"])
    assert [row.message for row in rows(with_head, events)] == [None] * len(platform.said)


def test_a_file_whose_process_died_is_taken_up_by_the_next_and_makes_one_draft(
    schools: Indexes, with_head: Parts, clock: "Clock"
) -> None:
    parts = assemble(schools, KEY, now=clock)
    for name in ("parking.txt", "keys.txt"):
        parts.deliveries.receive(name, with_file(name), parts.records.asker(with_file(name)))
    parts.bringing_in.bring_in("hillside", "keys.txt", KEYS, "headteacher 2")  # that one died a moment later
    clock.wait(LEASE + timedelta(seconds=1))
    platform = Platform()
    platform.files = {"parking.txt": giving(PARKING), "keys.txt": giving(KEYS)}

    async def scene() -> None:
        await until(lambda: len(platform.said) == 2)

    run(parts, platform, scene=scene)
    already = "You have brought in this very document already: its draft is waiting for you."
    assert sorted(platform.said) == [f"D1 {FOUND.format('parking.txt')}", f"D1 {already}"]
    assert [one.policy.title for one in schools.versions.drafts("hillside")] == ["Keys Policy", "Parking Policy"]
    assert [one.action for one in parts.audit.of("hillside")].count(Action.BROUGHT_IN) == 2


def test_a_file_that_takes_longer_than_a_lease_stays_with_its_process_and_no_more_are_read_at_once(
    with_head: Parts, monkeypatch: pytest.MonkeyPatch
) -> None:
    lease = timedelta(seconds=1.5)  # renewed each third of it, however busy the machine is
    monkeypatch.setattr("bot.deliveries.LEASE", lease)
    monkeypatch.setattr("bot.dispatcher.LEASE", lease)
    platform = Platform()
    names = [f"{number}.txt" for number in range(MOST_DOCUMENTS + 1)]
    gate = asyncio.Event()

    async def slow() -> bytes:
        await gate.wait()
        return b""

    platform.files = dict.fromkeys(names, slow)

    def leased_until() -> list[Any]:
        return [row.leased_until for row in rows(with_head, events)]

    async def scene() -> None:
        for name in names:
            await platform.receive(name, with_file(name))
        await until(lambda: len(platform.fetched) == MOST_DOCUMENTS)
        first = leased_until()
        await until(lambda: all(now > before + lease for before, now in zip(first, leased_until(), strict=True)))
        assert len(platform.fetched) == MOST_DOCUMENTS
        gate.set()
        await until(lambda: len(platform.said) == len(names))

    run(with_head, platform, scene=scene)
    assert sorted(platform.fetched) == names


def test_what_is_begun_is_finished_before_it_stops(parts: Parts) -> None:
    platform = Platform()
    gate = asyncio.Event()
    platform.faults = [gate.wait]

    async def scene() -> None:
        await platform.receive("Ev1", helps())
        await until(lambda: platform.begun)
        asyncio.get_running_loop().call_soon(gate.set)  # once the scene has ended

    run(parts, platform, scene=scene)
    assert platform.said == platform.said_before_stop == [f"D1 {HELP}"]
    assert rows(parts, outbox) == []


def test_what_a_process_left_behind_is_answered_by_the_next(parts: Parts, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.deliveries.LEASE", timedelta(0))
    parts.deliveries.receive("Ev1", helps(), "asker")
    monkeypatch.setattr("bot.deliveries.LEASE", timedelta(seconds=60))
    platform = Platform()

    async def scene() -> None:
        await until(lambda: platform.said and not rows(parts, outbox))

    run(parts, platform, scene=scene)
    assert platform.said == [f"D1 {HELP}"]


# Processes that die

DYING = """
import asyncio, sys, threading
from datetime import timedelta
from pathlib import Path

import bot.deliveries
import bot.dispatcher
from bot.assembly import assemble
from bot.bootstrap import Indexes
from bot.clock import now_utc
from bot.messages import Message
from bot.schema import open_store
from corpus.versions import Versions
from retrieval.knowledge import Knowledge

url, cache, mode, event = sys.argv[1:]
bot.deliveries.LEASE = timedelta(seconds=1)
bot.dispatcher.CALL_LASTS = 0.5
bot.dispatcher.OUTBOX_EVERY = bot.dispatcher.LEFT_BEHIND_EVERY = 0.05


class Channel:
    name = "telegram"

    async def start(self, receive):
        self.receive = receive

    async def stop(self):
        pass

    def address(self, message):
        return None

    def render(self, reply, message):
        if mode == "dies answering":
            print("dying", flush=True)
            threading.Event().wait()
        return [{"text": reply.blocks[0].text}]

    async def deliver(self, call):
        if mode == "dies saying":
            print("dying", flush=True)
            threading.Event().wait()
        print("said", call["text"], flush=True)


async def main():
    parts = assemble(Indexes(Versions(open_store(url), now_utc), Knowledge(Path(cache))), b"a key that only the tests have")
    channel = Channel()
    dispatcher = bot.dispatcher.Dispatcher(parts.conversation, parts.deliveries, parts.records, parts.outgoing, [channel])
    async with dispatcher.running():
        for _ in range(2):
            await channel.receive(event, Message(channel="telegram", account="77", place="D1", text="/help"))
        await asyncio.to_thread(sys.stdin.readline)


asyncio.run(main())
"""


@pytest.fixture
def process_of(store: Versions, store_url: str, parsed: Path) -> Callable[[str, str], "subprocess.Popen[str]"]:
    """Return a process over the store that receives an event twice, and then lives or dies as its mode says."""
    people = People(store.engine, now_utc)
    people.enrol(people.invite("hillside", PersonRole.STAFF)[1], TELEGRAM, "77")

    def start(mode: str, event: str) -> "subprocess.Popen[str]":
        arguments = [sys.executable, "-c", DYING, store_url, str(parsed), mode, event]
        environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])}
        return subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment)

    return start


def die(process: "subprocess.Popen[str]") -> None:
    assert process.stdout
    assert process.stdout.readline() == "dying\n"
    process.kill()
    process.communicate()


def live(process: "subprocess.Popen[str]", store: Versions) -> list[str]:
    """Return what a process says until there is nothing more to say."""
    assert process.stdout
    said = [process.stdout.readline()]
    rest, _ = process.communicate("stop\n", timeout=60)
    with store.engine.connect() as connection:
        assert not connection.execute(select(outbox)).all()
        assert [row.message for row in connection.execute(select(events))] == [None] * len(
            connection.execute(select(events)).all()
        )
    return [*said, *rest.splitlines(keepends=True)]


@pytest.mark.parametrize(("mode", "resent"), [("dies answering", 0), ("dies saying", 1)])
def test_what_a_killed_process_was_at_is_answered_once_by_the_next(
    process_of: Callable[[str, str], "subprocess.Popen[str]"], store: Versions, mode: str, resent: int
) -> None:
    die(process_of(mode, "Ev1"))
    assert live(process_of("lives", "Ev1"), store) == [f"said {HELP}\n"]
    assert Deliveries(store.engine, now_utc).counted(today() - timedelta(days=1)).get((TELEGRAM, RESENT), 0) == resent


@pytest.mark.soak
def test_however_often_processes_are_killed_each_event_is_answered_once(
    process_of: Callable[[str, str], "subprocess.Popen[str]"], store: Versions
) -> None:
    for number in range(20):
        die(process_of("dies answering" if number % 2 else "dies saying", f"Ev{number}"))
        assert live(process_of("lives", f"Ev{number}"), store) == [f"said {HELP}\n"]
