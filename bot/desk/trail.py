"""The page that shows who did what."""

from starlette.responses import Response
from starlette.routing import Route

from bot.audit import Audit
from bot.clock import spoken
from bot.desk.gate import Gate, Visit
from bot.desk.words import READERS, titles
from corpus.versions import Versions

SHOWN = 200


class TrailPage:
    """Shows the audit trail of a school."""

    def __init__(self, versions: Versions, audit: Audit) -> None:
        """Keep the policies and the trail."""
        self._versions = versions
        self._audit = audit

    def routes(self, gate: Gate) -> list[Route]:
        """Return the address of the page."""
        return [gate.page("/trail", READERS, self._show)]

    def _show(self, visit: Visit) -> Response:
        entries = self._audit.of(visit.school.id)
        return visit.page(
            "trail",
            entries=entries[::-1][:SHOWN],
            more=max(0, len(entries) - SHOWN),
            titles=titles(self._versions, visit.school.id),
            spoken=spoken,
        )
