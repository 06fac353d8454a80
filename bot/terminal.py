"""Questions and answers in the terminal: one, a file of them, a conversation, the schools side by side, a copy to check."""

import json
import sys
from collections.abc import Iterator
from functools import cache
from string import ascii_lowercase
from typing import TYPE_CHECKING, BinaryIO

import msgspec

from bot.answer import needs_school, to_json
from bot.asking import ask, read_question
from bot.bootstrap import Indexes, open_indexes, open_versions
from bot.clock import today
from bot.contact_store import Contacts
from bot.duties import Duties
from bot.errors import BotError
from bot.layout import WORRIED, WORRIED_NOW, Heading, Key
from bot.rendering import LAST_LINE, as_text, to_text
from bot.roster import Roster
from bot.settings import read_settings
from bot.typed import read_number
from corpus.errors import CorpusError
from corpus.versions import Versions
from retrieval.decision import Outcome
from retrieval.errors import RetrievalError

if TYPE_CHECKING:
    from bot.messages import Reply

TERMINAL = "terminal"


class _BatchLine(msgspec.Struct, frozen=True):
    """One question of a batch."""

    q: str
    id: str | None = None
    school: str | None = None
    context: tuple[str, ...] = ()


def ask_once(question: str, school: str | None, *, as_json: bool, explained: bool) -> int:
    """Print the answer to one question, `explained` with why; return the exit code.

    Raises what keeps it from being answered; for people what to do about a worry is printed all the same.
    """
    try:
        return _ask_once(question, school, as_json=as_json, explained=explained)
    except (BotError, CorpusError, RetrievalError):
        if not as_json:
            print(WORRIED_NOW)
        raise


def _ask_once(question: str, school: str | None, *, as_json: bool, explained: bool) -> int:
    indexes = open_indexes(read_settings())
    versions = indexes.versions
    school = school or _only_school(versions)
    if school is None:
        answer = needs_school(question, [one.id for one in versions.schools()], indexes.knowledge.vectors)
    else:
        index = indexes.of(school)
        answer = ask(question, index, _roster(indexes).directory(index.school), today())
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
    directory_of = cache(_roster(indexes).directory)  # at one moment, as the policies are at one revision
    day, failed, write = today(), False, sys.stdout.buffer.write
    for number, line in _lines(file):
        try:
            asked = msgspec.convert(json.loads(line), _BatchLine)
            whose = asked.school or school
            if whose is None:
                answer = needs_school(asked.q, names, indexes.knowledge.vectors)
            else:
                # One revision for the whole batch: a publication half-way does not mix versions.
                index = indexes.of(whose, fresh=False)
                answer = ask(asked.q, index, directory_of(index.school), day, asked.context)
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
    """Hold a conversation until the input ends or the person types `exit`; a letter presses the button that it stands at."""
    from bot.assembly import assemble
    from bot.messages import Message
    from bot.secret import secret_key
    from bot.turn import Asker

    settings = read_settings()
    indexes = open_indexes(settings)
    versions = indexes.versions
    school = school or _only_school(versions) or _choose_school(versions)
    parts = assemble(indexes, secret_key(settings), public_url=settings.public_url)
    asked_of = indexes.of(school).school
    asker = Asker(asked_of, (asked_of,), None)
    print("Ask about your school's policies. An empty line or “exit” ends the conversation.\n")
    earlier: list[str] = []
    offered: dict[str, str] = {}
    while True:
        try:
            typed = input("> ").strip()
        except EOFError:
            return 0
        if typed.lower() in ("", "exit", "quit"):
            return 0
        pressed = offered.get(typed.lower(), "")
        message = Message(channel=TERMINAL, account="", place="", text="" if pressed else typed, pressed=pressed)
        (reply,) = parts.conversation.turn_of(asker, message, 1, earlier).replies(message)
        if not (pressed or reply.refused):
            earlier.append(typed)
        buttons = [button for button in reply.all_buttons if button.label != WORRIED]
        offered = {letter: button.value for letter, button in zip(ascii_lowercase, buttons, strict=False)}
        print(f"\n{_in_bold(reply)}\n")
        for letter, button in zip(ascii_lowercase, buttons, strict=False):
            print(f"  [{letter}] {button.label}")
        print(f"{LAST_LINE}\n")


def compare(question: str) -> int:
    """Print what each school's policies make of one question, side by side."""
    indexes = open_indexes(read_settings())
    versions = indexes.versions
    schools = versions.schools()
    if not schools:
        raise BotError("No school is set up here yet: run policybot init, or set POLICYBOT_DEMO=1 to try the demo.")
    roster = _roster(indexes)
    for school in schools:
        index = indexes.of(school.id)
        answer = ask(question, index, roster.directory(index.school), today())
        print(f"{school.name}\n  {answer.headline}")
        for quote in answer.quotes[:1] or answer.offered:
            words = quote.key_words if answer.outcome is Outcome.ANSWERED else quote.words
            print(f"  “{words}”\n    {quote.citation.policy}, {quote.citation.label}")
        print()
    return 0


def verify(file: str) -> int:
    """Print what a pasted copy of an answer stands for. Raises BotError where it is none that was given here."""
    from bot.kept import KeptAnswers
    from bot.pasted import read_pasted
    from bot.secret import secret_key

    pasted = read_pasted(file, "the copy")
    settings = read_settings()
    kept = KeptAnswers(secret_key(settings), open_versions(settings), settings.public_url)
    print(as_text(kept.check(pasted, today())))
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


def _roster(indexes: Indexes) -> Roster:
    engine, now = indexes.versions.engine, indexes.versions.now
    return Roster(engine, Contacts(engine, now), Duties(engine, now), indexes, now)


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
        if 0 < (number := read_number(typed) or 0) <= len(schools):
            return schools[number - 1].id
        if typed in {school.id for school in schools}:
            return typed
        print(f"Type a number from 1 to {len(schools)}.")


def _in_bold(reply: "Reply") -> str:
    """Return what a reply says, its headline and the deciding words in bold where the terminal shows that."""
    text = as_text(reply.blocks)
    if not sys.stdout.isatty():
        return text
    for block in reply.blocks:
        words = block.text if isinstance(block, Heading) else block.deciding if isinstance(block, Key) else ""
        if words:
            text = text.replace(words, f"\x1b[1m{words}\x1b[0m", 1)
    return text
