"""Rankers to be measured against; nothing else uses them."""

from collections.abc import Sequence

import numpy as np
from rank_bm25 import BM25Okapi

from retrieval.index import Index


class BareOkapi:
    """BM25Okapi over the lower-cased words of each clause, as the library's own page shows it."""

    name = "bare BM25Okapi"

    def __init__(self, index: Index) -> None:
        """Index the clauses' own text, split at white space."""
        self._okapi = BM25Okapi([clause.clause.text.lower().split() for clause in index.clauses])

    def rank(self, question: str, _context: Sequence[str]) -> list[int]:
        """Return the numbers of all clauses, best first; ties stand in the policy's order."""
        return [int(at) for at in np.argsort(-self._okapi.get_scores(question.lower().split()), kind="stable")]
