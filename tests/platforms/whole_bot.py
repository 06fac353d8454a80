"""policybot as a school runs it: Slack, Teams, Telegram and the chat page at once, in one process over one store."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path

from bot.assembly import assemble
from bot.bootstrap import Indexes
from bot.channels.slack import EVENTS_PATH
from bot.chat_page import create_app
from bot.dispatcher import Dispatcher
from bot.joining import Door
from bot.metrics import Metrics
from bot.page_notices import PageNotices
from bot.people import SLACK, TEAMS
from bot.schema import open_store
from bot.turn import Tenancy
from corpus.tables import sqlite_url
from corpus.versions import Versions
from retrieval.knowledge import Knowledge
from tests.platforms.bots import KEY, Bot
from tests.platforms.served import served
from tests.platforms.slack_bot import slack_channel
from tests.platforms.slack_server import TEAM, SlackServer
from tests.platforms.teams_bot import registered, teams_channel
from tests.platforms.teams_server import TENANT, TeamsServer
from tests.platforms.telegram_bot import telegram_channel
from tests.platforms.telegram_server import TelegramServer


@asynccontextmanager
async def whole_bot(
    home: Path,
    knowledge: Knowledge,
    school: str,
    *,
    slack: SlackServer,
    teams: TeamsServer,
    telegram: TelegramServer,
    now: Callable[[], datetime],
    metrics: Metrics | None = None,
) -> AsyncIterator[Bot]:
    """Run the bot for a school whose staff a Slack workspace and a Microsoft tenant hold, over a data folder."""
    engine = open_store(sqlite_url(home))
    tenancies = {(SLACK, TEAM): Tenancy((school,)), (TEAMS, TENANT): Tenancy((school,))}
    indexes = Indexes(Versions(engine, now), knowledge)
    parts = assemble(indexes, KEY, now=now, tenancies=tenancies)
    channels = [
        slack_channel(slack.api_url, parts, socket=False),
        teams_channel(registered(teams.openid_metadata_url, teams.login_url), [TENANT], parts),
        telegram_channel(telegram.address, parts),
    ]
    dispatcher = Dispatcher(parts.conversation, parts.deliveries, parts.records, parts.outgoing, channels, metrics=metrics)
    routes = [route for channel in channels for route in channel.routes()]
    door = Door(parts.people, parts.announcements, parts.records, now, secure=False)
    app = create_app(indexes, dispatcher, PageNotices(parts.deliveries), door, routes=routes)
    async with served(app) as address:
        slack.deliver_to(address + EVENTS_PATH)
        yield Bot(parts, address)
    engine.dispose()
