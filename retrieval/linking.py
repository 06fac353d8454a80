"""Links: which matters a clause rules on, and how surely; worked out for every clause that nobody has read for it.

What speaks for a link is how like the clause is, by the word vectors, to how staff ask about the matter. The weights are learnt
from the reviewed links of the shipped policies (`make fit`); docs/ranking.md says how the two compare.
"""

from collections.abc import Sequence
from functools import cache

import numpy as np
from numpy.typing import NDArray

from retrieval.fitted import FITTED, LINK_FEATURES
from retrieval.sides import Side

Array = NDArray[np.float32]
# What a reviewed link counts for: a clause that governs a matter, and one that settles some of what is asked about it.
GOVERNS, PARTLY = 1.0, 0.5


def link_confidence(features: Array) -> Array:
    """Return how likely each clause rules on each matter, 0 to 1, from what `link_features` returned."""
    weights = FITTED.links
    total = np.full(features.shape[1:], weights.constant, dtype=np.float32)
    for name, of_feature in zip(LINK_FEATURES, features, strict=True):
        total += np.float32(weights.coefficients[name]) * of_feature
    return np.asarray(1 / (1 + np.exp(-total)), dtype=np.float32)


def link_features(asked: Array, side: Array) -> Array:
    """Return what speaks for each link, in the order of LINK_FEATURES: features x clauses x matters.

    `asked` is how like the words of a clause are to how staff ask about a matter, `side` whether they name the same people; both
    clauses x matters.
    """
    # A clause belongs to the matter likest it.
    return np.stack([asked, side, asked - asked.max(axis=1, keepdims=True)])


def agreement_on_sides(one: Array, other: Array) -> Array:
    """Return, for each pair, 1 where both name the same side, 0 where only different ones, a half where one names none.

    Both are rows as `rows_of_sides` returns them.
    """
    silent = (one.sum(axis=1) == 0)[:, None] | (other.sum(axis=1) == 0)[None, :]
    # As whole numbers: for rows so short BLAS may take in what stands beside them, and warn of what it finds there.
    shared = one.astype(np.int8) @ other.T.astype(np.int8) > 0
    return np.where(shared, np.float32(1), np.where(silent, np.float32(0.5), np.float32(0)))


def rows_of_sides(named: Sequence[frozenset[Side]]) -> Array:
    """Return a row for each, with 1 for every side that is named and 0 for the others."""
    return np.array([_row(sides) for sides in named], dtype=np.float32).reshape(len(named), len(Side))


@cache
def _row(sides: frozenset[Side]) -> tuple[bool, ...]:
    return tuple(side in sides for side in Side)
