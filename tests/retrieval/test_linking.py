"""Links of clauses to matters: taken over where they were reviewed, worked out for clauses that nobody has read."""

from collections.abc import Callable

import numpy as np
import pytest

from corpus.building import shipped_policy, shipped_sources
from corpus.clause import Clause, Policy, Section, Stance
from retrieval.index import Index
from retrieval.library import links_of, read_links, read_matters
from retrieval.linking import GOVERNS, PARTLY, agreement_on_sides, rows_of_sides
from retrieval.sides import Side

Build = Callable[..., Index]  # the fixture `index_of`
MATTERS = read_matters()
NUMBER = {matter.id: number for number, matter in enumerate(MATTERS)}

HANDBOOK = [
    "Staff may not smoke or vape anywhere on the school site.",
    "Cars are parked in the marked bays only, and never in front of the gates.",
    "Staff must not accept friend requests from pupils, or follow them, on any social networking site.",
    "Lunches are paid for in advance through the school office.",
]


def handbook(texts: list[str]) -> Policy:
    clauses = tuple(Clause(f"{at}", f"{at}", "", text, (), Stance.INFORMATIONAL) for at, text in enumerate(texts, 1))
    return Policy("hillside", "handbook", "Handbook", (Section("", "", 1, "", (), clauses),))


@pytest.mark.parametrize("source", shipped_sources(), ids=lambda source: source.school)
def test_a_known_clause_has_the_links_that_were_reviewed_and_no_others(index_of: Build, source: object) -> None:
    policy = shipped_policy(source)  # type: ignore[arg-type]
    index = index_of(policy)
    number_of = {clause.clause.id: number for number, clause in enumerate(index.clauses)}
    reviewed = links_of(f"{source.school}/{policy.slug}", read_links())  # type: ignore[attr-defined]
    for link in reviewed:
        links = index.links(NUMBER[link.matter])
        for names, counts in ((link.governs, GOVERNS), (link.partly, PARTLY)):
            assert all(links[number_of[name.rpartition("/")[2]]] >= counts for name in names), link.matter
    unlinked = next(matter.id for matter in MATTERS if matter.id not in {link.matter for link in reviewed})
    read = [number for number, clause in enumerate(index.clauses) if not clause.is_detail]
    assert not index.links(NUMBER[unlinked])[read].any()


def test_an_unread_clause_is_linked_to_the_matter_that_it_rules_on(index_of: Build) -> None:
    index = index_of(handbook(HANDBOOK))
    asked = next(number for number, matter in enumerate(MATTERS) if "pupil" in matter.name and "friend" in matter.name.lower())
    links = index.links(asked)
    assert int(np.argmax(links)) == 2
    assert links[2] > 0.5
    assert np.delete(links, 2).max() < 0.1


def test_links_are_between_nothing_and_certain(index_of: Build) -> None:
    index = index_of(handbook([*HANDBOOK, "", "!"]))
    for number in range(0, len(MATTERS), 50):
        assert ((index.links(number) >= 0) & (index.links(number) <= 1)).all()


def test_a_school_without_a_clause_has_no_links(index_of: Build) -> None:
    assert index_of(handbook([])).links(0).shape == (0,)


def test_sides_agree_where_one_is_shared_and_are_silent_where_one_names_none() -> None:
    pupil, parent, nobody = frozenset({Side.PUPIL}), frozenset({Side.PARENT}), frozenset[Side]()
    agreement = agreement_on_sides(rows_of_sides([pupil, nobody]), rows_of_sides([pupil, parent, pupil | parent, nobody]))
    assert agreement.tolist() == [[1, 0, 1, 0.5], [0.5, 0.5, 0.5, 0.5]]
