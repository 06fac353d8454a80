"""An asynchronous context that runs in a thread of its own while a test plays the people."""

import asyncio
import threading
from collections.abc import Coroutine
from contextlib import AbstractAsyncContextManager
from typing import Any, Generic, Self, TypeVar

T = TypeVar("T")
R = TypeVar("R")


class Background(Generic[T]):
    """Enters an asynchronous context in a new thread, and leaves it with the `with`; `given` is what the context gives."""

    given: T

    def __init__(self, context: AbstractAsyncContextManager[T]) -> None:
        self._context = context
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="background", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        self.given = self.run(self._context.__aenter__())
        return self

    def __exit__(self, *error: Any) -> None:
        try:
            self.run(self._context.__aexit__(None, None, None))
        finally:
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()
            self._loop.run_until_complete(self._loop.shutdown_default_executor())
            self._loop.close()

    def run(self, doing: Coroutine[Any, Any, R]) -> R:
        """Do something in that thread, and return what comes of it."""
        return asyncio.run_coroutine_threadsafe(doing, self._loop).result(60)
