"""What is handed over to a person: an alert, or a question for the headteacher; who was told, who has seen it, what came back.

Each is in the store, its words sealed, before whoever sent it is told that it was sent. What is to be said of it to anybody is a
notice, written in the same transaction as the change that it tells of.
"""

import logging
import secrets
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, NamedTuple

import msgspec
from msgspec import Struct
from sqlalchemy import ColumnElement, Connection, Engine, Row, and_, delete, func, insert, or_, select, update

from bot.deliveries import Announced
from bot.messages import Message
from bot.notices import AGAIN_AFTER, NoticeKind, Notices
from bot.outage import UNREACHABLE
from bot.removals import Removed, note_removal
from bot.sealing import Kind, Seal, Unreadable
from bot.tables import escalation_messages, escalations
from corpus.tables import insert_into
from corpus.tenancy import reading_across, reading_at, school_of, writing_at

# So long after it came to its end nothing of an escalation is kept.
ESCALATIONS_KEPT = timedelta(days=365)
# So long the asker may still be told what became of an alert.
RECEIPTS_LAST = timedelta(days=2)

_log = logging.getLogger("policybot")


class EscalationKind(StrEnum):
    """What is handed over."""

    ALERT = "alert"
    QUESTION = "question"


class State(StrEnum):
    """What has become of an escalation; an alert is answered when somebody has taken it on."""

    SENT = "sent"
    DELIVERED = "delivered"
    SEEN = "seen"
    ANSWERED = "answered"
    CLOSED = "closed"


class Receipt(StrEnum):
    """What whoever handed something over is told of it."""

    DELIVERED = "delivered"
    SEEN = "seen"
    TAKEN_ON = "taken_on"
    PASSED_ON = "passed_on"
    NOBODY = "nobody"
    UNDELIVERED = "undelivered"
    OVERDUE = "overdue"


class Content(Struct, frozen=True, omit_defaults=True):
    """The words of an escalation. `name` and `question` are None where the asker did not agree to send them.

    `headline` is what the bot answered and `ref` the clause that it quoted, "" where none; `answer` is the addressee's.
    """

    name: str | None = None
    question: str | None = None
    headline: str = ""
    ref: str = ""
    answer: str | None = None


class _Line(Struct, frozen=True):
    """The people who were told, the last of them now, and who is next; `minutes` are how long each has; who has opened it."""

    told: tuple[int, ...]
    next: tuple[int, ...] = ()
    minutes: int = 0
    seen: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Escalation:
    """Something that was handed over. `told` are the ids of the people to whom it went, in this order.

    `person_id` is the addressee of now: the last of them, or who has taken it on. `content` is None once it was erased.
    """

    id: str
    school_id: str
    kind: EscalationKind
    state: State
    person_id: int
    told: tuple[int, ...]
    content: Content | None
    made_at: datetime
    delivered_at: datetime | None
    seen_at: datetime | None
    answered_at: datetime | None
    closed_at: datetime | None


class OpenAlert(NamedTuple):
    """An alert that nobody has taken on: its id, and when it was made."""

    id: str
    made_at: datetime


class Overtaken(Exception):  # noqa: N818  it is no error: what was meant to be done is decided anew
    """Somebody else has changed an escalation since it was looked at."""


class Escalations:
    """Escalations in a store; `seal` hides their words, `now` is the time in UTC."""

    def __init__(
        self, engine: Engine, seal: Seal, notices: Notices, now: Callable[[], datetime], kept: timedelta = ESCALATIONS_KEPT
    ) -> None:
        """Keep the parts; `kept` is how long an escalation is kept after it came to its end."""
        self._engine = engine
        self._seal = seal
        self._notices = notices
        self._now = now
        self.kept = kept

    def alert(
        self,
        connection: Connection,
        school_id: str,
        *,
        line: Sequence[int],
        minutes: int,
        content: Content,
        asker: str,
        address: Message,
    ) -> str:
        """Keep an alert to the first of `line`, and tell her; return its id. After so many minutes each the next are told."""
        first, *others = line
        whole = _Line((first,), tuple(others), minutes)
        next_at = self._now() + timedelta(minutes=minutes)
        made = self._made(
            connection, school_id, EscalationKind.ALERT, whole, content=content, asker=asker, address=address, next_at=next_at
        )
        self._notices.put(connection, school_id, NoticeKind.ALERT, person_id=first, escalation_id=made)
        return made

    def question(
        self,
        connection: Connection,
        school_id: str,
        *,
        person_id: int,
        content: Content,
        asker: str,
        address: Message,
        due_at: datetime,
        overdue_at: datetime,
    ) -> str:
        """Keep a question to a person, who is told from `due_at` on, and reminded at `overdue_at`; return its id."""
        kind, line = EscalationKind.QUESTION, _Line((person_id,))
        made = self._made(connection, school_id, kind, line, content=content, asker=asker, address=address, next_at=overdue_at)
        self._notices.put(connection, school_id, NoticeKind.QUESTION, person_id=person_id, escalation_id=made, due_at=due_at)
        return made

    def _made(
        self,
        connection: Connection,
        school_id: str,
        kind: EscalationKind,
        line: _Line,
        *,
        content: Content,
        asker: str,
        address: Message,
        next_at: datetime,
    ) -> str:
        number, now = secrets.token_hex(5), self._now()
        what = {"id": number, "school_id": school_id, "kind": kind, "state": State.SENT, "asker": asker}
        whom = {"person_id": line.told[-1], "line": _as_json(line), "asker_address": self._seal.sealed(address)}
        times = {"made_at": now, "next_at": next_at}
        connection.execute(insert(escalations).values(**what, **whom, **times, content=self._seal.sealed(content)))
        return number

    def find(self, number: str, connection: Connection | None = None) -> Escalation | None:
        """Return an escalation, None where there is none of that id; within a transaction of a school only of that."""
        if connection is not None:
            row = _locked(connection, number)
            return self._escalation(row) if row else None
        with reading_across(self._engine) as across:
            school_id = across.scalar(select(escalations.c.school_id).where(escalations.c.id == number))
        if school_id is None:
            return None
        with reading_at(self._engine, school_id) as own:
            row = own.execute(select(escalations).where(*_one(school_id, number))).one_or_none()
        return self._escalation(row) if row else None

    def answered_by(self, channel: str, message: str) -> str | None:
        """Return the id of the escalation that came to its addressee by this message of the bot's, None where none did."""
        said = (escalation_messages.c.channel == channel, escalation_messages.c.message == message)
        with reading_across(self._engine) as connection:
            return connection.scalar(select(escalation_messages.c.escalation_id).where(*said))

    def waiting_for(self, school_id: str, person_ids: Sequence[int]) -> list[Escalation]:
        """Return what went to these people of a school and nobody has seen to yet, the oldest first.

        It went to whoever was passed by, too.
        """
        with reading_at(self._engine, school_id) as connection:
            open_ones = (escalations.c.school_id == school_id, escalations.c.answered_at.is_(None))
            rows = connection.execute(select(escalations).where(*open_ones).order_by(escalations.c.made_at)).all()
        return [self._escalation(row) for row in rows if not set(person_ids).isdisjoint(_told(row))]

    def of_asker(self, asker: str, school_id: str, within: Connection | None = None) -> list[Escalation]:
        """Return what somebody has handed over at a school, the oldest first; `within` a transaction, as it is then."""
        with nullcontext(within) if within else reading_at(self._engine, school_id) as connection:
            hers = select(escalations).where(escalations.c.school_id == school_id, escalations.c.asker == asker)
            return [self._escalation(row) for row in connection.execute(hers.order_by(escalations.c.made_at)).all()]

    def count_of(self, asker: str) -> int:
        """Return how many escalations of somebody are kept, at all schools."""
        with reading_across(self._engine) as connection:
            return connection.scalar(select(func.count(escalations.c.id)).where(escalations.c.asker == asker)) or 0

    def address_of_asker(self, connection: Connection, number: str) -> Message | None:
        """Return where the asker of an escalation can be told something; None once that is no longer needed."""
        which = _one(school_of(connection), number)
        sealed = connection.scalar(select(escalations.c.asker_address).where(*which))
        return self._opened(sealed, Message)

    def see(self, connection: Connection, seen: Escalation, person_id: int) -> None:
        """Note that somebody whom it went to has opened it; whoever sent an alert is told, once for each."""
        # Read anew: somebody else may have taken it on since it was looked at, which stays.
        row = _locked(connection, seen.id)
        line = msgspec.json.decode(row.line, type=_Line) if row else None
        if row is None or line is None or row.answered_at is not None or person_id in line.seen:
            return
        self._change(connection, seen, line=_as_json(msgspec.structs.replace(line, seen=(*line.seen, person_id))))
        if row.state in (State.SENT, State.DELIVERED):
            self._change(connection, seen, state=State.SEEN, seen_at=self._now())
        if seen.kind is EscalationKind.ALERT:
            self._tell(connection, seen, Receipt.SEEN, person_id)

    def take_on(self, connection: Connection, taken: Escalation, person_id: int) -> None:
        """Note that somebody deals with an alert; nobody else is told any more, and whoever sent it is told who it is.

        Raises Overtaken where somebody does so already.
        """
        self._require_unanswered(connection, taken)
        now = self._now()
        seen_at = taken.seen_at or now
        self._change(connection, taken, state=State.ANSWERED, person_id=person_id, answered_at=now, seen_at=seen_at, next_at=None)
        self._tell(connection, taken, Receipt.TAKEN_ON, person_id)

    def answer(self, connection: Connection, answered: Escalation, text: str, due_at: datetime) -> None:
        """Keep the answer to a question, which the asker gets from `due_at` on. Raises Overtaken where there is one."""
        self._require_unanswered(connection, answered)
        content = msgspec.structs.replace(answered.content or Content(), answer=text)
        now = self._now()
        self._change(
            connection,
            answered,
            state=State.ANSWERED,
            answered_at=now,
            seen_at=answered.seen_at or now,
            next_at=None,
            content=self._seal.sealed(content),
        )
        self._notices.put(
            connection, answered.school_id, NoticeKind.ANSWER, escalation_id=answered.id, due_at=due_at, by=answered.person_id
        )

    def _require_unanswered(self, connection: Connection, found: Escalation) -> None:
        row = _locked(connection, found.id)
        if row is None or row.answered_at is not None:
            raise Overtaken(found.id)

    def erase(self, connection: Connection, erased: Escalation) -> None:
        """Delete the words of an escalation, and where its asker is: they are kept elsewhere now."""
        now = self._now()
        gone = {"content": None, "asker_address": None, "next_at": None}
        self._change(connection, erased, state=State.CLOSED, closed_at=now, **gone)
        note_removal(connection, erased.school_id, Removed.ESCALATION, [erased.id], now)

    def settled(self, connection: Connection, announced: Announced, channel: str, arrived: bool, said: str | None) -> None:
        """Note, in the transaction that does, whether a notice arrived; `said` is the id under which a reply to it comes back."""
        if announced.escalation_id is None:
            return
        found = self.find(announced.escalation_id, connection)
        if found is None:
            return
        if arrived and said and announced.person_id is not None:
            self._remember_message(connection, channel, said, found.id)
        match NoticeKind(announced.kind):
            case NoticeKind.ALERT | NoticeKind.QUESTION | NoticeKind.REMINDER as kind:
                (self._came if arrived else self.did_not_come)(connection, found, kind, announced.person_id)
            case NoticeKind.ANSWER if arrived:
                self._change(connection, found, state=State.CLOSED, closed_at=self._now(), asker_address=None)
            case NoticeKind.ANSWER:
                self.answer_did_not_come(connection, found)
            case _:
                pass

    def _came(self, connection: Connection, found: Escalation, kind: NoticeKind, person_id: int | None) -> None:
        if found.state is State.SENT:
            self._change(connection, found, state=State.DELIVERED, delivered_at=self._now())
        if found.answered_at is None and kind is not NoticeKind.QUESTION:
            self._tell(connection, found, Receipt.DELIVERED if kind is NoticeKind.ALERT else Receipt.OVERDUE, person_id)

    def did_not_come(self, connection: Connection, found: Escalation, kind: NoticeKind, person_id: int | None) -> None:
        """Note that an escalation cannot reach somebody: an alert goes to the next at once, of a question the asker is told."""
        if found.answered_at is not None or person_id != found.person_id:
            return
        if kind is NoticeKind.ALERT:
            self._change(connection, found, next_at=self._now())
        else:
            self._change(connection, found, state=State.CLOSED, closed_at=self._now(), next_at=None)
            self._tell(connection, found, Receipt.UNDELIVERED, person_id)

    def answer_did_not_come(self, connection: Connection, found: Escalation) -> None:
        """Note that an answer cannot reach the asker: the addressee is told, and it is over."""
        self._change(connection, found, state=State.CLOSED, closed_at=self._now(), asker_address=None)
        self._notices.put(connection, found.school_id, NoticeKind.UNDELIVERED, person_id=found.person_id, escalation_id=found.id)

    def follow_up(self, working: Callable[[str, int], datetime]) -> None:
        """See to what is due: alerts that nobody has taken on go to the next, unanswered questions are called to mind.

        `working` says when a person of a school is next at work.
        """
        with reading_across(self._engine) as connection:
            due = select(escalations.c.id, escalations.c.school_id).where(escalations.c.next_at <= self._now())
            found = connection.execute(due.order_by(escalations.c.next_at)).all()
        for number, school_id in found:
            try:
                with writing_at(self._engine, school_id) as connection:
                    self._follow_up(connection, number, working)
            except UNREACHABLE:
                raise
            except Exception:
                # One that cannot be followed up keeps none of the others from it.
                _log.exception("An escalation could not be followed up, and is tried again")
                with writing_at(self._engine, school_id) as connection:
                    later = update(escalations).where(*_one(school_id, number))
                    connection.execute(later.values(next_at=self._now() + AGAIN_AFTER))

    def _follow_up(self, connection: Connection, number: str, working: Callable[[str, int], datetime]) -> None:
        row, now = _locked(connection, number), self._now()
        if row is None or row.next_at is None or row.next_at > now:  # another process was quicker
            return
        found = self._escalation(row)
        if found.kind is EscalationKind.QUESTION:
            self._change(connection, found, next_at=None)
            due_at = working(found.school_id, found.person_id)
            self._notices.put(
                connection,
                found.school_id,
                NoticeKind.REMINDER,
                person_id=found.person_id,
                escalation_id=found.id,
                due_at=due_at,
            )
            return
        line = msgspec.json.decode(row.line, type=_Line)
        if not line.next:
            self._change(connection, found, next_at=None)
            self._tell(connection, found, Receipt.NOBODY, found.person_id)
            return
        person_id, *others = line.next
        after = _as_json(msgspec.structs.replace(line, told=(*line.told, person_id), next=tuple(others)))
        self._change(connection, found, person_id=person_id, line=after, next_at=now + timedelta(minutes=line.minutes))
        self._notices.put(connection, found.school_id, NoticeKind.ALERT, person_id=person_id, escalation_id=found.id)
        self._tell(connection, found, Receipt.PASSED_ON, person_id)

    def alert_again(self, connection: Connection, school_id: str, as_of: datetime) -> list[OpenAlert]:
        """Put out anew what was being alerted at a school at a moment at which the store is restored.

        Better told twice than not at all: nobody knows what came of it since. The next in line wait anew. Returns all alerts that
        nobody has taken on, those too of which all in line had been told long before.
        """
        now = self._now()
        still_open = (escalations.c.school_id == school_id, escalations.c.kind == EscalationKind.ALERT)
        nobody = (escalations.c.answered_at.is_(None), escalations.c.closed_at.is_(None))
        found = connection.execute(select(escalations).where(*still_open, *nobody).order_by(escalations.c.made_at)).all()
        for row in found:
            if row.next_at is not None or row.made_at > as_of - RECEIPTS_LAST:
                self._notices.put(connection, school_id, NoticeKind.ALERT, person_id=row.person_id, escalation_id=row.id)
            if row.next_at is not None:
                minutes = msgspec.json.decode(row.line, type=_Line).minutes
                next_at = {"next_at": now + timedelta(minutes=minutes)}
                connection.execute(update(escalations).where(*_one(school_id, row.id)).values(**next_at))
        return [OpenAlert(row.id, row.made_at) for row in found]

    def clear(self, school_id: str, within: Connection | None = None) -> None:
        """Delete what has been over for too long at a school, and where askers are who need not be told anything any more.

        `within` is a transaction that writes, one of its own unless given.
        """
        now, of_school = self._now(), escalations.c.school_id == school_id
        with nullcontext(within) if within else writing_at(self._engine, school_id) as connection:
            over = func.coalesce(escalations.c.closed_at, escalations.c.answered_at, escalations.c.made_at)
            connection.execute(delete(escalations).where(of_school, over < now - self.kept))
            told_until = now - RECEIPTS_LAST
            ended = or_(
                escalations.c.closed_at < told_until,
                and_(
                    escalations.c.kind == EscalationKind.ALERT,
                    escalations.c.next_at.is_(None),
                    func.coalesce(escalations.c.answered_at, escalations.c.made_at) < told_until,
                ),
            )
            forgotten = update(escalations).where(of_school, escalations.c.asker_address.is_not(None), ended)
            connection.execute(forgotten.values(asker_address=None))

    def _tell(
        self,
        connection: Connection,
        about: Escalation,
        what: Receipt,
        person_id: int | None,
    ) -> None:
        """Tell whoever handed something over what became of it; `person_id` is by whom or to whom."""
        self._notices.put(connection, about.school_id, NoticeKind.RECEIPT, escalation_id=about.id, what=what, who=person_id)

    def _change(self, connection: Connection, changed: Escalation, **values: object) -> None:
        connection.execute(update(escalations).where(*_one(changed.school_id, changed.id)).values(**values))

    def _remember_message(self, connection: Connection, channel: str, said: str, number: str) -> None:
        written = insert_into(connection.dialect.name, escalation_messages)
        values = {"channel": channel, "message": said[:200], "school_id": school_of(connection), "escalation_id": number}
        connection.execute(written.values(**values).on_conflict_do_nothing(index_elements=["channel", "message"]))

    def _escalation(self, row: Row[Any]) -> Escalation:
        return Escalation(
            id=row.id,
            school_id=row.school_id,
            kind=EscalationKind(row.kind),
            state=State(row.state),
            person_id=row.person_id,
            told=_told(row),
            content=self._opened(row.content, Content),
            made_at=row.made_at,
            delivered_at=row.delivered_at,
            seen_at=row.seen_at,
            answered_at=row.answered_at,
            closed_at=row.closed_at,
        )

    def _opened(self, sealed: bytes | None, kind: type[Kind]) -> Kind | None:
        """Return what was sealed; what another secret sealed is as good as erased."""
        try:
            return self._seal.opened(sealed, kind) if sealed else None
        except Unreadable:
            _log.warning("An escalation was sealed with another secret key, and cannot be read")
            return None


def _locked(connection: Connection, number: str) -> Row[Any] | None:
    """Return the row of an escalation as it is now, which nobody else changes until the transaction ends."""
    which = _one(school_of(connection), number)
    return connection.execute(select(escalations).where(*which).with_for_update()).one_or_none()


def _one(school_id: str, number: str) -> tuple[ColumnElement[bool], ...]:
    return escalations.c.school_id == school_id, escalations.c.id == number


def _told(row: Row[Any]) -> tuple[int, ...]:
    return msgspec.json.decode(row.line, type=_Line).told


def _as_json(line: _Line) -> str:
    return msgspec.json.encode(line).decode()
