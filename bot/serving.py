"""The server: one process, bound to this machine unless told otherwise."""

import errno
import logging
import socket
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager
from datetime import timedelta
from functools import partial
from types import FrameType
from urllib.parse import urlsplit

import uvicorn
from starlette.routing import Route

from bot.assembly import Parts, assemble
from bot.bootstrap import open_indexes, read_ahead
from bot.chat_page import create_app
from bot.commands import COMMANDS
from bot.configuration import Configuration, check_schools, read_configuration
from bot.deliveries import REFUSED
from bot.desk.demonstration import demonstration_link
from bot.desk.gate import Gate
from bot.desk.routes import desk_routes
from bot.dispatcher import Dispatcher
from bot.errors import BotError
from bot.installations import Installations
from bot.joining import Door
from bot.leases import Lease
from bot.messages import Channel
from bot.metrics import Failure, Metrics
from bot.operation import Operation
from bot.page_notices import PageNotices
from bot.people import SLACK, TEAMS, TELEGRAM
from bot.policy_pages import PolicyPages
from bot.publications import Publications
from bot.removals import FILE_NAME, Ledger
from bot.secret import secret_key
from bot.server_log import logged_to
from bot.settings import LOOPBACK, Settings, read_settings
from bot.store_clock import StoreClock
from bot.turn import Tenancy
from bot.ways_in import ways_in

_log = logging.getLogger("policybot")


def serve() -> int:
    """Serve until stopped. Raises BotError where a setting is wrong, a port in use or an address not this machine's."""
    settings = read_settings()
    configuration = read_configuration(settings)
    hosts = _hosts(settings)
    with ExitStack() as stack:
        listening = [stack.enter_context(_listen("POLICYBOT_BIND", settings.host, settings.port))]
        if settings.metrics:
            listening.append(stack.enter_context(_listen("POLICYBOT_METRICS_BIND", *settings.metrics)))
        stack.enter_context(logged_to(sys.stderr))
        return _serve_on(listening, settings, configuration, hosts)


def _serve_on(listening: list[socket.socket], settings: Settings, configuration: Configuration, hosts: Sequence[str]) -> int:
    metrics = Metrics()
    indexes = open_indexes(settings, building=metrics.building_index, evicted=metrics.index_evicted)
    metrics.watch_indexes(indexes.in_memory, indexes.held)
    key, now = secret_key(settings), indexes.versions.now
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
        ledger=None if settings.demo else Ledger(indexes.versions.engine, settings.home / FILE_NAME),
    )
    read_ahead(indexes, schools)
    secure = (settings.public_url or "").startswith("https:")
    door = None if settings.demo else Door(parts.people, parts.announcements, parts.records, now, secure=secure)
    engine = indexes.versions.engine
    # Over SQLite there is one process: after a crash it need not wait for its own lease to run out.
    polling = None if engine.dialect.name == "sqlite" else Lease(engine, "telegram polling", now)
    channels = _channels(configuration, parts.deliveries.count, metrics, polling, parts.installations)
    dispatcher = Dispatcher(parts.conversation, parts.deliveries, parts.records, parts.outgoing, channels, metrics=metrics)
    pages = PolicyPages(indexes.versions, parts.links, parts.kept, door, now)
    # At a public address the demonstration's desk would be anybody's.
    demonstration = _demonstration(parts) if settings.demo and not settings.public_url else None
    send_link = parts.chair_requests.send_link if configuration.email else None
    microsoft = configuration.entra is not None
    gate = Gate(
        parts.desk, parts.people, key, secure=secure, demonstration=demonstration, send_link=send_link, microsoft=microsoft
    )
    desk = desk_routes(gate, parts, now, ways=ways, configuration=configuration)
    sign_in = _sign_in(configuration, settings, gate, parts, key)
    install = _install(configuration, settings, parts, key)
    routes = [*pages.routes(), *desk, *sign_in, *install, *(route for channel in channels for route in channel.routes())]
    publications = Publications(indexes.versions.engine, indexes)

    @asynccontextmanager
    async def running() -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            if isinstance(now, StoreClock):
                await stack.enter_async_context(now.kept())
            await stack.enter_async_context(publications.followed())
            await stack.enter_async_context(dispatcher.running())
            yield

    app = create_app(indexes, dispatcher, PageNotices(parts.deliveries), door, hosts=hosts, routes=routes, running=running)
    print(f"policybot answers at http://{settings.host}:{settings.port} (stop it with Ctrl-C)", flush=True)
    if demonstration:
        print(f"Its desk, where a headteacher keeps the policies: http://{settings.host}:{settings.port}/desk", flush=True)
    operation = Operation(
        app,
        engine=indexes.versions.engine,
        dispatcher=dispatcher,
        metrics=metrics,
        now=now,
        metrics_port=settings.metrics[1] if settings.metrics else None,
    )
    try:
        Server(operation).run(sockets=listening)
    except Exception:  # its words may be anybody's, and are not for the terminal either
        _log.exception("The server ended by a fault")
        return 1
    return 0


class Server(uvicorn.Server):
    """uvicorn, which goes on saying that it is not ready until what was begun is finished; left alone it first hangs up."""

    def __init__(self, operation: Operation) -> None:
        """Keep the application; nothing is served yet."""
        # Whatever it logs goes the way of all others.
        super().__init__(uvicorn.Config(operation, log_config=None, access_log=False, server_header=False))
        self._operation = operation

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Note that a signal says to stop."""
        self._operation.stop()
        super().handle_exit(sig, frame)

    async def main_loop(self) -> None:
        """Serve until told to stop, and on until what was begun is finished."""
        await super().main_loop()
        await self.lifespan.shutdown()


def _demonstration(parts: Parts) -> Callable[[], str]:
    return partial(demonstration_link, parts.indexes.versions, parts.people, parts.desk)


def _sign_in(configuration: Configuration, settings: Settings, gate: Gate, parts: Parts, key: bytes) -> list[Route]:
    """Return the addresses at which people sign in with Microsoft, none where that is not configured."""
    if not (configuration.entra and settings.public_url):
        return []
    from bot.desk.microsoft import MicrosoftSignIn
    from bot.entra import RelyingParty, registration_of

    relying_party = RelyingParty(registration_of(configuration.entra, settings.public_url))
    return MicrosoftSignIn(gate, relying_party, parts.people, parts.desk, key=key, now=parts.indexes.versions.now).routes()


def _install(configuration: Configuration, settings: Settings, parts: Parts, key: bytes) -> list[Route]:
    """Return the addresses at which workspaces install the Slack app, none where it is one workspace's own."""
    slack = configuration.slack
    if not (slack and slack.client_id and slack.client_secret and settings.public_url):
        return []
    from bot.channels.slack_install import SlackInstall

    def name_of(school_id: str) -> str:
        (school,) = parts.indexes.versions.schools([school_id])
        return school.name

    return SlackInstall(
        parts.installations,
        client_id=slack.client_id,
        client_secret=slack.client_secret.get_secret_value(),
        api_base_url=slack.api_base_url,
        address=settings.public_url,
        key=key,
        name_of=name_of,
        now=parts.indexes.versions.now,
    ).routes()


def _channels(
    configuration: Configuration,
    count: Callable[[str, str], None],
    metrics: Metrics,
    polling: Lease | None,
    installations: Installations,
) -> list[Channel]:
    """Return the channels that are configured; the SDK of another is not even loaded, which would take seconds.

    `count` counts what happened on a channel, in the store; `polling` is held by the one process that asks Telegram, None where
    there is one; `installations` are those by a provider's links.
    """
    channels: list[Channel] = []
    if configuration.slack:
        from bot.channels.slack import SlackChannel

        slack = configuration.slack
        channels.append(
            SlackChannel(
                tokens=slack.bot_token.get_secret_value() if slack.bot_token else installations,
                app_token=slack.app_token.get_secret_value() if slack.app_token else None,
                signing_secret=slack.signing_secret.get_secret_value() if slack.signing_secret else None,
                api_base_url=slack.api_base_url,
                allow_guests=slack.allow_guests,
                refused=partial(count, SLACK, REFUSED),
                not_receiving=partial(metrics.failed, SLACK, Failure.NOT_RECEIVING),
            )
        )
    if configuration.teams:
        from bot.channels.teams import TeamsChannel
        from bot.channels.teams_connector import registration_of

        registration = registration_of(configuration.teams)
        is_heard = partial(installations.is_heard, TEAMS)
        channels.append(TeamsChannel(registration, list(configuration.teams.tenants), partial(count, TEAMS, REFUSED), is_heard))
    if configuration.telegram:
        from bot.channels.telegram import TelegramChannel

        telegram = configuration.telegram
        channels.append(
            TelegramChannel(
                telegram.token.get_secret_value(),
                [(command.name, command.summary) for command in COMMANDS],
                api_base_url=telegram.api_base_url,
                polling=polling,
                webhook_url=telegram.webhook_url,
                webhook_secret=telegram.webhook_secret.get_secret_value() if telegram.webhook_secret else "",
                refused=partial(count, TELEGRAM, REFUSED),
                not_receiving=partial(metrics.failed, TELEGRAM, Failure.NOT_RECEIVING),
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


def _listen(variable: str, host: str, port: int) -> socket.socket:
    """Return a socket at an address; `variable` sets it. Raises BotError where that cannot be listened on."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # Named as TCP: only then does asyncio switch off Nagle's waiting, which costs 40 ms an answer.
    listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
    except OSError as error:
        listening.close()
        if error.errno == errno.EADDRINUSE:
            raise BotError(
                f"Port {port} is in use, perhaps by another policybot: stop that, or set {variable}={host}:{port + 1}."
            ) from None
        raise BotError(f"{host}:{port} cannot be listened on: {error.strerror}.") from None
    return listening
