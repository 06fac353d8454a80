"""What governors should know of a school's policies: what they leave silent, where they differ, what is out of date."""

from collections.abc import Callable, Sequence
from datetime import date, datetime
from enum import StrEnum

from msgspec import Struct

from bot.answer import dates
from bot.bootstrap import Indexes
from bot.clock import day_of
from bot.gaps import Gaps
from bot.reviews import REVIEW_AHEAD
from bot.roster import Roster
from bot.rulings import Ruling, Rulings
from bot.trial import OTHER_MATTERS, Told, told
from bot.trial_questions import TrialQuestions
from corpus.checking import Concern, Finding, check_policy
from corpus.clause import RULINGS, Policy
from retrieval.decision import Outcome

_ON_DATES = frozenset({Concern.OVERDUE, Concern.NO_DATE, Concern.NO_REVIEW, Concern.CONFLICTING_DATES})
_ON_SOURCES = frozenset({Concern.SUPERSEDED_LAW, Concern.DEAD_REFERENCE})


class ReviewState(StrEnum):
    """How a policy's review stands."""

    OVERDUE = "overdue"
    NEAR = "near"


class Silence(Struct, frozen=True):
    """A matter that staff ask about and the policies leave open, and the questions on it that nothing settles."""

    matter: str
    questions: tuple[str, ...]


class Difference(Struct, frozen=True):
    """Two rules of different policies that contradict each other, in words, and the questions on which they do."""

    which: str
    questions: tuple[str, ...]


class PolicyState(Struct, frozen=True):
    """How a policy stands: what is to be said of its dates, of the law and the parts that it names, and who checked it."""

    slug: str
    title: str
    dates: str
    review: ReviewState | None
    on_dates: tuple[str, ...]
    on_sources: tuple[Finding, ...]
    clauses: int
    unconfirmed: int


class Overview(Struct, frozen=True):
    """The page as of a day. `asked` counts the questions that it rests on; `ruled` are matters that only a ruling decides.

    `noted` are the gaps noted for the next review that may be named, `unnamed` counts the others. `others` are the titles of
    policies that were not brought in.
    """

    day: date
    asked: int
    silent: tuple[Silence, ...]
    ruled: tuple[str, ...]
    differences: tuple[Difference, ...]
    policies: tuple[PolicyState, ...]
    rulings: tuple[Ruling, ...]
    others: tuple[str, ...]
    noted: tuple[str, ...]
    unnamed: int


class Overviews:
    """The overviews of the schools in a store; `now` is the time in UTC."""

    def __init__(
        self, indexes: Indexes, *, roster: Roster, trial_questions: TrialQuestions, gaps: Gaps, now: Callable[[], datetime]
    ) -> None:
        """Keep the parts."""
        self._indexes = indexes
        self._roster = roster
        self._trial_questions = trial_questions
        self._gaps = gaps
        self._now = now

    def of(self, school_id: str) -> Overview:
        """Return the overview of a school today. Raises BotError where there is no such school."""
        index, today = self._indexes.of(school_id), day_of(self._now())
        directory = self._roster.directory(index.school)
        questions = [one.question for one in self._trial_questions.of(school_id)]
        answers = [(question, told(question, index, directory, today)) for question in questions]
        rulings = tuple(Rulings(self._indexes.versions).of(school_id, today))
        in_force = [ruling.note for ruling in rulings if ruling.note.is_in_force(today)]
        ruled = [note.matter or note.question for note in in_force]
        ruled += [answer.matter for _, answer in answers if answer.rules and answer.rules[0].slug == RULINGS]
        # Of what is noted the chair reads only what several people asked about: a wording was shared with the headteacher alone.
        noted = [gap.common for gap in self._gaps.noted(school_id)]
        return Overview(
            day=today,
            asked=len(questions),
            silent=_silent(answers, frozenset(ruled)),
            ruled=tuple(dict.fromkeys(ruled)),
            differences=_differences(answers),
            policies=tuple(_state(policy, today) for policy in index.policies),
            rulings=rulings,
            others=index.others,
            noted=tuple(filter(None, noted)),
            unnamed=noted.count(None),
        )


def review_of(policy: Policy, today: date) -> ReviewState | None:
    """Return whether a policy's review is overdue or near, None where it is neither or has no date."""
    if policy.review_due is None:
        return None
    if policy.review_due.is_past(today):
        return ReviewState.OVERDUE
    return ReviewState.NEAR if policy.review_due.is_past(today + REVIEW_AHEAD) else None


def _silent(answers: Sequence[tuple[str, Told]], ruled: frozenset[str]) -> tuple[Silence, ...]:
    by_matter: dict[str, list[str]] = {}
    for question, answer in answers:
        if answer.outcome is Outcome.NOT_COVERED and answer.matter not in ruled:
            by_matter.setdefault(answer.matter, []).append(question)
    named = sorted(by_matter.items(), key=lambda found: (found[0] == OTHER_MATTERS, found[0]))
    return tuple(Silence(matter, tuple(questions)) for matter, questions in named)


def _differences(answers: Sequence[tuple[str, Told]]) -> tuple[Difference, ...]:
    found: dict[str, list[str]] = {}
    for question, answer in answers:
        if answer.conflict:
            found.setdefault(answer.conflict, []).append(question)
    return tuple(Difference(which, tuple(questions)) for which, questions in found.items())


def _state(policy: Policy, today: date) -> PolicyState:
    findings = check_policy(policy, today)
    clauses = list(policy.clauses())
    return PolicyState(
        slug=policy.slug,
        title=policy.title,
        dates=dates(policy, today),
        review=review_of(policy, today),
        on_dates=tuple(finding.sentence for finding in findings if finding.concern in _ON_DATES),
        on_sources=tuple(finding for finding in findings if finding.concern in _ON_SOURCES),
        clauses=len(clauses),
        unconfirmed=sum(not clause.confirmed for clause in clauses),
    )
