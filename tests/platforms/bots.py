"""The whole bot with one channel, over a store of its own: in a thread of a test, or as a process that can be killed.

Each platform's own file says what its channel is; as a process the bot prints the address at which it is served.
"""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import func, select
from starlette.applications import Starlette

from bot.assembly import Parts, assemble
from bot.bootstrap import Indexes
from bot.clock import now_utc
from bot.dispatcher import Dispatcher
from bot.messages import Channel, Message
from bot.schema import open_store
from bot.tables import events, outbox
from bot.turn import Tenancy, Turn
from corpus.tables import sqlite_url
from corpus.versions import Versions
from retrieval.knowledge import Knowledge
from tests.platforms.served import served

KEY = b"of these tests alone" * 2


@dataclass(frozen=True)
class Bot:
    """A bot that runs: the parts that it is made of, and the address at which its channel's routes are served, if it has any."""

    parts: Parts
    address: str

    @property
    def waiting(self) -> int:
        """How many events and replies are in the store that are not dealt with."""
        with self.parts.indexes.versions.engine.connect() as connection:
            return sum(
                connection.scalar(select(func.count()).where(column.is_not(None))) or 0
                for column in (events.c.message, outbox.c.call)
            )

    def counted(self, channel: str, what: str) -> int:
        """Return how often something happened on a channel since yesterday."""
        return self.parts.deliveries.counted(now_utc().date() - timedelta(days=1)).get((channel, what), 0)


@asynccontextmanager
async def bot_with(
    channel_of: Callable[[Parts], Channel],
    home: Path,
    knowledge: Knowledge,
    *,
    port: int = 0,
    now: Callable[[], datetime] = now_utc,
    tenancies: Mapping[tuple[str, str], Tenancy] | None = None,
    dies: bool = False,
) -> AsyncIterator[Bot]:
    """Run the bot over a data folder, with the one channel that `channel_of` makes; `dies` when it is to answer."""
    engine = open_store(sqlite_url(home))
    parts = assemble(Indexes(Versions(engine, now), knowledge), KEY, now=now, tenancies=tenancies)
    channel = channel_of(parts)
    conversation = _Mortal() if dies else parts.conversation
    async with (
        Dispatcher(conversation, parts.deliveries, parts.records, parts.outgoing, [channel]).running(),
        AsyncExitStack() as serving,
    ):
        routes = channel.routes()
        address = await serving.enter_async_context(served(Starlette(routes=routes), port)) if routes else ""
        yield Bot(parts, address)
    engine.dispose()


class _Mortal:
    """In the place of the conversation: kills its process when it is to answer."""

    def turn(self, _message: Message, _recent: int, _address: Message | None) -> Turn:
        os.kill(os.getpid(), signal.SIGKILL)
        raise AssertionError("nobody survives that")


def run_for_ever(running: AbstractAsyncContextManager[Bot]) -> None:
    """Run a bot until its process is killed, and print where it is served."""

    async def run() -> None:
        async with running as bot:
            print(bot.address, flush=True)  # noqa: T201  whoever started the process reads it
            await asyncio.Event().wait()

    asyncio.run(run())
