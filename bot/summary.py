"""A month of a school in figures: what was asked and answered, what was asked most, how long questions to the headteacher took.

No figure is of fewer people than could be told apart, and none tells of questions that are kept from the headteacher.
"""

from collections import Counter
from datetime import date, datetime, time
from statistics import median
from typing import Any

from msgspec import Struct
from sqlalchemy import Column, ColumnElement, Connection, Engine, Select, and_, select

from bot.bootstrap import Indexes
from bot.escalations import EscalationKind
from bot.gaps import matter_of, read_for_her
from bot.people import PersonRole
from bot.records import FEWEST_PEOPLE
from bot.roster import Roster
from bot.tables import escalations, people, question_counts, questions
from corpus.tenancy import reading_at
from retrieval.decision import Outcome

MOST_SHOWN = 10


class Asked(Struct, frozen=True):
    """What was asked often: the name of a matter, or where a clause stands; by how many people, and how often."""

    what: str
    people: int
    times: int


class Month(Struct, frozen=True):
    """A month, `2026-11`, by the clock of the store.

    `outcomes` count the questions that may be counted at all, `counted_only` those of them of which nothing else is kept;
    `helped` and `did_not_help` are of the rest. `to_headteacher` counts the questions handed over to her, of which she answered
    `answered`, in `hours` on the median; None where she answered none.
    """

    month: str
    outcomes: dict[Outcome, int]
    counted_only: int
    helped: int
    did_not_help: int
    to_headteacher: int
    answered: int
    hours: float | None

    @property
    def questions(self) -> int:
        """How many questions were asked."""
        return sum(self.outcomes.values())

    @property
    def answered_share(self) -> float | None:
        """The share of them that a clause answered, 0 to 1; None where none was asked."""
        return self.outcomes.get(Outcome.ANSWERED, 0) / self.questions if self.questions else None


class Summary(Struct, frozen=True):
    """A month, the month before it, and what was asked most in the month."""

    month: Month
    before: Month
    most_asked: tuple[Asked, ...]


class Summaries:
    """The months of the schools in a store."""

    def __init__(self, engine: Engine, indexes: Indexes, roster: Roster) -> None:
        """Keep the parts."""
        self._engine = engine
        self._indexes = indexes
        self._roster = roster

    def of(self, school_id: str, day: date) -> Summary:
        """Return the summary of the month that a day is in. Raises BotError where there is no such school."""
        first = day.replace(day=1)
        with reading_at(self._engine, school_id) as connection:
            return Summary(
                _month(connection, school_id, first),
                _month(connection, school_id, _before(first)),
                self._most_asked(connection, school_id, first),
            )

    def _most_asked(self, connection: Connection, school_id: str, first: date) -> tuple[Asked, ...]:
        """Return what was asked most of what is still kept: by the matter, of no plain matter by the clause that was shown."""
        index = self._indexes.of(school_id)
        directory = self._roster.directory(index.school)
        places = {(one.policy.slug, one.clause.id): f"{one.policy.title}, {one.clause.label}" for one in index.clauses}
        times, askers = Counter[str](), dict[str, set[str]]()
        for row in connection.execute(_asked_in(school_id, first)):
            reading = read_for_her(row.question, index, directory)
            what = reading and (matter_of(reading) or places.get((row.slug, row.clause_id)))
            if what:
                times[what] += 1
                askers.setdefault(what, set()).add(row.asker)
        found = [Asked(what, len(whose), times[what]) for what, whose in askers.items() if len(whose) >= FEWEST_PEOPLE]
        return tuple(sorted(found, key=lambda one: (-one.people, -one.times, one.what)))[:MOST_SHOWN]


def _month(connection: Connection, school_id: str, first: date) -> Month:
    month = f"{first:%Y-%m}"
    kept = connection.execute(_asked_in(school_id, first)).all()
    of_month = (question_counts.c.school_id == school_id, question_counts.c.month == month)
    counted = {row.outcome: row.times for row in connection.execute(select(question_counts).where(*of_month))}
    outcomes = Counter({Outcome(outcome): times for outcome, times in counted.items()})
    outcomes.update(Outcome(row.outcome) for row in kept)
    # A question about the headteacher goes to somebody else: that there was one is not hers to know.
    hers = (escalations.c.kind == EscalationKind.QUESTION, people.c.role == PersonRole.HEADTEACHER)
    handed_over = connection.execute(
        select(escalations.c.made_at, escalations.c.answered_at)
        .join(people, and_(people.c.school_id == escalations.c.school_id, people.c.id == escalations.c.person_id))
        .where(escalations.c.school_id == school_id, *hers, _within(escalations.c.made_at, first))
    ).all()
    hours = [(row.answered_at - row.made_at).total_seconds() / 3600 for row in handed_over if row.answered_at]
    return Month(
        month=month,
        outcomes=dict(outcomes),
        counted_only=sum(counted.values()),
        helped=sum(row.helped is True for row in kept),
        did_not_help=sum(row.helped is False for row in kept),
        to_headteacher=len(handed_over),
        answered=len(hours),
        hours=median(hours) if hours else None,
    )


def _asked_in(school_id: str, first: date) -> Select[Any]:
    return select(questions).where(questions.c.school_id == school_id, _within(questions.c.asked_at, first))


def _within(column: Column[datetime], first: date) -> ColumnElement[bool]:
    """Return the condition that a moment is in the month that begins on a day."""
    return and_(column >= datetime.combine(first, time.min), column < datetime.combine(_after(first), time.min))


def _before(first: date) -> date:
    return date(first.year - (first.month == 1), (first.month - 2) % 12 + 1, 1)


def _after(first: date) -> date:
    return date(first.year + (first.month == 12), first.month % 12 + 1, 1)
