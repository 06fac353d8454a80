"""Clauses that a question names by where they stand; and what looks like a clause's number and is none."""

import re
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.building import ShippedSource, shipped_policy, shipped_sources
from corpus.clause import Clause, Policy, Section, Stance
from retrieval.index import Index
from retrieval.references import clauses_named

LABELS = [
    "1.1",
    "section 6, first row",
    "section 6, second row",
    "7.1",
    "7.1, first bullet",
    "7.1(c)",
    "7.1(d)",
    "7.2",
    "7.10",
    "8.30",
    "9.3.1",
    "9.3.2",
    "12.1",
    "Data protection",
    "Data protection (a)",
    "Data protection (d)",
    "Data protection (iv)",
    "70.1",
]
SEVEN = ["7.1", "7.1, first bullet", "7.1(c)", "7.1(d)", "7.2", "7.10"]


@pytest.fixture(scope="module")
def index(index_of: Callable[..., Index]) -> Index:
    clauses = tuple(Clause(f"c{at}", label, "", f"Rule {at}.", (), Stance.FORBIDDEN) for at, label in enumerate(LABELS))
    return index_of(Policy("hillside", "conduct", "Conduct", (Section("", "", 1, "", (), clauses),)))


def named(question: str, index: Index) -> list[str]:
    return [index.clauses[at].clause.label for at in clauses_named(question, index)]


@pytest.mark.parametrize(
    ("question", "labels"),
    [
        ("what does 7.2 say", ["7.2"]),
        ("What does 7.2 mean for me?", ["7.2"]),
        ("7.2", ["7.2"]),
        ("7.2?", ["7.2"]),
        ("Explain 7.2.", ["7.2"]),
        ("Is that allowed (7.2)?", ["7.2"]),
        ("what does clause 7.2 say", ["7.2"]),
        ("Clause 7.2, please", ["7.2"]),
        ("para 7.2", ["7.2"]),
        ("paragraph 12.1", ["12.1"]),
        ("see § 7.2", ["7.2"]),
        ("does rule 8.30 mean me", ["8.30"]),
        ("7.10", ["7.10"]),
        ("how do 7.2 and 12.1 fit together", ["7.2", "12.1"]),
        ("sections 7.2, 12.1", ["7.2", "12.1"]),
    ],
)
def test_a_clause_is_named_by_its_number(index: Index, question: str, labels: list[str]) -> None:
    assert named(question, index) == labels


@pytest.mark.parametrize(
    ("question", "labels"),
    [
        ("section 7", SEVEN),
        ("What is in section 7?", SEVEN),
        ("SECTION 7", SEVEN),
        ("what is in sec. 7", SEVEN),
        ("rule no. 7", SEVEN),
        ("section 6", ["section 6, first row", "section 6, second row"]),
        ("section 12 please", ["12.1"]),
        ("what does 9.3 say", ["9.3.1", "9.3.2"]),
        ("section 9", ["9.3.1", "9.3.2"]),
    ],
)
def test_a_sections_number_stands_for_all_its_clauses(index: Index, question: str, labels: list[str]) -> None:
    assert named(question, index) == labels


@pytest.mark.parametrize(
    ("question", "labels"),
    [
        ("item (c)", ["7.1(c)"]),
        ("item c", ["7.1(c)"]),
        ("Item (C)", ["7.1(c)"]),
        ("what does (c) mean", ["7.1(c)"]),
        ("item (d)", ["7.1(d)", "Data protection (d)"]),
        ("point (iv)", ["Data protection (iv)"]),
        ("paragraph (a) and item (iv)", ["Data protection (a)", "Data protection (iv)"]),
    ],
)
def test_an_item_is_named_by_its_letter(index: Index, question: str, labels: list[str]) -> None:
    assert named(question, index) == labels


@pytest.mark.parametrize(
    ("question", "labels"),
    [
        ("7.1 (d)", ["7.1(d)"]),
        ("what does section 7.1 (c) say", ["7.1(c)"]),
        ("section 7 (d)", ["7.1(d)"]),
        ("item (d) of 7.1", ["7.1(d)"]),
        ("clause 7.1, item c", ["7.1(c)"]),
    ],
)
def test_a_letter_beside_a_number_stands_under_it(index: Index, question: str, labels: list[str]) -> None:
    assert named(question, index) == labels


@pytest.mark.parametrize(
    "question",
    [
        "section 99",
        "section 70.2",
        "what does 9.9 say",
        "9.3.7",
        "7.1.1",
        "item (z)",
        "item z",
        "7.2 (d)",
        "clause 7.1 (a)",
        "5.5 (d)",
        "section 6 (c)",
        "part (xii)",
    ],
)
def test_a_label_that_there_is_not_names_nothing(index: Index, question: str) -> None:
    assert named(question, index) == []


@pytest.mark.parametrize(
    "question",
    [
        # Times.
        "can I leave at 8.30",
        "must they be in by 8.30",
        "I work till 7.10",
        "phones are off until 8.30",
        "is 8.30am too early to ring",
        "is 8.30 pm too late to ring",
        "It lasts 7.1 hours",
        "after 7.2 years here",
        # Money and other measures.
        "a gift of £7.10",
        "a gift of $7.10",
        "it earns me 7.1k",
        "I drive 7.2 miles to school",
        # A number without a point.
        "my year 7 class",
        "7",
        "in 7 days",
        "7 of them and 12 of us",
        # Letters that belong to a word.
        "the photo(d)",
        "what about the pupil(c)",
        # Nothing of the kind.
        "can I accept a friend request",
        "what does the policy say",
        "",
    ],
)
def test_times_money_and_other_numbers_are_no_clauses(index: Index, question: str) -> None:
    assert named(question, index) == []


@pytest.mark.parametrize("question", ["what does 9.3 say", "section 7", "item (d)", "7.1 (d)", "hello"])
def test_a_school_without_clauses_has_none_to_name(index_of: Callable[..., Index], question: str) -> None:
    assert clauses_named(question, index_of()) == ()


def test_the_same_number_in_two_policies_names_both(index_of: Callable[..., Index]) -> None:
    clauses = (Clause("1.1", "1.1", "", "Rule.", (), Stance.FORBIDDEN), Clause("1.2", "1.2", "", "Rule.", (), Stance.FORBIDDEN))
    one, other = (Policy("hillside", slug, slug, (Section("", "", 1, "", (), clauses),)) for slug in ("conduct", "dress"))
    assert clauses_named("what does 1.2 say", index_of(one, other)) == (1, 3)


@pytest.mark.parametrize("source", shipped_sources(), ids=lambda source: source.school)
def test_every_numbered_clause_that_ships_is_found_by_its_number(index_of: Callable[..., Index], source: ShippedSource) -> None:
    index = index_of(shipped_policy(source))
    for label in (one.clause.label for one in index.clauses):
        if re.fullmatch(r"\d+(\.\d+)+", label):
            assert named(f"What does {label} say?", index) == [label]
            assert named(f"clause {label}", index) == [label]
            assert label in named(f"section {label.split('.')[0]}", index)


@given(st.text(max_size=200) | st.lists(st.sampled_from([*LABELS, "section", "item", "(", ")", "at", "%", "."])).map(" ".join))
def test_any_text_names_clauses_that_there_are_each_once_and_in_order(index: Index, question: str) -> None:
    found = clauses_named(question, index)
    assert list(found) == sorted(set(found))
    assert set(found) <= set(range(len(LABELS)))
