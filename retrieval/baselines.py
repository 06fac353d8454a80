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
        # rank_bm25 divides by the number of clauses.
        self._okapi = BM25Okapi([one.clause.text.lower().split() for one in index.clauses]) if index.clauses else None

    def rank(self, question: str, _context: Sequence[str]) -> list[int]:
        """Return the numbers of all clauses, best first; ties stand in the policy's order."""
        if self._okapi is None:
            return []
        return [int(at) for at in np.argsort(-self._okapi.get_scores(question.lower().split()), kind="stable")]
