"""How a replica hears of what others publish: PostgreSQL tells it, and now and then it looks for itself.

Whoever asks is never answered from an older revision: it is read with who may ask. So that nobody waits for the new index, it is
built as soon as the revision is heard of.
"""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from threading import Event

from sqlalchemy import Engine, select
from sqlalchemy.exc import SQLAlchemyError

from bot.bootstrap import Indexes
from bot.errors import BotError
from corpus.tables import PUBLISHED, schools
from corpus.tenancy import reading_across

# So often, in seconds, a replica looks for itself: what it was told may have been lost with a connection.
LOOK_EVERY = 30.0
# So long, in seconds, it listens before it looks whether it is to end; and waits before it tries to listen again.
LISTENS_FOR, LISTEN_AGAIN = 1.0, 2.0

_log = logging.getLogger("policybot")


class Publications:
    """What is published at the schools of which an index is in memory."""

    def __init__(self, engine: Engine, indexes: Indexes) -> None:
        """Keep the parts; nothing is listened to yet."""
        self._engine = engine
        self._indexes = indexes
        self._ending = Event()

    @asynccontextmanager
    async def followed(self) -> AsyncIterator[None]:
        """Build the new index of each school in memory as its revision goes up, until the context ends."""
        following = [asyncio.create_task(self._look())]
        if self._engine.dialect.name == "postgresql":
            following.append(asyncio.create_task(asyncio.to_thread(self._listen)))
        try:
            yield
        finally:
            self._ending.set()
            following[0].cancel()
            await asyncio.gather(*following, return_exceptions=True)

    async def _look(self) -> None:
        while True:
            await asyncio.sleep(LOOK_EVERY)
            await asyncio.to_thread(self.look)

    def look(self) -> None:
        """Build the new index of each school in memory whose revision has gone up since."""
        built = self._indexes.revisions()
        with suppress(SQLAlchemyError):  # the store is away: at the next look
            with reading_across(self._engine) as connection:
                found = connection.execute(select(schools.c.id, schools.c.revision).where(schools.c.id.in_(list(built)))).all()
            for row in found:
                if row.revision != built[row.id]:
                    self._build(row.id)

    def _build(self, school_id: str) -> None:
        try:
            self._indexes.of(school_id)
        except (BotError, SQLAlchemyError):
            _log.warning("The index of a school could not be built ahead, and is built when it is asked of")

    def _listen(self) -> None:
        """Listen to what is published, on a connection of its own; where it is lost, look, and listen again."""
        import psycopg

        address = self._engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
        while not self._ending.is_set():
            try:
                with psycopg.connect(address, autocommit=True, connect_timeout=3) as connection:
                    connection.execute(f"LISTEN {PUBLISHED}")
                    self.look()
                    while not self._ending.is_set():
                        for told in connection.notifies(timeout=LISTENS_FOR):
                            if told.payload in self._indexes.revisions():
                                self._build(told.payload)
            except psycopg.Error:
                self._ending.wait(LISTEN_AGAIN)
