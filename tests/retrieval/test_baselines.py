"""The rankers to be measured against, on six clauses that a reader can rank in the head."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from corpus.clause import Clause, Policy, Section, Stance
from retrieval import baselines
from retrieval.baselines import Ranker, all_rankers, bare_okapi, bm25s_english, minilm, stemmed_okapi
from retrieval.index import Index, IndexedClause

# Six clauses, since a word in half of a corpus says nothing to BM25Okapi.
RULES = (
    "Staff must not post photographs of pupils.",
    "Gifts must be declared to the office.",
    "No dog comes on the field.",
    "Keys are kept by the caretaker.",
    "Visitors sign the book.",
    "Bicycles stay at the gate.",
)
LEXICAL = [bare_okapi, stemmed_okapi, bm25s_english]


@pytest.fixture(scope="module")
def clauses(index_of: Callable[..., Index]) -> Sequence[IndexedClause]:
    sections = tuple(
        Section(heading, "", 1, heading, (), (Clause(f"{at}.1", f"{at}.1", "", words, (), Stance.FORBIDDEN),))
        for at, (heading, words) in enumerate(
            zip(("Pictures", "Presents", "Animals", "Locks", "Guests", "Wheels"), RULES, strict=True), 1
        )
    )
    return index_of(Policy("hillside", "conduct", "Conduct", sections)).clauses


@pytest.mark.parametrize("make", LEXICAL)
def test_a_word_of_one_clause_alone_brings_it_first_and_the_others_stay_in_order(
    clauses: Sequence[IndexedClause], make: Callable[[Sequence[IndexedClause]], Ranker]
) -> None:
    rank = make(clauses)
    assert rank("may a dog come") == [2, 0, 1, 3, 4, 5]
    assert rank("photographs") == [0, 1, 2, 3, 4, 5]


@pytest.mark.parametrize("make", LEXICAL)
@pytest.mark.parametrize("question", ["", "???", "the", "zeppelin"])
def test_a_question_without_a_word_of_any_clause_leaves_them_in_order(
    clauses: Sequence[IndexedClause], make: Callable[[Sequence[IndexedClause]], Ranker], question: str
) -> None:
    rank = make(clauses)
    assert sorted(rank(question)) == [0, 1, 2, 3, 4, 5]
    if question != "the":  # a word to the bare one
        assert rank(question) == [0, 1, 2, 3, 4, 5]


def test_what_each_of_them_sees_of_a_word(clauses: Sequence[IndexedClause]) -> None:
    def first(make: Callable[[Sequence[IndexedClause]], Ranker], question: str) -> int:
        return make(clauses)(question)[0]

    # Another ending, a heading, and a question mark that sticks to the word.
    assert [first(make, "declaring") for make in LEXICAL] == [0, 1, 0]
    assert [first(make, "animals") for make in LEXICAL] == [0, 2, 2]
    assert [first(make, "field?") for make in LEXICAL] == [0, 2, 2]
    # A stop word, met only by who counts it.
    assert [first(make, "by") for make in LEXICAL] == [3, 0, 0]


class LettersOnly:
    """A model whose vector of a text says how often each letter is in it."""

    def tokenize(self, text: str) -> list[int]:
        return [ord(character) - ord("a") for character in text.lower() if "a" <= character <= "z"]

    def encode(self, texts: Sequence[Sequence[int]], batch: int) -> NDArray[np.float32]:
        return np.array([np.bincount(text, minlength=26) / len(text) for text in texts], dtype=np.float32)


def test_minilm_ranks_by_the_likeness_of_vectors_and_sees_headings(clauses: Sequence[IndexedClause]) -> None:
    rank = minilm(LettersOnly(), clauses)  # type: ignore[arg-type]
    for number, clause in enumerate(clauses):
        assert rank(clause.searchable())[0] == number
    expected = [clause.searchable().lower().count("k") / sum(map(str.isalpha, clause.searchable())) for clause in clauses]
    assert rank("kkk") == sorted(range(len(clauses)), key=lambda at: -expected[at])


def test_with_all_installed_there_are_four_rankers_and_the_model_is_read_once(
    clauses: Sequence[IndexedClause], monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[Path] = []
    monkeypatch.setattr(baselines, "installed_model", lambda: Path("model"))
    monkeypatch.setattr(baselines, "MiniLM", lambda folder: read.append(folder) or LettersOnly())
    rankers = all_rankers()
    assert list(rankers) == ["bare BM25Okapi", "stemmed BM25Okapi", "bm25s", "MiniLM"]
    for make in rankers.values():
        assert sorted(make(clauses)("dog")) == list(range(len(RULES)))
        make(clauses)
    assert read == [Path("model")]
