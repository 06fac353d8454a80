"""A question's terms -> the clauses that share one, best first."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from retrieval.analyzer import analyze
from retrieval.index import Index, IndexedClause

# How much an earlier question of the conversation weighs beside the one asked now.
CONTEXT_WEIGHT = 0.5
# A question is cut to its rarest terms: what work it may cost is bounded, however long it is.
MOST_TERMS = 64
SHOWN = 10


@dataclass(frozen=True, slots=True)
class Hit:
    """A clause and its score; the score compares clauses of one question, and is no confidence."""

    clause: IndexedClause
    score: float


@dataclass(frozen=True, slots=True)
class Ranking:
    """The best clauses for a question, best first, and how much of the question the first of them covers, 0 to 1."""

    hits: tuple[Hit, ...]
    coverage: float


def rank(question: str, context: Sequence[str], index: Index) -> Ranking:
    """Return the ten best clauses of `index` that share a term with the question; ties stand in the policy's order.

    `context` are earlier questions of the conversation, oldest first; the last of them helps to read a question that points back.
    """
    weighted = dict.fromkeys(analyze(question), 1.0)
    for earlier in context[-1:]:
        for term in analyze(earlier):
            weighted.setdefault(term, CONTEXT_WEIGHT)
    terms = sorted(weighted, key=lambda term: (-weighted[term], -index.best_weight(term)))[:MOST_TERMS]
    now = [term for term in terms if weighted[term] == 1.0]
    before = [term for term in terms if weighted[term] != 1.0]
    scores, matched = index.scores(now)
    if before:
        earlier_scores, earlier_matched = index.scores(before)
        scores = scores + CONTEXT_WEIGHT * earlier_scores
        matched = matched | earlier_matched
    if not matched.any():
        return Ranking((), 0.0)
    order = np.argsort(-np.where(matched, scores, -np.inf), kind="stable")[: min(SHOWN, int(matched.sum()))]
    hits = tuple(Hit(index.clauses[at], float(scores[at])) for at in order)
    # What a clause would score that held every term of the question as well as any clause does; a term that no clause
    # holds counts as the rarest.
    possible = sum(weighted[term] * (index.best_weight(term) or index.highest_weight) for term in terms)
    coverage = max(0.0, min(1.0, hits[0].score / possible)) if possible > 0 else 0.0
    return Ranking(hits, coverage)
