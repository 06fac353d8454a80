"""A text's features: few enough, of known length, and shared by words that are spelt alike."""

import os
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from retrieval.features import BUCKETS, LONGEST_WORD, MOST_WORDS, Features, features_of
from tests.growth import assert_grows_in_proportion

# Each word and each pair of neighbours; the runs of three, four and five letters of each word; who is in it, which is a handful.
MOST_FEATURES = (2 * MOST_WORDS - 1) + MOST_WORDS * 3 * LONGEST_WORD + 50
ODD = st.text(st.characters(exclude_categories=()), max_size=300)  # lone halves of surrogate pairs too
WORDS = st.lists(st.sampled_from(["photo", "pupil", "the", "piccys", "fb", "x", "12", "é"]), max_size=300).map(" ".join)


# The values of each group: as many equal ones as make its length 1.
def groups(features: Features) -> list[NDArray[np.float32]]:
    found, values = [], features.values
    while len(values):
        size = round(float(values[0]) ** -2)
        found.append(values[:size])
        values = values[size:]
    return found


def letters(word: str) -> set[int]:
    return set(features_of(word).numbers.tolist())


@given(ODD | WORDS)
def test_each_group_of_any_text_has_length_one(text: str) -> None:
    found = groups(features_of(text))
    assert len(found) <= 3
    for group in found:
        assert (group == group[0]).all()
        assert np.linalg.norm(group) == pytest.approx(1, abs=1e-4)


@given(ODD | WORDS)
def test_any_text_has_a_bounded_number_of_features_within_the_buckets(text: str) -> None:
    features = features_of(text)
    assert len(features.numbers) == len(features.values) <= MOST_FEATURES
    assert (features.numbers.dtype, features.values.dtype) == (np.int64, np.float32)
    assert ((features.numbers >= 0) & (features.numbers < BUCKETS)).all()
    assert ((features.values > 0) & (features.values <= 1)).all()


@given(ODD | WORDS)
def test_the_same_text_has_the_same_features(text: str) -> None:
    first, second = features_of(text), features_of(text)
    assert np.array_equal(first.numbers, second.numbers)
    assert np.array_equal(first.values, second.values)


def test_features_stand_in_the_same_order_in_every_process() -> None:
    program = (
        "from retrieval.features import features_of; print(*features_of('Can I post photos of our pupils at home?').numbers)"
    )
    orders = {
        subprocess.run(
            [sys.executable, "-c", program],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2", "3")
    }
    (order,) = orders
    assert len(order.split()) > 50


@pytest.mark.parametrize(
    "text",
    [
        " ".join(f"word{number}" for number in range(20000)),
        "a" * 100000,
        "é\u0301 " * 20000,
        "never-" * 20000,
        "\x00" * 10000,
        " ".join(chr(97 + at % 26) * (at % 60) for at in range(5000)),
    ],
    ids=["many words", "one word", "accents", "hyphens", "nothing to print", "long words"],
)
def test_the_longest_text_has_a_bounded_number_of_features_and_takes_time_in_proportion(text: str) -> None:
    assert len(features_of(text).numbers) <= MOST_FEATURES
    assert_grows_in_proportion(lambda size: features_of(text[:size]), len(text))


@pytest.mark.parametrize(
    ("word", "kin", "stranger"),
    [
        ("piccys", "piccies", "boiler"),
        ("photoes", "photos", "boiler"),
        ("facebok", "facebook", "timetable"),
        ("whatsaped", "whatsapp", "timetable"),
        ("freind", "friend", "boiler"),
        ("snapchatting", "snapchat", "governor"),
    ],
)
def test_an_unknown_word_shares_letters_with_its_kin(word: str, kin: str, stranger: str) -> None:
    assert len(letters(word) & letters(kin)) >= 2 + len(letters(word) & letters(stranger))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Can I post PHOTOS?", "can i post photos"),
        ("a parent’s request", "a parent's request"),
        ("on-line safety", "online safety"),
        ("photos,   of\npupils", "photos of pupils"),
    ],
)
def test_case_quotation_marks_and_spaces_make_no_difference(one: str, other: str) -> None:
    assert set(features_of(one).numbers.tolist()) == set(features_of(other).numbers.tolist())


def test_the_order_of_words_makes_a_difference() -> None:
    one, other = (set(features_of(text).numbers.tolist()) for text in ("dog bites head", "head bites dog"))
    assert one != other
    assert len(one & other) > len(one ^ other)


@pytest.mark.parametrize("text", ["", " ", "?!", "...", "\n\t", "____", "🙂"])
def test_a_text_without_words_has_neither_words_nor_letters(text: str) -> None:
    bare, worded = features_of(text), features_of("photographs")
    assert len(groups(bare)) == len(groups(worded)) - 2
    assert np.array_equal(bare.numbers, features_of("").numbers)
