"""The one use case: a question of somebody at a school -> the answer."""

import re
import unicodedata
from collections.abc import Sequence
from datetime import date

from bot.answer import Answer, Concern, to_answer
from bot.directory import Directory
from bot.errors import QuestionError
from retrieval.concerns import complaint_of, concerned
from retrieval.decision import read_and_decide
from retrieval.index import Index
from retrieval.reading import Reading

LONGEST_QUESTION = 4000
# Earlier questions beyond these say nothing about the one asked now.
LONGEST_CONTEXT = 5
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]")


def read_question(text: str) -> str:
    """Return a question as typed, without control and direction marks.

    Raises QuestionError, in one sentence, where nothing is left, it is too long, or it is not written in words of English.
    """
    question = _CONTROL.sub("", text).strip()
    if not question:
        raise QuestionError("Your question is empty: write what you want to know.")
    if len(question) > LONGEST_QUESTION:
        raise QuestionError(
            f"Your question has {len(question)} characters: shorten it to {LONGEST_QUESTION} or fewer and send it again."
        )
    letters = [character for character in question if character.isalpha()]
    if not letters and not any(character.isdigit() for character in question):
        raise QuestionError("I can read only words: write your question in a sentence.")
    if letters and sum(_is_latin(letter) for letter in letters) * 2 < len(letters):
        raise QuestionError("I can read only English: write your question in English, or speak to the school office.")
    return question


def ask(question: str, index: Index, directory: Directory, today: date, context: Sequence[str] = ()) -> Answer:
    """Return the answer to a question from a school's index; `context` are earlier questions, oldest first.

    `directory` says whom to turn to now.

    Raises QuestionError where the question cannot be read.
    """
    return ask_and_read(question, index, directory, today, context)[0]


def ask_and_read(
    question: str, index: Index, directory: Directory, today: date, context: Sequence[str]
) -> tuple[Answer, Reading]:
    """Return the same, and how the question was read: with those in power whom it names called by their offices."""
    asked = read_question(question)
    earlier = [directory.with_offices(_CONTROL.sub("", one[:LONGEST_QUESTION])) for one in list(context)[-LONGEST_CONTEXT:]]
    reading, decision = read_and_decide(directory.with_offices(asked), earlier, index)
    return to_answer(asked, decision, index, directory, today, concern=_concern(reading)), reading


def _concern(reading: Reading) -> Concern:
    """Return whom a question is about, as it was typed and as it was meant; what the one before it was about holds for both."""
    roles = {role for text in dict.fromkeys((reading.question, *reading.meant)) for role in concerned(text)}
    return Concern(frozenset(roles), complaint_of(reading))


def _is_latin(letter: str) -> bool:
    return letter.isascii() or unicodedata.name(letter, "").startswith("LATIN")
