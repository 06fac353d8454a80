"""What the trainers of the linear models share: texts as rows of features, a logistic regression, and its weights made small."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import scipy.sparse
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from retrieval.features import BUCKETS, features_of
from retrieval.vectors import DIMENSIONS, WordVectors

Array = NDArray[Any]


def rows_of(texts: Sequence[str], vectors: WordVectors) -> scipy.sparse.csr_matrix:
    """Return a row a text: its features, then its vector."""
    found = [features_of(text) for text in texts]
    starts = np.cumsum([0, *(len(one.numbers) for one in found)])
    numbers = np.concatenate([one.numbers for one in found])
    values = np.concatenate([one.values for one in found])
    features = scipy.sparse.csr_matrix((values, numbers, starts), shape=(len(texts), BUCKETS))
    return scipy.sparse.hstack([features, scipy.sparse.csr_matrix(vectors.encode(texts))]).tocsr()


def regress(
    rows: scipy.sparse.csr_matrix, labels: Array, strength: float, importance: Array | None = None
) -> tuple[Array, Array]:
    """Return the weights, a row a class and a column a feature, and the constants of a logistic regression.

    `strength` is scikit-learn's C; of two classes only the second has a row. `importance` weighs the rows.
    """
    used = np.unique(rows.indices)
    model = LogisticRegression(C=strength, max_iter=300)
    model.fit(rows[:, used], labels, sample_weight=importance)
    weights = np.zeros((len(model.coef_), rows.shape[1]), dtype=np.float32)
    weights[:, used] = model.coef_
    return weights, model.intercept_


def prune(weights: Array, share: float) -> dict[str, Array]:
    """Return the weights of features above `share` of the largest of their class, as `to_arrays` takes them."""
    of_features = weights[:, :BUCKETS]
    classes, features = np.nonzero(np.abs(of_features) >= share * np.abs(of_features).max(axis=1, keepdims=True))
    return {"classes": classes, "features": features, "weights": of_features[classes, features]}


def of_vector(weights: Array) -> Array:
    """Return the weights of the vector's numbers, a row a class."""
    return weights[:, BUCKETS : BUCKETS + DIMENSIONS]
