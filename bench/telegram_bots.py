"""From a message on Telegram to its reply: policybot beside an echo bot on the same library that writes as durably.

`python -m bench.telegram_bots` measures; `python -m bench.telegram_bots echo HOME ADDRESS` is the echo bot.
"""

import asyncio
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Self

from sqlalchemy import Column, Engine, Executable, Integer, MetaData, String, Table, delete, insert
from telegram import Bot

from bench.run import QUESTIONS
from bot.bootstrap import Indexes, seed_demo
from bot.clock import now_utc
from bot.people import TELEGRAM, People, PersonRole
from bot.schema import open_store
from corpus.tables import sqlite_url, writing
from corpus.versions import Versions
from retrieval.knowledge import Knowledge
from tests.platforms.telegram_server import TOKEN, Someone, TelegramServer

ROUNDS, WARM_UP = 60, 10
ROOT = Path(__file__).parents[1]
# So many ask that none of them asks too much for a minute.
ASKERS = [Someone(1000 + number) for number in range(ROUNDS + WARM_UP)]

_tables = MetaData()
_events, _outbox = (
    Table(name, _tables, Column("id", Integer, primary_key=True), Column("chat", Integer), Column("text", String))
    for name in ("echo_events", "echo_outbox")
)


def main() -> None:
    """Print how long each takes, and the ratio of the two."""
    ours, echo = measure()
    middle, baseline = (statistics.median(one) * 1000 for one in (ours, echo))
    ratio = middle / baseline
    print(f"Telegram, update to reply: {middle:.1f} ms, {ratio:.2f} times an echo bot's {baseline:.1f} ms (wanted: 1.25)")


def measure() -> tuple[list[float], list[float]]:
    """Return the seconds that each message took, of policybot and of the echo bot; they are asked in turns."""
    home = Path(tempfile.mkdtemp())
    _set_up(home)
    with ExitStack() as stack:
        asks = [
            stack.enter_context(_Asked([sys.executable, "-m", module, *how, str(home)]))
            for module, how in (("tests.platforms.telegram_bot", ()), ("bench.telegram_bots", ("echo",)))
        ]
        taken: tuple[list[float], list[float]] = ([], [])
        for number, who in enumerate(ASKERS):
            for one, ask in zip(taken, asks, strict=True):
                one.append(ask.seconds(who, QUESTIONS[number % len(QUESTIONS)]))
    return taken[0][WARM_UP:], taken[1][WARM_UP:]


def _set_up(home: Path) -> None:
    """Make a data folder with the demo's schools, where everybody who asks has joined one."""
    engine = open_store(sqlite_url(home))
    versions, people = Versions(engine, now_utc), People(engine, now_utc)
    seed_demo(versions)
    Indexes(versions, Knowledge(home / "cache")).of("coniston")
    for who in ASKERS:
        _, code = people.invite("coniston", PersonRole.STAFF)
        people.enrol(code, TELEGRAM, str(who.id))
    engine.dispose()


class _Asked:
    """A bot in a process of its own, on a Telegram of its own."""

    def __init__(self, command: Sequence[str]) -> None:
        self._command = command
        self._telegram = TelegramServer()

    def __enter__(self) -> Self:
        self._telegram.__enter__()
        self._process = subprocess.Popen([*self._command, self._telegram.address], cwd=ROOT)
        self._telegram.wait(lambda: self._telegram.polled)
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()
        self._telegram.__exit__()

    def seconds(self, who: Someone, text: str) -> float:
        """Return how long a message waits for its reply."""
        start = time.perf_counter()
        self._telegram.writes(who, text)
        self._telegram.wait(lambda: self._telegram.messages(who))
        return time.perf_counter() - start


async def echo(home: Path, address: str) -> None:
    """Answer each message with its own text; what came and what is to be said is written down as durably as in policybot."""
    engine = open_store(sqlite_url(home))
    _tables.create_all(engine)
    async with Bot(TOKEN, base_url=f"{address}/bot") as bot:
        offset, answering = 0, set()
        while True:
            for update in await bot.get_updates(offset=offset, timeout=30):
                message = update.message
                event = {"id": update.update_id, "chat": message.chat.id, "text": message.text}
                await _written(engine, insert(_events).values(**event))
                answering.add(asyncio.create_task(_echoed(engine, bot, event)))
                offset = update.update_id + 1


async def _echoed(engine: Engine, bot: Bot, event: dict[str, Any]) -> None:
    number = event["id"]
    await _written(engine, delete(_events).where(_events.c.id == number), insert(_outbox).values(**event))
    await bot.send_message(event["chat"], event["text"])
    await _written(engine, delete(_outbox).where(_outbox.c.id == number))


async def _written(engine: Engine, *statements: Executable) -> None:
    def write() -> None:
        with writing(engine) as connection:
            for statement in statements:
                connection.execute(statement)

    await asyncio.to_thread(write)


if __name__ == "__main__":
    if sys.argv[1:2] == ["echo"]:
        asyncio.run(echo(Path(sys.argv[2]), sys.argv[3]))
    else:
        main()
