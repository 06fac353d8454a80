"""policybot with Slack as its one channel, put together for the tests: in a thread, or started as a process of its own.

As a process: `python -m tests.platforms.slack_bot HOME ADDRESS`, over Socket Mode. With `--http` over signed HTTP, at the address
that it prints; with `--dies` it kills itself when it is to answer.
"""

import asyncio
import sys
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import datetime
from functools import partial
from pathlib import Path

from bot.assembly import Parts
from bot.channels.slack import EVENTS_PATH, SlackChannel
from bot.clock import now_utc
from bot.deliveries import REFUSED
from bot.people import SLACK
from bot.turn import Tenancy
from retrieval.knowledge import Knowledge
from tests.platforms.bots import Bot, bot_with, run_for_ever
from tests.platforms.slack_server import APP_TOKEN, BOT_TOKEN, SIGNING_SECRET, TEAM, SlackServer

ONE_SCHOOL = Tenancy(("coniston",))


def slack_channel(api_url: str, parts: Parts, *, socket: bool, guests: bool = False) -> SlackChannel:
    """Return the channel of a bot on the Slack at this address, over Socket Mode or signed HTTP."""
    return SlackChannel(
        tokens=BOT_TOKEN,
        app_token=APP_TOKEN if socket else None,
        signing_secret=None if socket else SIGNING_SECRET,
        api_base_url=api_url,
        allow_guests=guests,
        refused=partial(parts.deliveries.count, SLACK, REFUSED),
        not_receiving=lambda: None,
    )


@asynccontextmanager
async def slack_bot(
    home: Path,
    knowledge: Knowledge,
    server: SlackServer | str,
    *,
    socket: bool = True,
    guests: bool = False,
    now: Callable[[], datetime] = now_utc,
    tenancies: Mapping[str, Tenancy] | None = None,
    dies: bool = False,
) -> AsyncIterator[Bot]:
    """Run the bot on a Slack (or at the address of one), over Socket Mode or signed HTTP; from a server it then hears events."""
    held = {TEAM: ONE_SCHOOL} if tenancies is None else tenancies
    api_url = server if isinstance(server, str) else server.api_url
    channel_of = partial(slack_channel, api_url, socket=socket, guests=guests)
    of_slack = {(SLACK, team): of for team, of in held.items()}
    async with bot_with(channel_of, home, knowledge, now=now, tenancies=of_slack, dies=dies) as bot:
        if isinstance(server, SlackServer):
            server.deliver_to(None if socket else bot.address + EVENTS_PATH)
            if socket:
                await asyncio.to_thread(server.wait_for, lambda: server.sockets)
        yield bot


if __name__ == "__main__":
    home, address, *options = sys.argv[1:]
    of_home = Path(home), Knowledge(Path(home) / "cache")
    run_for_ever(slack_bot(*of_home, address, socket="--http" not in options, dies="--dies" in options))
