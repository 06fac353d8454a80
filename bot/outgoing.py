"""What the bot does of its own accord, again and again: says what is due, follows up what nobody has seen to, tests alerts."""

import logging
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from sqlalchemy import Engine, or_, select, update

from bot.announcements import Announcements
from bot.announcer import Announcer
from bot.deliveries import Deliveries, Delivery
from bot.duties import Duties
from bot.escalations import Escalations
from bot.messages import Call, Message, Reply
from bot.notices import NoticeKind, Notices
from bot.outage import UNREACHABLE
from bot.records import Records
from bot.removals import Ledger
from bot.reviews import Reviews
from bot.roster import Roster
from bot.store_clock import has_come
from bot.unfinished import Unfinished
from corpus.tables import schools
from corpus.tenancy import writing_across, writing_at
from corpus.versions import School, Versions

# What is done for each school again and again is done so often, and for so many schools at a time.
ROUND_EVERY = timedelta(minutes=15)
AT_ONCE = 50

_log = logging.getLogger("policybot")


class Outgoing:
    """The rounds that are made by whoever serves; any number of processes may make them over one store."""

    def __init__(
        self,
        *,
        engine: Engine,
        notices: Notices,
        announcer: Announcer,
        deliveries: Deliveries,
        escalations: Escalations,
        duties: Duties,
        unfinished: Unfinished,
        announcements: Announcements,
        reviews: Reviews,
        records: Records,
        roster: Roster,
        versions: Versions,
        ledger: Ledger | None,
        now: Callable[[], datetime],
    ) -> None:
        """Keep the parts; `ledger` is where removals are copied out, None for nowhere; `now` is the time in UTC."""
        self._engine = engine
        self._notices = notices
        self._announcer = announcer
        self._deliveries = deliveries
        self._escalations = escalations
        self._duties = duties
        self._unfinished = unfinished
        self._announcements = announcements
        self._reviews = reviews
        self._records = records
        self._roster = roster
        self._versions = versions
        self._ledger = ledger
        self._now = now

    def put_out(self, render: Callable[[Reply, Message], Sequence[Call] | None]) -> list[list[Delivery]]:
        """Put out the notices that are due; return the calls to make, those of each notice in their order.

        `render` gives the calls that say a reply at an address, None where that cannot be reached from here.
        """
        self._escalations.follow_up(self._roster.at_work)
        return self._notices.carry_out(self._announcer.announced, render, self._deliveries)

    def tidy(self) -> None:
        """Delete what need not be kept any more, copy removals out, and make the rounds of the schools whose turn it is.

        Of several processes that do so at once, each makes the rounds of other schools.
        """
        self._records.end_conversations()
        self._unfinished.clear()
        if self._ledger:
            self._ledger.keep_up()
        while turn := self._next_schools():
            for school in self._versions.schools(turn):
                try:
                    self._go_round(school)
                except UNREACHABLE:
                    raise
                except Exception:
                    # One that cannot be seen to keeps none of the others from it.
                    _log.exception("The round of a school could not be made, and is made again later")

    def _next_schools(self) -> list[str]:
        """Return some schools whose turn it is, which come round again later: on whichever process asks then."""
        now = self._now()
        waits = or_(schools.c.round_at.is_(None), has_come(schools.c.round_at, now, ROUND_EVERY))
        # In no order, since all of them come in the end: to put them in order, every school would be looked through.
        due = select(schools.c.id).where(waits).limit(AT_ONCE)
        with writing_across(self._engine) as connection:
            turn = list(connection.scalars(due.with_for_update(skip_locked=True)))
            if turn:
                connection.execute(update(schools).where(schools.c.id.in_(turn)).values(round_at=now + ROUND_EVERY))
        return turn

    def _go_round(self, school: School) -> None:
        """Send the test alerts of a new half-term and the reminders that are due; delete what has been kept long enough."""
        due_at, year = self._roster.at_work(school.id), self._roster.year(school)
        with writing_at(self._engine, school.id) as connection:
            for person_id in self._duties.to_test(connection, school.id, year):
                self._notices.put(connection, school.id, NoticeKind.TEST_ALERT, person_id=person_id, due_at=due_at)
        self._announcements.remind(school)
        self._reviews.remind(school.id)
        self._records.clear(school.id)
        self._escalations.clear(school.id)
