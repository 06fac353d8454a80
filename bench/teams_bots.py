"""From a signed activity of Teams to the reply posted: policybot beside an echo bot on the same SDK that writes as durably.

`python -m bench.teams_bots` measures; `python -m bench.teams_bots HOME PORT OPENID LOGIN` is the echo bot.
"""

import asyncio
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import warnings
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any, Self

import httpx
import uvicorn
from sqlalchemy import Column, Engine, Executable, MetaData, String, Table, delete, insert

from bench.run import QUESTIONS
from bot.bootstrap import Indexes, seed_demo
from bot.clock import now_utc
from bot.schema import open_store
from corpus.tables import sqlite_url, writing
from corpus.versions import Versions
from retrieval.knowledge import Knowledge
from tests.platforms.teams_bot import SCHOOL
from tests.platforms.teams_server import APP_ID, SCOPE, SECRET, TENANT, Chat, TeamsServer, Who

ROUNDS, WARM_UP = 60, 12
ROOT = Path(__file__).parents[1]
# So many ask that none of them asks too much for a minute.
ASKERS = [(Who(f"Asker {number}"), Chat(f"a:1asker-{number}")) for number in range(6)]

_tables = MetaData()
_events, _outbox = (
    Table(name, _tables, Column("id", String, primary_key=True), Column("chat", String), Column("text", String))
    for name in ("echo_events", "echo_outbox")
)


def main() -> None:
    """Print how long each takes, and the ratio of the two."""
    ours, echo = measure()
    middle, baseline = (statistics.median(one) * 1000 for one in (ours, echo))
    ratio = middle / baseline
    print(f"Teams, activity to reply: {middle:.1f} ms, {ratio:.2f} times an echo bot's {baseline:.1f} ms (wanted: 1.25)")


def measure() -> tuple[list[float], list[float]]:
    """Return the seconds that each activity took, of policybot and of the echo bot; they are asked in turns."""
    home = Path(tempfile.mkdtemp())
    engine = open_store(sqlite_url(home))
    versions = Versions(engine, now_utc)
    seed_demo(versions)
    Indexes(versions, Knowledge(home / "cache")).of(SCHOOL)
    engine.dispose()
    with ExitStack() as stack:
        bots = [stack.enter_context(_Asked(module, home)) for module in ("tests.platforms.teams_bot", "bench.teams_bots")]
        taken: tuple[list[float], list[float]] = ([], [])
        for number in range(ROUNDS + WARM_UP):
            for one, bot in zip(taken, bots, strict=True):
                one.append(bot.seconds(*ASKERS[number % len(ASKERS)], QUESTIONS[number % len(QUESTIONS)]))
    return taken[0][WARM_UP:], taken[1][WARM_UP:]


class _Asked:
    """A bot in a process of its own, before a Microsoft of its own."""

    def __init__(self, module: str, home: Path) -> None:
        self._module = module
        self._home = home
        self._teams = TeamsServer()

    def __enter__(self) -> Self:
        self._teams.__enter__()
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = int(probe.getsockname()[1])
        given = [str(self._home), str(port), self._teams.openid_metadata_url, self._teams.login_url]
        self._process = subprocess.Popen([sys.executable, "-W", "ignore", "-m", self._module, *given], cwd=ROOT)
        self._address = f"http://127.0.0.1:{port}/api/messages"
        until = time.monotonic() + 60
        while time.monotonic() < until:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    return self
            time.sleep(0.05)
        raise AssertionError(f"{self._module} does not start")

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()
        self._teams.__exit__()

    def seconds(self, who: Who, chat: Chat, text: str) -> float:
        """Return how long an activity waits for its reply."""
        seen = len(self._teams.posted)
        activity = self._teams.message(text, who, chat)
        start = time.perf_counter()
        self._teams.send(activity, self._address)
        self._teams.wait_for_messages(seen + 1)
        return time.perf_counter() - start


async def echo(home: Path, port: int, openid_metadata_url: str, login_url: str) -> None:
    """Answer each message with its own text; what came and what is to be said is written down as durably as in policybot."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        from microsoft_teams.api.auth.cloud_environment import PUBLIC
        from microsoft_teams.apps import App
        from microsoft_teams.apps.http import FastAPIAdapter
    engine = open_store(sqlite_url(home))
    _tables.create_all(engine)
    form = {"grant_type": "client_credentials", "client_id": APP_ID, "client_secret": SECRET, "scope": SCOPE}
    token = httpx.post(f"{login_url}/{TENANT}/oauth2/v2.0/token", data=form).json()["access_token"]
    adapter = FastAPIAdapter()
    cloud = replace(PUBLIC, openid_metadata_url=openid_metadata_url)
    app = App(client_id=APP_ID, tenant_id=TENANT, token=lambda _scope, _tenant: token, cloud=cloud, http_server_adapter=adapter)
    answering: set[asyncio.Task[None]] = set()

    @app.on_message
    async def _(context: Any) -> None:
        activity = context.activity
        row = {"id": activity.id, "chat": activity.conversation.id, "text": activity.text}
        await _written(engine, insert(_events).values(**row))
        answering.add(asyncio.create_task(_echoed(engine, context, row)))

    await app.initialize()
    await uvicorn.Server(uvicorn.Config(adapter.app, port=port, log_level="warning", access_log=False)).serve()


async def _echoed(engine: Engine, context: Any, row: dict[str, str]) -> None:
    number = row["id"]
    await _written(engine, delete(_events).where(_events.c.id == number), insert(_outbox).values(**row))
    await context.send(row["text"])
    await _written(engine, delete(_outbox).where(_outbox.c.id == number))


async def _written(engine: Engine, *statements: Executable) -> None:
    def write() -> None:
        with writing(engine) as connection:
            for statement in statements:
                connection.execute(statement)

    await asyncio.to_thread(write)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        asyncio.run(echo(Path(sys.argv[1]), int(sys.argv[2]), *sys.argv[3:]))
    else:
        main()
