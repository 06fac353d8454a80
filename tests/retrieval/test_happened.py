"""Whether a question tells of something that the asker has done already."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.asking import LONGEST_QUESTION
from retrieval.happened import has_happened
from tests.growth import assert_grows_in_proportion

DEEDS = [
    "I accepted a friend request from a parent",
    "I've accepted a friend request from a mum",
    "ive accepted a pupils follow on insta",
    "I have posted a photo of my class",
    "I already posted it last night",
    "I've just sent a pupil a message by mistake",
    "I accidentally liked a parent's post",
    "i stupidly put our sports day pics on facebook",
    "I only shared it with two friends",
    "I kind of slagged off the head online",
    "I gave a parent my mobile number",
    "I took pictures of the nativity on my own phone",
    "I filmed the assembly on my phone, is that a problem?",
    "I uploaded the class list to my own drive",
    "I told a parent about another child",
    "I tagged the school in a rant",
    "I deleted the message, do I still have to report it?",
    "I clicked on a link in an email from the bank",
    "I forwarded a parent's email to my home address",
    "I followed a former pupil back",
    "I said yes to an ex-pupil, now what",
    "I then opened the attachment",
    "I rang a parent from my own phone",
    "I left my laptop on the train",
    "I let a pupil use my phone",
    "I've even texted her back",
    "I've already done it, what now",
    "I did it yesterday",
    "I posted it. Can I take it down?",
]
DEEDS_TOLD_LATER = [
    "Last night I replied to a dad on WhatsApp",
    "so i went and commented on her photo",
    "Yesterday I tweeted about an inset day",
    "A pupil messaged me and I answered",
    "Oh no, I sent it to the whole class list",
    "A mum has added me and I've accepted, should I unfriend her?",
    "Should I say sorry? I shared a photo of her boy",
    "Can you help, I joined the parents' WhatsApp group",
    "we've done it already and nobody said anything",
]

NO_DEEDS = {
    "what may or should be done": [
        "Can I post a photo of my class?",
        "can i accept a friend request",
        "may I share this",
        "I want to post a photo",
        "I'm thinking of posting it tonight",
        "should I put it up",
    ],
    "what should have been done": [
        "should I have accepted",
        "Should I have accepted it?",
        "should I have told the head first",
        "Could I have used my own phone?",
        "I wish I posted more on the school page",
    ],
    "what is only supposed": [
        "if I posted",
        "What if I posted a photo?",
        "what happens if I accepted a parent",
        "if I've posted something, can I be sacked?",
        "Is it ok if I shared the clip?",
        "even if I just liked it",
        "Unless I told her, how would she know?",
        "suppose I sent it by mistake",
        "Supposing I accepted, what then?",
        "Say I posted it on a private account",
    ],
    "what is still to come": [
        "Who do I tell before I've sent it?",
        "once I've posted it, who checks it?",
        "When I've taken photos, where do they go?",
        "until I've told the head, must I say nothing?",
    ],
    "a thing that is only named": [
        "something I posted",
        "A parent is cross about something I posted",
        "people keep asking about things I posted years ago",
        "does the policy cover what I posted before I worked here",
        "can stuff I posted at uni be held against me",
        "Can photos I put up years ago get me into trouble?",
    ],
    "what was not done": ["I haven't posted anything", "I have not accepted her", "I never replied"],
    "what somebody else did": [
        "A parent has sent me a friend request",
        "A pupil messaged me last night",
        "A colleague posted a photo of me",
        "I was told I could post it",
        "I've been tagged in a photo",
        "I have been sent a friend request",
        "Somebody has posted a picture of my class",
    ],
    "no sentence": ["", "photos", "the school page"],
}


@pytest.mark.parametrize("question", [*DEEDS, *DEEDS_TOLD_LATER])
def test_a_deed_told_has_happened(question: str) -> None:
    assert has_happened(question)


@pytest.mark.parametrize("question", [question for questions in NO_DEEDS.values() for question in questions])
def test_what_is_asked_supposed_or_done_by_others_has_not(question: str) -> None:
    assert not has_happened(question)


@pytest.mark.parametrize("beginning", ["if", "What if", "Would it matter if", "Suppose", "Unless", "before"])
@pytest.mark.parametrize("deed", DEEDS)
def test_a_deed_that_is_only_supposed_has_not_happened(beginning: str, deed: str) -> None:
    assert not has_happened(f"{beginning} {deed}")


@pytest.mark.parametrize("deed", DEEDS)
def test_letters_may_be_large_or_small(deed: str) -> None:
    assert has_happened(deed.upper())
    assert has_happened(deed.lower())


@given(st.sampled_from(DEEDS), st.sampled_from([question for questions in NO_DEEDS.values() for question in questions]))
def test_what_else_is_asked_does_not_undo_a_deed(deed: str, question: str) -> None:
    assert has_happened(f"{deed}. {question}")
    assert has_happened(f"{question}. {deed}")


@given(st.text(max_size=300) | st.lists(st.sampled_from(["i", "I've", "if", "posted", "just", "should", "it"])).map(" ".join))
def test_any_text_tells_of_a_deed_or_does_not(question: str) -> None:
    assert has_happened(question) in (True, False)


@pytest.mark.parametrize("words", ["i ", "i have ", "i just ", "if i ", "i've already ", "something i posted ", "if i posted. "])
def test_the_time_to_read_a_question_grows_in_proportion_to_it(words: str) -> None:
    assert_grows_in_proportion(lambda size: has_happened((words * 2000)[:size]), LONGEST_QUESTION)
