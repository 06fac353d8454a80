"""Teams' side of the comparison; `python -m bench.teams_bots HOME OPENID LOGIN` is the echo bot, which prints its address."""

import asyncio
import sys
import time
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx

from bench.bots import ASKERS, Echo, Heard, Platform, started
from bot.channels.teams import PATH
from tests.platforms.served import served
from tests.platforms.teams_server import APP_ID, SCOPE, SECRET, TENANT, Chat, TeamsServer, Who

_PEOPLE = [(Who(f"Asker {number}"), Chat(f"a:1asker-{number}")) for number in range(ASKERS)]


class _Asked:
    def __init__(self, teams: TeamsServer, address: str) -> None:
        self._teams = teams
        self._address = address

    def seconds(self, asker: int, text: str) -> float:
        seen = len(self._teams.posted)
        activity = self._teams.message(text, *_PEOPLE[asker])
        start = time.perf_counter()
        self._teams.send(activity, self._address)
        self._teams.wait_for_messages(seen + 1)
        return time.perf_counter() - start


@contextmanager
def _started(module: Sequence[str], home: Path) -> Iterator[_Asked]:
    with TeamsServer() as teams, started(module, home, teams.openid_metadata_url, teams.login_url) as printed:
        yield _Asked(teams, printed.readline().strip() + PATH)


PLATFORM = Platform("Teams", ["tests.platforms.teams_bot"], ["bench.teams_bots"], _started)


async def echo(home: Path, openid_metadata_url: str, login_url: str) -> None:
    """Answer each message with its own text, over Microsoft's SDK."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        from microsoft_teams.api.auth.cloud_environment import PUBLIC
        from microsoft_teams.apps import App
        from microsoft_teams.apps.http import FastAPIAdapter
    form = {"grant_type": "client_credentials", "client_id": APP_ID, "client_secret": SECRET, "scope": SCOPE}
    token = httpx.post(f"{login_url}/{TENANT}/oauth2/v2.0/token", data=form).json()["access_token"]
    adapter = FastAPIAdapter()
    cloud = replace(PUBLIC, openid_metadata_url=openid_metadata_url)
    app = App(client_id=APP_ID, tenant_id=TENANT, token=lambda _scope, _tenant: token, cloud=cloud, http_server_adapter=adapter)
    contexts: dict[str, Any] = {}
    bot = Echo(home, lambda heard: contexts.pop(heard.id).send(heard.text))

    @app.on_message
    async def _(context: Any) -> None:
        activity = context.activity
        contexts[activity.id] = context
        await bot.hear(Heard(activity.id, activity.conversation.id, activity.text))

    await app.initialize()
    async with served(adapter.app) as url:
        print(url, flush=True)
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(echo(Path(sys.argv[1]), *sys.argv[2:]))
