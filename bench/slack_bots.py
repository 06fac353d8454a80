"""From a signed event of Slack to the reply posted: policybot beside an echo bot on the same SDK that writes as durably.

`python -m bench.slack_bots` measures; `python -m bench.slack_bots HOME ADDRESS echo` is the echo bot.
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

import aiohttp
from slack_bolt.adapter.starlette.async_handler import AsyncSlackRequestHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient
from sqlalchemy import Column, Engine, Executable, MetaData, String, Table, delete, insert
from starlette.applications import Starlette
from starlette.routing import Route

from bench.run import QUESTIONS
from bot.bootstrap import Indexes, seed_demo
from bot.clock import now_utc
from bot.schema import open_store
from corpus.tables import sqlite_url, writing
from corpus.versions import Versions
from retrieval.knowledge import Knowledge
from tests.platforms.serving import served
from tests.platforms.slack_server import BOT_TOKEN, SIGNING_SECRET, SlackServer

ROUNDS, WARM_UP = 60, 12
ROOT = Path(__file__).parents[1]
# So many ask that none of them asks too much for a minute.
ASKERS = [f"U{number}STAFF" for number in range(6)]

_tables = MetaData()
_events, _outbox = (
    Table(name, _tables, Column("id", String, primary_key=True), *(Column(one, String) for one in ("channel", "ts", "text")))
    for name in ("echo_events", "echo_outbox")
)


def main() -> None:
    """Print how long each takes, and the ratio of the two."""
    ours, echo = measure()
    middle, baseline = (statistics.median(one) * 1000 for one in (ours, echo))
    ratio = middle / baseline
    print(f"Slack, event to reply: {middle:.1f} ms, {ratio:.2f} times an echo bot's {baseline:.1f} ms (wanted: 1.25)")


def measure() -> tuple[list[float], list[float]]:
    """Return the seconds that each event took, of policybot and of the echo bot; they are asked in turns."""
    home = Path(tempfile.mkdtemp())
    engine = open_store(sqlite_url(home))
    versions = Versions(engine, now_utc)
    seed_demo(versions)
    Indexes(versions, Knowledge(home / "cache")).of("coniston")
    engine.dispose()
    with ExitStack() as stack:
        bots = [
            stack.enter_context(_Asked(command, home))
            for command in (["tests.platforms.slack_bot", "--http"], ["bench.slack_bots", "echo"])
        ]
        taken: tuple[list[float], list[float]] = ([], [])
        for number in range(ROUNDS + WARM_UP):
            for one, bot in zip(taken, bots, strict=True):
                one.append(bot.seconds(ASKERS[number % len(ASKERS)], QUESTIONS[number % len(QUESTIONS)]))
    return taken[0][WARM_UP:], taken[1][WARM_UP:]


class _Asked:
    """A bot in a process of its own, on a Slack of its own."""

    def __init__(self, command: Sequence[str], home: Path) -> None:
        self._module, *self._options = command
        self._home = home
        self._slack = SlackServer()

    def __enter__(self) -> Self:
        self._slack.__enter__()
        for asker in ASKERS:
            self._slack.add_person(asker)
        command = [sys.executable, "-m", self._module, str(self._home), self._slack.api_url, *self._options]
        self._process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        if self._process.stdout is None:
            raise AssertionError("the process has no standard output")
        self._slack.deliver_to(self._process.stdout.readline().strip())
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.communicate()
        self._slack.__exit__()

    def seconds(self, asker: str, text: str) -> float:
        """Return how long an event waits for its reply."""
        seen = len(self._slack.seen_by(asker))
        start = time.perf_counter()
        self._slack.say(asker, text)
        self._slack.wait_for_messages(asker, seen + 1)
        return time.perf_counter() - start


async def echo(home: Path, address: str) -> None:
    """Answer each message with its own text; what came and what is to be said is written down as durably as in policybot."""
    engine = open_store(sqlite_url(home))
    _tables.create_all(engine)
    answering: set[asyncio.Task[None]] = set()
    async with aiohttp.ClientSession() as session:
        client = AsyncWebClient(token=BOT_TOKEN, base_url=address, session=session)
        app = AsyncApp(client=client, signing_secret=SIGNING_SECRET, process_before_response=True)

        @app.event("message")
        async def _(event: dict[str, Any], body: dict[str, Any]) -> None:
            row = {"id": body["event_id"], "channel": event["channel"], "ts": event["ts"], "text": event["text"]}
            await _written(engine, insert(_events).values(**row))
            answering.add(asyncio.create_task(_echoed(engine, client, row)))

        routes = [Route("/slack/events", AsyncSlackRequestHandler(app).handle, methods=["POST"])]
        async with served(Starlette(routes=routes)) as url:
            print(f"{url}/slack/events", flush=True)
            await asyncio.Event().wait()


async def _echoed(engine: Engine, client: AsyncWebClient, row: dict[str, str]) -> None:
    number = row["id"]
    await _written(engine, delete(_events).where(_events.c.id == number), insert(_outbox).values(**row))
    await client.chat_postMessage(channel=row["channel"], thread_ts=row["ts"], text=row["text"])
    await _written(engine, delete(_outbox).where(_outbox.c.id == number))


async def _written(engine: Engine, *statements: Executable) -> None:
    def write() -> None:
        with writing(engine) as connection:
            for statement in statements:
                connection.execute(statement)

    await asyncio.to_thread(write)


if __name__ == "__main__":
    if "echo" in sys.argv[1:]:
        asyncio.run(echo(Path(sys.argv[1]), sys.argv[2]))
    else:
        main()
