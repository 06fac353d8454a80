"""`policybot serve` with leases so short that what a killed process was at is taken up within seconds: for tests that kill it."""

import sys
from datetime import timedelta

import bot.deliveries
import bot.dispatcher
from bot.cli import main

# As long as a busy machine may need for a call: a lease that ran out while its holder lives would look like a process that died.
LEASE = timedelta(seconds=6)

if __name__ == "__main__":
    bot.deliveries.LEASE = LEASE
    bot.dispatcher.CALL_LASTS = 5.0
    bot.dispatcher.OUTBOX_EVERY = bot.dispatcher.LEFT_BEHIND_EVERY = 0.1
    sys.exit(main(["serve"]))
