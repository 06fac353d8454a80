"""`policybot serve` for tests that kill it: with leases so short that what a killed process was at is taken up within seconds.

Its processes are forked from one that has loaded what they need: to load it costs each more than all else that it does.
"""

import multiprocessing
import os
import sys
from collections.abc import Mapping
from datetime import timedelta
from multiprocessing.process import BaseProcess
from pathlib import Path

import bot.channels.telegram
import bot.conversation
import bot.deliveries
import bot.dispatcher
import bot.serving
from bot.cli import main

# As long as a busy machine may need for a call: a lease that ran out while its holder lives would look like a process that died.
LEASE = timedelta(seconds=6)
# So many that people who do within minutes what others do in a month are not asked to wait.
MOST_A_MINUTE = 100

_forking = multiprocessing.get_context("forkserver")
_forking.set_forkserver_preload([__name__])


def start(settings: Mapping[str, str], log: Path) -> BaseProcess:
    """Start a server with these settings and no others, the names without POLICYBOT_; what it says is added to `log`."""
    process = _forking.Process(target=_serve, args=(settings, log))
    process.start()
    return process


def _serve(settings: Mapping[str, str], log: Path) -> None:
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
    sys.exit(main(["serve"]))
