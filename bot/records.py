"""What is kept of a conversation: the last questions for a quarter of an hour, and each question, without a name, for a while."""

import json
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from functools import cache

from sqlalchemy import Connection, Engine, Executable, bindparam, case, delete, func, insert, select, update

from bot.messages import Message
from bot.sealing import Seal, Unreadable
from bot.secret import keyed_hash
from bot.tables import conversations, question_counts, questions
from corpus.tables import insert_into, writing
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
    values = {name: written.excluded[name] for name in ("school_id", "earlier", "updated_at")}
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

    def conversation(self, message: Message) -> str:
        """Return what stands for a message's conversation in the store."""
        return keyed_hash(self._key, "conversation", message.channel, message.place, message.account)

    def earlier(self, message: Message, school_id: str) -> list[str]:
        """Return the last questions of a message's conversation, oldest first: none of another school, none too old."""
        sought = {"key": self.conversation(message), "school_id": school_id, "since": self._now() - FOLLOW_UP}
        with self._engine.connect() as connection:
            found = connection.scalar(_EARLIER, sought)
        return json.loads(found) if found else []

    def remember(self, connection: Connection, message: Message, school_id: str, earlier: Sequence[str]) -> None:
        """Keep the last questions of a message's conversation for follow-ups."""
        values = {"school_id": school_id, "earlier": json.dumps(list(earlier)), "updated_at": self._now()}
        key = {"key": self.conversation(message), "asker": self.asker(message)}
        connection.execute(_remember(connection.dialect.name), {**key, **values})

    def keep(self, connection: Connection, asked: AskedQuestion, address: Message | None = None) -> None:
        """Keep a question, and where its asker is told later that it is settled; None where she is not to be."""
        sealed = self._seal.sealed(address) if address else None
        connection.execute(_KEEP, {**asdict(asked), "not_meant": False, "address": sealed})

    def not_meant(self, asker: str, question_id: str, address: Message) -> None:
        """Note that the asker of a question did not mean the clause that she was shown; another's question stays as it is.

        `address` is where she is told once a later version answers it.
        """
        sealed = self._seal.sealed(address)
        with writing(self._engine) as connection:
            hers = (questions.c.id == question_id, questions.c.asker == asker)
            connection.execute(update(questions).where(*hers).values(not_meant=True, address=sealed))

    def vote(self, asker: str, question_id: str, *, helped: bool, address: Message) -> bool:
        """Note whether an answer helped the asker of a question, the last that she said; tell whether it is kept and hers.

        Whom it did not help is told at `address` once a later version answers it; whom it helped need not be.
        """
        unanswered = (questions.c.outcome == Outcome.NOT_COVERED, questions.c.address)
        kept = case(unanswered, else_=None) if helped else self._seal.sealed(address)
        with writing(self._engine) as connection:
            hers = (questions.c.id == question_id, questions.c.asker == asker)
            return bool(connection.execute(update(questions).where(*hers).values(helped=helped, address=kept)).rowcount)

    def words(self, asker: str, question_id: str) -> str | None:
        """Return a question as it is kept; None where it is not kept any more, or is another's."""
        with self._engine.connect() as connection:
            hers = (questions.c.id == question_id, questions.c.asker == asker)
            return connection.scalar(select(questions.c.question).where(*hers))

    def share(self, asker: str, question_id: str) -> bool:
        """Let the headteacher read the words of a question; tell whether it is kept and the asker's own."""
        with writing(self._engine) as connection:
            hers = (questions.c.id == question_id, questions.c.asker == asker)
            return bool(connection.execute(update(questions).where(*hers).values(shared=True)).rowcount)

    def count_to_tell(self, asker: str) -> int:
        """Return with how many questions of somebody it is kept where she is told that they are settled."""
        with self._engine.connect() as connection:
            told_later = (questions.c.asker == asker, questions.c.address.is_not(None))
            return connection.scalar(select(func.count()).select_from(questions).where(*told_later)) or 0

    def opened(self, address: bytes | None) -> Message | None:
        """Return where an asker is told that her question is settled; None where that is not known any more."""
        try:
            return self._seal.opened(address, Message) if address else None
        except Unreadable:
            return None

    def of(self, asker: str) -> list[AskedQuestion]:
        """Return what is kept of somebody's questions, the oldest first."""
        with self._engine.connect() as connection:
            rows = connection.execute(select(questions).where(questions.c.asker == asker).order_by(questions.c.asked_at))
            return [
                AskedQuestion(
                    row.id,
                    row.school_id,
                    row.asker,
                    row.channel,
                    row.asked_at,
                    row.question,
                    Outcome(row.outcome),
                    row.slug,
                    row.clause_id,
                    row.shared,
                )
                for row in rows
            ]

    def remembered(self, asker: str) -> list[str]:
        """Return the questions of somebody that are remembered for follow-ups, of all conversations."""
        lately = conversations.c.updated_at > self._now() - FOLLOW_UP
        with self._engine.connect() as connection:
            found = connection.scalars(select(conversations.c.earlier).where(conversations.c.asker == asker, lately))
            return [question for earlier in found for question in json.loads(earlier)]

    def forget(self, asker: str, school_id: str | None = None) -> int:
        """Delete what is kept of somebody's questions and conversations, at one school or at all; return how many questions."""
        gone = 0
        with writing(self._engine) as connection:
            for table in (conversations, questions):
                hers = delete(table).where(table.c.asker == asker)
                gone = connection.execute(hers.where(table.c.school_id == school_id) if school_id else hers).rowcount
        return gone

    def clear(self) -> None:
        """Delete conversations that are over and questions that are too old; of those only counts a month remain."""
        now = self._now()
        with writing(self._engine) as connection:
            connection.execute(delete(conversations).where(conversations.c.updated_at <= now - FOLLOW_UP))
            counted_by = (questions.c.school_id, questions.c.asked_at, questions.c.outcome)
            old = questions.c.asked_at <= now - self.retention
            # Counted are the rows that this very statement deletes, so that two processes at it count none twice.
            gone = connection.execute(delete(questions).where(old).returning(*counted_by)).all()
            counts = Counter((school_id, f"{asked_at:%Y-%m}", outcome) for school_id, asked_at, outcome in gone)
            for (school_id, when, outcome), times in counts.items():
                counted = insert_into(connection.dialect.name, question_counts).values(
                    school_id=school_id, month=when, outcome=outcome, times=times
                )
                more = {"times": question_counts.c.times + times}
                connection.execute(counted.on_conflict_do_update(index_elements=["school_id", "month", "outcome"], set_=more))
