"""Whom among those in power a text is about, and on which route a complaint goes."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.bootstrap import Indexes
from corpus.clause import Role
from retrieval.concerns import COMPLAINTS, Complaint, complaint_of, concerned
from retrieval.library import read_matters
from retrieval.reading import read
from retrieval.sensitive import NEVER_STORED, sensitivity

MESSAGES = [json.loads(line) for line in (Path(__file__).parent.parent / "concerns" / "messages.jsonl").read_text().splitlines()]
# Counted by line, from 1: the even ones are tuned on, the odd ones only counted.
TUNED, COUNTED = MESSAGES[1::2], MESSAGES[0::2]
HEAD, DSL, GOVERNORS, MANAGER, SLT = Role.HEADTEACHER, Role.DSL, Role.GOVERNORS, Role.LINE_MANAGER, Role.SLT
Route = Callable[[str], Complaint | None]


@pytest.fixture(scope="module")
def route(demo: Indexes) -> Route:
    index = demo.of("chase-terrace")
    return lambda question: complaint_of(read(question, (), index))


@pytest.mark.parametrize(("messages", "most_missed", "most_false"), [(TUNED, 0, 0), (COUNTED, 2, 2)], ids=["tuned", "counted"])
def test_whom_a_message_is_about_is_found_and_nobody_else(
    messages: list[dict[str, object]], most_missed: int, most_false: int
) -> None:
    missed = [one["q"] for one in messages if not concerned(str(one["q"])) >= set(one["about"])]  # type: ignore[call-overload]
    false = [one["q"] for one in messages if not one["about"] and concerned(str(one["q"]))]
    assert len(missed) <= most_missed, missed
    assert len(false) <= most_false, false


@pytest.mark.parametrize(
    ("text", "about"),
    [
        ("my head is bullying me", {HEAD}),
        ("THE HEADTEACHER HIT A CHILD", {HEAD}),
        ("My line manager’s sleeping with a parent", {MANAGER}),
        ("the deputy hit a child and I told the head", {SLT}),
        ("I told the head about the deputy and nothing was done", {SLT, HEAD}),
        ("the chair of governors is the head's brother", {GOVERNORS, HEAD}),
        ("the head, the deputy and a governor are covering it up", {HEAD, SLT, GOVERNORS}),
        ("my boss shouts at me", {HEAD, MANAGER}),
        ("The head of maths keeps texting a year 11 girl", {MANAGER}),
        ("the deputy dsl is gossiping about a family", {DSL}),
    ],
)
def test_everybody_whom_it_is_about_is_named_and_whoever_is_only_told_is_not(text: str, about: set[Role]) -> None:
    assert concerned(text) == about


@pytest.mark.parametrize(
    "text",
    [
        "",
        "@headteacher",
        "should I tell the head that a TA shouted",
        "who tells the head that a lunchtime supervisor hit a boy",
        "my head is killing me",
        "a boy kicked another in the head",
        "head lice",
        "the head of state visited",
        "I'm the DSL and a teacher has ignored my advice",
        "can I moan about the head on Facebook",
        "does the deputy mind if I am late",
    ],
)
def test_whoever_is_told_or_asked_or_no_person_is_not_concerned(text: str) -> None:
    assert concerned(text) == frozenset()


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("who do I go to if the allegation is against the headteacher?", Complaint.ALLEGATION),
        ("our head posts about pupils on Facebook", Complaint.ALLEGATION),
        ("what is a low-level concern", Complaint.ALLEGATION),
        ("I told the head three weeks ago and nothing was done", Complaint.WHISTLEBLOWING),
        ("how do I blow the whistle", Complaint.WHISTLEBLOWING),
        ("they are fiddling the attendance figures", Complaint.WHISTLEBLOWING),
        ("my head is bullying me", Complaint.GRIEVANCE),
        ("how do I raise a grievance", Complaint.GRIEVANCE),
        ("my line manager lied in my appraisal", Complaint.GRIEVANCE),
        ("can I use my phone at lunch?", None),
        ("where is the printer in the office", None),
        ("can I accept a friend request from a parent", None),
    ],
)
def test_a_complaint_goes_its_own_route(route: Route, question: str, expected: Complaint | None) -> None:
    assert route(question) is expected


def test_nothing_is_stored_of_what_is_about_somebody_in_power_or_on_the_route_of_a_complaint(demo: Indexes) -> None:
    index = demo.of("chase-terrace")
    for one in MESSAGES:
        reading = read(one["q"], (), index)
        if concerned(one["q"]) or complaint_of(reading):
            assert sensitivity(reading) in NEVER_STORED, one["q"]


def test_every_matter_of_a_complaint_is_known() -> None:
    known = {matter.name for matter in read_matters(None)}
    assert {name for names in COMPLAINTS.values() for name in names} <= known


@settings(max_examples=60)
@given(
    st.text(max_size=200)
    | st.lists(st.sampled_from(["the head", "told", "and", "DSL", "he", "hit", "a pupil", "'s", ",", "nothing", "@"])).map(
        " ".join
    )
)
def test_any_text_is_about_some_of_those_in_power_or_none(text: str) -> None:
    assert concerned(text) <= {HEAD, DSL, GOVERNORS, MANAGER, SLT}


@pytest.mark.parametrize("words", ["the head and ", "told the head ", "@head, ", "my ", "the head he "])
def test_a_long_text_is_read(words: str) -> None:
    assert concerned((words * 2000)[:4000]) <= {HEAD, DSL, GOVERNORS, MANAGER, SLT}
