"""Telegram's side of the comparison; `python -m bench.telegram_bots HOME ADDRESS` is the echo bot."""

import asyncio
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from telegram import Bot

from bench.bots import ASKERS, Echo, Heard, Platform, started
from bot.people import TELEGRAM
from tests.platforms.telegram_server import TOKEN, Someone, TelegramServer

_PEOPLE = [Someone(1000 + number) for number in range(ASKERS)]


class _Asked:
    def __init__(self, telegram: TelegramServer) -> None:
        self._telegram = telegram

    def seconds(self, asker: int, text: str) -> float:
        who = _PEOPLE[asker]
        seen = len(self._telegram.messages(who))
        start = time.perf_counter()
        self._telegram.writes(who, text)
        self._telegram.wait(lambda: len(self._telegram.messages(who)) > seen)
        return time.perf_counter() - start


@contextmanager
def _started(module: Sequence[str], home: Path) -> Iterator[_Asked]:
    with TelegramServer() as telegram, started(module, home, telegram.address):
        telegram.wait(lambda: telegram.polled)
        yield _Asked(telegram)


PLATFORM = Platform(
    "Telegram",
    ["tests.platforms.telegram_bot"],
    ["bench.telegram_bots"],
    _started,
    joined=(TELEGRAM, [str(who.id) for who in _PEOPLE]),
)


async def echo(home: Path, address: str) -> None:
    """Answer each message with its own text, over python-telegram-bot."""
    async with Bot(TOKEN, base_url=f"{address}/bot") as bot:
        echoing = Echo(home, lambda heard: bot.send_message(int(heard.place), heard.text))
        offset = 0
        while True:
            for update in await bot.get_updates(offset=offset, timeout=30):
                if update.message and update.message.text:
                    await echoing.hear(Heard(str(update.update_id), str(update.message.chat.id), update.message.text))
                offset = update.update_id + 1


if __name__ == "__main__":
    asyncio.run(echo(Path(sys.argv[1]), sys.argv[2]))
