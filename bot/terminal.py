"""Questions and answers in the terminal: one, a file of them, a conversation, the schools side by side."""

import json
import sys
from collections.abc import Iterator
from typing import BinaryIO

import msgspec

from bot.answer import Answer, needs_school, to_json
from bot.asking import ask, read_question
from bot.bootstrap import open_indexes
from bot.clock import today
from bot.errors import BotError, QuestionError
from bot.rendering import to_text
from bot.settings import read_settings
from corpus.versions import Versions
from retrieval.decision import Outcome


class _BatchLine(msgspec.Struct, frozen=True):
    """One question of a batch."""

    q: str
    id: str | None = None
    school: str | None = None
    context: tuple[str, ...] = ()


def ask_once(question: str, school: str | None, *, as_json: bool, explained: bool) -> int:
    """Print the answer to one question, `explained` with why; return the exit code. Raises BotError where there is none."""
    indexes = open_indexes(read_settings())
    school = school or _only_school(indexes.versions)
    if school is None:
        answer = needs_school(question, [one.id for one in indexes.versions.schools()], indexes.knowledge.vectors)
    else:
        answer = ask(question, indexes.of(school), today())
    text = to_text(answer)
    if as_json:
        sys.stdout.buffer.write(to_json(answer, text) + b"\n")
    else:
        print(text)
    if explained and school:
        from retrieval.explaining import explain

        print("", *explain(read_question(question), (), indexes.of(school)), sep="\n")
    return 0


def ask_batch(file: str, school: str | None) -> int:
    """Answer a file of questions, one JSON object a line, in the order of the input; return 1 if any line was bad.

    Raises BotError where the file cannot be read.
    """
    indexes = open_indexes(read_settings())
    versions = indexes.versions
    school = school or _only_school(versions)
    names = [one.id for one in versions.schools()]
    day, failed, write = today(), False, sys.stdout.buffer.write
    for number, line in _lines(file):
        try:
            asked = msgspec.convert(json.loads(line), _BatchLine)
            whose = asked.school or school
            if whose is None:
                answer = needs_school(asked.q, names, indexes.knowledge.vectors)
            else:
                # One revision for the whole batch: a publication half-way does not mix versions.
                answer = ask(asked.q, indexes.of(whose, fresh=False), day, asked.context)
        except (json.JSONDecodeError, UnicodeDecodeError):
            failed = True
            write(msgspec.json.encode({"line": number, "error": "This line is not a JSON object."}) + b"\n")
        except (msgspec.ValidationError, BotError) as error:
            failed = True
            write(msgspec.json.encode({"line": number, "error": str(error)}) + b"\n")
        else:
            write(to_json(answer, to_text(answer), asked.id) + b"\n")
    sys.stdout.buffer.flush()
    return 1 if failed else 0


def chat(school: str | None) -> int:
    """Hold a conversation until the input ends or the person types `exit`."""
    indexes = open_indexes(read_settings())
    versions = indexes.versions
    school = school or _only_school(versions) or _choose_school(versions)
    indexes.of(school)
    print("Ask about your school's policies. An empty line or “exit” ends the conversation.\n")
    earlier: list[str] = []
    while True:
        try:
            question = input("> ").strip()
        except EOFError:
            return 0
        if question.lower() in ("", "exit", "quit"):
            return 0
        try:
            answer = ask(question, indexes.of(school), today(), earlier)
        except QuestionError as error:
            print(f"{error}\n")
            continue
        earlier.append(question)
        print(f"\n{_in_bold(answer)}\n")


def compare(question: str) -> int:
    """Print what each school's policies make of one question, side by side."""
    indexes = open_indexes(read_settings())
    versions = indexes.versions
    schools = versions.schools()
    if not schools:
        raise BotError("No school is set up here yet: run policybot init, or set POLICYBOT_DEMO=1 to try the demo.")
    for school in schools:
        answer = ask(question, indexes.of(school.id), today())
        print(f"{school.name}\n  {answer.headline}")
        for quote in answer.quotes[:1] or answer.offered:
            words = quote.key_words if answer.outcome is Outcome.ANSWERED else quote.words
            print(f"  “{words}”\n    {quote.citation.policy}, {quote.citation.label}")
        print()
    return 0


def _lines(file: str) -> Iterator[tuple[int, bytes]]:
    """Yield the lines of a file that are not blank, with their numbers."""

    def read(stream: BinaryIO) -> Iterator[tuple[int, bytes]]:
        yield from ((number, line) for number, line in enumerate(stream, 1) if line.strip())

    if file == "-":
        yield from read(sys.stdin.buffer)
        return
    try:
        with open(file, "rb") as stream:
            yield from read(stream)
    except OSError as error:
        raise BotError(f"{file} cannot be read: {error.strerror}.") from None


def _only_school(versions: Versions) -> str | None:
    schools = versions.schools()
    if not schools:
        raise BotError("No school is set up here yet: run policybot init, or set POLICYBOT_DEMO=1 to try the demo.")
    return schools[0].id if len(schools) == 1 else None


def _choose_school(versions: Versions) -> str:
    schools = versions.schools()
    for number, school in enumerate(schools, 1):
        print(f"{number}. {school.name}")
    while True:
        try:
            typed = input("Which school? ").strip()
        except EOFError:
            raise BotError("No school was chosen.") from None
        if typed.isascii() and typed.isdigit() and 0 < int(typed) <= len(schools):
            return schools[int(typed) - 1].id
        if typed in {school.id for school in schools}:
            return typed
        print(f"Type a number from 1 to {len(schools)}.")


def _in_bold(answer: Answer) -> str:
    """Return the reply with its headline and deciding words in bold, where the terminal shows that."""
    text = to_text(answer)
    if not sys.stdout.isatty():
        return text
    marks: list[str] = [answer.headline, *(quote.deciding for quote in answer.quotes[:1] if quote.deciding)]
    for words in marks:
        text = text.replace(words, f"\x1b[1m{words}\x1b[0m", 1)
    return text
