"""A draft tried with test questions: what is lost or looser is found, said in words, and must be looked at."""

from collections.abc import Callable
from datetime import date, datetime
from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from bot.contact_book import ContactBook
from bot.directory import Directory, directory_of
from bot.errors import BotError, QuestionError
from bot.trial import Difference, Lately, Tried, lately_changed, try_out
from bot.trial_questions import EXPECTATIONS, LONGEST, TrialQuestion, first_set
from corpus.building import build_policy
from corpus.clause import Clause, Party, SecondStance, Stance
from corpus.versions import School
from retrieval.index import Index

if TYPE_CHECKING:
    from tests.conftest import Chat

HILLSIDE = School("hillside", "Hillside Primary School", "Hillside")
DAY = date(2026, 11, 23)
FRIENDS = "Can I accept a parent's friend request?"
LOCKING = "Do I have to lock my computer?"
MUST_NOT = "Staff must not accept friend requests from parents on social media."
NEVER = "Staff must never accept any friend request from a parent on social media."
SHOULD_NOT = "Staff should not accept friend requests from parents on social media."
WITH_LEAVE = "Staff may accept friend requests from parents only with the permission of the headteacher."
MAY = "Staff may accept friend requests from parents on social media."
VISITORS = "Visitors sign in at the front desk."
OF = "from parents"

Built = Callable[..., Index]


@pytest.fixture(scope="session")
def index(index_of: Callable[..., Index], small_document: Callable[..., str]) -> Built:
    """Return the index of a school whose one policy has this first rule, with `changed` made of each of its clauses."""

    def build(rule: str, changed: Callable[[Clause], Clause] = lambda clause: clause) -> Index:
        text = small_document("Social Media Policy", rule)
        policy = build_policy(text, school="hillside", slug="media", title=None, source_name="media.txt")
        return index_of(policy.with_clauses(changed))

    return build


@pytest.fixture(scope="session")
def directory() -> Directory:
    return directory_of(HILLSIDE, (), ContactBook(), {}, datetime.fromisoformat("2026-11-23T09:00"))


def tried(today: Index, draft: Index, directory: Directory, question: str = FRIENDS) -> Tried:
    (group,) = try_out([TrialQuestion(1, question)], today, draft, directory, DAY).groups
    return group.tried[0]


DIFFERENCES = [
    ((MUST_NOT, MUST_NOT), Difference.SAME, ""),
    ((MUST_NOT, NEVER), Difference.REWORDED, ""),
    ((MUST_NOT, VISITORS), Difference.LOST, "not allowed (Social Media Policy, 1.1). With this draft: rules to choose from"),
    ((VISITORS, MUST_NOT), Difference.NEW, ""),
    ((MUST_NOT, SHOULD_NOT), Difference.LOOSER, "Before: not allowed. Now: advised against. That is looser."),
    ((SHOULD_NOT, WITH_LEAVE), Difference.LOOSER, "Before: advised against. Now: only on a condition. That is looser."),
    ((WITH_LEAVE, MAY), Difference.LOOSER, "Before: only on a condition. Now: allowed. That is looser."),
    (
        (MAY, MUST_NOT),
        Difference.STRICTER,
        "the nearest rule, without a verdict (Social Media Policy, 1.1). With this draft: not",
    ),
    ((MAY, WITH_LEAVE), Difference.STRICTER, ""),
]


@pytest.mark.parametrize(("rules", "difference", "words"), DIFFERENCES)
def test_what_became_of_an_answer_is_found_and_said(
    index: Built, directory: Directory, rules: tuple[str, str], difference: Difference, words: str
) -> None:
    found = tried(*map(index, rules), directory)
    assert found.difference is difference
    assert words in found.sentence


def with_exception(clause: Clause) -> Clause:
    return replace(clause, second=SecondStance(Stance.ALLOWED, OF)) if OF in clause.text else clause


def with_a_stricter_case(clause: Clause) -> Clause:
    return replace(clause, second=SecondStance(Stance.FORBIDDEN, "on social media")) if OF in clause.text else clause


def for_pupils(clause: Clause) -> Clause:
    return replace(clause, binds=(Party.PUPILS,))


def confirmed(clause: Clause) -> Clause:
    return replace(clause, confirmed=True)


def another(clause: Clause) -> Clause:
    return replace(clause, id=f"{clause.id}-2")


CHANGES = [
    (MUST_NOT, with_exception, Difference.LOOSER),
    (MUST_NOT, for_pupils, Difference.LOOSER),
    (MAY, confirmed, Difference.LOOSER),  # only from now on does the reply say that it is allowed
    (MUST_NOT, confirmed, Difference.SAME),
    (MUST_NOT, another, Difference.OTHER_CLAUSE),
    (SHOULD_NOT, with_a_stricter_case, Difference.STRICTER),
]


@pytest.mark.parametrize(("rule", "change", "difference"), CHANGES)
def test_an_exception_that_came_in_whom_a_rule_binds_and_what_is_stated_count_too(
    index: Built, directory: Directory, rule: str, change: Callable[[Clause], Clause], difference: Difference
) -> None:
    assert tried(index(rule), index(rule, change), directory).difference is difference


@pytest.mark.parametrize(
    ("after", "difference"),
    [
        ("Staff must not use phones in class.", Difference.SAME),
        ("Staff should not use phones in class.", Difference.LOOSER),
        ("Visitors sign in at the front desk.", Difference.LOOSER),
    ],
)
def test_of_rules_to_choose_from_each_counts_and_the_strictest_first(
    index_of: Callable[..., Index], directory: Directory, after: str, difference: Difference
) -> None:
    def built(rule: str) -> Index:
        rules = f"1. Phones\n\n1.1 Staff may use their own phones in the staffroom at lunch.\n\n1.2 {rule}\n"
        text = f"HILLSIDE PRIMARY SCHOOL\n\nPhones Policy\n\n{rules}\n1.3 Staff must not lend keys.\n"
        return index_of(build_policy(text, school="hillside", slug="phones", title=None, source_name="phones.txt"))

    found = tried(built("Staff must not use phones in class."), built(after), directory, "Can I use my phone?")
    assert found.today.sentence == "rules to choose from (Phones Policy, 1.1, 1.2, 1.3)"
    assert found.difference is difference


def test_the_gravest_matter_comes_first_and_a_must_that_fails_is_named(index: Built, directory: Directory) -> None:
    questions = [
        TrialQuestion(1, LOCKING, must=True, expected="required"),
        TrialQuestion(2, "Can I be friends with the mum of a pupil?"),
        TrialQuestion(3, FRIENDS, must=True, expected="forbidden"),
    ]
    trial = try_out(questions, index(MUST_NOT), index(MAY), directory, DAY)
    assert [one.question.id for group in trial.groups for one in group.tried] == [3, 2, 1]
    assert [bool(group.grave) for group in trial.groups][-1] is False
    assert trial.failing == (
        f"“{FRIENDS}” must be told: not allowed. With this draft it is told: "
        "the nearest rule, without a verdict (Social Media Policy, 1.1).",
    )
    covered = [TrialQuestion(1, "Can I park my car here?", must=True, expected="not_covered")]
    assert try_out(covered, index(MUST_NOT), index(MAY), directory, DAY).failing == ()


def test_what_staff_asked_is_counted_only_where_three_people_asked_and_never_what_nobody_is_to_know(
    index: Built, directory: Directory
) -> None:
    asked = [(person, FRIENDS) for person in ("a", "b", "b", "b")]
    secret = [(person, "The headteacher has accepted a parent's friend request, whom do I tell?") for person in "cde"]

    def counted(*more: tuple[str, str]) -> Lately:
        return lately_changed([*asked, *secret, *more], index(MUST_NOT), index(MAY), directory, DAY)

    assert counted() == Lately(0, ())
    matter = "Accepting or making online friendships with pupils' parents and carers"
    assert counted(("f", FRIENDS)) == Lately(5, ((matter, 5),))
    assert counted(("f", LOCKING)) == Lately(0, ())


def test_a_school_begins_with_a_set_and_makes_it_its_own(chat: "Chat") -> None:
    parts = chat.parts
    questions = parts.trial_questions
    assert [one.question for one in questions.of("hillside")] == list(first_set())
    questions.add("hillside", "  Can I bring\n my dog? ", "headteacher 1")
    (dog,) = (one for one in questions.of("hillside") if one.question == "Can I bring my dog?")
    with pytest.raises(BotError, match="among your test questions already"):
        questions.add("hillside", "can i bring my dog?", "headteacher 1")
    for text, words in (("", "is empty"), ("x" * (LONGEST + 1), f"{LONGEST} or fewer")):
        with pytest.raises((BotError, QuestionError), match=words):
            questions.add("hillside", text, "headteacher 1")
    parts.readiness.must("hillside", dog.id, "headteacher 1")
    assert questions.get("hillside", dog.id) == TrialQuestion(dog.id, "Can I bring my dog?", must=True, expected="not_covered")
    assert questions.of("hillside")[0].id == dog.id
    with pytest.raises(BotError, match="“yes” is no answer to expect: choose one of forbidden, "):
        parts.readiness.must("hillside", dog.id, "headteacher 1", "yes")
    questions.need_not("hillside", dog.id, "headteacher 1")
    assert questions.get("hillside", dog.id) == TrialQuestion(dog.id, "Can I bring my dog?")
    for expected in EXPECTATIONS:
        parts.readiness.must("hillside", dog.id, "headteacher 1", expected)
    with pytest.raises(BotError, match="not there any more"):
        questions.remove("meadow", dog.id, "headteacher 2")
    questions.remove("hillside", dog.id, "headteacher 1")
    assert len(questions.of("hillside")) == len(first_set()) == len(set(first_set()))
    assert [entry.action for entry in parts.audit.of("hillside")] == [
        "added a test question",
        *["marked a test question"] * (2 + len(EXPECTATIONS)),
        "removed a test question",
    ]
    assert parts.audit.of("meadow") == []


def test_the_first_set_asks_of_many_matters_and_nothing_that_is_urgent_or_kept_from_anybody(
    directory: Directory, index: Built
) -> None:
    trial = try_out(
        [TrialQuestion(number, one) for number, one in enumerate(first_set())], index(MUST_NOT), index(MUST_NOT), directory, DAY
    )
    told = [one for group in trial.groups for one in group.tried]
    assert len(trial.groups) > 30
    assert not any(one.today.is_secret for one in told)
    assert {one.difference for one in told} == {Difference.SAME}
