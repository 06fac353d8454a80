"""All pages of the desk, behind its gate."""

from collections.abc import Callable
from datetime import datetime

from starlette.routing import Route

from bot.assembly import Parts
from bot.desk.gate import Gate
from bot.desk.home import HomePage
from bot.desk.published import PublishedPages


def desk_routes(gate: Gate, parts: Parts, now: Callable[[], datetime]) -> list[Route]:
    """Return the addresses of the desk; the order is that of the navigation."""
    published = PublishedPages(parts.indexes.versions, now)
    return [
        *HomePage(published).routes(gate),
        *published.routes(gate),
        *gate.routes(),
    ]
