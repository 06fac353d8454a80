"""The server's log, as a test reads it."""

import io
import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from bot.server_log import logged_to


class Log(io.StringIO):
    """What was written to the log; on a terminal if `for_people`."""

    def __init__(self, *, for_people: bool = False) -> None:
        super().__init__()
        self._for_people = for_people

    def isatty(self) -> bool:
        return self._for_people

    @property
    def lines(self) -> list[dict[str, Any]]:
        """Each line, read as JSON."""
        return [json.loads(line) for line in self.getvalue().splitlines()]

    @property
    def events(self) -> set[str]:
        """What the lines say."""
        return {line["event"] for line in self.lines}


@contextmanager
def logged(*, everything: bool = False, for_people: bool = False) -> Iterator[Log]:
    """Log as the server does within the context; with `everything`, what libraries say for their developers too."""
    root, log = logging.getLogger(), Log(for_people=for_people)
    before = root.level
    with logged_to(log):
        if everything:
            root.setLevel(logging.DEBUG)
            root.handlers[-1].setLevel(logging.DEBUG)
        try:
            yield log
        finally:
            root.setLevel(before)
