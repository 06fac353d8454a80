"""A small network over a text's features and its vector: one hidden layer, beside weights that lead straight to the result."""

import math
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from retrieval.arrays import read_shipped
from retrieval.features import Features
from retrieval.vectors import Vector

_PARTS = {"table", "scale", "of_vector", "hidden", "out"}


class Network:
    """Tells how likely a text is of one kind. A few thousand sums and products a text; no library for networks is needed."""

    def __init__(self, file: Path) -> None:
        """Read a network that `to_arrays` made; raises RetrievalError where the file is missing or damaged."""
        stored = read_shipped(file, "The network", _PARTS)
        self._table: NDArray[np.int8] = stored["table"]
        self._scale: NDArray[np.float32] = stored["scale"].astype(np.float32)
        self._of_vector: NDArray[np.float32] = stored["of_vector"].astype(np.float32)
        self._hidden: NDArray[np.float32] = stored["hidden"]
        self._out: NDArray[np.float32] = stored["out"]

    def chance(self, features: Features, vector: Vector) -> float:
        """Return how likely a text is of the kind, 0 to 1, by its features and its vector."""
        rows = self._table[features.numbers] * (self._scale[features.numbers] * features.values)[:, None]
        # The first column leads straight to the result, the others to the hidden layer.
        straight, *to_hidden = rows.sum(axis=0)
        hidden = np.maximum(0, np.asarray(to_hidden) + self._of_vector @ vector + self._hidden)
        total = float(straight + self._out[1:] @ hidden + self._out[0])
        return 1 / (1 + math.exp(-max(-30.0, min(30.0, total))))


def to_arrays(
    straight: NDArray[Any], table: NDArray[Any], of_vector: NDArray[Any], hidden: NDArray[Any], out: NDArray[Any]
) -> dict[str, NDArray[Any]]:
    """Return the arrays of a network's file.

    `straight` is a weight a feature, `table` a row a feature and a column a hidden unit, `of_vector` a row a hidden unit,
    `hidden` its constant; `out` the result's constant, then a weight a hidden unit.
    """
    rows = np.concatenate([straight[:, None], table], axis=1)
    scale = np.maximum(np.abs(rows).max(axis=1) / 127, 1e-9)
    return {
        "table": np.round(rows / scale[:, None]).astype(np.int8),
        "scale": scale.astype(np.float16),
        "of_vector": of_vector.astype(np.float16),
        "hidden": hidden.astype(np.float32),
        "out": out.astype(np.float32),
    }
