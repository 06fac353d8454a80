"""What runs in a thread of its own while a test plays the people: an event loop, or a whole asynchronous context."""

import asyncio
import threading
from collections.abc import Awaitable
from contextlib import AbstractAsyncContextManager
from typing import Any, Generic, Self, TypeVar

T = TypeVar("T")
R = TypeVar("R")


class LoopThread:
    """An event loop in a thread of its own, from `start` to `stop`."""

    def __init__(self, name: str) -> None:
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self.loop.run_forever, name=name, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """End the loop; what was to be done in it must have been done."""
        self.run(self.loop.shutdown_default_executor())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join()
        self.loop.close()

    def run(self, doing: Awaitable[R]) -> R:
        """Do something in that thread, and return what comes of it."""

        async def done() -> R:
            return await doing

        return asyncio.run_coroutine_threadsafe(done(), self.loop).result(60)


class Background(Generic[T]):
    """Enters an asynchronous context in a new thread, and leaves it with the `with`; `given` is what the context gives."""

    given: T

    def __init__(self, context: AbstractAsyncContextManager[T]) -> None:
        self._context = context
        self._thread = LoopThread("background")

    def __enter__(self) -> Self:
        self._thread.start()
        self.given = self._thread.run(self._context.__aenter__())
        return self

    def __exit__(self, *error: Any) -> None:
        try:
            self._thread.run(self._context.__aexit__(None, None, None))
        finally:
            self._thread.stop()

    def run(self, doing: Awaitable[R]) -> R:
        """Do something in that thread, and return what comes of it."""
        return self._thread.run(doing)
