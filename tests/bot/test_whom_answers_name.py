"""Whom an answer that is not urgent names, how and from when; what it says where it is about somebody at school."""

import json
from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import pytest

from bot.answer import KEEPS_NOTHING, SELF_REPORT, TARGETED_ONLINE, Answer, to_json
from bot.asking import ask
from bot.bootstrap import Indexes
from bot.contact_book import Contact, ContactBook, ContactRole
from bot.directory import NO_SCHOOL, Route, directory_of
from bot.rendering import to_text
from bot.school_year import Season, read_hours
from corpus.building import build_policy
from corpus.versions import School
from retrieval.decision import Outcome
from retrieval.index import Index
from retrieval.library import read_matters

TODAY = date(2026, 11, 21)
SATURDAY, MONDAY = "2026-11-21T21:00", "2026-11-23T10:00"
RULE = "Staff must ask the headteacher before they accept a friend request from a parent on social media."
REQUEST = "Can I accept a friend request from a parent on social media?"
NOT_COVERED = "What colour is the staffroom carpet?"
BOOK = ContactBook(
    hours=read_hours("8:30-15:30", Season.TERM),
    contacts=(
        Contact(
            "Mrs Harrison",
            (ContactRole.HEADTEACHER,),
            ("01632 960001",),
            "head@school.example",
            hours=read_hours("8:00-17:00", Season.TERM),
        ),
        Contact("Mr Grant", (ContactRole.GOVERNORS,), ("01632 960004",), hours=read_hours("any time", Season.ALWAYS)),
    ),
)


@pytest.fixture
def answer_to(index_of: Callable[..., Index], small_document: Callable[..., str]) -> Callable[..., Answer]:
    """Return the answer of a school with one rule and two contacts."""

    def answer(
        question: str, *, time: str = SATURDAY, nation: str = "England", rule: str = RULE, book: ContactBook = BOOK
    ) -> Answer:
        document = small_document("Media Policy", rule, "May 2024")
        policy = build_policy(document, school="hillside", slug="media", title=None, source_name="media")
        index = index_of(policy, school=School("hillside", "Hillside Primary School", "Hillside", nation))
        directory = directory_of(index.school, index.policies, book, {}, datetime.fromisoformat(time))
        return ask(question, index, directory, TODAY)

    return answer


def escalation(answer: Answer) -> Any:
    return json.loads(to_json(answer, ""))["escalation"]


def test_an_answer_says_who_how_and_from_when(answer_to: Callable[..., Answer]) -> None:
    for question, outcome in ((REQUEST, Outcome.ANSWERED), (NOT_COVERED, Outcome.NOT_COVERED)):
        answer = answer_to(question)
        assert answer.outcome is outcome
        told = "Speak to: Mrs Harrison, the headteacher: 01632 960001, head@school.example, from Monday at 8:00."
        assert told in to_text(answer)
        assert escalation(answer) == {
            "role": "headteacher",
            "name": "Mrs Harrison",
            "how": "01632 960001, head@school.example",
            "when": "Monday at 8:00",
        }


def test_in_school_time_it_says_no_hour(answer_to: Callable[..., Answer]) -> None:
    answer = answer_to(REQUEST, time=MONDAY)
    assert "Speak to: Mrs Harrison, the headteacher: 01632 960001, head@school.example.\n" in to_text(answer)
    assert escalation(answer)["when"] is None


def test_a_school_that_filled_in_nothing_is_answered_with_the_role_in_words(answer_to: Callable[..., Answer]) -> None:
    answer = answer_to(REQUEST, book=ContactBook())
    assert "\nSpeak to: the headteacher.\n" in to_text(answer)
    assert escalation(answer) == {"role": "headteacher", "name": None, "how": None, "when": None}


ABOUT_HER = "The headteacher accepts friend requests from pupils on social media, whom do I tell?"


def test_what_is_about_the_headteacher_names_the_chair_says_why_and_that_nothing_is_kept(
    answer_to: Callable[..., Answer],
) -> None:
    answer = answer_to(ABOUT_HER)
    text = to_text(answer)
    assert answer.about == (ContactRole.HEADTEACHER,)
    assert escalation(answer)["name"] == "Mr Grant"
    assert "This is about the headteacher." in text
    assert "Mrs Harrison" not in text
    assert text.count(KEEPS_NOTHING) == 1


def test_a_question_about_a_rule_is_about_nobody(answer_to: Callable[..., Answer]) -> None:
    answer = answer_to(REQUEST)
    assert (answer.about, answer.route) == ((), Route.ORDINARY)
    assert KEEPS_NOTHING not in to_text(answer)


def test_what_the_question_before_was_about_holds_for_the_one_that_goes_on_from_it(demo: Indexes) -> None:
    answer = ask("And whom do I tell about it?", demo.of("coniston"), NO_SCHOOL, TODAY, ["My headteacher is bullying me"])
    assert answer.about == (ContactRole.HEADTEACHER,)
    assert answer.escalation
    assert answer.escalation.words == "the chair of governors"


def test_whoever_blows_the_whistle_is_told_whom_to_ring_outside_school(answer_to: Callable[..., Answer]) -> None:
    outside = "If you cannot raise it in school, ring the NSPCC Whistleblowing Advice Line: 0800 028 0285."
    answer = answer_to("Whom do I tell if I want to blow the whistle?")
    assert answer.route is Route.WHISTLEBLOWING
    assert outside in answer.notes
    elsewhere = answer_to("Whom do I tell if I want to blow the whistle?", nation="Scotland")
    assert outside not in to_text(elsewhere)
    assert "For advice, ring the NSPCC Helpline: 0808 800 5000." in elsewhere.notes


def test_staff_who_are_targeted_online_are_told_who_advises_them(demo: Indexes) -> None:
    index = demo.of("coniston")
    posh = "Professionals Online Safety Helpline advises: 0344 381 4772."
    assert posh in to_text(ask("someone has made a fake profile of me online", index, NO_SCHOOL, TODAY))
    assert posh not in to_text(ask("Can I accept a parent's friend request?", index, NO_SCHOOL, TODAY))


def test_each_matter_of_being_targeted_online_is_one_that_there_is() -> None:
    assert {matter.name for matter in read_matters(None)} >= TARGETED_ONLINE


HAPPENED = "I have accepted a friend request from a pupil on Facebook"
FORBIDS = "Staff must not accept friend requests from pupils on social media."


def test_what_has_happened_already_is_to_be_said_now_or_from_when_she_is_back(answer_to: Callable[..., Answer]) -> None:
    at_night, in_time = (answer_to(HAPPENED, time=time, rule=FORBIDS) for time in (SATURDAY, MONDAY))
    assert at_night.headline.endswith("As it has happened, speak to Mrs Harrison, the headteacher, from Monday at 8:00.")
    assert in_time.headline.endswith("As it has happened, speak now to Mrs Harrison, the headteacher.")
    assert SELF_REPORT in in_time.notes


def test_the_rule_on_reporting_oneself_is_englands(answer_to: Callable[..., Answer]) -> None:
    assert SELF_REPORT not in answer_to(HAPPENED, rule=FORBIDS, nation="Wales").notes
