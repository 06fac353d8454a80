"""Whether a draft is ready to be published: what staff would be told by it, and what still keeps it from being published."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import select

from bot.bootstrap import Indexes
from bot.clock import day_of
from bot.errors import BotError
from bot.looked_at import LookedAt
from bot.proposals import Proposal, Proposals, State
from bot.roster import Roster
from bot.tables import questions
from bot.trial import Lately, Trial, lately_changed, told, try_out
from bot.trial_questions import EXPECTATIONS, TrialQuestions
from corpus.alignment import align
from corpus.building import build_policy
from corpus.clause import Policy
from corpus.editing import as_derived
from corpus.errors import StoreError
from corpus.loosening import loosened_by_hand, looser_changes
from corpus.tenancy import reading_at
from corpus.versions import Version
from retrieval.index import Index

# Of what staff asked lately so many questions are tried, the newest.
LATELY, MOST_LATELY = timedelta(days=90), 300
DRAFT_CHANGED = "The draft was changed since you looked at it: look at it once more, then publish."
# So many matters are named in one sentence.
_MOST_NAMED = 3


class Readiness:
    """The drafts of the schools of a store, tried and examined; `now` is the time in UTC."""

    def __init__(
        self,
        indexes: Indexes,
        *,
        roster: Roster,
        proposals: Proposals,
        trial_questions: TrialQuestions,
        looked_at: LookedAt,
        now: Callable[[], datetime],
    ) -> None:
        """Keep the parts."""
        self._indexes = indexes
        self._versions = indexes.versions
        self._roster = roster
        self._proposals = proposals
        self._trial_questions = trial_questions
        self._looked_at = looked_at
        self._now = now
        self._tried: dict[tuple[str, str], tuple[object, Trial]] = {}  # of each draft the last trial, and what it rests on
        self._built: tuple[object, Index] | None = None  # the last index with a draft, and what it rests on

    def trial(self, school_id: str, slug: str) -> Trial:
        """Return what the draft of a policy changes for staff. Raises StoreError where there is no draft."""
        today, draft = self._indexes.of(school_id), self._versions.draft(school_id, slug)
        asked, day = self._trial_questions.of(school_id), day_of(self._now())
        state = (today.revision, draft.digest, asked, day)
        tried = self._tried.get((school_id, slug))
        if tried is None or tried[0] != state:
            directory = self._roster.directory(today.school)
            tried = state, try_out(asked, today, self._with_draft(draft, today), directory, day)
            self._tried[school_id, slug] = tried
        return tried[1]

    def lately(self, school_id: str, slug: str) -> Lately:
        """Return how many of the questions that staff asked lately the draft would answer otherwise; it takes some time."""
        today, draft = self._indexes.of(school_id), self._versions.draft(school_id, slug)
        wanted = select(questions.c.asker, questions.c.question).where(
            questions.c.school_id == school_id, questions.c.asked_at > self._now() - LATELY
        )
        with reading_at(self._versions.engine, school_id) as connection:
            newest = connection.execute(wanted.order_by(questions.c.asked_at.desc()).limit(MOST_LATELY))
            asked = [(row.asker, row.question) for row in newest]
        directory = self._roster.directory(today.school)
        return lately_changed(asked, today, self._with_draft(draft, today), directory, day_of(self._now()))

    def must(self, school_id: str, question_id: int, who: str, expected: str | None = None) -> None:
        """Let nothing be published while a test question is not answered as expected: as today, unless that is given.

        Raises BotError where there is no such question, or `expected` or today's answer is none to expect.
        """
        if expected is None:
            question, index = self._trial_questions.get(school_id, question_id).question, self._indexes.of(school_id)
            expected = told(question, index, self._roster.directory(index.school), day_of(self._now())).settles
            if expected not in EXPECTATIONS:
                raise BotError("Today no one rule answers this question: say which answer you expect.")
        self._trial_questions.must(school_id, question_id, expected, who)

    def hindrances(self, school_id: str, slug: str, digest: str) -> list[str]:
        """Return what still keeps the draft of this digest from being published, a sentence each; none if nothing does.

        Raises StoreError where there is no draft, and BotError where there is no such school.
        """
        published = self._published(school_id, slug)
        draft = self._versions.draft(school_id, slug)
        if draft.digest != digest:
            return [DRAFT_CHANGED]
        found = self._without_approval(draft, published)
        trial = self.trial(school_id, slug)
        found += trial.failing
        unseen = [group.matter for group in self._looked_at.unseen(school_id, slug, trial)]
        if unseen:
            more = f" and {len(unseen) - _MOST_NAMED} more" if len(unseen) > _MOST_NAMED else ""
            found.append(
                f"Some answers get lost or looser, and nobody has looked at them yet: {'; '.join(unseen[:_MOST_NAMED])}{more}."
            )
        return found

    def approval(self, school_id: str, slug: str, digest: str) -> Proposal | None:
        """Return the approval of the draft of this digest by the chair of governors, None where there is none."""
        last = self._proposals.of_draft(school_id, slug)
        return last if last and last.digest == digest and last.state is State.APPROVED else None

    def _published(self, school_id: str, slug: str) -> Policy | None:
        return next((policy for policy in self._indexes.of(school_id).policies if policy.slug == slug), None)

    def _with_draft(self, draft: Version, today: Index) -> Index:
        """Return the index that a school would have if a draft were published; `today` is the one that it has."""
        policy = draft.policy
        state = (policy.school, policy.slug, draft.digest, today.revision, self._versions.today())
        built = self._built
        if built is None or built[0] != state:
            published = self._versions.published(policy.school)
            if published is None:
                raise StoreError(f"There is no school called {policy.school}.")
            others = [(number, other) for number, other in published.versions if other.slug != policy.slug]
            numbers = {slug: numbers for slug, _, numbers in self._versions.policies(policy.school)}[policy.slug]
            would_be = sorted([*others, (1 + max(numbers, default=0), policy)], key=lambda version: version[1].slug)
            built = state, Index(replace(published, versions=tuple(would_be)), self._indexes.knowledge)
            self._built = built
        return built[1]

    def _loosened_by_hand(self, draft: Version, published: Policy | None) -> list[str]:
        if not looser_changes(published, draft.policy):
            return []  # most drafts: their documents need not be read once more
        return loosened_by_hand(published, draft.policy, _as_read(draft, published))

    def _without_approval(self, draft: Version, published: Policy | None) -> list[str]:
        """Return the sentence that says that the chair of governors has not approved a draft, where that is needed."""
        school_id, slug = draft.policy.school, draft.policy.slug
        settings = self._proposals.settings(school_id)
        by_hand = self._loosened_by_hand(draft, published) if settings.looser_needs_chair else []
        if not (settings.versions_need_chair or by_hand) or self.approval(school_id, slug, draft.digest):
            return []
        last = self._proposals.of_draft(school_id, slug)
        if last and last.digest == draft.digest and last.state is State.WAITING:
            return ["This version waits for the approval of the chair of governors."]
        if last and last.digest == draft.digest and last.state is State.REFUSED:
            return ["The chair of governors has refused this version: change it, then ask again."]
        why = f", since by hand it makes looser what is published ({', '.join(by_hand)})" if by_hand else ""
        changed = "It was changed since it was approved: ask" if last and last.state is State.APPROVED else "Ask"
        return [f"This version needs the approval of the chair of governors{why}. {changed} the chair for it."]


def _as_read(draft: Version, published: Policy | None) -> Policy | None:
    """Return what the document of a draft says before anybody changes it, None where that cannot be told any more.

    What came as YAML has no document: what its words make of each clause stands for it, until it is changed by hand.
    """
    policy = draft.policy
    if draft.source is not None:
        name = policy.source_name
        found = build_policy(draft.source, school=policy.school, slug=policy.slug, title=policy.title, source_name=name)
    elif draft.edits:
        return None
    else:
        found = as_derived(policy)
    return align(found, published, ())
