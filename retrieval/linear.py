"""Linear models over a text's features and its vector, read from a file: one column of scores for each of their classes."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from retrieval.arrays import read_shipped
from retrieval.features import BUCKETS, Features
from retrieval.vectors import Vector

_PARTS = {"classes", "starts", "columns", "weights", "scale", "of_vector", "constant"}


class LinearModel:
    """For each class a weight for every feature, a weight for each number of the vector, and a constant.

    Most weights of features are zero and are not kept; the others are small integers with one scale a class.
    """

    def __init__(self, file: Path) -> None:
        """Read a model that `to_arrays` made; raises RetrievalError where the file is missing or damaged."""
        stored = read_shipped(file, "The model", _PARTS)
        self.classes: list[str] = bytes(stored["classes"]).decode().split("\n")
        self._starts: NDArray[np.int32] = stored["starts"]
        self._columns: NDArray[np.uint16] = stored["columns"]
        self._weights: NDArray[np.int8] = stored["weights"]
        self._scale: NDArray[np.float32] = stored["scale"]
        self._of_vector: NDArray[np.float32] = stored["of_vector"].astype(np.float32)
        self._constant: NDArray[np.float32] = stored["constant"]

    def scores(self, features: Features, vector: Vector) -> NDArray[np.float64]:
        """Return the score of each class for a text, by its features and its vector."""
        starts = self._starts[features.numbers]
        counts = self._starts[features.numbers + 1] - starts
        # The places of all weights of all features, one run after the other.
        ends = np.cumsum(counts)
        places = np.arange(ends[-1] if len(ends) else 0) + np.repeat(starts - ends + counts, counts)
        values = self._weights[places] * np.repeat(features.values, counts)
        summed = np.bincount(self._columns[places], weights=values, minlength=len(self.classes))
        scores: NDArray[np.float64] = summed * self._scale + self._of_vector @ vector + self._constant
        return scores


def to_arrays(
    classes: list[str], of_features: Mapping[str, NDArray[Any]], of_vector: NDArray[Any], constant: NDArray[Any]
) -> dict[str, NDArray[Any]]:
    """Return the arrays of a model's file.

    `of_features` holds the weights that are kept as `features` (their numbers), `classes` (theirs) and `weights`; `of_vector` is
    a row a class.
    """
    order = np.lexsort((of_features["classes"], of_features["features"]))
    numbers, columns, weights = (of_features[name][order] for name in ("features", "classes", "weights"))
    scale = np.full(len(classes), 1e-9)
    np.maximum.at(scale, columns, np.abs(weights) / 127)
    return {
        "classes": np.frombuffer("\n".join(classes).encode(), dtype=np.uint8),
        "starts": np.searchsorted(numbers, np.arange(BUCKETS + 1)).astype(np.int32),
        "columns": columns.astype(np.uint16),
        "weights": np.round(weights / scale[columns]).astype(np.int8),
        "scale": scale.astype(np.float32),
        "of_vector": of_vector.astype(np.float16),
        "constant": constant.astype(np.float32),
    }
