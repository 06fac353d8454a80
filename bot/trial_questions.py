"""The questions that a school tries its drafts with: a set to begin with, which it changes as it likes."""

from functools import cache
from pathlib import Path

from msgspec import Struct
from sqlalchemy import ColumnElement, Connection, Engine, delete, insert, select, update

from bot.asking import read_question
from bot.audit import Action, Audit
from bot.errors import BotError, in_quotes
from bot.tables import trial_questions
from corpus.clause import Stance
from corpus.tenancy import reading_at, writing_at
from corpus.yaml_file import read_yaml
from retrieval.decision import Outcome

FIRST_SET = Path(__file__).parent / "data" / "trial_questions.yaml"
# What may be expected of an answer: a stance, or that the policies do not settle it.
EXPECTATIONS = (*Stance, Outcome.NOT_COVERED)
# A draft is tried with all of them each time that somebody looks at it.
MOST_QUESTIONS = 200
LONGEST = 300
_GONE = "This test question is not there any more."


class TrialQuestion(Struct, frozen=True):
    """A question to try drafts with; while a `must` is not answered as `expected`, no draft is published."""

    id: int
    question: str
    must: bool = False
    expected: str | None = None


class TrialQuestions:
    """The test questions of each school in a store."""

    def __init__(self, engine: Engine, audit: Audit) -> None:
        """Keep the store, and the trail in which changes are noted."""
        self._engine = engine
        self._audit = audit

    def of(self, school_id: str) -> tuple[TrialQuestion, ...]:
        """Return a school's test questions, those that must hold first; a school without any is given the first set."""
        with reading_at(self._engine, school_id) as connection:
            found = _of(connection, school_id)
        if not found:
            with writing_at(self._engine, school_id) as connection:
                found = _of(connection, school_id)  # somebody else may have put them there meanwhile
                if not found:
                    rows = [{"school_id": school_id, "question": one, "must": False} for one in first_set()]
                    connection.execute(insert(trial_questions), rows)
                    found = _of(connection, school_id)
        return found

    def get(self, school_id: str, question_id: int) -> TrialQuestion:
        """Return one of a school's test questions. Raises BotError where it is not there."""
        for question in self.of(school_id):
            if question.id == question_id:
                return question
        raise BotError(_GONE)

    def add(self, school_id: str, question: str, who: str) -> None:
        """Add a question. Raises BotError where it cannot be read, is too long or there already, or there are too many."""
        asked = " ".join(read_question(question).split())
        if len(asked) > LONGEST:
            raise BotError(f"This question has {len(asked)} characters: put it in {LONGEST} or fewer.")
        known = self.of(school_id)
        if any(one.question.casefold() == asked.casefold() for one in known):
            raise BotError("This question is among your test questions already.")
        if len(known) >= MOST_QUESTIONS:
            raise BotError(f"You have {MOST_QUESTIONS} test questions, which is the most: remove one, then add this one.")
        with writing_at(self._engine, school_id) as connection:
            values = {"school_id": school_id, "question": asked, "must": False}
            (number,) = connection.execute(insert(trial_questions).values(values)).inserted_primary_key or (None,)
            self._audit.note(connection, school_id, who, Action.ADDED_TRIAL_QUESTION, object=number)

    def remove(self, school_id: str, question_id: int, who: str) -> None:
        """Take a question out. Raises BotError where it is not there."""
        with writing_at(self._engine, school_id) as connection:
            found = connection.execute(delete(trial_questions).where(*_one(school_id, question_id)))
            if not found.rowcount:
                raise BotError(_GONE)
            self._audit.note(connection, school_id, who, Action.REMOVED_TRIAL_QUESTION, object=question_id)

    def must(self, school_id: str, question_id: int, expected: str, who: str) -> None:
        """Let nothing be published while this question's answer is not as `expected`, one of EXPECTATIONS.

        Raises BotError where it is none of these, or the question is not there.
        """
        if expected not in EXPECTATIONS:
            raise BotError(f"{in_quotes(expected)} is no answer to expect: choose one of {', '.join(EXPECTATIONS)}.")
        self._mark(school_id, question_id, who, must=True, expected=str(expected))

    def need_not(self, school_id: str, question_id: int, who: str) -> None:
        """Let this question stop no publication. Raises BotError where it is not there."""
        self._mark(school_id, question_id, who, must=False, expected=None)

    def _mark(self, school_id: str, question_id: int, who: str, *, must: bool, expected: str | None) -> None:
        with writing_at(self._engine, school_id) as connection:
            marked = update(trial_questions).where(*_one(school_id, question_id)).values(must=must, expected=expected)
            if not connection.execute(marked).rowcount:
                raise BotError(_GONE)
            self._audit.note(connection, school_id, who, Action.MARKED_TRIAL_QUESTION, object=question_id)


@cache
def first_set() -> tuple[str, ...]:
    """Return the questions that every school begins with."""
    return read_yaml(FIRST_SET.read_text(encoding="utf-8"), tuple[str, ...], FIRST_SET.name)


def _of(connection: Connection, school_id: str) -> tuple[TrialQuestion, ...]:
    wanted = select(trial_questions).where(trial_questions.c.school_id == school_id)
    rows = connection.execute(wanted.order_by(trial_questions.c.must.desc(), trial_questions.c.id))
    return tuple(TrialQuestion(row.id, row.question, row.must, row.expected) for row in rows)


def _one(school_id: str, question_id: int) -> tuple[ColumnElement[bool], ...]:
    return trial_questions.c.school_id == school_id, trial_questions.c.id == question_id
