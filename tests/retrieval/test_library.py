"""The reviewed data: matters and wordings, as they ship, and what is refused at load."""

import json
import re
from collections import Counter
from pathlib import Path

import pytest

from corpus.building import shipped_policy, shipped_sources
from retrieval import library
from retrieval.errors import RetrievalError
from retrieval.library import Matter, read_matters, read_wordings

QUESTIONS = Path(__file__).parent.parent / "questions"
FEWEST_WORDINGS = 25


def plain(text: str) -> str:
    return re.sub(r"\W+", " ", text.lower()).strip()


def test_no_wording_stands_in_two_matters() -> None:
    owners = Counter(plain(wording) for matter in read_matters() for wording in set(matter.wordings))
    assert [wording for wording, count in owners.items() if count > 1] == []


def test_no_wording_is_lifted_from_a_question_that_measures() -> None:
    asked = {
        plain(json.loads(line)["q"])
        for file in ("dev.jsonl", "own-seen.jsonl", "own-unseen.jsonl")
        for line in (QUESTIONS / file).read_text().splitlines()
    }
    written = {
        plain(wording) for one in [*read_matters(), *read_wordings()] for wording in getattr(one, "all_wordings", one.wordings)
    }
    assert written & asked == set()


def test_every_matter_has_a_name_wordings_and_policy_sentences_in_plain_letters() -> None:
    for matter in read_matters():
        assert matter.name, matter.id
        assert len(matter.policy) >= 4, matter.id
        assert len(matter.wordings) >= 10, matter.id
        for text in (*matter.wordings, *matter.policy):
            assert 3 <= len(text) <= 600, (matter.id, text)
            assert (
                not re.search(r"[\u0400-\uffff]", text.translate({ord(sign): None for sign in "…—–‘’“”€•"})) or not text.isascii()
            )


def test_every_shipped_clause_has_wordings_enough() -> None:
    wordings = {one.clause: one for one in read_wordings()}
    for source in shipped_sources():
        for clause in shipped_policy(source).clauses():
            known = wordings[f"{source.school}/{source.slug}/{clause.id}"]
            assert known.words == clause.words
            assert len(known.all_wordings) >= FEWEST_WORDINGS, known.clause
            assert len(set(map(plain, known.all_wordings))) == len(known.all_wordings), known.clause


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("- {id: a, name: A, wordings: [x], policy: [y], colour: red}", "unknown field `colour`"),
        ("- {id: a, name: A, wordings: x, policy: [y]}", "line 1: Expected `array`"),
        ("- {id: a, name: A}", "missing required field `wordings`"),
        (
            "- {id: a, name: A, wordings: [x], policy: [y]}\n- {id: a, name: B, wordings: [z], policy: [y]}",
            "matter a stands twice",
        ),
        ("- {id: a, name: A, wordings: ['  '], policy: [y]}", "matter a has an empty wording"),
        ("- [", "bad.yaml, line"),
    ],
)
def test_matters_that_are_not_as_they_must_be_are_refused_in_one_sentence(
    text: str, told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "bad.yaml").write_text(text)
    monkeypatch.setattr(library, "MATTERS", tmp_path)
    with pytest.raises(RetrievalError, match=re.escape(told)) as refused:
        read_matters()
    assert "\n" not in str(refused.value)


def test_what_was_parsed_is_read_back_the_same(tmp_path: Path) -> None:
    fresh = read_matters(tmp_path)
    assert list(tmp_path.glob("matters-*.msgpack"))
    assert read_matters(tmp_path) == fresh
    assert all(isinstance(matter, Matter) for matter in fresh)


def test_a_half_written_cache_is_made_anew(tmp_path: Path) -> None:
    fresh = read_wordings(tmp_path)
    (kept,) = tmp_path.glob("wordings-*.msgpack")
    kept.write_bytes(kept.read_bytes()[:1000])
    assert read_wordings(tmp_path) == fresh
