"""A bot beside an echo bot on the same SDK and the same platform: what both start from, and how they are asked and compared."""

import asyncio
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, NamedTuple, Protocol

from sqlalchemy import Column, Executable, MetaData, String, Table, delete, insert

from bench.run import QUESTIONS
from bot.bootstrap import Indexes, seed_demo
from bot.clock import now_utc
from bot.people import People, PersonRole
from bot.schema import open_store
from corpus.tables import sqlite_url
from corpus.tenancy import writing_at
from corpus.versions import Versions
from retrieval.knowledge import Knowledge

ROUNDS, WARM_UP = 60, 12
# So many ask in turn that none of them asks too much for a minute.
ASKERS = 6
ROOT = Path(__file__).parents[1]
WANTED = 1.25


class Asked(Protocol):
    """A bot in a process of its own, on a platform of its own."""

    def seconds(self, asker: int, text: str) -> float:
        """Return how long what somebody writes waits for its reply; `asker` is one of ASKERS."""


class Platform(NamedTuple):
    """What is measured: its name, and how a module is started as a bot on a data folder; who must have joined a school first."""

    name: str
    policybot: Sequence[str]  # the module and its options
    echo: Sequence[str]
    start: Callable[[Sequence[str], Path], AbstractContextManager[Asked]]
    joined: tuple[str, Sequence[str]] | None = None  # channel, accounts


def compare(platform: Platform) -> None:
    """Print how long each of the two takes, and the ratio."""
    ours, echo = (statistics.median(seconds) * 1000 for seconds in _measured(platform))
    print(
        f"{platform.name}, event to reply: {ours:.1f} ms, {ours / echo:.2f} times an echo bot's {echo:.1f} ms (wanted: {WANTED})"
    )


def _measured(platform: Platform) -> tuple[list[float], list[float]]:
    """Return the seconds that each event took, of policybot and of the echo bot; they are asked in turns."""
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        home = Path(folder)
        _set_up(home, platform)
        bots = [stack.enter_context(platform.start(module, home)) for module in (platform.policybot, platform.echo)]
        taken: tuple[list[float], list[float]] = ([], [])
        for number in range(ROUNDS + WARM_UP):
            for seconds, bot in zip(taken, bots, strict=True):
                seconds.append(bot.seconds(number % ASKERS, QUESTIONS[number % len(QUESTIONS)]))
        return taken[0][WARM_UP:], taken[1][WARM_UP:]


def _set_up(home: Path, platform: Platform) -> None:
    """Make a data folder with the demo's schools, where everybody who asks has joined one if the platform wants that."""
    engine = open_store(sqlite_url(home))
    versions, people = Versions(engine, now_utc), People(engine, now_utc)
    seed_demo(versions)
    Indexes(versions, Knowledge(home / "cache")).of("coniston")
    if platform.joined:
        channel, accounts = platform.joined
        for account in accounts:
            people.enrol(people.invite("coniston", PersonRole.STAFF)[1], channel, account)
    engine.dispose()


@contextmanager
def started(module: Sequence[str], *given: str | Path) -> Iterator[IO[str]]:
    """Start a bot's module with what is given and its own options; give what it prints. It is killed at the end."""
    name, *options = module
    start = [sys.executable, "-W", "ignore", "-m", name, *(str(one) for one in given), *options]
    with subprocess.Popen(start, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            if process.stdout:
                yield process.stdout
        finally:
            process.kill()


@dataclass(frozen=True)
class Heard:
    """What somebody wrote to an echo bot."""

    id: str
    place: str
    text: str
    thread: str = ""


_tables = MetaData()
_events, _outbox = (
    Table(name, _tables, Column("id", String, primary_key=True), *(Column(one, String) for one in ("place", "text", "thread")))
    for name in ("echo_events", "echo_outbox")
)


class Echo:
    """Says what it hears; what came and what is to be said is written down as durably as in policybot."""

    def __init__(self, home: Path, say: Callable[[Heard], Awaitable[object]]) -> None:
        """Write to the store of a data folder; `say` is the platform's way to say something."""
        self._engine = open_store(sqlite_url(home))
        self._say = say
        self._answering: set[asyncio.Task[None]] = set()
        _tables.create_all(self._engine)

    async def hear(self, heard: Heard) -> None:
        """Write down what was heard, and begin to say it."""
        await self._write(insert(_events).values(**asdict(heard)))
        task = asyncio.create_task(self._answer(heard))
        self._answering.add(task)
        task.add_done_callback(self._answering.discard)

    async def _answer(self, heard: Heard) -> None:
        await self._write(delete(_events).where(_events.c.id == heard.id), insert(_outbox).values(**asdict(heard)))
        await self._say(heard)
        await self._write(delete(_outbox).where(_outbox.c.id == heard.id))

    async def _write(self, *statements: Executable) -> None:
        def write() -> None:
            with writing_at(self._engine, "hillside") as connection:
                for statement in statements:
                    connection.execute(statement)

        await asyncio.to_thread(write)
