"""policybot with Teams as its one channel, put together for the tests: in a thread, or started as a process of its own.

As a process: `python -m tests.platforms.teams_bot HOME OPENID_METADATA_URL LOGIN_URL`; it prints the address at which it listens.
With `--dies` it kills itself when it is to answer.
"""

import sys
from collections.abc import Callable, Collection, Mapping
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from functools import partial
from pathlib import Path

from bot.assembly import Parts
from bot.channels.teams import TeamsChannel
from bot.channels.teams_connector import Registration
from bot.clock import now_utc
from bot.deliveries import REFUSED
from bot.people import TEAMS
from bot.turn import Tenancy
from retrieval.knowledge import Knowledge
from tests.platforms.bots import Bot, bot_with, run_for_ever
from tests.platforms.teams_server import APP_ID, SECRET, TENANT

SCHOOL = "chase-terrace"
TENANCIES = {TENANT: (SCHOOL,)}


def teams_channel(registration: Registration, tenants: Collection[str], parts: Parts) -> TeamsChannel:
    """Return the channel of a bot for the staff of these tenants."""
    is_heard = partial(parts.installations.is_heard, TEAMS)
    return TeamsChannel(registration, tenants, partial(parts.deliveries.count, TEAMS, REFUSED), is_heard)


def teams_bot(
    home: Path,
    knowledge: Knowledge,
    registration: Registration,
    tenancies: Mapping[str, tuple[str, ...]] = TENANCIES,
    *,
    now: Callable[[], datetime] = now_utc,
    dies: bool = False,
) -> AbstractAsyncContextManager[Bot]:
    """Run the bot as it is registered with a local Microsoft; `tenancies` are the schools of each tenant."""
    channel_of = partial(teams_channel, registration, list(tenancies))
    of_teams = {(TEAMS, tenant): Tenancy(schools) for tenant, schools in tenancies.items()}
    return bot_with(channel_of, home, knowledge, now=now, tenancies=of_teams, dies=dies)


def registered(openid_metadata_url: str, login_url: str) -> Registration:
    """Return the bot's registration with a local Microsoft."""
    token_url = f"{login_url}/{TENANT}/oauth2/v2.0/token"
    return Registration(APP_ID, TENANT, SECRET, openid_metadata_url=openid_metadata_url, token_url=token_url)


if __name__ == "__main__":
    home, openid, login, *options = sys.argv[1:]
    of_home = Path(home), Knowledge(Path(home) / "cache")
    run_for_ever(teams_bot(*of_home, registered(openid, login), dies="--dies" in options))
