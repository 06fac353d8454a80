"""The page of what staff could not find, from which a headteacher rules on it, or says that it is no policy's, or notes it."""

from collections.abc import Callable

from sqlalchemy import Connection
from starlette.responses import Response
from starlette.routing import Route

from bot.audit import Action, Audit
from bot.desk.gate import Done, Gate, Visit
from bot.desk.words import KEEPERS, month_in_words
from bot.gaps import Decision, GapKind, Gaps
from bot.short_names import shortened
from corpus.tenancy import writing_at
from corpus.versions import Versions

KINDS = {GapKind.NOT_COVERED: "No rule settles it", GapKind.DID_NOT_HELP: "There is an answer, and it did not help"}


class NotFoundPage:
    """Shows and decides the gaps of a school."""

    def __init__(self, gaps: Gaps, audit: Audit, versions: Versions) -> None:
        """Keep the parts."""
        self._gaps = gaps
        self._audit = audit
        self._versions = versions

    def routes(self, gate: Gate) -> list[Route]:
        """Return the address of the page."""
        forms = {"outside": self._set_outside, "note": self._note, "drop": self._drop}
        return [gate.page("/not-found", KEEPERS, self._show, forms, label="Not found")]

    def _show(self, visit: Visit) -> Response:
        school = visit.school.id
        return visit.page(
            "not-found",
            rows=self._gaps.of(school),
            noted=self._gaps.noted(school),
            kinds=KINDS,
            month=month_in_words,
        )

    def _set_outside(self, visit: Visit) -> Response:
        self._decide(visit, Decision.OUTSIDE, Action.SET_OUTSIDE)
        raise Done("/not-found", "It is outside policy, and those who asked are told so.")

    def _note(self, visit: Visit) -> Response:
        self._decide(visit, Decision.NEXT_REVIEW, Action.NOTED_GAP)
        raise Done("/not-found", "It is noted for the next review, and those who asked are told so.")

    def _drop(self, visit: Visit) -> Response:
        school = visit.school.id
        self._change(visit, Action.DROPPED_NOTE, lambda within, gap: self._gaps.drop_note(within, school, gap))
        raise Done("/not-found", "It is taken off the list.")

    def _decide(self, visit: Visit, decision: Decision, action: Action) -> None:
        school, who = visit.school.id, visit.who
        self._change(visit, action, lambda within, gap: self._gaps.decide(within, school, gap, decision, who))

    def _change(self, visit: Visit, action: Action, change: Callable[[Connection, str], None]) -> None:
        gap = visit.typed("gap")
        with writing_at(self._versions.engine, visit.school.id) as connection:
            change(connection, gap)
            # No word of what staff asked stands in the trail, which more people read than this page.
            self._audit.note(connection, visit.school.id, visit.who, action, object=shortened(gap))
