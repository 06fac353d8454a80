"""The server: one process, bound to this machine unless told otherwise."""

import errno
import gc
import socket
from collections.abc import Callable, Sequence
from datetime import timedelta
from functools import partial
from urllib.parse import urlsplit

import uvicorn

from bot.assembly import Parts, assemble
from bot.bootstrap import open_indexes
from bot.chat_page import create_app
from bot.clock import now_utc
from bot.commands import COMMANDS
from bot.configuration import Configuration, check_schools, read_configuration
from bot.deliveries import REFUSED
from bot.desk.demonstration import demonstration_link
from bot.desk.gate import Gate
from bot.desk.routes import desk_routes
from bot.dispatcher import Dispatcher
from bot.errors import BotError
from bot.joining import Door
from bot.messages import Channel
from bot.page_notices import PageNotices
from bot.people import SLACK, TEAMS, TELEGRAM
from bot.policy_pages import PolicyPages
from bot.secret import secret_key
from bot.settings import LOOPBACK, Settings, read_settings
from bot.turn import Tenancy
from bot.ways_in import ways_in


def serve() -> int:
    """Serve until stopped. Raises BotError where a setting is wrong, the port in use or the address not this machine's."""
    settings = read_settings()
    configuration = read_configuration(settings)
    hosts = _hosts(settings)
    with _listen(settings) as listening:
        return _serve_on(listening, settings, configuration, hosts)


def _serve_on(listening: socket.socket, settings: Settings, configuration: Configuration, hosts: Sequence[str]) -> int:
    indexes = open_indexes(settings)
    key = secret_key(settings)
    schools = [school.id for school in indexes.versions.schools()]
    configuration = check_schools(configuration, schools)
    ways = ways_in(settings, configuration)
    parts = assemble(
        indexes,
        key,
        tenancies=_tenancies(configuration),
        retention=timedelta(days=configuration.retention_days),
        escalations_kept=timedelta(days=configuration.escalation_days),
        public_url=settings.public_url,
        ways=ways,
        mails=configuration.email is not None,
    )
    for school in schools[:1]:
        indexes.of(school)  # what all schools share takes seconds to read the first time: nobody's question waits for that
    gc.collect()
    gc.freeze()  # it stays for as long as the process: nobody's question waits while it is looked through for what may go
    secure = (settings.public_url or "").startswith("https:")
    door = None if settings.demo else Door(parts.people, parts.announcements, now_utc, secure=secure)
    channels = _channels(configuration, parts.deliveries.count)
    dispatcher = Dispatcher(parts.conversation, parts.deliveries, parts.records, parts.outgoing, channels)
    pages = PolicyPages(indexes.versions, parts.links, parts.kept, door, now_utc)
    # At a public address the demonstration's desk would be anybody's.
    demonstration = _demonstration(parts) if settings.demo and not settings.public_url else None
    send_link = parts.chair_requests.send_link if configuration.email else None
    gate = Gate(parts.desk, parts.people, key, secure=secure, demonstration=demonstration, send_link=send_link)
    desk = desk_routes(gate, parts, now_utc, ways=ways, configuration=configuration)
    routes = [*pages.routes(), *desk, *(route for channel in channels for route in channel.routes())]
    app = create_app(indexes, dispatcher, PageNotices(parts.deliveries), door, hosts=hosts, routes=routes)
    print(f"policybot answers at http://{settings.host}:{settings.port} (stop it with Ctrl-C)", flush=True)
    if demonstration:
        print(f"Its desk, where a headteacher keeps the policies: http://{settings.host}:{settings.port}/desk", flush=True)
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", access_log=False, server_header=False))
    server.run(sockets=[listening])
    return 0


def _demonstration(parts: Parts) -> Callable[[], str]:
    return partial(demonstration_link, parts.indexes.versions, parts.people, parts.desk)


def _channels(configuration: Configuration, count: Callable[[str, str], None]) -> list[Channel]:
    """Return the channels that are configured; the SDK of another is not even loaded, which would take seconds.

    `count` counts what happened on a channel.
    """
    channels: list[Channel] = []
    if configuration.slack:
        from bot.channels.slack import SlackChannel

        slack = configuration.slack
        channels.append(
            SlackChannel(
                bot_token=slack.bot_token.get_secret_value(),
                app_token=slack.app_token.get_secret_value() if slack.app_token else None,
                signing_secret=slack.signing_secret.get_secret_value() if slack.signing_secret else None,
                api_base_url=slack.api_base_url,
                allow_guests=slack.allow_guests,
                refused=partial(count, SLACK, REFUSED),
            )
        )
    if configuration.teams:
        from bot.channels.teams import TeamsChannel
        from bot.channels.teams_connector import registration_of

        registration = registration_of(configuration.teams)
        channels.append(TeamsChannel(registration, list(configuration.teams.tenants), partial(count, TEAMS, REFUSED)))
    if configuration.telegram:
        from bot.channels.telegram import TelegramChannel

        telegram = configuration.telegram
        channels.append(
            TelegramChannel(
                telegram.token.get_secret_value(),
                [(command.name, command.summary) for command in COMMANDS],
                api_base_url=telegram.api_base_url,
                webhook_url=telegram.webhook_url,
                webhook_secret=telegram.webhook_secret.get_secret_value() if telegram.webhook_secret else "",
                refused=partial(count, TELEGRAM, REFUSED),
            )
        )
    if configuration.email:
        from bot.channels.email import EmailChannel, mail_server_of

        channels.append(EmailChannel(mail_server_of(configuration.email), configuration.email.sender))
    return channels


def _tenancies(configuration: Configuration) -> dict[tuple[str, str], Tenancy]:
    """Return whose staff each workspace and each tenant holds."""
    held = {
        SLACK: configuration.slack.workspaces if configuration.slack else {},
        TEAMS: configuration.teams.tenants if configuration.teams else {},
    }
    return {
        (channel, tenant): Tenancy(tuple(organisation.schools), organisation.rooms)
        for channel, organisations in held.items()
        for tenant, organisation in organisations.items()
    }


def _hosts(settings: Settings) -> list[str]:
    """Return the names by which the server may be reached. Raises BotError where nobody could know them."""
    public = urlsplit(settings.public_url).hostname if settings.public_url else None
    if settings.host in ("0.0.0.0", "::") and not public:  # noqa: S104  compared, not listened on
        raise BotError(
            f"POLICYBOT_BIND={settings.host} listens on every address of this machine: "
            "set POLICYBOT_PUBLIC_URL to the address by which people reach it, such as https://policies.school.example."
        )
    return [*LOOPBACK, settings.host, *([public] if public else [])]


def _listen(settings: Settings) -> socket.socket:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    # Named as TCP: only then does asyncio switch off Nagle's waiting, which costs 40 ms an answer.
    listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((settings.host, settings.port))
    except OSError as error:
        listening.close()
        if error.errno == errno.EADDRINUSE:
            raise BotError(
                f"Port {settings.port} is in use, perhaps by another policybot: "
                f"stop that, or set POLICYBOT_BIND={settings.host}:{settings.port + 1}."
            ) from None
        raise BotError(f"{settings.host}:{settings.port} cannot be listened on: {error.strerror}.") from None
    return listening
