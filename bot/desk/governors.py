"""The page for the governors, and the list of policies that a school has and has not brought in."""

from starlette.responses import Response
from starlette.routing import Route

from bot.audit import Action, Audit
from bot.desk.gate import Done, Gate, Visit
from bot.desk.words import KEEPERS, READERS, STANCES
from bot.governors import Overviews
from bot.other_policies import LONGEST_TITLE, add_other_policy
from bot.publication import Publication
from bot.rulings import RulingState
from corpus.versions import Versions

_NOT_YOURS = "Only the headteacher changes the list of policies."


class GovernorsPage:
    """Shows what governors should know, and keeps the list of other policies."""

    def __init__(self, overviews: Overviews, publication: Publication, audit: Audit) -> None:
        """Keep the parts."""
        self._overviews = overviews
        self._publication = publication
        self._audit = audit

    def routes(self, gate: Gate) -> list[Route]:
        """Return the address of the page."""
        forms = {"add": self._add, "remove": self._remove}
        return [gate.page("/governors", READERS, self._show, forms, label="For governors")]

    def _show(self, visit: Visit) -> Response:
        return visit.page(
            "governors",
            overview=self._overviews.of(visit.school.id),
            lapsed=RulingState.LAPSED,
            in_force=RulingState.IN_FORCE,
            stances=STANCES,
            longest_title=LONGEST_TITLE,
            may_keep=visit.role in KEEPERS,
        )

    def _add(self, visit: Visit) -> Response:
        visit.require(KEEPERS, _NOT_YOURS)

        def make(together: Versions) -> str:
            title = add_other_policy(together, visit.school.id, visit.typed("title"))
            self._audit.note(together.transaction, visit.school.id, visit.who, Action.LISTED_POLICY)
            return title

        title = self._publication.change(visit.school.id, make)
        raise Done("/governors", f"{title} is on the list: where no rule settles a question, the reply names it.")

    def _remove(self, visit: Visit) -> Response:
        visit.require(KEEPERS, _NOT_YOURS)
        title = visit.typed("title")

        def make(together: Versions) -> None:
            together.remove_other_policy(visit.school.id, title)
            self._audit.note(together.transaction, visit.school.id, visit.who, Action.UNLISTED_POLICY)

        self._publication.change(visit.school.id, make)
        raise Done("/governors", f"{title} is off the list.")
