"""What a reply says: its headline, its quotes word for word, its warnings, whom to speak to; and what it never says."""

import html
import json
import re
from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import pytest
from msgspec import structs

from bot.answer import NEAREST_RULE, Answer, needs_school, to_answer, to_json
from bot.asking import ask
from bot.bootstrap import Indexes
from bot.contact_book import ContactBook
from bot.directory import NO_SCHOOL, Directory, directory_of
from bot.rendering import to_html, to_text
from corpus.building import build_policy, shipped_sources, source_text
from corpus.clause import Clause, LeadIn, Party, Person, Policy, Role, SecondStance, Section, Stance
from corpus.dates import PolicyDate
from corpus.source import SourceText, cut_from, fold
from corpus.versions import School
from retrieval.decision import Decision, Outcome
from retrieval.fitted import FITTED
from retrieval.index import Index
from retrieval.ranking import NOTHING, Hit, Ranking
from retrieval.urgency import Danger

F, D, C, A = Stance.FORBIDDEN, Stance.DISCOURAGED, Stance.CONDITIONAL, Stance.ALLOWED
R, S, FACT = Stance.REQUIRED, Stance.RECOMMENDED, Stance.INFORMATIONAL
TODAY = date(2026, 11, 21)
NOW = datetime.fromisoformat("2026-11-21T21:00")
WORDS = "Staff must not use their own phones in class, not even at break."
LAST_LINE = "Worried about a child? Write: worried about a child"


def of_policies(index: Index) -> Directory:
    """Return whom to turn to at a school that has filled in nothing: there are the names that its policies give."""
    return directory_of(index.school, index.policies, ContactBook(), {}, NOW)


def clause(stance: Stance = F, words: str = WORDS, **about: Any) -> Clause:
    return Clause("1.1", "1.1", "1.1", words, (), stance, **{"confirmed": True, **about})


def policy(*clauses: Clause, **about: Any) -> Policy:
    elements = tuple(about.pop("elements", clauses))
    section = Section("Phones", "1", 1, "1. Phones", (), elements)
    return Policy("hillside", "phones", "Phones Policy", (section,), **{"adopted": PolicyDate("2018-05"), **about})


@pytest.fixture
def reply(index_of: Callable[..., Index]) -> Callable[..., Answer]:
    """Return the answer whose governing clause is the first of a policy."""

    def answer(published: Policy, *, stance: Stance | None = None, school: School | None = None, supporting: int = 0) -> Answer:
        index = index_of(published, **({"school": school} if school else {}))
        hits = tuple(Hit(one, 1.0) for one in index.clauses)
        decision = Decision(
            Outcome.ANSWERED,
            Ranking(hits),
            hits[0],
            stance or hits[0].clause.clause.stance,
            supporting=hits[1 : 1 + supporting],
            confidence=0.9,
        )
        return to_answer("Can I use my phone?", decision, index, of_policies(index), TODAY)

    return answer


HEADLINES = [
    (F, "Hillside's policy of May 2018: not allowed."),
    (D, "Hillside's policy of May 2018: advised against."),
    (C, "Hillside's policy of May 2018: only on a condition."),
    (A, "Hillside's policy of May 2018: allowed."),
    (R, "Hillside's policy of May 2018: a rule that must be followed."),
    (S, "Hillside's policy of May 2018: advice to follow."),
    (FACT, "Hillside's policy of May 2018: this is what it says."),
]


def test_every_stance_has_its_headline() -> None:
    assert {stance for stance, _ in HEADLINES} == set(Stance)


@pytest.mark.parametrize(("stance", "headline"), HEADLINES)
def test_a_headline_says_whose_policy_it_is_how_old_and_what_it_makes_of_the_thing(
    reply: Callable[..., Answer], stance: Stance, headline: str
) -> None:
    answer = reply(policy(clause(stance)))
    assert (answer.headline, answer.stance, answer.stance_confirmed) == (headline, stance, True)
    assert to_text(answer).startswith(f"{headline}\n")


@pytest.mark.parametrize(("stance", "_"), HEADLINES)
@pytest.mark.parametrize("confirmed", [True, False])
@pytest.mark.parametrize("binds", [(), (Party.PUPILS,)])
def test_a_headline_is_never_a_bare_yes_or_no(
    reply: Callable[..., Answer], stance: Stance, _: str, confirmed: bool, binds: tuple[Party, ...]
) -> None:
    headline = reply(policy(clause(stance, confirmed=confirmed, binds=binds))).headline
    assert not re.match(r"(?i)\W*(?:yes|no|yep|nope|sure|of course)\b", headline)
    assert len(headline.split()) > 3


@pytest.mark.parametrize("stance", [A, C])
def test_an_unconfirmed_permission_is_never_a_headline(reply: Callable[..., Answer], stance: Stance) -> None:
    answer = reply(policy(clause(stance, confirmed=False)))
    assert (answer.headline, answer.stance_confirmed) == (NEAREST_RULE, False)
    assert answer.headline == "The nearest rule in your policy:"
    assert WORDS in to_text(answer)


@pytest.mark.parametrize("stance", [F, D, R, S, FACT])
def test_an_unconfirmed_stance_that_permits_nothing_is_a_headline(reply: Callable[..., Answer], stance: Stance) -> None:
    assert reply(policy(clause(stance, confirmed=False))).headline == reply(policy(clause(stance))).headline


def test_an_unconfirmed_clause_whose_second_stance_permits_has_no_headline_of_its_own(reply: Callable[..., Answer]) -> None:
    two = clause(F, second=SecondStance(C, "not even at break"), confirmed=False)
    assert reply(policy(two), stance=C).headline == NEAREST_RULE


def test_where_the_second_stance_is_asserted_the_words_of_the_first_do_not_stand_beside_it(
    reply: Callable[..., Answer],
) -> None:
    words = "Staff may use their own phones at break but must not use them in corridors."
    two = clause(A, words, deciding="may use their own phones at break", second=SecondStance(F, "must not use them in corridors"))
    answer = reply(policy(two), stance=F)
    lines = to_text(answer).splitlines()
    assert lines[0].endswith("not allowed.")
    assert lines[1] != "“may use their own phones at break”"
    assert "must not use them in corridors" in lines[1]
    assert "<strong>may use their own phones at break</strong>" not in to_html(answer)


WHOSE = [
    ("Hillside", "2018-05", "Hillside's policy of May 2018: "),
    ("Archbishop Hutton's", "2018-05", "Archbishop Hutton's policy of May 2018: "),
    ("St Mary’s", "2018-05", "St Mary’s policy of May 2018: "),
    ("St James", "2023-11-16", "St James's policy of 16 November 2023: "),
    ("Hillside", None, "Hillside's policy (undated): "),
]


@pytest.mark.parametrize(("short_name", "adopted", "beginning"), WHOSE)
def test_a_headline_names_the_school_and_the_date_as_people_do(
    reply: Callable[..., Answer], short_name: str, adopted: str | None, beginning: str
) -> None:
    published = policy(clause(), adopted=adopted and PolicyDate(adopted))
    assert reply(published, school=School("hillside", "Hillside Primary School", short_name)).headline.startswith(beginning)


BOUND = [
    ((Party.STAFF,), "not allowed."),
    ((), "not allowed."),
    ((Party.PUPILS, Party.STAFF), "not allowed."),
    ((Party.PUPILS,), "for pupils: not allowed."),
    ((Party.PARENTS,), "for parents and carers: not allowed."),
    ((Party.GOVERNORS, Party.VOLUNTEERS), "for governors and volunteers: not allowed."),
    ((Party.PUPILS, Party.PARENTS, Party.VISITORS), "for pupils, parents and carers and visitors: not allowed."),
    ((Party.CONTRACTORS,), "for contractors: not allowed."),
]


@pytest.mark.parametrize(("binds", "end"), BOUND)
def test_a_headline_says_whom_the_clause_binds_where_that_is_not_staff(
    reply: Callable[..., Answer], binds: tuple[Party, ...], end: str
) -> None:
    assert reply(policy(clause(binds=binds))).headline == f"Hillside's policy of May 2018: {end}"


RELYING = [
    # stance, adopted, review due, whether to check before relying on it
    (A, "2018-05", "2020-05", True),
    (C, "2018-05", "2020-05", True),
    (A, None, None, True),
    (C, None, "2030-05", True),
    (A, "2018-05", "2030-05", False),
    (A, "2018-05", "2026-11", False),  # the month is not over
    (A, "2018-05", "2026-11-20", True),
    (A, "2018-05", None, False),
    (F, "2018-05", "2020-05", False),
    (D, None, None, False),
    (R, "2018-05", "2020-05", False),
]


@pytest.mark.parametrize(("stance", "adopted", "due", "check"), RELYING)
def test_a_permission_of_an_overdue_or_undated_policy_is_to_be_checked_before_relying_on_it(
    reply: Callable[..., Answer], stance: Stance, adopted: str | None, due: str | None, check: bool
) -> None:
    published = policy(clause(stance), adopted=adopted and PolicyDate(adopted), review_due=due and PolicyDate(due))
    answer = reply(published)
    for text in (to_text(answer), to_html(answer)):
        assert ("check before relying on this" in text) is check


DATES = [
    ("2018-05", "2020-05", "(May 2018; was due for review in May 2020)", True),
    ("2018-05-14", "2020-05-31", "(14 May 2018; was due for review in May 2020)", True),
    ("2018-05", "2026-11", "(May 2018; review due November 2026)", False),
    ("2018-05", None, "(May 2018)", False),
    (None, "2020-05", "(undated; was due for review in May 2020)", True),
    (None, None, "(undated)", False),
]


@pytest.mark.parametrize(("adopted", "due", "words", "overdue"), DATES)
def test_each_quote_gives_the_policys_dates(
    reply: Callable[..., Answer], adopted: str | None, due: str | None, words: str, overdue: bool
) -> None:
    published = policy(clause(), adopted=adopted and PolicyDate(adopted), review_due=due and PolicyDate(due))
    answer = reply(published)
    assert f"Phones Policy, 1.1, version 1 {words}." in to_text(answer)
    assert words in to_html(answer)
    citation = answer.quotes[0].citation
    assert (citation.adopted, citation.review_due, citation.overdue) == (adopted, due, overdue)


def test_advised_against_is_explained(reply: Callable[..., Answer]) -> None:
    assert "asks you not to" in to_text(reply(policy(clause(D))))
    assert "asks you not to" not in to_text(reply(policy(clause(F))))


def test_superseded_law_is_named_with_what_took_its_place(reply: Callable[..., Answer]) -> None:
    text = to_text(reply(policy(clause(R, "Staff must follow the Data Protection Act 1998 at all times."))))
    assert "It names the Data Protection Act 1998; the UK GDPR and the Data Protection Act 2018 took its place." in text


def test_a_clause_that_the_source_cuts_off_says_so(reply: Callable[..., Answer]) -> None:
    note = "The source is cut here, at the end of a page; what followed is not known."
    assert note in to_text(reply(policy(clause(note=note))))


def test_a_repaired_clause_is_quoted_as_read_and_the_reply_says_that_it_was_repaired(reply: Callable[..., Answer]) -> None:
    damaged = clause(words="taff must not text pupils.", reading="Staff must not text pupils.", repairs=("a letter was lost",))
    answer = reply(policy(damaged))
    text = to_text(answer)
    assert "“Staff must not text pupils.”" in text
    assert "“taff" not in text
    assert "was repaired: a letter was lost." in text
    citation = answer.quotes[0].citation
    assert (citation.text, citation.reading) == ("taff must not text pupils.", "Staff must not text pupils.")
    assert citation.repairs == ("a letter was lost",)


def test_a_list_item_is_quoted_after_its_lead_in(reply: Callable[..., Answer]) -> None:
    elements = (
        LeadIn("lead-in-1", "", "When in class, staff must not:", ()),
        Clause("1-a", "1(a)", "(a)", "use a phone;", (), F, lead_in="lead-in-1", deciding="use a phone", confirmed=True),
    )
    answer = reply(policy(elements=elements))
    text = to_text(answer)
    assert "“When in class, staff must not: use a phone”" in text
    assert "“When in class, staff must not: use a phone;”" in text
    assert answer.quotes[0].citation.section == "1. Phones"


def test_supporting_clauses_stand_below_the_governing_one(reply: Callable[..., Answer]) -> None:
    other = Clause("1.2", "1.2", "1.2", "Phones are kept in lockers.", (), FACT, confirmed=True)
    text = to_text(reply(policy(clause(), other), supporting=1))
    assert text.index("The clause, word for word:") < text.index(WORDS, 60) < text.index("See also:")
    assert text.index("See also:") < text.index("Phones are kept in lockers.")


ADA, BEN = Person(Role.HEADTEACHER, "Mrs Ada Harrison"), Person(Role.DSL, "Mr Ben Okafor")
CONTACTS = [
    ((), (ADA,), "Mrs Ada Harrison, the headteacher"),
    ((), (), "the headteacher"),
    ((Role.DSL,), (ADA, BEN), "Mr Ben Okafor, the designated safeguarding lead (DSL)"),
    ((Role.DSL,), (ADA,), "the designated safeguarding lead (DSL)"),
    ((Role.POLICE, Role.HEADTEACHER), (ADA,), "Mrs Ada Harrison, the headteacher"),
    ((Role.GOVERNORS,), (ADA,), "the chair of governors"),
    ((Role.LINE_MANAGER,), (ADA,), "your line manager"),
    ((Role.SLT,), (), "a member of the senior leadership team"),
    ((Role.POLICE,), (ADA,), "the police"),
    ((Role.LOCAL_AUTHORITY,), (ADA,), "the local authority"),
]


@pytest.mark.parametrize(("roles", "people", "words"), CONTACTS)
def test_whom_to_speak_to_is_the_role_that_the_clause_names_by_name_only_if_a_policy_gives_it(
    reply: Callable[..., Answer], roles: tuple[Role, ...], people: tuple[Person, ...], words: str
) -> None:
    answer = reply(policy(clause(roles=roles), people=people))
    assert f"\nSpeak to: {words}.\n" in to_text(answer)
    assert answer.escalation is not None
    assert (answer.escalation.how, answer.escalation.when) == (None, None)


def decided(index: Index, outcome: Outcome, **about: Any) -> Answer:
    hits = tuple(Hit(one, 1.0) for one in index.clauses)
    ranking = NOTHING if outcome is Outcome.SMALLTALK else Ranking(hits)
    return to_answer("Can I?", Decision(outcome, ranking, **about), index, of_policies(index), TODAY)


@pytest.fixture
def kinds(index_of: Callable[..., Index]) -> dict[str, Answer]:
    """One reply of every kind."""
    index = index_of(policy(clause(), people=(ADA, BEN), review_due=PolicyDate("2020-05")))
    hit = Hit(index.clauses[0], 1.0)
    replies = {
        "answered": decided(index, Outcome.ANSWERED, governing=hit, stance=F),
        "choose": decided(index, Outcome.CHOOSE, offered=(hit,)),
        "not covered": decided(index, Outcome.NOT_COVERED),
        "small talk": decided(index, Outcome.SMALLTALK),
        "needs school": needs_school("Can I?", ["hillside", "valley"], index.knowledge.vectors),
        "needs school, none there": needs_school("Can I?", [], index.knowledge.vectors),
    }
    for danger in Danger:
        replies[f"urgent: {danger}"] = decided(index, Outcome.URGENT, danger=danger)
        replies[f"urgent: {danger}, with a clause"] = decided(index, Outcome.URGENT, danger=danger, governing=hit, stance=F)
    return replies


def test_every_kind_of_reply_ends_with_the_way_to_worried_about_a_child_or_is_that_way(kinds: dict[str, Answer]) -> None:
    assert {answer.outcome for answer in kinds.values()} == set(Outcome)
    for name, answer in kinds.items():
        text = to_text(answer)
        if answer.outcome is Outcome.URGENT:
            assert answer.steps, name
            assert re.search(r"\b999\b", text), name
        else:
            assert text.splitlines()[-1] == LAST_LINE, name


def test_what_the_last_line_says_to_write_opens_the_urgent_route(demo: Indexes) -> None:
    wish = LAST_LINE.rpartition("Write: ")[2]
    assert ask(wish, demo.of("coniston"), NO_SCHOOL, TODAY).outcome is Outcome.URGENT


def test_no_kind_of_reply_has_markup_an_empty_line_too_many_or_a_word_that_was_never_filled_in(kinds: dict[str, Answer]) -> None:
    for name, answer in kinds.items():
        text = to_text(answer)
        assert not re.search(r"<[a-z/]|&\w+;|\{[{%]|\bNone\b(?! of)|\n\n\n|[ \t]\n|  ", text), name
        assert not re.search(r"\bNone\b(?! of)", to_html(answer)), name


def test_what_is_not_covered_names_what_was_searched_and_does_not_permit(kinds: dict[str, Answer]) -> None:
    answer = kinds["not covered"]
    text = to_text(answer)
    assert "That does not mean that it is allowed." in text
    assert "I looked in: Phones Policy (May 2018; was due for review in May 2020)." in text
    assert "Speak to: Mrs Ada Harrison, the headteacher." in text
    assert (answer.stance, answer.quotes, answer.offered) == (None, (), ())


def test_a_choice_asserts_none_of_its_clauses(kinds: dict[str, Answer]) -> None:
    answer = kinds["choose"]
    assert (answer.stance, answer.quotes) == (None, ())
    assert "None of them is certain" in to_text(answer)
    assert f"1. “{WORDS}”" in to_text(answer)


def test_without_a_known_school_the_schools_are_offered(kinds: dict[str, Answer]) -> None:
    assert "Choose one of: hillside, valley." in to_text(kinds["needs school"])
    assert "Choose one of" not in to_text(kinds["needs school, none there"])


ROUTES = [
    (Danger.CHILD_AT_RISK, ["Mr Ben Okafor", "children's social care", "do not promise", "not reporting"], []),
    (Danger.INDECENT_IMAGE, ["Mr Ben Okafor", "Do not view, copy, print, share, save or delete", "not reporting"], []),
    (Danger.ALLEGATION, ["Mrs Ada Harrison", "chair of governors", "Do not investigate", "not reporting"], []),
    (Danger.THREAT, ["999", "101", "Mrs Ada Harrison", "not reporting"], []),
    (Danger.ASKER_AT_RISK, ["116 123", "85258", "111", "999"], ["policy", "Phones", "Mrs Ada Harrison"]),
]


@pytest.mark.parametrize(("danger", "said", "unsaid"), ROUTES)
def test_each_urgent_route_says_what_to_do_and_what_not(
    kinds: dict[str, Answer], danger: Danger, said: list[str], unsaid: list[str]
) -> None:
    for name in (f"urgent: {danger}", f"urgent: {danger}, with a clause"):
        text = to_text(kinds[name])
        assert [words for words in said if words not in text] == []
        assert [words for words in unsaid if words in text] == []


def test_the_person_at_risk_is_quoted_no_policy(kinds: dict[str, Answer]) -> None:
    answer = kinds[f"urgent: {Danger.ASKER_AT_RISK}, with a clause"]
    assert (answer.quotes, answer.offered, answer.escalation) == ((), (), None)


def test_an_urgent_reply_puts_the_route_before_the_clause(kinds: dict[str, Answer]) -> None:
    text = to_text(kinds[f"urgent: {Danger.CHILD_AT_RISK}, with a clause"])
    assert text.index("999") < text.index("What your policy says:") < text.index(WORDS)


def test_without_names_in_the_policies_none_is_invented(index_of: Callable[..., Index]) -> None:
    index = index_of(policy(clause()))
    for danger in Danger:
        text = to_text(decided(index, Outcome.URGENT, danger=danger))
        assert not re.search(r"\b(?:Mr|Mrs|Ms|Miss|Dr)\b", text)


@pytest.mark.parametrize("source", shipped_sources(), ids=lambda source: source.school)
def test_every_clause_of_the_five_policies_is_quoted_word_for_word(demo: Indexes, source: Any) -> None:
    """Each quote is a stretch of the published reading, and each `text` the source's own characters."""
    index = demo.of(source.school)
    original = source_text(source)
    repairs = tuple(entry.repair(source.school) for entry in source.repairs)
    reading = fold(SourceText(original, repairs).reading).replace("**", "")
    assert index.clauses
    for indexed in index.clauses:
        one = indexed.clause
        hit = Hit(indexed, 1.0)
        decision = Decision(Outcome.ANSWERED, Ranking((hit,)), hit, one.stance)
        answer = to_answer("Can I?", decision, index, of_policies(index), TODAY)
        (quote,) = answer.quotes
        assert quote.words == one.words
        assert quote.before + quote.deciding + quote.after == one.words
        assert one.words in reading
        assert f"{one.marker} {one.text}".strip() == cut_from(original, one.at)
        whole = f"{indexed.lead_in} {one.words}" if indexed.lead_in else one.words
        assert f"“{whole}”" in to_text(answer)
        plain = fold(html.unescape(re.sub(r"<[^>]*>", "", to_html(answer))))
        assert whole in plain
        assert (one.reading is None) == (one.words == one.text)
        assert bool(one.repairs) == ("was repaired:" in to_text(answer))


# Two policies that differ


REQUEST = "Can I accept a parent's friend request?"
MUST_NOT = "Staff must not accept friend requests from parents on social media."
MAY = "Staff may accept friend requests from parents on social media."


@pytest.fixture
def of_two(index_of: Callable[..., Index], small_document: Callable[..., str]) -> Callable[..., Answer]:
    """Return the answer of a school that has a rule in its handbook and one in its media policy, each adopted on its date."""

    def answer(handbook: tuple[str, str | None], media: tuple[str, str | None], *more: Policy) -> Answer:
        policies = [
            build_policy(small_document(title, rule, adopted), school="hillside", slug=slug, title=None, source_name=slug)
            for slug, title, (rule, adopted) in (("handbook", "Staff Handbook", handbook), ("media", "Media Policy", media))
        ]
        index = index_of(*policies, *more)
        return ask(REQUEST, index, of_policies(index), TODAY)

    return answer


WHICH_IS_WHICH = [
    (
        ("May 2018", "September 2021"),
        "Staff Handbook, 1.1 (May 2018), is the stricter; Media Policy, 1.1 (September 2021), was approved later.",
        ("The stricter rule", "The other rule, approved later"),
        "Media Policy",
    ),
    (
        ("September 2021", "May 2018"),
        "Staff Handbook, 1.1 (September 2021), is the stricter, and was approved later than Media Policy, 1.1 (May 2018).",
        ("The stricter rule, approved later", "The other rule"),
        "Staff Handbook",
    ),
    (
        ("May 2018", None),
        "Staff Handbook, 1.1 (May 2018), is stricter than Media Policy, 1.1 (undated). "
        "Their dates do not tell which was approved later.",
        ("The stricter rule", "The other rule, undated"),
        None,
    ),
    (
        (None, "May 2018"),
        "Staff Handbook, 1.1 (undated), is stricter than Media Policy, 1.1 (May 2018). "
        "Their dates do not tell which was approved later.",
        ("The stricter rule, undated", "The other rule"),
        None,
    ),
]


@pytest.mark.parametrize(("adopted", "which", "titles", "later"), WHICH_IS_WHICH)
def test_where_two_rules_differ_the_reply_says_which_is_the_stricter_and_which_the_later(
    of_two: Callable[..., Answer], adopted: tuple[str, str], which: str, titles: tuple[str, str], later: str | None
) -> None:
    answer = of_two((MUST_NOT, adopted[0]), (MAY, adopted[1]))
    assert (
        answer.headline
        == f"Two of Hillside's rules differ. The stricter (Staff Handbook, {adopted[0] or 'undated'}): not allowed."
    )
    assert (answer.stance, [quote.words for quote in answer.quotes]) == (F, [MUST_NOT, MAY])
    assert answer.conflict is not None
    assert answer.conflict.sentences == (
        which,
        "Until the headteacher has decided which of them holds, the stricter is the safe one to follow. Ask the headteacher.",
    )
    assert answer.conflict.titles == titles
    conflict = json.loads(to_json(answer, ""))["conflict"]
    assert conflict == {
        "stricter": "1.1",
        "stricter_policy": "Staff Handbook",
        "later": later and "1.1",
        "later_policy": later,
        "prevailing": None,
        "prevailing_policy": None,
    }


def test_the_stricter_rule_is_cited_first_in_whichever_policy_it_stands(of_two: Callable[..., Answer]) -> None:
    answer = of_two((MAY, "May 2018"), (MUST_NOT, "September 2021"))
    found = json.loads(to_json(answer, ""))
    assert [(citation["policy"], citation["text"]) for citation in found["citations"]] == [
        ("Media Policy", MUST_NOT),
        ("Staff Handbook", MAY),
    ]
    assert (found["stance"], found["conflict"]["stricter_policy"], found["conflict"]["later_policy"]) == (
        F,
        "Media Policy",
        "Media Policy",
    )


def test_where_two_rules_differ_the_headteacher_is_named_as_the_one_to_ask(of_two: Callable[..., Answer]) -> None:
    named = Policy("hillside", "staff", "Staff", (), people=(Person(Role.HEADTEACHER, "Mrs Harrison"),))
    assert "Ask Mrs Harrison, the headteacher." in to_text(of_two((MAY, None), (MUST_NOT, None), named))


def test_a_permission_that_nobody_confirmed_is_no_headline_as_the_stricter_of_two(of_two: Callable[..., Answer]) -> None:
    leave = "Staff may accept friend requests from parents only with the permission of the headteacher."
    answer = of_two((leave, "May 2018"), (MAY, "September 2021"))
    assert (answer.headline, answer.stance) == ("Two of Hillside's rules differ. The stricter says:", C)


def test_where_it_is_doubtful_that_two_rules_that_differ_are_meant_both_are_offered_and_flagged(
    of_two: Callable[..., Answer], monkeypatch: pytest.MonkeyPatch
) -> None:
    surest = structs.replace(FITTED.thresholds, answer=1.0, answer_unknown=1.0)
    monkeypatch.setattr("retrieval.decision.FITTED", structs.replace(FITTED, thresholds=surest))
    answer = of_two((MAY, "May 2018"), (MUST_NOT, "September 2021"))
    assert (answer.outcome, answer.stance, answer.quotes) == (Outcome.CHOOSE, None, ())
    assert [quote.words for quote in answer.offered[:2]] == [MUST_NOT, MAY]
    assert answer.conflict is not None
    assert answer.conflict.sentences[:2] == (
        "The first two of these rules differ.",
        "Media Policy, 1.1 (September 2021), is the stricter, and was approved later than Staff Handbook, 1.1 (May 2018).",
    )
    assert "The first two of these rules differ." in to_text(answer)
    assert "The first two of these rules differ." in to_html(answer)


def test_two_rules_that_agree_are_not_flagged(of_two: Callable[..., Answer]) -> None:
    answer = of_two((MUST_NOT, "May 2018"), (MUST_NOT, "September 2021"))
    assert (answer.stance, answer.conflict) == (F, None)
    assert "differ" not in to_text(answer)


JSON_KEYS = [
    "id", "school", "question", "outcome", "stance", "stance_confirmed", "headline", "confidence", "citations", "conflict",
    "escalation", "ranking", "text",
]  # fmt: skip
CITATION_KEYS = [
    "clause_id", "policy", "version", "section", "label", "lead_in", "text", "reading", "repairs", "url", "adopted",
    "review_due", "overdue",
]  # fmt: skip


def test_the_json_of_every_kind_has_the_same_keys_on_one_line(kinds: dict[str, Answer]) -> None:
    for answer in kinds.values():
        raw = to_json(answer, to_text(answer), "q-1")
        assert b"\n" not in raw
        found = json.loads(raw)
        assert list(found) == JSON_KEYS
        assert (found["id"], found["outcome"], found["text"]) == ("q-1", answer.outcome, to_text(answer))
        for citation in found["citations"]:
            assert list(citation) == CITATION_KEYS
        for row in found["ranking"]:
            assert list(row) == ["clause_id", "score", "text"]
        if found["escalation"]:
            assert list(found["escalation"]) == ["role", "name", "how", "when"]


def test_the_json_of_an_answer_cites_the_governing_clause_first_and_of_a_choice_those_offered(kinds: dict[str, Answer]) -> None:
    for name in ("answered", "choose"):
        found = json.loads(to_json(kinds[name], ""))
        assert [citation["clause_id"] for citation in found["citations"]] == ["1.1"]
        assert found["id"] is None
    assert json.loads(to_json(kinds["not covered"], ""))["citations"] == []


def test_the_json_of_what_is_not_covered_still_has_the_ranking(kinds: dict[str, Answer]) -> None:
    assert [row["clause_id"] for row in json.loads(to_json(kinds["not covered"], ""))["ranking"]] == ["1.1"]


def test_an_urgent_reply_without_a_clause_has_no_stance(kinds: dict[str, Answer]) -> None:
    found = json.loads(to_json(kinds[f"urgent: {Danger.CHILD_AT_RISK}"], ""))
    assert (found["stance"], found["citations"], found["escalation"]["role"]) == (None, [], "dsl")
