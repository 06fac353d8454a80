"""The first page of the desk: what waits to be done."""

from starlette.responses import Response
from starlette.routing import Route

from bot.desk.gate import Gate, Visit
from bot.desk.published import PublishedPages
from bot.desk.words import EVERYBODY


class HomePage:
    """What waits at a school."""

    def __init__(self, published: PublishedPages) -> None:
        """Keep the pages that know what waits."""
        self._published = published

    def routes(self, gate: Gate) -> list[Route]:
        """Return the address of the page."""
        return [gate.page("", EVERYBODY, self._show)]

    def _show(self, visit: Visit) -> Response:
        return visit.page("home", rows=self._published.rows(visit.school.id))
