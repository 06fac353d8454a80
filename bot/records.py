"""What is kept of a conversation: the last questions for a quarter of an hour, and each question, without a name, for a while."""

import json
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import asdict, dataclass, fields
from datetime import datetime, timedelta
from functools import cache

from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    Executable,
    bindparam,
    case,
    delete,
    func,
    insert,
    select,
    union,
    update,
)

from bot.messages import Message
from bot.removals import Removed, note_removal
from bot.sealing import Seal, Unreadable
from bot.secret import keyed_hash
from bot.tables import conversations, question_counts, questions
from corpus.tables import insert_into
from corpus.tenancy import reading_across, reading_at, writing_across, writing_at
from retrieval.decision import Outcome

# Follow-ups are read after the questions of this time in the same conversation.
FOLLOW_UP = timedelta(minutes=15)
RETENTION = timedelta(days=90)
# What fewer people have in common could say who they are.
FEWEST_PEOPLE = 3

# Made once: to put a statement together takes longer than to carry it out.
_EARLIER = select(conversations.c.earlier).where(
    conversations.c.key == bindparam("key"),
    conversations.c.school_id == bindparam("school_id"),
    conversations.c.updated_at > bindparam("since"),
)
_KEEP = insert(questions)


@cache
def _remember(dialect: str) -> Executable:
    written = insert_into(dialect, conversations)
    values = {name: written.excluded[name] for name in ("earlier", "updated_at")}
    return written.on_conflict_do_update(index_elements=["key"], set_=values)


@dataclass(frozen=True, slots=True)
class AskedQuestion:
    """A question as it is kept: without what could tell of whom it speaks. The clause is None where none governs.

    `shared` says that its asker lets the headteacher read her words.
    """

    id: str
    school_id: str
    asker: str
    channel: str
    asked_at: datetime
    question: str
    outcome: Outcome
    slug: str | None
    clause_id: str | None
    shared: bool = False


_FIELDS = [field.name for field in fields(AskedQuestion)]


class Records:
    """The conversations and questions in a store; `key` hides whose they are; `now` is the time in UTC."""

    def __init__(self, engine: Engine, key: bytes, now: Callable[[], datetime], retention: timedelta = RETENTION) -> None:
        """Keep the store, the key and the clock; `retention` is how long a question is kept."""
        self._engine = engine
        self._key = key
        self._seal = Seal(key)
        self._now = now
        self.retention = retention

    def asker(self, message: Message) -> str:
        """Return what stands for a message's account in the store."""
        return keyed_hash(self._key, "asker", message.channel, message.account)

    def conversation(self, message: Message, school_id: str) -> str:
        """Return what stands in the store for a message's conversation about a school."""
        return keyed_hash(self._key, "conversation", school_id, message.channel, message.place, message.account)

    def earlier(self, message: Message, school_id: str) -> list[str]:
        """Return the last questions of a message's conversation, oldest first: none of another school, none too old."""
        sought = {"key": self.conversation(message, school_id), "school_id": school_id, "since": self._now() - FOLLOW_UP}
        with reading_at(self._engine, school_id) as connection:
            found = connection.scalar(_EARLIER, sought)
        return json.loads(found) if found else []

    def remember(self, connection: Connection, message: Message, school_id: str, earlier: Sequence[str]) -> None:
        """Keep the last questions of a message's conversation for follow-ups."""
        values = {"school_id": school_id, "earlier": json.dumps(list(earlier)), "updated_at": self._now()}
        key = {"key": self.conversation(message, school_id), "asker": self.asker(message)}
        connection.execute(_remember(connection.dialect.name), {**key, **values})

    def keep(self, connection: Connection, asked: AskedQuestion, address: Message | None = None) -> None:
        """Keep a question, and where its asker is told later that it is settled; None where she is not to be."""
        sealed = self._seal.sealed(address) if address else None
        connection.execute(_KEEP, {**asdict(asked), "not_meant": False, "address": sealed})

    def not_meant(self, asker: str, question_id: str, address: Message) -> None:
        """Note that the asker of a question did not mean the clause that she was shown; another's question stays as it is.

        `address` is where she is told once a later version answers it.
        """
        self._change(asker, question_id, not_meant=True, address=self._seal.sealed(address))

    def vote(self, asker: str, question_id: str, *, helped: bool, address: Message) -> bool:
        """Note whether an answer helped the asker of a question, the last that she said; tell whether it is kept and hers.

        Whom it did not help is told at `address` once a later version answers it; whom it helped need not be.
        """
        unanswered = (questions.c.outcome == Outcome.NOT_COVERED, questions.c.address)
        kept = case(unanswered, else_=None) if helped else self._seal.sealed(address)
        return self._change(asker, question_id, helped=helped, address=kept)

    def words(self, asker: str, question_id: str) -> str | None:
        """Return a question as it is kept; None where it is not kept any more, or is another's."""
        school_id = self._school_of(asker, question_id)
        if school_id is None:
            return None
        with reading_at(self._engine, school_id) as connection:
            return connection.scalar(select(questions.c.question).where(*_hers(school_id, asker, question_id)))

    def share(self, asker: str, question_id: str) -> bool:
        """Let the headteacher read the words of a question; tell whether it is kept and the asker's own."""
        return self._change(asker, question_id, shared=True)

    def _change(self, asker: str, question_id: str, **values: object) -> bool:
        """Change what is kept of a question of somebody's, at whichever school; tell whether it is kept, and hers."""
        school_id = self._school_of(asker, question_id)
        if school_id is None:
            return False
        with writing_at(self._engine, school_id) as connection:
            hers = update(questions).where(*_hers(school_id, asker, question_id))
            return bool(connection.execute(hers.values(**values)).rowcount)

    def _school_of(self, asker: str, question_id: str) -> str | None:
        which = (questions.c.id == question_id, questions.c.asker == asker)
        with reading_across(self._engine) as connection:
            return connection.scalar(select(questions.c.school_id).where(*which))

    def schools_of(self, asker: str) -> list[str]:
        """Return the schools at which anything of somebody's questions and conversations is kept."""
        with reading_across(self._engine) as connection:
            kept = union(*(select(table.c.school_id).where(table.c.asker == asker) for table in (conversations, questions)))
            return sorted(connection.scalars(kept))

    def count_to_tell(self, asker: str) -> int:
        """Return with how many questions of somebody it is kept where she is told that they are settled."""
        count = 0
        for school_id in self.schools_of(asker):
            told_later = (questions.c.school_id == school_id, questions.c.asker == asker, questions.c.address.is_not(None))
            with reading_at(self._engine, school_id) as connection:
                count += connection.scalar(select(func.count()).select_from(questions).where(*told_later)) or 0
        return count

    def opened(self, address: bytes | None) -> Message | None:
        """Return where an asker is told that her question is settled; None where that is not known any more."""
        try:
            return self._seal.opened(address, Message) if address else None
        except Unreadable:
            return None

    def of(self, asker: str) -> list[AskedQuestion]:
        """Return what is kept of somebody's questions, at all schools, the oldest first."""
        found = [asked for school_id in self.schools_of(asker) for asked in self._of_school(asker, school_id)]
        return sorted(found, key=lambda asked: asked.asked_at)

    def _of_school(self, asker: str, school_id: str) -> list[AskedQuestion]:
        columns = (questions.c[name] for name in _FIELDS)
        with reading_at(self._engine, school_id) as connection:
            rows = connection.execute(
                select(*columns).where(questions.c.school_id == school_id, questions.c.asker == asker)
            ).all()
        return [AskedQuestion(**{**row._mapping, "outcome": Outcome(row.outcome)}) for row in rows]

    def remembered(self, asker: str) -> list[str]:
        """Return the questions of somebody that are remembered for follow-ups, of all conversations."""
        lately, found = conversations.c.updated_at > self._now() - FOLLOW_UP, list[str]()
        for school_id in self.schools_of(asker):
            hers = (conversations.c.school_id == school_id, conversations.c.asker == asker)
            with reading_at(self._engine, school_id) as connection:
                kept = connection.scalars(select(conversations.c.earlier).where(*hers, lately)).all()
            found += [question for earlier in kept for question in json.loads(earlier)]
        return found

    def forget(self, asker: str, school_id: str | None = None) -> int:
        """Delete what is kept of somebody's questions and conversations, at one school or at all; return how many questions."""
        gone = 0
        for one in [school_id] if school_id else self.schools_of(asker):
            with writing_at(self._engine, one) as connection:
                for table in (conversations, questions):
                    hers = delete(table).where(table.c.school_id == one, table.c.asker == asker)
                    deleted = connection.execute(hers).rowcount
                note_removal(connection, one, Removed.ASKER, [asker], self._now())
                gone += deleted
        return gone

    def end_conversations(self) -> None:
        """Delete the conversations that are over."""
        with writing_across(self._engine) as connection:
            connection.execute(delete(conversations).where(conversations.c.updated_at <= self._now() - FOLLOW_UP))

    def clear(self, school_id: str, within: Connection | None = None) -> None:
        """Delete questions of a school that are too old; of those only counts a month remain.

        `within` is a transaction that writes, one of its own unless given.
        """
        old = (questions.c.school_id == school_id, questions.c.asked_at <= self._now() - self.retention)
        with nullcontext(within) if within else writing_at(self._engine, school_id) as connection:
            # Counted are the rows that this very statement deletes, so that two processes at it count none twice.
            gone = connection.execute(delete(questions).where(*old).returning(questions.c.asked_at, questions.c.outcome)).all()
            counts = Counter((f"{asked_at:%Y-%m}", outcome) for asked_at, outcome in gone)
            for (month, outcome), times in counts.items():
                counted = insert_into(connection.dialect.name, question_counts).values(
                    school_id=school_id, month=month, outcome=outcome, times=times
                )
                more = {"times": question_counts.c.times + times}
                connection.execute(counted.on_conflict_do_update(index_elements=["school_id", "month", "outcome"], set_=more))


def _hers(school_id: str, asker: str, question_id: str) -> tuple[ColumnElement[bool], ...]:
    return questions.c.school_id == school_id, questions.c.asker == asker, questions.c.id == question_id
