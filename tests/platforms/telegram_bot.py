"""policybot with Telegram as its one channel, put together for the tests: in a thread, or started as a process of its own.

As a process: `python -m tests.platforms.telegram_bot HOME ADDRESS`.
"""

import sys
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from functools import partial
from pathlib import Path

from bot.assembly import Parts
from bot.channels.telegram import TelegramChannel
from bot.clock import now_utc
from bot.commands import COMMANDS
from bot.configuration import WEBHOOK_PATH
from bot.deliveries import REFUSED
from bot.people import TELEGRAM
from retrieval.knowledge import Knowledge
from tests.platforms.bots import Bot, bot_with, run_for_ever
from tests.platforms.served import free_port
from tests.platforms.telegram_server import TOKEN

SECRET = "a-secret_1"  # noqa: S105  of these tests alone


def telegram_channel(address: str, parts: Parts, *, webhook_url: str | None = None) -> TelegramChannel:
    """Return the channel of a bot on the Bot API at this address, by polling unless there is a webhook."""
    return TelegramChannel(
        TOKEN,
        [(command.name, command.summary) for command in COMMANDS],
        api_base_url=address,
        webhook_url=webhook_url,
        webhook_secret=SECRET,
        refused=partial(parts.deliveries.count, TELEGRAM, REFUSED),
        not_receiving=lambda: None,
    )


def telegram_bot(
    home: Path,
    knowledge: Knowledge,
    address: str,
    *,
    webhook: bool = False,
    now: Callable[[], datetime] = now_utc,
) -> AbstractAsyncContextManager[Bot]:
    """Run the bot against the Bot API at `address`, by polling or with a webhook."""
    port = free_port()
    webhook_url = f"http://127.0.0.1:{port}{WEBHOOK_PATH}" if webhook else None
    return bot_with(partial(telegram_channel, address, webhook_url=webhook_url), home, knowledge, port=port, now=now)


if __name__ == "__main__":
    run_for_ever(telegram_bot(Path(sys.argv[1]), Knowledge(Path(sys.argv[1]) / "cache"), sys.argv[2]))
