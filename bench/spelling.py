"""What mending slips is worth: labelled questions as they stand and with typing errors put in, with and without spelling.

Run with `python -m bench.spelling`; docs/ranking.md gives the figures.
"""

import random
import re
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec

from corpus.building import build_policy, shipped_policy, shipped_sources
from corpus.clause import Policy
from corpus.source import read_text
from corpus.versions import Published, School
from retrieval.decision import Outcome, decide
from retrieval.evaluation import Question, holds_any, read_questions
from retrieval.index import Index
from retrieval.knowledge import Knowledge
from training.unread import WithoutWordings

TESTS = Path(__file__).parent.parent / "tests"
SEEDS = (1, 2, 3)
# The keys beside each on a British keyboard, row by row.
_ROWS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
_BESIDE = {key: row[max(0, at - 1) : at] + row[at + 1 : at + 2] for row in _ROWS for at, key in enumerate(row)}
_LONG = re.compile(r"[a-z]{4,}", re.IGNORECASE)


class _Untouched:
    """In the place of spelling: every text stays as it was typed."""

    def correct(self, text: str) -> str:
        return text


def mistype(question: str, rng: random.Random) -> str:
    """Return a question with slips in one or two of its words; the first letter of a word stays, as it mostly does."""
    for _ in range(rng.choice((1, 2))):
        words = list(_LONG.finditer(question))
        if words:
            word = rng.choice(words)
            question = question[: word.start()] + _slip(word[0], question[word.end() :], rng)
    return question


def _slip(word: str, rest: str, rng: random.Random) -> str:
    at = rng.randrange(1, len(word) - 1)
    match rng.randrange(5):
        case 0:
            return f"{word[:at]}{word[at + 1]}{word[at]}{word[at + 2 :]}{rest}"
        case 1:
            return f"{word[:at]}{word[at + 1 :]}{rest}"
        case 2:
            return f"{word[:at]}{word[at]}{word[at:]}{rest}"
        case 3:
            return f"{word[:at]}{rng.choice(_BESIDE[word[at].lower()])}{word[at + 1 :]}{rest}"
        case _:
            return word + rest.removeprefix(" ")


def hits(questions: Sequence[Question], index_of: Callable[[str], Index]) -> str:
    """Return hit@1 and hit@3 on questions, and in how many of all a clause is asserted that is not right."""
    first = third = asked = wrong = 0
    for question in questions:
        decision = decide(question.q, question.context, index_of(question.school))
        right = [holds_any(hit.clause, question.gold) for hit in decision.ranking.hits]
        wrong += decision.outcome is Outcome.ANSWERED and not any(right[:1])
        if question.gold:
            asked, first, third = asked + 1, first + any(right[:1]), third + any(right[:3])
    return f"{first / asked:.3f} / {third / asked:.3f}  n={asked}  answered wrongly {wrong} of {len(questions)}"


def main() -> None:
    """Print a line for each set of questions, plain and mistyped, with and without spelling."""
    with tempfile.TemporaryDirectory() as folder:
        cache = Path(folder)
        shipped = _indexes([(source.school, shipped_policy(source)) for source in shipped_sources()], Knowledge(cache))
        documents = _indexes([(file.stem, _document(file)) for file in _documents()], WithoutWordings(cache))
        for name, files, indexes in (
            ("clauses with wordings", ("dev", "own-seen"), shipped),
            ("clauses without wordings", ("documents", "documents-2"), documents),
        ):
            plain = [question for file in files for question in read_questions(TESTS / "questions" / f"{file}.jsonl")]
            _compare(f"{name}, as they stand", plain, indexes)
            mistyped = [
                msgspec.structs.replace(question, q=mistype(question.q, rng))
                for rng in map(random.Random, SEEDS)
                for question in plain
            ]
            _compare(f"{name}, mistyped", mistyped, indexes)


def _compare(name: str, questions: Sequence[Question], indexes: dict[str, Index]) -> None:
    print(f"{name}, with spelling:    {hits(questions, indexes.__getitem__)}")
    spelling = {school: index.spelling for school, index in indexes.items()}
    for index in indexes.values():
        index.spelling = _Untouched()  # type: ignore[assignment]
    print(f"{name}, without spelling: {hits(questions, indexes.__getitem__)}", flush=True)
    for school, index in indexes.items():
        index.spelling = spelling[school]


def _indexes(policies: Sequence[tuple[str, Policy]], knowledge: Knowledge) -> dict[str, Index]:
    return {school: Index(Published(School(school, school, school), 1, ((1, policy),)), knowledge) for school, policy in policies}


def _documents() -> list[Path]:
    return [file for file in sorted((TESTS / "corpus" / "documents").iterdir()) if file.suffix in (".txt", ".md")]


def _document(file: Path) -> Policy:
    return build_policy(read_text(file.read_bytes(), file.name), school=file.stem, slug="p", title=None, source_name=file.name)


if __name__ == "__main__":
    main()
