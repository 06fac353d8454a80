"""Rulings of the headteacher: kept as versions, answered from in her name until they lapse, never over a clause that forbids."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from bot.answer import Answer, quote
from bot.asking import ask
from bot.bootstrap import Indexes
from bot.errors import BotError
from bot.kept import KeptAnswers
from bot.rendering import as_text, to_text
from bot.rulings import TITLE, Rulings, RulingState, looser_than_published
from bot.sections import find_clause, whole_section
from corpus.checking import check_policy
from corpus.clause import RULINGS, Party, RulingNote, Stance
from corpus.errors import StoreError
from corpus.policy_file import from_yaml, to_yaml
from corpus.versions import Versions
from retrieval.decision import Outcome, decide
from retrieval.explaining import explain
from retrieval.knowledge import Knowledge

if TYPE_CHECKING:
    from tests.conftest import Chat, Clock

F, D, C, A = Stance.FORBIDDEN, Stance.DISCOURAGED, Stance.CONDITIONAL, Stance.ALLOWED
R, FACT = Stance.REQUIRED, Stance.INFORMATIONAL
TODAY = date(2026, 11, 23)
UNTIL = date(2027, 9, 1)
DOGS = "Can staff bring their dog into school?"
NO_DOGS = "Staff must not bring dogs into school. Assistance dogs are welcome."
FRIENDS = "Can I accept a friend request from a parent?"
MAY = "Staff may accept a friend request from a parent who works at the school."
RULE = "Staff policy, 1.1, version 1"


def note(question: str = DOGS, **about: Any) -> RulingNote:
    return RulingNote(**{"by": "Mrs J Harrison, headteacher", "on": TODAY, "until": UNTIL, "question": question} | about)


@pytest.fixture
def timed(schools: Indexes, clock: "Clock") -> Versions:
    """The versions of two schools, by the clock of these tests."""
    return Versions(schools.versions.engine, clock)


@pytest.fixture
def rulings(timed: Versions) -> Rulings:
    return Rulings(timed)


@pytest.fixture
def indexes(timed: Versions, knowledge: Knowledge) -> Indexes:
    return Indexes(timed, knowledge)


@pytest.fixture
def ruled(rulings: Rulings) -> Callable[..., str]:
    """Rule on a question at hillside, on dogs unless told otherwise; return the clause id."""

    def rule(text: str = NO_DOGS, stance: Stance = F, question: str = DOGS, **about: Any) -> str:
        return rulings.rule("hillside", text, stance, note(question, **about), "headteacher 12")

    return rule


@pytest.fixture
def answered(indexes: Indexes, chat: "Chat") -> Callable[[str], Answer]:
    """Return hillside's answer to a question."""

    def answer(question: str) -> Answer:
        index = indexes.of("hillside")
        return ask(question, index, chat.parts.conversation._roster.directory(index.school), TODAY)

    return answer


def refusal(run: Callable[[], object]) -> str:
    with pytest.raises((BotError, StoreError)) as refused:
        run()
    return str(refused.value)


# The store


def test_each_change_is_a_version_and_a_number_is_never_given_twice(
    rulings: Rulings, timed: Versions, ruled: Callable[..., str]
) -> None:
    assert [ruled(), ruled("Staff may bring a cat.", A, "Can I bring a cat?")] == ["ruling-1", "ruling-2"]
    rulings.withdraw("hillside", "ruling-2", "headteacher 12")
    assert [version.number for version in timed.history("hillside", RULINGS)] == [3, 2, 1]
    assert refusal(lambda: rulings.withdraw("hillside", "ruling-2", "headteacher 12")).startswith("This ruling is not there")
    # Neither the same words again nor a roll back gives a number to another ruling.
    assert ruled("Staff may bring a cat.", A, "Can I bring a cat?") == "ruling-3"
    timed.roll_back("hillside", RULINGS, 1)
    assert ruled("Hens are welcome.", FACT, "May hens come?") == "ruling-4"
    kept = timed.version("hillside", RULINGS)
    assert [(clause.label, clause.stance, clause.confirmed) for clause in kept.policy.clauses()] == [
        ("Ruling 1", F, True),
        ("Ruling 4", FACT, True),
    ]
    assert kept.published_by == "headteacher 12"
    assert rulings.of("meadow", TODAY) == []


def test_a_ruling_is_kept_whole_and_comes_back_from_its_export(
    rulings: Rulings, timed: Versions, ruled: Callable[..., str]
) -> None:
    ruled(f"  {NO_DOGS}\n", F, matter="Dogs", cites=RULE, approved_by="Ms Okoro, chair of governors")
    version = timed.version("hillside", RULINGS)
    assert from_yaml(to_yaml(version.policy), "rulings.yaml") == version.policy
    assert version.approval.approved_by == "Ms Okoro, chair of governors"
    assert check_policy(version.policy, TODAY) == []
    (ruling,) = rulings.of("hillside", TODAY)
    assert ruling.note == note(matter="Dogs", cites=RULE, approved_by="Ms Okoro, chair of governors")
    assert (ruling.clause.words, ruling.clause.deciding, ruling.clause.binds) == (
        NO_DOGS,
        "must not bring dogs into school",
        (Party.STAFF,),
    )


def test_a_ruling_is_in_force_then_near_its_end_then_lapsed(rulings: Rulings, ruled: Callable[..., str]) -> None:
    ruled()
    states = {
        day: rulings.of("hillside", date.fromisoformat(day))[0].state
        for day in ("2027-08-02", "2027-08-03", "2027-09-01", "2027-09-02")
    }
    assert list(states.values()) == [RulingState.IN_FORCE, RulingState.ENDING, RulingState.ENDING, RulingState.LAPSED]


REFUSED = [
    ({"text": " \n"}, "The ruling is empty: write it."),
    ({"text": "x" * 601}, "The ruling has 601 characters: shorten it to 600 or fewer."),
    ({"text": "No dogs. No cats. No hens."}, "A ruling has one or two sentences: shorten yours, or bring in a policy."),
    ({"text": "No \u202edogs."}, "The ruling “No dogs.” holds characters that nobody can see: type it anew."),
    ({"question": ""}, "The question is empty: write it."),
    ({"by": "\x07"}, "The name “” holds characters that nobody can see: type it anew."),
    ({"until": date(2026, 11, 22)}, "22 November 2026 is past: choose a day to come on which the ruling lapses."),
    ({"until": date(2027, 11, 24)}, "A ruling holds for a year at most: choose a day up to 23 November 2027."),
]


@pytest.mark.parametrize(("about", "sentence"), REFUSED)
def test_what_is_not_as_it_must_be_is_refused_in_a_sentence_and_nothing_changes(
    ruled: Callable[..., str], timed: Versions, about: dict[str, Any], sentence: str
) -> None:
    before = timed.revision("hillside")
    assert refusal(lambda: ruled(**about)) == sentence
    assert (timed.revision("hillside"), timed.drafts("hillside")) == (before, [])


def test_a_change_that_is_part_of_one_that_fails_leaves_nothing(timed: Versions) -> None:
    def fail() -> None:
        with timed.all_at_once("hillside") as together:
            Rulings(together).rule("hillside", NO_DOGS, F, note(), "headteacher 12")
            raise BotError("The index cannot be built.")

    assert refusal(fail) == "The index cannot be built."
    assert Rulings(timed).of("hillside", TODAY) == []
    assert timed.revision("hillside") == 1


def test_two_rulings_at_once_are_both_kept(rulings: Rulings, ruled: Callable[..., str]) -> None:
    with ThreadPoolExecutor(2) as pool:
        assert set(pool.map(ruled, ("No dogs.", "No cats."))) == {"ruling-1", "ruling-2"}
    assert {ruling.clause.words for ruling in rulings.of("hillside", TODAY)} == {"No dogs.", "No cats."}


def test_nothing_but_rulings_is_kept_under_their_name(timed: Versions, ruled: Callable[..., str]) -> None:
    ruled()
    of_staff, of_rulings = (timed.version("hillside", slug).policy for slug in ("staff", RULINGS))
    for policy, slug in ((of_staff, RULINGS), (of_rulings, "staff")):
        assert "give this policy another name" in refusal(
            lambda policy=policy, slug=slug: timed.save_draft(msgspec.structs.replace(policy, slug=slug), None)
        )


# The reply


def test_a_reply_says_whose_ruling_it_is_how_long_it_holds_and_what_it_rests_on(
    ruled: Callable[..., str], answered: Callable[[str], Answer], indexes: Indexes
) -> None:
    assert answered(DOGS).stance is None
    before = answered(FRIENDS)
    ruled(matter="Dogs: therapy dogs, staff dogs, parents' dogs")
    for question in (DOGS, "can I bring my dog to school", "What does ruling 1 say?"):
        answer = answered(question)
        assert (answer.outcome, answer.stance, answer.stance_confirmed) == (Outcome.ANSWERED, F, True)
        assert answer.headline == "Mrs J Harrison, headteacher, has ruled (23 November 2026): not allowed."
        assert answer.notes == ("This ruling holds until 1 September 2027.",)
    cited = answer.quotes[0].citation
    assert (cited.policy, cited.label, cited.version, cited.adopted, cited.review_due, cited.overdue) == (
        (TITLE, "Ruling 1", 1, "2026-11-23", "2027-09-01", False)
    )
    text = to_text(answered(DOGS))
    for words in (
        "The ruling, word for word",
        NO_DOGS,
        f"{TITLE}, Ruling 1, version 1 (Mrs J Harrison, headteacher, 23 November 2026; holds until 1 September 2027).",
        "It rests on no clause: it is the headteacher's own decision.",
    ):
        assert words in text
    assert "policy" not in answer.headline
    assert "Ruling 1 (forbidden)" in "\n".join(explain(DOGS, (), indexes.of("hillside")))
    # The colleagues at the other school know nothing of it, and neither do questions about others or about something else.
    assert indexes.of("meadow").rulings == ()
    assert answered(FRIENDS) == before
    assert not answered("Can I park on the yellow lines?").quotes
    assert answered("Can pupils bring their dog into school?").stance is None


def test_a_ruling_that_is_not_plainly_meant_is_offered_and_not_asserted(
    ruled: Callable[..., str], answered: Callable[[str], Answer]
) -> None:
    presents = "May I accept a small present from a parent at Christmas?"
    ruled("Staff may accept presents worth up to £20.", A, presents, matter="Accepting presents from pupils or parents")
    assert answered(presents).stance is A
    for question in ("can I keep the wine a mum gave me", "May I accept a £100 present from a parent at Christmas?"):
        answer = answered(question)
        assert (answer.outcome, answer.stance) == (Outcome.CHOOSE, None)
        assert answer.offered[0].citation.label == "Ruling 1"


def test_a_clause_that_forbids_is_not_overridden_by_a_looser_ruling(
    ruled: Callable[..., str], answered: Callable[[str], Answer]
) -> None:
    ruled(MAY, A, FRIENDS)
    answer = answered(FRIENDS)
    assert answer.headline == "Two of Hillside's rules differ. The stricter (Staff policy, May 2024): not allowed."
    assert [quoted.citation.label for quoted in answer.quotes][:2] == ["1.1", "Ruling 1"]
    assert answer.conflict
    assert answer.conflict.titles == ("The stricter rule", "The other rule (ruling of Mrs J Harrison, headteacher), made later")
    assert answer.conflict.sentences == (
        "Staff policy, 1.1 (May 2024), is the stricter; "
        "Ruling 1 of Mrs J Harrison, headteacher (23 November 2026), was made later.",
        "Until the headteacher has changed one of them, the stricter is the safe one to follow. Ask the headteacher.",
    )


def test_a_clause_that_may_forbid_it_is_offered_beside_a_looser_ruling_and_neither_is_asserted(
    ruled: Callable[..., str], answered: Callable[[str], Answer]
) -> None:
    lessons = "can i have my phone on me in lessons"
    ruled("Staff may have their phones on them in lessons.", A, lessons)
    answer = answered(lessons)
    assert (answer.outcome, answer.stance) == (Outcome.CHOOSE, None)
    assert [offered.citation.label for offered in answer.offered][:2] == ["2.1", "Ruling 1"]
    assert answer.conflict
    assert answer.conflict.sentences[0] == "The first two of these rules differ."


@pytest.mark.parametrize("about", [{"cites": RULE}, {"approved_by": "Ms Okoro, chair of governors"}])
def test_a_ruling_that_cites_the_clause_or_that_the_chair_approved_governs_and_the_clause_stands_beside_it(
    ruled: Callable[..., str], answered: Callable[[str], Answer], about: dict[str, str]
) -> None:
    ruled(MAY, A, FRIENDS, **about)
    answer = answered(FRIENDS)
    assert (answer.headline, answer.conflict) == (
        "Mrs J Harrison, headteacher, has ruled (23 November 2026): allowed.",
        None,
    )
    assert [quoted.citation.label for quoted in answer.quotes][:2] == ["Ruling 1", "1.1"]
    told = f"It rests on {RULE}." if "cites" in about else "Approved by Ms Okoro, chair of governors."
    assert told in answer.quotes[0].notes


def test_a_citation_of_another_version_is_not_of_this_clause(
    ruled: Callable[..., str], answered: Callable[[str], Answer], publish: Callable[..., int]
) -> None:
    ruled(MAY, A, FRIENDS, cites=RULE)
    publish("hillside", "1. Social media\n\n1.1 Staff must never accept friend requests from any parents.\n")
    assert answered(FRIENDS).stance is F


def test_a_stricter_ruling_governs_and_what_says_nothing_on_leave_only_stands_beside(
    ruled: Callable[..., str], answered: Callable[[str], Answer], rulings: Rulings
) -> None:
    phones = "Can I use my phone in the staffroom at lunchtime?"
    assert answered(phones).quotes
    ruled("Staff must not use their phones in the staffroom.", F, phones)
    answer = answered(phones)
    assert (answer.stance, answer.quotes[0].citation.label) == (F, "Ruling 1")
    rulings.withdraw("hillside", "ruling-1", "headteacher 12")
    ruled("Parents like to be friends with staff.", FACT, FRIENDS)
    answer = answered(FRIENDS)
    assert [quoted.citation.label for quoted in answer.quotes][:2] == ["1.1", "Ruling 2"]
    assert "See also: ruling of Mrs J Harrison, headteacher" in to_text(answer)


def test_of_two_rulings_that_contradict_each_other_the_stricter_governs_until_one_is_withdrawn(
    ruled: Callable[..., str], answered: Callable[[str], Answer], rulings: Rulings
) -> None:
    ruled()
    ruled("Staff may bring their dog into school on a Friday.", A, "Can staff bring their dog in on a Friday?")
    answer = answered("Can staff bring their dog into school on a Friday?")
    assert (answer.stance, [quoted.citation.label for quoted in answer.quotes]) == (F, ["Ruling 1", "Ruling 2"])
    assert answer.headline.startswith("Two of Hillside's rules differ. The stricter (ruling of Mrs J Harrison, headteacher, 23")
    rulings.withdraw("hillside", "ruling-1", "headteacher 12")
    assert answered("Can staff bring their dog into school on a Friday?").stance is A


def test_what_goes_on_from_a_ruled_question_is_offered_the_ruling(ruled: Callable[..., str], indexes: Indexes) -> None:
    ruled()
    decision = decide("even a small one", (DOGS,), indexes.of("hillside"))
    assert (decision.outcome, decision.offered[0].clause.clause.label) == (Outcome.CHOOSE, "Ruling 1")


def test_what_is_urgent_or_about_the_headteacher_herself_is_answered_as_if_there_were_no_rulings(
    ruled: Callable[..., str], answered: Callable[[str], Answer]
) -> None:
    hers = "Is the headteacher allowed to bring her dog into school?"
    urgent = "A child told me that her dad hits her. Can I bring my dog into school?"
    before = [answered(hers), answered(urgent)]
    ruled("Anybody may bring a dog into school.", A, hers)
    ruled("Anybody may bring a dog into school.", A, "Can I bring my dog into school?")
    assert [answered(hers), answered(urgent)] == before
    assert before[1].outcome is Outcome.URGENT


# Until it lapses


def test_a_ruling_is_answered_from_until_the_end_of_its_day_and_no_longer(
    ruled: Callable[..., str], indexes: Indexes, clock: "Clock"
) -> None:
    ruled()
    first = indexes.of("hillside")
    assert (len(first.rulings), first.until) == (1, date(2027, 9, 2))
    clock.time = datetime.fromisoformat("2027-09-01T22:59")  # a minute before midnight, by the schools' clocks
    assert indexes.of("hillside") is first
    clock.time = datetime.fromisoformat("2027-09-01T23:00")
    lapsed = indexes.of("hillside", fresh=False)
    assert (lapsed.rulings, lapsed.until) == ((), None)
    assert indexes.of("hillside", fresh=False) is lapsed


# Everywhere else


def test_a_ruling_is_shown_kept_and_checked_like_a_clause_and_listed_as_what_it_is(
    ruled: Callable[..., str], timed: Versions, chat: "Chat", indexes: Indexes
) -> None:
    ruled("Staff may bring hens.", A, "May I bring hens?", until=date(2026, 12, 1))
    ruled()
    (_, dogs) = (ruling.clause for ruling in indexes.of("hillside").rulings)
    found = find_clause(quote(dogs, TODAY).ref, timed, ["hillside"])
    assert found == dogs
    later = as_text(whole_section(found, date(2026, 12, 2)))
    assert later.startswith(f"{TITLE}\n")
    assert "Ruling 2 (Mrs J Harrison, headteacher, 23 November 2026; holds until 1 September 2027)." in later
    assert "hens" not in later
    kept = KeptAnswers(b"a key that only the tests have", timed, None)
    copy = as_text(kept.copy(found, F, datetime.fromisoformat("2026-11-23T08:30"), TODAY))
    assert "from this ruling" in copy
    assert "This ruling holds until 1 September 2027." in copy
    assert as_text(kept.check(copy, date(2027, 10, 1))).startswith("This copy is genuine.")
    chat.join()
    told = chat.told("/policies")
    assert "Staff policy (May 2024)" in told
    assert "And in 2 rulings of the headteacher." in told
    assert TITLE not in told
    assert [policy.title for policy in indexes.of("hillside").policies] == ["Staff policy"]


@pytest.mark.parametrize(
    ("question", "stance", "sentence"),
    [
        (FRIENDS, A, "Your policy (Staff policy, 1.1) says: not allowed. Your ruling would say: allowed."),
        (FRIENDS, C, "Your policy (Staff policy, 1.1) says: not allowed. Your ruling would say: only on a condition."),
        (FRIENDS, F, None),
        (FRIENDS, R, None),
        (DOGS, A, None),
        ("!?", A, None),
    ],
)
def test_it_is_said_which_published_clause_a_ruling_would_loosen(
    indexes: Indexes, ruled: Callable[..., str], question: str, stance: Stance, sentence: str | None
) -> None:
    assert looser_than_published(indexes.of("hillside"), question, stance, None) == sentence
    ruled(MAY, A, FRIENDS, approved_by="the chair")  # what was ruled before counts for nothing here
    assert looser_than_published(indexes.of("hillside"), question, stance, None) == sentence
