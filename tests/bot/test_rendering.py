"""Replies as HTML and as text: in HTML everything that somebody wrote is escaped, in text nothing is."""

import re
from collections.abc import Callable
from datetime import date

import pytest

from bot.answer import needs_school, to_answer
from bot.directory import NO_SCHOOL
from bot.rendering import environment, to_html, to_text
from corpus.clause import Clause, LeadIn, Person, Policy, Role, SecondStance, Section, Stance
from corpus.versions import School
from retrieval.conflicts import Conflict, Verdict
from retrieval.decision import Decision, Outcome
from retrieval.index import Index
from retrieval.ranking import Hit, Ranking
from retrieval.urgency import Danger

HOSTILE = "<script>alert('x')</script> & \"quoted\" <img src=x onerror=alert(1)>"
TODAY = date(2026, 11, 21)


def hostile_index(index_of: Callable[..., Index], name: str = HOSTILE) -> Index:
    """Return the index of a school every word of whose policy is hostile."""
    elements = (
        LeadIn("lead-in-1", "", HOSTILE, ()),
        Clause(
            "1-a",
            HOSTILE,
            HOSTILE,
            f"taff {HOSTILE}",
            (),
            Stance.FORBIDDEN,
            reading=f"Staff {HOSTILE} end",
            repairs=(HOSTILE,),
            lead_in="lead-in-1",
            deciding=HOSTILE,
            second=SecondStance(Stance.CONDITIONAL, HOSTILE),
            roles=(Role.HEADTEACHER,),
            note=HOSTILE,
        ),
    )
    policy = Policy("hillside", "p", HOSTILE, (Section(HOSTILE, "1", 1, HOSTILE, (), elements),))
    named = Policy("hillside", "q", HOSTILE, (), people=(Person(Role.HEADTEACHER, HOSTILE), Person(Role.DSL, HOSTILE)))
    return index_of(policy, named, school=School("hillside", name, name))


def in_conflict(hit: Hit) -> Conflict:
    return Conflict(Verdict(hit, Stance.FORBIDDEN), Verdict(hit, Stance.CONDITIONAL))


@pytest.fixture
def decisions(index_of: Callable[..., Index]) -> tuple[Index, list[Decision]]:
    index = hostile_index(index_of)
    hits = tuple(Hit(one, 1.0) for one in index.clauses)
    ranking = Ranking(hits)
    return index, [
        Decision(Outcome.ANSWERED, ranking, hits[0], Stance.FORBIDDEN, supporting=hits),
        Decision(Outcome.ANSWERED, ranking, hits[0], Stance.CONDITIONAL),
        Decision(Outcome.ANSWERED, ranking, hits[0], Stance.FORBIDDEN, conflict=in_conflict(hits[0])),
        Decision(Outcome.CHOOSE, ranking, offered=hits),
        Decision(Outcome.NOT_COVERED, ranking),
        Decision(Outcome.SMALLTALK, Ranking(())),
        *(Decision(Outcome.URGENT, ranking, hits[0], Stance.FORBIDDEN, danger=danger) for danger in Danger),
    ]


def test_html_escapes_whatever_a_policy_a_school_or_a_person_is_called(decisions: tuple[Index, list[Decision]]) -> None:
    index, all_kinds = decisions
    for decision in all_kinds:
        page = to_html(to_answer(HOSTILE, decision, index, NO_SCHOOL, TODAY))
        assert "<script" not in page
        assert "<img" not in page
        assert re.findall(r"&(?!amp;|lt;|gt;|#\d+;|quot;)", page) == []


def test_html_escapes_the_names_of_schools_to_choose_from(decisions: tuple[Index, list[Decision]]) -> None:
    index, _ = decisions
    assert "<script" not in to_html(needs_school(HOSTILE, [HOSTILE], index.knowledge.vectors))


def test_text_is_not_escaped(decisions: tuple[Index, list[Decision]]) -> None:
    index, all_kinds = decisions
    assert f"“{HOSTILE} Staff {HOSTILE} end”" in to_text(to_answer("?", all_kinds[0], index, NO_SCHOOL, TODAY))


def test_a_conflict_is_flagged_before_the_two_rules_which_are_told_apart(index_of: Callable[..., Index]) -> None:
    index = hostile_index(index_of, "Hillside")
    hit = Hit(index.clauses[0], 1.0)
    decision = Decision(Outcome.ANSWERED, Ranking((hit,)), hit, Stance.FORBIDDEN, conflict=in_conflict(hit), supporting=(hit,))
    answer = to_answer("?", decision, index, NO_SCHOOL, TODAY)
    page, text = to_html(answer), to_text(answer)
    assert '<div class="conflict">' in page
    titles = ["The stricter rule, undated, word for word", "The other rule, undated, word for word", "See also"]
    assert re.findall(r"<h4>(.*?)</h4>", page) == titles
    places = [text.index(words) for words in ("Two of", "is the safe one to follow", *(f"{title}:" for title in titles))]
    assert places == sorted(places)
    assert "conflict" not in to_html(
        to_answer("?", Decision(Outcome.ANSWERED, Ranking((hit,)), hit, Stance.FORBIDDEN), index, NO_SCHOOL, TODAY)
    )


def test_html_is_well_formed(decisions: tuple[Index, list[Decision]]) -> None:
    index, all_kinds = decisions
    for decision in all_kinds:
        page = to_html(to_answer("?", decision, index, NO_SCHOOL, TODAY))
        open_tags: list[str] = []
        for closing, name in re.findall(r"<(/?)(\w+)[^>]*>", page):
            if closing:
                assert open_tags.pop() == name
            else:
                open_tags.append(name)
        assert open_tags == []


def test_a_name_that_a_template_does_not_get_is_an_error() -> None:
    with pytest.raises(Exception, match="undefined"):
        environment().get_template("problem.html.jinja").render()


def test_a_sentence_about_a_problem_is_escaped() -> None:
    assert "<script" not in environment().get_template("problem.html.jinja").render(sentence=HOSTILE)
