"""A platform's web service on this machine: it keeps its port, and may be away for a while."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Self

import httpx
from starlette.applications import Starlette
from starlette.routing import Route

from tests.platforms.background import Background
from tests.platforms.served import free_port, served


class Service:
    """Serves routes within `with`, and has a client for what it sends, or fetches, itself."""

    def __init__(self, routes: Sequence[Route]) -> None:
        self._app = Starlette(routes=routes)
        self._port = free_port()
        self._client = httpx.Client()

    def __enter__(self) -> Self:
        self._come()
        return self

    def __exit__(self, *_: object) -> None:
        self._served.__exit__()
        self._client.close()

    def _come(self) -> None:
        self._served = Background(served(self._app, self._port))
        self._served.__enter__()

    @contextmanager
    def away(self) -> Iterator[None]:
        """Refuse all connections until the end of the block."""
        self._served.__exit__()
        try:
            yield
        finally:
            self._come()
