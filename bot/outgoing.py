"""What the bot does of its own accord, again and again: says what is due, follows up what nobody has seen to, tests alerts."""

from collections.abc import Callable, Sequence
from datetime import datetime

from sqlalchemy import Engine

from bot.announcements import Announcements
from bot.announcer import Announcer
from bot.deliveries import Deliveries, Delivery
from bot.duties import Duties
from bot.escalations import Escalations
from bot.messages import Call, Message, Reply
from bot.notices import NoticeKind, Notices
from bot.reviews import Reviews
from bot.roster import Roster
from bot.unfinished import Unfinished
from corpus.tables import writing
from corpus.versions import Versions


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
        roster: Roster,
        versions: Versions,
    ) -> None:
        """Keep the parts."""
        self._engine = engine
        self._notices = notices
        self._announcer = announcer
        self._deliveries = deliveries
        self._escalations = escalations
        self._duties = duties
        self._unfinished = unfinished
        self._announcements = announcements
        self._reviews = reviews
        self._roster = roster
        self._versions = versions

    def put_out(self, render: Callable[[Reply, Message], Sequence[Call] | None]) -> list[list[Delivery]]:
        """Put out the notices that are due; return the calls to make, those of each notice in their order.

        `render` gives the calls that say a reply at an address, None where that cannot be reached from here.
        """
        self._escalations.follow_up(self._roster.at_work)
        return self._notices.carry_out(self._announcer.announced, render, self._deliveries)

    def tidy(self) -> None:
        """Send the test alerts of a new half-term and the reminders that are due; delete what need not be kept any more."""
        for school in self._versions.schools(self._duties.schools()):
            due_at: datetime = self._roster.at_work(school.id)
            year = self._roster.year(school)
            with writing(self._engine) as connection:
                for person_id in self._duties.to_test(connection, school.id, year):
                    self._notices.put(connection, school.id, NoticeKind.TEST_ALERT, person_id=person_id, due_at=due_at)
        self._announcements.remind()
        self._reviews.remind()
        self._escalations.clear()
        self._unfinished.clear()
