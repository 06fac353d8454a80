"""The headteacher's rulings: short answers in her name where no clause decides, kept as the clauses of a policy of their own.

Each change publishes a new version of that policy, so that a ruling is cited, kept, rolled back and exported as any clause.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from msgspec import Struct
from msgspec.structs import replace

from bot.answer import VERDICTS
from bot.errors import BotError
from bot.typed import read_line
from corpus.clause import RULINGS, STRICTNESS, Clause, Policy, RulingNote, Section, Stance
from corpus.dates import PolicyDate, spoken_day
from corpus.labels import slug
from corpus.loosening import is_looser
from corpus.sentences import sentences
from corpus.versions import Approval, Versions
from corpus.wording import read_binding, read_roles, read_stance
from retrieval.decision import clauses_loosened
from retrieval.index import Index

TITLE = "Rulings of the headteacher"
LONGEST_RULING = LONGEST_QUESTION = 600  # characters
MOST_SENTENCES = 2
LONGEST_NAME = 200  # characters, of whoever rules, approves or is cited
# A ruling that lapses within so many days is coming to its end.
ENDING = 30


class RulingState(StrEnum):
    """How a ruling stands on a day."""

    IN_FORCE = "in force"
    ENDING = "coming to its end"
    LAPSED = "lapsed"


class Ruled(Struct, frozen=True):
    """A ruling as somebody writes it, and as it waits for the chair of governors."""

    text: str
    stance: Stance
    note: RulingNote


@dataclass(frozen=True, slots=True)
class Ruling:
    """A ruling that was not withdrawn, the version that holds it, and how it stands."""

    clause: Clause
    note: RulingNote
    version: int
    state: RulingState


class Rulings:
    """The rulings in one store; over the `Versions` of `all_at_once` a change belongs to their transaction."""

    def __init__(self, versions: Versions) -> None:
        """Keep the versions."""
        self._versions = versions

    def rule(self, school_id: str, text: str, stance: Stance, note: RulingNote, by: str) -> str:
        """Keep a new ruling and answer from it; return its clause id. `by` is who publishes it, as a version names them.

        Raises BotError where something about it is not as it must be, StoreError where there is no such school.
        """
        today = self._versions.today()
        ruling = read_ruling(text, stance, note, today)

        def add(clauses: tuple[Clause, ...], number: int) -> tuple[Clause, ...]:
            label = f"Ruling {number}"
            return (*clauses, replace(ruling, id=slug(label), label=label))

        published = self._change(school_id, add, by, Approval(approved_by=note.approved_by))
        return list(published.clauses())[-1].id

    def withdraw(self, school_id: str, clause_id: str, by: str) -> None:
        """Answer from a ruling no more; its earlier versions stay. Raises BotError where there is no such ruling any more."""

        def take_out(clauses: tuple[Clause, ...], _number: int) -> tuple[Clause, ...]:
            left = tuple(clause for clause in clauses if clause.id != clause_id)
            if left == clauses:
                raise BotError("This ruling is not there any more: somebody has withdrawn it.")
            return left

        self._change(school_id, take_out, by, Approval())

    def of(self, school_id: str, today: date) -> list[Ruling]:
        """Return the rulings of a school that were not withdrawn, those that lapse first at the top, as of a day."""
        found = self._current(school_id)
        if found is None:
            return []
        number, policy = found
        rulings = [
            Ruling(clause, clause.ruling, number, _state(clause.ruling, today)) for clause in policy.clauses() if clause.ruling
        ]
        return sorted(rulings, key=lambda ruling: ruling.note.until)

    def _change(
        self, school_id: str, change: Callable[[tuple[Clause, ...], int], tuple[Clause, ...]], by: str, approval: Approval
    ) -> Policy:
        """Publish what `change` makes of the rulings, given the number of the next one; numbers are never used twice."""
        with self._versions.all_at_once(school_id) as together:
            together.require_school(school_id)
            found = Rulings(together)._current(school_id)
            given = [int(one.rpartition("-")[2]) for one in together.given_ids(school_id, RULINGS)]
            clauses = change(tuple(found[1].clauses()) if found else (), max(given, default=0) + 1)
            draft = Policy(school_id, RULINGS, TITLE, (Section("", "", 1, "", (), clauses),))
            kept = together.save_draft(draft, None)
            together.publish(school_id, RULINGS, by, approval)
        return kept

    def _current(self, school_id: str) -> tuple[int, Policy] | None:
        published = self._versions.published(school_id)
        return next((one for one in published.versions if one[1].is_of_rulings), None) if published else None


def looser_than_published(index: Index, question: str, stance: Stance, cites: str | None) -> str | None:
    """Return how a ruling of this stance on a question would loosen a published clause, in words; None where it would not.

    Over the clause that it cites it holds however strict that is, so that one counts whatever the question. Rulings in the index
    count for nothing here.
    """
    found = [(verdict.hit.clause, verdict.stance) for verdict in clauses_loosened(question, stance, index)]
    cited = [(one, one.clause.stance) for one in index.clauses if one.cited == cites]
    found += [(one, says) for one, says in cited if says in STRICTNESS and is_looser(says, stance)]
    if not found:
        return None
    clause, says = found[0]
    said = f"Your policy ({clause.policy.title}, {clause.clause.label}) says: {VERDICTS[says]}"
    return f"{said} Your ruling would say: {VERDICTS[stance]}"


def latest_end(today: date) -> date:
    """Return the last day until which a ruling that is made today may hold: a year on."""
    return PolicyDate(today.isoformat()).a_year_on().last_day()


def read_ruling(text: str, stance: Stance, note: RulingNote, today: date) -> Clause:
    """Return a ruling as a clause without its number. Raises BotError, in one sentence, where it is not as it must be."""
    words = read_line(text, "ruling", LONGEST_RULING)
    if len(list(sentences(words))) > MOST_SENTENCES:
        raise BotError("A ruling has one or two sentences: shorten yours, or bring in a policy.")
    if note.until < today:
        raise BotError(f"{spoken_day(note.until)} is past: choose a day to come on which the ruling lapses.")
    latest = latest_end(today)
    if note.until > latest:
        raise BotError(f"A ruling holds for a year at most: choose a day up to {spoken_day(latest)}.")
    read = replace(
        note,
        by=read_line(note.by, "name", LONGEST_NAME),
        question=read_line(note.question, "question", LONGEST_QUESTION),
        cites=note.cites and read_line(note.cites, "citation", LONGEST_NAME),
        approved_by=note.approved_by and read_line(note.approved_by, "name of whoever approved it", LONGEST_NAME),
    )
    derived = read_stance(words)
    return Clause(
        id="",
        label="",
        marker="",
        text=words,
        at=(),
        stance=stance,
        # What the rules found speaks for the stance only where they found the one that was chosen.
        deciding=derived.deciding if derived.stance is stance else "",
        binds=read_binding(words, None, (), derived.deciding),
        roles=read_roles(words),
        confirmed=True,
        ruling=read,
    )


def _state(note: RulingNote, today: date) -> RulingState:
    if not note.is_in_force(today):
        return RulingState.LAPSED
    return RulingState.ENDING if note.until < today + timedelta(days=ENDING) else RulingState.IN_FORCE
