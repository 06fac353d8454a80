"""Which messages are urgent: by the network, by words that leave no doubt, and after another message."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpus.clause import Clause, Policy, Section, Stance
from retrieval.decision import Outcome, decide
from retrieval.features import Features, features_of
from retrieval.index import Index
from retrieval.knowledge import Knowledge
from retrieval.urgency import THRESHOLD, Danger, chance_of_danger, danger_in, danger_in_a_sentence, danger_of
from retrieval.vectors import DIMENSIONS, WordVectors

VECTORS = WordVectors()


def messages(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (Path(__file__).parent.parent / "urgent" / name).read_text().splitlines()]


MESSAGES = messages("messages.jsonl")
MOST_FOUND, FALSE_ALARMS, LEAST_OF_THE_RIGHT_KIND = 0.85, 0.04, 0.9
# What the network has nothing to say about: only the words decide.
NO_FEATURES = Features(np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.float32))
NO_VECTOR = np.zeros(DIMENSIONS, dtype=np.float32)


def found_by_words_alone(text: str) -> bool:
    return danger_in(text, NO_FEATURES, NO_VECTOR) is not None


def found_after_another(text: str) -> Danger | None:
    return danger_in(text, features_of(text), VECTORS.encode([text])[0], after_another=True)


@pytest.mark.parametrize(("name", "most_found"), [("messages.jsonl", MOST_FOUND), ("two-hundred.jsonl", 0.78)])
def test_most_urgent_messages_are_found_and_few_others(name: str, most_found: float) -> None:
    asked = messages(name)
    found = {urgent: [_danger(one["q"]) for one in asked if one["urgent"] is urgent] for urgent in (True, False)}
    shares = {urgent: sum(danger is not None for danger in dangers) / len(dangers) for urgent, dangers in found.items()}
    assert shares[True] >= most_found, shares
    assert shares[False] <= FALSE_ALARMS, shares


def _danger(text: str) -> Danger | None:
    return danger_of(text, VECTORS) or danger_in_a_sentence(text, VECTORS)


def test_what_an_urgent_message_is_about_is_mostly_known() -> None:
    found = [(danger, one["danger"]) for one in MESSAGES if one["urgent"] and (danger := danger_of(one["q"], VECTORS))]
    right = sum(danger in wanted for danger, wanted in found)
    assert right / len(found) >= LEAST_OF_THE_RIGHT_KIND, [pair for pair in found if pair[0] not in pair[1]]


NO_DOUBT = [
    "a pupil has overdosed",
    "She took an overdose last night",
    "one short on the head count",
    "We are one short on the headcount",
    "two short on the register after the trip",
    "worried about a child",
    "I'm worried about one of my pupils",
    "concerned about this boy",
    "scared for a little girl in my class",
    "I worry about that child",
    "She told me she wants to die",
    "he says he is suicidal",
    "a girl is self-harming",
    "a girl is self harming",
    "a girl is SELF‑HARMING",
    "he selfharms",
    "she has been cutting herself",
    "He keeps hurting himself",
    "he said he would kill himself",
    "he wants to end it all",
    "she says she will end her life",
    "they say she is better off dead",
    "she was raped",
    "a colleague molested a pupil",
    "he has been groomed online",
    "he is being radicalised",
    "he is being radicalized",
    "they were trafficked here",
    "he was sexually abused",
    "a boy has nudes of a girl in year 8",
    "indecent images on a school laptop",
    "she sent him a topless selfie",
    "a lad has run away from home",
    "a child has gone missing from the school trip",
    "we have had a bomb threat",
    "somebody has sent me death threats",
]


@pytest.mark.parametrize("message", NO_DOUBT)
def test_words_that_leave_no_doubt_are_found_whatever_the_network_says(message: str) -> None:
    assert chance_of_danger(NO_FEATURES, NO_VECTOR) < THRESHOLD
    assert found_by_words_alone(message)
    assert danger_of(message, VECTORS) is not None
    assert found_after_another(message) is not None


# With the same words, or near ones, as a subject that is taught or written about.
SUBJECTS = [
    "self-harm policy",
    "suicide prevention training",
    "Where is the self-harm policy kept?",
    "Is there a self-harm policy?",
    "When is the suicide prevention training?",
    "Do we have a suicide prevention policy?",
    "When is the child abuse training?",
    "Who delivers the self-harm awareness training?",
    "when is the self-harm training",
    "Where do I find the self-harm guidance?",
    "Which cupboard are the self-harm leaflets in?",
    "Can I put up the self-harm posters in the staff room?",
    "Who runs the sexual abuse awareness course?",
    "where is the bomb threat procedure",
]
ORDINARY = [
    "hello",
    "Can I post photographs of pupils?",
    "Can I accept a friend request from a parent?",
    "I'm worried about my workload",
    "I'm worried about my class's reading results",
    "I'm worried about a pupil's handwriting",
    "The head counts the votes",
    "We are one short on the rota",
    "How do I wrap presents for the fair?",
    "Can I photograph the display?",
]


@pytest.mark.parametrize("question", [*SUBJECTS, *ORDINARY])
def test_a_subject_that_is_taught_or_written_about_is_not_urgent(question: str) -> None:
    assert not found_by_words_alone(question)
    assert danger_of(question, VECTORS) is None


@pytest.mark.parametrize(
    "message", [*NO_DOUBT, *SUBJECTS, *(one["q"] for one in MESSAGES)], ids=lambda message: message[:40].strip()
)
def test_what_is_urgent_after_another_message_is_urgent_alone_and_of_the_same_kind(message: str) -> None:
    after = found_after_another(message)
    assert after in (None, danger_of(message, VECTORS))


def test_after_another_message_a_plainer_one_is_needed() -> None:
    alone = [one["q"] for one in MESSAGES if danger_of(one["q"], VECTORS)]
    after = [message for message in alone if found_after_another(message)]
    assert 0 < len(after) < len(alone)


@pytest.fixture(scope="module")
def index(index_of: Callable[..., Index]) -> Index:
    rules = ("Staff must not post photographs of pupils.", "Dogs stay at home.", "Gifts must be declared.")
    clauses = tuple(Clause(f"1.{at}", f"1.{at}", "", words, (), Stance.FORBIDDEN) for at, words in enumerate(rules, 1))
    return index_of(Policy("hillside", "conduct", "Conduct", (Section("", "", 1, "", (), clauses),)))


@pytest.mark.parametrize(
    "before", ["A child has told me that her dad hits her", "a boy has nudes of a girl", "a pupil has overdosed"]
)
@pytest.mark.parametrize("now", ["What do I do?", "who do i tell", "who do I ring first"])
def test_a_message_after_an_urgent_one_is_urgent_of_the_same_kind(index: Index, before: str, now: str) -> None:
    assert decide(now, (), index).outcome is not Outcome.URGENT
    decision = decide(now, (before,), index)
    assert (decision.outcome, decision.danger) == (Outcome.URGENT, decide(before, (), index).danger)


@pytest.mark.parametrize("now", ["What do I do?", "who do i tell", "who do I ring first", "And at weekends?", "And for dogs?"])
@pytest.mark.parametrize("before", ["Can I post photographs of pupils?", "Can I bring my dog?", "hello"])
def test_a_message_after_an_ordinary_one_is_not_urgent(index: Index, before: str, now: str) -> None:
    assert decide(now, (before,), index).danger is None


def test_an_urgent_message_after_an_ordinary_one_is_urgent(index: Index) -> None:
    for message in ("a pupil has overdosed", "worried about a child", "one short on the head count"):
        assert decide(message, ("Can I bring my dog?",), index).outcome is Outcome.URGENT


@settings(max_examples=60)
@given(st.text(max_size=200))
def test_any_text_has_a_chance_and_a_danger_or_none(text: str) -> None:
    assert 0 <= chance_of_danger(features_of(text), VECTORS.encode([text])[0]) <= 1
    assert danger_of(text, VECTORS) in (None, *Danger)


@pytest.mark.parametrize("text", ["", " ", "\n"])
def test_nothing_is_not_urgent(text: str) -> None:
    assert danger_of(text, VECTORS) is None


@pytest.mark.parametrize(
    "message",
    [
        "A child told me that her dad hits her. Can I accept a parent's friend request?",
        "Is it OK to use my own laptop at home? One of my boys has just messaged me that he wants to die.",
    ],
)
def test_a_sentence_that_leaves_no_doubt_makes_a_message_urgent_whatever_else_it_asks(message: str) -> None:
    assert danger_in_a_sentence(message, VECTORS) is not None


def test_a_message_of_one_sentence_is_judged_as_a_whole() -> None:
    assert danger_in_a_sentence("A child told me that her dad hits her.", VECTORS) is None


def test_ordinary_sentences_do_not_add_up_to_danger() -> None:
    assert danger_in_a_sentence("I posted a photo of my dog. Is that a problem? My class saw it on Monday.", VECTORS) is None


@pytest.mark.parametrize(
    "text", ["and a pupil?", "a pupil?", "and a pupil's?", "what about my own child", "and ex pupils", "even a mum"]
)
def test_somebody_named_of_whom_nothing_is_told_is_not_urgent(knowledge: Knowledge, text: str) -> None:
    assert danger_of(text, knowledge.vectors) is None


@pytest.mark.parametrize(
    "text",
    [
        "I want to kill myself",
        "i am going to kill myself",
        "I'm going to take my own life",
        "i want to die",
        "I cannot go on",
        "I can't go on like this any more",
        "I want to hurt myself",
        "I keep cutting myself",
        "I feel suicidal",
        "I want to end my life",
        "im feeling suicidal and dont know who to tell",
        "I told the head I want to kill myself",
        "I don't want to be here any more",
        "everyone would be better off without me",
        "I just wanna die",
    ],
)
def test_whoever_speaks_of_her_own_life_is_given_somebody_to_talk_to(knowledge: Knowledge, text: str) -> None:
    assert danger_of(text, knowledge.vectors) is Danger.ASKER_AT_RISK


@pytest.mark.parametrize(
    "text",
    [
        "I can't cope",
        "can't cope any more",
        "i just cant cope with life",
        "sorry to bother you at night but I can't cope",
        "I can't do this any more",
        "I cannae go on",
        "I don't want to be here any more",
        "What's the point of living?",
        "whats the point in going on",
        "there's nothing left to live for",
        "The parents are on at me every night and I want to die",
        "my kids would be better off without me",
        "my husband hits me",
        "My partner won't let me out of the house",
    ],
)
def test_whoever_can_bear_no_more_or_is_hurt_at_home_is_given_somebody_to_talk_to(knowledge: Knowledge, text: str) -> None:
    assert danger_of(text, knowledge.vectors) is Danger.ASKER_AT_RISK
    assert danger_of(text, knowledge.vectors, after_another=True) is Danger.ASKER_AT_RISK


@pytest.mark.parametrize(
    "text",
    [
        "I can't cope with the photocopier",
        "this policy will be the death of me",
        "can't cope with year 9's homework policy",
        "I can't cope with another inset day",
        "we can't cope without a TA",
        "i cant go on the trip",
        "whats the point of the new lanyards",
        "what's the point in going on the course",
    ],
)
def test_whoever_cannot_bear_one_thing_at_work_is_in_no_danger(knowledge: Knowledge, text: str) -> None:
    assert danger_of(text, knowledge.vectors) is None


@pytest.mark.parametrize(
    "text",
    [
        "the headteacher hit a child",
        "our head shoved a lad against the wall",
        "My head kissed a pupil.",
        "it's the head who has been hurting her, who do I go to",
        "the DSL has been sleeping with a sixth former",
        "the safeguarding lead hit a boy",
        "the head sent a naked picture to a pupil",
        "the dsl has indecent pictures of pupils on his laptop",
        "a boy says the deputy touched him",
    ],
)
def test_what_somebody_in_power_did_is_an_allegation_whatever_else_it_is(knowledge: Knowledge, text: str) -> None:
    assert danger_of(text, knowledge.vectors) is Danger.ALLEGATION


def test_what_a_colleague_did_to_a_child_is_an_allegation(knowledge: Knowledge) -> None:
    assert danger_of("a TA hit a child", knowledge.vectors) is Danger.ALLEGATION
    assert danger_of("a child told a TA that her dad hit her", knowledge.vectors) is Danger.CHILD_AT_RISK


def test_a_child_whom_nobody_in_power_helped_is_a_child_at_risk(knowledge: Knowledge) -> None:
    assert danger_of("I told the DSL about her bruises and nothing was done", knowledge.vectors) is Danger.CHILD_AT_RISK


@pytest.mark.parametrize(
    "text",
    [
        "a pupil wrote i want to kill myself on her book",
        "she told me she wants to die, she said i cannot go on",
        "a boy messaged me saying i want to kill myself",
    ],
)
def test_a_childs_words_of_her_own_life_go_the_childs_way(knowledge: Knowledge, text: str) -> None:
    assert danger_of(text, knowledge.vectors) in (Danger.CHILD_AT_RISK, Danger.INDECENT_IMAGE)


@pytest.mark.parametrize(
    "text",
    [
        "I can't go on Facebook at work can I",
        "i cannot go on the trip, who covers",
        "I want to die of embarrassment",
        "we killed ourselves laughing",
    ],
)
def test_figures_of_speech_are_no_danger_to_the_asker(knowledge: Knowledge, text: str) -> None:
    assert danger_of(text, knowledge.vectors) is not Danger.ASKER_AT_RISK
