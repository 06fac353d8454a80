"""What staff could not find: questions that nothing settled, or whose answer did not help, a row for each matter, without names.

Whoever reads the rows works with those who asked. So a wording stands in one only where its asker shared it; else the matter, or
the words that several people used. Rows close by themselves when a new version or a ruling answers them, or by a decision; those
who asked are told.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary

import numpy as np
from sqlalchemy import Connection, Engine, Row, and_, delete, insert, or_, select, update

from bot.answer import is_unconfirmed_permission
from bot.bootstrap import Indexes
from bot.clock import day_of
from bot.directory import Directory
from bot.errors import BotError
from bot.notices import NoticeKind, Notices
from bot.records import FEWEST_PEOPLE
from bot.roster import Roster
from bot.tables import gap_decisions, questions
from corpus.clause import Stance
from corpus.tenancy import reading_at, school_of
from retrieval.analyzer import analyze, words_of
from retrieval.decision import Outcome, read_and_decide
from retrieval.index import Index, IndexedClause
from retrieval.personal_data import is_name, readable
from retrieval.reading import Reading
from retrieval.sensitive import NEVER_STORED, sensitivity
from retrieval.vectors import DIMENSIONS, Vector, normalized

# So many others must ask of a matter that was said to be none of policy before it is a row again.
REOPENED_BY = 3
# From this likeness on to the mean of a group's vectors, a question that is read as no matter plainly is put into the group. Of
# the matters' own wordings, twelve matters of six each, pairs that are put together belong together in 94 of 100 cases, and of
# pairs that belong together 82 of 100 are: at 0.35 it is 87 and 89, at 0.45 96 and 73. A row too many costs a glance.
ALIKE = 0.4
MOST_WORDS = 6
MOST_CLAUSES = 3
NOT_SHARED = "A question that nobody has put in shared words yet"
ROW_GONE = "This row has changed since you opened the page: look at the list again."

# Whoever says of an answer that it helped has found what she looked for, with the other clauses that she was shown.
_UNFOUND = or_(
    questions.c.outcome == Outcome.NOT_COVERED,
    questions.c.helped.is_(False),
    and_(questions.c.not_meant, questions.c.helped.is_(None)),
)


class Decision(StrEnum):
    """What a headteacher decides about a row without writing a rule."""

    OUTSIDE = "outside"  # it is no matter of policy
    NEXT_REVIEW = "next_review"


class GapKind(StrEnum):
    """Why a matter is a row: nothing settled it, or it was answered and that did not help."""

    NOT_COVERED = "not_covered"
    DID_NOT_HELP = "did_not_help"


@dataclass(frozen=True, slots=True)
class Gap:
    """A row. `key` names it; `people` counts those who asked, each once, and `did_not_help` those whom an answer did not help.

    `matter` is None where it is none that is known; `words` are those that several people used, `wordings` what askers shared.
    `last_asked` is a month, `2026-11`, None where no question of it is kept any more.
    """

    key: str
    kind: GapKind
    matter: str | None
    words: tuple[str, ...]
    wordings: tuple[str, ...]
    people: int
    did_not_help: int
    last_asked: str | None

    @property
    def shown(self) -> str:
        """How a list calls it."""
        return self.common or next(iter(self.wordings), NOT_SHARED)

    @property
    def common(self) -> str | None:
        """The matter, or the words that several people used; None where there is neither."""
        return self.matter or ", ".join(self.words) or None

    @property
    def is_in_shared_words(self) -> bool:
        """Whether it is called by a wording that its asker shared."""
        return not self.common and bool(self.wordings)


@dataclass(slots=True)
class _Group:
    """Questions of one matter, in the order in which they were asked; `matter` is None where they are read as none plainly."""

    matter: str | None
    rows: list[Row[Any]] = field(default_factory=list)
    readings: list[Reading] = field(default_factory=list)
    total: Vector = field(default_factory=lambda: np.zeros(DIMENSIONS, dtype=np.float32))  # of the questions' vectors

    def add(self, row: Row[Any], reading: Reading) -> None:
        self.rows.append(row)
        self.readings.append(reading)
        self.total = self.total + reading.vectors[0]

    @property
    def keys(self) -> list[str]:
        """What a decision about it may be kept under: its first question may have been deleted since, or it may have grown."""
        return [*([self.matter] if self.matter else []), *(row.id for row in self.rows)]

    @property
    def open(self) -> list[Row[Any]]:
        return [row for row in self.rows if row.settled_at is None]

    @property
    def others(self) -> int:
        """How many have asked who were not among those whose questions were closed."""
        return len(_askers(self.open) - _askers(row for row in self.rows if row.settled_at is not None))

    def likeness(self, vector: Vector) -> float:
        return float(normalized(self.total[None])[0] @ vector)


class _Said(NamedTuple):
    """What an index answers: from which clause, what stands in it, and what the headline makes of that."""

    clause: tuple[str, str]
    rule: tuple[object, ...]
    stance: Stance | None


class Gaps:
    """What staff of each school could not find; `now` is the time in UTC."""

    def __init__(self, engine: Engine, indexes: Indexes, roster: Roster, notices: Notices, now: Callable[[], datetime]) -> None:
        """Keep the parts."""
        self._engine = engine
        self._indexes = indexes
        self._roster = roster
        self._notices = notices
        self._now = now
        # How the questions of a school were read with its index, as long as that is in memory: to read them takes a while.
        self._read: WeakKeyDictionary[Index, dict[str, Reading | None]] = WeakKeyDictionary()

    def of(self, school_id: str) -> list[Gap]:
        """Return the open rows of a school, those that most people asked about first."""
        with reading_at(self._engine, school_id) as connection:
            index, decided = self._indexes.of(school_id), _decisions(connection, school_id)
            groups = self._groups(connection, index, decided)
        return _sorted(_gap(group, index) for group in groups if group.open and _is_listed(group, decided))

    def noted(self, school_id: str) -> list[Gap]:
        """Return the rows of a school that were noted for the next review, also those of which no question is kept any more."""
        with reading_at(self._engine, school_id) as connection:
            index, decided = self._indexes.of(school_id), _decisions(connection, school_id)
            groups = [group for group in self._groups(connection, index, decided) if group.open]
        found = [_gap(group, index) for group in groups if _is(_decision_on(group, decided), Decision.NEXT_REVIEW)]
        known = {key for group in groups for key in group.keys}
        return _sorted([*found, *(_remembered(row) for key, row in decided.items() if key not in known and _is_remembered(row))])

    def decide(self, connection: Connection, school_id: str, gap: str, decision: Decision, who: str) -> None:
        """Keep what `who` decides about a row, within a transaction; those who asked are told.

        Raises BotError where there is no such row any more.
        """
        index, decided, now = self._indexes.of(school_id), _decisions(connection, school_id), self._now()
        group = next((one for one in self._groups(connection, index, decided) if one.open and gap in one.keys), None)
        if group is None and (gap not in decided or not _is_remembered(decided[gap])):
            raise BotError(ROW_GONE)
        before = _decision_on(group, decided) if group else decided[gap]
        words = _gap(group, index).common if group else decided[gap].words
        keys = group.keys if group else [gap]
        connection.execute(delete(gap_decisions).where(gap_decisions.c.school_id == school_id, gap_decisions.c.gap.in_(keys)))
        values = {"school_id": school_id, "gap": keys[0], "words": words and words[:200], "decision": decision}
        connection.execute(insert(gap_decisions).values(**values, who=who, at=now))
        asked = group.open if group else []
        if decision is Decision.OUTSIDE:
            _close(connection, asked, now)
            self._tell(connection, school_id, NoticeKind.OUTSIDE_POLICY, asked)
        else:
            told_at = before.at if before is not None and _is(before, Decision.NEXT_REVIEW) else None
            new = [row for row in asked if told_at is None or row.asked_at > told_at]
            self._tell(connection, school_id, NoticeKind.NOTED, new)

    def drop_note(self, connection: Connection, school_id: str, gap: str) -> None:
        """Take back, within a transaction, that a row was noted for the next review: where questions of it wait it is open again.

        Raises BotError where it is not noted.
        """
        decided = _decisions(connection, school_id)
        groups = self._groups(connection, self._indexes.of(school_id), decided)
        noted = next((_decision_on(group, decided) for group in groups if gap in group.keys), decided.get(gap))
        if noted is None or not _is(noted, Decision.NEXT_REVIEW):
            raise BotError(ROW_GONE)
        connection.execute(delete(gap_decisions).where(gap_decisions.c.school_id == school_id, gap_decisions.c.gap == noted.gap))

    def settle(self, connection: Connection, school_id: str, before: Index, after: Index) -> None:
        """Close the questions that a school's new index answers and the one before did not, and tell those who asked.

        Within the transaction that publishes. Whoever said that an answer did not help is answered by another clause, or by one
        that was changed. What was closed so, and is not answered any more, is open again.
        """
        decided = _decisions(connection, school_id)
        closings, directory = _closings(decided), self._roster.directory(after.school)
        rules_before = {_name(clause): _rule(clause) for clause in before.clauses}
        settled: dict[str, tuple[Row[Any], _Said]] = {}
        for row in _unfound(connection, school_id):
            if row.settled_at in closings:
                continue
            said = _said(row.question, after, directory)
            is_same = said is not None and row.outcome != Outcome.NOT_COVERED and said.clause == (row.slug, row.clause_id)
            previously = _said(row.question, before, directory) if said and (row.settled_at is None or is_same) else None
            if row.settled_at is not None:
                if said is None or (is_same and (previously is None or previously.clause != said.clause)):
                    _close(connection, [row], None)
            elif said and said != previously and not (is_same and rules_before.get(said.clause) == said.rule):
                settled[row.id] = row, said
        if not settled:
            return
        if any(_is(one, Decision.NEXT_REVIEW) for one in decided.values()):
            self._close_notes(connection, after, decided, settled)
        _close(connection, [row for row, _ in settled.values()], self._now())
        self._tell(
            connection,
            school_id,
            NoticeKind.SETTLED,
            [row for row, _ in settled.values()],
            {number: said.clause for number, (_, said) in settled.items()},
        )

    def _close_notes(
        self, connection: Connection, index: Index, decided: Mapping[str, Row[Any]], settled: Mapping[str, object]
    ) -> None:
        """Delete notes for the next review of which every question is settled now."""
        for group in self._groups(connection, index, decided):
            note = _decision_on(group, decided)
            if (
                note is not None
                and _is(note, Decision.NEXT_REVIEW)
                and group.open
                and {row.id for row in group.open} <= set(settled)
            ):
                of_school = gap_decisions.c.school_id == index.school.id
                connection.execute(delete(gap_decisions).where(of_school, gap_decisions.c.gap == note.gap))

    def _tell(
        self,
        connection: Connection,
        school_id: str,
        kind: NoticeKind,
        asked: Sequence[Row[Any]],
        clauses: Mapping[str, tuple[str, str]] | None = None,
    ) -> None:
        """Put a notice to each of those who asked and can be told, however many questions she asked."""
        due_at = self._roster.at_work(school_id)
        by_asker: dict[str, list[Row[Any]]] = {}
        for row in asked:
            if row.address is not None:
                by_asker.setdefault(row.asker, []).append(row)
        for first, *more in by_asker.values():
            cited = list(dict.fromkeys(clauses[row.id] for row in (first, *more)))[:MOST_CLAUSES] if clauses else []
            self._notices.put(connection, school_id, kind, due_at=due_at, question=first.id, clauses=cited)
            if kind is not NoticeKind.NOTED and more:
                # She is told once; of the question that the notice names the address goes when it is put out.
                others = questions.c.id.in_([row.id for row in more])
                needless = update(questions).where(questions.c.school_id == school_id, others)
                connection.execute(needless.values(address=None))

    def _groups(self, connection: Connection, index: Index, decided: Mapping[str, Row[Any]]) -> list[_Group]:
        """Return the questions that wait, or were closed by a decision, by what they are about; none that is kept from her."""
        closings, directory = _closings(decided), self._roster.directory(index.school)
        known = self._read.get(index, {})
        readings: dict[str, Reading | None] = {}
        read: list[tuple[Row[Any], Reading]] = []
        for row in _unfound(connection, index.school.id):
            if row.settled_at is None or row.settled_at in closings:
                asked = directory.with_offices(readable(row.question))  # others may be in office by now
                if asked not in readings:
                    readings[asked] = known[asked] if asked in known else _read_for_her(asked, index)
                if reading := readings[asked]:
                    read.append((row, reading))
        self._read[index] = readings
        return _grouped(read)


def read_for_her(question: str, index: Index, directory: Directory) -> Reading | None:
    """Return how a question that is kept is read; None where a headteacher may not know that it was asked.

    Such questions are not stored: this leaves out what was missed then and is known now.
    """
    return _read_for_her(directory.with_offices(readable(question)), index)


def _read_for_her(asked: str, index: Index) -> Reading | None:
    reading, decision = read_and_decide(asked, (), index)
    return None if decision.outcome is Outcome.URGENT or sensitivity(reading) in NEVER_STORED else reading


def matter_of(reading: Reading) -> str | None:
    """Return the name of the matter that a question is plainly read as, None where it is read as none."""
    return reading.matter.name if reading.matter.is_plain else None


def _grouped(read: Sequence[tuple[Row[Any], Reading]]) -> list[_Group]:
    """Return questions by their matters; of the others each, in its turn, goes to the likest group, or begins one."""
    of_matter: dict[str, _Group] = {}
    others: list[tuple[Row[Any], Reading]] = []
    for row, reading in read:
        matter = matter_of(reading)
        if matter is None:
            others.append((row, reading))
        else:
            of_matter.setdefault(matter, _Group(matter)).add(row, reading)
    groups = list(of_matter.values())
    for row, reading in others:
        likeness, number = max(((group.likeness(reading.vectors[0]), -at) for at, group in enumerate(groups)), default=(0.0, 0))
        if likeness < ALIKE:
            groups.append(_Group(None))
            number = 1 - len(groups)
        groups[-number].add(row, reading)
    return groups


def _gap(group: _Group, index: Index) -> Gap:
    rows = group.open
    unhelpful = [row for row in rows if row.outcome != Outcome.NOT_COVERED or row.helped is False]
    is_silent = any(row.outcome == Outcome.NOT_COVERED for row in rows)
    return Gap(
        key=group.keys[0],
        kind=GapKind.NOT_COVERED if is_silent else GapKind.DID_NOT_HELP,
        matter=group.matter,
        words=() if group.matter else _words_in_common(group, index),
        wordings=tuple(sorted({row.question for row in rows if row.shared})),
        people=len(_askers(rows)),
        did_not_help=len(_askers(unhelpful)),
        last_asked=f"{day_of(max(row.asked_at for row in rows)):%Y-%m}",
    )


def _words_in_common(group: _Group, index: Index) -> tuple[str, ...]:
    """Return the words of the topic that several people used, the commonest first; no rare word, which may be a name."""
    used: dict[str, set[tuple[str, str]]] = {}  # term -> who used it, and in which form
    for row, reading in zip(group.rows, group.readings, strict=True):
        for word in words_of(reading.meant[0]) if row.settled_at is None else ():
            for term in analyze(word):
                used.setdefault(term, set()).add((row.asker, word))
    people = {term: len({asker for asker, _ in uses}) for term, uses in used.items()}
    common = sorted((term for term, count in people.items() if count >= FEWEST_PEOPLE), key=lambda term: (-people[term], term))
    forms = [min(Counter(word for _, word in used[term]).items(), key=lambda form: (-form[1], form[0]))[0] for term in common]
    return tuple(word for word in forms if _is_ordinary(word, index))[:MOST_WORDS]


def _is_ordinary(word: str, index: Index) -> bool:
    """Tell whether a word is one that many use, and no name."""
    return index.spelling.knows_kin(word) and not is_name(word)


def _said(question: str, index: Index, directory: Directory) -> _Said | None:
    """Return what an index answers to a question by itself; None where it states nothing, or nothing may be kept of it."""
    reading, decision = read_and_decide(directory.with_offices(readable(question)), (), index)
    governing = decision.governing
    if decision.outcome is not Outcome.ANSWERED or governing is None or decision.stance is None:
        return None
    if is_unconfirmed_permission(decision.stance, governing.clause) or sensitivity(reading) in NEVER_STORED:
        return None
    return _Said(_name(governing.clause), _rule(governing.clause), decision.stance)


def _name(indexed: IndexedClause) -> tuple[str, str]:
    return indexed.policy.slug, indexed.clause.id


def _rule(indexed: IndexedClause) -> tuple[object, ...]:
    clause = indexed.clause
    return indexed.lead_in, clause.words, clause.stance, clause.second


def _unfound(connection: Connection, school_id: str) -> Sequence[Row[Any]]:
    wanted = select(questions).where(questions.c.school_id == school_id, _UNFOUND)
    return connection.execute(wanted.order_by(questions.c.asked_at, questions.c.id)).all()


def _close(connection: Connection, rows: Sequence[Row[Any]], at: datetime | None) -> None:
    """Note that questions are settled from now on; None that they are not any more."""
    which = (questions.c.school_id == school_of(connection), questions.c.id.in_([row.id for row in rows]))
    connection.execute(update(questions).where(*which).values(settled_at=at))


def _decisions(connection: Connection, school_id: str) -> dict[str, Row[Any]]:
    of_school = select(gap_decisions).where(gap_decisions.c.school_id == school_id)
    return {row.gap: row for row in connection.execute(of_school.order_by(gap_decisions.c.gap))}


def _closings(decided: Mapping[str, Row[Any]]) -> set[datetime]:
    """Return when questions were closed by a decision."""
    return {row.at for row in decided.values() if _is(row, Decision.OUTSIDE)}


def _decision_on(group: _Group, decided: Mapping[str, Row[Any]]) -> Row[Any] | None:
    return next((decided[key] for key in group.keys if key in decided), None)


def _is(row: Row[Any] | None, decision: Decision) -> bool:
    return row is not None and row.decision == decision


def _is_listed(group: _Group, decided: Mapping[str, Row[Any]]) -> bool:
    decision = _decision_on(group, decided)
    return decision is None or (_is(decision, Decision.OUTSIDE) and group.others >= REOPENED_BY)


def _is_remembered(row: Row[Any]) -> bool:
    return row.words is not None and _is(row, Decision.NEXT_REVIEW)


def _remembered(row: Row[Any]) -> Gap:
    """Return the row of a note of which no question is kept any more."""
    matter, words = (row.words, ()) if row.words == row.gap else (None, (row.words,))
    return Gap(row.gap, GapKind.NOT_COVERED, matter, words, (), people=0, did_not_help=0, last_asked=None)


def _askers(rows: Iterable[Row[Any]]) -> set[str]:
    return {row.asker for row in rows}


def _sorted(gaps: Iterable[Gap]) -> list[Gap]:
    return sorted(gaps, key=lambda gap: (-gap.people, gap.shown, gap.key))
