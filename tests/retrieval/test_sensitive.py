"""Which questions are sensitive: by their words, by the matter they are read as, and after another."""

import json
from collections.abc import Callable, Collection, Iterable, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.bootstrap import Indexes
from retrieval.index import Index
from retrieval.library import read_matters
from retrieval.reading import read
from retrieval.sensitive import MATTERS, NEVER_STORED, Sensitivity, sensitivity

TESTS = Path(__file__).parent.parent
Kind = Callable[..., Sensitivity | None]


def lines(*path: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in TESTS.joinpath(*path).read_text().splitlines()]


MESSAGES = lines("sensitive", "messages.jsonl")
LABELS = {one["id"]: one["kind"] for one in lines("sensitive", "questions.jsonl")}
QUESTIONS = {
    name: [{**one, "kind": LABELS.get(one["id"])} for one in lines("questions", f"{name}.jsonl")]
    for name in ("dev", "documents-2")
}
# The halves are counted by line, from 1, and by the number in the question's id.
TUNED, COUNTED = MESSAGES[1::2], MESSAGES[0::2]
ASKED_OF_DOCUMENTS = [one for one in QUESTIONS["documents-2"] if int(one["id"][-4:]) % 2]


@pytest.fixture(scope="module")
def index(demo: Indexes) -> Index:
    return demo.of("chase-terrace")


@pytest.fixture(scope="module")
def kind(index: Index) -> Kind:
    def kind_of(question: str, context: Sequence[str] = ()) -> Sensitivity | None:
        return sensitivity(read(question, context, index))

    return kind_of


def share(kinds: Iterable[Sensitivity | None], among: Collection[Sensitivity]) -> float:
    found = [kind in among for kind in kinds]
    return sum(found) / len(found)


# Those of the asker herself; a colleague's conduct is never stored either, but measured with what is answered privately.
OF_THE_ASKER = NEVER_STORED - {Sensitivity.COLLEAGUE}


@pytest.mark.parametrize(
    ("asked", "least_found", "most_false"),
    [
        pytest.param(TUNED, 0.97, 0.05, id="tuned"),
        pytest.param(COUNTED, 0.97, 0.08, id="counted"),
        pytest.param(QUESTIONS["dev"], 0.97, 0.05, id="dev"),
        pytest.param(ASKED_OF_DOCUMENTS, 0.7, 0.1, id="documents"),
    ],
)
def test_what_is_never_stored_is_found_and_little_else(
    kind: Kind, asked: list[dict[str, Any]], least_found: float, most_false: float
) -> None:
    kinds: dict[bool, list[Sensitivity | None]] = {True: [], False: []}
    for one in asked:
        if one["kind"] != "doubtful":
            kinds[one["kind"] in OF_THE_ASKER].append(kind(one["q"], one.get("context") or ()))
    found, false = (share(kinds[labelled], OF_THE_ASKER) for labelled in (True, False))
    assert found >= least_found, found
    assert false <= most_false, false


@pytest.mark.parametrize(("asked", "most_false"), [(TUNED, 0.05), (COUNTED, 0.13), (QUESTIONS["dev"], 0.06)])
def test_what_is_answered_privately_is_found_and_little_else(kind: Kind, asked: list[dict[str, Any]], most_false: float) -> None:
    kinds: dict[bool, list[Sensitivity | None]] = {True: [], False: []}
    for one in asked:
        if one["kind"] != "doubtful":
            kinds[one["kind"] is not None].append(kind(one["q"], one.get("context") or ()))
    assert share(kinds[True], set(Sensitivity)) >= 0.97
    assert share(kinds[False], set(Sensitivity)) <= most_false


KINDS = {
    Sensitivity.UNION: [
        "Can the union have a WhatsApp group?",
        "is it ok to post about the strike",
        "can my rep come to the meeting",
    ],
    Sensitivity.GRIEVANCE: [
        "my line manager shouts at me in front of the class",
        "how do I raise a grievance",
        "Could they sack me for a post?",
        "Who do I tell if I want to blow the whistle?",
        "I've been suspended, can I message my friends at work",
        "can i just leave a note w no name on it",
    ],
    Sensitivity.HEALTH: [
        "ive been signed off with stress",
        "My back has gone and I can't lift",
        "a colleague has cancer and I let it slip",
        "do i need a fit note",
        "can I keep my insulin in the staffroom fridge",
        "my dad's in hospital, can I have my phone on",
    ],
    Sensitivity.PREGNANCY: ["im pregnant do i tell the head", "I had a miscarriage", "can I go to my scan in school time"],
    Sensitivity.PAY: [
        "when is payday",
        "is there a pay rise this year",
        "how do I leave the pension scheme",
        "am I paid for INSET",
    ],
    Sensitivity.OWN_CONDUCT: [
        "I have accepted a friend request from a mum",
        "I got drunk and posted about the head",
        "dropped my school ipad down the stairs",
        "Something I did online could be taken the wrong way",
        "I was arrested on Saturday",
    ],
    Sensitivity.COLLEAGUE: [
        "my TA is always on her phone in lessons",
        "the caretaker has put a racist joke in the staff group",
        "Mr Hart lets the children use his phone",
    ],
    Sensitivity.CHILD: [
        "a pupil has messaged me",
        "a year 5 boy messaged me last night",
        "yr 6 lad wants to follow me on insta",
        "one of my class has a phone in her bag",
        "he's eating out of the bins at break",
    ],
}


@pytest.mark.parametrize(
    ("expected", "question"), [(one, question) for one, questions in KINDS.items() for question in questions]
)
def test_a_question_is_of_its_kind(kind: Kind, expected: Sensitivity, question: str) -> None:
    assert kind(question) is expected
    assert kind(question.upper()) is not None
    assert kind(question.lower()) is not None


ORDINARY = {
    "rules in general": [
        "can I accept a parent's friend request?",
        "can I message a pupil?",
        "What should I do if a pupil contacts me online?",
        "Are children allowed to email their teachers?",
        "can i put pics of my class on my own insta",
        "What happens to parents who break the rules?",
    ],
    "words that mean something else": [
        "can I put up union jack bunting",
        "is there a rugby union club",
        "where is the health and safety policy",
        "my laptop has a virus",
        "I'm covering a maternity post, do the rules apply to me",
        "How do parents pay for the trip?",
        "what time is the sack race",
        "I'm sick of my slow laptop",
        "do pupils earn house points",
    ],
    "what is only thought of": [
        "Should I post a photo of my class?",
        "What if I posted a photo of the school?",
        "Is it OK to add a colleague on LinkedIn?",
        "I have read the policy. Where do I sign?",
    ],
    "nothing": ["", " ", "hello", "ta"],
}


@pytest.mark.parametrize("question", [question for questions in ORDINARY.values() for question in questions])
def test_an_ordinary_question_is_of_no_kind(kind: Kind, question: str) -> None:
    assert kind(question) is None


def test_of_two_kinds_the_one_that_is_never_stored_counts(kind: Kind) -> None:
    assert kind("a boy in year 5 messaged me and I answered him") is Sensitivity.OWN_CONDUCT


def test_a_slip_does_not_hide_what_is_sensitive(kind: Kind) -> None:
    assert kind("how do I join the pensoin scheme") is Sensitivity.PAY


def test_what_follows_a_sensitive_question_is_sensitive_too(kind: Kind) -> None:
    assert kind("who do I tell?", ["I'm pregnant, what are the rules"]) is Sensitivity.PREGNANCY
    assert kind("who do I tell?", ["Can I use my phone at lunch?"]) is None


def test_every_matter_that_makes_a_question_sensitive_is_known() -> None:
    known = {matter.name for matter in read_matters(None)}
    assert {name for names in MATTERS.values() for name in names} <= known


@settings(max_examples=60)
@given(
    st.text(max_size=200) | st.lists(st.sampled_from(["i", "my", "a pupil", "has", "pay", "ill", "if", "the head"])).map(" ".join)
)
def test_any_text_is_of_a_kind_or_of_none(kind: Kind, text: str) -> None:
    assert kind(text) in (None, *Sensitivity)


@pytest.mark.parametrize("words", ["i have ", "a colleague ", "one of my ", "my back ", "the boy in ", "- "])
def test_a_long_question_is_read(kind: Kind, words: str) -> None:
    assert kind((words * 2000)[:4000]) in (None, *Sensitivity)
