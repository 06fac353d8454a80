"""The pages on which what is published is checked: one clause set right, and the review of those that nobody has looked at."""

from collections.abc import Callable
from datetime import datetime

from starlette.responses import Response
from starlette.routing import Route

from bot.answer import PARTY_WORDS
from bot.clock import day_of
from bot.desk.fixes import read_correction
from bot.desk.gate import Done, Gate, Visit
from bot.desk.published import version_of
from bot.desk.signature import Signatures
from bot.desk.words import KEEPERS, STANCES, counted
from bot.errors import BotError
from bot.publication import Publication
from bot.trusts import require_own
from corpus.clause import Clause, Stance
from corpus.errors import StoreError
from corpus.versions import Version, Versions

# In the review what gives leave comes first: a false permission is the worst that can be told.
_FIRST = (
    Stance.ALLOWED,
    Stance.CONDITIONAL,
    Stance.FORBIDDEN,
    Stance.DISCOURAGED,
    Stance.REQUIRED,
    Stance.RECOMMENDED,
    Stance.INFORMATIONAL,
)
AT_ONCE = 10


class CorrectionPages:
    """Checks and corrects clauses of published versions; `now` is the time in UTC."""

    def __init__(self, versions: Versions, publication: Publication, signatures: Signatures, now: Callable[[], datetime]) -> None:
        """Keep the parts."""
        self._versions = versions
        self._publication = publication
        self._signatures = signatures
        self._now = now

    def routes(self, gate: Gate) -> list[Route]:
        """Return the addresses of the pages."""
        clause = "/policies/{slug}/versions/{number}/clauses/{clause}"
        forms = {"stance": self._correct, "confirm": self._confirm}
        return [
            gate.page(clause, KEEPERS, self._clause, forms),
            gate.page("/policies/{slug}/review", KEEPERS, self._review, {"confirm": self._agree}),
        ]

    def _found(self, visit: Visit) -> tuple[Version, Clause]:
        version = version_of(self._versions, visit, visit.path("number"))
        found = version.policy.clause(visit.path("clause"))
        if found is None:
            raise StoreError("There is no such clause in this version.")
        require_own(version.policy)
        return version, found

    def _clause(self, visit: Visit) -> Response:
        version, clause = self._found(visit)
        return visit.page(
            "clause",
            version=version,
            slug=version.policy.slug,
            clause=clause,
            lead_in=version.policy.lead_in_words(clause.lead_in),
            stances=STANCES,
            parties=PARTY_WORDS,
        )

    def _correct(self, visit: Visit) -> Response:
        version, clause = self._found(visit)
        number, by = version.number or 0, self._signatures.of(visit.school, visit.role)
        correction = read_correction(visit, by, day_of(self._now()))
        slug = version.policy.slug
        waits = self._publication.correct(visit.school.id, slug, number, clause.id, correction, who=visit.who)
        said = "It is set right: staff are answered so from now on."
        if waits:
            said = "That is looser than what is published: it counts once the chair of governors has approved it."
        raise Done(f"/policies/{slug}/versions/{number}/clauses/{clause.id}", said)

    def _confirm(self, visit: Visit) -> Response:
        version, clause = self._found(visit)
        slug, number = version.policy.slug, version.number or 0
        self._publication.confirm(visit.school.id, slug, number, [clause.id], visit.who)
        raise Done(f"/policies/{slug}/versions/{number}/clauses/{clause.id}", "It is checked.")

    def _review(self, visit: Visit) -> Response:
        version = version_of(self._versions, visit, None)
        require_own(version.policy)
        waiting = [one for one in version.policy.clauses() if not one.confirmed]
        waiting.sort(key=lambda clause: (not clause.gives_leave, _FIRST.index(clause.stance)))
        return visit.page(
            "review",
            version=version,
            slug=version.policy.slug,
            clauses=[(one, version.policy.lead_in_words(one.lead_in)) for one in waiting[:AT_ONCE]],
            waiting=len(waiting),
            others=any(not one.gives_leave for one in waiting[:AT_ONCE]),
            leave=sum(one.gives_leave for one in waiting),
            stances=STANCES,
            parties=PARTY_WORDS,
        )

    def _agree(self, visit: Visit) -> Response:
        version = version_of(self._versions, visit, visit.typed("number"))
        slug = version.policy.slug
        agreed = visit.all_typed("right")
        if not agreed:
            raise BotError("Tick what is right; leave out what is not, and correct that.")
        self._publication.confirm(visit.school.id, slug, version.number or 0, agreed, visit.who)
        raise Done(f"/policies/{slug}/review", f"{counted(len(agreed), 'clause is', 'clauses are')} checked.")
