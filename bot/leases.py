"""What one process at a time does for all of them: whoever holds the lease does it, until it lets go or dies."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from datetime import datetime, timedelta

from sqlalchemy import Engine, delete, or_

from bot.outage import UNREACHABLE
from bot.store_clock import has_come
from bot.tables import leases
from corpus.tables import insert_into
from corpus.tenancy import writing_across


class Lease:
    """A lease of a name in the store, as this process has it or not; `now` is the time in UTC."""

    def __init__(self, engine: Engine, name: str, now: Callable[[], datetime]) -> None:
        """Keep the parts; nothing is held yet."""
        self._engine = engine
        self._name = name
        self._now = now
        self._holder = secrets.token_hex(8)
        self._is_mine = False

    async def hold(self, lasts: timedelta) -> bool:
        """Hold the lease for so long from now; tell whether this process has it, or another.

        While the store is away whoever had it goes on: nobody else can take it.
        """
        with suppress(*UNREACHABLE):
            self._is_mine = await asyncio.to_thread(self._held, lasts)
        return self._is_mine

    @asynccontextmanager
    async def renewed(self, lasts: timedelta) -> AsyncIterator[None]:
        """Hold the lease again and again, for so long each time, while the context lasts; it was held at its beginning."""
        renewing = asyncio.create_task(self._renew(lasts))
        try:
            yield
        finally:
            renewing.cancel()
            await asyncio.gather(renewing, return_exceptions=True)

    async def _renew(self, lasts: timedelta) -> None:
        while True:
            await asyncio.sleep(lasts.total_seconds() / 3)
            await self.hold(lasts)

    async def release(self) -> None:
        """Let go, so that another need not wait until it runs out."""
        with suppress(*UNREACHABLE):  # it runs out by itself
            await asyncio.to_thread(self._released)

    def _held(self, lasts: timedelta) -> bool:
        now = self._now()
        values = {"holder": self._holder, "held_until": now + lasts}
        with writing_across(self._engine) as connection:
            wanted = insert_into(connection.dialect.name, leases).values(name=self._name, **values)
            free = or_(leases.c.holder == self._holder, has_come(leases.c.held_until, now, lasts))
            taken = wanted.on_conflict_do_update(index_elements=["name"], set_=values, where=free)
            return connection.execute(taken.returning(leases.c.holder)).one_or_none() is not None

    def _released(self) -> None:
        with writing_across(self._engine) as connection:
            connection.execute(delete(leases).where(leases.c.name == self._name, leases.c.holder == self._holder))
