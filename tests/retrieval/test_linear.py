"""The linear model and the small network: from known weights they give what is worked out by hand, but for rounding."""

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from retrieval import linear, network
from retrieval.arrays import Arrays, write_arrays
from retrieval.errors import RetrievalError
from retrieval.features import BUCKETS, Features, features_of
from retrieval.linear import LinearModel
from retrieval.network import Network

NONE = Features(np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.float32))
WEIGHTS = st.floats(-3, 3, width=32)
# Each weight is rounded to one of 255 steps between the least and the greatest.
STEP = 3 / 127
Load = Callable[[Arrays], Any]


def features(values: dict[int, float]) -> Features:
    return Features(np.array(list(values), dtype=np.int64), np.array(list(values.values()), dtype=np.float32))


# The weights of (feature, class) as `to_arrays` takes them.
def weights(of_features: dict[tuple[int, int], float]) -> dict[str, NDArray[Any]]:
    return {
        "features": np.array([number for number, _ in of_features], dtype=np.int64),
        "classes": np.array([column for _, column in of_features], dtype=np.int64),
        "weights": np.array(list(of_features.values()), dtype=np.float64),
    }


@pytest.fixture(scope="module")
def linear_of(tmp_path_factory: pytest.TempPathFactory) -> Load:
    file = tmp_path_factory.mktemp("linear") / "model.msgpack"

    def load(arrays: Arrays) -> LinearModel:
        write_arrays(file, arrays)
        return LinearModel(file)

    return load


@pytest.fixture(scope="module")
def network_of(tmp_path_factory: pytest.TempPathFactory) -> Load:
    file = tmp_path_factory.mktemp("network") / "network.msgpack"

    def load(arrays: Arrays) -> Network:
        write_arrays(file, arrays)
        return Network(file)

    return load


SMALL = linear.to_arrays(
    ["photos", "friends"],
    weights({(5, 0): 1.27, (9, 0): -0.5, (5, 1): 2.54, (70, 1): 1.0}),
    np.array([[1.0, 0.0, 2.0], [0.0, -1.0, 0.0]]),
    np.array([0.25, -0.5]),
)


@pytest.mark.parametrize(
    ("values", "vector", "expected"),
    [
        ({}, [0, 0, 0], [0.25, -0.5]),
        ({}, [1, 2, 3], [0.25 + 1 + 6, -0.5 - 2]),
        ({5: 1}, [0, 0, 0], [0.25 + 1.27, -0.5 + 2.54]),
        ({5: 0.5}, [0, 0, 0], [0.25 + 0.635, -0.5 + 1.27]),
        ({9: 1}, [0, 0, 0], [0.25 - 0.5, -0.5]),
        ({5: 1, 9: 2, 70: 3}, [0, 1, 0], [0.25 + 1.27 - 1, -0.5 + 2.54 + 3 - 1]),
        ({70: 1, 5: 1}, [0, 0, 0], [0.25 + 1.27, -0.5 + 2.54 + 1]),
        ({1: 1, 0: 1, BUCKETS - 1: 1}, [0, 0, 0], [0.25, -0.5]),
    ],
    ids=["nothing", "a vector", "a feature", "half of it", "one class only", "several", "in another order", "unknown ones"],
)
def test_scores_of_a_linear_model_are_those_worked_out_by_hand(
    linear_of: Load, values: dict[int, float], vector: list[float], expected: list[float]
) -> None:
    model = linear_of(SMALL)
    assert model.classes == ["photos", "friends"]
    assert model.scores(features(values), np.array(vector, dtype=np.float32)) == pytest.approx(expected, abs=0.02)


def test_a_feature_counts_for_the_first_and_the_last_bucket_too(linear_of: Load) -> None:
    model = linear_of(linear.to_arrays(["a"], weights({(0, 0): 1.0, (BUCKETS - 1, 0): -2.0}), np.zeros((1, 1)), np.zeros(1)))
    for values, expected in (({0: 1.0}, 1.0), ({BUCKETS - 1: 1.0}, -2.0), ({0: 1.0, BUCKETS - 1: 1.0}, -1.0)):
        assert model.scores(features(values), np.zeros(1, dtype=np.float32)) == pytest.approx([expected], abs=0.02)


def test_a_model_without_any_weight_of_a_feature_gives_constant_and_vector(linear_of: Load) -> None:
    model = linear_of(linear.to_arrays(["a", "b"], weights({}), np.eye(2), np.array([1.0, 2.0])))
    found = model.scores(features_of("Can I post a photo?"), np.array([0.5, 0.25], dtype=np.float32))
    assert found == pytest.approx([1.5, 2.25])


@settings(max_examples=40)
@given(
    st.dictionaries(st.tuples(st.integers(0, 30), st.integers(0, 2)), WEIGHTS, max_size=40),
    st.dictionaries(st.integers(0, 40), st.floats(0, 1, width=32), max_size=20),
    st.lists(WEIGHTS, min_size=3, max_size=3),
    st.lists(st.floats(-1, 1, width=32), min_size=4, max_size=4),
)
def test_any_small_linear_model_gives_what_numpy_gives(
    linear_of: Load, kept: dict[tuple[int, int], float], values: dict[int, float], constant: list[float], vector: list[float]
) -> None:
    of_vector = np.arange(12).reshape(3, 4) / 4
    dense = np.zeros((3, 41))
    for (number, column), weight in kept.items():
        dense[column, number] = weight
    expected = dense[:, list(values)] @ np.array(list(values.values())) + of_vector @ vector + constant
    model = linear_of(linear.to_arrays(["a", "b", "c"], weights(kept), of_vector, np.array(constant)))
    found = model.scores(features(values), np.array(vector, dtype=np.float32))
    assert found == pytest.approx(expected, abs=STEP / 2 * sum(values.values()) + 1e-3)


@pytest.mark.parametrize("classes", [["a"], ["coniston/social-media/1.1", "matter: gifts", "é"]])
def test_classes_are_read_back_in_their_order(linear_of: Load, classes: list[str]) -> None:
    size = len(classes)
    assert linear_of(linear.to_arrays(classes, weights({}), np.zeros((size, 2)), np.zeros(size))).classes == classes


# Two hidden units: the first sees feature 0 and the vector, the second feature 1; features lead straight to the result too.
TWO_UNITS = network.to_arrays(
    straight=np.array([0.5, -0.25, 0.0]),
    table=np.array([[1.0, 0.0], [0.0, 2.0], [0.0, 0.0]]),
    of_vector=np.array([[1.0, 0.0], [0.0, 0.0]]),
    hidden=np.array([-0.5, 0.25]),
    out=np.array([0.1, 2.0, -1.0]),
)


@pytest.mark.parametrize(
    ("values", "vector", "total"),
    [
        # A hidden unit below zero adds nothing.
        ({}, [0, 0], 0.1 - 0.25),
        ({}, [1, 0], 0.1 + 2 * 0.5 - 0.25),
        ({0: 1}, [0, 0], 0.1 + 0.5 + 2 * 0.5 - 0.25),
        ({0: 0.25}, [0, 0], 0.1 + 0.125 - 0.25),
        ({1: 1}, [0, 0], 0.1 - 0.25 - 2.25),
        ({0: 1, 1: 1}, [1, 5], 0.1 + 0.25 + 2 * 1.5 - 2.25),
        ({2: 1}, [0, 0], 0.1 - 0.25),
    ],
)
def test_the_chance_of_a_network_is_that_worked_out_by_hand(
    network_of: Load, values: dict[int, float], vector: list[float], total: float
) -> None:
    chance = network_of(TWO_UNITS).chance(features(values), np.array(vector, dtype=np.float32))
    assert chance == pytest.approx(1 / (1 + math.exp(-total)), abs=0.01)


@settings(max_examples=40)
@given(
    st.lists(st.lists(WEIGHTS, min_size=4, max_size=4), min_size=5, max_size=5),
    st.dictionaries(st.integers(0, 4), st.floats(0, 1, width=32), max_size=5),
    st.lists(WEIGHTS, min_size=4, max_size=4),
    st.lists(st.floats(-1, 1, width=32), min_size=2, max_size=2),
)
def test_any_small_network_gives_what_numpy_gives(
    network_of: Load, rows: list[list[float]], values: dict[int, float], out: list[float], vector: list[float]
) -> None:
    straight, table = np.array(rows)[:, 0], np.array(rows)[:, 1:]
    of_vector, hidden = np.array([[1, 0.5], [-1, 0], [0.25, 2]]), np.array([0.5, -0.5, 0])
    given_ = np.zeros(5)
    given_[list(values)] = list(values.values())
    layer = np.maximum(0, given_ @ table + of_vector @ vector + hidden)
    total = float(given_ @ straight + out[0] + np.array(out[1:]) @ layer)
    # What rounding may come to: a step of each feature, straight and by way of the hidden units.
    error = STEP * sum(values.values()) * (1 + float(np.abs(out[1:]).sum())) + 1e-2
    chance = network_of(network.to_arrays(straight, table, of_vector, hidden, np.array(out))).chance(
        features(values), np.array(vector, dtype=np.float32)
    )
    assert 1 / (1 + math.exp(error - total)) - 1e-6 <= chance <= 1 / (1 + math.exp(-error - total)) + 1e-6


@pytest.mark.parametrize(("constant", "expected"), [(1e6, 1), (-1e6, 0), (0, 0.5)])
def test_a_network_that_is_very_sure_gives_a_chance_all_the_same(network_of: Load, constant: float, expected: float) -> None:
    arrays = network.to_arrays(np.zeros(1), np.zeros((1, 2)), np.zeros((2, 3)), np.zeros(2), np.array([constant, 1.0, 1.0]))
    chance = network_of(arrays).chance(NONE, np.zeros(3, dtype=np.float32))
    assert 0 <= chance <= 1
    assert chance == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize(("kind", "arrays"), [(LinearModel, SMALL), (Network, TWO_UNITS)])
@pytest.mark.parametrize("damage", ["missing", "empty", "cut short", "of another kind", "a folder"])
def test_a_file_that_is_missing_or_damaged_is_refused_in_one_sentence(
    kind: Callable[[Path], Any], arrays: Arrays, damage: str, tmp_path: Path
) -> None:
    file = tmp_path / "model.msgpack"
    write_arrays(file, arrays)
    whole = file.read_bytes()
    kind(file)
    match damage:
        case "missing":
            file.unlink()
        case "empty":
            file.write_bytes(b"")
        case "cut short":
            file.write_bytes(whole[: len(whole) // 2])
        case "of another kind":
            file.write_text("<html>Not found</html>")
        case _:
            file = tmp_path
    with pytest.raises(RetrievalError, match=r"^The \w+ in .+ is missing or damaged: install policybot again\.$") as refused:
        kind(file)
    assert str(file) in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("cut", range(0, 200, 7))
def test_however_much_is_cut_off_a_network_is_refused(cut: int, tmp_path: Path) -> None:
    file = tmp_path / "network.msgpack"
    write_arrays(file, TWO_UNITS)
    file.write_bytes(file.read_bytes()[: -cut - 1])
    with pytest.raises(RetrievalError, match="missing or damaged"):
        Network(file)
