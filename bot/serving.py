"""The server: one process, bound to this machine unless told otherwise."""

import errno
import socket
from urllib.parse import urlsplit

import uvicorn

from bot.bootstrap import open_indexes
from bot.chat_page import create_app
from bot.clock import now_utc
from bot.configuration import check_schools, read_configuration
from bot.errors import BotError
from bot.joining import Door
from bot.people import People
from bot.secret import secret_key
from bot.settings import LOOPBACK, Settings, read_settings


def serve() -> int:
    """Serve until stopped. Raises BotError where a setting is wrong, the port in use or the address not this machine's."""
    settings = read_settings()
    configuration = read_configuration(settings)
    hosts = _hosts(settings)
    listening = _listen(settings)
    indexes = open_indexes(settings)
    secret_key(settings)  # made now where there is none yet; what is wrong with it is not left for the first question to find
    check_schools(configuration, [school.id for school in indexes.versions.schools()])
    for school in indexes.versions.schools()[:1]:
        indexes.of(school.id)  # what all schools share takes seconds to read the first time: nobody's question waits for that
    secure = (settings.public_url or "").startswith("https:")
    door = None if settings.demo else Door(People(indexes.versions.engine, now_utc), now_utc, secure=secure)
    app = create_app(indexes, door, hosts)
    print(f"policybot answers at http://{settings.host}:{settings.port} (stop it with Ctrl-C)", flush=True)
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", access_log=False, server_header=False))
    server.run(sockets=[listening])
    return 0


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
    listening = socket.socket(family, socket.SOCK_STREAM)
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
