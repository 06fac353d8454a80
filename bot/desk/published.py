"""The pages of what is published: the policies of a school, each version with its clauses, roll back and export."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from starlette.responses import Response
from starlette.routing import Route

from bot.answer import PARTY_WORDS, dates, trusts
from bot.clock import day_of, spoken
from bot.desk.gate import TO_READ, Done, Gate, Visit
from bot.desk.words import EVERYBODY, KEEPERS, OFFICE, STANCES
from bot.governors import ReviewState, review_of
from bot.policy_pages import page_sections
from bot.publication import Publication
from bot.typed import read_number
from corpus.checking import check_policy
from corpus.clause import Policy
from corpus.errors import StoreError
from corpus.policy_file import to_yaml
from corpus.versions import Version, Versions


def version_of(versions: Versions, visit: Visit, number: str | None) -> Version:
    """Return a version of the policy that a page is about, the current one for None. Raises StoreError where there is none."""
    wanted = read_number(number) if number is not None else None
    try:
        if number is None or wanted is not None:
            return versions.version(visit.school.id, visit.path("slug"), wanted)
    except StoreError:
        pass
    raise StoreError("There is no such version of this policy: choose one on the Policies page.")


@dataclass(frozen=True, slots=True)
class _Row:
    """A policy as the list shows it; `number` is None where nothing is published yet.

    `whose` names the trust in the possessive where it is a trust's, "" where it is the school's own; `draft_of_trust` says
    whether its draft is a trust's.
    """

    slug: str
    title: str
    number: int | None
    dates: str
    review: ReviewState | None
    clauses: int
    unconfirmed: int
    has_draft: bool
    whose: str = ""
    draft_of_trust: bool = False


class PublishedPages:
    """The pages over the versions; `now` is the time in UTC."""

    def __init__(self, versions: Versions, publication: Publication, now: Callable[[], datetime]) -> None:
        """Keep the parts and the clock."""
        self._versions = versions
        self._publication = publication
        self._now = now

    def routes(self, gate: Gate) -> list[Route]:
        """Return the addresses of the pages."""
        return [
            gate.page("/policies", EVERYBODY, self._list, label="Policies", by_mail=TO_READ),
            gate.page("/policies/{slug}", EVERYBODY, self._policy, by_mail=TO_READ),
            gate.page(
                "/policies/{slug}/versions/{number}", EVERYBODY, self._policy, {"roll-back": self._roll_back}, by_mail=TO_READ
            ),
            gate.page("/policies/{slug}/versions/{number}/yaml", EVERYBODY, self._yaml, by_mail=TO_READ),
            gate.page("/policies/{slug}/versions/{number}/print", EVERYBODY, self._print, by_mail=TO_READ),
        ]

    def _list(self, visit: Visit) -> Response:
        return visit.page("policies", rows=self.rows(visit.school.id))

    def rows(self, school_id: str) -> list[_Row]:
        """Return the policies of a school, by title."""
        drafts = {draft.policy.slug: draft for draft in self._versions.drafts(school_id)}
        found = [self._row(school_id, slug, current, drafts.get(slug)) for slug, current, _ in self._versions.policies(school_id)]
        return sorted(found, key=lambda row: row.title)

    def _row(self, school_id: str, slug: str, current: int | None, draft: Version | None) -> _Row:
        policy = self._versions.version(school_id, slug).policy if current else draft.policy if draft else None
        if policy is None:
            raise StoreError(f"There is no policy {slug} here any more.")
        clauses = list(policy.clauses())
        return _Row(
            slug=slug,
            title=policy.title,
            number=current,
            dates=dates(policy, day_of(self._now())),
            review=review_of(policy, day_of(self._now())),
            clauses=len(clauses),
            unconfirmed=sum(not clause.confirmed for clause in clauses),
            has_draft=draft is not None,
            whose=trusts(policy.trust) if policy.trust else "",
            draft_of_trust=bool(draft and draft.policy.trust),
        )

    def _policy(self, visit: Visit) -> Response:
        version = self._version(visit)
        slug = visit.path("slug")
        history = self._versions.history(visit.school.id, slug)
        current = next(current for name, current, _ in self._versions.policies(visit.school.id) if name == slug)
        trust = version.policy.trust or self._versions.version(visit.school.id, slug).policy.trust
        today = day_of(self._now())
        return visit.page(
            "policy",
            version=version,
            slug=slug,
            sections=list(enumerate(page_sections(version.policy, today))),
            dates=dates(version.policy, today),
            review=review_of(version.policy, today),
            findings=check_policy(version.policy, today),
            waiting=sum(not clause.confirmed for clause in version.policy.clauses()),
            history=history,
            current=current,
            stances=STANCES,
            parties=PARTY_WORDS,
            spoken=spoken,
            may_keep=visit.role in KEEPERS,
            may_prepare=visit.role in OFFICE,
            whose=trusts(trust) if trust else "",
            trust=trust,
            supplemented=next((one for one in self._published(visit) if version.policy.is_addendum_to(one)), None),
            addenda=[one for one in self._published(visit) if one.is_addendum_to(version.policy)],
        )

    def _published(self, visit: Visit) -> tuple[Policy, ...]:
        published = self._versions.published(visit.school.id)
        return published.policies if published else ()

    def _version(self, visit: Visit) -> Version:
        return version_of(self._versions, visit, visit.request.path_params.get("number"))

    def _roll_back(self, visit: Visit) -> Response:
        visit.require(KEEPERS, "Only the headteacher goes back to an earlier version.")
        version, slug = self._version(visit), visit.path("slug")
        self._publication.roll_back(visit.school.id, slug, version.number or 0, visit.who)
        raise Done(f"/policies/{slug}", f"Staff are answered from version {version.number} again.")

    def _yaml(self, visit: Visit) -> Response:
        version = self._version(visit)
        name = f"{visit.school.id}-{version.policy.slug}-version-{version.number}.yaml"
        headers = {"content-disposition": f'attachment; filename="{name}"'}
        return Response(to_yaml(version.policy), media_type="application/yaml", headers=headers)

    def _print(self, visit: Visit) -> Response:
        version, today = self._version(visit), day_of(self._now())
        return visit.page(
            "print", version=version, sections=page_sections(version.policy, today), dates=dates(version.policy, today)
        )
