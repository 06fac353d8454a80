"""The decision: answer from a clause, offer two or three, or say that nothing settles the question."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from corpus.clause import STRICTNESS, Stance
from retrieval.analyzer import analyze
from retrieval.index import Index
from retrieval.intent import Danger, read_intent
from retrieval.ranking import Hit, Ranking, rank

# Chosen in cross-validation on the development questions: a wrong answer costs more than a refusal.
ANSWER_FROM = 0.40
# Below it nothing is shown; between the two the nearest clauses are offered and none is asserted.
OFFER_FROM = 0.12
# A second clause this near to the first, as a share of its score, is as likely.
NEAR_TIE = 0.97
MOST_OFFERED = 3


class Outcome(StrEnum):
    """What became of a question."""

    ANSWERED = "answered"
    CHOOSE = "choose"
    NOT_COVERED = "not_covered"
    URGENT = "urgent"
    SMALLTALK = "smalltalk"
    NEEDS_SCHOOL = "needs_school"


@dataclass(frozen=True, slots=True)
class Decision:
    """What to reply with. `governing` is the clause asserted, None where none is; `offered` are those to choose from.

    `stance` is what the governing clause makes of what was asked. `confidence` is between 0 and 1.
    """

    outcome: Outcome
    ranking: Ranking
    governing: Hit | None = None
    stance: Stance | None = None
    supporting: tuple[Hit, ...] = ()
    offered: tuple[Hit, ...] = ()
    danger: Danger | None = None
    confidence: float = 0.0


def decide(question: str, context: Sequence[str], index: Index) -> Decision:
    """Return the decision on a question, read after the earlier questions in `context`, from a school's index."""
    intent = read_intent(question)
    if intent.smalltalk and not context:
        return Decision(Outcome.SMALLTALK, Ranking((), 0.0), confidence=1.0)
    ranking = rank(question, context, index)
    if intent.smalltalk and not analyze(question):
        return Decision(Outcome.SMALLTALK, Ranking((), 0.0), confidence=1.0)
    danger = intent.danger or next((found.danger for found in map(read_intent, context[-1:]) if found.danger), None)
    if danger:
        return _urgent(question, ranking, danger)
    if not ranking.hits or ranking.coverage < OFFER_FROM:
        return Decision(Outcome.NOT_COVERED, ranking, confidence=1 - ranking.coverage)
    if ranking.coverage < ANSWER_FROM or _is_near_tie(ranking):
        return Decision(Outcome.CHOOSE, ranking, offered=ranking.hits[:MOST_OFFERED], confidence=ranking.coverage)
    governing = ranking.hits[0]
    return Decision(
        Outcome.ANSWERED,
        ranking,
        governing,
        stance_for(question, governing),
        supporting=_supporting(ranking),
        confidence=ranking.coverage,
    )


def stance_for(question: str, hit: Hit) -> Stance:
    """Return what a clause makes of the thing asked.

    Its second stance holds only where the question has the words of the condition; in doubt the stricter stands.
    """
    clause = hit.clause.clause
    if clause.second is None:
        return clause.stance
    asked = set(analyze(question))
    condition = set(analyze(clause.second.when))
    rest = set(analyze(clause.words)) - condition
    meets = len(asked & condition) > len(asked & rest)
    both = (clause.stance, clause.second.stance)
    if meets:
        return clause.second.stance
    if all(stance in STRICTNESS for stance in both):
        return min(both, key=STRICTNESS.index)
    return clause.stance


def _urgent(question: str, ranking: Ranking, danger: Danger) -> Decision:
    governing = ranking.hits[0] if ranking.hits and ranking.coverage >= ANSWER_FROM else None
    stance = stance_for(question, governing) if governing else None
    return Decision(Outcome.URGENT, ranking, governing, stance, danger=danger, confidence=1.0)


def _is_near_tie(ranking: Ranking) -> bool:
    """Tell whether two clauses are as likely and say different things."""
    if len(ranking.hits) < 2 or ranking.hits[0].score <= 0:
        return False
    first, second = ranking.hits[0], ranking.hits[1]
    return second.score >= NEAR_TIE * first.score and first.clause.clause.stance is not second.clause.clause.stance


def _supporting(ranking: Ranking) -> tuple[Hit, ...]:
    """Return the clauses to show beside the governing one: close to it, and under the same policy."""
    first = ranking.hits[0]
    return tuple(hit for hit in ranking.hits[1:3] if hit.score >= 0.8 * first.score)
