"""Reminders of what comes to its end: a policy's review, 30 days ahead and when it is due."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from enum import StrEnum

from msgspec import Struct, convert, to_builtins
from sqlalchemy import Connection, Engine

from bot.clock import day_of
from bot.layout import Heading, Paragraph
from bot.messages import Message
from bot.notices import Notice, NoticeKind, Notices
from bot.people import People, PersonRole
from bot.roster import Roster
from bot.tables import review_reminders
from bot.turn import Turn, said
from corpus.dates import PolicyDate
from corpus.tables import insert_into, writing
from corpus.versions import Review, Versions

AHEAD = timedelta(days=30)
# Who is reminded: the first of these roles in which anybody can be written to.
_REMINDED = (PersonRole.HEADTEACHER, PersonRole.OFFICE)


class _Which(StrEnum):
    """The two reminders of a review."""

    AHEAD = "ahead"
    DUE = "due"


class ComingReview(Struct, frozen=True):
    """A review that somebody is reminded of: of which policy, and when it is due, in ISO form."""

    title: str
    due: str

    def spoken(self, today: date) -> str:
        """Return when the review is due, as people say it; a month is due in all of its days, and overdue after them."""
        due = PolicyDate(self.due)
        if due.is_past(today):
            return f"{self.title}: it was due for review {_on(due)}."
        if today < _first_day(due):
            return f"{self.title}: it is due for review {_on(due)}."
        return f"{self.title}: it is due for review {'today' if due.day else f'this month ({due.spoken})'}."


class Reviews:
    """Sends each reminder once a version, late rather than never; `now` is the time in UTC."""

    def __init__(
        self, engine: Engine, people: People, versions: Versions, roster: Roster, notices: Notices, now: Callable[[], datetime]
    ) -> None:
        """Keep the parts."""
        self._engine = engine
        self._people = people
        self._versions = versions
        self._roster = roster
        self._notices = notices
        self._now = now
        self._looked_on: date | None = None

    def remind(self) -> None:
        """Remind whoever sees to a school's policies of the reviews that are near or due; once a day there is anything to do."""
        today = day_of(self._now())
        if self._looked_on == today:
            return
        by_school: dict[str, list[tuple[Review, _Which]]] = defaultdict(list)
        for review in self._versions.reviews():
            which = _which(review, today)
            if which:
                by_school[review.school_id].append((review, which))
        for school_id, reviews in by_school.items():
            with writing(self._engine) as connection:
                self._remind(connection, school_id, reviews)
        self._looked_on = today

    def _remind(self, connection: Connection, school_id: str, reviews: Sequence[tuple[Review, _Which]]) -> None:
        reminded = self._reminded(connection, school_id)
        if not reminded:
            return  # tomorrow there may be somebody
        new = [review for review, which in reviews if self._is_new(connection, review, which)]
        if not new:
            return
        told = to_builtins([ComingReview(review.title, review.due) for review in new])
        for person_id, due_at in self._roster.all_at_work(school_id, reminded).items():
            self._notices.put(connection, school_id, NoticeKind.REVIEW, person_id=person_id, due_at=due_at, reviews=told)

    def _reminded(self, connection: Connection, school_id: str) -> list[int]:
        for role in _REMINDED:
            reached = [one.id for one in self._people.with_access(connection, school_id, [role]) if one.address]
            if reached:
                return reached
        return []

    def _is_new(self, connection: Connection, review: Review, which: _Which) -> bool:
        """Note that a reminder is sent; tell whether it was not before. Of what is due nobody is reminded ahead any more."""
        noted = [which, *([_Which.AHEAD] if which is _Which.DUE else [])]
        return [self._note(connection, review, one) for one in noted][0]

    def _note(self, connection: Connection, review: Review, which: _Which) -> bool:
        written = insert_into(connection.dialect.name, review_reminders).values(
            school_id=review.school_id, slug=review.slug, version=review.version, which=which, sent_at=self._now()
        )
        key = ["school_id", "slug", "version", "which"]
        return bool(connection.execute(written.on_conflict_do_nothing(index_elements=key)).rowcount)

    def told(self, _connection: Connection, notice: Notice, _address: Message) -> Turn:
        """Return what a notice of reviews says."""
        reviews, today = convert(notice.detail["reviews"], list[ComingReview]), day_of(self._now())
        heading = "A policy of your school needs its review." if len(reviews) == 1 else f"{len(reviews)} policies need their review."
        return said(Heading(heading), *(Paragraph(review.spoken(today), strong=review.title) for review in reviews))


def _which(review: Review, today: date) -> _Which | None:
    """Return which reminder a day is for; None where it is too early, or the version was published when that day had come."""
    due, published = _first_day(review.due), day_of(review.published_at)
    if today >= due:
        return _Which.DUE if published < due else None
    return _Which.AHEAD if today >= due - AHEAD > published else None


def _first_day(due: PolicyDate) -> date:
    """Return the day on which a review falls due: of a month its first, so that the month is there to do it in."""
    return date(due.year, due.month, due.day or 1)


def _on(due: PolicyDate) -> str:
    return f"{'on' if due.day else 'in'} {due.spoken}"
