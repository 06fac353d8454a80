"""The pages between a draft and its publication: what changes, what staff will be told, and the button."""

from collections.abc import Sequence

from starlette.responses import Response
from starlette.routing import Route

from bot.answer import trusts
from bot.audit import Action, Audit
from bot.chair_requests import ChairRequests
from bot.desk.drafts import as_shown, draft_of
from bot.desk.gate import TO_READ, Done, Gate, Visit
from bot.desk.words import EVERYBODY, KEEPERS, OFFICE, STANCES
from bot.looked_at import LookedAt
from bot.proposals import Proposals, State
from bot.publication import Publication
from bot.readiness import Readiness
from corpus.alignment import Change, ClauseChange, compare, decide
from corpus.loosening import loosened
from corpus.rewording import reworded
from corpus.versions import Approval, Version, Versions

LONGEST_RECORD = 200


class PublishingPages:
    """Leads a draft to its publication."""

    def __init__(
        self,
        versions: Versions,
        *,
        audit: Audit,
        readiness: Readiness,
        looked_at: LookedAt,
        proposals: Proposals,
        chair_requests: ChairRequests,
        publication: Publication,
    ) -> None:
        """Keep the parts."""
        self._versions = versions
        self._audit = audit
        self._readiness = readiness
        self._looked_at = looked_at
        self._proposals = proposals
        self._chair_requests = chair_requests
        self._publication = publication

    def routes(self, gate: Gate) -> list[Route]:
        """Return the addresses of the pages."""
        at = "/policies/{slug}/draft"
        return [
            gate.page(f"{at}/changes", EVERYBODY, self._changes, {"match": self._match}, by_mail=TO_READ),
            gate.page(f"{at}/trial", EVERYBODY, self._trial, {"seen": self._seen, "seen-all": self._seen_all}, by_mail=TO_READ),
            gate.page(f"{at}/publish", KEEPERS, self._ready, {"publish": self._publish, "ask": self._ask}),
        ]

    def _draft(self, visit: Visit) -> Version:
        return draft_of(self._versions, visit)

    def _changes(self, visit: Visit) -> Response:
        draft, before = self._draft(visit), self._versions.current(visit.school.id, visit.path("slug"))
        changes = compare(before, draft.policy) if before else []
        told = [one for one in changes if one.change is not Change.UNCHANGED or one.stances]
        rows = [(one, loosened(one.before, one.after), _runs(one)) for one in told]
        # What is looser stands first, then what a person must decide, then the rest in the order of the document.
        rows.sort(key=lambda row: (row[1] is None, not row[0].doubtful))
        return visit.page(
            "changes",
            draft=draft,
            slug=draft.policy.slug,
            first=before is None,
            rows=rows,
            unchanged=len(changes) - len(told),
            stances=STANCES,
        )

    def _match(self, visit: Visit) -> Response:
        """Decide whether two clauses are the same rule."""
        visit.require(OFFICE, "Only those who prepare the policies decide that.")
        slug, same = visit.path("slug"), visit.typed("same") == "yes"
        clause, before = visit.typed("clause"), visit.typed("before")
        with as_shown(self._versions, self._audit, visit, Action.EDITED_DRAFT) as (together, edits):
            together.change_draft(visit.school.id, slug, edits, lambda policy: decide(policy, clause, before, same=same))
        raise Done(f"/policies/{slug}/draft/changes", "It is the same rule." if same else "These are two rules.")

    def _trial(self, visit: Visit) -> Response:
        draft, slug = self._draft(visit), visit.path("slug")
        trial = self._readiness.trial(visit.school.id, slug)
        unseen = {group.matter for group in self._looked_at.unseen(visit.school.id, slug, trial)}
        grave = [(group, group.matter in unseen) for group in trial.groups if group.grave]
        others = [
            one for group in trial.groups for one in group.tried if one not in group.grave and one.difference.is_other_answer
        ]
        same = sum(not one.difference.is_other_answer for group in trial.groups for one in group.tried)
        return visit.page(
            "trial",
            draft=draft,
            slug=slug,
            grave=grave,
            others=others,
            same=same,
            failing=trial.failing,
            lately=self._readiness.lately(visit.school.id, slug),
        )

    def _seen(self, visit: Visit) -> Response:
        return self._mark(visit, [(visit.typed("matter"), visit.typed("digest"))], "trial")

    def _seen_all(self, visit: Visit) -> Response:
        """Mark what the page showed, which need not be what is there by now."""
        matters, digests = (visit.all_typed(name) for name in ("matter", "digest"))
        return self._mark(visit, list(zip(matters, digests, strict=False)), "publish")

    def _mark(self, visit: Visit, groups: Sequence[tuple[str, str]], next_page: str) -> Response:
        visit.require(KEEPERS, "Only the headteacher marks what was looked at.")
        slug = self._draft(visit).policy.slug  # where there is none, nothing was looked at
        for matter, digest in groups:
            self._looked_at.mark(visit.school.id, slug, digest[:64], matter[:200], visit.who)
        raise Done(f"/policies/{slug}/draft/{next_page}", "Looked at.")

    def _ready(self, visit: Visit) -> Response:
        draft, slug = self._draft(visit), visit.path("slug")
        hindrances = self._readiness.hindrances(visit.school.id, slug, draft.digest)
        approval = self._readiness.approval(visit.school.id, slug, draft.digest)
        last = self._proposals.of_draft(visit.school.id, slug)
        waiting = last if last and last.digest == draft.digest and last.state is State.WAITING else None
        return visit.page(
            "publish",
            draft=draft,
            slug=slug,
            hindrances=hindrances,
            unchecked=sum(one.gives_leave and not one.confirmed for one in draft.policy.clauses()),
            approval=approval,
            waiting=waiting,
            asked=self._chair_requests.of(visit.school.id).get(waiting.id, []) if waiting else [],
            reach=self._chair_requests.reach(visit.school.id),
            settings=self._proposals.settings(visit.school.id),
            owner=self._owner(visit),
            whose=trusts(draft.policy.trust) if draft.policy.trust else "",
        )

    def _owner(self, visit: Visit) -> str:
        """Return who answered for the policy in its last version, "" where nobody is recorded."""
        return next((one.approval.owner or "" for one in self._versions.history(visit.school.id, visit.path("slug"))), "")

    def _ask(self, visit: Visit) -> Response:
        slug = visit.path("slug")
        self._publication.propose_version(visit.school.id, slug, visit.typed("digest"), visit.who)
        raise Done(f"/policies/{slug}/draft/publish", "The chair of governors is asked to approve this version.")

    def _publish(self, visit: Visit) -> Response:
        slug = visit.path("slug")
        recorded = [visit.typed(name)[:LONGEST_RECORD] or None for name in ("owner", "approved_by", "minutes")]
        number = self._publication.publish(visit.school.id, slug, visit.typed("digest"), visit.who, Approval(*recorded))
        raise Done(f"/policies/{slug}", f"Version {number} is published. Staff are answered from it now.")


def _runs(change: ClauseChange) -> list[tuple[str, str]]:
    """Return the words of a change, each run with what became of it."""
    before = change.before.words if change.before else ""
    after = change.after.words if change.after else ""
    return [(run.mark, run.words) for run in reworded(before, after)]
