"""Which clauses rule on which matters: the reviewed links as they ship, and what is refused at load."""

import re
from collections import Counter
from pathlib import Path

import pytest

from corpus.building import shipped_policy, shipped_sources
from retrieval import library
from retrieval.errors import RetrievalError
from retrieval.library import LINKS, Link, links_of, read_links, read_matters

POLICIES = [f"{source.school}/{source.slug}" for source in shipped_sources()]


@pytest.fixture(scope="module")
def shipped() -> dict[str, list[Link]]:
    return {policy: links_of(policy, read_links()) for policy in POLICIES}


def test_every_linked_clause_and_matter_exists(shipped: dict[str, list[Link]]) -> None:
    matters = {matter.id for matter in read_matters()}
    for source in shipped_sources():
        policy = f"{source.school}/{source.slug}"
        clauses = {f"{policy}/{clause.id}" for clause in shipped_policy(source).clauses()}
        for link in shipped[policy]:
            assert link.matter in matters
            assert {*link.governs, *link.partly} <= clauses, link.matter


def test_no_clause_governs_a_matter_and_rules_on_it_partly(shipped: dict[str, list[Link]]) -> None:
    both = [(link.matter, set(link.governs) & set(link.partly)) for links in shipped.values() for link in links]
    assert [(matter, clauses) for matter, clauses in both if clauses] == []


def test_no_clause_is_named_twice_and_every_link_names_one(shipped: dict[str, list[Link]]) -> None:
    for link in (link for links in shipped.values() for link in links):
        named = [*link.governs, *link.partly]
        assert named, link.matter
        assert len(set(named)) == len(named), link.matter


@pytest.mark.parametrize("policy", POLICIES)
def test_a_matter_is_linked_once_in_a_policy(shipped: dict[str, list[Link]], policy: str) -> None:
    assert [matter for matter, times in Counter(link.matter for link in shipped[policy]).items() if times > 1] == []


def test_every_shipped_policy_has_links_and_every_link_is_of_one_of_them(shipped: dict[str, list[Link]]) -> None:
    assert all(shipped.values())
    in_files = sum(len(re.findall(r"^- ", file.read_text(), re.MULTILINE)) for file in LINKS.glob("*.yaml"))
    assert sum(map(len, shipped.values())) == in_files


@pytest.mark.parametrize("policy", ["hillside/phones", "coniston/social", "coniston/social-media/1.1"])
def test_a_policy_that_is_not_known_has_no_links(policy: str) -> None:
    assert links_of(policy, read_links()) == []


MATTERS = """
- {id: gifts, name: Gifts, wordings: [can I keep the wine], policy: [Gifts are declared.]}
- {id: dogs, name: Dogs, wordings: [can I bring my dog], policy: [Dogs stay at home.]}
"""
WORDINGS = """
- {clause: hillside/conduct/1.1, words: Gifts are declared., wordings: [what about the wine]}
- {clause: hillside/conduct/1.2, words: Dogs stay at home., wordings: [is my dog welcome]}
- {clause: hillside/conduct-online/1.1, words: Nothing is posted., wordings: [may I post]}
- {clause: meadow/conduct/1.1, words: Wine is sent back., wordings: [a bottle from a mum]}
"""


# The file of links, still to be written, beside two matters and four known clauses.
@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name, text in (("matters", MATTERS), ("wordings", WORDINGS), ("links", "[]")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "hillside.yaml").write_text(text)
        monkeypatch.setattr(library, name.upper(), tmp_path / name)
    return tmp_path / "links" / "hillside.yaml"


def test_a_policys_links_are_read_in_their_order_and_no_others(file: Path) -> None:
    file.write_text(
        "- {matter: gifts, governs: [hillside/conduct/1.1], partly: [hillside/conduct/1.2]}\n"
        "- {matter: gifts, governs: [meadow/conduct/1.1]}\n"
        "- {matter: dogs, partly: [hillside/conduct/1.2]}\n"
        "- {matter: dogs, partly: [hillside/conduct-online/1.1]}\n"
    )
    assert links_of("hillside/conduct", read_links()) == [
        Link("gifts", ("hillside/conduct/1.1",), ("hillside/conduct/1.2",)),
        Link("dogs", (), ("hillside/conduct/1.2",)),
    ]
    assert links_of("meadow/conduct", read_links()) == [Link("gifts", ("meadow/conduct/1.1",))]


def test_without_any_links_no_matter_is_ruled_on(file: Path) -> None:
    assert links_of("hillside/conduct", read_links()) == []
    file.unlink()
    assert links_of("hillside/conduct", read_links()) == []


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("- {matter: gifts, governs: [hillside/conduct/9.9]}", "The links name hillside/conduct/9.9, which there is not"),
        ("- {matter: gifts, partly: [hillside/conduct/9.9]}", "The links name hillside/conduct/9.9, which there is not"),
        (
            "- {matter: gifts, governs: [hillside/conduct/1.1, hillside/conduct/1.11]}",
            "The links name hillside/conduct/1.11, which there is not",
        ),
        ("- {matter: wine, governs: [hillside/conduct/1.1]}", "The links name wine, which there is not"),
        ("- {matter: gifts, governs: hillside/conduct/1.1}", "hillside.yaml, line 1: Expected `array`"),
        ("- {governs: [hillside/conduct/1.1]}", "missing required field `matter`"),
        ("- {matter: gifts, wholly: [hillside/conduct/1.1]}", "unknown field `wholly`"),
        ("- {matter: gifts, governs: [hillside/conduct/1.1]}\n- {matter: 7}", "hillside.yaml, line 2: Expected `str`"),
        ("- [", "hillside.yaml, line"),
    ],
)
def test_links_that_are_not_as_they_must_be_are_refused_in_one_sentence(text: str, told: str, file: Path) -> None:
    file.write_text(text)
    with pytest.raises(RetrievalError, match=re.escape(told)) as refused:
        links_of("hillside/conduct", read_links())
    assert "\n" not in str(refused.value)


def test_a_wrong_name_in_another_policys_links_is_refused_too(file: Path) -> None:
    file.write_text("- {matter: gifts, governs: [meadow/conduct/9.9]}")
    with pytest.raises(RetrievalError, match=r"meadow/conduct/9\.9"):
        links_of("hillside/conduct", read_links())
