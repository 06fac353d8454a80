"""The index's scores are those of rank_bm25's BM25Okapi, to the last bit, for every corpus that there can be."""

from collections import Counter
from collections.abc import Callable, Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rank_bm25 import BM25Okapi

from corpus.clause import Clause, LeadIn, Policy, Section, Stance
from retrieval.analyzer import analyze
from retrieval.index import Index

WORDS = ["phone", "pupil", "photo", "parent", "post", "friend", "head", "gift", "dog", "the"]
Build = Callable[..., Index]  # the fixture `index_of`


def policy(texts: Sequence[str]) -> Policy:
    clauses = tuple(Clause(f"1.{at}", f"1.{at}", "", text, (), Stance.FORBIDDEN) for at, text in enumerate(texts, 1))
    return Policy("hillside", "phones", "Phones", (Section("", "", 1, "", (), clauses),))


def okapi_scores(texts: Sequence[str], question: Sequence[str]) -> list[float]:
    return list(BM25Okapi([analyze(text) for text in texts]).get_scores(list(question)))


def scores(index_of: Build, texts: Sequence[str], question: Sequence[str]) -> list[float]:
    return list(index_of(policy(texts)).scores(Counter(question)))


CORPORA = {
    "one clause": ["phone pupil photo"],
    "one clause of one word": ["phone"],
    "identical clauses": ["phone pupil"] * 5,
    "a word in exactly half of the clauses, whose idf is 0": ["phone", "phone pupil", "dog", "dog photo"],
    "a word in most clauses, whose idf would be negative": ["phone", "phone pupil", "phone dog", "gift"],
    "a word in all clauses": ["phone pupil", "phone dog", "phone"],
    "a word many times in one clause": ["phone " * 30, "pupil", "dog"],
    "clauses without any term among others": ["phone", "", "the of", "dog"],
    "lengths far apart": ["phone", "phone " + "pupil " * 400],
}


@pytest.mark.parametrize("texts", CORPORA.values(), ids=list(CORPORA))
def test_scores_are_those_of_okapi_for_every_question_of_a_word_or_two(index_of: Build, texts: list[str]) -> None:
    for one in analyze(" ".join(WORDS)):
        for question in ([one], [one, "phone"], [one, one], ["dog", one, "unheardof"]):
            assert scores(index_of, texts, question) == okapi_scores(texts, question)


def test_a_word_in_exactly_half_of_the_clauses_scores_nothing(index_of: Build) -> None:
    assert scores(index_of, CORPORA["a word in exactly half of the clauses, whose idf is 0"], ["phone"]) == [0, 0, 0, 0]


def test_a_word_in_most_clauses_scores_by_the_floor_and_not_below_zero(index_of: Build) -> None:
    found = scores(index_of, CORPORA["a word in most clauses, whose idf would be negative"], ["phone"])
    assert all(score > 0 for score in found[:3])


@given(
    st.lists(st.lists(st.sampled_from(WORDS), max_size=12).map(" ".join), min_size=1, max_size=12),
    st.lists(st.sampled_from([*WORDS, "unheardof"]), max_size=6),
)
def test_scores_of_any_corpus_are_those_of_okapi(index_of: Build, texts: list[str], question: list[str]) -> None:
    terms = list(dict.fromkeys(analyze(" ".join(question))))
    if any(analyze(text) for text in texts):
        assert scores(index_of, texts, terms) == okapi_scores(texts, terms)
    else:
        assert scores(index_of, texts, terms) == [0.0] * len(texts)


@given(st.lists(st.lists(st.sampled_from(WORDS), max_size=6).map(" ".join), min_size=1, max_size=8), st.floats(0, 2))
def test_a_term_counts_as_much_as_it_is_said_to(index_of: Build, texts: list[str], weight: float) -> None:
    index = index_of(policy(texts))
    assert np.allclose(index.scores({"phone": weight}), weight * index.scores({"phone": 1.0}))


@pytest.mark.parametrize("texts", [[], [""], ["", "the of and"]], ids=["no clause", "an empty clause", "no clause with a term"])
def test_a_corpus_without_terms_matches_nothing(index_of: Build, texts: list[str]) -> None:
    assert scores(index_of, texts, ["phone"]) == [0.0] * len(texts)


def test_a_school_that_has_published_nothing_has_an_empty_index(index_of: Build) -> None:
    index = index_of()
    assert (index.clauses, list(index.scores({"phone": 1.0}))) == ((), [])


def test_a_question_without_terms_matches_nothing(index_of: Build) -> None:
    assert scores(index_of, ["phone", "dog"], []) == [0.0, 0.0]


def test_scores_are_the_same_each_time_and_asking_changes_nothing(index_of: Build) -> None:
    index = index_of(policy(["phone pupil", "phone", "dog"]))
    first = index.scores({"phone": 1.0}).copy()
    index.scores({"phone": 1.0, "dog": 1.0})
    assert np.array_equal(index.scores({"phone": 1.0}), first)


def test_a_clause_is_found_by_its_headings_and_its_lead_in_too(index_of: Build) -> None:
    elements = (
        LeadIn("lead-in-1", "", "Staff must not:", ()),
        Clause("1-a", "1(a)", "(a)", "bring dogs", (), Stance.FORBIDDEN, lead_in="lead-in-1"),
        Clause("1.1", "1.1", "", "Gifts are declared.", (), Stance.REQUIRED),
    )
    others = tuple(Clause(f"2.{at}", f"2.{at}", "", word, (), Stance.REQUIRED) for at, word in enumerate(WORDS[:6], 1))
    sections = (Section("Animals", "1", 1, "1. Animals", (), elements), Section("Rest", "2", 1, "2. Rest", (), others))
    index = index_of(Policy("hillside", "p", "P", sections))
    assert list(index.scores(dict.fromkeys(analyze("animal"), 1.0))[:3] > 0) == [True, True, False]
    assert list(index.scores(dict.fromkeys(analyze("staff"), 1.0))[:3] > 0) == [True, False, False]
    assert [(one.version, one.headings, one.lead_in) for one in index.clauses[:2]] == [
        (1, ("1. Animals",), "Staff must not:"),
        (1, ("1. Animals",), None),
    ]
