"""The words of two texts compared: what is marked, and that nothing of either is lost."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.rewording import Mark, reworded


def marked(before: str, after: str) -> str:
    """The runs in one line: `[-removed-]`, `{+added+}`."""
    signs = {Mark.SAME: "{}", Mark.REMOVED: "[-{}-]", Mark.ADDED: "{{+{}+}}"}
    return " ".join(signs[run.mark].format(run.words) for run in reworded(before, after))


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("Staff must not run.", "Staff must not run.", "Staff must not run."),
        ("Staff must not run.", "Staff  must\nnot run.", "Staff must not run."),
        (
            "Staff must not run in the hall.",
            "Staff should not run in the hall.",
            "Staff [-must-] {+should+} not run in the hall.",
        ),
        ("Staff may run.", "Staff may only run.", "Staff may {+only+} run."),
        ("Staff may only run.", "Staff may run.", "Staff may [-only-] run."),
        ("", "Staff run.", "{+Staff run.+}"),
        ("Staff run.", "", "[-Staff run.-]"),
        # Single words that stayed between two changes are no help to a reader.
        (
            "Phones must be kept in a bag by all staff at all times.",
            "Phones should be left in the locker by all staff at all times.",
            "Phones [-must be kept in a bag-] {+should be left in the locker+} by all staff at all times.",
        ),
        (
            "No phones in class, and none at break or lunch in the hall.",
            "No watches in class, and none at break or tea in the hall.",
            "No [-phones-] {+watches+} in class, and none at break or [-lunch-] {+tea+} in the hall.",
        ),
        ("", "", ""),
    ],
)
def test_reworded_text_is_marked_by_words_that_a_person_can_read(before: str, after: str, expected: str) -> None:
    assert marked(before, after) == expected


WORDS = st.lists(st.sampled_from(["staff", "must", "not", "run", "in", "the", "hall", "at", "break"]), max_size=14).map(" ".join)


@given(WORDS, WORDS)
def test_each_text_can_be_read_out_of_the_runs(before: str, after: str) -> None:
    runs = reworded(before, after)
    assert " ".join(run.words for run in runs if run.mark is not Mark.ADDED) == before
    assert " ".join(run.words for run in runs if run.mark is not Mark.REMOVED) == after
    assert all(one.mark is not other.mark for one, other in pairwise(runs))
