"""What a platform records in its own thread while a test waits for it in another."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

T = TypeVar("T")


class Changes:
    """Guards what is recorded, and wakes whoever waits for more of it; `told` says what came, for whoever waited in vain."""

    def __init__(self, told: Callable[[], str]) -> None:
        self._told = told
        self._condition = threading.Condition()

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Let nothing be recorded until the end of the block."""
        with self._condition:
            yield

    @contextmanager
    def recording(self) -> Iterator[None]:
        """Record something in the block, and tell those who wait."""
        with self._condition:
            yield
            self._condition.notify_all()

    def wait(self, until: Callable[[], T], seconds: float = 60) -> T:
        """Wait until something gives what is true, and return that. Raises AssertionError with what came, if it does not."""
        ends = time.monotonic() + seconds
        with self._condition:
            # What is waited for may be the bot's own doing too, of which nobody tells here: so it is looked at anew now and then.
            while not (outcome := until()):
                if time.monotonic() > ends:
                    raise AssertionError(f"it did not happen within {seconds} s; what came: {self._told()}")
                self._condition.wait(0.05)
        return outcome
