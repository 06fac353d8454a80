"""A question -> a school's clauses, best first: BM25 and trained word vectors, joined by a few learnt weights."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from retrieval.analyzer import analyze
from retrieval.asked import lacks_what_is_asked
from retrieval.fitted import FITTED, Evidence, Weights
from retrieval.index import Index, IndexedClause
from retrieval.knowledge import MatterHit
from retrieval.sides import actor_of_question, sides_of_question
from retrieval.vectors import Vector, normalized

Array = NDArray[np.float64] | NDArray[np.float32]

# How much an earlier question of the conversation weighs beside the one asked now.
CONTEXT_WEIGHT = 0.5
# A question is cut to its rarest terms: what work it may cost is bounded, however long it is.
MOST_TERMS = 64
SHOWN = 10
# Scores that differ by no more than this share of the highest are the same.
TIE = 1e-6


@dataclass(frozen=True, slots=True)
class Hit:
    """A clause and its score; the score compares clauses of one question, and is no confidence."""

    clause: IndexedClause
    score: float


@dataclass(frozen=True, slots=True)
class Signals:
    """What speaks for each clause, one number a clause: the parts of the score, before they are weighed."""

    bm25: Array  # BM25 over clause, lead-in, headings and wordings
    words: Array  # cosine of question and clause
    context: Array  # cosine of question and headings, lead-in and clause
    side: Array  # whether it names whom the question turns on: 1 yes, 0 only others, a half nobody
    actor: Array  # whether it binds the one whose doing is asked about: 1 yes, 0 only others, a half where that is not plain
    wordings: Array  # mean cosine of question and the clause's three likest wordings; 0 without wordings

    def weighed(self, weights: Weights) -> Array:
        """Return the clauses' scores, by the learnt weights: none is negative, so more of a signal never lowers a clause."""
        total: Array = (
            weights.bm25 * self.bm25
            + weights.words * self.words
            + weights.context * self.context
            + weights.wordings * self.wordings
            + weights.side * self.side
            + weights.actor * self.actor
        )
        return total


@dataclass(frozen=True, slots=True)
class Ranking:
    """The best clauses for a question, best first.

    `evidence` is what the decision weighs; `matter` names what the question was read as, None where nothing is near.
    """

    hits: tuple[Hit, ...]
    evidence: Evidence | None = None
    matter: str | None = None


NOTHING = Ranking(())


def rank(question: str, context: Sequence[str], index: Index) -> Ranking:
    """Return the ten best clauses of `index` for a question; ties stand in the policy's order.

    `context` are earlier questions, oldest first; the last helps to read a question that points back.
    """
    if not index.clauses:
        return NOTHING
    signals = read_signals(question, context, index)
    scores = np.where(index.has_wordings, signals.weighed(FITTED.weights), signals.weighed(FITTED.weights_unknown))
    return weigh(signals, scores, question, context, index)


def read_signals(question: str, context: Sequence[str], index: Index) -> Signals:
    """Return what speaks for each clause of a school that has any."""
    terms = _weighted_terms(question, context, index)
    now, _ = index.scores([term for term, weight in terms.items() if weight == 1.0])
    before, _ = index.scores([term for term, weight in terms.items() if weight != 1.0])
    words, in_context, wordings = index.likenesses(_vector(question, context, index))
    sides = sides_of_question(question) or sides_of_question(" ".join(context[-1:]))
    return Signals(
        bm25=now + CONTEXT_WEIGHT * before,
        words=words,
        context=in_context,
        side=index.agreement_on_side(sides),
        actor=index.binding_on(actor_of_question(question)),
        wordings=wordings,
    )


def weigh(signals: Signals, scores: Array, question: str, context: Sequence[str], index: Index) -> Ranking:
    """Return the ranking by the scores, with what speaks for and against its first clause."""
    vector = _vector(question, context, index)
    terms = _weighted_terms(question, context, index)
    if not terms and not vector.any():
        return NOTHING
    order = _best_first(scores)[:SHOWN]
    hits = tuple(Hit(index.clauses[at], float(scores[at])) for at in order)
    matter = index.knowledge.matters.likeliest(vector, 1)[0]
    return Ranking(hits, _evidence(question, hits, int(order[0]), signals, terms, matter, index), matter.name)


def _best_first(scores: Array) -> NDArray[np.intp]:
    """Return the numbers of the clauses by falling score, ties in the policy's order.

    The last digits of a matrix product depend on the row, even where two rows are the same: nearly the same score is a tie.
    """
    order = np.argsort(-scores, kind="stable")
    ties = np.append(0, np.cumsum(-np.diff(scores[order]) > TIE * np.abs(scores).max()))
    best: NDArray[np.intp] = order[np.lexsort((order, ties))]
    return best


def _evidence(  # noqa: PLR0917  the parts of one sum
    question: str, hits: Sequence[Hit], first: int, signals: Signals, terms: dict[str, float], matter: MatterHit, index: Index
) -> Evidence:
    possible = sum(weight * (index.best_weight(term) or index.highest_weight) for term, weight in terms.items())
    unknown = sum(weight for term, weight in terms.items() if index.best_weight(term) == 0)
    wordings = float(signals.wordings[first])
    return Evidence(
        score=hits[0].score,
        margin=hits[0].score - hits[min(1, len(hits) - 1)].score,
        lead=hits[0].score - hits[min(3, len(hits) - 1)].score,
        wordings=wordings,
        words=float(signals.words[first]),
        coverage=float(signals.bm25[first] / possible) if possible else 0.0,
        unknown=unknown / max(1.0, sum(terms.values())),
        matter=matter.likeness,
        elsewhere=matter.likeness - wordings,
        agreement=index.knowledge.matters.agreement(matter.number, index.words_vector(first)),
        terms=float(len(terms)),
        lacking=float(lacks_what_is_asked(question, hits[0].clause.clause.words)),
        known=bool(index.has_wordings[first]),
    )


def _weighted_terms(question: str, context: Sequence[str], index: Index) -> dict[str, float]:
    """Return the terms to look for: the question's, and those of the question before it at less weight; the rarest of many."""
    weighted = dict.fromkeys(analyze(question), 1.0)
    for earlier in context[-1:]:
        for term in analyze(earlier):
            weighted.setdefault(term, CONTEXT_WEIGHT)
    if len(weighted) <= MOST_TERMS:
        return weighted
    kept = sorted(weighted, key=lambda term: (-weighted[term], -index.best_weight(term)))[:MOST_TERMS]
    return {term: weighted[term] for term in kept}


def _vector(question: str, context: Sequence[str], index: Index) -> Vector:
    """Return the question's vector, bent towards that of the question before it."""
    encoded = index.knowledge.vectors.encode([question, *context[-1:]])
    bent: Vector = normalized(encoded[:1] + CONTEXT_WEIGHT * encoded[1:])[0] if len(encoded) > 1 else encoded[0]
    return bent
