"""The whole bot on Slack, over a store of its own: in a thread of a test, or as a process that can be killed.

As a process: `python -m tests.platforms.slack_bot HOME ADDRESS`, over Socket Mode. With `--http` over signed HTTP, at the address
that it prints; with `--dies` it kills itself when it is to answer.
"""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from functools import partial
from pathlib import Path

from starlette.applications import Starlette

from bot.assembly import Parts, assemble
from bot.bootstrap import Indexes
from bot.channels.slack import EVENTS_PATH, SlackChannel
from bot.clock import now_utc
from bot.conversation import Tenancy, Turn
from bot.deliveries import REFUSED
from bot.dispatcher import Dispatcher
from bot.messages import Message
from bot.people import SLACK
from bot.schema import open_store
from corpus.tables import sqlite_url
from corpus.versions import Versions
from retrieval.knowledge import Knowledge
from tests.platforms.serving import served
from tests.platforms.slack_server import APP_TOKEN, BOT_TOKEN, SIGNING_SECRET, TEAM, SlackServer

KEY = b"of these tests alone" * 2
ONE_SCHOOL = Tenancy(("coniston",))


@asynccontextmanager
async def slack_bot(
    home: Path,
    knowledge: Knowledge,
    server: SlackServer | str,
    *,
    socket: bool = True,
    guests: bool = False,
    now: Callable[[], datetime] = now_utc,
    tenancies: Mapping[str, Tenancy] | None = None,
    dies: bool = False,
) -> AsyncIterator[Parts]:
    """Run the bot on a Slack (or at the address of one), over Socket Mode or signed HTTP; give the parts that it is made of."""
    engine = open_store(sqlite_url(home))
    held = {TEAM: ONE_SCHOOL} if tenancies is None else tenancies
    parts = assemble(
        Indexes(Versions(engine, now), knowledge), KEY, now=now, tenancies={(SLACK, team): of for team, of in held.items()}
    )
    channel = SlackChannel(
        bot_token=BOT_TOKEN,
        app_token=APP_TOKEN if socket else None,
        signing_secret=None if socket else SIGNING_SECRET,
        api_base_url=server if isinstance(server, str) else server.api_url,
        allow_guests=guests,
        refused=partial(parts.deliveries.count, SLACK, REFUSED),
    )
    conversation = _Mortal() if dies else parts.conversation
    async with (
        Dispatcher(conversation, parts.deliveries, parts.records, [channel]).running(),
        served(Starlette(routes=channel.routes())) as url,
    ):
        if not isinstance(server, SlackServer):
            print(url + EVENTS_PATH, flush=True)  # noqa: T201  whoever started the process reads it
        else:
            server.deliver_to(None if socket else url + EVENTS_PATH)
            if socket:
                await asyncio.to_thread(server.wait_for, lambda: server.sockets)
        yield parts
    engine.dispose()


class _Mortal:
    """In the place of the conversation: kills its process when it is to answer."""

    def turn(self, _message: Message, _recent: int) -> Turn:
        os.kill(os.getpid(), signal.SIGKILL)
        raise AssertionError("nobody survives that")


async def _run(home: Path, address: str, options: Sequence[str]) -> None:
    async with slack_bot(home, Knowledge(home / "cache"), address, socket="--http" not in options, dies="--dies" in options):
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(_run(Path(sys.argv[1]), sys.argv[2], sys.argv[3:]))
