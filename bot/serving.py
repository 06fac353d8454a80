"""The server: one process, bound to this machine unless told otherwise."""

import errno
import socket

import uvicorn

from bot.bootstrap import open_indexes
from bot.chat_page import create_app
from bot.errors import BotError
from bot.settings import Settings, read_settings


def serve() -> int:
    """Serve until stopped. Raises BotError where the port is in use or the address is not this machine's."""
    settings = read_settings()
    if not settings.demo:
        raise BotError("The chat page is open only in demo mode so far: set POLICYBOT_DEMO=1.")
    listening = _listen(settings)
    app = create_app(open_indexes(settings))
    print(f"policybot answers at http://{settings.host}:{settings.port} (stop it with Ctrl-C)", flush=True)
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", access_log=False, server_header=False))
    server.run(sockets=[listening])
    return 0


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
