"""An ASGI application served on a port of this machine, for as long as a test needs it."""

import asyncio
import socket
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager

import uvicorn
from starlette.types import ASGIApp

ENDS_WITHIN = 1.0  # seconds, for what is still being answered


def free_port() -> int:
    """Return a port on which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@asynccontextmanager
async def served(app: ASGIApp, port: int = 0) -> AsyncIterator[str]:
    """Serve an application in the running loop, and give its address; on any port unless one is given.

    From a test that has no loop: `with Background(served(app)) as running`, and the address is `running.given`.
    """
    # Named as TCP: only then does asyncio switch off the waiting (Nagle's) that costs 40 ms an answer.
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP) as listening:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(("127.0.0.1", port))
        listening.listen()  # whoever calls before the server has started waits instead of being refused
        # What time it is there is said by who is served, where it matters.
        server = _Server(uvicorn.Config(app, log_config=None, access_log=False, date_header=False))
        serving = asyncio.ensure_future(server.serve([listening]))
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            server.end.set()
            await serving


async def cease_to_listen(server: asyncio.Server) -> None:
    """Let nobody in any more, and close a server once those are in who were let in, which takes two rounds of the loop.

    asyncio 3.11 forgets a connection whose server is closed meanwhile: nobody closes it then.
    """
    for listening in server.sockets:
        asyncio.get_running_loop().remove_reader(listening)
    for _ in range(2):
        await asyncio.sleep(0)
    server.close()


class _Server(uvicorn.Server):
    """Ends when it is told to, where uvicorn looks each tenth of a second; and leaves the process's signals alone."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.end = asyncio.Event()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def main_loop(self) -> None:
        await self.end.wait()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for server in self.servers:
            await cease_to_listen(server)
        for listening in sockets or []:
            listening.close()
        connections = list(self.server_state.connections)
        for connection in connections:
            connection.shutdown()
        if self.server_state.tasks:
            _, hanging = await asyncio.wait(self.server_state.tasks, timeout=ENDS_WITHIN)
            for task in hanging:
                task.cancel()
            await asyncio.gather(*hanging, return_exceptions=True)
        for connection in connections:
            connection.transport.close()
        await self.lifespan.shutdown()


def wait_for(condition: Callable[[], object], within: float = 60) -> None:
    """Wait until something is so of processes that are served. Raises AssertionError where it is not within so many seconds."""
    until = time.monotonic() + within
    while not condition():
        assert time.monotonic() < until, "it did not settle"
        time.sleep(0.05)
