"""What came in from the platforms and what is still to be said to them, in the store, so that neither is lost with a process.

An event is written down, with a lease, before it is acknowledged; what is to be said is written down in the transaction that
ends the event, or that takes up a notice. Whoever holds a lease works on it; when a lease runs out, because its holder died,
another takes it up. A call is made a second time only where a process dies between the platform's taking it and our noting that,
then with the same reference.
"""

import random
import secrets
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import cache
from hashlib import sha256
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    Executable,
    Row,
    and_,
    bindparam,
    delete,
    exists,
    func,
    insert,
    or_,
    select,
    update,
)

from bot.messages import Call, Message
from bot.people import WEB
from bot.sealing import Seal, Unreadable
from bot.store_clock import has_come
from bot.tables import events, outbox, tallies
from corpus.tables import insert_into
from corpus.tenancy import reading_across, writing_across, writing_at

# An answer takes milliseconds and a call to a platform seconds: whoever holds a lease longer has died. What takes longer, as to
# read a document may, holds it anew from time to time.
LEASE = timedelta(seconds=30)
# What cannot be said within this time is given up: an answer that comes later is read as the answer to something else.
GIVE_UP_AFTER = timedelta(minutes=10)
# A notice tells what is still true later, and whoever it is for may be away.
NOTICE_WAITS = timedelta(days=30)
# An event that ended so many processes is left alone, and its asker is told.
MOST_ATTEMPTS = 4
# Slack delivers again for five minutes, Telegram for a day.
EVENTS_KEPT = timedelta(days=2)
# What nobody came to make, because its channel has gone, is given up so long after it was too late.
LONGEST_LEFT = timedelta(days=2)
GIVEN_UP_KEPT = timedelta(days=90)
SHORTEST_WAIT, LONGEST_WAIT = 0.5, 60.0  # seconds
MINUTE = timedelta(minutes=1)
MOST_FETCHED = 20
_LONGEST_KEY = 300

DUPLICATES, RESENT, UNDELIVERED, DROPPED, REFUSED = "duplicates", "resent", "undelivered", "dropped", "refused"
ANSWERED_MEANWHILE = "answered_meanwhile"


# Made once: to put a statement together takes longer than to carry it out.
_LATELY = select(func.count()).where(events.c.asker == bindparam("by"), events.c.received_at > bindparam("since"))
_END = (
    update(events).where(events.c.id == bindparam("event"), events.c.message.is_not(None)).values(message=None, leased_until=None)
)
_PUT_OUT = insert(outbox).returning(outbox.c.id)
_SENT = delete(outbox).where(outbox.c.id == bindparam("delivery"))


@cache
def _write_down(dialect: str) -> Executable:
    written = insert_into(dialect, events)
    return written.on_conflict_do_nothing(index_elements=["channel", "key"]).returning(events.c.id)


@dataclass(frozen=True, slots=True)
class Event:
    """A message that was written down. `recent` counts the asker's messages of the last minute, this one included."""

    id: int
    message: Message
    attempts: int
    recent: int


class Announced(NamedTuple):
    """What a call says of the bot's own accord: a kind of notice of a school, of an escalation if of one, to a person if known.

    `announcement_id` is which announcement it tells, if one; `proposal_id` of which proposal, if of one.
    """

    kind: str
    school_id: str
    escalation_id: str | None
    person_id: int | None
    announcement_id: int | None = None
    proposal_id: int | None = None


# What a row holds of a notice besides its kind, in columns of the same names.
_OF_NOTICE = Announced._fields[1:]


@dataclass(frozen=True, slots=True)
class Delivery:
    """A call that is to be made; `attempts` is how often it was begun before; nobody else makes it until `leased_until`.

    `announced` is None where it says a reply; `give_up_at` is when it is too late to make it.
    """

    id: int
    channel: str
    call: Call
    attempts: int
    give_up_at: datetime
    leased_until: datetime
    announced: Announced | None = None


# Is told, in the transaction that notes it, whether a notice arrived, and under which id a reply to it comes back.
Settled = Callable[[Connection, Announced, str, bool, "str | None"], None]


def _nobody_is_told(_connection: Connection, _announced: Announced, _channel: str, _arrived: bool, _said: str | None) -> None:
    """Stand in where nothing announces."""


class Deliveries:
    """Events and the outbox in a store; `now` is the time in UTC, `settled` is told what came of a notice.

    `seal` hides the words of notices, which may wait for weeks; without it none can be announced.
    """

    def __init__(
        self,
        engine: Engine,
        now: Callable[[], datetime],
        settled: Settled = _nobody_is_told,
        seal: Seal | None = None,
    ) -> None:
        """Keep the parts."""
        self._engine = engine
        self._now = now
        self._settled = settled
        self._seal = seal

    def receive(self, key: str, message: Message, asker: str) -> Event | None:
        """Write a message down under its platform's `key`, leased to the caller; None, counted, where it came before."""
        now = self._now()
        files = tuple(msgspec.structs.replace(file, name=_whole(file.name)) for file in message.files)
        name = None if message.name is None else _whole(message.name)
        text, pressed = _whole(message.text), _whole(message.pressed)
        message = msgspec.structs.replace(message, text=text, pressed=pressed, name=name, files=files)
        with writing_across(self._engine) as connection:
            row = {"channel": message.channel, "key": _short(key), "asker": asker, "message": msgspec.json.encode(message)}
            times = {"received_at": now, "leased_until": now + LEASE, "attempts": 1}
            written = connection.scalar(_write_down(connection.dialect.name), {**row, **times})
            if written is None:
                _count(connection, now.date(), message.channel, DUPLICATES)
                return None
            lately = connection.scalar(_LATELY, {"by": asker, "since": now - MINUTE})
            return Event(written, message, 1, lately or 1)

    def note_answered(self, answered: Sequence[tuple[str, str, str]], duplicates: Mapping[str, int]) -> None:
        """Write down events that were answered while the store was away, by channel, key and asker, so that they are known.

        `duplicates` counts, by channel, what came again meanwhile. One that was written down before may have been answered twice.
        """
        now = self._now()
        with writing_across(self._engine) as connection:
            for channel, key, asker in answered:
                row = {"channel": channel, "key": _short(key), "asker": asker, "received_at": now, "attempts": 1}
                is_new = connection.scalar(_write_down(connection.dialect.name), {**row, "message": None, "leased_until": None})
                _count(connection, now.date(), channel, ANSWERED_MEANWHILE if is_new else RESENT)
            for channel, times in duplicates.items():
                for _ in range(times):
                    _count(connection, now.date(), channel, DUPLICATES)

    def hold(self, event: Event) -> None:
        """Lease an event to the caller from now on, unless another has taken it up, or it is ended."""
        mine = (events.c.id == event.id, events.c.attempts == event.attempts, events.c.message.is_not(None))
        with writing_across(self._engine) as connection:
            connection.execute(update(events).where(*mine).values(leased_until=self._now() + LEASE))

    def finish(
        self,
        event: Event,
        calls: Sequence[tuple[str, Call]],
        keep: Callable[[Connection], object] | None = None,
        school_id: str | None = None,
    ) -> list[Delivery]:
        """End an event: its words go, `calls` (each with its reply's reference) are to be made, and are leased to the caller.

        `keep` writes in the same transaction, which is that of `school_id`, None where there is nothing to keep. Where another
        process has ended the event meanwhile, nothing is done.
        """
        now = self._now()
        with self._writing(school_id if keep else None) as connection:
            if not connection.execute(_END, {"event": event.id}).rowcount:
                return []
            if keep:
                keep(connection)
            return [
                self._put_out(connection, event.id, event.message.channel, said, give_up_at=now + GIVE_UP_AFTER) for said in calls
            ]

    def announce(
        self, connection: Connection, address: Message, calls: Sequence[tuple[str, Call]], announced: Announced
    ) -> list[Delivery]:
        """Write down, within a transaction, the calls that say a notice; return those that the caller is to make.

        What is for somebody on the chat page waits until the page comes for it.
        """
        addressee = address.account if address.channel == WEB else None
        # Calls of one number are made in their order; events have the positive ones.
        number = -1 - secrets.randbelow(2**31 - 1)
        give_up_at = self._now() + NOTICE_WAITS
        deliveries = [
            self._put_out(
                connection,
                number,
                address.channel,
                said,
                give_up_at=give_up_at,
                announced=announced,
                addressee=addressee,
            )
            for said in calls
        ]
        return deliveries if addressee is None else []

    def undeliverable(self, connection: Connection, channel: str, announced: Announced) -> None:
        """Note, within a transaction, that a notice cannot be said: its channel is not set up any more."""
        self._note_end(connection, channel, announced, DROPPED)

    def _put_out(
        self,
        connection: Connection,
        event_id: int,
        channel: str,
        said: tuple[str, Call],
        *,
        give_up_at: datetime,
        announced: Announced | None = None,
        addressee: str | None = None,
    ) -> Delivery:
        now, (reference, call) = self._now(), said
        # A page comes for what waits for it.
        leased_until = now + LEASE if addressee is None else None
        attempts = 1 if leased_until else 0
        row = {"event_id": event_id, "channel": channel, "reference": reference, "attempts": attempts, "addressee": addressee}
        times = {"made_at": now, "due_at": now, "leased_until": leased_until, "give_up_at": give_up_at}
        of_notice = {"notice": announced.kind, **{name: getattr(announced, name) for name in _OF_NOTICE}} if announced else {}
        held = self._seal.sealed(call) if announced and self._seal else msgspec.json.encode(call)
        written = {**row, **times, **of_notice, "call": held}
        number = connection.execute(_PUT_OUT, written).scalar_one()
        return Delivery(number, channel, call, 0, give_up_at, now + LEASE, announced)

    def left_behind(self, channels: Sequence[str]) -> list[Event]:
        """Return events of these channels whose holder died, leased to the caller, the oldest first."""
        now = self._now()
        waits = (events.c.channel.in_(channels), events.c.message.is_not(None), has_come(events.c.leased_until, now, LEASE))
        with reading_across(self._engine) as connection:
            if connection.scalar(select(events.c.id).where(*waits).limit(1)) is None:
                return []
        with writing_across(self._engine) as connection:
            free = select(events.c.id).where(*waits).with_for_update(skip_locked=True)
            taken = update(events).where(events.c.id.in_(connection.scalars(free).all()))
            leased = taken.values(leased_until=now + LEASE, attempts=events.c.attempts + 1)
            rows = connection.execute(leased.returning(events)).all()
        found = sorted(rows, key=lambda row: row.id)
        return [Event(row.id, msgspec.json.decode(row.message, type=Message), row.attempts, 1) for row in found]

    def due(self, channel: str, most: int) -> list[Delivery]:
        """Return calls of a channel that it is time to make, leased to the caller; of one event's, only the first that waits."""
        now = self._now()
        before = outbox.alias()
        free = or_(outbox.c.leased_until.is_(None), has_come(outbox.c.leased_until, now, LEASE))
        after_another = exists().where(
            before.c.event_id == outbox.c.event_id, before.c.id < outbox.c.id, before.c.call.is_not(None)
        )
        waits = and_(
            outbox.c.channel == channel,
            outbox.c.addressee.is_(None),
            outbox.c.call.is_not(None),
            or_(outbox.c.due_at <= now, outbox.c.made_at > now + LEASE),
            free,
            ~after_another,
        )
        with reading_across(self._engine) as connection:  # mostly there is nothing, and nobody need wait for that
            if connection.scalar(select(outbox.c.id).where(waits).limit(1)) is None:
                return []
        with writing_across(self._engine) as connection:
            firsts = select(outbox).where(waits).order_by(outbox.c.id).limit(most)
            rows = connection.execute(firsts.with_for_update(skip_locked=True)).all()
            for row in rows:
                if row.leased_until is not None:  # its holder died: whether the platform took it nobody knows
                    _count(connection, now.date(), channel, RESENT)
            leased = update(outbox).where(outbox.c.id.in_([row.id for row in rows]))
            connection.execute(leased.values(leased_until=now + LEASE, attempts=outbox.c.attempts + 1))
        return self._deliveries(rows, now + LEASE)

    def waiting(self, channel: str, addressee: str) -> list[Delivery]:
        """Return what waits to be fetched by somebody, the oldest first.

        It is leased to nobody: all who fetch it are pages of one person, and to show it twice does no harm.
        """
        now = self._now()
        waits = (outbox.c.channel == channel, outbox.c.addressee == addressee, outbox.c.call.is_not(None), outbox.c.due_at <= now)
        with reading_across(self._engine) as connection:
            rows = connection.execute(select(outbox).where(*waits).order_by(outbox.c.id).limit(MOST_FETCHED)).all()
        return self._deliveries(rows, now)

    def is_held(self, delivery: Delivery, seconds: float) -> bool:
        """Tell whether the lease of a call lasts for so many seconds more."""
        return self._now() + timedelta(seconds=seconds) <= delivery.leased_until

    def renew(self, delivery: Delivery) -> bool:
        """Lease a call to the caller from now on; tell whether it still was the caller's, and nobody else has taken it up."""
        with writing_across(self._engine) as connection:
            renewed = update(outbox).where(_leased_to(delivery)).values(leased_until=self._now() + LEASE)
            return bool(connection.execute(renewed).rowcount)

    def sent(self, delivery: Delivery, said: str | None = None) -> None:
        """Note that the platform has taken a call: nothing of it is kept. `said` is the id that a reply to it names."""
        with self._settling(delivery.announced) as connection:
            gone = connection.execute(_SENT, {"delivery": delivery.id}).rowcount
            if delivery.announced and gone:
                self._settled(connection, delivery.announced, delivery.channel, True, said)

    def postpone(self, delivery: Delivery, reason: str, seconds: float | None) -> None:
        """Let a call wait, as long as the platform says or ever longer; one that waited too long is given up, and counted."""
        now = self._now()
        backoff = min(LONGEST_WAIT, SHORTEST_WAIT * 2**delivery.attempts) * random.uniform(0.75, 1.25)  # noqa: S311  not a secret
        due = now + timedelta(seconds=max(backoff, seconds or 0.0))
        if due > delivery.give_up_at:
            self._end(delivery, reason, UNDELIVERED)
            return
        with writing_across(self._engine) as connection:
            connection.execute(update(outbox).where(outbox.c.id == delivery.id).values(due_at=due, leased_until=None))

    def release(self, deliveries: Sequence[Delivery]) -> None:
        """Give leases back, of calls that were not begun; one that another has taken up meanwhile stays so."""
        if not deliveries:
            return
        mine = or_(*(_leased_to(delivery) for delivery in deliveries))
        with writing_across(self._engine) as connection:
            connection.execute(update(outbox).where(mine).values(leased_until=None, attempts=outbox.c.attempts - 1))

    def drop(self, delivery: Delivery, reason: str) -> None:
        """Give a call up that the platform will never take, and keep the reason."""
        self._end(delivery, reason, DROPPED)

    def count(self, channel: str, what: str) -> None:
        """Count something that is not otherwise kept, such as a refused signature."""
        now = self._now()
        with writing_across(self._engine) as connection:
            _count(connection, now.date(), channel, what)

    def counted(self, since: date) -> dict[tuple[str, str], int]:
        """Return how often what was counted since a day, by channel and what."""
        with reading_across(self._engine) as connection:
            rows = connection.execute(
                select(tallies.c.channel, tallies.c.what, func.sum(tallies.c.times))
                .where(tallies.c.day >= since)
                .group_by(tallies.c.channel, tallies.c.what)
            )
            return {(channel, what): times for channel, what, times in rows}

    def clear(self) -> None:
        """Delete what is older than it need be kept, and what nobody came to answer or to say: its channel has gone."""
        now = self._now()
        with writing_across(self._engine) as connection:
            old = delete(events).where(events.c.received_at < now - EVENTS_KEPT)
            connection.execute(old.where(events.c.message.is_(None)))
            for channel in connection.scalars(old.returning(events.c.channel)).all():
                _count(connection, now.date(), channel, UNDELIVERED)
            connection.execute(delete(outbox).where(outbox.c.ended_at < now - GIVEN_UP_KEPT))
            connection.execute(delete(tallies).where(tallies.c.day < (now - GIVEN_UP_KEPT).date()))
            # A moment later than whoever makes calls gives one up.
            unsaid = select(outbox).where(outbox.c.call.is_not(None), outbox.c.give_up_at < now - LONGEST_LEFT)
            rows = connection.execute(unsaid).all()
        for row in rows:
            delivery = Delivery(row.id, row.channel, {}, row.attempts, row.give_up_at, now, _announced(row))
            self._end(delivery, "nobody came to make it", UNDELIVERED)

    def _end(self, delivery: Delivery, reason: str, what: str) -> None:
        now = self._now()
        with self._settling(delivery.announced) as connection:
            ended = update(outbox).where(outbox.c.id == delivery.id, outbox.c.call.is_not(None))
            if connection.execute(ended.values(call=None, leased_until=None, ended_at=now, reason=reason[:200])).rowcount:
                self._note_end(connection, delivery.channel, delivery.announced, what)

    def _settling(self, announced: Announced | None) -> AbstractContextManager[Connection]:
        """Return the transaction in which it is noted what came of a call."""
        return self._writing(announced.school_id if announced else None)

    def _writing(self, school_id: str | None) -> AbstractContextManager[Connection]:
        return writing_at(self._engine, school_id) if school_id else writing_across(self._engine)

    def _deliveries(self, rows: Sequence[Row[Any]], leased_until: datetime) -> list[Delivery]:
        """Return the calls of rows; one that was sealed with another secret key can be made by nobody, and is given up."""
        found = []
        for row in rows:
            delivery = Delivery(row.id, row.channel, {}, row.attempts, row.give_up_at, leased_until, _announced(row))
            try:
                call = self._seal.opened(row.call, Call) if row.notice and self._seal else msgspec.json.decode(row.call)
            except Unreadable as error:
                self._end(delivery, str(error), UNDELIVERED)
            else:
                found.append(replace(delivery, call=call))
        return found

    def _note_end(self, connection: Connection, channel: str, announced: Announced | None, what: str) -> None:
        _count(connection, self._now().date(), channel, what)
        if announced:
            self._settled(connection, announced, channel, False, None)


def _announced(row: Row[Any]) -> Announced | None:
    return Announced(row.notice, *(getattr(row, name) for name in _OF_NOTICE)) if row.notice else None


def _leased_to(delivery: Delivery) -> ColumnElement[bool]:
    """Return the condition that a call still waits and is the holder's: whoever takes it up counts one attempt more."""
    return and_(outbox.c.id == delivery.id, outbox.c.call.is_not(None), outbox.c.attempts == delivery.attempts + 1)


def _short(key: str) -> str:
    """Return a key that a column of either store can hold: another stands for one that is long or holds odd characters."""
    if len(key) <= _LONGEST_KEY and key.isascii() and key.isprintable():
        return key
    return sha256(key.encode("utf-8", "surrogatepass")).hexdigest()


def _whole(text: str) -> str:
    """Return a text as UTF-8 can hold it: a platform's JSON may have half a pair of surrogates in it."""
    return text.encode("utf-8", "replace").decode()


def _count(connection: Connection, day: date, channel: str, what: str) -> None:
    one_more = insert_into(connection.dialect.name, tallies).values(day=day, channel=channel, what=what, times=1)
    connection.execute(
        one_more.on_conflict_do_update(index_elements=["day", "channel", "what"], set_={"times": tallies.c.times + 1})
    )
