"""The decision: answer from a clause, offer two or three, or say that nothing settles the question."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from corpus.clause import Stance
from retrieval.fitted import FITTED
from retrieval.index import Index
from retrieval.intent import Danger, read_intent
from retrieval.ranking import NOTHING, Hit, Ranking, rank
from retrieval.stance import stance_for

MOST_OFFERED = 3
# A clause this near to the first, as a share of its score, is shown beside it.
NEAR = 0.85


# Stances that a reader may take as leave to do the thing.
PERMITTING = frozenset({Stance.ALLOWED, Stance.CONDITIONAL, Stance.RECOMMENDED})


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
    if intent.smalltalk:
        return Decision(Outcome.SMALLTALK, NOTHING, confidence=1.0)
    ranking = rank(question, context, index)
    danger = intent.danger or next((found.danger for found in map(read_intent, context[-1:]) if found.danger), None)
    confidence = FITTED.confidence(ranking.evidence) if ranking.evidence else 0.0
    asserted = _assert(question, ranking, index)
    governing, stance = asserted or (None, None)
    if danger:
        return Decision(Outcome.URGENT, ranking, governing, stance, danger=danger, confidence=confidence)
    if asserted:
        return Decision(Outcome.ANSWERED, ranking, governing, stance, supporting=_supporting(ranking), confidence=confidence)
    if confidence < FITTED.thresholds.offer:
        return Decision(Outcome.NOT_COVERED, ranking, confidence=confidence)
    return Decision(Outcome.CHOOSE, ranking, offered=ranking.hits[:MOST_OFFERED], confidence=confidence)


def _assert(question: str, ranking: Ranking, index: Index) -> tuple[Hit, Stance] | None:
    """Return the first clause and what it makes of the question, where the evidence is enough for that; else None."""
    if ranking.evidence is None:
        return None
    first = ranking.hits[0]
    stance = stance_for(question, first.clause.clause, index.knowledge.vectors)
    return (first, stance) if FITTED.answers(ranking.evidence, permits=stance in PERMITTING) else None


def _supporting(ranking: Ranking) -> tuple[Hit, ...]:
    """Return the clauses to show beside the governing one: close to it, and under the same policy."""
    first = ranking.hits[0]
    return tuple(hit for hit in ranking.hits[1:3] if hit.score >= NEAR * first.score)
