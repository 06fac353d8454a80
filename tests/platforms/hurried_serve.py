"""`policybot serve`, or another command, for tests that kill it.

Its leases are so short that what a killed process was at is taken up within seconds.

Its processes are forked from one that has loaded what they need: to load it costs each more than all else that it does.
"""

import multiprocessing
import os
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta, tzinfo
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Self

import bot.channels.telegram
import bot.clock
import bot.conversation
import bot.deliveries
import bot.dispatcher
import bot.serving
from bot.cli import main

# As long as a busy machine may need for a call: a lease that ran out while its holder lives would look like a process that died.
LEASE = timedelta(seconds=6)
# A process that polls and dies is followed so soon.
POLLING_LASTS, TURN_EVERY = timedelta(seconds=5), 0.3
# So many that people who do within minutes what others do in a month are not asked to wait.
MOST_A_MINUTE = 100

_forking = multiprocessing.get_context("forkserver")
_forking.set_forkserver_preload([__name__])


def start(
    settings: Mapping[str, str],
    log: Path,
    command: Sequence[str] = ("serve",),
    temporary: Path | None = None,
    clock: Path | None = None,
) -> BaseProcess:
    """Start a command with these settings and no others, the names without POLICYBOT_; what it says is added to `log`.

    `temporary` is its folder for temporary files, the system's for None. `clock` is a file with how many seconds its machine's
    clock is ahead, which may change at any time; None for a clock that is right.
    """
    process = _forking.Process(target=_run, args=(settings, log, command, temporary, clock))
    process.start()
    return process


def _run(settings: Mapping[str, str], log: Path, command: Sequence[str], temporary: Path | None, clock: Path | None) -> None:
    for name in [name for name in os.environ if name.startswith("POLICYBOT_")]:
        del os.environ[name]
    os.environ.update({f"POLICYBOT_{name}": value for name, value in settings.items()})
    with log.open("a") as said:
        for stream in (sys.stdout, sys.stderr):
            os.dup2(said.fileno(), stream.fileno())
    bot.conversation.MOST_A_MINUTE = MOST_A_MINUTE
    bot.deliveries.LEASE = LEASE
    bot.dispatcher.CALL_LASTS = 5.0
    bot.dispatcher.OUTBOX_EVERY = bot.dispatcher.LEFT_BEHIND_EVERY = 0.1
    bot.channels.telegram.POLLING_LASTS, bot.channels.telegram.TURN_EVERY = POLLING_LASTS, TURN_EVERY
    if clock:
        _go_wrong(clock)
    tempfile.tempdir = str(temporary) if temporary else None
    sys.exit(main(command))


def _go_wrong(clock: Path) -> None:
    """Let this process believe in a clock that is wrong: whatever asks for the time of day, but not what counts what passes."""
    right = time.time

    class Wrong(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> Self:
            return cls.fromtimestamp(right() + float(clock.read_text()), tz)

    time.time = lambda: right() + float(clock.read_text())
    bot.clock.datetime = Wrong  # type: ignore[misc]
