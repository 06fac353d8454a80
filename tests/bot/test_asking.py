"""A question as it is typed: what can be read, what cannot, and what is said then."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.asking import LONGEST_QUESTION, ask, read_question
from bot.bootstrap import Indexes
from bot.directory import NO_SCHOOL
from bot.errors import QuestionError
from bot.rendering import to_text

TODAY = date(2026, 11, 21)

EMPTY = "Your question is empty: write what you want to know."
WORDS = "I can read only words: write your question in a sentence."
ENGLISH = "I can read only English: write your question in English, or speak to the school office."

BAD = [
    ("", EMPTY),
    ("   \n\t  ", EMPTY),
    ("\x00\x01\x1f\x7f", EMPTY),
    ("\u200b\u200e\ufeff", EMPTY),
    ("\u00a0\u2003", EMPTY),
    ("\U0001f600\U0001f44d\U0001f3fd", WORDS),
    ("\U0001f468\u200d\U0001f469\u200d\U0001f467", WORDS),
    ("?!... --", WORDS),
    ("(((", WORDS),
    ("можно ли мне добавить родителя в друзья", ENGLISH),
    ("هل يمكنني نشر صورة", ENGLISH),
    ("我可以发布照片吗", ENGLISH),
    ("क्या मैं फोटो पोस्ट कर सकता हूँ", ENGLISH),
    ("Μπορώ να ανεβάσω φωτογραφία; ok", ENGLISH),
    (
        "a" * (LONGEST_QUESTION + 1),
        "Your question has 4001 characters: shorten it to 4000 or fewer and send it again.",
    ),
    (
        "can I " * 2000,
        "Your question has 11999 characters: shorten it to 4000 or fewer and send it again.",
    ),
]


@pytest.mark.parametrize(("text", "sentence"), BAD, ids=[ascii(text[:20]) for text, _ in BAD])
def test_what_cannot_be_read_is_said_in_one_sentence_with_the_way_out(text: str, sentence: str) -> None:
    with pytest.raises(QuestionError) as refused:
        read_question(text)
    assert str(refused.value) == sentence


GOOD = [
    ("  Can I?\n", "Can I?"),
    ("Can\x00 I\u200b post\ufeff?", "Can I post?"),
    ("\u202eCan I?\u202c", "Can I?"),
    ("Can I?\nI mean it.", "Can I?\nI mean it."),
    ("\U0001f600 can I post \U0001f4f7", "\U0001f600 can I post \U0001f4f7"),
    ("Zoë's café naïve señor Łukasz", "Zoë's café naïve señor Łukasz"),
    ("Cymraeg: a gaf i dŷ?", "Cymraeg: a gaf i dŷ?"),
    ("My pupil 王 has messaged me", "My pupil 王 has messaged me"),
    ("9.3", "9.3"),
    ("\uff23an I?", "\uff23an I?"),
    ("a" * LONGEST_QUESTION, "a" * LONGEST_QUESTION),
]


@pytest.mark.parametrize(("text", "question"), GOOD, ids=[ascii(text[:20]) for text, _ in GOOD])
def test_a_question_is_taken_as_typed_without_marks_that_cannot_be_seen(text: str, question: str) -> None:
    assert read_question(text) == question


@given(st.text(max_size=300))
def test_any_text_is_a_question_or_is_refused_in_one_sentence(text: str) -> None:
    refusal = ""
    try:
        question = read_question(text)
    except QuestionError as error:
        refusal = str(error)
    if refusal:
        assert "\n" not in refusal
        assert refusal.endswith(".")
    else:
        assert question == question.strip()
        assert read_question(question) == question


def test_an_answer_holds_the_question_as_it_was_read(demo: Indexes) -> None:
    assert ask("\u200b Can I post photos? ", demo.of("coniston"), NO_SCHOOL, TODAY).question == "Can I post photos?"


def test_only_the_last_few_earlier_questions_count(demo: Indexes) -> None:
    index = demo.of("coniston")
    last = [f"Can I post photograph {number}?" for number in range(5)]
    with_more = ask("And videos?", index, NO_SCHOOL, TODAY, ["Am I worried about a child?", "dogs", *last])
    assert with_more == ask("And videos?", index, NO_SCHOOL, TODAY, last)


ASKED = [
    "can I accept a parent's friend request?",
    "Can I post a photo of my class?",
    "when do we get paid",
    "hello",
    "a child told me her dad hits her",
    "I feel suicidal",
    "9.3",
    "<script>alert(1)</script>",
    "'; DROP TABLE schools; --",
    "{{ 7 * 7 }} {% raw %}",
    "a" * LONGEST_QUESTION,
]


@pytest.mark.parametrize("school", ["academy-trust", "archbishop-huttons", "chase-terrace", "coniston", "wellesley"])
@pytest.mark.parametrize("question", ASKED, ids=[question[:20] for question in ASKED])
def test_every_question_of_every_school_gets_a_whole_reply(demo: Indexes, school: str, question: str) -> None:
    answer = ask(question, demo.of(school), NO_SCHOOL, TODAY)
    text = to_text(answer)
    assert text.startswith(answer.headline)
    assert answer.headline
    assert "999" in text or text.endswith("Worried about a child? Write: worried about a child")
    assert ask(question, demo.of(school), NO_SCHOOL, TODAY) == answer
