"""A question -> a school's clauses, best first: BM25 and trained word vectors, joined by a few learnt weights."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from msgspec import structs
from numpy.typing import NDArray

from retrieval.asked import lacks_what_is_asked
from retrieval.fitted import FITTED, Evidence, Weights
from retrieval.index import Index, IndexedClause
from retrieval.knowledge import MatterHit
from retrieval.reading import CONTEXT_WEIGHT, Reading

Array = NDArray[np.float64] | NDArray[np.float32]

SHOWN = 10
FEW = 64
# A clause's score may be less than the best by this share and still be nearly as good.
NEARLY_AS_GOOD = 0.93
# Of so many clauses, the nearest by their vectors, the words are compared one by one.
ALIGNED = 48
# The clauses that so many of the nearest matters are linked to are found by them.
MATTERS = 5
# Scores that differ by no more than this share of the highest are the same.
TIE = 1e-6


@dataclass(frozen=True, slots=True)
class Hit:
    """A clause and its score; the score compares clauses of one question, and is no confidence.

    `second_case` is by how much the clause's second case is likelier meant than its main one; minus infinity where none is known.
    """

    clause: IndexedClause
    score: float
    second_case: float = -math.inf


@dataclass(frozen=True, slots=True)
class Signals:
    """What speaks for each clause, one number a clause: the parts of the score, before they are weighed."""

    bm25: Array  # BM25 over clause, lead-in, headings and wordings
    words: Array  # cosine of question and clause
    context: Array  # cosine of question and headings, lead-in and clause
    side: Array  # whether it names whom the question turns on: 1 yes, 0 only others, a half nobody
    actor: Array  # whether it binds the one whose doing is asked about: 1 yes, 0 only others, a half where that is not plain
    chance: Array  # what the linear model over wordings makes of it, 0 to 1; 0 without wordings
    alignment: Array  # how well the question's words find their like in it, where it has no wordings and is near; else 0
    links: Array  # how surely it rules on the matters nearest the question, by how near they are
    second: Array  # by how much the clause's second case is likelier meant than its main one; no part of the score
    covered: float = 0.0  # the log odds that the school's policies rule on it at all; no part of the score

    def weighed(self, weights: Weights) -> Array:
        """Return the clauses' scores, by the learnt weights: none is negative, so more of a signal never lowers a clause."""
        total: Array = (
            weights.bm25 * self.bm25
            + weights.chance * self.chance
            + weights.words * self.words
            + weights.context * self.context
            + weights.side * self.side
            + weights.alignment * self.alignment
            + weights.links * self.links
        )
        return total


@dataclass(frozen=True, slots=True)
class Ranking:
    """The best clauses for a question, best first, rulings among them.

    `evidence` is what the decision weighs; `matter` is what the question was read as.
    """

    hits: tuple[Hit, ...]
    evidence: Evidence | None = None
    matter: MatterHit | None = None

    @property
    def of_policies(self) -> "Ranking":
        """The ranking without the rulings."""
        return replace(self, hits=tuple(hit for hit in self.hits if hit.clause.clause.ruling is None))

    def evidence_without(self, fellows: Sequence[Hit]) -> Evidence | None:
        """Return what speaks for the first clause if the hits in `fellows` were not there; None where nothing is ranked."""
        if self.evidence is None or not fellows:
            return self.evidence
        margin, lead = _leads([hit for hit in self.hits if hit not in fellows])
        return structs.replace(self.evidence, margin=margin, lead=lead)


NOTHING = Ranking(())


def rank(reading: Reading, index: Index) -> Ranking:
    """Return the ten best clauses of `index` for a question that was read; ties stand in the policy's order.

    Clauses that the question names by their labels come before all others.
    """
    if not index.clauses or not reading.says_anything:
        return NOTHING
    signals = read_signals(reading, index)
    scores = np.where(index.has_wordings, signals.weighed(FITTED.weights), signals.weighed(FITTED.weights_unknown))
    _put_first_whom_it_names(scores, signals.side)
    scores[list(reading.named)] += 1 + scores.max() - scores.min()
    return weigh(signals, scores, reading, index)


def _put_first_whom_it_names(scores: Array, side: Array) -> None:
    """Raise the best clause that names whom the question turns on above a best one that names only others, if nearly as good.

    A rule on pupils does not govern what one may do with parents, however alike the words of the two are.
    """
    best = int(np.argmax(scores))
    if side[best] > 0:
        return
    near = np.flatnonzero((side == 1) & (scores >= NEARLY_AS_GOOD * scores[best]))
    if len(near):
        raised = near[np.argmax(scores[near])]
        scores[raised], scores[best] = scores[best], scores[raised]


def read_signals(reading: Reading, index: Index) -> Signals:
    """Return what speaks for each clause of a school that has any."""
    words, in_context = index.likenesses(reading.vector)
    chances = index.chances(reading.features, reading.vectors, (1.0, CONTEXT_WEIGHT)[: len(reading.features)])
    return Signals(
        bm25=index.scores(reading.terms),
        words=words,
        context=in_context,
        side=index.agreement_on_side(reading.sides),
        actor=index.binding_on(reading.actor),
        chance=chances.clause,
        alignment=_alignment(reading, words + in_context, index),
        links=_links(reading, index),
        second=chances.second,
        covered=chances.covered,
    )


def _links(reading: Reading, index: Index) -> Array:
    """Return how surely each clause rules on one of the matters nearest the question, times how like that is."""
    of_matters = [max(0.0, hit.likeness) * np.sqrt(index.links(hit.number)) for hit in reading.matters[:MATTERS]]
    strongest: Array = np.max(of_matters, axis=0)
    return strongest


def _alignment(reading: Reading, nearness: Array, index: Index) -> Array:
    """Return how well the question's words find their like in the nearest clauses that have no wordings; 0 for all others."""
    aligned = np.zeros(len(index.clauses))
    unknown = np.flatnonzero(~index.has_wordings)
    if len(unknown) > ALIGNED:
        unknown = unknown[np.argpartition(-nearness[unknown], ALIGNED)[:ALIGNED]]
    aligned[unknown] = index.alignment(reading.meant[0], unknown.tolist())
    return aligned


def weigh(signals: Signals, scores: Array, reading: Reading, index: Index) -> Ranking:
    """Return the ranking by the scores, with what speaks for and against its first clause."""
    order = _best_first(scores)[:SHOWN]
    hits = tuple(Hit(index.clauses[at], float(scores[at]), float(signals.second[at])) for at in order)
    return Ranking(hits, _evidence(hits, int(order[0]), signals, reading, index), reading.matter)


def _best_first(scores: Array) -> NDArray[np.intp]:
    """Return the numbers of the clauses by falling score, ties in the policy's order.

    The last digits of a matrix product depend on the row, even where two rows are the same: nearly the same score is a tie.
    """
    # Whole ties at the end of these would come in any order, but far fewer are shown.
    few = np.sort(np.argpartition(-scores, FEW)[:FEW]) if len(scores) > FEW else np.arange(len(scores))
    order = few[np.argsort(-scores[few], kind="stable")]
    ties = np.append(0, np.cumsum(-np.diff(scores[order]) > TIE * np.abs(scores).max()))
    best: NDArray[np.intp] = order[np.lexsort((order, ties))]
    return best


def _leads(hits: Sequence[Hit]) -> tuple[float, float]:
    """Return how far the first clause is ahead of the second and of the fourth, or of the last where there are fewer."""
    return hits[0].score - hits[min(1, len(hits) - 1)].score, hits[0].score - hits[min(3, len(hits) - 1)].score


def _evidence(hits: Sequence[Hit], first: int, signals: Signals, reading: Reading, index: Index) -> Evidence:
    terms, matter = reading.terms, reading.matter
    links = index.links(matter.number)
    possible = sum(weight * (index.best_weight(term) or index.highest_weight) for term, weight in terms.items())
    unknown = sum(weight for term, weight in terms.items() if index.best_weight(term) == 0)
    wordings = index.likeness_of_wordings(first, reading.vector)
    margin, lead = _leads(hits)
    return Evidence(
        score=hits[0].score,
        margin=margin,
        lead=lead,
        wordings=wordings,
        words=float(signals.words[first]),
        coverage=float(signals.bm25[first] / possible) if possible else 0.0,
        unknown=unknown / max(1.0, sum(terms.values())),
        matter=matter.likeness,
        elsewhere=matter.likeness - wordings if wordings else 0.0,
        agreement=index.knowledge.matters.agreement(matter.number, index.words_vector(first)),
        terms=float(len(terms)),
        lacking=float(lacks_what_is_asked(reading.meant[0], hits[0].clause.clause.words)),
        chance=float(signals.chance[first]),
        alignment=float(signals.alignment[first]),
        covered=signals.covered,
        side=float(signals.side[first]),
        actor=float(signals.actor[first]),
        linked=float(links[first]),
        ruled=float(links.max()),
        known=bool(index.has_wordings[first]),
    )
