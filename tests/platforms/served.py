"""An application served on a port of this machine from a thread, so that a test can be its client."""

import socket
import threading
from types import TracebackType
from typing import Self

import uvicorn
from starlette.types import ASGIApp


class Served:
    """Serves an ASGI application from entering to leaving; it can be away in between and come back to the same port."""

    def __init__(self, app: ASGIApp, *, lifespan: bool = False) -> None:
        self._app = app
        self._lifespan = lifespan
        self._thread: threading.Thread | None = None
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])
        self.address = f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        self.come()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.go()

    def come(self) -> None:
        """Listen; return once connections are accepted."""
        # Named as TCP: only then does asyncio switch off the waiting (Nagle's) that costs 40 ms an answer.
        listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(("127.0.0.1", self.port))
        config = uvicorn.Config(
            self._app,
            lifespan="on" if self._lifespan else "off",
            ws="none",
            log_config=None,
            access_log=False,
            date_header=False,  # what time it is there is said by who is served, where it matters
            timeout_graceful_shutdown=1,
        )
        started = threading.Event()
        self._server = _Announcing(config, started)
        self._thread = threading.Thread(target=self._server.run, kwargs={"sockets": [listening]}, daemon=True)
        self._thread.start()
        if not started.wait(30):
            raise RuntimeError(f"nothing came to listen on port {self.port}")

    def go(self) -> None:
        """Listen no longer, and end the connections there are."""
        if self._thread is not None:
            self._server.should_exit = True
            self._thread.join(30)
            self._thread = None


class _Announcing(uvicorn.Server):
    """A server that says when it listens, and leaves the process's signals alone."""

    def __init__(self, config: uvicorn.Config, started: threading.Event) -> None:
        super().__init__(config)
        self._announce = started

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._announce.set()
