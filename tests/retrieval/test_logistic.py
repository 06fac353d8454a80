"""The logistic regressions by which the decision and the links are learnt."""

import numpy as np
import pytest

from training.logistic import logistic, sigmoid, signed_logistic

RNG = np.random.default_rng(7)
FEATURES = RNG.normal(size=(4000, 3))
WANTED = (RNG.random(4000) < sigmoid(0.5 + FEATURES @ np.array([2.0, -1.0, 0.0]))).astype(float)


def test_a_regression_finds_what_the_examples_were_drawn_from() -> None:
    constant, coefficients = logistic(FEATURES, WANTED)
    assert constant == pytest.approx(0.5, abs=0.15)
    assert coefficients == pytest.approx([2.0, -1.0, 0.0], abs=0.2)


def test_it_is_the_least_of_its_loss() -> None:
    constant, coefficients = logistic(FEATURES, WANTED)
    error = sigmoid(constant + FEATURES @ coefficients) - WANTED
    spread = FEATURES.std(axis=0)
    assert error.sum() == pytest.approx(0, abs=1e-6)
    assert FEATURES.T @ error / spread + coefficients * spread == pytest.approx(0, abs=0.1)


def test_a_feature_of_the_wrong_sign_is_left_out_and_the_others_are_fitted_anew() -> None:
    constant, coefficients = signed_logistic(FEATURES, WANTED, [1, 1, 0])
    alone = logistic(FEATURES[:, [0, 2]], WANTED)
    assert coefficients[1] == 0
    assert (constant, *coefficients[[0, 2]]) == pytest.approx((alone[0], *alone[1]))


def test_features_of_the_right_sign_all_stay() -> None:
    constant, coefficients = signed_logistic(FEATURES, WANTED, [1, -1, 0])
    assert (constant, *coefficients) == pytest.approx((logistic(FEATURES, WANTED)[0], *logistic(FEATURES, WANTED)[1]))
