"""The decision on a question, through `decide`: what is promised whatever the ranking and its thresholds are."""

from collections.abc import Callable

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bot.asking import LONGEST_QUESTION
from bot.bootstrap import Indexes
from corpus.clause import Clause, Policy, Section, Stance
from retrieval.decision import Decision, Outcome, decide
from retrieval.index import Index
from retrieval.urgency import Danger
from tests.growth import assert_grows_in_proportion

F = Stance.FORBIDDEN

SCHOOLS = ["academy-trust", "archbishop-huttons", "chase-terrace", "coniston", "wellesley"]
QUESTIONS = [
    "can I accept a parent's friend request?",
    "A pupil has messaged me. Who do I tell?",
    "Can I post a photo of my class?",
    "may i use facebook at lunch",
    "who signs off the school's page",
    "when do we get paid in december",
    "mileage claim form",
    "wifi password",
    "x",
    "the of and",
    "what about it",
    "1 2 3",
    "a child told me that her dad hits her",
    "I've found indecent photos of children on a laptop, should I copy them?",
    "hello",
    "thanks!",
    "photo " * 600,
]


def policy(*rules: str) -> Policy:
    clauses = tuple(Clause(f"1.{at}", f"1.{at}", "", words, (), F) for at, words in enumerate(rules, 1))
    return Policy("hillside", "conduct", "Conduct", (Section("", "", 1, "", (), clauses),))


def assert_keeps_its_promises(decision: Decision) -> None:
    hits = decision.ranking.hits
    assert 0 <= decision.confidence <= 1
    assert len(hits) <= 10
    assert len({(hit.clause.policy.slug, hit.clause.clause.id) for hit in hits}) == len(hits)
    scores = [round(hit.score, 4) for hit in hits]
    assert scores == sorted(scores, reverse=True)
    asserted = decision.governing is not None
    assert asserted == (decision.stance is not None)
    if asserted:
        assert decision.governing == (decision.conflict.stricter.hit if decision.conflict else hits[0])
    match decision.outcome:
        case Outcome.ANSWERED:
            assert asserted
            assert not decision.offered
            assert decision.governing not in decision.supporting
        case Outcome.CHOOSE:
            assert not asserted
            assert 1 <= len(decision.offered) <= 3
            # What a document says of itself may stand before them, and is left out.
            among = hits[: hits.index(decision.offered[-1]) + 1]
            assert decision.offered == tuple(hit for hit in among if hit in decision.offered)
            assert all(hit.clause.is_detail for hit in among if hit not in decision.offered)
        case Outcome.NOT_COVERED:
            assert not asserted
            assert not decision.offered
        case Outcome.SMALLTALK:
            assert not asserted
            assert not decision.offered
            assert not hits
        case Outcome.URGENT:
            assert decision.danger is not None
            assert not decision.offered
    if decision.outcome is not Outcome.URGENT:
        assert decision.danger is None


@pytest.mark.parametrize("school", SCHOOLS)
@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: question[:30])
def test_a_decision_keeps_its_promises_and_is_the_same_each_time(demo: Indexes, school: str, question: str) -> None:
    decision = decide(question, (), demo.of(school))
    assert_keeps_its_promises(decision)
    assert decide(question, (), demo.of(school)) == decision


@settings(max_examples=60)
@given(st.text(max_size=120), st.lists(st.text(max_size=40), max_size=2))
@example("Z111:1", [":"])
def test_any_text_gets_a_decision(demo: Indexes, question: str, context: list[str]) -> None:
    assert_keeps_its_promises(decide(question, context, demo.of("coniston")))


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: question[:30])
def test_a_school_without_clauses_asserts_nothing(index_of: Callable[..., Index], question: str) -> None:
    decision = decide(question, (), index_of())
    assert_keeps_its_promises(decision)
    assert decision.governing is None
    assert decision.outcome in (Outcome.NOT_COVERED, Outcome.SMALLTALK, Outcome.URGENT)


def test_of_many_clauses_the_ten_best_are_ranked(index_of: Callable[..., Index]) -> None:
    index = index_of(policy(*(f"Staff must not post photograph number {number} of a pupil." for number in range(25))))
    assert len(decide("Can I post a photograph of a pupil?", (), index).ranking.hits) == 10


def test_clauses_as_likely_as_each_other_stand_in_the_policys_order(index_of: Callable[..., Index]) -> None:
    same = "Staff must not post photographs of pupils."
    hits = decide("Can I post photographs of pupils?", (), index_of(policy(*[same] * 6))).ranking.hits
    assert [hit.clause.clause.id for hit in hits] == ["1.1", "1.2", "1.3", "1.4", "1.5", "1.6"]


def test_clauses_of_several_policies_are_ranked_together(index_of: Callable[..., Index]) -> None:
    other = Policy("hillside", "dress", "Dress", policy("Staff must not wear shorts.").sections)
    index = index_of(policy("Staff must not post photographs of pupils."), other)
    assert decide("Can I wear shorts?", (), index).ranking.hits[0].clause.policy.slug == "dress"
    assert decide("Can I post photographs of pupils?", (), index).ranking.hits[0].clause.policy.slug == "conduct"


@pytest.mark.parametrize("school", SCHOOLS)
def test_asked_for_in_its_own_words_nearly_every_clause_is_among_the_best_three(demo: Indexes, school: str) -> None:
    index = demo.of(school)
    whole = [one for one in index.clauses if len(one.clause.words.split()) >= 6]
    lost = [
        one.clause.label
        for one in whole
        if one.clause.words
        not in [hit.clause.clause.words for hit in decide(f"{one.lead_in or ''} {one.clause.words}", (), index).ranking.hits[:3]]
    ]
    assert len(lost) * 20 <= len(whole), lost


def test_a_question_that_points_back_is_read_after_the_one_before(index_of: Callable[..., Index]) -> None:
    index = index_of(policy("Staff must not post photographs of pupils.", "Dogs stay at home.", "Gifts must be declared."))
    for context, rule in (("Can I post photographs of pupils?", "1.1"), ("Can I bring my dog?", "1.2")):
        decision = decide("And what about at weekends?", (context,), index)
        assert decision.ranking.hits[0].clause.clause.id == rule


def test_thanks_after_a_question_are_thanks(index_of: Callable[..., Index]) -> None:
    decision = decide("Thanks!", ("Can I post photographs of pupils?",), index_of(policy("Staff must not post photographs.")))
    assert decision.outcome is Outcome.SMALLTALK


def test_a_danger_two_questions_ago_does_not_make_what_follows_urgent_for_ever(index_of: Callable[..., Index]) -> None:
    context = ("A child told me that her dad hits her", "Can I post photographs of pupils?")
    decision = decide("And at weekends?", context, index_of(policy("Staff must not post photographs of pupils.")))
    assert decision.danger is not Danger.CHILD_AT_RISK


@pytest.mark.parametrize(
    "question", ["photo " * 660, "é\u0301 " * 1300, "a" * 4000, "never-" * 660, " ".join(map(str, range(900)))]
)
def test_the_time_of_a_decision_grows_in_proportion_to_the_question(demo: Indexes, question: str) -> None:
    index = demo.of("archbishop-huttons")
    assert_keeps_its_promises(decide(question[:LONGEST_QUESTION], (), index))
    assert_grows_in_proportion(lambda size: decide(question[:size], (), index), LONGEST_QUESTION)


def test_a_question_that_stands_by_itself_is_not_read_after_another(demo: Indexes) -> None:
    index = demo.of("coniston")
    alone = decide("Can I post photographs of pupils on my own Facebook page?", (), index)
    for before in ("Can I bring my dog to school?", "a child told me that her dad hits her", "What is the dress code?"):
        after = decide("Can I post photographs of pupils on my own Facebook page?", (before,), index)
        assert (after.outcome, after.governing, after.confidence) == (alone.outcome, alone.governing, alone.confidence)


@pytest.mark.parametrize(
    "question", ["what do i do", "who do I ring first", "should I tell his mum or wait until tomorrow morning to see"]
)
def test_what_is_asked_about_an_urgent_matter_stays_urgent(demo: Indexes, question: str) -> None:
    assert decide(question, ("a child told me that her dad hits her",), demo.of("coniston")).outcome is Outcome.URGENT


def test_an_unrelated_question_after_an_urgent_one_is_answered(demo: Indexes) -> None:
    before = "a child told me that her dad hits her"
    assert decide("Can I park in the disabled bay?", (before,), demo.of("coniston")).outcome is not Outcome.URGENT
