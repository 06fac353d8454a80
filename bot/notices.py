"""What the bot says of its own accord: kept until it is due, then put out with the calls that say it, in one transaction."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Connection, Engine, Row, delete, insert, select, update

from bot.deliveries import Announced, Deliveries, Delivery
from bot.messages import Call, Message, Reply
from bot.outage import UNREACHABLE
from bot.tables import notices
from corpus.tenancy import reading_across, school_of, writing_at

# One that could not be put into words, through a fault of ours, is tried again after so long.
AGAIN_AFTER = timedelta(minutes=1)

_log = logging.getLogger("policybot")


class NoticeKind(StrEnum):
    """What a notice is about."""

    ALERT = "alert"
    TEST_ALERT = "test_alert"
    QUESTION = "question"
    REMINDER = "reminder"
    RECEIPT = "receipt"
    ANSWER = "answer"
    UNDELIVERED = "undelivered"
    CONTACT_CHANGED = "contact_changed"
    RULES_CHANGED = "rules_changed"
    ANNOUNCED = "announced"
    UNREAD = "unread"
    REVIEW = "review"
    SETTLED = "settled"
    OUTSIDE_POLICY = "outside_policy"
    NOTED = "noted"
    PROPOSED = "proposed"
    DECIDED = "decided"
    DESK_LINK = "desk_link"


@dataclass(frozen=True, slots=True)
class Notice:
    """A notice that is due. `person_id` is None where it is for the asker of its escalation, or of the question in its `detail`.

    `detail` is what it says besides.
    """

    id: int
    school_id: str
    kind: NoticeKind
    person_id: int | None
    escalation_id: str | None
    detail: dict[str, Any]
    made_at: datetime

    @property
    def announcement_id(self) -> int | None:
        """Which announcement it tells, if one."""
        return self.detail.get("announcement_id")

    @property
    def proposal_id(self) -> int | None:
        """Which proposal it tells of, if of one."""
        return self.detail.get("proposal_id")


# The private chat to say it in, as a message without words, and what to say.
Announcement = tuple[Message, Reply]


class Notices:
    """Notices in a store; `now` is the time in UTC."""

    def __init__(self, engine: Engine, now: Callable[[], datetime]) -> None:
        """Keep the store and the clock."""
        self._engine = engine
        self._now = now

    def put(
        self,
        connection: Connection,
        school_id: str,
        kind: NoticeKind,
        *,
        person_id: int | None = None,
        escalation_id: str | None = None,
        due_at: datetime | None = None,
        **detail: object,
    ) -> None:
        """Keep a notice until `due_at`, at once unless given: to a person, or to the asker of an escalation or a `question`."""
        now = self._now()
        values = {"school_id": school_id, "kind": kind, "person_id": person_id, "escalation_id": escalation_id}
        times = {"made_at": now, "due_at": due_at or now}
        words = msgspec.json.encode(detail).decode() if detail else None
        connection.execute(insert(notices).values(**values, **times, detail=words))

    def carry_out(
        self,
        announced: Callable[[Connection, Notice], Announcement | None],
        render: Callable[[Reply, Message], Sequence[Call] | None],
        deliveries: Deliveries,
    ) -> list[list[Delivery]]:
        """Put out what is due, and return the calls to make, those of each notice by themselves.

        `announced` puts a notice into words, `render` these into calls. What can no longer be said to anybody (`announced` gives
        None) is dropped; what cannot be rendered, because its channel is not there, is given up as if it had been refused.
        """
        found: list[list[Delivery]] = []
        tried: set[int] = set()
        while (due := self._next(tried)) is not None:
            number, school_id = due
            tried.add(number)
            try:
                with writing_at(self._engine, school_id) as connection:
                    found.append(self._put_out(connection, number, announced, render, deliveries))
            except UNREACHABLE:
                raise
            except Exception:
                _log.exception("A notice could not be put into words, and is tried again")
                with writing_at(self._engine, school_id) as connection:
                    later = update(notices).where(*_one(school_id, number))
                    connection.execute(later.values(due_at=self._now() + AGAIN_AFTER))
        return found

    def _next(self, tried: set[int]) -> tuple[int, str] | None:
        """Return the number and the school of a notice that is due and was not tried, None where there is none."""
        due = select(notices.c.id, notices.c.school_id).where(notices.c.due_at <= self._now(), notices.c.id.not_in(tried))
        with reading_across(self._engine) as connection:
            row = connection.execute(due.order_by(notices.c.due_at, notices.c.id).limit(1)).one_or_none()
        return (row.id, row.school_id) if row else None

    def _put_out(
        self,
        connection: Connection,
        number: int,
        announced: Callable[[Connection, Notice], Announcement | None],
        render: Callable[[Reply, Message], Sequence[Call] | None],
        deliveries: Deliveries,
    ) -> list[Delivery]:
        taken = delete(notices).where(*_one(school_of(connection), number)).returning(notices)
        row = connection.execute(taken).one_or_none()
        if row is None:  # another process was quicker
            return []
        notice = _notice(row)
        announcement = announced(connection, notice)
        if announcement is None:
            return []
        address, reply = announcement
        calls = render(reply, address)
        about = Announced(
            kind=notice.kind,
            school_id=notice.school_id,
            escalation_id=notice.escalation_id,
            person_id=notice.person_id,
            announcement_id=notice.announcement_id,
            proposal_id=notice.proposal_id,
        )
        if calls is None:
            deliveries.undeliverable(connection, address.channel, about)
            return []
        return deliveries.announce(connection, address, [(reply.reference, call) for call in calls], about)


def _one(school_id: str, number: int) -> tuple[ColumnElement[bool], ...]:
    return notices.c.school_id == school_id, notices.c.id == number


def _notice(row: Row[Any]) -> Notice:
    detail = msgspec.json.decode(row.detail) if row.detail else {}
    return Notice(row.id, row.school_id, NoticeKind(row.kind), row.person_id, row.escalation_id, detail, row.made_at)
