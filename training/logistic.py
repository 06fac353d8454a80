"""Logistic regression on a few features, as the decision and the links are learnt."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from retrieval.fitted import Confidence

NEWTON_STEPS = 30
Array = NDArray[np.float64]


def logistic(features: Array, wanted: Array) -> tuple[float, Array]:
    """Return the constant and the coefficients of a logistic regression with a light ridge, on the features as they are.

    Newton's method (iteratively reweighted least squares), on standardized features.
    """
    middle, spread = features.mean(axis=0), features.std(axis=0) + 1e-6
    standard = np.column_stack([np.ones(len(features)), (features - middle) / spread])
    ridge = np.diag([0.0, *np.ones(features.shape[1])])
    found = np.zeros(standard.shape[1])
    for _ in range(NEWTON_STEPS):
        chances = sigmoid(standard @ found)
        slope = standard.T @ (chances - wanted) + ridge @ found
        bend = (standard * (chances * (1 - chances))[:, None]).T @ standard + ridge
        found -= np.linalg.solve(bend, slope)
    plain = found[1:] / spread
    return float(found[0] - plain @ middle), plain


def signed_logistic(features: Array, wanted: Array, signs: Sequence[int]) -> tuple[float, Array]:
    """Return a logistic regression whose coefficients have the signs asked for: 1, -1, or 0 where either will do.

    What speaks for a thing never counts against it because few examples happened so: features that come out with the wrong sign
    are left out, and the others are fitted anew.
    """
    wished = np.array(signs)
    kept = np.ones(features.shape[1], dtype=bool)
    while True:
        constant, found = logistic(features[:, kept], wanted)
        coefficients = np.zeros(features.shape[1])
        coefficients[kept] = found
        wrong = coefficients * wished * features.std(axis=0)
        if wrong.min() >= 0:
            return constant, coefficients
        # One at a time: of two that say much the same, one alone may well have the right sign.
        kept[np.argmin(wrong)] = False


def as_confidence(constant: float, coefficients: Array, names: Sequence[str]) -> Confidence:
    """Return the model as it is kept."""
    return Confidence(round(constant, 4), dict(zip(names, map(float, coefficients.round(4)), strict=True)))


def sigmoid(value: Array) -> Array:
    """Return the logistic function of numbers, 0 to 1."""
    result: Array = 1 / (1 + np.exp(-np.clip(value, -30, 30)))
    return result
