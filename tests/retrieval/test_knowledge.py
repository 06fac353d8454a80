"""What is known beside a school's own policies: vectors, wordings of known clauses, matters."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpus.building import shipped_policy, shipped_sources
from retrieval.arrays import read_arrays, write_arrays
from retrieval.knowledge import Knowledge, likeliest
from retrieval.sides import Side
from retrieval.vectors import DIMENSIONS, MOST_PIECES, WordVectors

KNOWLEDGE = Knowledge()
VECTORS = KNOWLEDGE.vectors


def test_a_text_is_a_vector_of_length_one() -> None:
    encoded = VECTORS.encode(["Can I accept a friend request?", "photographs of pupils"])
    assert encoded.shape == (2, DIMENSIONS)
    assert np.linalg.norm(encoded, axis=1) == pytest.approx([1, 1], abs=1e-5)


def test_staff_words_are_near_policy_words_of_the_same_matter() -> None:
    asked, same, other = VECTORS.encode(
        [
            "one of my mums has added me on fb ok to say yes",
            "Staff must not accept a friend request from a parent of a pupil.",
            "Visitors sign the book in the entrance hall and wear a badge.",
        ]
    )
    assert asked @ same > asked @ other + 0.2


def test_common_pairs_of_words_count_and_uncommon_ones_do_not() -> None:
    pair, turned, uncommon, also = VECTORS.encode(["friend request", "request friend", "zebra walrus", "walrus zebra"])
    assert pair @ turned < 0.999
    assert uncommon @ also == pytest.approx(1, abs=1e-5)


@given(st.text(max_size=300))
@settings(max_examples=150, deadline=None)
def test_any_text_has_a_vector_or_none_and_never_fails(text: str) -> None:
    (vector,) = VECTORS.encode([text])
    assert np.isfinite(vector).all()
    assert np.linalg.norm(vector) == pytest.approx(1, abs=1e-4) or not vector.any()
    assert len(VECTORS.pieces(text)) <= MOST_PIECES


def test_missing_vectors_are_said_in_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(Exception, match="missing or damaged"):
        WordVectors(tmp_path / "none.msgpack")


def test_every_shipped_clause_is_known_and_a_clause_of_another_kind_is_not() -> None:
    for source in shipped_sources():
        policy = shipped_policy(source)
        for clause in policy.clauses():
            assert KNOWLEDGE.wordings_for(clause.words, policy.lead_in_words(clause.lead_in)).known, clause.label
    assert not KNOWLEDGE.wordings_for(
        "The boiler room is locked at all times and the key is kept by the site manager.", None
    ).known


def test_a_clause_copied_with_a_word_changed_takes_the_wordings_over() -> None:
    words = "Staff are advised not to be on-line friends with ex or recent pupils of this school or of other schools."
    assert KNOWLEDGE.wordings_for(words, "They should follow and understand the following principles:").known


def test_the_likest_matter_is_what_the_question_is_about() -> None:
    (question,) = VECTORS.encode(["a parent has sent me a friend request on facebook can i accept it"])
    assert "parent" in likeliest(KNOWLEDGE.matters.nearest(question), frozenset({Side.PARENT})).name.lower()


def test_of_two_matters_nearly_as_like_the_one_that_names_whom_the_question_turns_on_goes_first() -> None:
    (question,) = VECTORS.encode(["A mum from my class has sent me a friend request on Facebook. Can I accept it?"])
    assert "pupil" in likeliest(KNOWLEDGE.matters.nearest(question), frozenset()).name.lower()
    assert "parent" in likeliest(KNOWLEDGE.matters.nearest(question), frozenset({Side.PARENT})).name.lower()


def test_what_was_worked_out_is_read_back_the_same(tmp_path: Path) -> None:
    (question,) = VECTORS.encode(["who do I tell about a message from a pupil"])
    fresh = Knowledge(tmp_path)
    kept = Knowledge(tmp_path)
    assert fresh.matters.nearest(question) == kept.matters.nearest(question)


@pytest.mark.parametrize("cut", [0, 10, 500])
def test_arrays_that_are_not_whole_are_none(tmp_path: Path, cut: int) -> None:
    file = tmp_path / "arrays.msgpack"
    write_arrays(file, {"numbers": np.arange(1000), "letters": np.frombuffer(b"abc", dtype=np.uint8)})
    whole = read_arrays(file)
    assert whole is not None
    assert (whole["numbers"] == np.arange(1000)).all()
    file.write_bytes(file.read_bytes()[:cut])
    assert read_arrays(file) is None
