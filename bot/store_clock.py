"""The time that all replicas have in common: the store's.

A lease that one replica writes is read by the others, and a machine's own clock may be wrong, or jump when it is put right.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from datetime import datetime, timedelta

from sqlalchemy import Column, ColumnElement, Engine, or_, text
from sqlalchemy.exc import SQLAlchemyError

from bot.clock import now_utc
from corpus.tenancy import reading_across

# So often, in seconds, the store is asked for its time; in between it is counted from the answer.
ASK_EVERY = 30.0


class StoreClock:
    """The time of a store on PostgreSQL, in UTC; it goes on while the store is away, whatever the clock of the machine does."""

    def __init__(self, engine: Engine) -> None:
        """Keep the engine; it is asked when the time is first wanted."""
        self._engine = engine
        self._base: tuple[datetime, float] | None = None  # the store's time, and when it was that by the monotonic clock

    def __call__(self) -> datetime:
        """Return the time now."""
        if self._base is None:
            self.ask()
        base, at = self._base or (now_utc(), time.monotonic())
        return base + timedelta(seconds=time.monotonic() - at)

    def ask(self) -> None:
        """Ask the store for its time, half the way there and back counted in. Where it is away, the time goes on as it was."""
        with suppress(SQLAlchemyError), reading_across(self._engine) as connection:
            began = time.monotonic()
            found = connection.scalar(text("SELECT clock_timestamp() AT TIME ZONE 'UTC'"))
            if found is not None:
                self._base = found, (began + time.monotonic()) / 2

    @asynccontextmanager
    async def kept(self) -> AsyncIterator[None]:
        """Ask the store again and again, until the context ends."""
        asking = asyncio.create_task(self._ask_again())
        try:
            yield
        finally:
            asking.cancel()
            await asyncio.gather(asking, return_exceptions=True)

    async def _ask_again(self) -> None:
        while True:
            await asyncio.sleep(ASK_EVERY)
            await asyncio.to_thread(self.ask)


def has_come(moment: Column[datetime], now: datetime, ahead: timedelta) -> ColumnElement[bool]:
    """Return the condition that a moment of the store has come, which is put `ahead` at the most.

    One that is twice as far ahead was written by a clock that was put back since: it is not waited for.
    """
    return or_(moment <= now, moment > now + 2 * ahead)


def clock_of(engine: Engine) -> Callable[[], datetime]:
    """Return the clock by which whoever works on a store goes: on SQLite the machine's, which is the only one there."""
    return now_utc if engine.dialect.name == "sqlite" else StoreClock(engine)
