"""Slack's side of the comparison; `python -m bench.slack_bots HOME ADDRESS` is the echo bot, which prints where it is served."""

import asyncio
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import aiohttp
from slack_bolt.adapter.starlette.async_handler import AsyncSlackRequestHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient
from starlette.applications import Starlette
from starlette.routing import Route

from bench.bots import ASKERS, Echo, Heard, Platform, started
from bot.channels.slack import EVENTS_PATH
from tests.platforms.served import served
from tests.platforms.slack_server import BOT_TOKEN, SIGNING_SECRET, SlackServer


class _Asked:
    def __init__(self, slack: SlackServer) -> None:
        self._slack = slack

    def seconds(self, asker: int, text: str) -> float:
        user = _user(asker)
        seen = len(self._slack.seen_by(user))
        start = time.perf_counter()
        self._slack.say(user, text)
        self._slack.wait_for_messages(user, seen + 1)
        return time.perf_counter() - start


def _user(asker: int) -> str:
    return f"U{asker}STAFF"


@contextmanager
def _started(module: Sequence[str], home: Path) -> Iterator[_Asked]:
    with SlackServer() as slack:
        for asker in range(ASKERS):
            slack.add_person(_user(asker))
        with started(module, home, slack.api_url) as printed:
            slack.deliver_to(printed.readline().strip() + EVENTS_PATH)
            yield _Asked(slack)


PLATFORM = Platform("Slack", ["tests.platforms.slack_bot", "--http"], ["bench.slack_bots"], _started)


async def echo(home: Path, address: str) -> None:
    """Answer each message with its own text, over Bolt."""
    async with aiohttp.ClientSession() as session:
        client = AsyncWebClient(token=BOT_TOKEN, base_url=address, session=session)
        app = AsyncApp(client=client, signing_secret=SIGNING_SECRET, process_before_response=True)
        bot = Echo(home, lambda heard: client.chat_postMessage(channel=heard.place, thread_ts=heard.thread, text=heard.text))

        @app.event("message")
        async def _(event: dict[str, Any], body: dict[str, Any]) -> None:
            await bot.hear(Heard(body["event_id"], event["channel"], event["text"], event["ts"]))

        routes = [Route(EVENTS_PATH, AsyncSlackRequestHandler(app).handle, methods=["POST"])]
        async with served(Starlette(routes=routes)) as url:
            print(url, flush=True)
            await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(echo(Path(sys.argv[1]), sys.argv[2]))
