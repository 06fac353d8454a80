"""A trust's policy and a school's addendum to it: both are quoted, it is said which prevails, and the stricter governs."""

import json
from collections.abc import Callable
from datetime import date, datetime

import pytest
from msgspec.structs import replace

from bot.answer import Answer, to_answer, to_json
from bot.contact_book import ContactBook
from bot.directory import directory_of
from bot.layout import lay_out
from bot.rendering import as_text
from corpus.building import build_policy, shipped_policy, shipped_sources
from corpus.clause import RULINGS, Clause, Party, Policy, RulingNote, Section, Stance, TrustNote
from retrieval.decision import Decision, Outcome, decide
from retrieval.explaining import explain
from retrieval.index import Index

F, D, C, A = Stance.FORBIDDEN, Stance.DISCOURAGED, Stance.CONDITIONAL, Stance.ALLOWED
QUESTION = "Can I accept a parent's friend request?"
MUST_NOT = "Staff must not accept friend requests from parents on social media."
SHOULD_NOT = "Staff should not accept friend requests from parents on social media."
WITH_LEAVE = "Staff may accept friend requests from parents only with the permission of the headteacher."
MAY = "Staff may accept friend requests from parents on social media."
MUST = "Staff must tell the headteacher about friend requests from parents on social media."
DAY = date(2026, 11, 23)


@pytest.fixture
def trusts(small_document: Callable[..., str]) -> Callable[..., Policy]:
    """Return a trust's policy of May 2026 with this rule."""

    def build(rule: str, *, prevails: bool = False) -> Policy:
        return replace(_read(small_document("Social Media Policy", rule, "May 2026"), "social"), trust=_note(prevails))

    return build


@pytest.fixture
def addendum(small_document: Callable[..., str]) -> Callable[..., Policy]:
    """Return the school's addendum of June 2026 with this rule; to another policy where that is named."""

    def build(rule: str, supplements: str | None = "social") -> Policy:
        return replace(_read(small_document("Friends Policy", rule, "June 2026"), "more"), supplements=supplements)

    return build


def _read(text: str, slug: str) -> Policy:
    return build_policy(text, school="hillside", slug=slug, title=None, source_name=f"{slug}.txt")


def _note(prevails: bool) -> TrustNote:
    return TrustNote("Northfield Trust", "c0ffee", prevails)


@pytest.fixture
def told(index_of: Callable[..., Index]) -> Callable[..., Answer]:
    """Return the answer of a school with these policies."""

    def answer(*policies: Policy, question: str = QUESTION) -> Answer:
        index = index_of(*policies)
        directory = directory_of(index.school, (), ContactBook(), {}, datetime.fromisoformat("2026-11-23T09:00"))
        return to_answer(question, decide(question, (), index), index, directory, DAY)

    return answer


def test_the_trusts_policy_is_cited_as_the_trusts(trusts: Callable[..., Policy], told: Callable[..., Answer]) -> None:
    answer = told(trusts(MUST_NOT))
    assert answer.headline == "Northfield Trust's policy of May 2026: not allowed."
    assert "Social Media Policy, 1.1, version 1 (Northfield Trust, May 2026)." in as_text(lay_out(answer))
    plural = replace(trusts(MUST_NOT), trust=TrustNote("Northfield Schools", "c0ffee"))
    assert told(plural).headline == "Northfield Schools' policy of May 2026: not allowed."


@pytest.fixture
def both(trusts: Callable[..., Policy], addendum: Callable[..., Policy], told: Callable[..., Answer]) -> Callable[..., Answer]:
    """Return the answer where the trust has this rule and the school this, in whichever order the policies stand."""

    def answer(of_trust: str, of_school: str, *, prevails: bool) -> Answer:
        policies = trusts(of_trust, prevails=prevails), addendum(of_school)
        answer, turned = told(*policies), told(*reversed(policies))
        assert (turned.headline, turned.conflict, turned.notes) == (answer.headline, answer.conflict, answer.notes)
        return answer

    return answer


OF_TRUST = "Northfield Trust's policy prevails over your school's addendum"
OF_SCHOOL = "Your school's addendum is stricter than Northfield Trust's policy, and holds"
DIFFER = "Two of Hillside's rules differ. The stricter (Friends Policy, addendum, June 2026)"
# The trust's rule, the school's, and whether the trust's prevails over any; what the reply says of the two.
BOTH = [
    ((MUST_NOT, MAY, False), f"{OF_TRUST}: not allowed."),
    ((MUST_NOT, MAY, True), f"{OF_TRUST}: not allowed."),
    ((MUST_NOT, SHOULD_NOT, False), f"{OF_TRUST}: not allowed."),
    ((WITH_LEAVE, MAY, False), f"{OF_TRUST}. It says:"),
    ((WITH_LEAVE, MUST_NOT, False), f"{OF_SCHOOL}: not allowed."),
    ((SHOULD_NOT, MUST_NOT, False), f"{OF_SCHOOL}: not allowed."),
    ((MAY, WITH_LEAVE, False), f"{OF_SCHOOL}. It says:"),
    ((MAY, MUST_NOT, True), f"{DIFFER}: not allowed."),
]
STANCES = {MUST_NOT: F, SHOULD_NOT: D, WITH_LEAVE: C, MAY: A}


@pytest.mark.parametrize(("rules", "headline"), BOTH)
def test_the_stricter_governs_both_are_quoted_and_it_is_said_which_prevails(
    both: Callable[..., Answer], rules: tuple[str, str, bool], headline: str
) -> None:
    of_trust, of_school, prevails = rules
    answer = both(of_trust, of_school, prevails=prevails)
    stricter, looser = sorted((of_trust, of_school), key=list(STANCES).index)
    assert (answer.outcome, answer.stance, answer.headline) == (Outcome.ANSWERED, STANCES[stricter], headline)
    assert [quote.words for quote in answer.quotes[:2]] == [stricter, looser]
    holds = of_trust if prevails else stricter
    titles = {of_trust: "The trust's rule", of_school: "Your school's addendum"}
    titles[holds] += ", which prevails"
    assert answer.conflict is not None
    assert answer.conflict.titles == (titles[stricter], titles[looser])
    found = json.loads(to_json(answer, ""))["conflict"]
    assert found["prevailing_policy"] == ("Social Media Policy" if holds == of_trust else "Friends Policy")


TRUSTS_RULE, SCHOOLS_RULE = "Social Media Policy, 1.1 (Northfield Trust, May 2026)", "Friends Policy, 1.1 (addendum, June 2026)"
WHICH = [
    (
        (MUST_NOT, MAY, False),
        f"{OF_TRUST}: {TRUSTS_RULE}, is stricter than {SCHOOLS_RULE}.",
        "An addendum may be stricter than what it supplements, never looser. Ask the headteacher.",
    ),
    (
        (MAY, MUST_NOT, False),
        f"{OF_SCHOOL}: {SCHOOLS_RULE}, is stricter than {TRUSTS_RULE}.",
        "Northfield Trust lets a school be stricter than its policy. In doubt ask the headteacher.",
    ),
    (
        (MAY, MUST_NOT, True),
        f"{TRUSTS_RULE}, prevails over any addendum; your school's addendum is stricter: {SCHOOLS_RULE}.",
        "Until the headteacher has settled with Northfield Trust which of them holds, the stricter is the safe one to follow. "
        "Ask the headteacher.",
    ),
]


@pytest.mark.parametrize(("rules", "which", "follow"), WHICH)
def test_how_the_two_stand_to_each_other_is_said_in_words(
    both: Callable[..., Answer], rules: tuple[str, str, bool], which: str, follow: str
) -> None:
    conflict = both(*rules[:2], prevails=rules[2]).conflict
    assert conflict is not None
    assert conflict.sentences == (which, follow)


def test_where_they_say_the_same_both_are_shown_and_both_hold(
    trusts: Callable[..., Policy], addendum: Callable[..., Policy], told: Callable[..., Answer]
) -> None:
    answer = told(trusts(MUST_NOT), addendum(MUST_NOT.replace("accept", "accept or send")))
    assert (answer.outcome, answer.stance, answer.conflict) == (Outcome.ANSWERED, F, None)
    assert {quote.citation.policy for quote in answer.quotes} == {"Social Media Policy", "Friends Policy"}
    assert sum("and both hold: " in note for note in answer.notes) == 1


def test_a_duty_that_an_addendum_lets_be_left_is_the_trusts_all_the_same(
    trusts: Callable[..., Policy], addendum: Callable[..., Policy], index_of: Callable[..., Index]
) -> None:
    free = "Staff may tell the headteacher about friend requests from parents on social media if they like."
    asked = "Do I have to tell the head about a friend request from a parent?"
    decision = decide(asked, (), index_of(trusts(MUST), addendum(free)))
    assert decision.conflict is not None
    assert (decision.conflict.stricter.stance, decision.conflict.prevailing) == (Stance.REQUIRED, decision.conflict.stricter)
    assert decision.stance in (None, Stance.REQUIRED)


def test_what_an_addendum_may_forbid_is_not_told_as_leave_of_the_trust_however_far_down_it_is_ranked(
    index_of: Callable[..., Index], addendum: Callable[..., Policy]
) -> None:
    source = next(one for one in shipped_sources() if one.school == "archbishop-huttons")
    policy, asked = replace(shipped_policy(source), slug="social", trust=_note(False)), "can I use facebook in my lunch break?"
    assert decide(asked, (), index_of(policy)).stance is C
    ban = "Staff must not use social media at work at any time."
    decision = decide(asked, (), index_of(policy, addendum(ban)))
    assert all(hit.clause.policy.trust for hit in decision.ranking.hits)
    assert (decision.outcome, decision.governing) == (Outcome.CHOOSE, None)
    assert decision.conflict is not None
    assert [hit.clause.clause.words for hit in decision.offered[:2]] == [ban, decision.conflict.looser.hit.clause.clause.words]
    # The same rule in a policy that supplements nothing is another policy's, found by its own score.
    assert decide(asked, (), index_of(policy, addendum(ban, None))).stance is C


def test_an_addendum_is_one_only_beside_the_trusts_policy_that_it_supplements(
    trusts: Callable[..., Policy], addendum: Callable[..., Policy], told: Callable[..., Answer]
) -> None:
    own = replace(trusts(MUST_NOT), trust=None)
    for policies in ((own, addendum(MAY)), (trusts(MUST_NOT), addendum(MAY, "phones")), (trusts(MUST_NOT), addendum(MAY, None))):
        answer = told(*policies)
        assert answer.conflict is not None
        assert (answer.stance, answer.conflict.prevailing) == (F, None)
        assert answer.headline.startswith("Two of Hillside's rules differ. The stricter (Social Media Policy, ")
    assert "Until the headteacher has settled with Northfield Trust which of them holds" in answer.conflict.sentences[1]


@pytest.mark.parametrize("approved", [None, "the chair of governors"])
def test_no_ruling_stands_over_a_trusts_rule_whoever_approved_it(
    trusts: Callable[..., Policy], index_of: Callable[..., Index], approved: str | None
) -> None:
    def decided(policy: Policy) -> Decision:
        cites = f"{policy.title}, 1.1, version 1"
        note = RulingNote("Mrs Harrison", DAY, date(2050, 1, 1), QUESTION, None, cites, approved)
        ruling = Clause("ruling-1", "Ruling 1", "", MAY, (), A, binds=(Party.STAFF,), confirmed=True, ruling=note)
        rulings = Policy("hillside", RULINGS, "Rulings", (Section("", "", 1, "", (), (ruling,)),))
        return decide(QUESTION, (), index_of(policy, rulings))

    assert decided(replace(trusts(MUST_NOT), trust=None)).stance is A  # over the school's own it does
    decision = decided(trusts(MUST_NOT))
    assert decision.stance is F
    assert decision.conflict is not None
    assert decision.conflict.looser.hit.clause.clause.ruling is not None


def test_which_prevails_is_explained(
    trusts: Callable[..., Policy], addendum: Callable[..., Policy], index_of: Callable[..., Index]
) -> None:
    lines = explain(QUESTION, (), index_of(trusts(MUST_NOT), addendum(MAY)))
    conflict = "conflict: Social Media Policy, 1.1 (forbidden) with Friends Policy, 1.1 (allowed)"
    assert f"{conflict}; Social Media Policy prevails" in lines
