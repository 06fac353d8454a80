"""Two policies of one school on the same thing: when they conflict, when not; which is the stricter, which the later."""

from collections.abc import Callable

import pytest
from msgspec.structs import replace

from corpus.building import build_policy, shipped_policy, shipped_sources
from corpus.clause import Clause, Policy, Stance
from corpus.dates import PolicyDate
from retrieval.conflicts import Conflict, Verdict
from retrieval.decision import Decision, Outcome, decide
from retrieval.explaining import explain
from retrieval.index import Index, IndexedClause
from retrieval.ranking import Hit

F, D, C, A = Stance.FORBIDDEN, Stance.DISCOURAGED, Stance.CONDITIONAL, Stance.ALLOWED
R, S, FACT = Stance.REQUIRED, Stance.RECOMMENDED, Stance.INFORMATIONAL
QUESTION = "Can I accept a parent's friend request?"
MUST_NOT = "Staff must not accept friend requests from parents on social media."
MAY = "Staff may accept friend requests from parents on social media."
WITH_LEAVE = "Staff may accept friend requests from parents only with the permission of the headteacher."


@pytest.fixture
def decided(index_of: Callable[..., Index], small_document: Callable[..., str]) -> Callable[..., Decision]:
    """Return the decision on a question of a school with one policy for each of the rules, in the order of their slugs."""

    def decision(*rules: str, question: str = QUESTION, context: tuple[str, ...] = ()) -> Decision:
        policies = [
            build_policy(
                small_document(f"Policy {at}", rule), school="hillside", slug=f"policy-{at}", title=None, source_name=f"{at}.txt"
            )
            for at, rule in enumerate(rules)
        ]
        return decide(question, context, index_of(*policies))

    return decision


def words(hit: Hit | None) -> str | None:
    return hit and hit.clause.clause.words


CONFLICTS = [
    (MUST_NOT, F, MAY, A),
    (MUST_NOT, F, WITH_LEAVE, C),
    ("Staff should not accept friend requests from parents on social media.", D, MAY, A),
    (WITH_LEAVE, C, MAY, A),
]


@pytest.mark.parametrize(("strict", "stricter", "loose", "looser"), CONFLICTS)
def test_of_two_rules_that_contradict_each_other_the_stricter_governs_whichever_policy_it_is_in(
    decided: Callable[..., Decision], strict: str, stricter: Stance, loose: str, looser: Stance
) -> None:
    for rules in ((strict, loose), (loose, strict)):
        decision = decided(*rules)
        assert decision.conflict is not None
        assert (words(decision.conflict.stricter.hit), decision.conflict.stricter.stance) == (strict, stricter)
        assert (words(decision.conflict.looser.hit), decision.conflict.looser.stance) == (loose, looser)
        assert (decision.outcome, words(decision.governing), decision.stance) == (Outcome.ANSWERED, strict, stricter)
        assert decision.conflict.looser.hit not in decision.supporting


def test_the_stricter_governs_where_the_looser_is_ranked_first(decided: Callable[..., Decision]) -> None:
    loose = "Staff may accept a parent's friend request."
    decision = decided(MUST_NOT, loose)
    assert words(decision.ranking.hits[0]) == loose
    assert (words(decision.governing), decision.stance) == (MUST_NOT, F)


def test_of_three_rules_the_strictest_is_set_against_the_first(decided: Callable[..., Decision]) -> None:
    decision = decided(MAY, WITH_LEAVE, MUST_NOT)
    assert (words(decision.governing), decision.stance) == (MUST_NOT, F)


NO_CONFLICTS = [
    (MUST_NOT, "Friend requests from parents must not be accepted by staff."),
    (MUST_NOT, "Staff should not accept friend requests from parents on social media."),
    (MUST_NOT, "Staff must report friend requests from parents to the headteacher."),
    (MUST_NOT, "Staff should decline friend requests from parents."),
    (MUST_NOT, "Staff may accept friend requests from former colleagues."),
    (MUST_NOT, "Parents may accept friend requests from other parents."),
    (MUST_NOT, "Staff may park in the lower car park before eight o'clock."),
]


@pytest.mark.parametrize(("rule", "other"), NO_CONFLICTS)
def test_rules_that_agree_or_are_about_others_or_about_something_else_are_no_conflict(
    decided: Callable[..., Decision], rule: str, other: str
) -> None:
    for rules in ((rule, other), (other, rule)):
        assert decided(*rules).conflict is None


def test_rules_of_two_policies_that_agree_do_not_make_it_doubtful_which_is_meant(decided: Callable[..., Decision]) -> None:
    alone, both = decided(MUST_NOT), decided(MUST_NOT, MUST_NOT)
    assert (both.outcome, both.stance) == (alone.outcome, alone.stance) == (Outcome.ANSWERED, F)


def test_a_clause_and_its_exception_in_one_policy_are_no_conflict(
    index_of: Callable[..., Index], small_document: Callable[..., str]
) -> None:
    text = small_document("Policy", f"{MUST_NOT}\n\n1.2 {MAY}")
    policy = build_policy(text, school="hillside", slug="policy", title=None, source_name="p.txt")
    assert decide(QUESTION, (), index_of(policy)).conflict is None


def test_a_rule_that_is_asked_for_by_its_number_is_not_set_against_another(decided: Callable[..., Decision]) -> None:
    assert decided(MUST_NOT, MAY, question="What does 1.1 say?").conflict is None


def test_an_urgent_message_gets_the_stricter_rule_and_no_talk_of_a_conflict(decided: Callable[..., Decision]) -> None:
    asked = "So can I accept her parent's friend request?"
    decision = decided(MAY, MUST_NOT, question=asked, context=("a child told me that her dad hits her",))
    assert decision.outcome is Outcome.URGENT
    assert (words(decision.governing), decision.stance, decision.conflict) == (MUST_NOT, F, None)


SHIPPED = {source.school: source for source in shipped_sources()}


@pytest.mark.parametrize("other", ["chase-terrace", "wellesley"])
def test_two_real_policies_that_differ_on_parents_are_a_conflict(index_of: Callable[..., Index], other: str) -> None:
    index = index_of(shipped_policy(SHIPPED["academy-trust"]), replace(shipped_policy(SHIPPED[other]), slug="second"))
    decision = decide("parent has sent me a friend request on fb can i accept", (), index)
    assert decision.conflict is not None
    assert (decision.stance, decision.conflict.looser.stance) == (F, C)
    assert decision.governing is not None
    assert decision.governing.clause.policy.slug == "second"


def verdict(adopted: str | None, stance: Stance) -> Verdict:
    policy = Policy("hillside", f"p-{stance}", "P", (), adopted=PolicyDate(adopted) if adopted else None)
    return Verdict(Hit(IndexedClause(Clause("1", "1", "", "Words.", (), stance), policy, 1, (), None), 1.0), stance)


LATER = [
    ("2018-05", "2021-09", "looser"),
    ("2021-09", "2018-05", "stricter"),
    ("2018-05-30", "2018-05-31", "looser"),
    ("2018-05", "2018-06-01", "looser"),
    ("2018-05", "2018-05-31", None),
    ("2018-05", "2018-05", None),
    (None, "2018-05", None),
    ("2018-05", None, None),
    (None, None, None),
]


@pytest.mark.parametrize(("stricter", "looser", "later"), LATER)
def test_the_later_is_the_one_adopted_plainly_later(stricter: str | None, looser: str | None, later: str | None) -> None:
    conflict = Conflict(verdict(stricter, F), verdict(looser, A))
    assert conflict.later is (getattr(conflict, later) if later else None)


CONTRADICTIONS = {(F, C), (F, A), (D, C), (D, A), (C, A)}


@pytest.mark.parametrize("one", list(Stance))
@pytest.mark.parametrize("other", list(Stance))
def test_only_leave_and_its_refusal_contradict_each_other(one: Stance, other: Stance) -> None:
    contradict = (one, other) in CONTRADICTIONS or (other, one) in CONTRADICTIONS
    assert verdict(None, one).contradicts(verdict(None, other)) == contradict


def test_why_there_is_a_conflict_is_explained(index_of: Callable[..., Index], small_document: Callable[..., str]) -> None:
    policies = [
        build_policy(small_document(title, rule), school="hillside", slug=title, title=None, source_name="p.txt")
        for title, rule in (("Handbook", MAY), ("Media Policy", MUST_NOT))
    ]
    lines = explain(QUESTION, (), index_of(*policies))
    assert "conflict: Media Policy, 1.1 (forbidden) with Handbook, 1.1 (allowed)" in lines
    assert "outcome: answered" in lines
