"""What somebody's next message in a conversation is for, where it is no question: a wording, a name, an answer to somebody."""

from collections.abc import Callable
from datetime import datetime
from enum import StrEnum

from msgspec import Struct
from sqlalchemy import Connection, Engine, delete, select

from bot.messages import Message
from bot.records import FOLLOW_UP, Records
from bot.sealing import Seal, Unreadable
from bot.tables import unfinished
from corpus.tables import insert_into
from corpus.tenancy import reading_across, reading_at, school_of, writing_across, writing_at


class Awaited(StrEnum):
    """What the next message is; `NOTHING` where only a button is awaited."""

    NOTHING = "nothing"
    WORDING = "wording"
    NAME = "name"
    ANSWER = "answer"


class Draft(Struct, frozen=True, omit_defaults=True):
    """What somebody is about to hand over or to answer.

    `aim` says to whom, as a button holds it; `question` is what goes, "" until it is written; `headline` and `ref` are what the
    bot answered and quoted; `escalation` is the one that `answer` answers, "" where it is a question.
    """

    awaited: Awaited = Awaited.NOTHING
    aim: str = ""
    question: str = ""
    headline: str = ""
    ref: str = ""
    is_alert: bool = False
    escalation: str = ""
    answer: str = ""


class Unfinished:
    """Drafts in a store, sealed, for as long as a conversation is remembered; `now` is the time in UTC."""

    def __init__(self, engine: Engine, seal: Seal, records: Records, now: Callable[[], datetime]) -> None:
        """Keep the parts."""
        self._engine = engine
        self._seal = seal
        self._records = records
        self._now = now

    def of(self, message: Message, school_id: str) -> Draft | None:
        """Return the draft of a message's conversation at a school, None where there is none any more."""
        hers = (unfinished.c.key == self._records.conversation(message, school_id), unfinished.c.school_id == school_id)
        lately = unfinished.c.updated_at > self._now() - FOLLOW_UP
        with reading_at(self._engine, school_id) as connection:
            sealed = connection.scalar(select(unfinished.c.content).where(*hers, lately))
        try:
            return self._seal.opened(sealed, Draft) if sealed else None
        except Unreadable:
            return None

    def keep(self, connection: Connection, message: Message, draft: Draft) -> None:
        """Keep the draft of a message's conversation about the school of the transaction, in place of any before."""
        school_id = school_of(connection)
        values = {"content": self._seal.sealed(draft), "updated_at": self._now()}
        key = {"key": self._records.conversation(message, school_id), "asker": self._records.asker(message)}
        written = insert_into(connection.dialect.name, unfinished).values(school_id=school_id, **key, **values)
        connection.execute(written.on_conflict_do_update(index_elements=["key"], set_=values))

    def drop(self, connection: Connection, message: Message) -> bool:
        """Delete the draft of a message's conversation about the school of the transaction; tell whether there was one."""
        school_id = school_of(connection)
        key = self._records.conversation(message, school_id)
        gone = connection.execute(delete(unfinished).where(unfinished.c.school_id == school_id, unfinished.c.key == key))
        return bool(gone.rowcount)

    def forget(self, asker: str) -> None:
        """Delete somebody's drafts, at all schools."""
        with reading_across(self._engine) as connection:
            schools = connection.scalars(select(unfinished.c.school_id).where(unfinished.c.asker == asker)).all()
        for school_id in schools:
            with writing_at(self._engine, school_id) as connection:
                hers = (unfinished.c.school_id == school_id, unfinished.c.asker == asker)
                connection.execute(delete(unfinished).where(*hers))

    def clear(self) -> None:
        """Delete drafts that nobody came back to."""
        with writing_across(self._engine) as connection:
            connection.execute(delete(unfinished).where(unfinished.c.updated_at <= self._now() - FOLLOW_UP))
