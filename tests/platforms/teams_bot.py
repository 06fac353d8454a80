"""policybot with Teams as its one channel, put together for the tests: in this process, or started as one of its own."""

import argparse
import os
import signal
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

import uvicorn
from starlette.applications import Starlette

from bot.assembly import assemble
from bot.bootstrap import Indexes
from bot.channels.teams import TeamsChannel
from bot.channels.teams_connector import Registration
from bot.clock import now_utc
from bot.conversation import Conversation, Tenancy, Turn
from bot.deliveries import REFUSED
from bot.dispatcher import Dispatcher
from bot.messages import Message
from bot.people import TEAMS
from bot.schema import open_store
from corpus.tables import sqlite_url
from corpus.versions import Versions
from retrieval.knowledge import Knowledge
from tests.platforms.teams_server import APP_ID, SECRET, TENANT

SCHOOL = "chase-terrace"
KEY = b"a key for the tests"
TENANCIES = {TENANT: (SCHOOL,)}


class Bot:
    """The parts of a bot over a store; `app` serves it while it runs."""

    def __init__(
        self,
        indexes: Indexes,
        registration: Registration,
        tenancies: dict[str, tuple[str, ...]] | None = None,
        *,
        now: Callable[[], datetime] = now_utc,
        conversation: Conversation | None = None,
    ) -> None:
        schools = tenancies or TENANCIES
        parts = assemble(indexes, KEY, now=now, tenancies={(TEAMS, tenant): Tenancy(of) for tenant, of in schools.items()})
        self.deliveries, self.people = parts.deliveries, parts.people
        self.channel = TeamsChannel(registration, schools, partial(self.deliveries.count, TEAMS, REFUSED))
        dispatcher = Dispatcher(conversation or parts.conversation, self.deliveries, parts.records, [self.channel])
        self.app = Starlette(routes=self.channel.routes(), lifespan=lambda _app: dispatcher.running())

    def counted(self, what: str) -> int:
        """Return how often something happened."""
        return self.deliveries.counted(now_utc().date() - timedelta(days=1)).get((TEAMS, what), 0)


def registered(openid_metadata_url: str, login_url: str) -> Registration:
    """Return the bot's registration with a local Microsoft."""
    token_url = f"{login_url}/{TENANT}/oauth2/v2.0/token"
    return Registration(APP_ID, TENANT, SECRET, openid_metadata_url=openid_metadata_url, token_url=token_url)


class _Mortal(Conversation):
    """Kills its process when it is to answer."""

    def __init__(self) -> None:
        pass

    def turn(self, message: Message, recent: int) -> Turn:
        os.kill(os.getpid(), signal.SIGKILL)
        raise AssertionError("nobody survives that")


def main() -> None:
    """Serve a data folder's schools on a port; `--dies` at the first message, `--later` so many seconds."""
    parser = argparse.ArgumentParser()
    parser.add_argument("home", type=Path)
    parser.add_argument("port", type=int)
    parser.add_argument("openid_metadata_url")
    parser.add_argument("login_url")
    parser.add_argument("--dies", action="store_true")
    parser.add_argument("--later", type=int, default=0)
    given = parser.parse_args()
    indexes = Indexes(Versions(open_store(sqlite_url(given.home)), now_utc), Knowledge(given.home / "cache"))
    later = timedelta(seconds=given.later)
    bot = Bot(
        indexes,
        registered(given.openid_metadata_url, given.login_url),
        now=lambda: now_utc() + later,
        conversation=_Mortal() if given.dies else None,
    )
    uvicorn.run(bot.app, port=given.port, log_level="warning", access_log=False)


if __name__ == "__main__":
    main()
