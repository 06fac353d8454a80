"""What whoever runs the server asks of it: whether it lives, whether it is ready, and what it counts.

These are answered before the application sees a request, by whatever name the server is called: a probe comes with the address of
a container. The metrics are told at a port of their own, which no proxy passes on, and nothing else is to be had there.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime
from functools import partial
from time import monotonic
from typing import Generic, TypeVar

from prometheus_client.exposition import choose_encoder
from sqlalchemy import Engine
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from bot.dispatcher import Dispatcher
from bot.metrics import Metrics, StoreCollector, read_counts
from bot.schema import is_up_to_date

ALIVE, READY, METRICS = "/healthz", "/readyz", "/metrics"
# What was read of the store is told again for so long, in seconds, however many ask.
READY_KEPT, COUNTS_KEPT = 1.0, 5.0
# A store that has not answered by then, in seconds, counts as one that does not answer.
STORE_ANSWERS_WITHIN = 2.0
# The parts, each with what is said where it is not ready.
STORE, SCHEMA, CHANNELS, RUNNING = "store", "schema", "channels", "running"
NOT_READY = {
    STORE: "The store does not answer: look whether it runs and can be reached from here.",
    SCHEMA: "The store was made by another version of policybot: run the same version everywhere.",
    CHANNELS: "The channels are not started.",
    RUNNING: "The server was told to stop, and finishes what it has begun.",
}
_UNCACHED = {"cache-control": "no-store"}

T = TypeVar("T")


class Lately(Generic[T]):
    """What a function returns that reads the store: called on a thread, never twice at once, and again only after some seconds.

    So neither many who ask nor a store that hangs take the threads on which questions are answered.
    """

    def __init__(self, read: Callable[[], T], seconds: float) -> None:
        """Keep the function."""
        self._read = read
        self._seconds = seconds
        self._reading: asyncio.Task[T] | None = None
        self._again_at = 0.0

    async def value(self) -> T:
        """Return what the function returned. Raises what it raised, and TimeoutError where it takes too long."""
        if self._reading is None or (self._reading.done() and monotonic() >= self._again_at):
            self._reading = asyncio.create_task(asyncio.to_thread(self._read))
            self._again_at = monotonic() + self._seconds
        async with asyncio.timeout(STORE_ANSWERS_WITHIN):
            return await asyncio.shield(self._reading)


class Operation:
    """An application with `/healthz` and `/readyz` before it, and `/metrics` at the port `metrics_port`, None for nowhere."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        engine: Engine,
        dispatcher: Dispatcher,
        metrics: Metrics,
        now: Callable[[], datetime],
        metrics_port: int | None = None,
    ) -> None:
        """Keep the parts; the dispatcher is the application's."""
        self._app = app
        self._dispatcher = dispatcher
        self._metrics = metrics
        self._metrics_port = metrics_port
        self._of_store = StoreCollector()
        metrics.registry.register(self._of_store)
        self._is_up_to_date = Lately(partial(is_up_to_date, engine), READY_KEPT)
        self._counts = Lately(partial(read_counts, engine, now), COUNTS_KEPT)
        self._is_stopping = False

    def stop(self) -> None:
        """Note that the server was told to stop: it is not ready from now on. This may be called by a signal."""
        self._is_stopping = True

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer what is asked of the server itself, and pass on what is asked of the application."""
        answer = self._answer_to(scope) if scope["type"] == "http" else None
        if answer is None:
            await self._app(scope, receive, send)
        else:
            response = await answer(Request(scope))
            await response(scope, receive, send)

    def _answer_to(self, scope: Scope) -> Callable[[Request], Awaitable[Response]] | None:
        answers = {ALIVE: _alive, READY: self._ready}
        path = scope["path"] if scope["method"] in ("GET", "HEAD") else ""
        server = scope.get("server")
        if self._metrics_port is None or server is None or server[1] != self._metrics_port:
            return answers.get(path)
        return {**answers, METRICS: self._told_metrics}.get(path, _nothing_else)

    async def _ready(self, _request: Request) -> Response:
        parts = await self._parts()
        missing = {part: NOT_READY[part] for part, ready in parts.items() if not ready}
        return JSONResponse({"ready": not missing, "not_ready": missing}, 503 if missing else 200, headers=_UNCACHED)

    async def _parts(self) -> dict[str, bool]:
        """Return each part, and whether it is ready."""
        try:
            store, schema = True, await self._is_up_to_date.value()
        except Exception:  # whatever a driver raises: the store does not answer, and who uses it logs why
            store, schema = False, True
        return {STORE: store, SCHEMA: schema, CHANNELS: self._dispatcher.is_running, RUNNING: not self._is_stopping}

    async def _told_metrics(self, request: Request) -> Response:
        for part, ready in (await self._parts()).items():
            self._metrics.note_ready(part, ready=ready)
        try:
            self._of_store.counts = await self._counts.value()
        except Exception:  # as above
            self._of_store.counts = None
        encode, content_type = choose_encoder(request.headers.get("accept", ""))
        return Response(encode(self._metrics.registry), media_type=content_type)


async def _alive(_request: Request) -> Response:
    return JSONResponse({"alive": True}, headers=_UNCACHED)


async def _nothing_else(_request: Request) -> Response:
    return PlainTextResponse(f"Here are {METRICS}, {ALIVE} and {READY} only.", 404)
