"""While the store cannot be reached: known for a moment, so that nobody waits for it again, and what was answered meanwhile."""

import logging
import time
from collections import Counter, OrderedDict, deque
from collections.abc import Callable, Mapping
from threading import Lock
from typing import ParamSpec, TypeVar

from sqlalchemy.exc import InterfaceError, OperationalError, TimeoutError

from bot.messages import Message

# What the store's driver raises where the server is away, the file cannot be written, or no connection comes free.
UNREACHABLE = (OperationalError, InterfaceError, TimeoutError)
# So long, in seconds, the store is not asked again once it could not be reached.
ASKED_AGAIN_AFTER = 2.0
# So many events are known to have been answered without it; the first are forgotten.
MOST_KNOWN = 10_000

_log = logging.getLogger("policybot")
_Given = ParamSpec("_Given")
_Made = TypeVar("_Made")


class StoreAway(Exception):  # noqa: N818  it is no error of the program's
    """The store cannot be reached now."""


class Reach:
    """Whether the store can be reached."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """Keep the clock, which gives seconds."""
        self._clock = clock
        self._again_at = float("-inf")
        self._is_away = False

    def ask(self, work: Callable[_Given, _Made], *given: _Given.args, **named: _Given.kwargs) -> _Made:
        """Return what `work` returns, which asks the store.

        Raises StoreAway where it cannot be reached, or could not a moment ago.
        """
        if self._clock() < self._again_at:
            raise StoreAway
        try:
            made = work(*given, **named)
        except UNREACHABLE as error:
            self._again_at = self._clock() + ASKED_AGAIN_AFTER
            if not self._is_away:
                self._is_away = True
                _log.error("The store cannot be reached")
            raise StoreAway from error
        self._again_at = float("-inf")
        if self._is_away:
            self._is_away = False
            _log.warning("The store can be reached again")
        return made


class Meanwhile:
    """Which events were answered without the store, and which of them it knows by now; and how many of an asker's lately."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """Keep the clock, which gives seconds."""
        self._clock = clock
        # By channel and key: by whom it was asked, None once the store knows it.
        self._answered: OrderedDict[tuple[str, str], str | None] = OrderedDict()
        self._lately: OrderedDict[str, deque[float]] = OrderedDict()
        self._duplicates = Counter[str]()
        # Messages are answered on one thread while another hands over.
        self._changing = Lock()

    def begin(self, key: str, message: Message, asker: str) -> int | None:
        """Note that an event is answered now; return how many of the asker's there were in the last minute.

        None where it was answered before, which is counted.
        """
        with self._changing:
            if (message.channel, key) in self._answered:
                self._duplicates[message.channel] += 1
                return None
            self._answered[message.channel, key] = asker
            if len(self._answered) > MOST_KNOWN:
                self._answered.popitem(last=False)
        lately = self._lately.setdefault(asker, deque(maxlen=MOST_KNOWN))
        self._lately.move_to_end(asker)
        if len(self._lately) > MOST_KNOWN:
            self._lately.popitem(last=False)
        lately.append(self._clock())
        while lately[0] < self._clock() - 60:
            lately.popleft()
        return len(lately)

    def undo(self, key: str, message: Message) -> None:
        """Forget that an event was answered: the answer could not be said, and the platform brings it again."""
        with self._changing:
            self._answered.pop((message.channel, key), None)

    def hand_over(self, note: Callable[[list[tuple[str, str, str]], Mapping[str, int]], None]) -> None:
        """Let the store know what was answered and what came again, once that can be reached; it is still known here.

        Raises what `note` raises, and then all of it is to be handed over yet.
        """
        with self._changing:
            answered = [(channel, key, asker) for (channel, key), asker in self._answered.items() if asker is not None]
            duplicates, self._duplicates = self._duplicates, Counter()
        if not answered and not duplicates:
            return
        try:
            note(answered, duplicates)
        except BaseException:
            with self._changing:
                self._duplicates += duplicates
            raise
        with self._changing:
            self._answered.update({(channel, key): None for channel, key, _ in answered if (channel, key) in self._answered})
