"""The whole bot on Telegram, over a store of its own: in a thread of a test, or as a process that can be killed.

As a process: `python -m tests.platforms.telegram_bot HOME ADDRESS`.
"""

import asyncio
import socket
import sys
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import datetime
from functools import partial
from pathlib import Path

import uvicorn
from starlette.applications import Starlette

from bot.assembly import Parts, assemble
from bot.bootstrap import Indexes
from bot.channels.telegram import TelegramChannel
from bot.clock import now_utc
from bot.commands import COMMANDS
from bot.configuration import WEBHOOK_PATH
from bot.deliveries import REFUSED
from bot.dispatcher import Dispatcher
from bot.hours import SchoolHours
from bot.people import TELEGRAM
from bot.schema import open_store
from corpus.tables import sqlite_url
from corpus.versions import Versions
from retrieval.knowledge import Knowledge
from tests.platforms.telegram_server import TOKEN

KEY = b"of these tests alone" * 2
SECRET = "a-secret_1"  # noqa: S105  the same


@asynccontextmanager
async def telegram_bot(
    home: Path,
    knowledge: Knowledge,
    address: str,
    *,
    webhook: bool = False,
    now: Callable[[], datetime] = now_utc,
    hours: Mapping[str, SchoolHours] | None = None,
) -> AsyncIterator[Parts]:
    """Run the bot against the Bot API at `address`, by polling or with a webhook; give the parts that it is made of."""
    engine = open_store(sqlite_url(home))
    parts = assemble(Indexes(Versions(engine, now), knowledge), KEY, now=now, hours=hours)
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        url = f"http://127.0.0.1:{listening.getsockname()[1]}{WEBHOOK_PATH}" if webhook else None
        channel = TelegramChannel(
            TOKEN,
            [(command.name, command.summary) for command in COMMANDS],
            api_base_url=address,
            webhook_url=url,
            webhook_secret=SECRET,
            refused=partial(parts.deliveries.count, TELEGRAM, REFUSED),
        )
        app = Starlette(routes=channel.routes())
        server = uvicorn.Server(uvicorn.Config(app, log_config=None, access_log=False, timeout_graceful_shutdown=1))
        serving = asyncio.ensure_future(server.serve([listening]))
        async with Dispatcher(parts.conversation, parts.deliveries, parts.records, [channel]).running():
            yield parts
            server.should_exit = True
            await serving
    engine.dispose()


async def _run(home: Path, address: str) -> None:
    async with telegram_bot(home, Knowledge(home / "cache"), address):
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(_run(Path(sys.argv[1]), sys.argv[2]))
